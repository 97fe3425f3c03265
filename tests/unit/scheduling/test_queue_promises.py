"""What the queue promises a learner, whatever their cards, limits, order and scope."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.queue import (
    DeckLimits,
    Done,
    Due,
    Item,
    Kind,
    Limits,
    New,
    NewOrder,
    Order,
    Plan,
    ReviewOrder,
    Waiting,
    make_plan,
)
from app.scheduling.steps import steps_named, wait

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DECKS = (1, 2, 3)
DAY = timedelta(days=1)
fewer = settings(max_examples=60)


@dataclass
class Desk:
    """A learner's day: cards, what was done of it, and how they want it."""

    waiting: list[Waiting]
    due: list[Due]
    new: list[New]
    limits: Limits
    order: Order
    done: dict[int, Done]
    decks: set[int] | None
    learner: int = 1
    asked: list[int] = field(default_factory=list)

    def plan(self, more_due: int = 0) -> Plan:
        return make_plan(
            TODAY,
            waiting=self.waiting,
            due=self.due,
            more_due=more_due,
            new=self.new,
            limits=self.limits,
            order=self.order,
            done=self.done,
            decks=self.decks,
            learner=self.learner,
        )

    def left(self, what: str, deck: int | None = None) -> int:
        """How many cards the limit of the day, or of a deck, leaves."""
        done: int = sum(getattr(one, what) for of, one in self.done.items() if deck in (None, of))
        if deck is None:
            a_day: int = getattr(self.limits, f"{what}_per_day")
            return max(0, a_day - done)
        own: int | None = getattr(self.limits.decks.get(deck, DeckLimits()), what)
        return 1_000_000 if own is None else max(0, own - done)


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    ids = draw(st.lists(st.integers(1, 10**6), max_size=30, unique=True))
    kinds = draw(st.lists(st.sampled_from((Waiting, Due, New)), min_size=len(ids), max_size=len(ids)))
    desk = Desk([], [], [], draw(limits), draw(orders), draw(dones), draw(st.none() | st.sets(st.sampled_from(DECKS))))
    for card, kind in zip(ids, kinds, strict=True):
        deck = draw(st.sampled_from(DECKS))
        if kind is Waiting:
            desk.waiting.append(Waiting(card, deck, NOW + timedelta(minutes=draw(st.integers(-30, 30)))))
        elif kind is Due:
            desk.due.append(Due(card, deck, TODAY - draw(st.integers(0, 20)) * DAY, draw(st.integers(1, 60))))
        else:
            desk.new.append(New(card, deck, deck, draw(st.integers(0, 99))))
    return desk


a_limit = st.integers(0, 12)
limits = st.builds(
    Limits,
    a_limit,
    a_limit,
    st.dictionaries(st.sampled_from(DECKS), st.builds(DeckLimits, st.none() | a_limit, st.none() | a_limit)),
)
orders = st.builds(Order, st.sampled_from(NewOrder), st.sampled_from(ReviewOrder))
dones = st.dictionaries(st.sampled_from(DECKS), st.builds(Done, st.integers(0, 5), st.integers(0, 5)))


def ids(items: Iterable[Item]) -> list[int]:
    return [item.card_id for item in items]


@given(desks(), st.data())
def test_no_card_comes_twice_even_where_one_is_due_and_waits(desk: Desk, data: st.DataObject) -> None:
    for item in desk.waiting[: data.draw(st.integers(0, 3))]:
        desk.due.append(Due(item.card_id, item.deck_id, TODAY))
    asked = ids(desk.plan().ordered(NOW))
    assert len(set(asked)) == len(asked)


@given(desks())
def test_no_limit_is_passed_and_none_is_left_unused(desk: Desk) -> None:
    desk.decks = None
    plan = desk.plan()
    for what, kept, candidates in (("reviews", plan.reviews, desk.due), ("new", plan.new, desk.new)):
        in_deck, there = (Counter(item.deck_id for item in items) for items in (kept, candidates))
        assert all(in_deck[deck] <= desk.left(what, deck) for deck in DECKS)
        assert len(kept) == min(desk.left(what), sum(min(there[deck], desk.left(what, deck)) for deck in DECKS))


@given(desks(), st.integers(0, 9), st.integers(0, 9))
def test_a_little_more_brings_that_many_more_where_there_are_any(desk: Desk, new: int, reviews: int) -> None:
    desk.decks = None
    before = desk.plan().counts
    own = {deck: limit.raised(new, reviews) for deck, limit in desk.limits.decks.items()}
    desk.limits = Limits(desk.limits.new_per_day + new, desk.limits.reviews_per_day + reviews, own)
    after = desk.plan().counts
    assert 0 <= after.new - before.new <= new
    assert 0 <= after.reviews - before.reviews <= reviews
    assert after.waiting == before.waiting


@given(desks())
def test_a_scope_brings_its_part_of_the_day_in_the_order_of_the_day(desk: Desk) -> None:
    part, desk.decks = desk.decks or {1}, None
    whole = desk.plan()
    desk.decks = part
    alone = desk.plan()
    for name in ("reviews", "new", "waiting"):
        assert list(getattr(alone, name)) == [item for item in getattr(whole, name) if item.deck_id in part]


@given(desks())
def test_one_kind_alone_is_its_part_of_the_plan_of_both(desk: Desk) -> None:
    both = desk.plan()
    new, due = both.only(Kind.NEW), both.only(Kind.DUE)
    assert not any(isinstance(item, Due) for item in new.ordered(NOW))
    assert not any(isinstance(item, New) for item in due.ordered(NOW))
    assert (new.new, due.reviews) == (both.new, both.reviews)
    assert new.waiting == due.waiting == both.waiting
    assert {*new.ordered(NOW), *due.ordered(NOW)} == {*both.ordered(NOW)}
    for part in (new, due):
        asked = part.ordered(NOW)
        assert asked == tuple(item for item in both.ordered(NOW) if item in asked)
        assert part.next(NOW) == (asked[0] if asked else None)


