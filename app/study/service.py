"""What learners do to their log: answer, undo, redo; and what is done to it for them: ask again, replay.

Each appends an event and rewrites what follows from the log, in one transaction. A learner's events are numbered and
checked in line: on SQLite behind the one writer, on PostgreSQL behind a lock on the learner's row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import and_, bindparam, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from app.db.base import new_guid
from app.db.models import Card, CardMark, CardState, Deck, DeckChoice, Event, User
from app.db.prepared import Prepared, in_one_go
from app.db.session import write
from app.db.steps import Steps, at_once
from app.scheduling import replay, sm2
from app.scheduling.queue import Done
from app.scheduling.replay import EventKind, Projection
from app.scheduling.state import Grade, is_leech_at
from app.scheduling.study_day import never_before, study_day
from app.study import near, totals
from app.study.appending import Facts, after_log, append, hash_of
from app.study.line import TO_ANSWER, get_in_line
from app.study.projection import Logged, as_event, ask_log, read_log, store_facts, store_state
from app.study.queries import Counted, Reading, study_day_of
from app.study.unbegun import FIRST_UNBEGUN
from app.web.access import can
from app.web.sessions import Viewer
from app.web.together import Unchanged

LONGEST_ELAPSED_MS = 60_000
"""A page may be left open for days; what is noted of the time of a card is a minute at most."""

IMPORTED = "Anki"
"""The device of answers that were given elsewhere and brought here: none of them is the last one given here."""


class UnknownCard(Unchanged):
    """There is no such card, or none that this learner may know of."""


class HiddenCard(UnknownCard):
    """The card is there, but this learner may not know of it."""


class NotAsked(Unchanged):
    """The card is there but not studied. `why` says whether it is a draft, archived, or in a deck not chosen."""

    def __init__(self, why: Literal["draft", "archived", "unchosen"]) -> None:
        super().__init__(why)
        self.why = why


class KeyReused(Unchanged):
    """This idempotency key came with another body before. Nothing was changed."""


class StaleCard(Unchanged):
    """The card was answered or undone since it was shown: this is version `version` now. Nothing was changed."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The card has version {version} now.")
        self.version = version


class UnknownEvent(Exception):
    """There is no such event of this learner that could be undone or redone."""


class NotLast(Exception):
    """The card has a later live event, so this one cannot be undone or redone any more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in the log. `version` is the card's now; `again` says that it had been there already.

    `suspended`: it made the card a leech, and this learner wants those suspended.
    """

    event_id: int
    card_id: int
    deck_id: int
    version: int
    again: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Undone:
    """An answer taken back (or put back by redo), and the card it was given to."""

    event_id: int
    card_guid: str
    deck_id: int


def answering(
    session: Session,
    *,
    viewer: Viewer,
    card: str,
    grade: Grade,
    key: str,
    version: int,
    elapsed_ms: int | None,
    now: datetime,
    device: str = "",
    reading: Reading | None = None,
    in_line: bool = False,
) -> Steps[Answered]:
    """Record a grade for the card with guid `card`, shown at `version` of its state (0: none yet).

    The same `key` again gives the same answer and changes nothing. A `reading` is begun behind the learner's lock and goes
    on behind what is written, where nothing else can change what it reads. Raises `UnknownCard`, `NotAsked`, `KeyReused`, `StaleCard`.
    """
    body = hash_of(card=card, grade=int(grade), version=version)
    with in_one_go(session):
        if not in_line:
            get_in_line(session, viewer.id, TO_ANSWER)
        asked = _TO_ANSWER.ask(session, {"user": viewer.id, "guid": card, "key": key})
        logged = ask_log(session, viewer.id, card)
        if reading is not None:
            reading.begin()
    yield
    row = _card_to_answer(viewer, asked())
    if row.known_id is not None:
        if row.known_hash != body:
            raise KeyReused
        return Answered(row.known_id, row.id, row.deck_id, row.version or 0, again=True)
    _check_asked(viewer, row)
    if version != (row.version or 0):
        raise StaleCard(row.version or 0)
    log = logged() if row.version else ()
    day = never_before(study_day(now, viewer.zone, viewer.rollover_hour), row.last_study_day)
    due = _chosen_due(session, viewer, row.id, log, day, grade)
    event = replay.Event((row.last_id or 0) + 1, EventKind.REVIEW, after_log(now, log), day, grade=grade, due=due)
    facts = Facts(now, viewer.zone, viewer.rollover_hour, key, body, device[:64])
    elapsed = None if elapsed_ms is None else min(elapsed_ms, LONGEST_ELAPSED_MS)
    leech = viewer.suspend_leeches and not grade.passed
    with in_one_go(session):
        new, after = append(session, viewer.id, row.id, event, facts, log=log, version=row.version, elapsed_ms=elapsed)
        if reading is not None and not leech and not after.state.is_new:
            reading.go_on(_counted(viewer, now, row, event, after))
    yield
    suspended = leech and _suspend_leech(session, viewer.id, row.id, event)
    return Answered(event.id, row.id, row.deck_id, new, suspended=suspended)


answer = at_once(answering)


