"""The log of one learner and one card in tables: read it as values, and store what replaying it gives."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, DeckChoice, Event, Scheduler
from app.db.prepared import Prepared
from app.scheduling import replay
from app.scheduling.replay import EventFacts, EventKind, Projection
from app.scheduling.state import Grade, MemoryState
from app.study import totals

FACTS = (
    "live",
    "counted",
    "lapse",
    "was_due",
    "interval_before",
    "interval_after",
    "ease_before",
    "ease_after",
    "repetitions_before",
    "due_after",
)
"""The columns of an event that follow from the log."""

STATE = (
    "due",
    "ease",
    "repetitions",
    "interval",
    "lapses",
    "last_study_day",
    "repeat_from",
    "repeat_step",
    "repeat_day",
    "reviews",
)
"""The columns of a card state that follow from the log."""

COLUMNS = (
    Event.user_id,
    Event.id,
    Event.card_id,
    Event.kind,
    Event.grade,
    Event.answered_at,
    Event.study_day,
    Event.zone,
    Event.elapsed_ms,
    Event.target_id,
    Event.chosen_due,
    Event.reason,
    Event.seed_ease,
    Event.seed_repetitions,
    Event.seed_interval,
    Event.seed_due,
    Event.seed_lapses,
    *(getattr(Event, name) for name in FACTS),
)
"""What replay needs of an event, and what is stored of its outcome."""

Logged = Row[Any]

_EVENT: Any = Event.__table__
_CARD_STATE: Any = CardState.__table__
_USER: Any = bindparam("user")
_CARD: Any = bindparam("card")
_GUID: Any = bindparam("guid")


def _log(*those: ColumnElement[bool]) -> Prepared:
    return Prepared(
        select(*COLUMNS).where(Event.user_id == _USER, Event.card_id.in_(select(Card.id).where(or_(*those))))
    )


_LOG = _log(Card.id == _CARD, Card.merged_into_id == _CARD)
"""Without an order: asked for one, SQLite reads all of a learner's events in that order instead of the card's few."""
_ROOT = aliased(Card)
_LOG_OF_GUID = _log(
    Card.guid == _GUID, Card.merged_into_id == select(_ROOT.id).where(_ROOT.guid == _GUID).scalar_subquery()
)
_UPDATE_STATE = Prepared(
    update(_CARD_STATE)
    .where(_CARD_STATE.c.user_id == _USER, _CARD_STATE.c.card_id == _CARD)
    .values({name: bindparam(name) for name in (*STATE, "version")})
)
_SCHEDULER = select(Scheduler.id).order_by(Scheduler.id).limit(1).scalar_subquery()
_INSERT_STATE = Prepared(
    insert(_CARD_STATE).values(
        {name: bindparam(name) for name in (*STATE, "version")}
        | {"user_id": _USER, "card_id": _CARD, "scheduler_id": _SCHEDULER}
    )
)


def read_log(session: Session, user_id: int, card_id: int) -> Sequence[Logged]:
    """The events of a card, and of the cards that were joined to it, in the order they were written."""
    return sorted(_LOG.all(session, {"user": user_id, "card": card_id}), key=attrgetter("id"))


def ask_log(session: Session, user_id: int, guid: str) -> Callable[[], Sequence[Logged]]:
    """`read_log` of the card with that guid, to be had later (`Prepared.ask`)."""
    rows = _LOG_OF_GUID.ask(session, {"user": user_id, "guid": guid})
    return lambda: sorted(rows(), key=attrgetter("id"))


def as_event(row: Logged) -> replay.Event:
    """An event as replay takes it."""
    seed = None
    if row.seed_ease is not None:
        seed = MemoryState(row.seed_ease, row.seed_repetitions, row.seed_interval, row.seed_due, row.seed_lapses)
    return replay.Event(
        id=row.id,
        kind=EventKind(row.kind),
        answered_at=row.answered_at,
        study_day=row.study_day,
        grade=None if row.grade is None else Grade(row.grade),
        target=row.target_id,
        due=row.chosen_due,
        reason=row.reason,
        seed=seed,
    )


def fact_columns(facts: EventFacts) -> dict[str, Any]:
    """The columns `FACTS` of one event."""
    before, after = facts.before, facts.after
    return {
        "live": facts.live,
        "counted": facts.counted,
        "lapse": facts.lapse,
        "was_due": facts.was_due,
        "interval_before": None if before.is_new else before.interval,
        "interval_after": None if after.is_new else after.interval,
        "ease_before": None if before.is_new else before.ease,
        "ease_after": None if after.is_new else after.ease,
        "repetitions_before": None if before.is_new else before.repetitions,
        "due_after": after.due,
    }


def state_columns(projection: Projection) -> dict[str, Any]:
    """The columns `STATE` of a card state."""
    state = projection.state
    return {
        "due": state.due,
        "ease": state.ease,
        "repetitions": state.repetitions,
        "interval": state.interval,
        "lapses": state.lapses,
        "last_study_day": projection.last_study_day,
        "repeat_from": projection.repeat_from,
        "repeat_step": projection.repeat_step,
        "repeat_day": projection.repeat_day,
        "reviews": projection.reviews,
    }


def memory_of(row: Any) -> MemoryState:
    """The memory state in the columns of a card state; that of a new card where there is none (outer join)."""
    if row.ease is None:
        return MemoryState.new()
    return MemoryState(row.ease, row.repetitions, row.interval, row.due, row.lapses)


def store_facts(session: Session, log: Sequence[Logged], projection: Projection, sums: totals.Sums) -> None:
    """Rewrite the outcome of those events of which replay says something else now, and note that in `sums`."""
    for row in log:
        new = fact_columns(projection.facts[row.id])
        differing = {name: value for name, value in new.items() if getattr(row, name) != value}
        if differing:
            one = update(_EVENT).where(_EVENT.c.user_id == row.user_id, _EVENT.c.id == row.id)
            session.connection().execute(one, differing)
            values = row._asdict()
            totals.changed(sums, values, values, new)


def store_state(
    session: Session, *, user_id: int, card_id: int, version: int | None, events: int, to: Projection
) -> int:
    """Write the state of a card whose stored one has `version` (None: there is none); gives the version it has now.

    `events` is how many its log has. The version is that number, unless joining and parting of cards made it higher.
    """
    new = max((version or 0) + 1, events)
    values = state_columns(to) | {"version": new, "user": user_id, "card": card_id}
    (_INSERT_STATE if version is None else _UPDATE_STATE).run(session, values)
    if version is None:
        totals.begun(session, user_id, card_id)
    if version is not None and to.state.is_new:
        _search_from_the_start(session, user_id, card_id)
    return new


def _search_from_the_start(session: Session, user_id: int, card_id: int) -> None:
    """A card is new again: it may lie before the place from which its deck is searched for new cards."""
    deck = select(Card.deck_id).where(Card.id == card_id).scalar_subquery()
    choice: Any = DeckChoice.__table__
    one = update(choice).where(choice.c.user_id == user_id, choice.c.deck_id == deck, choice.c.new_from > 0)
    session.connection().execute(one, {"new_from": 0})


_ALL_FACTS = (
    update(_EVENT)
    .where(_EVENT.c.user_id == _USER, _EVENT.c.id == bindparam("event"))
    .values({name: bindparam(name) for name in FACTS})
)
_DUE_DAY = (
    update(_CARD_STATE)
    .where(_CARD_STATE.c.user_id == _USER, _CARD_STATE.c.card_id == _CARD)
    .values(due=bindparam("due"), version=bindparam("version"))
)


def rewrite_facts(session: Session, rows: Sequence[tuple[Logged, Projection]]) -> None:
    """`store_facts` for events of many cards at once, each with the projection of its card."""
    changed = []
    sums: dict[int, totals.Sums] = defaultdict(dict)
    for row, projection in rows:
        new = fact_columns(projection.facts[row.id])
        if any(getattr(row, name) != value for name, value in new.items()):
            changed.append(new | {"user": row.user_id, "event": row.id})
            values = row._asdict()
            totals.changed(sums[row.user_id], values, values, new)
    if changed:
        session.connection().execute(_ALL_FACTS, changed)
    for user_id, some in sums.items():
        totals.put(session, user_id, some)


def rewrite_states(session: Session, user_id: int, states: Sequence[Mapping[str, Any]]) -> None:
    """Write the `due` day and the `version` of many cards (`card`) of which nothing else has changed."""
    if states:
        session.connection().execute(_DUE_DAY, [{**state, "user": user_id} for state in states])
