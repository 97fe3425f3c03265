"""The people of this portal, as administrators see them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.accounts.service import KEPT_FOR
from app.config import Settings
from app.db.models import Audit, Deck, DeckChoice, LoginSession, Passkey, Role, SecondFactor, User, UserRole
from app.web.sessions import living

PAGE = 25
ABSENT_FOR = timedelta(days=90)
SHOWS = ("all", "learner", "editor", "admin", "disabled", "leaving", "absent")


@dataclass(frozen=True, slots=True)
class Person:
    """An account."""

    id: int
    guid: str
    email: str
    role: str
    active: bool
    created_at: datetime
    leaving_at: datetime | None
    """When it is erased, if its deletion was asked for."""
    seen_at: datetime | None
    sessions: int
    decks: int
    """Decks they study; those of their own are nobody's business."""
    factor: bool
    """Whether a code is asked for after the password."""
    passkeys: int


@dataclass(frozen=True, slots=True)
class People:
    """A page of accounts."""

    people: tuple[Person, ...]
    found: int
    """How many there are like this, on all pages."""
    page: int
    pages: int
    counts: dict[str, int]
    """How many accounts each of `SHOWS` has."""


_rank = (
    select(func.max(case({"admin": 3, "editor": 2}, value=Role.name, else_=1)))
    .join(UserRole, UserRole.role_id == Role.id)
    .where(UserRole.user_id == User.id)
    .correlate(User)
    .scalar_subquery()
)
_seen = func.coalesce(
    select(func.max(LoginSession.seen_at)).where(LoginSession.user_id == User.id).correlate(User).scalar_subquery(),
    select(func.max(Audit.at))
    .where(Audit.user_id == User.id, Audit.action == "account.sign_in")
    .correlate(User)
    .scalar_subquery(),
)
_decks = (
    select(func.count())
    .select_from(DeckChoice)
    .join(Deck, Deck.id == DeckChoice.deck_id)
    .where(DeckChoice.user_id == User.id, Deck.visibility != "private")
    .correlate(User)
    .scalar_subquery()
)
_factor = (
    select(SecondFactor.user_id)
    .where(SecondFactor.user_id == User.id, SecondFactor.confirmed_at.is_not(None))
    .correlate(User)
    .exists()
)
_passkeys = select(func.count(Passkey.id)).where(Passkey.user_id == User.id).correlate(User).scalar_subquery()
_RANKS = {1: "learner", 2: "editor", 3: "admin"}


def people(
    session: Session, *, query: str = "", show: str = "all", page: int = 1, now: datetime, settings: Settings
) -> People:
    """A page of the accounts that are asked for, whoever was here last first."""
    condition = User.erased_at.is_(None) & _shown(show, now)
    if query:
        condition &= User.email.icontains(query, autoescape=True)
    found = session.scalar(select(func.count(User.id)).where(condition)) or 0
    pages = max(1, -(-found // PAGE))
    page = min(max(page, 1), pages)
    rows = session.execute(
        _statement(now, settings)
        .where(condition)
        .order_by(_seen.desc().nulls_last(), User.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    return People(tuple(_person(row) for row in rows), found, page, pages, _counts(session, now))


def person(session: Session, guid: str, *, now: datetime, settings: Settings) -> Person | None:
    """One account; None where there is none of this name, or it is erased."""
    if "\0" in guid:
        return None
    row = session.execute(_statement(now, settings).where(User.guid == guid, User.erased_at.is_(None))).one_or_none()
    return None if row is None else _person(row)


_COLUMNS = (User.id, User.guid, User.email, User.active, User.created_at, User.deletion_asked_at)


def _statement(now: datetime, settings: Settings) -> Select[*tuple[Any, ...]]:
    sessions = (
        select(func.count(LoginSession.id))
        .where(LoginSession.user_id == User.id, living(now, settings))
        .correlate(User)
        .scalar_subquery()
    )
    counted = (
        _rank.label("rank"),
        _seen.label("seen"),
        sessions.label("sessions"),
        _decks.label("decks"),
        _factor.label("factor"),
        _passkeys.label("passkeys"),
    )
    statement: Select[*tuple[Any, ...]] = select(*_COLUMNS, *counted)
    return statement


def _person(row: Any) -> Person:
    asked: datetime | None = row.deletion_asked_at
    return Person(
        id=row.id,
        guid=row.guid,
        email=row.email,
        role=_RANKS[row.rank or 1],
        active=row.active,
        created_at=row.created_at,
        leaving_at=None if asked is None else asked + KEPT_FOR,
        seen_at=row.seen,
        sessions=row.sessions,
        decks=row.decks,
        factor=row.factor,
        passkeys=row.passkeys,
    )


def _shown(show: str, now: datetime) -> ColumnElement[bool]:
    """The condition of one of `SHOWS`."""
    return {
        "learner": _rank == 1,
        "editor": _rank == 2,
        "admin": _rank == 3,
        "disabled": ~User.active,
        "leaving": User.deletion_asked_at.is_not(None),
        "absent": or_(_seen < now - ABSENT_FOR, _seen.is_(None) & (User.created_at < now - ABSENT_FOR)),
    }.get(show, literal(True))


def _counts(session: Session, now: datetime) -> dict[str, int]:
    row = session.execute(
        select(*(func.count(case((_shown(show, now), 1))) for show in SHOWS)).where(User.erased_at.is_(None))
    ).one()
    return dict(zip(SHOWS, row, strict=True))
