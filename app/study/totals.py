"""The sums of each hour of study, kept with the log: what an event adds, and what it no longer does.

Whoever writes events or what follows from them says so here in the same transaction; `reprise verify` compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from operator import add, sub
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.models import Event, StudyHour
from app.db.prepared import Prepared
from app.scheduling.replay import EventKind
from app.scheduling.state import Grade
from app.scheduling.statistics import GRADES, Answer, Totals, alone, hour_of

NUMBERS = (
    "cards",
    *(f"grade_{grade}" for grade in range(GRADES)),
    "elapsed",
    "timed",
    "young_passed",
    "young",
    "mature_passed",
    "mature",
    "learned",
)
"""The columns that are added up."""

FACTS = ("live", "counted", "was_due", "interval_before", "repetitions_before")
"""What follows from the log and is added up."""

Key = tuple[date, int]
"""A study day and an hour."""
Numbers = tuple[int, ...]
Sums = dict[Key, Numbers]

_NOTHING: Numbers = (0,) * len(NUMBERS)
_TABLE: Any = StudyHour.__table__
_KEYS = ("user_id", "study_day", "hour")
_VALUES: Any = {name: bindparam(name) for name in (*_KEYS, *NUMBERS)}


def _upsert(statement: Any) -> Prepared:
    statement = statement.values(_VALUES)
    risen = {name: _TABLE.c[name] + statement.excluded[name] for name in NUMBERS}
    return Prepared(statement.on_conflict_do_update(index_elements=list(_KEYS), set_=risen))


_ADD = {"sqlite": _upsert(sqlite.insert(_TABLE)), "postgresql": _upsert(postgresql.insert(_TABLE))}


def changed(sums: Sums, event: Mapping[str, Any], before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    """Note in `sums` that of an event other `FACTS` hold now; `before` is None for an event that is new."""
    if before is not None and all(before[name] == after[name] for name in FACTS):
        return
    old = _NOTHING if before is None else _numbers(event, before)
    new = _numbers(event, after)
    if old != new:
        key = (event["study_day"], hour_of(event["answered_at"], event["zone"]))
        sums[key] = tuple(map(add, sums.get(key, _NOTHING), map(sub, new, old)))


def put(session: Session, user_id: int, sums: Sums) -> None:
    """Add what was noted to what is stored."""
    statement = _ADD[session.get_bind().dialect.name]
    for (day, hour), numbers in sums.items():
        if any(numbers):
            keys = {"user_id": user_id, "study_day": day, "hour": hour}
            statement.run(session, keys | dict(zip(NUMBERS, numbers, strict=True)))


def of_log(session: Session, user_id: int) -> Sums:
    """What the stored events of a learner add up to; hours without anything are left out."""
    sums: Sums = {}
    names = ("study_day", "answered_at", "zone", "kind", "grade", "elapsed_ms", "seed_repetitions", *FACTS)
    columns = [getattr(Event, name) for name in names]
    graded = Event.kind.in_([EventKind.REVIEW, EventKind.SEED])
    rows = session.execute(
        select(*columns).where(Event.user_id == user_id, Event.live, graded).execution_options(yield_per=2000)
    )
    for row in rows:
        values = row._asdict()
        changed(sums, values, None, values)
    return _something(sums)


def stored(session: Session, user_id: int) -> Sums:
    """What is stored of a learner; hours without anything are left out."""
    columns = [_TABLE.c[name] for name in ("study_day", "hour", *NUMBERS)]
    rows = session.execute(select(*columns).where(_TABLE.c.user_id == user_id))
    return _something({(day, hour): tuple(numbers) for day, hour, *numbers in rows})


def rebuild(session: Session, user_id: int) -> None:
    """Write a learner's sums anew from their events. For whoever writes many events at once, and for repairs."""
    found = of_log(session, user_id)
    session.execute(delete(_TABLE).where(_TABLE.c.user_id == user_id))
    rows = [
        {"user_id": user_id, "study_day": day, "hour": hour, **dict(zip(NUMBERS, numbers, strict=True))}
        for (day, hour), numbers in found.items()
    ]
    if rows:
        session.execute(insert(_TABLE), rows)


def differences(kept: Sums, given: Sums) -> Iterable[str]:
    """What is stored and what the log gives, an hour that differs a sentence."""
    for key in sorted(kept.keys() | given.keys()):
        pairs = zip(NUMBERS, kept.get(key, _NOTHING), given.get(key, _NOTHING), strict=True)
        wrong = [f"{name} is {old}, the log gives {new}" for name, old, new in pairs if old != new]
        if wrong:
            yield f"sums of {key[0]}, {key[1]:02}:00: {'; '.join(wrong)}."


def _something(sums: Sums) -> Sums:
    return {key: numbers for key, numbers in sums.items() if any(numbers)}


def _numbers(event: Mapping[str, Any], facts: Mapping[str, Any]) -> Numbers:
    """What one event adds to the columns `NUMBERS`."""
    if not facts["live"] or event["kind"] not in (EventKind.REVIEW, EventKind.SEED):
        return _NOTHING
    grade = None if event["grade"] is None else Grade(event["grade"])
    learned_before = (facts["repetitions_before"] or 0) >= 1
    learned = (event["seed_repetitions"] or 0) >= 1 if grade is None else grade.passed
    totals = alone(
        Answer(
            study_day=event["study_day"],
            answered_at=event["answered_at"],
            grade=grade,
            counted=facts["counted"],
            was_due=facts["was_due"],
            interval_before=facts["interval_before"],
            elapsed_ms=event["elapsed_ms"],
            learned=learned - learned_before if facts["counted"] or grade is None else 0,
        )
    )
    return _as_numbers(totals)


def _as_numbers(totals: Totals) -> Numbers:
    young, mature = totals.young, totals.mature
    dues = (young.passed, young.total, mature.passed, mature.total)
    return (totals.cards, *totals.grades, totals.elapsed_ms, totals.timed, *dues, totals.learned)
