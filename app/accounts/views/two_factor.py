"""Two-factor sign-in: the question after the password, and turning it on and off."""

from functools import partial

import segno
from flask import Blueprint, abort, flash, redirect, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts import factors, queries, security
from app.accounts.factors import WrongCode
from app.accounts.forms import CodeForm
from app.accounts.service import AccountDisabled, WrongPassword
from app.web import clock
from app.web.access import Access, access, fresh
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown
from app.web.sessions import require_viewer, viewer


def add_to(blueprint: Blueprint, entrance: Blueprint) -> None:
    """Register the pages."""
    entrance.add_url_rule("/sign-in/code", "code", code, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/second-factor", "second_factor", second_factor, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/second-factor/start", "start_factor", start, methods=["POST"])
    blueprint.add_url_rule("/account/second-factor/codes", "recovery_codes", recovery_codes, methods=["POST"])
    blueprint.add_url_rule("/account/second-factor/off", "factor_off", turn_off, methods=["POST"])


@access(Access.ANYONE)
def code() -> Response:
    """The second question: a code of the app, or a recovery code."""
    waiting = security.waiting()
    if viewer() is not None or waiting is None:
        return redirect(url_for("security.login"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        try:
            left = security.enter_by_code(waiting, form.code.data or "")
            if left is not None:
                flash(ngettext("%(num)s recovery code is left.", "%(num)s recovery codes are left.", left), "warn")
            return redirect(waiting.target or url_for("study.home"), 303)
        except (WrongCode, WrongPassword):
            form.code.errors = [
                _("This code was not right, or was used before. Codes change every 30 s; check your phone’s clock.")
            ]
        except AccountDisabled:
            cookie.clear()
            return redirect(url_for("security.login"), 303)
    return shown("accounts/code.html", 422 if form.errors else 200, form=form)


@access(Access.LEARNER)
@fresh
def second_factor() -> Response:
    """How two-factor sign-in stands; while it is being turned on, the key and the question for a code."""
    person, keys = require_viewer(), security.settings().secret_keys
    form = CodeForm()
    if form.validate_on_submit():
        try:
            factors.check(session(), user_id=person.id, code=form.code.data or "", now=clock.now(), keys=keys)
            codes, hashes = factors.make_codes(person.guid)
            work = partial(
                security.turn_factor_on,
                user_id=person.id,
                code=form.code.data or "",
                hashes=hashes,
                now=clock.now(),
                keys=keys,
            )
            transact(work)
            return _codes(codes)
        except WrongCode:
            form.code.errors = [
                _(
                    "This code was not right. Codes change every 30 s; check that your phone’s clock is set by the network."
                )
            ]
    name = queries.portal(session()).name
    pending = factors.pending(session(), user_id=person.id, email=person.email, portal=name, keys=keys)
    qr = ""
    if pending is not None:
        qr = segno.make(pending.uri, error="m").svg_inline(
            svgclass="qr", omitsize=True, border=0, title=str(_("QR code of the key below"))
        )
    return shown(
        "accounts/second_factor.html",
        422 if form.errors else 200,
        form=form,
        facts=factors.facts(session(), person.id),
        pending=pending,
        qr=qr,
        area="settings",
    )


@access(Access.LEARNER)
@fresh
def start() -> Response:
    """Make a key for an app; nothing asks for codes until one was given."""
    keys = security.settings().secret_keys
    transact(partial(factors.start, user_id=require_viewer().id, now=clock.now(), keys=keys))
    return redirect(url_for("accounts.second_factor"), 303)


@access(Access.LEARNER)
@fresh
@limiter.limit("10/hour", key_func=lambda: str(require_viewer().id))
def recovery_codes() -> Response:
    """Make new recovery codes; the ones before end."""
    person = require_viewer()
    if not factors.facts(session(), person.id).on:
        abort(404)
    codes, hashes = factors.make_codes(person.guid)
    transact(partial(security.keep_codes, user_id=person.id, hashes=hashes, now=clock.now()))
    return _codes(codes)


@access(Access.LEARNER)
@fresh
def turn_off() -> Response:
    """Ask for no codes any more."""
    if transact(partial(security.turn_factor_off, user_id=require_viewer().id)):
        flash(_("Two-factor sign-in is off. Its key and recovery codes no longer work."))
    return redirect(url_for("accounts.security"), 303)


def _codes(codes: list[str]) -> Response:
    name = queries.portal(session()).name
    head = _("Recovery codes of %(email)s for %(portal)s. Each works once.", email=require_viewer().email, portal=name)
    text = "\n".join([head, "", *codes, ""])
    return shown("accounts/recovery_codes.html", codes=codes, text=text, area="settings")
