"""Many cards get another due day at once: a backlog spread, everything postponed, a holiday. And back again.

Each card gets a `reschedule` event; all of a move are written in one transaction, bear the hash of what was asked, and
are numbered one after the other under the key of the form, so that sent twice they are written once, and can be undone
together.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, Deck, DeckChoice, Event
from app.library.queries import studyable, unsuspended
from app.scheduling import replay
from app.scheduling.replay import EventFacts, EventKind
from app.scheduling.study_day import never_before
from app.study.line import get_in_line
from app.study.projection import COLUMNS, Logged, as_event, fact_columns, memory_of, rewrite_facts, rewrite_states
from app.study.queries import study_day_of
from app.study.service import KeyReused
from app.web.access import readable
from app.web.sessions import Viewer

T = TypeVar("T")
REASONS = ("spread", "postpone", "holiday")
AT_ONCE = 500
"""So many cards are looked up in one statement."""


MOST_MOVED = 10_000
"""So many cards get another day at once: some two seconds, in which on SQLite nobody else can save anything."""


class UnknownMove(Exception):
    """There is no such move of this learner."""


@dataclass(frozen=True, slots=True)
class Move:
    """Cards that got another day together, by the `key` of the form that asked for it."""

    key: str
    reason: str
    cards: int


def scheduled(
    session: Session, viewer: Viewer, *, until: date, deck: str = "", since: date = date.min, most: int = MOST_MOVED
) -> Sequence[Any]:
    """The cards of the decks that this learner studies (`deck`: of one) that are due from `since` to `until`.

    No more than `most`, those due first. What is suspended is left out; what is buried is not, it comes back.
    """
    columns = (
        CardState.card_id,
        CardState.version,
        CardState.due,
        CardState.ease,
        CardState.repetitions,
        CardState.interval,
        CardState.lapses,
        CardState.last_study_day,
    )
    mine = _scheduled(viewer, *columns).where(CardState.due.between(since, until))
    if deck:
        mine = mine.where(Deck.slug == deck)
    return session.execute(mine.order_by(CardState.due, CardState.card_id).limit(most)).all()


def loads(session: Session, viewer: Viewer, *, until: date) -> Counter[date]:
    """How many cards are due on each day until `until`; of those that `scheduled` gives, all."""
    days = _scheduled(viewer, CardState.due, func.count().label("cards")).where(CardState.due <= until)
    return Counter({row.due: row.cards for row in session.execute(days.group_by(CardState.due))})


def _scheduled(viewer: Viewer, *columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(CardState)
        .join(Card, Card.id == CardState.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .where(CardState.user_id == viewer.id, readable(viewer), studyable(), unsuspended(viewer.id))
    )


def known(session: Session, viewer: Viewer, key: str, body: Mapping[str, Any]) -> Move | None:
    """The move that this form has made already; None where it has not. Raises `KeyReused` for another body."""
    found = moved(session, viewer, key)
    if found is None:
        return None
    if _first(session, viewer, key).request_hash != _hash(key, body):
        raise KeyReused
    return found


def move(
    session: Session,
    *,
    viewer: Viewer,
    rows: Sequence[Any],
    days: Mapping[int, date],
    reason: str,
    key: str,
    body: Mapping[str, Any],
    now: datetime,
) -> Move:
    """Give the cards of `rows` (see `scheduled`) the days in `days`, by card id. Read the rows once in line."""
    today = study_day_of(viewer, now)
    rows = [row for row in rows if row.card_id in days and days[row.card_id] != row.due]
    last = session.scalar(select(func.max(Event.id)).where(Event.user_id == viewer.id)) or 0
    same = _facts(viewer, now) | {
        "kind": EventKind.RESCHEDULE.value,
        "reason": reason,
        "request_hash": _hash(key, body),
    }
    for some in _some_at_once(list(enumerate(rows))):
        instants = _instants(session, viewer.id, [row.card_id for _, row in some], now)
        events, states = [], []
        for number, row in some:
            before = memory_of(row)
            after = replay.rescheduled(before, row.last_study_day, days[row.card_id])
            facts = EventFacts(live=True, counted=False, before=before, after=after, lapse=False, was_due=False)
            own = {"id": last + 1 + number, "card_id": row.card_id, "answered_at": instants.get(row.card_id, now)}
            own |= {"study_day": never_before(today, row.last_study_day), "chosen_due": days[row.card_id]}
            events.append(same | own | {"idempotency_key": f"{key}.{number}"} | fact_columns(facts))
            states.append({"card": row.card_id, "due": after.due, "version": row.version + 1})
        session.connection().execute(insert(Event.__table__), events)  # type: ignore[arg-type]
        rewrite_states(session, viewer.id, states)
    return Move(key, reason, len(rows))


def moved(session: Session, viewer: Viewer, key: str) -> Move | None:
    """What is left of the move with this key: the cards whose new day was not taken back."""
    first = _first(session, viewer, key)
    if first is None:
        return None
    live = select(func.count()).where(_of(viewer, first), Event.live)
    return Move(key, first.reason, session.scalar(live) or 0)


def undo(session: Session, *, viewer: Viewer, key: str, now: datetime) -> Move:
    """Put back the days of all cards of a move that were not answered or moved since. Raises `UnknownMove`."""
    get_in_line(session, viewer.id)
    first = _first(session, viewer, key)
    if first is None:
        raise UnknownMove
    root = func.coalesce(Card.merged_into_id, Card.id)
    targets = select(Event.id, root.label("root")).join(Card, Card.id == Event.card_id)
    targets = targets.where(_of(viewer, first), Event.live).order_by(Event.id)
    number = session.scalar(select(func.max(Event.id)).where(Event.user_id == viewer.id)) or 0
    undone = 0
    for some in _some_at_once(session.execute(targets).all()):
        logs, voids, states, facts = _logs(session, viewer.id, [one.root for one in some]), [], [], []
        for target in some:
            log, version, last_day = logs[target.root]
            events = [as_event(row) for row in log]
            if replay.replay(events).last_live != target.id:
                continue
            number += 1
            at = max([now, *(one.answered_at for one in events)])
            day = never_before(study_day_of(viewer, now), last_day)
            void = replay.Event(number, EventKind.VOID, at, day, target=target.id)
            after = replay.replay([*events, void])
            own = {"id": number, "card_id": target.root, "answered_at": at, "study_day": day, "target_id": target.id}
            key_of_it = f"{first.idempotency_key[:40]}-{number}"
            voids.append(
                _facts(viewer, now)
                | own
                | {"kind": "void", "idempotency_key": key_of_it, "request_hash": _hash(key_of_it, {})}
                | fact_columns(after.facts[number])
            )
            facts += [(row, after) for row in log]
            states.append({"card": target.root, "due": after.state.due, "version": version + 1})
        if voids:
            session.connection().execute(insert(Event.__table__), voids)  # type: ignore[arg-type]
            rewrite_facts(session, facts)
            rewrite_states(session, viewer.id, states)
        undone += len(voids)
    return Move(key, first.reason, undone)


def _some_at_once(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _hash(key: str, body: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps({"key": key, **body}, sort_keys=True).encode()).digest()


def _facts(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What all events of a move have in common; those of one kind alone are empty in the others."""
    empty = ("grade", "elapsed_ms", "target_id", "chosen_due", "reason")
    seeds = ("seed_ease", "seed_repetitions", "seed_interval", "seed_due", "seed_lapses")
    return dict.fromkeys((*empty, *seeds)) | {
        "user_id": viewer.id,
        "received_at": now,
        "zone": viewer.zone,
        "rollover_hour": viewer.rollover_hour,
        "device": "",
    }


