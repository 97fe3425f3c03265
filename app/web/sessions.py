"""Signed-in sessions: rows. The signed cookie carries a random token, the row decides whether it still lives.

The user, the session and the roles of a request are one statement. What it gave last is kept: the same row is the same
person, and an answer asks for it in its own transaction instead of before (`believed`).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from flask import Flask, current_app, g, has_request_context, request
from flask import session as cookie
from sqlalchemy import ColumnElement, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.gathered import Gathered
from app.db.models import LoginSession, Role, User, UserRole
from app.db.prepared import Prepared, in_one_go
from app.db.session import write
from app.db.steps import Steps
from app.web import clock
from app.web.database import db
from app.web.together import Unchanged

T = TypeVar("T")
SEEN_EVERY = timedelta(minutes=5)
FRESH_FOR = timedelta(minutes=10)
"""So long after the password was given nothing asks for it again."""
_RANKS = {"learner": 1, "editor": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person of this request, as plain values."""

    id: int
    guid: str
    email: str
    rank: int
    """1 learner, 2 editor, 3 admin."""
    zone: str
    rollover_hour: int
    new_per_day: int
    reviews_per_day: int
    grade_scale: str
    type_answer: bool
    shortcuts: bool
    theme: str
    session_id: int
    signed_in_at: datetime
    """When they last proved who they are."""
    new_order: str = "mixed"
    review_order: str = "overdue"
    learning_steps: str = "10m"
    balance: bool = False
    easy_days: str = "2222222"
    extra_on: date | None = None
    extra_new: int = 0
    extra_reviews: int = 0
    no_new_before: date | None = None
    holiday_from: date | None = None
    holiday_to: date | None = None
    suspend_leeches: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    """The keys they chose, by what they do."""
    swipes: bool = True
    reading_size: str = "normal"
    measure: str = "normal"
    goal_cards: int | None = None
    goal_minutes: int | None = None

    @property
    def is_editor(self) -> bool:
        """May edit content."""
        return self.rank >= _RANKS["editor"]

    @property
    def is_admin(self) -> bool:
        """May change who may do what."""
        return self.rank >= _RANKS["admin"]


def token_hash(token: str) -> bytes:
    """What is stored of a random token: its SHA-256 (the token has 256 bits, so no salt is needed)."""
    return hashlib.sha256(token.encode()).digest()


def _has_role(name: str) -> Any:
    return exists(
        select(UserRole.user_id)
        .join(Role, Role.id == UserRole.role_id)
        .where(UserRole.user_id == User.id, Role.name == name)
    )


def _settings() -> Settings:
    settings: Settings = current_app.config["REPRISE_SETTINGS"]
    return settings


def living(now: datetime, settings: Settings) -> ColumnElement[bool]:
    """The condition of a session that still holds: not over, and not idle for too long."""
    idle = now - timedelta(hours=settings.session_idle_hours)
    return (LoginSession.expires_at > now) & or_(LoginSession.remembered, LoginSession.seen_at > idle)


_is_in = User.active & User.deletion_asked_at.is_(None)
"""Neither disabled nor to be deleted. Their sessions are gone anyway; a row slipped in beside that must not count."""


_OF_USER = (
    "id",
    "guid",
    "email",
    "zone",
    "rollover_hour",
    "new_per_day",
    "reviews_per_day",
    "grade_scale",
    "type_answer",
    "shortcuts",
    "theme",
    "keys",
    "swipes",
    "reading_size",
    "measure",
    "goal_cards",
    "goal_minutes",
    "new_order",
    "review_order",
    "learning_steps",
    "balance",
    "easy_days",
    "extra_on",
    "extra_new",
    "extra_reviews",
    "no_new_before",
    "holiday_from",
    "holiday_to",
    "suspend_leeches",
)
"""What a `Viewer` has of the user's own columns."""
_OF_VIEWER = (*_OF_USER, "session_id", "signed_in_at")