def _counted(viewer: Viewer, now: datetime, row: Any, event: replay.Event, after: Projection) -> Counted:
    """What an answer adds to what was done on the study day that is now."""
    facts = after.facts[event.id]
    new = facts.before.is_new
    counts = facts.counted and event.study_day == study_day_of(viewer, now)
    waits = after.repeat_day is not None
    return Counted(row.id, Done(int(counts and new), int(counts and not new)), waits)


def _chosen_due(
    session: Session, viewer: Viewer, card_id: int, log: Sequence[Logged], day: date, grade: Grade
) -> date | None:
    """The day this learner's wishes put in place of the scheduler's; None where they do not."""
    if not near.wishes_of(viewer).any:
        return None
    before = replay.replay(map(as_event, log))
    days = near.days_of(session, viewer, card_id, before.state, day) if before.counts(day) else None
    if days is None or days[grade] == sm2.review(before.state, grade, day).due:
        return None
    return days[grade]


def _suspend_leech(session: Session, user_id: int, card_id: int, event: replay.Event) -> bool:
    """Suspend the card if this answer was the lapse that makes a leech, or makes it one again; says whether it was."""
    known = select(Event.lapse, CardState.lapses, CardState.user_id, CardMark.user_id.label("marked"))
    known = known.join(CardState, and_(CardState.user_id == Event.user_id, CardState.card_id == card_id))
    known = known.outerjoin(CardMark, and_(CardMark.user_id == user_id, CardMark.card_id == card_id))
    row = session.execute(known.where(Event.user_id == user_id, Event.id == event.id)).one()
    if not row.lapse or not is_leech_at(row.lapses):
        return False
    if row.marked is None:
        session.execute(insert(CardMark).values(user_id=user_id, card_id=card_id, suspended_at=event.answered_at))
    else:
        one = update(CardMark).where(CardMark.user_id == user_id, CardMark.card_id == card_id)
        one = one.where(CardMark.suspended_at.is_(None)).values(suspended_at=event.answered_at)
        session.execute(one.execution_options(synchronize_session=False))
    return True


def undo(session: Session, *, viewer: Viewer, event: int | Literal["last"], now: datetime) -> Undone:
    """Take back a live event of this learner: the one with id `event`, or their last answer.

    Undone already, nothing changes. Raises `UnknownEvent`, `NotLast`.
    """
    get_in_line(session, viewer.id)
    target = _event_to_undo(session, viewer.id, event)
    log = read_log(session, viewer.id, target.root_id)
    if target.live:
        projection = replay.replay(map(as_event, log))
        if projection.last_live != target.id:
            raise NotLast
        _void(session, viewer, target, target.id, log, now)
        by_it = update(CardMark).where(CardMark.user_id == viewer.id, CardMark.card_id == target.root_id)
        by_it = by_it.where(CardMark.suspended_at == target.answered_at).values(suspended_at=None)
        session.execute(by_it.execution_options(synchronize_session=False))
    return Undone(target.id, target.guid, target.deck_id)


def redo(session: Session, *, viewer: Viewer, event: int, now: datetime) -> Undone:
    """Put back an event that was undone, as long as nothing else has happened to the card since.

    Live already, nothing changes. Raises `UnknownEvent`, `NotLast`.
    """
    get_in_line(session, viewer.id)
    target = _event_to_undo(session, viewer.id, event)
    log = read_log(session, viewer.id, target.root_id)
    if not target.live:
        if any(row.live and row.id > target.id and row.kind != EventKind.VOID for row in log):
            raise NotLast
        void = next(row.id for row in reversed(log) if row.live and row.target_id == target.id)
        _void(session, viewer, target, void, log, now)
    return Undone(target.id, target.guid, target.deck_id)


def ask_again(session: Session, *, card_id: int, now: datetime) -> int:
    """Make a card due today for every learner who has learned it; gives how many they are."""
    write(session)
    learners = select(User.id).join(CardState, CardState.user_id == User.id).where(CardState.card_id == card_id)
    learners = learners.where(CardState.repetitions >= 1).order_by(User.id)
    asked = 0
    for user_id in session.scalars(learners).all():
        get_in_line(session, user_id)
        row = _learner_of(session, user_id, card_id)
        day = never_before(study_day(now, row.zone, row.rollover_hour), row.last_study_day)
        log = read_log(session, user_id, card_id)
        kind = EventKind.RESCHEDULE
        event = replay.Event((row.last_id or 0) + 1, kind, after_log(now, log), day, due=day, reason="asked")
        key = new_guid()
        facts = Facts(now, row.zone, row.rollover_hour, key, hash_of(reason="asked", card=card_id, key=key))
        append(session, user_id, card_id, event, facts, log=log, version=row.version)
        asked += 1
    return asked


def replay_card(session: Session, user_id: int, card_id: int) -> None:
    """Rewrite all that follows from the log of one learner and one card. Raises `BrokenLog`."""
    get_in_line(session, user_id)
    log = read_log(session, user_id, card_id)
    projection = replay.replay(map(as_event, log))
    one = and_(CardState.user_id == user_id, CardState.card_id == card_id)
    version = session.scalar(select(CardState.version).where(one))
    sums: totals.Sums = {}
    store_facts(session, log, projection, sums)
    totals.put(session, user_id, sums)
    if log or version is not None:
        store_state(session, user_id=user_id, card_id=card_id, version=version, events=len(log), to=projection)


