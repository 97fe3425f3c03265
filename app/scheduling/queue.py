"""Which card comes next: orders and caps the cards of a day, handed in as values.

Nothing is remembered between two questions. The same cards, limits and counts give the same order on every machine, and
the order survives asking again after each answer: a card that was answered (or undone) leaves (or takes back) its place.

The order: cards whose wait is over first; then the due cards, most overdue first and those of one day mixed, with the
new cards spread evenly among them, the decks taking turns; last the cards that still wait, which come early rather than
end the session with some of them open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Waiting:
    """A card graded below 4 today that is to be repeated at `repeat_at` (an instant)."""

    card_id: int
    deck_id: int
    repeat_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A card reviewed before whose due day `due` is today or past."""

    card_id: int
    deck_id: int
    due: date


@dataclass(frozen=True, slots=True)
class New:
    """A card never reviewed: the `position`-th of its deck, which is the `deck_order`-th of the learner's."""

    card_id: int
    deck_id: int
    deck_order: int
    position: int


Item: TypeAlias = Waiting | Due | New


@dataclass(frozen=True, slots=True)
class Limits:
    """How many cards a day: new ones introduced, and first reviews of due ones. Repeats have no limit."""

    new_per_day: int = 20
    reviews_per_day: int = 200


@dataclass(frozen=True, slots=True)
class Done:
    """What was done today in one deck: new cards introduced, and first reviews of due cards (no repeats)."""

    new: int = 0
    reviews: int = 0


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to study today.

    `reviews`, `new`: within the limits, each in its order. `waiting`: to be repeated, earliest first. `mixed`: reviews
    and new cards as they will be asked.
    """

    reviews: tuple[Due, ...] = ()
    new: tuple[New, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    mixed: tuple[Due | New, ...] = ()

    @property
    def counts(self) -> Counts:
        """How much is left."""
        return Counts(len(self.reviews), len(self.new), len(self.waiting))

    def by_deck(self) -> dict[int, Counts]:
        """How much is left in each deck, by deck id; decks without cards in the plan are left out."""
        reviews, new, waiting = (Counter(i.deck_id for i in items) for items in (self.reviews, self.new, self.waiting))
        return {deck: Counts(reviews[deck], new[deck], waiting[deck]) for deck in sorted({*reviews, *new, *waiting})}

    def waiting_ready(self, now: datetime) -> tuple[Waiting, ...]:
        """The cards whose wait is over at `now`, the one that has waited longest first."""
        return tuple(item for item in self.waiting if item.repeat_at <= now)

    def waiting_later(self, now: datetime) -> tuple[Waiting, ...]:
        """The cards that still wait at `now`, the next one first."""
        return tuple(item for item in self.waiting if item.repeat_at > now)

    def ordered(self, now: datetime) -> tuple[Item, ...]:
        """Every card of the plan in the order it would be asked if time stood still at `now`."""
        return (*self.waiting_ready(now), *self.mixed, *self.waiting_later(now))

    def next(self, now: datetime) -> Item | None:
        """The card to ask at `now`; None when nothing is left today."""
        if self.waiting and (self.waiting[0].repeat_at <= now or not self.mixed):
            return self.waiting[0]
        return self.mixed[0] if self.mixed else None


def make_plan(
    study_day: date,
    *,
    waiting: Iterable[Waiting] = (),
    due: Iterable[Due] = (),
    new: Iterable[New] = (),
    limits: Limits = Limits(),
    done: Mapping[int, Done] | None = None,
    decks: Collection[int] | None = None,
) -> Plan:
    """The plan of `study_day`.

    `due` and `new` are all candidates of all decks (of new cards, the first `new_per_day` of each deck are enough);
    `done` says by deck id what was done today already and counts against the limits. The limits hold for the day, not
    for a deck: `decks` (None: all) picks from what they leave, so that a deck studied alone brings what the plan of the
    whole day counted for it.
    """
    done = done or {}
    reviews_left = max(0, limits.reviews_per_day - sum(one.reviews for one in done.values()))
    new_left = max(0, limits.new_per_day - sum(one.new for one in done.values()))
    reviews = sorted(due, key=lambda item: (item.due, _scatter(item.card_id, study_day), item.card_id))[:reviews_left]
    fresh = _in_turns(new, done)[:new_left]
    held = sorted(waiting, key=lambda item: (item.repeat_at, item.card_id))
    if decks is not None:
        reviews = [item for item in reviews if item.deck_id in decks]
        fresh = [item for item in fresh if item.deck_id in decks]
        held = [item for item in held if item.deck_id in decks]
    so_far = [one for deck, one in done.items() if decks is None or deck in decks]
    start = Done(new=sum(one.new for one in so_far), reviews=sum(one.reviews for one in so_far))
    return Plan(tuple(reviews), tuple(fresh), tuple(held), tuple(_mixed(reviews, fresh, start)))


def _in_turns(new: Iterable[New], done: Mapping[int, Done]) -> list[New]:
    """New cards, the decks taking turns; a deck that had its turn today already waits for the others."""
    turn = {deck: one.new for deck, one in done.items()}
    placed: list[tuple[int, int, New]] = []
    for item in sorted(new, key=lambda item: (item.deck_order, item.deck_id, item.position, item.card_id)):
        place = turn.get(item.deck_id, 0)
        turn[item.deck_id] = place + 1
        placed.append((place, len(placed), item))
    return [item for _, _, item in sorted(placed, key=lambda one: one[:2])]


def _mixed(reviews: Sequence[Due], new: Sequence[New], so_far: Done) -> Iterable[Due | New]:
    """Reviews with the new cards spread evenly among them.

    Counted over the whole day: the k-th of n new cards comes after k/(n+1) of all reviews, those done included, so that
    asking again after each answer keeps the rhythm.
    """
    all_reviews, all_new = so_far.reviews + len(reviews), so_far.new + len(new)
    r = n = 0
    while r < len(reviews) or n < len(new):
        its_turn = (so_far.reviews + r) * (all_new + 1) >= (so_far.new + n + 1) * all_reviews
        if n < len(new) and (its_turn or r == len(reviews)):
            yield new[n]
            n += 1
        else:
            yield reviews[r]
            r += 1


def _scatter(card_id: int, study_day: date) -> int:
    """A number that puts the cards due on one day in another order each day, so that neighbours are no hint.

    The mixing step of SplitMix64 (Steele, Lea and Flood, 2014): the same on every machine.
    """
    mask = 0xFFFF_FFFF_FFFF_FFFF
    z = (card_id + study_day.toordinal() * 0x9E37_79B9_7F4A_7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & mask
    return z ^ (z >> 31)