_LOAD = Prepared(
    select(
        *(getattr(User, name) for name in _OF_USER),
        LoginSession.id.label("session_id"),
        func.coalesce(LoginSession.proved_at, LoginSession.created_at).label("signed_in_at"),
        User.fs_uniquifier,
        (LoginSession.seen_at < bindparam("stale_before")).label("stale"),
        _has_role("editor").label("editor"),
        _has_role("admin").label("admin"),
    )
    .join_from(LoginSession, User, User.id == LoginSession.user_id)
    .where(
        LoginSession.token_hash == bindparam("token"),
        _is_in,
        LoginSession.expires_at > bindparam("now"),
        or_(LoginSession.remembered, LoginSession.seen_at > bindparam("idle_since")),
    ),
    as_they_are=True,
)
"""`living`, and all that a request asks of who is signed in. Built once: every request runs it."""


class _Known(NamedTuple):
    """What a session was found to be of last, and in which row."""

    row: tuple[Any, ...]
    uniquifier: str
    person: Viewer


class Belief(NamedTuple):
    """The person whom this request is taken to come from, until its session is looked at."""

    person: Viewer
    row: tuple[Any, ...]
    values: Mapping[str, Any]

    def looked_at(self, session: Session, steps: Steps[T]) -> Steps[T]:
        """The same work, which asks for the row with its first step, and goes on if it is the same. Else `NotTheSame`.

        In the transaction of `session`, in any thread. That step may wait for whoever is changing the row, so it comes first.
        """
        with in_one_go(session):
            next(steps)
            rows = _LOAD.ask(session, self.values)
        yield
        if [tuple(row) for row in rows()] != [self.row]:
            raise NotTheSame
        return (yield from steps)

    def holds(self) -> None:
        """It was asked, and is the same: this request need not look for itself any more."""
        g.viewer = self.person


class NotTheSame(Unchanged):
    """The session ended, or something about its person is not what it was. Nothing was changed."""


def _values(token: bytes) -> dict[str, Any]:
    now = clock.now()
    idle_since = now - timedelta(hours=_settings().session_idle_hours)
    return {"token": token, "now": now, "idle_since": idle_since, "stale_before": now - SEEN_EVERY}


def _token() -> bytes | None:
    token = cookie.get("sid")
    return token_hash(token) if isinstance(token, str) else None


def _load(token: bytes) -> Any:
    values = _values(token)
    try:
        return _looked_up(values)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        # The server was away a moment ago: nothing has happened yet, and the next connection is asked.
        return _looked_up(values)


def _looked_up(values: Mapping[str, Any]) -> Any:
    """The row of a session. Of many requests at once PostgreSQL is asked once; SQLite is quicker than they could gather."""
    if db.engine.dialect.name == "postgresql":
        return next(iter(current_app.extensions[_LOOKS].get(values)), None)
    return next(iter(_LOAD.alone(db.engine, values)), None)


_LOOKS = "sessions looked up"
_KNOWN = "sessions known"
MOST_KNOWN = 2_000
"""So many sessions are known at most; after that it starts over."""


def viewer() -> Viewer | None:
    """The signed-in person of this request, or None."""
    if not has_request_context():
        return None
    found: Viewer | None = g.get("viewer", _UNKNOWN)
    if found is _UNKNOWN:
        found = g.viewer = _viewer()
    return found


def _viewer() -> Viewer | None:
    token = _token()
    found = None if token is None else _load(token)
    if token is None or found is None:
        return None
    row, all_known = tuple(found), current_app.extensions[_KNOWN]
    known: _Known | None = all_known.get(token)
    if known is None or known.row != row:
        named = _LOAD.converted(db.engine.dialect, row)
        rank = 3 if named.admin else 2 if named.editor else 1
        known = _Known(row, named.fs_uniquifier, Viewer(rank=rank, **dict(zip(_OF_VIEWER, named, strict=False))))
        g.touch_session = named.stale
        if not named.stale:  # else the next request finds another row
            if len(all_known) >= MOST_KNOWN:
                all_known.clear()
            all_known[token] = known
    return known.person if known.uniquifier == cookie.get("_user_id") else None


_UNKNOWN: Any = object()


def believed() -> Belief | None:
    """Who asks, as far as is known from before; None where that is nothing, or this request has looked for itself.

    For what asks again in its own transaction (`Belief.looked_at`) and so needs no look of its own. Nothing may be done or said
    before that by what it says: `viewer` looks as ever.
    """
    token = None if "viewer" in g else _token()
    known: _Known | None = None if token is None else current_app.extensions[_KNOWN].get(token)
    if token is None or known is None or known.uniquifier != cookie.get("_user_id"):
        return None
    return Belief(known.person, known.row, _values(token))