def remember_places(session: Session, *, user_id: int, decks: Collection[int]) -> None:
    """Write down from where these decks are searched for new cards from now on, so that a long deck is not read again.

    Call it where `app.study.queries.Today.behind` asks for it.
    """
    get_in_line(session, user_id)
    for row in FIRST_UNBEGUN.all(session, {"user": user_id, "decks": list(decks)}):
        _PUT_PLACE.run(session, {"user": user_id, "deck": row.deck_id, "place": row.first, "as_of": row.updated_at})


_USER: Any = bindparam("user")
_CHOICE: Any = DeckChoice.__table__
_PUT_PLACE = Prepared(
    update(_CHOICE)
    .where(_CHOICE.c.user_id == _USER, _CHOICE.c.deck_id == bindparam("deck"))
    .values(new_from=bindparam("place"), new_as_of=bindparam("as_of"))
)
_EVENT: Any = Event.__table__
_KNOWN: Any = aliased(Event)
_LAST_ID = select(func.max(_EVENT.c.id)).where(_EVENT.c.user_id == _USER).scalar_subquery().label("last_id")
_TO_ANSWER = Prepared(
    select(
        Card.id,
        Card.deck_id,
        Card.draft,
        Card.archived_at.label("card_archived_at"),
        Card.merged_into_id,
        Deck.visibility,
        Deck.owner_id,
        Deck.archived_at,
        DeckChoice.chosen_at,
        CardState.version,
        CardState.last_study_day,
        _KNOWN.id.label("known_id"),
        _KNOWN.request_hash.label("known_hash"),
        _LAST_ID,
    )
    .join(Deck, Deck.id == Card.deck_id)
    .outerjoin(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == _USER))
    .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == _USER))
    .outerjoin(_KNOWN, and_(_KNOWN.user_id == _USER, _KNOWN.idempotency_key == bindparam("key")))
    .where(Card.guid == bindparam("guid"))
)
"""All that an answer depends on, in one statement that is built once."""


def _last_id(user_id: int) -> Any:
    return select(func.max(Event.id)).where(Event.user_id == user_id).scalar_subquery().label("last_id")


def _card_to_answer(viewer: Viewer, rows: Sequence[Any]) -> Any:
    row = rows[0] if rows else None
    if row is None:
        raise UnknownCard
    if row.chosen_at is None and not can(viewer, "read", row):
        raise HiddenCard
    return row


def _check_asked(viewer: Viewer, row: Any) -> None:
    gone = row.archived_at is not None or row.card_archived_at is not None or row.merged_into_id is not None
    if not gone and not can(viewer, "study", row):
        raise HiddenCard
    if gone:
        raise NotAsked("archived")
    if row.draft:
        raise NotAsked("draft")
    if row.chosen_at is None:
        raise NotAsked("unchosen")


def _learner_of(session: Session, user_id: int, card_id: int) -> Any:
    """How a learner's days run, and what they have of a card."""
    return session.execute(
        select(User.zone, User.rollover_hour, CardState.version, CardState.last_study_day, _last_id(user_id))
        .join(CardState, and_(CardState.user_id == User.id, CardState.card_id == card_id))
        .where(User.id == user_id)
    ).one()


def _event_to_undo(session: Session, user_id: int, event: int | Literal["last"]) -> Any:
    """The event and its card; of a card that was joined to another, that other one."""
    root = aliased(Card)
    found = (
        select(
            Event.id,
            Event.live,
            Event.answered_at,
            Event.card_id,
            root.id.label("root_id"),
            root.guid,
            root.deck_id,
            _last_id(user_id),
        )
        .join(Card, Card.id == Event.card_id)
        .join(root, root.id == func.coalesce(Card.merged_into_id, Card.id))
        .where(Event.user_id == user_id, Event.kind == EventKind.REVIEW)
    )
    if event == "last":
        found = found.where(Event.live, Event.device != IMPORTED).order_by(Event.id.desc()).limit(1)
    else:
        found = found.where(Event.id == event)
    row = session.execute(found).one_or_none()
    if row is None:
        raise UnknownEvent
    return row


def _void(session: Session, viewer: Viewer, target: Any, void: int, log: Sequence[Logged], now: datetime) -> None:
    """Append the event that takes back event `void` of the card of `target`."""
    one = and_(CardState.user_id == viewer.id, CardState.card_id == target.root_id)
    state = session.execute(select(CardState.version, CardState.last_study_day).where(one)).one_or_none()
    day = never_before(study_day(now, viewer.zone, viewer.rollover_hour), state.last_study_day if state else None)
    event = replay.Event(target.last_id + 1, EventKind.VOID, after_log(now, log), day, target=void)
    key = new_guid()
    facts = Facts(now, viewer.zone, viewer.rollover_hour, key, hash_of(void=void, key=key))
    version = state.version if state else None
    append(session, viewer.id, target.root_id, event, facts, log=log, version=version)
