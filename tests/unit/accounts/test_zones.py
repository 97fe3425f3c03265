"""Time zones to choose from."""

from datetime import UTC, datetime

from app.accounts.zones import clock_times, names

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_zones_are_named_after_places_and_utc_comes_first() -> None:
    assert names()[0] == "UTC"
    assert {"Europe/Berlin", "America/New_York", "Asia/Kolkata"} <= set(names())
    assert not {"EST5EDT", "Etc/GMT+5", "posixrules"} & set(names())


def test_each_zone_has_its_present_time() -> None:
    times = dict(clock_times(NOON))
    assert (times["Europe/Berlin"], times["Asia/Kolkata"], times["UTC"]) == ("13:00", "17:30", "12:00")


def test_a_zone_that_is_kept_stays_on_offer() -> None:
    assert dict(clock_times(NOON, kept="Etc/GMT+5"))["Etc/GMT+5"] == "07:00"
    assert len(clock_times(NOON, kept="Mars/Olympus")) == len(names())