def require_viewer() -> Viewer:
    """The signed-in person; for views that only signed-in people reach."""
    person = viewer()
    if person is None:
        raise RuntimeError("This view must declare that it is for signed-in people.")
    return person


def person_of(session: Session, user_id: int, *, now: datetime) -> Viewer | None:
    """A person for whom something is done while they are not there: by a job, or the command line."""
    columns = (*(getattr(User, name) for name in _OF_USER), _has_role("editor"), _has_role("admin"))
    row = session.execute(select(*columns).where(User.id == user_id, _is_in)).one_or_none()
    if row is None:
        return None
    *own, editor, admin = row
    values = dict(zip(_OF_USER, own, strict=True))
    return Viewer(rank=3 if admin else 2 if editor else 1, session_id=0, signed_in_at=now, **values)


def start(session: Session, *, user_id: int, remembered: bool, how: str = "") -> str:
    """Make a new session and end the one this browser had. Gives the token to `hand_out` after the commit.

    `how` says what it was opened with, for its owner's list of sessions.
    """
    write(session)
    end_current(session)
    now = clock.now()
    settings = _settings()
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + _longest(remembered, settings),
            remembered=remembered,
            agent=request.user_agent.string[:200],
            address=(request.remote_addr or "")[:64],
            how=how,
        )
    )
    session.flush()
    return token


def _longest(remembered: bool, settings: Settings) -> timedelta:
    """How long a session may live whatever happens: a day unless “keep me signed in” was asked for."""
    most = timedelta(days=settings.session_days)
    return most if remembered else min(most, max(timedelta(days=1), timedelta(hours=settings.session_idle_hours)))


def hand_out(token: str, *, remembered: bool) -> None:
    """Give this browser the session that was made for it, and nothing of what its cookie held before."""
    cookie["sid"] = token
    cookie.permanent = remembered
    g.pop("viewer", None)


def forget() -> None:
    """Empty this browser's cookie, form tokens included: nothing set before a sign-in or sign-out outlives it."""
    cookie.clear()
    for kept in ("viewer", "csrf_token", "touch_session"):
        g.pop(kept, None)


def is_remembered() -> bool:
    """Whether this browser asked to be kept signed in."""
    return cookie.permanent


def prove(session: Session, person: Viewer) -> None:
    """Note that whoever uses this session has just proved again who they are."""
    write(session)
    session.execute(update(LoginSession).where(LoginSession.id == person.session_id).values(proved_at=clock.now()))
    g.pop("viewer", None)


def is_fresh(person: Viewer) -> bool:
    """Whether they proved who they are a short while ago."""
    return person.signed_in_at > clock.now() - FRESH_FOR


def end_current(session: Session) -> None:
    """End this browser's session, if it has one; a copy of its cookie is dead from then on."""
    token = cookie.get("sid")
    if isinstance(token, str):
        write(session)
        session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash(token)))


def end_one(session: Session, *, user_id: int, guid: str) -> bool:
    """End one session of a user, named by its guid; gives whether there was one."""
    write(session)
    condition = (LoginSession.user_id == user_id) & (LoginSession.guid == guid)
    return bool(session.execute(delete(LoginSession).where(condition)).rowcount)  # type: ignore[attr-defined]


def end_all(session: Session, *, user_id: int, but: int | None = None) -> int:
    """End every session of a user (except the one with id `but`); gives how many ended."""
    write(session)
    condition = LoginSession.user_id == user_id
    if but is not None:
        condition &= LoginSession.id != but
    return session.execute(delete(LoginSession).where(condition)).rowcount  # type: ignore[attr-defined, no-any-return]


def init_app(app: Flask) -> None:
    """Note "last seen" at most every five minutes, in a transaction of its own."""
    app.extensions[_KNOWN] = {}
    app.extensions[_LOOKS] = Gathered(lambda several: _LOAD.alone_for_each(db.engine, several))

    @app.teardown_request
    def touch(_error: BaseException | None) -> None:
        person: Viewer | None = g.get("viewer")
        if person is None or not g.pop("touch_session", False):
            return
        try:
            with db.sessionmaker() as session:
                write(session)
                session.execute(
                    update(LoginSession).where(LoginSession.id == person.session_id).values(seen_at=clock.now())
                )
                session.commit()
        except Exception:
            app.logger.warning("Last seen could not be noted.", exc_info=True)
