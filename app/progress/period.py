"""Which days a report is about: what the address asks for, as dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

RANGES: Mapping[int, int] = {12: 365, 3: 91, 1: 30, 0: 0}
"""Months that can be chosen, and their days; 0 is from the first answer on."""
USUAL = 12


class BadPeriod(ValueError):
    """Days that are none: `why` says whether one is `no date`, or they end before they `begin`. `text` is what was given."""

    def __init__(self, why: Literal["date", "order", "future"], text: str = "") -> None:
        super().__init__(f"{why}: {text}")
        self.why = why
        self.text = text


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address says: so many months, or (`start`, `end`) days as written, one or both."""

    months: int = USUAL
    start: str = ""
    end: str = ""

    @property
    def own(self) -> bool:
        """Whether it names days."""
        return bool(self.start or self.end)


@dataclass(frozen=True, slots=True)
class Period:
    """The study days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


def period_of(wanted: Wanted, *, today: date, begun: date | None) -> Period:
    """The days that are wanted, as of `today`, where the first answer was given on `begun`. Raises `BadPeriod`.

    Days after today are left off, and so are those before the first answer where they were named by the learner.
    """
    begun = min(begun or today, today)
    if not wanted.own:
        days = RANGES.get(wanted.months, RANGES[USUAL])
        return Period(today - timedelta(days=days - 1) if days else begun, today)
    end = _date(wanted.end) if wanted.end else None
    last = end or today
    first = _date(wanted.start) if wanted.start else min(begun, last)
    if end and end < first:
        raise BadPeriod("order")
    if first > today:
        raise BadPeriod("future")
    last = min(last, today)
    return Period(min(max(first, begun), last), last)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod("date", text) from None
