"""The learner's day over zones, clock changes and rollover hours."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.scheduling.study_day import (
    UnknownZone,
    day_bounds,
    known_zones,
    never_before,
    next_rollover,
    study_day,
    zone_named,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

zones = st.sampled_from(known_zones())
hours = st.integers(0, 23)
instants = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
AWKWARD = {
    "Europe/Berlin": [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)],
    "America/New_York": [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)],
    "America/St_Johns": [datetime(2010, 11, 7, 2, 31, tzinfo=UTC)],  # 00:01 goes back to 23:01 of the day before
    "Antarctica/Casey": [datetime(2010, 3, 4, 15, tzinfo=UTC)],  # three hours back, over midnight
    "Pacific/Apia": [datetime(2011, 12, 30, 10, tzinfo=UTC)],  # 30 December was skipped
    "America/Sao_Paulo": [datetime(2018, 11, 4, 3, tzinfo=UTC)],  # midnight did not exist
}
"""Zones with instants at which their clocks jumped."""


@st.composite
def near_a_clock_change(draw: st.DrawFn) -> tuple[datetime, str]:
    name = draw(st.sampled_from(sorted(AWKWARD)))
    change = draw(st.sampled_from(AWKWARD[name]))
    return change + timedelta(seconds=draw(st.integers(-100_000, 100_000))), name


moments = st.one_of(near_a_clock_change(), st.tuples(instants, zones))


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def day_by_hand(instant: datetime, zone: str, hour: int) -> date:
    """The study day told from the face of the clock: the calendar day, or the one before until the rollover hour."""
    local = instant.astimezone(ZoneInfo(zone))
    return local.date() - timedelta(days=local.hour < hour)


@pytest.mark.parametrize(
    ("wall", "hour", "day"),
    [
        ("2026-06-10T03:59:59", 4, "2026-06-09"),
        ("2026-06-10T04:00:00", 4, "2026-06-10"),
        ("2026-06-10T23:59:59", 4, "2026-06-10"),
        ("2026-06-11T00:30:00", 4, "2026-06-10"),
        ("2026-06-10T00:00:00", 0, "2026-06-10"),
        ("2026-01-01T01:00:00", 4, "2025-12-31"),
    ],
)
def test_the_day_starts_at_the_rollover_hour(wall: str, hour: int, day: str) -> None:
    assert study_day(at(wall, "Europe/Berlin"), "Europe/Berlin", hour) == date.fromisoformat(day)


def test_the_day_is_the_learners_not_that_of_utc() -> None:
    instant = datetime(2026, 6, 10, 12, tzinfo=UTC)
    days = [study_day(instant, zone, 4).day for zone in ("Pacific/Honolulu", "UTC", "Pacific/Kiritimati")]
    assert days == [9, 10, 10]
    assert study_day(instant + 3 * HOUR, "Pacific/Kiritimati", 4).day == 11


def test_where_the_instant_was_told_does_not_matter() -> None:
    instant = datetime(2026, 6, 10, 1, tzinfo=UTC)
    told = {study_day(instant.astimezone(ZoneInfo(zone)), "Asia/Tokyo", 4) for zone in ("UTC", "America/Lima")}
    assert told == {date(2026, 6, 10)}


def test_clocks_going_back_across_the_rollover_hour_step_the_day_back() -> None:
    before, after = (datetime(2010, 11, 7, 2, minute, 30, tzinfo=UTC) for minute in (30, 31))
    days = [study_day(instant, "America/St_Johns", 0) for instant in (before, after)]
    assert days == [date(2010, 11, 7), date(2010, 11, 6)]
    assert never_before(days[1], last=days[0]) == days[0]


@pytest.mark.parametrize(("day", "last", "kept"), [(9, None, 9), (9, 8, 9), (9, 9, 9), (9, 10, 10)])
def test_a_cards_days_never_go_back(day: int, last: int | None, kept: int) -> None:
    earlier = None if last is None else date(2026, 6, last)
    assert never_before(date(2026, 6, day), earlier) == date(2026, 6, kept)


@given(moments, hours)
def test_the_day_is_what_the_clock_shows(moment: tuple[datetime, str], hour: int) -> None:
    assert study_day(*moment, hour) == day_by_hand(*moment, hour)


@given(moments, hours)
def test_the_day_is_near_that_of_utc(moment: tuple[datetime, str], hour: int) -> None:
    instant, zone = moment
    assert abs(study_day(instant, zone, hour) - instant.date()) <= timedelta(days=2 if hour > 12 else 1)


@given(st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(days=2)), zones, hours)), instants)
def test_a_travelling_learners_days_never_go_back(steps: list[tuple[timedelta, str, int]], instant: datetime) -> None:
    last: date | None = None
    for later, zone, hour in steps:
        instant += later
        day = never_before(study_day(instant, zone, hour), last)
        assert last is None or day >= last
        last = day


@given(near_a_clock_change(), hours, st.integers(0, 100_000))
def test_days_step_back_only_where_clocks_do(moment: tuple[datetime, str], hour: int, seconds: int) -> None:
    instant, zone = moment
    later = instant + timedelta(seconds=seconds)
    clock, later_clock = (one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for one in (instant, later))
    assume(later_clock >= clock)
    assert study_day(later, zone, hour) >= study_day(instant, zone, hour)


@given(moments, hours)
@example((datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC), "America/St_Johns"), 0)
@example((datetime(2010, 11, 7, 2, 40, tzinfo=UTC), "America/St_Johns"), 0)
@example((datetime(2011, 12, 30, 9, tzinfo=UTC), "Pacific/Apia"), 4)
def test_the_next_rollover_is_the_first_instant_of_a_later_day(moment: tuple[datetime, str], hour: int) -> None:
    instant, zone = moment
    today, rollover = study_day(instant, zone, hour), next_rollover(instant, zone, hour)
    assert rollover.utcoffset() == timedelta(0)
    assert rollover > instant
    assert study_day(rollover, zone, hour) > today
    assert study_day(max(instant, rollover - timedelta(microseconds=1)), zone, hour) <= today
    between = range(0, (rollover - instant) // MINUTE, 10)
    assert all(study_day(instant + minutes * MINUTE, zone, hour) <= today for minutes in between)


@pytest.mark.parametrize(
    ("wall", "hour", "rollover"),
    [
        ("2026-03-28T12:00", 4, "2026-03-29T02:00Z"),  # the night is an hour shorter
        ("2026-03-28T12:00", 2, "2026-03-29T01:00Z"),  # 02:00 does not exist: the moment of the change
        ("2026-10-24T12:00", 2, "2026-10-25T00:00Z"),  # 02:00 comes twice: the first
        ("2026-10-24T12:00", 4, "2026-10-25T03:00Z"),
    ],
)
def test_the_rollover_over_berlins_clock_changes(wall: str, hour: int, rollover: str) -> None:
    assert next_rollover(at(wall, "Europe/Berlin"), "Europe/Berlin", hour) == datetime.fromisoformat(rollover)


@given(st.dates(date(1900, 1, 2), date(2100, 1, 1)), zones, hours)
def test_the_bounds_of_a_day_hold_its_instants_and_join(day: date, zone: str, hour: int) -> None:
    start, end = day_bounds(day, zone, hour)
    assert start <= end == day_bounds(day + timedelta(days=1), zone, hour)[0]
    assert study_day(start - timedelta(microseconds=1), zone, hour) < day
    assert study_day(start, zone, hour) >= day
    assert study_day(end, zone, hour) > day
    if start < end:
        assert study_day(start, zone, hour) == day


def test_a_day_the_zone_skipped_has_no_length() -> None:
    start, end = day_bounds(date(2011, 12, 30), "Pacific/Apia", 0)
    assert start == end == datetime(2011, 12, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "europe", "Europe", "../etc/passwd", "/etc/localtime", None, 3])
def test_an_unknown_zone_is_refused_by_name(name: Any) -> None:
    with pytest.raises(UnknownZone, match="is no known time zone; choose"):
        study_day(datetime(2026, 1, 1, tzinfo=UTC), name, 4)


def test_known_zones_are_sorted_and_can_be_used() -> None:
    assert list(known_zones()) == sorted(known_zones())
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata"} <= set(known_zones())
    assert all(zone_named(name).key == name for name in known_zones())


@pytest.mark.parametrize("hour", [-1, 24, 4.0, True, "4", None])
def test_what_is_no_hour_is_refused(hour: Any) -> None:
    with pytest.raises(ValueError, match="rollover hour is a whole number from 0 to 23"):
        study_day(datetime(2026, 1, 1, tzinfo=UTC), "UTC", hour)


@pytest.mark.parametrize("ask", [study_day, next_rollover])
def test_an_instant_without_offset_is_refused(ask: Any) -> None:
    with pytest.raises(ValueError, match="needs its offset from UTC"):
        ask(datetime(2026, 1, 1), "UTC", 4)
