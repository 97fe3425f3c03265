"""Near which day a card comes back: balanced over the days, lighter on easy ones, and past a holiday.

SM-2 names a day. A learner may let a longer interval move a little, to a day that brings less (as Anki does: its fuzz and
its easy days, of which the ranges below are). What is chosen is written into the event, so replay never chooses.

Chance comes from the card and its repetition, and the load of each day is that at the start of the study day. So asked
twice on one day the choice is the same: a button says what its grade does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.scheduling import sm2
from app.scheduling.state import Grade, MemoryState

SHORTEST: Final = 3
"""Shorter intervals, in days, stay as they are."""
WIDEST: Final = 30
"""No interval moves by more than so many days."""
FULL: Final = 2
"""The weight of a weekday that takes its full share; 1 is half of it, 0 as little as possible."""
LONGEST_RETURN: Final = 14
"""What was due in a holiday comes back over at most so many days after it."""

DAY: Final = timedelta(days=1)
_LAST: Final = date.max - 400 * DAY
_SCALE: Final = 1 << 40
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class Holiday:
    """Study days from `first` to `last` on which nothing is to come due."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"A holiday ends on {self.last}, before it starts on {self.first}.")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How many study days it has."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a learner wants of due days: `balance` evens them out, `weekdays` are weights from Monday (0, 1 or 2)."""

    balance: bool = False
    weekdays: tuple[int, ...] = (FULL,) * 7
    holiday: Holiday | None = None

    def __post_init__(self) -> None:
        if len(self.weekdays) != 7 or not all(0 <= weight <= FULL for weight in self.weekdays):
            raise ValueError(f"weekdays are seven weights from 0 to {FULL}, not {self.weekdays}.")

    @property
    def moves(self) -> bool:
        """Whether intervals may move within their window."""
        return self.balance or self.weekdays != (FULL,) * 7

    @property
    def any(self) -> bool:
        """Whether the scheduler's day may not be the one that is taken."""
        return self.moves or self.holiday is not None

    def weight(self, day: date) -> int:
        """What share of cards `day` takes: 0 in a holiday."""
        return 0 if self.holiday and day in self.holiday else self.weekdays[day.weekday()]


def window(interval: int) -> tuple[int, int]:
    """The least and the greatest number of days that an interval (days) may become.

    Anki's ranges: a day, and 15 % of what lies between 2.5 and 7 days, 10 % up to 20, 5 % beyond; 30 days at most.
    """
    if interval < SHORTEST:
        return interval, interval
    by = 1000 + 150 * min(interval, 7) - 375 + 100 * max(0, min(interval, 20) - 7) + 50 * max(0, interval - 20)
    by = min(by, 1000 * WIDEST)
    return max(2, (1000 * interval - by + 500) // 1000), (1000 * interval + by + 500) // 1000


def reach(state: MemoryState, study_day: date) -> tuple[date, date] | None:
    """The first and the last day that any grade given on `study_day` may choose; None where nothing moves.

    The load is wanted of these days.
    """
    spans = [_span(study_day, after.interval) for after in sm2.preview(state, study_day).values()]
    spans = [(first, last) for first, last in spans if first != last]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def chosen(
    state: MemoryState, study_day: date, wishes: Wishes, *, load: Mapping[date, int], seed: Iterable[int]
) -> dict[Grade, date]:
    """The day a card comes back after each grade on `study_day`.

    `load` has how many cards are due on the days of `reach` (none: 0), `seed` numbers of the learner and the card. Better
    grades never bring an earlier day.
    """
    chance = _mixed((*seed, state.repetitions, state.lapses))
    days: dict[Grade, date] = {}
    earliest = study_day + DAY
    for grade, after in sm2.preview(state, study_day).items():
        if after.due is None:  # never so: a reviewed card has a day
            continue
        first, last = _span(study_day, after.interval) if wishes.moves else (after.due, after.due)
        if first != last:
            first = min(max(first, earliest), last)
        day = after_holiday(_weighed(first, last, wishes, load, chance), wishes.holiday, chance)
        if grade.passed:
            earliest = day = max(day, earliest)
        days[grade] = day
    return days


def after_holiday(day: date, holiday: Holiday | None, chance: int) -> date:
    """`day`, unless it is in the holiday: then one of the days after it, so that not all come back at once."""
    if holiday is None or day not in holiday or holiday.last > _LAST:
        return day
    portions = min(LONGEST_RETURN, max(1, holiday.days // 2))
    return holiday.last + (1 + chance % portions) * DAY


def chance_of(*numbers: int) -> int:
    """A number that looks like chance and is the same for the same numbers, on every machine."""
    return _mixed(numbers)


def _span(study_day: date, interval: int) -> tuple[date, date]:
    """The days of the window of an interval. Where days end, or the scheduler's longest does, nothing moves."""
    due = sm2.due_after(study_day, interval)
    if interval < SHORTEST or interval > sm2.MAX_DUE_DAYS - WIDEST or due > _LAST:
        return due, due
    least, most = window(interval)
    return study_day + least * DAY, study_day + most * DAY


def _weighed(first: date, last: date, wishes: Wishes, load: Mapping[date, int], chance: int) -> date:
    """One of the days, the likelier the more it takes by its weekday and the less it has."""
    days = [first + n * DAY for n in range((last - first).days + 1)]
    shares = [_share(wishes.weight(day), load.get(day, 0) if wishes.balance else 0) for day in days]
    if not any(shares):
        outside = [day for day in days if wishes.holiday is None or day not in wishes.holiday]
        days = outside or days
        shares = [_share(FULL, load.get(day, 0) if wishes.balance else 0) for day in days]
    at = chance % sum(shares)
    for day, share in zip(days, shares, strict=True):
        if at < share:
            return day
        at -= share
    raise AssertionError("unreachable")


def _share(weight: int, load: int) -> int:
    """Falls with the square of how full a day is for its weight, so that days fill up in proportion to their weights."""
    if weight == 0:
        return 0
    full = FULL + load * FULL // weight
    return max(1, _SCALE * weight // (full * full))


def _mixed(numbers: Iterable[int]) -> int:
    """64 bits from any numbers: the mixing step of SplitMix64 (Steele, Lea, Flood 2014), once for each."""
    z = 0
    for number in numbers:
        z = (z + number + 1) * 0x9E37_79B9_7F4A_7C15 & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
        z ^= z >> 31
    return z
