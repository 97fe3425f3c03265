"""From Anki's log and state of a card to events of ours. Pure.

An answer becomes a review with the grade of its button. SM-2 replayed over them seldom gives Anki's present state (Anki fuzzes, has
learning steps and other multipliers, or FSRS), so a seed puts that state in place where the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from app.content.anki.collection import AnkiCard, Answer
from app.content.anki.reading import Package
from app.scheduling import replay
from app.scheduling.replay import EventKind
from app.scheduling.sm2 import MAX_DUE_DAYS
from app.scheduling.state import MIN_EASE, START_EASE, Grade, MemoryState
from app.scheduling.study_day import study_day

GRADES = {1: Grade(1), 2: Grade(3), 3: Grade(4), 4: Grade(5)}
"""The grade of each of Anki's buttons."""
_PRACTICE = 3
_LEARNING, _REVIEW, _RELEARNING = 1, 2, 3
_FIRST = datetime(2006, 1, 1, tzinfo=UTC)
"""Anki is no older; what claims to be is damaged."""
_SAME = timedelta(milliseconds=5)
"""Answers that are nearer to each other are one: ids of Anki's log may be moved a little to be distinct."""
_LONGEST_MS = 60_000


@dataclass(frozen=True, slots=True)
class Days:
    """How days run: the learner's zone and rollover, and on which day Anki's collection began."""

    zone: str
    rollover_hour: int
    began: date

    def of(self, instant: datetime) -> date:
        """The study day of an instant."""
        return study_day(instant, self.zone, self.rollover_hour)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to add; `key` is the same for the same line of Anki's log, whichever package brings it."""

    key: str
    kind: EventKind
    at: datetime
    day: date
    grade: Grade | None = None
    elapsed_ms: int | None = None
    seed: MemoryState | None = None

    def numbered(self, id_: int) -> replay.Event:
        """As replay takes it."""
        return replay.Event(id_, self.kind, self.at, self.day, grade=self.grade, seed=self.seed)


def days_of(package: Package, zone: str, rollover_hour: int) -> Days:
    """How days run for a learner's import; the collection's own offset says on which day it began."""
    began = datetime.fromtimestamp(min(max(package.began, 0), 4_000_000_000), UTC)
    if package.offset is not None:
        return Days(zone, rollover_hour, began.astimezone(timezone(timedelta(minutes=package.offset))).date())
    return Days(zone, rollover_hour, study_day(began, zone, 0))


def reviews(answers: Sequence[Answer], key: str, days: Days, now: datetime) -> Iterator[NewEvent]:
    """The answers that count: neither practice nor a rescheduling, and of a time that can be."""
    for answer in answers:
        grade, at = GRADES.get(answer.button), _instant(answer, now)
        if grade is not None and answer.kind < _PRACTICE and at is not None:
            elapsed = min(max(answer.elapsed_ms, 0), _LONGEST_MS)
            yield NewEvent(f"anki:{key}:{answer.at}", EventKind.REVIEW, at, days.of(at), grade, elapsed)


def impossible(answers: Sequence[Answer], now: datetime) -> int:
    """How many answers would count, were they not of a time or a button that cannot be.

    That is after now, or before there was such a log; no button (0) is what Anki writes of a card that was moved by hand.
    """
    return sum(
        answer.kind < _PRACTICE
        and answer.button != 0
        and (answer.button not in GRADES or _instant(answer, now) is None)
        for answer in answers
    )


def _instant(answer: Answer, now: datetime) -> datetime | None:
    if not 0 < answer.at < 1 << 45:
        return None
    at = datetime.fromtimestamp(answer.at / 1000, UTC).replace(microsecond=answer.at % 1000 * 1000)
    return at if _FIRST <= at <= now else None


def additions(
    card: AnkiCard, answers: Sequence[Answer], log: Sequence[replay.Event], *, key: str, days: Days, now: datetime
) -> list[NewEvent]:
    """What is to be added to a card's log (empty where there is none) so that it holds Anki's answers and state.

    What is there already is not added again. Where answers were given here after Anki's last, the state stays what they make it.
    """
    here = sorted(event.answered_at for event in log if event.kind is EventKind.REVIEW)
    found = [event for event in reviews(answers, key, days, now) if not _is_among(event.at, here)]
    if log and not found:
        return []
    wanted = state_of(card, days, now)
    last = max((event.at for event in found), default=None)
    if wanted is None or (here and last is not None and here[-1] > last):
        return found
    first = max((event.id for event in log), default=0) + 1
    made = replay.replay([*log, *(event.numbered(first + place) for place, event in enumerate(found))]).state
    if (made.due, made.interval, made.ease) == (wanted.due, wanted.interval, wanted.ease):
        return found
    at = last or min(max(datetime.fromtimestamp(min(max(card.changed, 0), 4_000_000_000), UTC), _FIRST), now)
    seed = _seeded(wanted, made)
    name = f"anki:{key}:s{int(at.timestamp())}"
    return [*found, NewEvent(name, EventKind.SEED, at, days.of(at), seed=seed)]


def state_of(card: AnkiCard, days: Days, now: datetime) -> MemoryState | None:
    """What Anki remembers of a card, in days; None for one that is new, or still learning for the first time."""
    if card.type not in (_REVIEW, _RELEARNING):
        return None
    today = days.of(now)
    interval = min(max(card.interval, 1), MAX_DUE_DAYS)
    # Relearning, `due` is an instant (or a day where it waits for another one), and the card is asked today.
    due = today if card.type == _RELEARNING else days.began + timedelta(days=min(max(card.due, -100_000), 200_000))
    due = min(max(due, _FIRST.date()), today + timedelta(days=MAX_DUE_DAYS))
    ease = max(MIN_EASE, round(card.ease / 10)) if card.ease > 0 else START_EASE
    return MemoryState(
        min(ease, 2_000), 0 if card.type == _RELEARNING else 1, interval, due, max(min(card.lapses, 10_000), 0)
    )


def _seeded(wanted: MemoryState, made: MemoryState) -> MemoryState:
    """Anki's state with successes in a row such that SM-2 goes on from its interval: two, once that is a real one."""
    if not wanted.repetitions:
        return wanted
    repetitions = max(made.repetitions, 2 if wanted.interval >= 6 else 1)
    return MemoryState(wanted.ease, repetitions, wanted.interval, wanted.due, max(wanted.lapses, made.lapses))


def _is_among(at: datetime, here: Sequence[datetime]) -> bool:
    return any(abs(at - one) <= _SAME for one in here)
