"""The learner's day: which study day an instant belongs to, and when the next one starts.

A study day is a calendar day in the learner's zone that starts at their rollover hour instead of at midnight. It is
found from the wall clock, so where clocks go back across the rollover hour (St John's, 7 November 2010, at 00:01 with
rollover at midnight) the day steps back for that while; `never_before` keeps a card's days in order.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

SECOND = timedelta(seconds=1)


class UnknownZone(ValueError):
    """A time zone that is not in the IANA database. `name` is what was asked for."""

    def __init__(self, name: object) -> None:
        super().__init__(f"{name!r} is no known time zone; choose a name like 'Europe/Berlin' or 'UTC'.")
        self.name = name


@cache
def known_zones() -> tuple[str, ...]:
    """The names of all zones that are understood, sorted: those that mean the same on every machine."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


@cache
def zone_named(name: str) -> ZoneInfo:
    """The zone of that IANA name; raises `UnknownZone`."""
    if not isinstance(name, str) or name not in known_zones():
        raise UnknownZone(name)
    return ZoneInfo(name)


def study_day(instant: datetime, zone: ZoneInfo | str, rollover_hour: int) -> date:
    """The study day `instant` belongs to, for a learner in `zone` whose days start at `rollover_hour` (0–23).

    Raises `UnknownZone`, and `ValueError` for an instant without an offset or an hour that is none.
    """
    return _shifted_wall_time(_aware(instant), _zone(zone), _hours(rollover_hour)).date()


def next_rollover(instant: datetime, zone: ZoneInfo | str, rollover_hour: int) -> datetime:
    """The first instant after `instant` whose study day is a later one than that of `instant`, in UTC.

    Right over clock changes: where the rollover hour is skipped it is the moment of the change, where it comes twice the
    first that is still ahead. Raises as `study_day` does.
    """
    zone, hours = _zone(zone), _hours(rollover_hour)
    today = _shifted_wall_time(_aware(instant), zone, hours).date()
    start = datetime.combine(today + timedelta(days=1), time()) + hours
    return next(crossing for crossing in _crossings(start, zone) if crossing > instant)


def day_bounds(day: date, zone: ZoneInfo | str, rollover_hour: int) -> tuple[datetime, datetime]:
    """When study day `day` starts and when the next one does, in UTC: the end is no part of the day.

    Both are the first time the clock gets there, so the bounds of consecutive days join without gap or overlap; a day a
    zone skipped altogether has no length. Raises as `study_day` does.
    """
    zone, hours = _zone(zone), _hours(rollover_hour)
    start = datetime.combine(day, time()) + hours
    return _crossings(start, zone)[0], _crossings(start + timedelta(days=1), zone)[0]


def never_before(day: date, last: date | None) -> date:
    """`day`, unless the card already has the later study day `last`: a card's days never go back."""
    return day if last is None else max(day, last)


def _shifted_wall_time(instant: datetime, zone: ZoneInfo, hours: timedelta) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None) - hours


def _crossings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants, in order and in UTC, at which the clock of `zone` comes to show `wall` or jumps over it."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return (first,) if first == second else (first, second)
    # The clock never shows `wall`: between `second` and `first` it jumps from before it to after it.
    before, after = second, first
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return (after,)


def _zone(zone: ZoneInfo | str) -> ZoneInfo:
    return zone if isinstance(zone, ZoneInfo) else zone_named(zone)


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"An instant needs its offset from UTC; {instant.isoformat()} has none.")
    return instant


def _hours(rollover_hour: int) -> timedelta:
    if not isinstance(rollover_hour, int) or isinstance(rollover_hour, bool) or not 0 <= rollover_hour <= 23:
        raise ValueError(f"A rollover hour is a whole number from 0 to 23, not {rollover_hour!r}.")
    return timedelta(hours=rollover_hour)
