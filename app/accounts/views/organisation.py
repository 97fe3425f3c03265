"""Signing in by the organisation's provider: there, and back."""

from datetime import timedelta
from functools import partial

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import identities, oidc, security
from app.accounts.identities import NotConnected, OnlyWayIn
from app.accounts.oidc import ProviderFault
from app.accounts.service import AccountDisabled
from app.web import clock, sessions
from app.web.access import Access, access, fresh
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown
from app.web.redirects import safe_next
from app.web.sessions import Viewer, require_viewer, viewer

OFFER_HOLDS = timedelta(minutes=5)
TRIES = "60/minute"
"""Of one client address, which may be a whole school's."""


def add_to(blueprint: Blueprint, entrance: Blueprint) -> None:
    """Register the pages."""
    blueprint.add_url_rule("/account/organisation", "organisation", connect, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/organisation/disconnect", "disconnect", disconnect, methods=["POST"])
    entrance.add_url_rule("/sign-in/organisation", "oidc", there)
    entrance.add_url_rule("/sign-in/organisation/back", "oidc_back", back)


@access(Access.ANYONE)
@limiter.limit(TRIES)
def there() -> Response:
    """To the provider."""
    if not oidc.name():
        abort(404)
    cookie["after"] = safe_next(request.args.get("next"), "")
    try:
        return oidc.begin(security.site().origin, anew=viewer() is not None)
    except ProviderFault:
        flash(
            _("%(name)s does not answer as it should. Try again later, or use the password.", name=oidc.name()), "error"
        )
        return redirect(url_for("security.login"), 303)


@access(Access.ANYONE)
@limiter.limit(TRIES)
def back() -> Response:
    """Back from the provider, who says who it is. State and nonce prove that this browser asked."""
    if not oidc.name():
        abort(404)
    person, target = viewer(), safe_next(cookie.pop("after", ""), "")
    try:
        claims = oidc.finish()
        if person is not None:
            return _prove(person, claims, target) or _offer(person, claims)
        security.enter(partial(identities.enter, claims=claims, now=clock.now()), remembered=False, how="identity")
        return redirect(target or url_for("study.home"), 303)
    except ProviderFault:
        security.failed("identity", "not confirmed")
        flash(_("%(name)s did not confirm who you are. Nothing was changed; try again.", name=oidc.name()), "error")
    except AccountDisabled:
        flash(_("An administrator of this portal has disabled this account; its history is kept."), "error")
    except NotConnected as error:
        security.failed("identity", error.why)
        flash(_why(error), "error")
    return redirect(url_for("accounts.security" if person else "security.login"), 303)


def _prove(person: Viewer, claims: oidc.Claims, target: str) -> Response | None:
    """The same person proves it once more; None where the provider names somebody else."""
    if identities.owner(session(), claims) != person.id:
        return None
    if claims.proved_at is not None and claims.proved_at < clock.now() - sessions.FRESH_FOR:
        security.failed("identity", "not asked anew", user=person.id)
        text = _("%(name)s did not ask who you are. Sign out there and try again.", name=oidc.name())
        flash(text, "error")
        return redirect(url_for("accounts.prove", next=target or None), 303)
    transact(partial(sessions.prove, person=person))
    return redirect(target or url_for("accounts.security"), 303)


def _offer(person: Viewer, claims: oidc.Claims) -> Response:
    """Ask whether this is to open the account. Coming back is no answer: somebody else's page can have sent them there."""
    cookie["offer"] = [person.id, clock.now().timestamp(), claims.issuer, claims.subject, claims.email]
    return redirect(url_for("accounts.organisation"), 303)


def _offered(person: Viewer) -> oidc.Claims | None:
    kept = cookie.get("offer")
    if not isinstance(kept, list) or kept[0] != person.id:
        return None
    return oidc.Claims(*kept[2:]) if clock.now().timestamp() - kept[1] <= OFFER_HOLDS.total_seconds() else None


@access(Access.LEARNER)
@fresh
def connect() -> Response:
    """Have the provider open the account from now on, once its owner has seen whom it names."""
    person = require_viewer()
    claims = _offered(person)
    if claims is None:
        return redirect(url_for("accounts.security"), 303)
    if request.method == "GET":
        return shown("accounts/organisation.html", claims=claims, area="settings")
    cookie.pop("offer")
    try:
        transact(partial(identities.connect, claims=claims, user_id=person.id, now=clock.now()))
        flash(_("%(name)s is connected: from now on it signs you in, too.", name=oidc.name()))
    except NotConnected as error:
        flash(_why(error), "error")
    return redirect(url_for("accounts.security"), 303)


@access(Access.LEARNER)
@fresh
def disconnect() -> Response:
    """Have the provider open the account no more."""
    try:
        if transact(partial(identities.disconnect, user_id=require_viewer().id)):
            flash(_("%(name)s no longer signs you in here.", name=oidc.name()))
    except OnlyWayIn:
        flash(_("It is the only way into your account. Choose a password or add a passkey first."), "error")
    return redirect(url_for("accounts.security"), 303)


def _why(error: NotConnected) -> str:
    words = {
        "taken": _("There is another account with this address. Sign in to it, then connect it under Security."),
        "another's": _("This opens another account here already. Disconnect it there first."),
        "unverified": _("It names no address that it has verified. Ask whoever runs it, or make an account here."),
        "closed": _(
            "You have no account here, and new ones are not made this way. Ask the administrator to invite you."
        ),
    }
    return str(words[error.why])
