"""From the log to what it means: the events of one learner and one card become the card's projection.

The log is the truth and is never changed; everything here can be computed again from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.scheduling import sm2, steps
from app.scheduling.state import Grade, MemoryState

STEPS: Final = steps.steps_named(steps.DEFAULT)
"""How long cards graded below 4 wait before they are shown again the same day, unless told otherwise."""


class EventKind(StrEnum):
    """What an event says."""

    REVIEW = "review"
    """The card was graded."""
    VOID = "void"
    """Another event is undone; voiding a void does it again."""
    RESCHEDULE = "reschedule"
    """The card is given another due day (postpone, spread, holiday, ask again)."""
    SEED = "seed"
    """The card starts from a state brought from elsewhere, or over from nothing."""


class BrokenLog(ValueError):
    """Events that cannot be the log of a card. `event_id` names the one that does not fit."""

    def __init__(self, event_id: int, problem: str) -> None:
        super().__init__(f"Event {event_id} {problem}")
        self.event_id = event_id


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log.

    `id` rises in the order events were written; `answered_at` is the instant it happened (with offset), `study_day` the
    learner's day at that time. A review has its `grade`, and the day `due` where one was chosen near the scheduler's; a void
    its `target` (an earlier event of the card), a reschedule the chosen day `due` and its `reason`, a seed its `seed`
    (None: over from nothing). An event that lacks what its kind needs raises `BrokenLog`.
    """

    id: int
    kind: EventKind
    answered_at: datetime
    study_day: date
    grade: Grade | None = None
    target: int | None = None
    due: date | None = None
    reason: str | None = None
    seed: MemoryState | None = None

    def __post_init__(self) -> None:
        if self.answered_at.utcoffset() is None:
            raise BrokenLog(self.id, f"has an instant without an offset: {self.answered_at.isoformat()}.")
        needs = {EventKind.REVIEW: "grade", EventKind.VOID: "target", EventKind.RESCHEDULE: "due"}.get(self.kind)
        if needs is not None and getattr(self, needs) is None:
            raise BrokenLog(self.id, f"is a {self.kind} without its {needs}.")


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What follows from one event.

    `live`: not undone. `counted`: a live review that was the card's first on its study day and so changed its state.
    `before` and `after` are the states around it (equal for all that changes nothing). `lapse`: a learned card was
    forgotten. `was_due`: a counted review of a card that was due then, which is what true retention counts.
    """

    live: bool
    counted: bool
    before: MemoryState
    after: MemoryState
    lapse: bool
    was_due: bool


@dataclass(frozen=True, slots=True)
class Projection:
    """What the log of one card comes to.

    `last_study_day` is the day of the last counted review since the last seed: a grade on that day or before it is a
    repeat. `repeat_from` is the instant of the grade below 4 that keeps the card waiting to be repeated, `repeat_step`
    the learning step it waits for, `repeat_day` the study day on which it waits; from the next day on that has lapsed.
    `reviews` counts live grades, repeats included. `last_live` is the id of the last live event that is no void, the
    only one that can be undone. `facts` has each event's by its id.
    """

    state: MemoryState
    last_study_day: date | None
    repeat_from: datetime | None
    repeat_step: int | None
    repeat_day: date | None
    reviews: int
    last_live: int | None
    facts: Mapping[int, EventFacts]

    @classmethod
    def empty(cls) -> Projection:
        """The projection of a card without events."""
        return cls(MemoryState.new(), None, None, None, None, 0, None, MappingProxyType({}))

    def repeat_at(self, study_day: date, learning_steps: Sequence[timedelta] = STEPS) -> datetime | None:
        """When the card is to be repeated on `study_day`; None where it does not wait that day."""
        if self.repeat_from is None or self.repeat_day is None or study_day > self.repeat_day:
            return None
        return self.repeat_from + steps.wait(learning_steps, self.repeat_step or 0)

    def counts(self, study_day: date) -> bool:
        """Whether a grade given now, on `study_day`, would change the state (else it is a repeat)."""
        return self.last_study_day is None or study_day > self.last_study_day


def replay(events: Iterable[Event]) -> Projection:
    """The projection of one card's events, in whatever order they come; of joined cards, of the events of both.

    Events take effect in the order of (answered_at, id), so an answer that arrives late lands where it belongs. Raises
    `BrokenLog` where an id comes twice or a void names no earlier event.
    """
    log = sorted(events, key=lambda event: (event.answered_at, event.id))
    voided = _voided(log)
    facts: dict[int, EventFacts] = {}
    now = Projection.empty()
    for event in log:
        live = event.id not in voided
        then = _after(now, event) if live else now
        facts[event.id] = _facts(now, then, event, live)
        now = then
    return replace(now, facts=MappingProxyType(facts))


def _voided(log: Sequence[Event]) -> Collection[int]:
    """The ids of the events that are undone, by way of voids that are not undone themselves."""
    ids = _distinct_ids(log)
    voids_of: dict[int, list[int]] = defaultdict(list)
    for event in log:
        if event.kind is EventKind.VOID and event.target is not None:
            if event.target not in ids or event.target >= event.id:
                raise BrokenLog(event.id, f"undoes event {event.target}, which is no earlier event of this card.")
            voids_of[event.target].append(event.id)
    voided: set[int] = set()
    # A void is always later than what it undoes, so going backwards each void's own fate is known first.
    for target in sorted(voids_of, reverse=True):
        if any(void not in voided for void in voids_of[target]):
            voided.add(target)
    return voided


def _distinct_ids(log: Sequence[Event]) -> set[int]:
    ids: set[int] = set()
    for event in log:
        if event.id in ids:
            raise BrokenLog(event.id, "is in the log twice.")
        ids.add(event.id)
    return ids


def _after(now: Projection, event: Event) -> Projection:
    """The projection after a live event, its facts apart."""
    if event.kind is EventKind.VOID:
        return now
    if event.grade is not None and event.kind is EventKind.REVIEW:
        return _reviewed(now, event, event.grade)
    now = replace(now, last_live=event.id)
    if event.kind is EventKind.SEED:
        state = MemoryState.new() if event.seed is None else event.seed
        return replace(now, state=state, last_study_day=None, repeat_from=None, repeat_step=None, repeat_day=None)
    return replace(now, state=rescheduled(now.state, now.last_study_day, event.due))


def _reviewed(now: Projection, event: Event, grade: Grade) -> Projection:
    state, day, step = now.state, now.last_study_day, now.repeat_step
    if now.counts(event.study_day):
        day, step = event.study_day, None
        state = sm2.review(state, grade, day)
        if event.due is not None:
            state = replace(state, due=max(event.due, sm2.due_after(day, 1)))
    waits = grade.again_today
    return Projection(
        state=state,
        last_study_day=day,
        repeat_from=event.answered_at if waits else None,
        repeat_step=_next_step(step, grade) if waits else None,
        repeat_day=day if waits else None,
        reviews=now.reviews + 1,
        last_live=event.id,
        facts=now.facts,
    )


def _next_step(step: int | None, grade: Grade) -> int:
    """The learning step after a grade below 4: the first for what was forgotten, one further for what was hard."""
    return (step or 0) + 1 if grade.passed else 0


def rescheduled(state: MemoryState, last_study_day: date | None, due: date | None) -> MemoryState:
    """The state with the chosen day `due`.

    A card never reviewed has none to change. A card already reviewed on the chosen day could not be reviewed again
    then (every grade would be a repeat) and would stay due for ever, so it becomes due on the day after.
    """
    if state.is_new or due is None:
        return state
    earliest = sm2.due_after(last_study_day, 1) if last_study_day else due
    return replace(state, due=max(due, earliest))


def _facts(before: Projection, after: Projection, event: Event, live: bool) -> EventFacts:
    counted = live and event.kind is EventKind.REVIEW and before.counts(event.study_day)
    return EventFacts(
        live=live,
        counted=counted,
        before=before.state,
        after=after.state,
        lapse=counted and after.state.lapses > before.state.lapses,
        was_due=counted and before.state.is_due(event.study_day),
    )
