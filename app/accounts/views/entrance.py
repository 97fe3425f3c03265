"""Signing in, out, and registering: the endpoints that Flask-Security would register, under its names."""

from functools import partial

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import by_mail, factors, invitations, passwords, portal, queries, security, service
from app.accounts.forms import RegisterForm, SignInForm
from app.accounts.invitations import InvitationFacts, InvitationSpent
from app.accounts.service import AccountDisabled, EmailTaken, WrongPassword
from app.web import clock, mail
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown
from app.web.redirects import safe_next
from app.web.sessions import viewer

entrance = Blueprint("security", __name__)


def _target() -> str:
    """Where the reader wanted to go before they were asked to sign in."""
    return safe_next(request.values.get("next"), "")


@entrance.route("/sign-in", methods=["GET", "POST"])
@access(Access.ANYONE)
def login() -> Response:
    """Sign in."""
    target = _target()
    if viewer() is not None:
        return redirect(target or url_for("study.home"), 303)
    form = SignInForm(next=target)
    problem = ""
    if form.validate_on_submit():
        try:
            proof = security.prove(form.email.data or "", form.password.data or "")
            if factors.facts(session(), proof.user_id).on:
                security.wait_for_code(proof, remembered=form.keep.data, target=target)
                return redirect(url_for("security.code"), 303)
            security.enter(partial(service.sign_in, proof=proof, now=clock.now()), remembered=form.keep.data)
            if proof.leaving:
                flash(_("Welcome back. Your account is kept, with all you have learned."))
            return redirect(target or url_for("study.home"), 303)
        except WrongPassword:
            problem = "wrong"
        except AccountDisabled:
            problem = "disabled"
    return shown(
        "accounts/sign_in.html",
        422 if problem else 200,
        form=form,
        problem=problem,
        target=target,
        welcome=portal.welcome(session()),
        registration=queries.portal(session()).registration,
    )


@entrance.post("/sign-out")
@access(Access.ANYONE)
def logout() -> Response:
    """Sign out; again, or without being signed in, does nothing."""
    security.leave()
    return redirect(url_for("study.home"), 303)


@entrance.route("/register", methods=["GET", "POST"])
@entrance.route("/invitation/<token>", methods=["GET", "POST"], endpoint="invited")
@access(Access.ANYONE)
@limiter.limit("120/hour", methods=["POST"])
def register(token: str = "") -> Response:
    """Make an account, and sign in; by invitation where one is needed."""
    target = _target()
    if viewer() is not None:
        return redirect(target or url_for("study.home"), 303)
    kept = queries.portal(session())
    if token:
        try:
            return _by_invitation(token, kept.name, target)
        except InvitationSpent:
            return shown("accounts/link_spent.html", 410, endpoint=request.endpoint)
    if kept.registration != "open":
        return shown("accounts/register_closed.html", 403, registration=kept.registration)
    return _register_page(RegisterForm(kept.name, next=target), target, None)


def _by_invitation(token: str, portal_name: str, target: str) -> Response:
    """The same page, for whoever holds an invitation. Raises `InvitationSpent`."""
    invitation = invitations.facts(session(), token, now=clock.now())
    return _register_page(RegisterForm(portal_name, next=target), target, invitation)


def _register_page(form: RegisterForm, target: str, invitation: InvitationFacts | None) -> Response:
    if form.validate_on_submit():
        guid = invitation.guid if invitation else ""
        try:
            if mail.is_set_up():
                return _register_by_mail(form, target, guid)
            _register(form, guid)
            return redirect(target or url_for("study.home"), 303)
        except EmailTaken:
            form.email.errors = [_("There is an account with this address. Sign in, or use another.")]
    return shown("accounts/register.html", 422 if form.errors else 200, form=form, target=target, invitation=invitation)


def _register_by_mail(form: RegisterForm, target: str, invitation: str) -> Response:
    """Answer the same, in the same time, whether the address has an account or not."""
    security.count_registration()
    password = passwords.hashed(form.password.data)
    work = partial(
        by_mail.ask_registration,
        email=form.email.data,
        password=password,
        zone=form.zone.data,
        target=target,
        invitation=invitation,
    )
    transact(work)
    return shown("accounts/register_sent.html", 202, email=form.email.data)


def _register(form: RegisterForm, invitation: str) -> None:
    keys = security.count_registration()
    password = passwords.hashed(form.password.data)
    work = partial(
        service.register,
        email=form.email.data,
        password=password,
        zone=form.zone.data,
        now=clock.now(),
        keys=keys,
        invitation=invitation,
    )
    security.enter(work, remembered=False, how="register")
