"""The audit log: every change that an editor or administrator makes leaves a row, in the same transaction.

Services that know what they change say so with `note`. What none of them notes is noted here: whenever a form of an
editor's or administrator's page changes anything, its transaction gets a row with the name of the route and of the thing
in its address. So a new page cannot forget it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import and_, event, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Audit, Card, Deck, Import, Source, Upload
from app.db.session import write
from app.web import clock
from app.web.access import Access, level_of
from app.web.database import witness_with
from app.web.sessions import viewer

log = structlog.get_logger()
ROLES = {1: "learner", 2: "editor", 3: "admin"}
_REMEMBERED = 50
"""Sign-ins that a browser is looked for in."""
_ASIDE = {"audit", "login_session", "sign_in_counter"}
"""Tables that change beside what somebody does."""
_THINGS: tuple[tuple[str, str, type[Any], InstrumentedAttribute[str], InstrumentedAttribute[str]], ...] = (
    ("/cards/<guid>", "card", Card, Card.guid, Card.question),
    ("/decks/<slug>", "deck", Deck, Deck.slug, Deck.title),
    ("/import/<guid>", "upload", Upload, Upload.guid, Upload.filename),
    ("/imports/<guid>", "import", Import, Import.guid, Import.label),
    ("/sources/<name>", "source", Source, Source.name, Source.name),
)
"""What an address may name: by its rule, the kind, and the columns of its name and of what it is called."""


def init_app(app: Flask) -> None:
    """Watch every transaction of this portal's pages."""
    witness_with(app, witnessed)


def note(
    session: Session,
    action: str,
    *,
    area: str = "people",
    by: int | None = None,
    role: str = "",
    subject: int | None = None,
    thing: str = "",
    guid: str = "",
    label: str = "",
    **detail: Any,
) -> None:
    """Add a row to the log. Who and from where is the request's, unless `by` and `role` say otherwise.

    `subject` is the id of the account it was done to. Values of `detail` that are None are left out; never give a secret,
    nor an address of somebody, who could not be erased from here.
    """
    write(session)
    person = viewer()
    if by is None and person is not None and role != "portal":
        by, role = person.id, role or ROLES[person.rank]
    asked = has_request_context()
    row = Audit(
        at=clock.now(),
        action=action,
        area=area,
        user_id=by,
        role=role or ("visitor" if asked else "command"),
        address=(request.remote_addr or "")[:64] if asked and role != "portal" else "",
        subject_id=subject,
        thing=thing,
        guid=guid[:200],
        label=" ".join(label.split())[:200],
        detail=_browser(area, asked) | {name: value for name, value in detail.items() if value is not None},
    )
    session.add(row)
    session.flush()
    session.info["noted"] = True
    log.info(action, user=by, role=row.role, subject=subject, address=row.address, guid=row.guid)


def _browser(area: str, asked: bool) -> dict[str, Any]:
    """Which browser somebody used for their own account, so that they know it again."""
    return {"agent": request.user_agent.string[:200]} if asked and area == "account" else {}


def whence() -> tuple[str, str]:
    """The browser and the address of this request, as they name themselves."""
    return request.user_agent.string[:200], request.remote_addr or ""


def is_new_browser(session: Session, user_id: int) -> bool:
    """Whether a user has signed in before, but not with a browser that names itself like this one."""
    if not has_request_context():
        return False
    before = session.scalars(
        select(Audit.detail)
        .where(Audit.user_id == user_id, Audit.action == "account.sign_in")
        .order_by(Audit.id.desc())
        .limit(_REMEMBERED)
    ).all()
    return bool(before) and all(detail.get("agent") != whence()[0] for detail in before)


def forget_person(session: Session, user_id: int) -> None:
    """The addresses that an erased user's requests came from, also before they were signed in, and their browsers."""
    by_them = or_(Audit.user_id == user_id, and_(Audit.subject_id == user_id, Audit.user_id.is_(None)))
    for row in session.scalars(select(Audit).where(by_them)):
        row.address = ""
        row.detail = {name: value for name, value in row.detail.items() if name != "agent"}


@contextmanager
def witnessed(session: Session) -> Iterator[Callable[[], None]]:
    """Watch what a transaction changes; calling what is given, before the commit, notes it if nobody did."""
    session.info.pop("noted", None)
    if not _is_to_be_noted():
        yield lambda: None
        return
    seen: list[Any] = []

    def flushed(_session: Session, _context: Any) -> None:
        changed = [*session.new, *(one for one in session.dirty if session.is_modified(one)), *session.deleted]
        seen.extend(one for one in changed if one.__tablename__ not in _ASIDE)

    def executed(state: Any) -> None:
        if state.is_insert or state.is_update or state.is_delete:
            table = getattr(state.statement, "table", None)
            if table is not None and table.name not in _ASIDE:
                seen.append(table)

    def sign() -> None:
        session.flush()
        if seen and not session.info.get("noted"):
            _note_by_route(session, seen)

    event.listen(session, "after_flush", flushed)
    event.listen(session, "do_orm_execute", executed)
    try:
        yield sign
    finally:
        event.remove(session, "after_flush", flushed)
        event.remove(session, "do_orm_execute", executed)


def _is_to_be_noted() -> bool:
    if not has_request_context() or request.endpoint is None or request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    person = viewer()
    if g.get("private") or (person is not None and person.rank < Access.EDITOR):
        return False  # what somebody does with decks of their own is nobody's business
    return request.blueprint == "edit" or (level_of(current_app, request.endpoint) or Access.ANYONE) >= Access.EDITOR


def _note_by_route(session: Session, changed: list[Any]) -> None:
    thing, guid, label = _made(changed) or _named(session)
    text = " ".join(request.form.get("note", "").split())[:200]
    arguments = request.view_args or {}
    note(
        session,
        request.endpoint or "",
        area="content",
        thing=thing,
        guid=guid,
        label=label,
        note=text or None,
        number=arguments.get("number"),
    )


def _made(changed: list[Any]) -> tuple[str, str, str] | None:
    """The thing that a page without one in its address made."""
    if request.view_args and "/new" not in str(request.url_rule):
        return None
    for one in changed:
        for _rule, kind, model, name, label in _THINGS:
            if isinstance(one, model):
                return kind, str(getattr(one, name.key)), str(getattr(one, label.key))
    return None


def _named(session: Session) -> tuple[str, str, str]:
    """The thing that the address names."""
    for rule, kind, _model, name, label in _THINGS:
        if rule in str(request.url_rule):
            value = str((request.view_args or {}).get(rule.rsplit("<", 1)[1][:-1], ""))
            return kind, value, session.scalar(select(label).where(name == value)) or ""
    return "", "", ""
