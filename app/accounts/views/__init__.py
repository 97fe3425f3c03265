"""Pages of one's own account, and the set-up of the portal."""

from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import audit, by_mail, factors, identities, passkeys, passwords, queries, security, service, setup
from app.accounts.counters import TooManyTries
from app.accounts.forms import ChangeEmailForm, ChangePasswordForm, DeleteForm, ProveForm, SetupForm
from app.accounts.lately import HOW, WORDS
from app.accounts.links import LinkSpent
from app.accounts.roles import LastAdmin
from app.accounts.service import EmailTaken, Fresh, Proof, WrongPassword
from app.accounts.views import devices, organisation, two_factor
from app.accounts.views.entrance import entrance
from app.accounts.views.links import add_to
from app.accounts.views.proving import KEPT_BY_PROVING, go_on, kept_form
from app.web import clock, mail, sessions
from app.web.access import Access, access, fresh, to_prove_first
from app.web.agents import in_words
from app.web.database import session, transact
from app.web.errors import entered
from app.web.pages import forget_portal, shown
from app.web.redirects import safe_next
from app.web.sessions import Viewer, require_viewer
from app.web.signing import signed, unsigned

blueprint = Blueprint("accounts", __name__)
blueprint.add_app_template_filter(in_words, "browser")
add_to(blueprint)
two_factor.add_to(blueprint, entrance)
devices.add_to(blueprint, entrance)
organisation.add_to(blueprint, entrance)


@blueprint.app_errorhandler(TooManyTries)
def too_many_tries(error: TooManyTries) -> Response:
    """429 with the seconds to wait; nothing is locked."""
    security.failed("", "held back", seconds=error.wait)
    until = clock.now().replace(microsecond=0) + error.after
    response = shown("accounts/too_often.html", 429, wait=error.wait, until=until)
    response.headers["Retry-After"] = str(error.wait)
    return response


def _to_prove(target: str) -> Response:
    """To the question who it is, with the form that was sent if one was."""
    if request.method == "POST":
        return to_prove_first(target)
    return redirect(url_for("accounts.prove", next=target), 303)


def _ask(form: Any) -> bool:
    """Ask for the password where nothing fresh stands for it; False where there is none, and another proof is needed."""
    standing = queries.standing(session(), require_viewer(), now=clock.now())
    if standing.proved:
        del form.current_password
    return standing.proved or standing.has_password


def _proof(form: Any) -> Proof | Fresh:
    """What shows that it is them. Raises `TooManyTries` or `WrongPassword`."""
    person = require_viewer()
    if form.current_password is None:
        return Fresh(person.id, person.session_id)
    if "current_password" not in request.form:
        raise WrongPassword  # it was not asked for, so it is no try to guess it
    return security.prove(person.email, form.current_password.data or "")


def _not_yours(form: Any) -> None:
    if "current_password" in request.form:
        form.current_password.errors = [_("This is not your present password. Passwords are case-sensitive.")]
        return
    form.current_password.errors = [  # the page was opened while a fresh proof stood for it
        _("It is more than 10 minutes since you proved that it is you. Nothing was changed yet: enter this, too.")
    ]


def _status(form: Any) -> int:
    return 422 if form.errors else 200


@blueprint.route("/setup/<token>", methods=["GET", "POST"], endpoint="setup")
@access(Access.ANYONE)
def set_up(token: str) -> Response:
    """Name the portal and make its administrator, by a one-time link."""
    try:
        until = setup.expiry(session(), token, now=clock.now())
        portal = queries.portal(session())
        form = SetupForm(site=portal.name, registration=portal.registration)
        if form.validate_on_submit():
            _set_up(token, form)
            return redirect(url_for("study.home"), 303)
    except LinkSpent:
        return shown("accounts/setup_spent.html", 410)
    return shown("accounts/setup.html", _status(form), form=form, until=until, first=not setup.has_admin(session()))


def _set_up(token: str, form: SetupForm) -> None:
    password = passwords.hashed(form.password.data)
    work = partial(
        setup.set_up,
        token=token,
        site=form.site.data,
        registration=form.registration.data,
        email=form.email.data,
        password=password,
        now=clock.now(),
    )
    security.enter(work, remembered=False, how="setup")
    forget_portal()


@blueprint.get("/account/security", endpoint="security")
@access(Access.LEARNER)
def overview() -> Response:
    """Password, address and sessions."""
    form = _password_form()
    return _overview(form, asked=_ask(form))


def _overview(form: ChangePasswordForm, *, asked: bool = True) -> Response:
    person = require_viewer()
    now = clock.now()
    summary = queries.security_summary(session(), person, now=now, settings=security.settings())
    return shown(
        "accounts/security.html",
        _status(form),
        form=form,
        asked=asked,
        summary=summary,
        now=now,
        factor=factors.facts(session(), person.id),
        passkeys=passkeys.of(session(), person.id),
        connected=identities.connected(session(), person.id),
        lately=audit.lately(session(), person.id),
        words=WORDS,
        how=HOW,
        area="settings",
    )


def _password_form() -> ChangePasswordForm:
    return ChangePasswordForm(queries.portal(session()).name, require_viewer().email)


