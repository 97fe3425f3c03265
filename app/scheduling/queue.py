"""Which card comes next: orders and caps the cards of a day, handed in as values.

Nothing is remembered between two questions. The same cards, limits and counts give the same order on every machine, and
the order survives asking again after each answer: a card that was answered (or undone) leaves (or takes back) its place.

The order: cards whose wait is over first; then the due cards, most overdue first and those of one day mixed, with the
new cards spread evenly among them, the decks taking turns (a learner may set both otherwise); last the cards that still
wait, which come early rather than end the session with some of them open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeAlias, TypeVar


class Waiting(NamedTuple):
    """A card graded below 4 today that is to be repeated at `repeat_at` (an instant)."""

    card_id: int
    deck_id: int
    repeat_at: datetime


class Due(NamedTuple):
    """A card reviewed before whose due day `due` is today or past, `interval` days after its last review."""

    card_id: int
    deck_id: int
    due: date
    interval: int = 1


class New(NamedTuple):
    """A card never reviewed: the `position`-th of its deck, which is the `deck_order`-th of the learner's."""

    card_id: int
    deck_id: int
    deck_order: int
    position: int


Item: TypeAlias = Waiting | Due | New
AnyItem = TypeVar("AnyItem", Waiting, Due, New)


class NewOrder(StrEnum):
    """When new cards come."""

    MIXED = "mixed"
    """Spread evenly among the reviews."""
    FIRST = "first"
    LAST = "last"


class ReviewOrder(StrEnum):
    """In which order due cards come."""

    OVERDUE = "overdue"
    """The longest overdue first; those due on one day mixed."""
    RANDOM = "random"
    """Mixed anew each day, the same way on every device. A limit leaves the longest overdue all the same."""
    RELATIVE = "relative"
    """Those first that are overdue by the most of their interval: they are the likeliest to be forgotten."""


class Kind(StrEnum):
    """What alone of a day may be studied. Cards that wait to be repeated come either way."""

    NEW = "new"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Order:
    """How a learner wants a day's cards."""

    new: NewOrder = NewOrder.MIXED
    reviews: ReviewOrder = ReviewOrder.OVERDUE


