"""The people of this portal: who they are, what they may do, and ways in and out."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts import invitations, links, people, queries, security, service
from app.accounts.people import Person
from app.accounts.roles import LastAdmin
from app.accounts.service import NoSuchAccount
from app.admin.people_forms import InviteForm, RoleForm
from app.admin.views.blueprint import blueprint, page_number
from app.web import clock, mail
from app.web.access import Access, access, fresh
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/people", endpoint="people")
@access(Access.ADMIN)
def overview() -> Response:
    """Everybody, and who is invited."""
    return _page()


def _page(status: int = 200, *, invite: InviteForm | None = None, **shown_once: Any) -> Response:
    now = clock.now()
    query = " ".join(request.args.get("q", "")[:200].replace("\0", " ").split())
    show = request.args.get("show", "")
    show = show if show in people.SHOWS else "all"
    found = people.people(session(), query=query, show=show, page=page_number(), now=now, settings=security.settings())
    return shown(
        "admin/people.html",
        status,
        area="edit",
        found=found,
        query=query,
        show=show,
        open_guid=request.args.get("open", ""),
        invitations=invitations.open_ones(session(), now),
        registration=queries.portal(session()).registration,
        invite=invite or InviteForm(formdata=None),
        lives=int(links.LIVES["reset"].total_seconds() // 60),
        **shown_once,
    )


def _of_somebody(view: Callable[[Person], Response]) -> Callable[[str], Response]:
    """A view of the account that the address names; what cannot be done with it is said on a page."""

    @wraps(view)
    def found(guid: str) -> Response:
        try:
            return view(_somebody_else(guid))
        except NoSuchAccount:
            abort(404)
        except LastAdmin:
            raise Refusal(
                409,
                _("This is the last administrator"),
                _("Make somebody else one first. Nothing was changed."),
                back=url_for("edit.people"),
                back_label=_("Back to People"),
            ) from None

    return found


@blueprint.post("/people/<guid>/role")
@access(Access.ADMIN)
@fresh
@_of_somebody
def change_role(person: Person) -> Response:
    """Give somebody another role."""
    form = RoleForm()
    if not form.validate():
        abort(404)
    transact(partial(service.set_role, user_id=person.id, role=form.role.data))
    flash(_("%(email)s is %(role)s now.", email=person.email, role=_a_role(form.role.data)))
    return _back(person)


@blueprint.post("/people/<guid>/disable")
@access(Access.ADMIN)
@fresh
@_of_somebody
def disable_person(person: Person) -> Response:
    """Keep somebody out."""
    transact(partial(service.disable, user_id=person.id))
    flash(_("%(email)s is disabled and signed out everywhere. Their history is kept.", email=person.email))
    return _back(person)


@blueprint.post("/people/<guid>/enable")
@access(Access.ADMIN)
@fresh
@_of_somebody
def enable_person(person: Person) -> Response:
    """Let somebody in again, and keep an account that was to be deleted."""
    transact(partial(service.enable, user_id=person.id))
    flash(_("%(email)s can sign in again.", email=person.email))
    return _back(person)


@blueprint.post("/people/<guid>/sessions/end")
@access(Access.ADMIN)
@_of_somebody
def end_person_sessions(person: Person) -> Response:
    """Sign somebody out everywhere."""
    ended = transact(partial(service.end_sessions, user_id=person.id))
    flash(ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", ended))
    return _back(person)


@blueprint.post("/people/<guid>/second-factor/off")
@access(Access.ADMIN)
@fresh
@_of_somebody
def factor_off(person: Person) -> Response:
    """Turn somebody's two-factor sign-in off: their phone and their codes are lost."""
    transact(partial(security.turn_factor_off, user_id=person.id, by_admin=True))
    flash(_("%(email)s signs in with the password alone now.", email=person.email))
    return _back(person)


@blueprint.post("/people/<guid>/reset-link")
@access(Access.ADMIN)
@fresh
@_of_somebody
def make_reset_link(person: Person) -> Response:
    """Make a one-time link to a new password for somebody, and show it this once."""
    token = transact(partial(service.reset_link, user_id=person.id, now=clock.now()))
    return _page(link_for=person, link=_outside("accounts.reset", token))


@blueprint.route("/people/<guid>/delete", methods=["GET", "POST"])
@access(Access.ADMIN)
@fresh
@_of_somebody
def delete_person(person: Person) -> Response:
    """Have somebody's account erased in seven days, after a page that says what goes and what stays."""
    if request.method == "GET":
        return shown("admin/delete_person.html", area="edit", person=person)
    transact(partial(service.delete_person, user_id=person.id, now=clock.now()))
    flash(_("%(email)s is signed out everywhere and will be erased in 7 days.", email=person.email))
    return _back(person)


@blueprint.post("/people/invite")
@access(Access.ADMIN)
@fresh
def invite() -> Response:
    """Make an invitation, and show its link this once."""
    form = InviteForm()
    if not form.validate():
        return _page(422, invite=form)
    work = partial(
        invitations.invite,
        role=form.role.data,
        uses=form.uses.data,
        days=form.days.data,
        note=form.note.data or "",
        now=clock.now(),
        by_id=require_viewer().id,
    )
    return _page(invitation=_outside("security.invited", transact(work)))


@blueprint.post("/people/invitations/<guid>/revoke")
@access(Access.ADMIN)
def revoke_invitation(guid: str) -> Response:
    """End an invitation."""
    if not transact(partial(invitations.revoke, guid=guid, now=clock.now())):
        abort(404)
    flash(_("The invitation no longer works. Accounts made with it stay."))
    return redirect(url_for("edit.people", _anchor="invite"), 303)


def _outside(endpoint: str, token: str) -> str:
    """A link to hand on, with the address that readers use."""
    if security.settings().base_url:
        return mail.link(endpoint, token=token)
    return request.host_url.rstrip("/") + url_for(endpoint, token=token)


def _somebody_else(guid: str) -> Person:
    """The account of this name, which is not one's own: nobody locks themselves out here."""
    person = people.person(session(), guid, now=clock.now(), settings=security.settings())
    if person is None:
        abort(404)
    if person.id == require_viewer().id:
        raise Refusal(
            409,
            _("This is your own account"),
            _("You cannot disable, demote or delete yourself here; another administrator can. Nothing was changed."),
            back=url_for("edit.people"),
            back_label=_("Back to People"),
        )
    return person


def _back(person: Person) -> Response:
    return redirect(url_for("edit.people", open=person.guid, q=person.email, _anchor=f"p-{person.guid}"), 303)


def _a_role(role: str) -> str:
    words = {"learner": _("a learner"), "editor": _("an editor"), "admin": _("an administrator")}
    return str(words[role])