def _first(session: Session, viewer: Viewer, key: str) -> Any:
    """The first event of a move."""
    columns = (Event.id, Event.request_hash, Event.reason, Event.idempotency_key)
    mine = select(*columns).where(Event.user_id == viewer.id, Event.idempotency_key == f"{key}.0")
    return session.execute(mine.where(Event.kind == EventKind.RESCHEDULE)).one_or_none()


def _of(viewer: Viewer, first: Any) -> Any:
    """The events of the move that begins with `first`."""
    mine = and_(Event.user_id == viewer.id, Event.id >= first.id, Event.kind == EventKind.RESCHEDULE)
    return and_(mine, Event.request_hash == first.request_hash)


def _instants(session: Session, user_id: int, cards: Sequence[int], now: datetime) -> dict[int, datetime]:
    """When each card was last heard of, where that is later than `now`: a clock was set back."""
    root = func.coalesce(Card.merged_into_id, Card.id)
    latest = func.max(Event.answered_at)
    rows = session.execute(
        select(root, latest)
        .select_from(Event)
        .join(Card, Card.id == Event.card_id)
        .where(
            Event.user_id == user_id, Event.answered_at > now, or_(Card.id.in_(cards), Card.merged_into_id.in_(cards))
        )
        .group_by(root)
    )
    return {card: at for card, at in rows if at is not None}


def _logs(session: Session, user_id: int, cards: Sequence[int]) -> dict[int, tuple[list[Logged], int, date | None]]:
    """The log of each card, its version, and its last study day."""
    states = select(CardState.card_id, CardState.version, CardState.last_study_day)
    found: dict[int, tuple[list[Logged], int, date | None]] = {
        row.card_id: ([], row.version, row.last_study_day)
        for row in session.execute(states.where(CardState.user_id == user_id, CardState.card_id.in_(cards)))
    }
    for root, row in _rows(session, user_id, cards):
        found[root][0].append(row)
    return found


def _rows(session: Session, user_id: int, cards: Sequence[int]) -> Iterator[tuple[int, Any]]:
    card = aliased(Card)
    root = func.coalesce(card.merged_into_id, card.id).label("root")
    rows = session.execute(
        select(*COLUMNS, root)
        .join(card, card.id == Event.card_id)
        .where(Event.user_id == user_id, or_(card.id.in_(cards), card.merged_into_id.in_(cards)))
        .order_by(Event.id)
    )
    for row in rows:
        yield row.root, row