class DeckLimits(NamedTuple):
    """How many cards a day a deck may bring at most; None: only the limits of the whole day hold."""

    new: int | None = None
    reviews: int | None = None

    def raised(self, new: int, reviews: int) -> DeckLimits:
        """These for a day that may bring so many cards more; a deck that is to bring none brings none."""
        return DeckLimits(
            self.new + new if self.new else self.new, self.reviews + reviews if self.reviews else self.reviews
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How many cards a day: new ones introduced, and first reviews of due ones. Repeats have no limit.

    `decks` narrows that for single decks, by their id.
    """

    new_per_day: int = 20
    reviews_per_day: int = 200
    decks: Mapping[int, DeckLimits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done today in one deck: new cards introduced, and first reviews of due cards (no repeats)."""

    new: int = 0
    reviews: int = 0

    def of(self, kind: Kind | None) -> int:
        """How many cards that are, of one kind or (None) of both."""
        return (0 if kind is Kind.DUE else self.new) + (0 if kind is Kind.NEW else self.reviews)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cards of a plan are due reviews, new, and waiting to be repeated."""

    reviews: int = 0
    new: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.reviews + self.new + self.waiting

    def without(self, part: Counts) -> Counts:
        """What is left of these besides `part`."""
        rest = (self.reviews - part.reviews, self.new - part.new, self.waiting - part.waiting)
        return Counts(*(max(0, one) for one in rest))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to study today.

    `reviews`, `new`: within the limits, each in its order. `waiting`: to be repeated, earliest first. `so_far` is what
    was done of the day already, which `new_order` counts in. `more_reviews`: so many reviews come after `reviews` that
    only their number is known of; the cards of such a plan are known in order as far as those come.
    """

    reviews: tuple[Due, ...] = ()
    new: tuple[New, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    so_far: Done = Done()
    new_order: NewOrder = NewOrder.MIXED
    more_reviews: int = 0

    @property
    def counts(self) -> Counts:
        """How much is left."""
        return Counts(self._all_reviews, len(self.new), len(self.waiting))

    @property
    def _all_reviews(self) -> int:
        return len(self.reviews) + self.more_reviews

    def only(self, kind: Kind | None) -> Plan:
        """Its part with the cards of one kind, and those that wait; None: all of it."""
        if kind is None:
            return self
        return replace(self, new=()) if kind is Kind.DUE else replace(self, reviews=(), more_reviews=0)

    def by_deck(self) -> dict[int, Counts]:
        """How much is left in each deck, by deck id; decks without cards in the plan are left out."""
        reviews, new, waiting = (Counter(i.deck_id for i in items) for items in (self.reviews, self.new, self.waiting))
        return {deck: Counts(reviews[deck], new[deck], waiting[deck]) for deck in sorted({*reviews, *new, *waiting})}

    @property
    def mixed(self) -> tuple[Due | New, ...]:
        """Reviews and new cards as they will be asked."""
        return tuple(self._mixing())

    def _mixing(self) -> Iterator[Due | New]:
        r = n = 0
        while r < len(self.reviews) or n < len(self.new):
            if self._new_is_next(r, n):
                yield self.new[n]
                n += 1
            elif r == len(self.reviews):
                return
            else:
                yield self.reviews[r]
                r += 1

    def waiting_ready(self, now: datetime) -> tuple[Waiting, ...]:
        """The cards whose wait is over at `now`, the one that has waited longest first."""
        return tuple(item for item in self.waiting if item.repeat_at <= now)

    def waiting_later(self, now: datetime) -> tuple[Waiting, ...]:
        """The cards that still wait at `now`, the next one first."""
        return tuple(item for item in self.waiting if item.repeat_at > now)

    def ordered(self, now: datetime) -> tuple[Item, ...]:
        """Every card of the plan in the order it would be asked if time stood still at `now`."""
        return tuple(self.in_order(now))

    def in_order(self, now: datetime) -> Iterator[Item]:
        """`ordered`, one card after the other, for who looks at the first ones alone."""
        yield from self.waiting_ready(now)
        yield from self._mixing()
        if not self.more_reviews:
            yield from self.waiting_later(now)

    def next(self, now: datetime, last: int | None = None) -> Item | None:
        """The card to ask at `now`; None when nothing is left today.

        `last` is the card answered just before: before its wait is over it does not come straight back while another
        one is left.
        """
        if self.waiting and self.waiting[0].repeat_at <= now:
            return self.waiting[0]
        if self.reviews or self.new:
            return self.new[0] if self._new_is_next(0, 0) else self.reviews[0]
        return next((item for item in self.waiting if item.card_id != last), self.waiting[0] if self.waiting else None)

    def _new_is_next(self, r: int, n: int) -> bool:
        """Whether a new card comes next when `r` reviews and `n` new cards of the plan have been asked.

        Mixed is counted over the whole day: the k-th of n new cards comes after k/(n+1) of all reviews, those done
        included, so that asking again after each answer keeps the rhythm.
        """
        if n == len(self.new) or r == self._all_reviews:
            return n < len(self.new)
        if self.new_order is not NewOrder.MIXED:
            return self.new_order is NewOrder.FIRST
        all_reviews, all_new = self.so_far.reviews + self._all_reviews, self.so_far.new + len(self.new)
        return (self.so_far.reviews + r) * (all_new + 1) >= (self.so_far.new + n + 1) * all_reviews


def make_plan(
    study_day: date,
    *,
    waiting: Iterable[Waiting] = (),
    due: Iterable[Due] = (),
    more_due: int = 0,
    new: Iterable[New] = (),
    limits: Limits = Limits(),
    order: Order = Order(),
    done: Mapping[int, Done] | None = None,
    decks: Collection[int] | None = None,
    learner: int = 0,
) -> Plan:
    """The plan of `study_day`. What is mixed is mixed anew for each day and `learner`.

    `due` and `new` are all candidates of all decks (of new cards, the first `new_per_day` of each deck are enough; of
    due ones, as many of the longest overdue as the limits leave); `done` says by deck id what was done today already and
    counts against the limits. The limits hold for the day, not for what is studied of it: `decks` (None: all) picks
    from what they leave, so that a deck studied alone brings what the plan of the whole day counted for it. Besides
    `due` there may be `more_due` cards, each due on a later day than those, and all within the limits.
    """
    done = done or {}
    held = sorted(waiting, key=lambda item: (item.repeat_at, item.card_id))
    waits = {item.card_id for item in held}
    overdue = [item for item in due if item.card_id not in waits] if waits else [*due]
    reviews = _reviews(study_day, overdue, limits, order.reviews, done, _salt(study_day, learner))
    fresh = _in_turns(new, limits, done)
    if decks is not None:
        reviews, fresh, held = _of(reviews, decks), _of(fresh, decks), _of(held, decks)
    so_far = [one for deck, one in done.items() if decks is None or deck in decks]
    start = Done(new=sum(one.new for one in so_far), reviews=sum(one.reviews for one in so_far))
    return Plan(tuple(reviews), tuple(fresh), tuple(held), start, order.new, more_due)


def _of(items: list[AnyItem], decks: Collection[int]) -> list[AnyItem]:
    """The items of these decks."""
    return [one for one in items if one.deck_id in decks]


def _reviews(
    study_day: date, due: list[Due], limits: Limits, order: ReviewOrder, done: Mapping[int, Done], salt: int
) -> list[Due]:
    """The reviews that the limits leave, in their order."""
    if order is ReviewOrder.RELATIVE:
        due.sort(key=lambda item: (_share_overdue(item, study_day), item.due, item.card_id))
    else:
        due.sort(key=_BY_DAY_AND_CARD)
    picked = _within(due, limits.reviews_per_day, _left_in_decks(limits, done, "reviews"), done, "reviews")
    scattered = _scattering(salt)
    if order is ReviewOrder.OVERDUE:
        return [item for _, of_day in groupby(picked, key=_BY_DAY) for item in sorted(of_day, key=scattered)]
    if order is ReviewOrder.RANDOM:
        picked.sort(key=scattered)
    return picked


def _share_overdue(item: Due, study_day: date) -> float:
    """How overdue a card is, as a share of its interval; negative, so that the most overdue sorts first."""
    return -((study_day - item.due).days + 1) / max(item.interval, 1)


def _in_turns(new: Iterable[New], limits: Limits, done: Mapping[int, Done]) -> list[New]:
    """New cards, the decks taking turns; a deck that had its turn today already waits for the others."""
    turn = {deck: one.new for deck, one in done.items()}
    placed: list[tuple[int, int, New]] = []
    for item in sorted(new, key=_BY_DECK):
        place = turn.get(item.deck_id, 0)
        turn[item.deck_id] = place + 1
        placed.append((place, len(placed), item))
    placed.sort()  # no two of them have the same second number
    in_turns = [item for _, _, item in placed]
    return _within(in_turns, limits.new_per_day, _left_in_decks(limits, done, "new"), done, "new")


def _left_in_decks(limits: Limits, done: Mapping[int, Done], what: str) -> dict[int, int]:
    """What the decks with a limit of their own may still bring today, by deck id."""
    none = Done()
    most = {deck: getattr(own, what) for deck, own in limits.decks.items()}
    return {deck: n - getattr(done.get(deck, none), what) for deck, n in most.items() if n is not None}


def _within(
    items: list[AnyItem], a_day: int, decks: dict[int, int], done: Mapping[int, Done], what: str
) -> list[AnyItem]:
    """The first of `items` that the limit of the day and those of their decks leave."""
    left = max(0, a_day - sum(getattr(one, what) for one in done.values()))
    if not decks:
        return items[:left]
    kept: list[AnyItem] = []
    for item in items:
        if len(kept) == left:
            break
        in_deck = decks.get(item.deck_id, 1)
        if in_deck > 0:
            kept.append(item)
            if item.deck_id in decks:
                decks[item.deck_id] = in_deck - 1
    return kept


_MASK = 0xFFFF_FFFF_FFFF_FFFF


def _salt(study_day: date, learner: int) -> int:
    """A number of the day and learner, far from its neighbours': the mixing of SplitMix64 (Steele, Lea, Flood 2014)."""
    z = (study_day.toordinal() + (learner << 24)) * 0x9E37_79B9_7F4A_7C15 & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
    return z ^ (z >> 31)


_BY_DAY = itemgetter(2)
_BY_DAY_AND_CARD = itemgetter(2, 0)
_BY_DECK = attrgetter("deck_order", "deck_id", "position", "card_id")


def _scattering(salt: int) -> Callable[[Due], int]:
    """A place for each card that puts them in another order each day, so that neighbours are no hint; no two share one.

    Multiplying by an odd number and adding are one-to-one in 64 bits, and the same on every machine.
    """

    def scattered(item: Due) -> int:
        z = (item[0] + salt) * 0xBF58_476D_1CE4_E5B9 & _MASK
        return (z ^ z >> 29) * 0x94D0_49BB_1331_11EB & _MASK

    return scattered
