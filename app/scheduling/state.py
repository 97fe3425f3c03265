"""The values scheduling works on: a grade and what is remembered of a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self

START_EASE: Final = 250
"""Ease factor of a card never reviewed, in hundredths."""

MIN_EASE: Final = 130
"""The least ease factor, in hundredths."""

MAX_INTERVAL: Final = 10**18
"""The longest interval that is kept, in days: beyond every date, and still a 64-bit integer."""

MATURE_INTERVAL: Final = 21
"""From this interval on, in days, a learned card is mature."""

LEECH_LAPSES: Final = 8
"""From so many lapses on a card is a leech."""

LEECH_EVERY: Final = 4
"""After so many more it is worth another word, as Anki has it."""


def is_leech_at(lapses: int) -> bool:
    """Whether with this lapse a card becomes a leech, or is one yet again: 8, 12, 16 …"""
    return lapses >= LEECH_LAPSES and (lapses - LEECH_LAPSES) % LEECH_EVERY == 0


class Grade(int):
    """One of SM-2's six grades: 0 (blackout) to 5 (perfect).

    Only an `int` from 0 to 5 becomes a grade. Anything else, `True`, `4.0` and `"4"` included, raises `ValueError`:
    a grade is never guessed.
    """

    __slots__ = ()

    def __new__(cls, q: int) -> Self:
        """The grade `q`; raises `ValueError` for all that is none."""
        if not isinstance(q, int) or isinstance(q, bool) or not 0 <= q <= 5:
            raise ValueError(f"A grade is a whole number from 0 to 5, not {q!r}.")
        return super().__new__(cls, q)

    @property
    def passed(self) -> bool:
        """Whether the answer was recalled: 3 and above."""
        return self >= 3

    @property
    def again_today(self) -> bool:
        """Whether the card is shown again the same day: below 4."""
        return self < 4

    def __repr__(self) -> str:
        return f"Grade({int(self)})"

    def __str__(self) -> str:
        return format(self, "d")


GRADES: Final = tuple(Grade(q) for q in range(6))
"""All six grades, in order."""


class Stage(StrEnum):
    """How far a card has come, for counting."""

    NEW = "new"
    """Never reviewed."""
    LEARNING = "learning"
    """Reviewed, but no successful review stands."""
    YOUNG = "young"
    """Learned, interval below 21 days."""
    MATURE = "mature"
    """Learned, interval of 21 days or more."""


@dataclass(frozen=True, slots=True)
class MemoryState:
    """What one learner remembers of one card.

    `ease` is the ease factor in hundredths (250 is 2.50), `repetitions` the successful reviews in a row, `interval` the
    days the scheduler asked for last, `due` the study day the card comes back (None: never reviewed), `lapses` how
    often it was forgotten after it had been learned. Values that contradict each other raise `ValueError`.
    """

    ease: int
    repetitions: int
    interval: int
    due: date | None
    lapses: int

    def __post_init__(self) -> None:
        if self.ease < MIN_EASE:
            raise ValueError(f"ease is in hundredths and at least {MIN_EASE}, not {self.ease}.")
        if self.repetitions < 0 or self.lapses < 0:
            raise ValueError(f"repetitions and lapses are counts, not {self.repetitions} and {self.lapses}.")
        if not 0 <= self.interval <= MAX_INTERVAL:
            raise ValueError(f"interval is in days, from 0 to {MAX_INTERVAL}, not {self.interval}.")
        if self.repetitions and (self.due is None or self.interval == 0):
            raise ValueError("A learned card has a due day and an interval of at least a day.")
        if isinstance(self.due, datetime):
            raise TypeError(f"due is a study day (a date), not the instant {self.due.isoformat()}.")

    @classmethod
    def new(cls) -> MemoryState:
        """The state of a card never reviewed."""
        return cls(ease=START_EASE, repetitions=0, interval=0, due=None, lapses=0)

    @property
    def is_new(self) -> bool:
        """Never reviewed."""
        return self.due is None

    @property
    def learned(self) -> bool:
        """At least one successful review stands."""
        return self.repetitions >= 1

    @property
    def young(self) -> bool:
        """Learned, with an interval below 21 days."""
        return self.learned and self.interval < MATURE_INTERVAL

    @property
    def mature(self) -> bool:
        """Learned, with an interval of 21 days or more."""
        return self.learned and self.interval >= MATURE_INTERVAL

    @property
    def leech(self) -> bool:
        """Forgotten so often that the card itself may be at fault."""
        return self.lapses >= LEECH_LAPSES

    @property
    def stage(self) -> Stage:
        """New, learning, young or mature: exactly one of them."""
        if self.is_new:
            return Stage.NEW
        if not self.learned:
            return Stage.LEARNING
        return Stage.MATURE if self.mature else Stage.YOUNG

    def is_due(self, study_day: date) -> bool:
        """Whether the card has been reviewed before and is to be reviewed on `study_day` or was to be before it."""
        return self.due is not None and self.due <= study_day
