"""Pages behind the links of mails: each shows what it would do, and a button does it."""

from functools import partial

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import by_mail, links, passwords, queries, security
from app.accounts.forms import ConfirmForm, ForgotForm, PlainForm, ResetForm
from app.accounts.links import LinkSpent
from app.accounts.service import EmailTaken, NoSuchAccount, WrongPassword
from app.web import clock, mail
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.redirects import safe_next


def add_to(blueprint: Blueprint) -> None:
    """Register the pages."""
    blueprint.add_url_rule("/reset", "forgot", forgot, methods=["GET", "POST"])
    blueprint.add_url_rule("/reset/<token>", "reset", reset, methods=["GET", "POST"])
    blueprint.add_url_rule("/register/<token>", "confirm", confirm, methods=["GET", "POST"])
    blueprint.add_url_rule("/address/<token>", "confirm_address", confirm_address, methods=["GET", "POST"])


@access(Access.ANYONE)
def forgot() -> Response:
    """Have a link sent that sets a new password: the same answer for every address."""
    if not mail.is_set_up():
        return shown("accounts/forgot_no_mail.html")
    form = ForgotForm()
    if form.validate_on_submit():
        security.count_reset()
        transact(partial(by_mail.ask_reset, email=form.email.data))
        return shown("accounts/forgot.html", 202, form=form, sent=True)
    return shown("accounts/forgot.html", 422 if form.errors else 200, form=form, sent=False)


@access(Access.ANYONE)
def reset(token: str) -> Response:
    """A new password, by a link."""
    try:
        link = links.look_up(session(), "reset", token, now=clock.now())
        form = ResetForm(queries.portal(session()).name, link.account)
        if form.validate_on_submit():
            session().rollback()
            password = passwords.hashed(form.new_password.data)
            transact(partial(by_mail.reset, token=token, password=password, now=clock.now()))
            security.empty()
            flash(_("Your new password is kept, and every device is signed out. Sign in with it."))
            return redirect(url_for("security.login"), 303)
    except (LinkSpent, NoSuchAccount):
        return _spent()
    return shown("accounts/reset.html", 422 if form.errors else 200, form=form, link=link)


@access(Access.ANYONE)
def confirm(token: str) -> Response:
    """Finish a registration: whoever has the mailbox shows that they chose the password, and gets the account."""
    form = ConfirmForm()
    try:
        link = links.look_up(session(), "register", token, now=clock.now())
        if form.validate_on_submit():
            keys = security.prove_registration(link, form.password.data or "")
            work = partial(by_mail.finish_registration, token=token, now=clock.now(), keys=keys)
            security.enter(work, remembered=False, how="register")
            return redirect(safe_next(str(link.payload.get("target", "")), "") or url_for("study.home"), 303)
    except WrongPassword:
        form.password.errors = [_("This is not the password you chose. Passwords are case-sensitive.")]
    except LinkSpent:
        return _spent()
    return shown("accounts/confirm.html", 422 if form.errors else 200, form=form, link=link)


@access(Access.ANYONE)
def confirm_address(token: str) -> Response:
    """Make an address that was asked for the account's own."""
    form = PlainForm()
    try:
        link = links.look_up(session(), "address", token, now=clock.now())
        if form.validate_on_submit():
            transact(partial(by_mail.change_address, token=token, now=clock.now()))
            flash(_("From now on you sign in as %(email)s.", email=link.email))
            return redirect(url_for("accounts.security"), 303)
    except (LinkSpent, NoSuchAccount, EmailTaken):
        return _spent()
    return shown("accounts/confirm_address.html", form=form, link=link)


def _spent() -> Response:
    return shown("accounts/link_spent.html", 410, endpoint=request.endpoint)
