"""Time zones to choose from, with the time it is there."""

from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

_PLACES = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def names() -> tuple[str, ...]:
    """The zones a learner can choose: those named after a place, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in _PLACES))


def clock_times(now: datetime, *, kept: str = "") -> list[tuple[str, str]]:
    """(name, time there now) of each zone; `kept` is offered too if it is a zone of another kind."""
    minute = now.replace(second=0, microsecond=0)
    more = kept and kept not in names() and kept in available_timezones()
    return [*([(kept, _time(minute, kept))] if more else []), *_times(minute)]


@lru_cache(maxsize=2)
def _times(minute: datetime) -> tuple[tuple[str, str], ...]:
    """Kept for the minute: Python forgets all but eight zones, and reading hundreds took most of a page of settings."""
    return tuple((name, _time(minute, name)) for name in names())


def _time(now: datetime, name: str) -> str:
    return f"{now.astimezone(ZoneInfo(name)):%H:%M}"
