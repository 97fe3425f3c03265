"""Days near the scheduler's: within the window, the same when asked again, lighter on easy days, past a holiday."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.scheduling import balance
from app.scheduling.balance import FULL, Holiday, Wishes, chosen, reach, window
from app.scheduling.sm2 import MAX_DUE_DAYS, review
from app.scheduling.state import GRADES, MAX_INTERVAL, Grade, MemoryState

TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)

states = st.builds(
    lambda ease, repetitions, interval, lapses: MemoryState(
        ease, repetitions, interval if repetitions else 0, TODAY if repetitions else None, lapses
    ),
    st.integers(130, 400),
    st.integers(0, 12),
    st.one_of(st.integers(1, 400), st.integers(1, MAX_INTERVAL)),
    st.integers(0, 20),
)
weekdays = st.tuples(*[st.integers(0, FULL)] * 7)
holidays = st.builds(
    lambda start, days: Holiday(TODAY + start * DAY, TODAY + (start + days) * DAY),
    st.integers(-5, 60),
    st.integers(0, 40),
)
wishes = st.builds(Wishes, st.booleans(), weekdays, st.none() | holidays)
loads = st.dictionaries(st.integers(1, 60).map(lambda n: TODAY + n * DAY), st.integers(0, 300), max_size=20)


def learned(interval: int, repetitions: int = 3) -> MemoryState:
    return MemoryState(250, repetitions, interval, TODAY, 0)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [(1, (1, 1)), (2, (2, 2)), (3, (2, 4)), (7, (5, 9)), (20, (17, 23)), (100, (93, 107)), (5000, (4970, 5030))],
)
def test_windows_are_small(interval: int, expected: tuple[int, int]) -> None:
    assert window(interval) == expected


@settings(max_examples=60)
@given(states, wishes, loads, st.integers(1, 10**6))
def test_days_are_within_the_window_and_never_before_tomorrow(
    state: MemoryState, wishes: Wishes, load: dict[date, int], card: int
) -> None:
    found = chosen(state, TODAY, wishes, load=load, seed=(1, card))
    assert set(found) == set(GRADES)
    for grade, day in found.items():
        after = review(state, grade, TODAY)
        assert after.due is not None
        assert TODAY < day <= TODAY + MAX_DUE_DAYS * DAY
        if wishes.holiday is not None:
            assert day not in wishes.holiday
        else:
            least, most = window(after.interval) if after.interval < MAX_DUE_DAYS - 30 else (0, 0)
            assert day == after.due or TODAY + least * DAY <= day <= TODAY + most * DAY
    if not wishes.any:
        assert found == {grade: review(state, grade, TODAY).due for grade in GRADES}


@settings(max_examples=60)
@given(states, wishes, loads, st.integers(1, 10**6))
def test_the_same_is_chosen_again_and_better_grades_never_come_back_earlier(
    state: MemoryState, wishes: Wishes, load: dict[date, int], card: int
) -> None:
    found = chosen(state, TODAY, wishes, load=load, seed=(1, card))
    assert chosen(state, TODAY, wishes, load=dict(load), seed=(1, card)) == found
    assert found[Grade(3)] <= found[Grade(4)] <= found[Grade(5)]


@settings(max_examples=60)
@given(states, loads)
def test_the_load_is_asked_of_every_day_that_can_be_chosen(state: MemoryState, load: dict[date, int]) -> None:
    days = reach(state, TODAY)
    found = chosen(state, TODAY, Wishes(balance=True), load=load, seed=(1, 1)).items()
    moved = [day for grade, day in found if day != review(state, grade, TODAY).due]
    assume(moved)
    assert days is not None
    assert days[0] <= min(moved) <= max(moved) <= days[1]


def spread(wishes: Wishes, cards: int = 3000) -> Counter[int]:
    """So many cards with an interval of about ten days, answered one a day and each counted when the next is placed."""
    weekday: Counter[int] = Counter()
    load: Counter[date] = Counter()
    for card in range(cards):
        day = chosen(learned(12), TODAY + (card % 28) * DAY, wishes, load=load, seed=(7, card))[Grade(4)]
        load[day] += 1
        weekday[day.weekday()] += 1
    return weekday


@pytest.mark.parametrize("even", [True, False])
def test_in_the_long_run_an_easy_day_takes_its_share(even: bool) -> None:
    found = spread(Wishes(even, (2, 2, 2, 2, 2, 0, 1)))
    full = sum(found[day] for day in range(5)) / 5
    assert found[5] == 0
    assert 0.35 * full < found[6] < 0.65 * full


def test_balancing_fills_the_emptiest_days() -> None:
    heavy = {TODAY + n * DAY: 200 for n in range(1, 60) if n % 2}
    days = [
        chosen(learned(12), TODAY, Wishes(balance=True), load=heavy, seed=(1, card))[Grade(4)] for card in range(200)
    ]
    assert all(day not in heavy for day in days)


def test_where_every_day_of_the_window_is_to_be_spared_one_is_taken() -> None:
    found = chosen(learned(12), TODAY, Wishes(weekdays=(0,) * 7), load={}, seed=(1, 1))
    assert found[Grade(4)] > TODAY


def test_after_a_holiday_cards_come_back_in_portions() -> None:
    away = Holiday(TODAY + DAY, TODAY + 14 * DAY)
    days = Counter(
        chosen(MemoryState.new(), TODAY, Wishes(holiday=away), load={}, seed=(1, card))[Grade(4)] for card in range(700)
    )
    assert min(days) == away.last + DAY
    assert len(days) == 7
    assert max(days.values()) < 150


@settings(max_examples=20)
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_chance_differs_from_card_to_card(one: int, other: int) -> None:
    assume(one != other)
    assert balance.chance_of(1, one) != balance.chance_of(1, other)
