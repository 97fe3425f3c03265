"""What answers add up to."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.state import Grade
from app.scheduling.statistics import (
    Answer,
    Bar,
    Coming,
    Span,
    Streak,
    Tally,
    Totals,
    by_day,
    by_hour,
    by_month,
    calendar,
    forecast,
    histogram,
    last_days,
    learned_at_end,
    median_seconds,
    middle,
    minutes_needed,
    of_the_clock,
    spans,
    streak,
    usual_minutes,
    usual_pace,
)

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def ago(days: int) -> date:
    return TODAY - days * DAY


def answer(
    q: int,
    *,
    on: date = TODAY,
    interval: int | None = 10,
    counted: bool = True,
    was_due: bool = True,
    seconds: float | None = 20,
) -> Answer:
    at = datetime.combine(on, time(12), UTC)
    elapsed = None if seconds is None else round(seconds * 1000)
    return Answer(on, at, Grade(q), counted, counted and was_due, interval, elapsed)


# Totals and true retention


def test_a_day_counts_cards_and_answers() -> None:
    days = by_day(by_hour([answer(1), answer(5, counted=False), answer(4, on=ago(1))]))
    assert list(days) == [ago(1), TODAY]
    assert (days[TODAY].cards, days[TODAY].answers, days[TODAY].elapsed_ms) == (1, 2, 40_000)


def test_true_retention_is_of_due_cards_at_the_first_try() -> None:
    totals = by_day(
        by_hour(
            [
                answer(4),
                answer(3),
                answer(2),
                answer(5, counted=False),
                answer(0, was_due=False),
                answer(0, interval=None, was_due=False),
            ]
        )
    )[TODAY]
    assert totals.due == Tally(passed=2, total=3)
    assert totals.due.share == pytest.approx(2 / 3)


def test_retention_is_told_apart_by_the_interval_before() -> None:
    totals = by_day(by_hour([answer(4, interval=21), answer(1, interval=20), answer(4, interval=1)]))[TODAY]
    assert (totals.mature, totals.young) == (Tally(1, 1), Tally(1, 2))


def test_without_due_reviews_there_is_no_retention() -> None:
    assert Tally().share is None


def test_time_of_a_page_left_open_is_capped() -> None:
    assert by_day(by_hour([answer(4, seconds=9_000), answer(4, seconds=None)]))[TODAY].elapsed_ms == 300_000


def test_months_add_up_their_days() -> None:
    days = by_day(
        by_hour([answer(4, on=date(2026, 10, 31)), answer(4, on=date(2026, 11, 1)), answer(4, on=date(2026, 11, 2))])
    )
    months = by_month(days)
    assert {month: (totals.cards, totals.days) for month, totals in months.items()} == {
        date(2026, 10, 1): (1, 1),
        date(2026, 11, 1): (2, 2),
    }


def test_the_last_days_end_with_today() -> None:
    days = by_day(by_hour([answer(4, on=ago(n)) for n in (0, 29, 30)]))
    assert last_days(days, TODAY, 30) == days[TODAY] + days[ago(29)]
    assert last_days({}, TODAY, 30) == Totals()


# Against the slow way: each number by a look through all answers for it alone

ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns")


@st.composite
def histories(draw: st.DrawFn) -> list[Answer]:
    """Answers of a few weeks, in an order of their own; what they say of each other need not fit."""
    found = []
    for _ in range(draw(st.integers(0, 25))):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 30 * 24 * 60)))
        grade = draw(st.none() | st.integers(0, 5))
        counted = grade is not None and draw(st.booleans())
        found.append(
            Answer(
                at.date(),
                at,
                None if grade is None else Grade(grade),
                counted,
                counted and draw(st.booleans()),
                draw(st.none() | st.integers(0, 40)),
                draw(st.none() | st.integers(0, 400_000)),
                draw(st.integers(-1, 1)),
                draw(st.sampled_from(ZONES)),
            )
        )
    return found


def slowly(answers: list[Answer]) -> dict[str, object]:
    graded = [one for one in answers if one.grade is not None]
    due = [one for one in graded if one.was_due]
    young = [one for one in due if (one.interval_before or 0) < 21]
    mature = [one for one in due if (one.interval_before or 0) >= 21]
    return {
        "cards": len([one for one in graded if one.counted]),
        "answers": len(graded),
        "elapsed_ms": sum(min(one.elapsed_ms, 300_000) for one in graded if one.elapsed_ms is not None),
        "young": Tally(len([one for one in young if one.grade in (3, 4, 5)]), len(young)),
        "mature": Tally(len([one for one in mature if one.grade in (3, 4, 5)]), len(mature)),
        "grades": tuple(len([one for one in graded if one.grade == grade]) for grade in range(6)),
        "timed": len([one for one in graded if one.elapsed_ms is not None]),
        "learned": sum(one.learned for one in answers),
    }


def fast(totals: Totals) -> dict[str, object]:
    names = ("cards", "answers", "elapsed_ms", "young", "mature", "grades", "timed", "learned")
    return {name: getattr(totals, name) for name in names}


@given(histories())
@settings(max_examples=60)
def test_every_sum_is_that_of_a_slow_look_through_the_answers(answers: list[Answer]) -> None:
    hours, days = by_hour(answers), by_day(by_hour(answers))
    assert {day: fast(totals) for day, totals in days.items()} == {
        day: slowly([one for one in answers if one.study_day == day]) for day in {one.study_day for one in answers}
    }
    assert {day for day, totals in days.items() if totals.days} == {
        one.study_day for one in answers if one.grade is not None
    }
    clock = [one.answered_at.astimezone(ZoneInfo(one.zone)).hour for one in answers]
    by_clock = dict(of_the_clock(hours, start=4))
    assert list(by_clock) == [*range(4, 24), *range(4)]
    for hour, totals in by_clock.items():
        assert fast(totals) == slowly([one for one, at in zip(answers, clock, strict=True) if at == hour])
    months = by_month(days)
    for first, totals in months.items():
        assert fast(totals) == slowly([one for one in answers if one.study_day.replace(day=1) == first])


@given(histories(), st.sampled_from([1, 20, 62, 63, 400, 401, 900]), st.integers(0, 40))
@settings(max_examples=60)
def test_pieces_of_a_period_hold_each_day_once(answers: list[Answer], length: int, back: int) -> None:
    last = date(2026, 12, 5) - back * DAY
    first = last - (length - 1) * DAY
    days = by_day(by_hour(answers))
    pieces = spans(days, first, last)
    assert (pieces[0].first, pieces[-1].last) == (first, last)
    assert all(one.last + DAY == other.first for one, other in itertools.pairwise(pieces))
    assert len(pieces) <= 62
    for piece in pieces:
        inside = [one for one in answers if piece.first <= one.study_day <= piece.last]
        assert fast(piece.totals) == slowly(inside)
    at_end = learned_at_end(pieces, 1000)
    for piece, learned in zip(pieces, at_end, strict=True):
        assert learned == 1000 - sum(one.learned for one in answers if piece.last < one.study_day <= last)


def test_no_piece_has_less_than_no_card_learned() -> None:
    pieces = [Span(ago(1), ago(1), Totals(learned=1)), Span(TODAY, TODAY, Totals(learned=5))]
    assert learned_at_end(pieces, 3) == [0, 3]


def test_seconds_are_of_answers_whose_time_was_measured() -> None:
    totals = by_day(by_hour([answer(4, seconds=10), answer(4, seconds=20), answer(4, seconds=None)]))[TODAY]
    assert totals.seconds == 15
    assert Totals().seconds is None


def test_the_minutes_of_a_usual_day_leave_out_days_without_any() -> None:
    assert usual_minutes([Totals(elapsed_ms=n * 60_000) for n in (0, 2, 5, 9)]) == 5
    assert usual_minutes([Totals(elapsed_ms=100)]) == 1
    assert usual_minutes([Totals()]) is None


# Streak


@pytest.mark.parametrize(
    ("studied", "expected"),
    [
        ([], Streak(0, 0, studied_today=False)),
        ([0], Streak(1, 1, studied_today=True)),
        ([0, 1, 2], Streak(3, 3, studied_today=True)),
        ([1, 2], Streak(2, 2, studied_today=False)),
        ([2, 3], Streak(0, 2, studied_today=False)),
        ([0, 2, 3, 4], Streak(1, 3, studied_today=True)),
        ([-1, 0], Streak(2, 2, studied_today=True)),
    ],
    ids=["never", "today", "three", "today not yet", "broken", "after a gap", "travelled west"],
)
def test_streak(studied: list[int], expected: Streak) -> None:
    assert streak({ago(n) for n in studied}, TODAY) == expected


@given(st.sets(st.integers(0, 60)))
def test_studying_today_makes_the_streak_one_longer(studied: set[int]) -> None:
    before = streak({ago(n) for n in studied - {0}}, TODAY)
    after = streak({ago(n) for n in studied | {0}}, TODAY)
    assert after.current == before.current + 1
    assert after.longest == max(before.longest, after.current)


# Calendar


@pytest.mark.parametrize(
    ("cards", "level"), [(0, 0), (1, 1), (14, 1), (15, 2), (29, 2), (30, 3), (44, 3), (45, 4), (999, 4)]
)
def test_the_calendar_has_five_levels(cards: int, level: int) -> None:
    cell = calendar({TODAY: cards}, TODAY)[-1]
    assert (cell.day, cell.cards, cell.level) == (TODAY, cards, level)


def test_the_calendar_has_a_year_in_columns_of_weeks() -> None:
    cells = calendar({}, TODAY)
    assert (len(cells), cells[0].day, cells[-1].day) == (365, date(2025, 11, 24), TODAY)
    assert [(cells[n].week, cells[n].weekday) for n in (0, 6, 7, 364)] == [(0, 0), (0, 6), (1, 0), (52, 0)]


def test_a_calendar_that_starts_in_midweek_changes_column_on_monday() -> None:
    cells = calendar({}, date(2026, 11, 24), days=7)  # Wednesday to Tuesday
    assert [cell.week for cell in cells] == [0, 0, 0, 0, 0, 1, 1]


@given(st.dates(date(1, 12, 1)), st.integers(1, 300))
def test_every_day_has_a_place_of_its_own(last: date, days: int) -> None:
    cells = calendar({}, last, days=days)
    assert [cell.day for cell in cells] == [last - n * DAY for n in reversed(range(days))]
    assert len({(cell.week, cell.weekday) for cell in cells}) == days
    assert all(cell.weekday == cell.day.weekday() for cell in cells)


# What comes


def test_the_forecast_counts_due_cards_by_day_and_stage() -> None:
    tomorrow = TODAY + DAY
    cards = [(tomorrow, 1), (tomorrow, 20), (tomorrow, 21), (tomorrow + 2 * DAY, 90), (TODAY, 5), (ago(-40), 5)]
    coming = forecast(cards, tomorrow, days=3)
    assert coming == [Coming(tomorrow, 1, 2), Coming(tomorrow + DAY, 0, 0), Coming(tomorrow + 2 * DAY, 1, 0)]
    assert [day.total for day in coming] == [3, 0, 1]


def test_the_histogram_has_a_bar_for_each_bound_and_one_beyond() -> None:
    bars = histogram(Counter([1, 1, 2, 3, 4, 365, 366, 10**18]))
    assert bars[:3] == [Bar(1, 2), Bar(3, 2), Bar(7, 1)]
    assert bars[-2:] == [Bar(365, 1), Bar(None, 2)]


@given(st.lists(st.integers(0, 1000)))
def test_the_histogram_holds_every_card(intervals: list[int]) -> None:
    assert sum(bar.cards for bar in histogram(Counter(intervals))) == len(intervals)


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_half_the_cards_wait_the_median_or_longer(intervals: list[int]) -> None:
    median = middle(Counter(intervals)) or 0
    assert median in intervals
    assert sum(interval >= median for interval in intervals) * 2 >= len(intervals)
    assert sum(interval > median for interval in intervals) * 2 < len(intervals)


def test_without_cards_there_is_no_median() -> None:
    assert middle({}) is None


# Time


def test_the_median_answer_ignores_what_was_not_measured() -> None:
    assert median_seconds([10_000, None, 30_000, 20_000]) == 20
    assert median_seconds([None]) is None


def test_the_usual_pace_is_that_of_the_middle_day() -> None:
    days = [Totals(cards=10, elapsed_ms=ms) for ms in (100_000, 260_000, 900_000)] + [Totals(cards=5), Totals()]
    assert usual_pace(days) == 26
    assert usual_pace([Totals(cards=5)]) is None


@pytest.mark.parametrize(("cards", "minutes"), [(0, 0), (1, 1), (41, 18)])
def test_minutes_needed(cards: int, minutes: int) -> None:
    assert minutes_needed(cards, 26) == minutes
