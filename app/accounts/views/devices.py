"""Passkeys: adding, removing, and signing in with one. Only a script can ask a device, so its buttons wait for one."""

from functools import partial

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import passkeys, queries, security
from app.accounts.forms import PasskeyForm, SignInByPasskeyForm
from app.accounts.passkeys import BadPasskey
from app.accounts.service import AccountDisabled
from app.accounts.views.proving import go_on, kept_form
from app.web import clock
from app.web.access import Access, access, fresh
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown
from app.web.redirects import safe_next
from app.web.sessions import require_viewer, viewer

TRIES = "60/minute"
"""Of one client address, which may be a whole school's: a key pair is not found by guessing."""


def add_to(blueprint: Blueprint, entrance: Blueprint) -> None:
    """Register the pages."""
    entrance.add_url_rule("/sign-in/passkey/options", "passkey_options", sign_in_options, methods=["POST"])
    entrance.add_url_rule("/sign-in/passkey", "passkey", sign_in, methods=["POST"])
    blueprint.add_url_rule("/account/prove/passkey", "prove_by_passkey", prove, methods=["POST"])
    blueprint.add_url_rule("/account/passkeys", "passkeys", overview, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/passkeys/options", "passkey_options", options, methods=["POST"])
    blueprint.add_url_rule("/account/passkeys/<guid>/remove", "remove_passkey", remove, methods=["POST"])


@access(Access.LEARNER)
@fresh
def overview() -> AnyResponse:
    """One's passkeys, and a way to add one."""
    person, form = require_viewer(), PasskeyForm()
    if form.validate_on_submit():
        try:
            work = partial(
                security.add_passkey,
                site=security.site(),
                user_id=person.id,
                name=form.name.data or _("Passkey"),
                credential=form.credential.data or "",
                challenge=security.challenge(),
                now=clock.now(),
            )
            transact(work)
            flash(_("The passkey is added. From now on it signs you in by itself."))
            return redirect(url_for("accounts.passkeys"), 303)
        except BadPasskey:
            form.name.errors = [_("The device’s answer could not be used. Nothing was added; try again.")]
    return shown(
        "accounts/passkeys.html",
        422 if form.errors else 200,
        form=form,
        passkeys=passkeys.of(session(), person.id),
        area="settings",
    )


@access(Access.LEARNER)
@fresh
def options() -> Response:
    """What a browser needs to make a passkey."""
    person = require_viewer()
    made, challenge = passkeys.creation_options(
        session(),
        site=security.site(),
        portal=queries.portal(session()).name,
        user_id=person.id,
        guid=person.guid,
        email=person.email,
    )
    security.remember_challenge(challenge)
    return Response(made, mimetype="application/json")


@access(Access.LEARNER)
@fresh
def remove(guid: str) -> AnyResponse:
    """Take a passkey's right away."""
    if not transact(partial(security.remove_passkey, user_id=require_viewer().id, guid=guid)):
        abort(404)
    flash(_("The passkey no longer signs you in. Remove it from your device, too."))
    return redirect(url_for("accounts.passkeys"), 303)


@access(Access.ANYONE)
@limiter.limit(TRIES)
def sign_in_options() -> Response:
    """What a browser needs to sign in with a passkey, or to prove with one that it is still the same person."""
    person = viewer()
    made, challenge = passkeys.request_options(
        session(), site=security.site(), user_id=None if person is None else person.id
    )
    security.remember_challenge(challenge)
    return Response(made, mimetype="application/json")


@access(Access.ANYONE)
@limiter.limit(TRIES)
def sign_in() -> AnyResponse:
    """Sign in with a passkey alone: the device has checked who uses it."""
    form = SignInByPasskeyForm()
    target = safe_next(request.form.get("next"), "")
    try:
        if form.validate():
            security.enter_by_passkey(form.credential.data or "", remembered=form.keep.data)
            return redirect(target or url_for("study.home"), 303)
    except BadPasskey:
        flash(_("No account here has this passkey. Sign in with the password, and add it under Security."), "error")
    except AccountDisabled:
        flash(_("An administrator of this portal has disabled this account; its history is kept."), "error")
    return redirect(url_for("security.login", next=target or None), 303)


@access(Access.LEARNER)
@limiter.limit(TRIES)
def prove() -> AnyResponse:
    """A passkey in place of the password, before what matters."""
    form = SignInByPasskeyForm()
    target, again = safe_next(request.form.get("next"), ""), kept_form()
    try:
        if form.validate():
            security.prove_by_passkey(form.credential.data or "", require_viewer())
            return go_on(again, target)
    except BadPasskey:
        flash(_("This is no passkey of your account here. Nothing was changed; try again."), "error")
    return redirect(url_for("accounts.prove", next=target or None, again=again or None), 307 if again else 303)
