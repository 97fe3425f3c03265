"""Where cards stand: two that lie between the same neighbours are likelier the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from app.content.matching.values import Match, NewCard, StoredCard

T = TypeVar("T")
_REACH = 4
"""How far away a neighbour that is known may be to say anything."""


class Places:
    """The neighbours of cards and questions in their decks, as far as these are paired already."""

    def __init__(self, stored: Sequence[StoredCard], new: Sequence[NewCard]) -> None:
        self._old = _Order((card.deck, card.position, card.guid) for card in stored if card.archived != "source")
        self._new = _Order((one.deck, one.position, index) for index, one in enumerate(new))
        self._guids: dict[int, str] = {}
        self._indices: dict[str, int] = {}

    def settle(self, pairs: Mapping[int, Match]) -> None:
        """Take over which questions are paired with which cards."""
        self._guids = {index: pair.stored.guid for index, pair in pairs.items()}
        self._indices = {guid: index for index, guid in self._guids.items()}

    def near(self, index: int) -> dict[str, float]:
        """Cards without a pair that follow or precede the same neighbour as a question, with up to 1 for each side."""
        found: defaultdict[str, float] = defaultdict(float)
        for step in (-1, 1):
            deck, anchor, distance = self._anchor(index, step)
            if distance <= _REACH:
                for away, guid in enumerate(self._old.walk(deck, anchor, -step), start=1):
                    if away > _REACH or guid in self._indices:
                        break
                    found[guid] += 1 / max(away, distance)
        return found

    def _anchor(self, index: int, step: int) -> tuple[str, str | None, int]:
        """The card of the nearest question that has one, and how far away it is; None stands for the deck's edge."""
        deck = self._new.deck(index)
        distance = 0
        for distance, other in enumerate(self._new.walk(deck, index, step), start=1):
            if other in self._guids:
                guid = self._guids[other]
                known = self._old.knows(guid) and self._old.deck(guid) == deck
                return deck, guid, distance if known else _REACH + 1
            if distance >= _REACH:
                return deck, None, _REACH + 1
        return deck, None, distance + 1


class _Order(Generic[T]):
    """Things in their decks, in the order of their positions."""

    def __init__(self, things: Iterable[tuple[str, int, T]]) -> None:
        self._decks: defaultdict[str, list[T]] = defaultdict(list)
        self._at: dict[T, tuple[str, int]] = {}
        for deck, _, thing in sorted(things, key=lambda one: one[:2]):
            self._at[thing] = (deck, len(self._decks[deck]))
            self._decks[deck].append(thing)

    def knows(self, thing: T) -> bool:
        return thing in self._at

    def deck(self, thing: T) -> str:
        return self._at[thing][0]

    def walk(self, deck: str, start: T | None, step: int) -> Iterable[T]:
        """What stands beyond `start` in the direction of `step`; from the deck's edge on where that is None."""
        things = self._decks.get(deck, [])
        at = (-1 if step > 0 else len(things)) if start is None else self._at[start][1]
        at += step
        while 0 <= at < len(things):
            yield things[at]
            at += step
