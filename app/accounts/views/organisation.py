"""Signing in by the organisation's provider: there, and back."""

from functools import partial

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import identities, oidc, security
from app.accounts.identities import NotConnected
from app.accounts.oidc import ProviderFault
from app.accounts.service import AccountDisabled
from app.web import clock, sessions
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.redirects import safe_next
from app.web.sessions import Viewer, viewer


def add_to(entrance: Blueprint) -> None:
    """Register the pages."""
    entrance.add_url_rule("/sign-in/organisation", "oidc", there)
    entrance.add_url_rule("/sign-in/organisation/back", "oidc_back", back)


@access(Access.ANYONE)
@limiter.limit("120/hour")
def there() -> Response:
    """To the provider."""
    if not oidc.name():
        abort(404)
    cookie["after"] = safe_next(request.args.get("next"), "")
    try:
        return oidc.begin(security.site().origin)
    except ProviderFault:
        flash(
            _("%(name)s does not answer as it should. Try again later, or use the password.", name=oidc.name()), "error"
        )
        return redirect(url_for("security.login"), 303)


@access(Access.ANYONE)
@limiter.limit("120/hour")
def back() -> Response:
    """Back from the provider, who says who it is. State and nonce prove that this browser asked."""
    if not oidc.name():
        abort(404)
    person, target = viewer(), safe_next(cookie.pop("after", ""), "")
    try:
        claims = oidc.finish()
        if person is not None:
            return _connect(person, claims, target)
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


def _connect(person: Viewer, claims: oidc.Claims, target: str) -> Response:
    """Whoever is signed in: the same person proves it once more, or connects the provider to the account."""
    if identities.owner(session(), claims) == person.id:
        transact(partial(sessions.prove, person=person))
        return redirect(target or url_for("accounts.security"), 303)
    if not sessions.is_fresh(person):
        return redirect(url_for("accounts.prove", next=url_for("security.oidc")), 303)
    transact(partial(identities.connect, claims=claims, user_id=person.id, now=clock.now()))
    flash(_("%(name)s is connected: from now on it signs you in, too.", name=oidc.name()))
    return redirect(url_for("accounts.security"), 303)


def _why(error: NotConnected) -> str:
    words = {
        "taken": _("There is another account with this address. Sign in to it, then connect it under Security."),
        "unverified": _("It names no address that it has verified. Ask whoever runs it, or make an account here."),
        "closed": _(
            "You have no account here, and new ones are not made this way. Ask the administrator to invite you."
        ),
    }
    return str(words[error.why])
