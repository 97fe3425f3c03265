"""Time zones to choose from, with the time it is there."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_PLACES = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def names() -> tuple[str, ...]:
    """The zones a learner can choose: those named after a place, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in _PLACES))


def clock_times(now: datetime, *, kept: str = "") -> list[tuple[str, str]]:
    """(name, time there now) of each zone; `kept` is offered too if it is a zone of another kind."""
    offered = names() if not kept or kept in names() or kept not in available_timezones() else (kept, *names())
    return [(name, f"{now.astimezone(ZoneInfo(name)):%H:%M}") for name in offered]