@given(desks())
def test_cards_come_in_the_order_that_was_set(desk: Desk) -> None:
    plan = desk.plan()
    if desk.order.reviews is ReviewOrder.OVERDUE:
        assert all(one.due <= after.due for one, after in pairwise(plan.reviews))
    elif desk.order.reviews is ReviewOrder.RELATIVE:
        shares = [((TODAY - one.due).days + 1) / one.interval for one in plan.reviews]
        assert shares == sorted(shares, reverse=True)
    kinds = [type(item) for item in plan.mixed]
    if desk.order.new is not NewOrder.MIXED:
        first = New if desk.order.new is NewOrder.FIRST else Due
        assert kinds == sorted(kinds, key=lambda kind: kind is not first)
    for deck in DECKS:
        places = [item.position for item in plan.new if item.deck_id == deck]
        assert places == sorted(places)
    ready, later = plan.waiting_ready(NOW), plan.waiting_later(NOW)
    assert plan.ordered(NOW) == (*ready, *plan.mixed, *later)
    waits = [item.repeat_at for item in (*ready, *later)]
    assert waits == sorted(waits)


@given(desks())
def test_a_limit_leaves_the_cards_the_learner_would_want_most(desk: Desk) -> None:
    desk.decks, desk.limits = None, Limits(desk.limits.new_per_day, desk.limits.reviews_per_day)
    kept = desk.plan().reviews
    out = set(desk.due) - set(kept)

    def loss(item: Due) -> float:
        days = (TODAY - item.due).days
        return (days + 1) / item.interval if desk.order.reviews is ReviewOrder.RELATIVE else days

    assert max(map(loss, out), default=0) <= min(map(loss, kept), default=10**6)


@given(desks(), st.randoms(use_true_random=False))
def test_random_is_the_same_on_every_device_and_another_for_every_learner(desk: Desk, chance: object) -> None:
    desk.order = Order(desk.order.new, ReviewOrder.RANDOM)
    here = desk.plan()
    chance.shuffle(desk.due)  # type: ignore[attr-defined]
    assert desk.plan() == here
    desk.learner = 2
    assert sorted(desk.plan().reviews) == sorted(here.reviews)


def test_random_does_differ_by_learner_and_by_day() -> None:
    due = [Due(card, 1, TODAY - 3 * DAY) for card in range(1, 31)]
    order = Order(reviews=ReviewOrder.RANDOM)
    plans = [make_plan(day, due=due, order=order, learner=n) for day in (TODAY, TODAY + DAY) for n in (1, 2, 3)]
    assert len({plan.reviews for plan in plans}) == len(plans)


@fewer
@given(desks(), st.data())
def test_a_session_asks_each_card_in_its_time_and_comes_to_an_end(desk: Desk, data: st.DataObject) -> None:
    """Cards are asked, failed, waited for and known, with the learner now quick and now away."""
    steps = steps_named(data.draw(st.sampled_from(("10m", "1m 10m", "2h"))))
    now, last, firsts = NOW, None, Counter[type]()
    left = {"reviews": desk.left("reviews"), "new": desk.left("new")}
    for turn in range(200):
        plan = desk.plan()
        item = plan.next(now, last)
        if item is None:
            assert plan.counts.total == 0
            break
        ready = plan.waiting_ready(now)
        if isinstance(item, Waiting):
            assert item == ready[0] if ready else not plan.mixed, "early only when nothing else is left"
        else:
            assert not ready
            assert item == plan.mixed[0]
            firsts[type(item)] += 1
        assert item.card_id != last or item in ready or plan.counts.total == 1, "not straight back"
        answer(desk, item, known=turn > 60 or data.draw(st.booleans()), at=now + wait(steps, turn % 3))
        last = item.card_id
        now += timedelta(seconds=data.draw(st.sampled_from((5, 40, 900))))
    else:
        raise AssertionError("the session does not end")
    assert firsts[Due] <= left["reviews"]
    assert firsts[New] <= left["new"]


def answer(desk: Desk, item: Item, *, known: bool, at: datetime) -> None:
    """The card leaves its place; a card that was not known waits until `at`."""
    done = desk.done.get(item.deck_id, Done())
    if isinstance(item, Waiting):
        desk.waiting.remove(item)
    elif isinstance(item, Due):
        desk.due.remove(item)
        desk.done[item.deck_id] = Done(done.new, done.reviews + 1)
    else:
        desk.new.remove(item)
        desk.done[item.deck_id] = Done(done.new + 1, done.reviews)
    if not known:
        desk.waiting.append(Waiting(item.card_id, item.deck_id, at))


@given(desks(), st.integers(1, 9))
def test_the_first_cards_alone_come_as_those_of_the_whole_plan_do(desk: Desk, first: int) -> None:
    desk.decks, desk.order = None, Order(desk.order.new)
    desk.limits = Limits(desk.limits.new_per_day, desk.limits.reviews_per_day)
    whole = desk.plan()
    overdue = sorted(desk.due, key=lambda item: (item.due, item.card_id))[: desk.left("reviews")]
    desk.due = [item for item in overdue if item.due <= overdue[:first][-1].due]
    part = desk.plan(more_due=len(overdue) - len(desk.due))
    for kind in (None, *Kind):
        few, every = part.only(kind), whole.only(kind)
        known = few.ordered(NOW)
        assert few.counts == every.counts
        assert known == every.ordered(NOW)[: len(known)]
        assert few.next(NOW) == every.next(NOW)
        assert len(known) >= min(first, every.counts.total)
