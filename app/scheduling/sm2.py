"""SM-2: when a card comes back after a grade.

Source: P. A. Wozniak, "Application of a computer to improve the results obtained in working with the SuperMemo method"
(1990), the numbered description of algorithm SM-2 (1987). Everything is an integer, the ease factor in hundredths: in
binary floating point the ceiling of interval times ease is off by a day for some grades.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from app.scheduling.state import GRADES, MAX_INTERVAL, MIN_EASE, Grade, MemoryState

FIRST_INTERVAL: Final = 1
"""I(1), in days."""

SECOND_INTERVAL: Final = 6
"""I(2), in days."""

MAX_DUE_DAYS: Final = 36_500
"""A due day is never further away than this, in days, however long the interval."""


def review(state: MemoryState, grade: int, study_day: date) -> MemoryState:
    """The state after the first grade of a card on `study_day`.

    Repeats of the same day are not for this function: they change nothing. A grade outside 0–5 raises `ValueError`,
    an instant in place of a study day `TypeError`.
    """
    grade = grade if type(grade) is Grade else Grade(grade)
    if isinstance(study_day, datetime):
        raise TypeError(f"study_day is a date, not the instant {study_day.isoformat()}.")
    if grade.passed:
        ease = _ease_after(state.ease, grade)
        repetitions = state.repetitions + 1
        interval = _interval_after(state.interval, repetitions, ease)
        lapses = state.lapses
    else:
        ease, repetitions, interval = state.ease, 0, FIRST_INTERVAL
        lapses = state.lapses + state.learned
    return MemoryState(ease, repetitions, interval, due_after(study_day, interval), lapses)


def preview(state: MemoryState, study_day: date) -> dict[Grade, MemoryState]:
    """What each of the six grades would bring on `study_day`; a button's label and the stored result come from here."""
    return {grade: review(state, grade, study_day) for grade in GRADES}


def due_after(study_day: date, interval: int) -> date:
    """The study day `interval` days after `study_day`, at most 36,500 days away and never beyond the last date."""
    days = min(interval, MAX_DUE_DAYS)
    return study_day + timedelta(days=min(days, (date.max - study_day).days))


def _ease_after(ease: int, grade: Grade) -> int:
    """EF + 0.1 − (5−q)(0.08 + (5−q)·0.02), in hundredths and not below 1.30."""
    miss = 5 - grade
    return max(MIN_EASE, ease + 10 - miss * (8 + miss * 2))


def _interval_after(interval: int, repetitions: int, ease: int) -> int:
    """I(n) in days: 1, 6, then the last interval times the new ease, rounded up."""
    if repetitions == 1:
        return FIRST_INTERVAL
    if repetitions == 2:
        return SECOND_INTERVAL
    return min(-(-interval * ease // 100), MAX_INTERVAL)
