"""Which card comes next, and how many."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.queue import Counts, Done, Due, Item, Limits, New, Plan, Waiting, make_plan

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def due(card: int, *, overdue: int = 0, deck: int = 1) -> Due:
    return Due(card, deck, TODAY - timedelta(days=overdue))


def new(card: int, *, deck: int = 1, position: int | None = None) -> New:
    return New(card, deck, deck_order=deck, position=card if position is None else position)


def waiting(card: int, minutes: int, *, deck: int = 1) -> Waiting:
    return Waiting(card, deck, NOW + minutes * MINUTE)


def ids(items: tuple[Item, ...]) -> list[int]:
    return [item.card_id for item in items]


def test_nothing_to_do() -> None:
    plan = make_plan(TODAY)
    assert plan == Plan()
    assert plan.next(NOW) is None
    assert plan.ordered(NOW) == ()


def test_ready_repeats_come_first_then_reviews_then_those_that_wait() -> None:
    plan = make_plan(TODAY, waiting=[waiting(3, 5), waiting(1, -1), waiting(2, -3)], due=[due(9)])
    assert ids(plan.ordered(NOW)) == [2, 1, 9, 3]
    assert ids(plan.waiting_ready(NOW)) == [2, 1]
    assert ids(plan.waiting_later(NOW)) == [3]


def test_a_wait_is_over_at_its_instant() -> None:
    plan = make_plan(TODAY, waiting=[waiting(1, 5)], due=[due(9)])
    assert plan.next(NOW + 5 * MINUTE - timedelta(microseconds=1)) == due(9)
    assert plan.next(NOW + 5 * MINUTE) == waiting(1, 5)


def test_a_waiting_card_comes_early_when_nothing_else_is_left() -> None:
    assert make_plan(TODAY, waiting=[waiting(2, 9), waiting(1, 5)]).next(NOW) == waiting(1, 5)


def test_the_most_overdue_review_comes_first() -> None:
    plan = make_plan(TODAY, due=[due(1), due(2, overdue=9), due(3, overdue=2)])
    assert ids(plan.reviews) == [2, 3, 1]


def test_cards_due_on_one_day_are_mixed_another_way_each_day() -> None:
    cards = [due(n, overdue=3) for n in range(1, 31)]
    orders = [ids(make_plan(TODAY + timedelta(days=n), due=cards).reviews) for n in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == list(range(1, 31))
    assert list(range(1, 31)) not in orders


def test_new_cards_come_in_the_order_of_their_deck() -> None:
    plan = make_plan(TODAY, new=[new(7, position=3), new(9, position=1), new(8, position=2)])
    assert ids(plan.new) == [9, 8, 7]


def test_decks_take_turns_with_their_new_cards() -> None:
    cards = [new(n, deck=deck) for deck in (1, 2, 3) for n in range(deck * 10, deck * 10 + (4, 9, 9)[deck - 1])]
    plan = make_plan(TODAY, new=cards, limits=Limits(new_per_day=10))
    assert ids(plan.new) == [10, 20, 30, 11, 21, 31, 12, 22, 32, 13]
    assert {deck: counts.new for deck, counts in plan.by_deck().items()} == {1: 4, 2: 3, 3: 3}


def test_a_deck_that_had_its_turn_waits_for_the_others() -> None:
    cards = [new(11), new(12), new(20, deck=2), new(21, deck=2)]
    assert ids(make_plan(TODAY, new=cards, done={1: Done(new=1)}).new) == [20, 11, 21, 12]


def test_new_cards_are_spread_evenly_among_the_reviews() -> None:
    plan = make_plan(TODAY, due=[due(n) for n in range(6)], new=[new(100), new(101)])
    assert [isinstance(item, New) for item in plan.mixed] == [False, False, True, False, False, True, False, False]


def test_the_rhythm_of_a_deck_alone_is_its_own() -> None:
    cards, fresh = [due(n) for n in range(6)], [new(100), new(101)]
    elsewhere = {2: Done(new=3, reviews=50)}
    assert make_plan(TODAY, due=cards, new=fresh, done=elsewhere, decks={1}) == make_plan(TODAY, due=cards, new=fresh)


@pytest.mark.parametrize(("done", "left"), [(0, 3), (2, 1), (3, 0), (9, 0)])
def test_the_limit_of_new_cards_is_for_the_day(done: int, left: int) -> None:
    plan = make_plan(TODAY, new=[new(n) for n in range(9)], limits=Limits(new_per_day=3), done={5: Done(new=done)})
    assert plan.counts.new == left


@pytest.mark.parametrize(("done", "left"), [(0, 3), (2, 1), (3, 0), (9, 0)])
def test_the_limit_of_reviews_leaves_the_most_overdue(done: int, left: int) -> None:
    cards = [due(n, overdue=n) for n in range(9)]
    plan = make_plan(TODAY, due=cards, limits=Limits(reviews_per_day=3), done={5: Done(reviews=done)})
    assert ids(plan.reviews) == [8, 7, 6][:left]


def test_no_limit_holds_repeats_back() -> None:
    plan = make_plan(TODAY, waiting=[waiting(1, -1)], limits=Limits(0, 0), done={1: Done(5, 5)})
    assert plan.next(NOW) == waiting(1, -1)


def test_a_deck_alone_brings_what_the_whole_day_counted_for_it() -> None:
    cards = [due(n, overdue=n, deck=n % 2) for n in range(10)]
    fresh = [new(n, deck=n % 2) for n in range(20, 30)]
    held = [waiting(50, 1, deck=0), waiting(51, 1, deck=1)]
    limits = Limits(new_per_day=5, reviews_per_day=5)
    whole = make_plan(TODAY, due=cards, new=fresh, waiting=held, limits=limits)
    alone = make_plan(TODAY, due=cards, new=fresh, waiting=held, limits=limits, decks={1})
    assert whole.counts == Counts(reviews=5, new=5, waiting=2)
    assert alone.counts == whole.by_deck()[1] == alone.by_deck()[1]
    assert alone.counts.total == len(alone.ordered(NOW))
    assert {item.deck_id for item in alone.ordered(NOW)} == {1}


def test_the_defaults_are_twenty_new_cards_and_two_hundred_reviews() -> None:
    plan = make_plan(TODAY, due=[due(n) for n in range(300)], new=[new(n) for n in range(300, 400)])
    assert plan.counts == Counts(reviews=200, new=20, waiting=0)


ID = attrgetter("card_id")
cards = st.integers(1, 10**9)
dues = st.lists(st.builds(due, cards, overdue=st.integers(0, 30), deck=st.integers(1, 4)), max_size=25, unique_by=ID)
news = st.lists(st.builds(new, cards, deck=st.integers(1, 4)), max_size=25, unique_by=ID)
limits_of_a_day = st.builds(Limits, st.integers(0, 30), st.integers(0, 30))


@given(dues, news, limits_of_a_day, st.data())
def test_the_order_cards_are_handed_in_does_not_matter(
    reviews: list[Due], fresh: list[New], limits: Limits, data: st.DataObject
) -> None:
    again = make_plan(
        TODAY, due=data.draw(st.permutations(reviews)), new=data.draw(st.permutations(fresh)), limits=limits
    )
    assert again == make_plan(TODAY, due=reviews, new=fresh, limits=limits)


@given(dues, news, limits_of_a_day)
def test_asking_again_after_each_answer_keeps_the_order(reviews: list[Due], fresh: list[New], limits: Limits) -> None:
    whole = make_plan(TODAY, due=reviews, new=fresh, limits=limits).mixed
    asked: list[Item] = []
    done: Counter[tuple[type, int]] = Counter()
    reviews, fresh = list(reviews), list(fresh)
    while True:
        so_far = {deck: Done(new=done[New, deck], reviews=done[Due, deck]) for deck in range(1, 5)}
        item = make_plan(TODAY, due=reviews, new=fresh, limits=limits, done=so_far).next(NOW)
        if item is None:
            break
        asked.append(item)
        done[type(item), item.deck_id] += 1
        if isinstance(item, Due):
            reviews.remove(item)
        elif isinstance(item, New):
            fresh.remove(item)
    assert asked == list(whole)


@given(dues, news, limits_of_a_day)
def test_mixing_loses_and_invents_nothing(reviews: list[Due], fresh: list[New], limits: Limits) -> None:
    plan = make_plan(TODAY, due=reviews, new=fresh, limits=limits)
    assert [item for item in plan.mixed if isinstance(item, Due)] == list(plan.reviews)
    assert [item for item in plan.mixed if isinstance(item, New)] == list(plan.new)
    assert len(plan.reviews) == min(len(reviews), limits.reviews_per_day)
    assert len(plan.new) == min(len(fresh), limits.new_per_day)


@given(st.integers(0, 200), st.integers(1, 60))
def test_between_two_new_cards_lie_about_equally_many_reviews(reviews: int, fresh: int) -> None:
    plan = make_plan(
        TODAY, due=[due(n) for n in range(reviews)], new=[new(n) for n in range(fresh)], limits=Limits(60, 200)
    )
    runs, run = [], 0
    for item in plan.mixed:
        if isinstance(item, New):
            runs.append(run)
            run = 0
        else:
            run += 1
    runs.append(run)
    assert max(runs) - min(runs) <= 1
