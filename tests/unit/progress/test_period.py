"""Which days a report is about."""

from datetime import date

import pytest

from app.progress.period import BadPeriod, Period, Wanted, period_of

TODAY = date(2026, 11, 25)
BEGUN = date(2024, 2, 1)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(1), Period(date(2026, 10, 27), TODAY)),
        (Wanted(0), Period(BEGUN, TODAY)),
        (Wanted(12, "2026-03-01", "2026-03-31"), Period(date(2026, 3, 1), date(2026, 3, 31))),
        (Wanted(12, "2026-03-01"), Period(date(2026, 3, 1), TODAY)),
        (Wanted(12, "", "2026-03-31"), Period(BEGUN, date(2026, 3, 31))),
        (Wanted(12, "0001-01-01", "9999-12-31"), Period(BEGUN, TODAY)),
        (Wanted(12, "2020-01-01", "2020-02-01"), Period(date(2020, 2, 1), date(2020, 2, 1))),
        (Wanted(12, "2026-11-25", "2026-11-25"), Period(TODAY, TODAY)),
    ],
)
def test_days_of_the_address(wanted: Wanted, expected: Period) -> None:
    assert period_of(wanted, today=TODAY, begun=BEGUN) == expected


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-03-02", "2026-03-01", "order"),
        ("yesterday", "", "date"),
        ("", "2026-02-30", "date"),
        ("2026-11-26", "", "future"),
        ("2026-11-26", "2026-12-01", "future"),
    ],
)
def test_days_that_are_none(start: str, end: str, why: str) -> None:
    with pytest.raises(BadPeriod) as raised:
        period_of(Wanted(12, start, end), today=TODAY, begun=None)
    assert raised.value.why == why


def test_all_time_of_somebody_who_never_answered_is_today() -> None:
    assert period_of(Wanted(0), today=TODAY, begun=None) == Period(TODAY, TODAY)