@entrance.route("/account/password", methods=["GET", "POST"])
@access(Access.LEARNER)
def change_password() -> Response:
    """Another password: every other device is signed out, and this one gets a new session."""
    form = _password_form()
    if not _ask(form):
        return _to_prove(url_for("accounts.security"))
    if form.validate_on_submit():
        try:
            proof = _proof(form)
            password = passwords.hashed(form.new_password.data)
            work = partial(service.change_password, proof=proof, password=password, now=clock.now())
            security.enter(work, remembered=sessions.is_remembered())
            flash(_("Your password is changed. Every other device is signed out."))
            return redirect(url_for("accounts.security"), 303)
        except WrongPassword:
            _not_yours(form)
    return _overview(form)


@blueprint.route("/account/email", methods=["GET", "POST"])
@access(Access.LEARNER)
def change_email() -> Response:
    """Another address to sign in with."""
    form = ChangeEmailForm()
    if not _ask(form):
        return _to_prove(url_for("accounts.change_email"))
    if form.validate_on_submit():
        try:
            proof = _proof(form)
            if mail.is_set_up():
                security.count_reset()
                transact(partial(by_mail.ask_address, proof=proof, email=form.email.data, now=clock.now()))
                flash(_("A link is on its way to %(email)s. Until you use it, nothing changes.", email=form.email.data))
                return redirect(url_for("accounts.security"), 303)
            transact(partial(service.change_email, proof=proof, email=form.email.data, now=clock.now()))
            flash(_("From now on you sign in as %(email)s.", email=form.email.data))
            return redirect(url_for("accounts.security"), 303)
        except WrongPassword:
            _not_yours(form)
        except EmailTaken:
            form.email.errors = [_("Another account has this address. Enter a different one.")]
    return shown("accounts/email.html", _status(form), form=form, area="settings")


@blueprint.route("/account/delete", methods=["GET", "POST"])
@access(Access.LEARNER)
def delete() -> Response:
    """Ask for the account's deletion: signed out and disabled now, erased after seven days."""
    form, problem = DeleteForm(), ""
    if not _ask(form):
        return _to_prove(url_for("accounts.delete"))
    if form.validate_on_submit():
        try:
            proof = _proof(form)
            transact(partial(service.ask_deletion, proof=proof, now=clock.now()))
            receipt = signed("deletion", require_viewer().guid)
            security.empty()
            return redirect(url_for("accounts.deleted", receipt=receipt), 303)
        except WrongPassword:
            _not_yours(form)
        except LastAdmin:
            problem = _("You are the only administrator. Make somebody else one first, under Edit, People.")
    status = 422 if problem else _status(form)
    return shown("accounts/delete.html", status, form=form, problem=problem, area="settings")


@blueprint.route("/account/prove", methods=["GET", "POST"])
@access(Access.LEARNER)
def prove() -> Response:
    """Who it is once more, before what matters; for ten minutes nothing asks again.

    A form that came too late is kept on this page, and sent on where it was going.
    """
    target, again = safe_next(request.values.get("next"), ""), kept_form()
    form = ProveForm(next=target)
    if "current_password" in request.form and form.validate_on_submit():
        person = require_viewer()
        try:
            proof = security.prove(person.email, form.current_password.data or "")
            transact(partial(_prove, person=person, proof=proof))
            return go_on(again, target)
        except WrongPassword:
            _not_yours(form)
    standing = queries.standing(session(), require_viewer(), now=clock.now())
    kept = [one for one in entered(with_token=True)[0] if one[0] not in KEPT_BY_PROVING] if again else []
    status = 422 if form.errors else 403 if again else 200
    return shown(
        "accounts/prove.html",
        status,
        form=form,
        standing=standing,
        target=target,
        again=again,
        kept=kept,
        area="settings",
    )


def _prove(current: Any, *, person: Viewer, proof: Proof) -> None:
    service.proven(current, proof=proof, now=clock.now())
    sessions.prove(current, person)


@blueprint.get("/privacy")
@access(Access.ANYONE)
def privacy() -> Response:
    """What this portal keeps of people, for how long, and who sees it."""
    return shown("accounts/privacy.html", mails=mail.is_set_up(), settings=security.settings())


@blueprint.get("/account/deleted")
@access(Access.ANYONE)
def deleted() -> Response:
    """What happens after deletion was asked for; and to who has the receipt, when it is done."""
    guid = unsigned("deletion", request.args.get("receipt", "")[:200])
    gone = None if guid is None else queries.deletion(session(), guid)
    return shown("accounts/deleted.html", gone=gone)


@blueprint.post("/account/sessions/<guid>/end")
@access(Access.LEARNER)
@fresh
def end_session(guid: str) -> Response:
    """End one session of one's own."""
    person = require_viewer()
    if not transact(lambda current: sessions.end_one(current, user_id=person.id, guid=guid)):
        abort(404)
    flash(_("That session has ended."))
    return redirect(url_for("accounts.security"), 303)


@blueprint.post("/account/sessions/end")
@access(Access.LEARNER)
@fresh
def end_sessions() -> Response:
    """End every session of one's own but this one."""
    person = require_viewer()
    transact(lambda current: sessions.end_all(current, user_id=person.id, but=person.session_id))
    flash(_("Every other session has ended."))
    return redirect(url_for("accounts.security"), 303)
