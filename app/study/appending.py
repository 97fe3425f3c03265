"""Writing an event, and all that follows from it, into a learner's log."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert
from sqlalchemy.orm import Session

from app.db.models import Event
from app.db.prepared import Prepared, as_one_statement
from app.scheduling import replay
from app.scheduling.replay import Projection
from app.scheduling.state import MemoryState
from app.study import totals
from app.study.projection import Logged, as_event, fact_columns, store_facts, store_state

_EVENT: Any = Event.__table__
_INSERT_EVENT = Prepared(insert(_EVENT).values({column.name: bindparam(column.name) for column in _EVENT.columns}))


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of an event that replay does not need."""

    received_at: datetime
    zone: str
    rollover_hour: int
    key: str
    body: bytes
    device: str = ""


def hash_of(**body: Any) -> bytes:
    """SHA-256 of what was asked, so that a key used for something else is noticed."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def after_log(now: datetime, log: Sequence[Logged]) -> datetime:
    """`now`, unless a clock was set back: what happens next is never earlier than what is in the log."""
    instants: list[datetime] = [now, *(row.answered_at for row in log)]
    return max(instants)


def append(
    session: Session,
    user_id: int,
    card_id: int,
    event: replay.Event,
    facts: Facts,
    *,
    log: Sequence[Logged],
    version: int | None,
    elapsed_ms: int | None = None,
) -> tuple[int, Projection]:
    """Write an event and all that follows from it; gives the card's version, and what its log comes to."""
    projection: Projection = replay.replay([*map(as_event, log), event])
    values = {
        "user_id": user_id,
        "id": event.id,
        "card_id": card_id,
        "kind": event.kind.value,
        "grade": None if event.grade is None else int(event.grade),
        "answered_at": event.answered_at,
        "received_at": facts.received_at,
        "zone": facts.zone,
        "rollover_hour": facts.rollover_hour,
        "study_day": event.study_day,
        "elapsed_ms": elapsed_ms,
        "idempotency_key": facts.key,
        "request_hash": facts.body,
        "device": facts.device,
        "target_id": event.target,
        "chosen_due": event.due,
        "reason": event.reason,
        **_seed_columns(event.seed),
    }
    facts_of_it = fact_columns(projection.facts[event.id])
    sums: totals.Sums = {}
    totals.changed(sums, values, None, facts_of_it)
    with as_one_statement(session):
        store_facts(session, log, projection, sums)
        _INSERT_EVENT.run(session, values | facts_of_it)
        totals.put(session, user_id, sums)
        events = len(log) + 1
        new = store_state(session, user_id=user_id, card_id=card_id, version=version, events=events, to=projection)
    return new, projection


def _seed_columns(seed: MemoryState | None) -> dict[str, int | date | None]:
    """The columns of a seed, the same ones for every event."""
    return {
        "seed_ease": seed.ease if seed else None,
        "seed_repetitions": seed.repetitions if seed else None,
        "seed_interval": seed.interval if seed else None,
        "seed_due": seed.due if seed else None,
        "seed_lapses": seed.lapses if seed else None,
    }
