"""Reading the audit log: who did what, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.db.models import Audit, User
from app.db.models.audit import AREAS

PAGE = 50
_READ = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are asked for; what is empty asks for all."""

    query: str = ""
    """Part of an address of who did it or whom it was done to, of a network address, or of what a thing is called."""
    actions: tuple[str, ...] = ()
    """Actions that the words of `query` name, too: what was done is stored by name alone."""
    area: str = ""
    person: str = ""
    """The guid of a user: what they did and what was done to their account."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this instant."""
    before: int = 0
    """Entries older than the one of this id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done."""

    id: int
    at: datetime
    action: str
    area: str
    by: str
    """The address of who did it; empty where that was no person, and for one who is erased."""
    by_erased: bool
    role: str
    """What they were then: a role, visitor, command or portal."""
    address: str
    subject: str
    """The address of whose account it was done to; empty where there is none, or it is erased."""
    subject_guid: str
    subject_erased: bool
    thing: str
    guid: str
    label: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of the log."""

    entries: tuple[Entry, ...]
    total: int
    """How many there are of what was asked for, on all pages."""
    more: bool


_by, _subject = aliased(User), aliased(User)


def entries(session: Session, wanted: Filter) -> Entries:
    """A page of the log, the newest first."""
    rows = session.execute(_statement(wanted).limit(PAGE + 1)).all()
    total = session.scalar(
        select(func.count(Audit.id))
        .outerjoin(_by, _by.id == Audit.user_id)
        .outerjoin(_subject, _subject.id == Audit.subject_id)
        .where(*_conditions(replace(wanted, before=0)))
    )
    return Entries(tuple(map(_entry, rows[:PAGE])), total or 0, len(rows) > PAGE)


def all_entries(session: Session, wanted: Filter) -> Iterator[Entry]:
    """Every entry that is asked for, read some at a time."""
    while rows := session.execute(_statement(wanted).limit(_READ)).all():
        yield from map(_entry, rows)
        wanted = replace(wanted, before=rows[-1].Audit.id)


def lately(session: Session, user_id: int, *, limit: int = 10) -> tuple[Entry, ...]:
    """What happened to one's own account, the newest first."""
    statement = _statement(Filter()).where(Audit.subject_id == user_id)
    return tuple(map(_entry, session.execute(statement.limit(limit)).all()))


def _statement(wanted: Filter) -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = (
        select(Audit, _by.email, _by.erased_at, _subject.email, _subject.guid, _subject.erased_at)
        .outerjoin(_by, _by.id == Audit.user_id)
        .outerjoin(_subject, _subject.id == Audit.subject_id)
        .where(*_conditions(wanted))
        .order_by(Audit.id.desc())
    )
    return statement


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if wanted.query:
        columns = (Audit.label, Audit.address, _by.email, _subject.email)
        named = (column.icontains(wanted.query, autoescape=True) for column in columns)
        yield or_(Audit.action.in_(wanted.actions), *named)
    if wanted.area in AREAS:
        yield Audit.area == wanted.area
    if wanted.person:
        yield or_(_by.guid == wanted.person, _subject.guid == wanted.person)
    if wanted.since is not None:
        yield Audit.at >= wanted.since
    if wanted.until is not None:
        yield Audit.at < wanted.until
    if wanted.before:
        yield Audit.id < wanted.before


def _entry(row: Any) -> Entry:
    audit, by, by_erased, subject, subject_guid, subject_erased = row
    return Entry(
        id=audit.id,
        at=audit.at,
        action=audit.action,
        area=audit.area,
        by="" if by is None or by_erased else by,
        by_erased=by_erased is not None,
        role=audit.role,
        address=audit.address,
        subject="" if subject is None or subject_erased else subject,
        subject_guid=subject_guid or "",
        subject_erased=subject_erased is not None,
        thing=audit.thing,
        guid=audit.guid,
        label=audit.label,
        detail=audit.detail,
    )
