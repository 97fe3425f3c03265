"""Many events of many cards of one learner at once, as an import brings them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.db.models import CardState, Event
from app.scheduling import replay
from app.scheduling.state import MemoryState
from app.study import totals
from app.study.anki.history import NewEvent
from app.study.line import get_in_line
from app.study.projection import Logged, as_event, fact_columns, store_facts, store_state
from app.study.service import IMPORTED
from app.web.sessions import Viewer

_ROWS = 1_000
_EVENT: Any = Event.__table__


@dataclass(frozen=True, slots=True)
class Additions:
    """What is to be added to the log of a card."""

    card_id: int
    log: Sequence[Logged]
    events: Sequence[NewEvent]


def record(session: Session, viewer: Viewer, wanted: Sequence[Additions], *, now: datetime) -> int:
    """Append the events and write all that follows from them; gives how many. The logs were read behind the lock.

    Events are numbered in the order in which they happened.
    """
    get_in_line(session, viewer.id)
    last = session.scalar(select(func.max(Event.id)).where(Event.user_id == viewer.id)) or 0
    order = sorted(
        ((event.at, place, nth) for place, one in enumerate(wanted) for nth, event in enumerate(one.events)),
    )
    numbers = {(place, nth): last + count for count, (_at, place, nth) in enumerate(order, 1)}
    versions = _versions(session, viewer.id)
    rows: list[dict[str, Any]] = []
    sums: totals.Sums = {}
    for place, one in enumerate(wanted):
        if not one.events:
            continue
        events = [(event, event.numbered(numbers[place, nth])) for nth, event in enumerate(one.events)]
        projection = replay.replay([*map(as_event, one.log), *(numbered for _event, numbered in events)])
        for event, numbered in events:
            row = _row(viewer, one.card_id, event, numbered.id, now) | fact_columns(projection.facts[numbered.id])
            totals.changed(sums, row, None, row)
            rows.append(row)
        store_facts(session, one.log, projection, sums)
        count = len(one.log) + len(events)
        version = versions.get(one.card_id)
        store_state(session, user_id=viewer.id, card_id=one.card_id, version=version, events=count, to=projection)
    for first in range(0, len(rows), _ROWS):
        session.connection().execute(insert(_EVENT), rows[first : first + _ROWS])
    totals.put(session, viewer.id, sums)
    return len(rows)


def _versions(session: Session, user_id: int) -> dict[int, int]:
    rows = session.execute(select(CardState.card_id, CardState.version).where(CardState.user_id == user_id))
    return {row.card_id: row.version for row in rows}


def _row(viewer: Viewer, card_id: int, event: NewEvent, id_: int, now: datetime) -> dict[str, Any]:
    seed: MemoryState | None = event.seed
    return {
        "user_id": viewer.id,
        "id": id_,
        "card_id": card_id,
        "kind": event.kind.value,
        "grade": None if event.grade is None else int(event.grade),
        "answered_at": event.at,
        "received_at": now,
        "zone": viewer.zone,
        "rollover_hour": viewer.rollover_hour,
        "study_day": event.day,
        "elapsed_ms": event.elapsed_ms,
        "idempotency_key": event.key,
        "request_hash": hashlib.sha256(event.key.encode()).digest(),
        "device": IMPORTED,
        "target_id": None,
        "chosen_due": None,
        "reason": None,
        "seed_ease": seed.ease if seed else None,
        "seed_repetitions": seed.repetitions if seed else None,
        "seed_interval": seed.interval if seed else None,
        "seed_due": seed.due if seed else None,
        "seed_lapses": seed.lapses if seed else None,
    }
