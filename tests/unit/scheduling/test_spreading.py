"""A backlog in portions: every card once, the most urgent first, easy days less, none in a holiday."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.balance import FULL, Holiday, Wishes
from app.scheduling.spreading import MOST_DAYS, Overdue, by_urgency, days_for, portions, spread

MONDAY = date(2026, 3, 9)
DAY = timedelta(days=1)

weekdays = st.tuples(*[st.integers(0, FULL)] * 7)
holidays = st.builds(
    lambda start, days: Holiday(MONDAY + start * DAY, MONDAY + (start + days) * DAY),
    st.integers(-3, 20),
    st.integers(0, 20),
)
wishes = st.builds(Wishes, st.booleans(), weekdays, st.none() | holidays)
backlogs = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 300)), max_size=80).map(
    lambda cards: [Overdue(n, MONDAY - late * DAY, interval) for n, (late, interval) in enumerate(cards)]
)


@settings(max_examples=60)
@given(backlogs, st.integers(2, MOST_DAYS), wishes)
def test_every_card_gets_one_day_and_the_urgent_ones_the_first(cards: list[Overdue], days: int, wishes: Wishes) -> None:
    found = spread(cards, days, MONDAY, wishes)
    assert set(found) == {card.card_id for card in cards}
    order = [found[card.card_id] for card in by_urgency(cards, MONDAY)]
    assert order == sorted(order)
    assert all(day >= MONDAY for day in order)
    assert wishes.holiday is None or not any(day in wishes.holiday for day in order)
    assert len(set(order)) <= days


@settings(max_examples=60)
@given(st.integers(0, 5000), st.integers(1, MOST_DAYS), wishes)
def test_portions_are_whole_even_and_by_weight(cards: int, days: int, wishes: Wishes) -> None:
    found = portions(cards, days, MONDAY, wishes)
    assert sum(number for _, number in found) == cards
    assert len(found) == days
    shares: dict[int, list[int]] = {}
    for day, number in found:
        shares.setdefault(wishes.weight(day), []).append(number)
    assert all(max(numbers) - min(numbers) <= 1 for numbers in shares.values())
    if len(shares) > 1:
        assert max(shares.get(0, [0])) == 0


def test_half_days_take_half() -> None:
    found = dict(portions(312, 14, MONDAY, Wishes(weekdays=(2, 2, 2, 2, 2, 2, 1))))
    assert {found[MONDAY + n * DAY] for n in (6, 13)} == {12}
    assert Counter(found.values())[24] == 12


def test_most_urgent_is_what_is_overdue_by_the_most_of_its_interval() -> None:
    short, long = Overdue(1, MONDAY - 5 * DAY, 3), Overdue(2, MONDAY - 20 * DAY, 200)
    assert by_urgency([long, short], MONDAY) == [short, long]


def test_a_comfortable_number_of_days_keeps_every_day_below_the_limit() -> None:
    planned = {MONDAY + n * DAY: 10 for n in range(100)}
    days = days_for(300, MONDAY, planned, 35)
    assert days == 12
    assert all(10 + number <= 35 for _, number in portions(300, days, MONDAY))
    assert days_for(10**6, MONDAY, planned, 35) == MOST_DAYS
