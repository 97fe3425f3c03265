"""The last step: what is left over on both sides, arranged so that it is likeliest as a whole.

Every pair that shares rare words or a place is weighed (evidence in logarithms of odds), the best total is found, and
a pair is certain only if it is likely by itself and clearly better than any other arrangement of the same cards.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.content.matching import thresholds
from app.content.matching.assignment import assign
from app.content.matching.candidates import Finder
from app.content.matching.exact import Left
from app.content.matching.places import Places
from app.content.matching.profile import Lexicon, Memo, Profile
from app.content.matching.values import Doubt, NewCard, Reason, StoredCard

_LEAST = math.log(thresholds.ASK / (1 - thresholds.ASK))

Edge = tuple[int, str]


def by_likeness(left: Left, stored: Sequence[StoredCard], new: Sequence[NewCard], read: Memo) -> list[Doubt]:
    """Pair what is certainly the same though it was rewritten; returns what a person has to confirm."""
    living = [card for card in left.stored.values() if not card.held]
    if not living or not left.new:
        return []
    evidence = _Evidence(read, living, left.new, stored, new)
    open_pairs: dict[Edge, tuple[float, Reason]] = {}
    places = Places(stored, new)
    for _ in range(thresholds.ROUNDS):
        places.settle(left.pairs)
        found = _certainties(_weighed(left, evidence, places))
        certain = {edge: sure for edge, sure in found.items() if sure >= thresholds.CERTAIN}
        for (index, guid), sure in certain.items():
            left.pair(guid, index, evidence.reason(index, guid), round(sure, 3))
        open_pairs = {edge: (sure, evidence.reason(*edge)) for edge, sure in found.items() if edge not in certain}
        if not certain or not open_pairs:
            break
    return [
        Doubt(left.stored[guid], left.new[index], reason, round(sure, 3))
        for (index, guid), (sure, reason) in sorted(open_pairs.items())
    ]


def _weighed(left: Left, evidence: "_Evidence", places: Places) -> dict[int, dict[str, float]]:
    """The evidence for each question and each card that may be its own, where there is enough of it to ask."""
    found: dict[int, dict[str, float]] = {}
    for index in left.new:
        near = places.near(index)
        row = {}
        for guid in sorted({*evidence.candidates(index), *near}):
            if guid in left.stored and evidence.knows(guid):
                weight = evidence.of(index, guid) + thresholds.PLACE * near.get(guid, 0.0)
                if weight > _LEAST:
                    row[guid] = weight
        if row:
            found[index] = row
    return found


def _certainties(weighed: Mapping[int, Mapping[str, float]]) -> dict[Edge, float]:
    """The pairs of the best arrangement and how certain each is."""
    guids = {guid: column for column, guid in enumerate(sorted({guid for row in weighed.values() for guid in row}))}
    names = list(guids)
    indices = list(weighed)
    gains = [{guids[guid]: weight - _LEAST for guid, weight in weighed[index].items()} for index in indices]
    chosen = assign(gains)
    owners = {column: row for row, column in enumerate(chosen) if column is not None}
    by_column: dict[int, list[int]] = {}
    for row, one in enumerate(gains):
        for column in one:
            by_column.setdefault(column, []).append(row)
    found = {}
    for column, row in sorted(owners.items()):
        margin = _margin(gains, chosen, owners, by_column[column], row, column)
        evidence = min(gains[row][column] + _LEAST, 2 * (margin - thresholds.MARGIN) + 0.5)
        found[indices[row], names[column]] = 1 / (1 + math.exp(-evidence))
    return found


def _margin(
    gains: Sequence[Mapping[int, float]],
    chosen: Sequence[int | None],
    owners: Mapping[int, int],
    rivals: Iterable[int],
    row: int,
    column: int,
) -> float:
    """How much worse it would be to give this row another column, or this column another row, exchanging the two."""
    own = gains[row][column]
    margin = own - _LEAST
    for other, gain in gains[row].items():
        if other != column:
            owner = owners.get(other)
            lost = 0.0 if owner is None else gains[owner][other] - gains[owner].get(column, 0.0)
            margin = min(margin, own + lost - gain)
    for rival in rivals:
        if rival != row:
            held = chosen[rival]
            lost = 0.0 if held is None else gains[rival][held] - gains[row].get(held, 0.0)
            margin = min(margin, own + lost - gains[rival][column])
    return margin


class _Evidence:
    """How likely two of the cards that are left are the same by what they say; worked out once for each pair."""

    def __init__(
        self,
        read: Memo,
        left: Sequence[StoredCard],
        open_: Mapping[int, NewCard],
        stored: Iterable[StoredCard],
        new: Iterable[NewCard],
    ) -> None:
        self._read = read
        self._stored = {card.guid: card for card in left}
        self._old = {card.guid: _profiles(card, read) for card in left}
        self._new = {index: Profile.of(one.card.text, read) for index, one in open_.items()}
        self._lexicon = Lexicon(self._all(stored, new))
        self._finder = Finder(self._lexicon, {guid: profiles[0] for guid, profiles in self._old.items()})
        self._found: dict[int, tuple[str, ...]] = {}
        self._weights: dict[Edge, float] = {}

    def _all(self, stored: Iterable[StoredCard], new: Iterable[NewCard]) -> Iterator[Profile]:
        for card in stored:
            yield from self._old.get(card.guid) or _profiles(card, self._read)
        for index, one in enumerate(new):
            yield self._new.get(index) or Profile.of(one.card.text, self._read)

    def knows(self, guid: str) -> bool:
        """Whether the card may be paired by what it says."""
        return guid in self._old

    def candidates(self, index: int) -> tuple[str, ...]:
        """The cards that share the most rare words with a question."""
        if index not in self._found:
            self._found[index] = self._finder.find(self._new[index])
        return self._found[index]

    def of(self, index: int, guid: str) -> float:
        """The evidence, in natural logarithms of odds, that they are the same; the likelier of base and present text."""
        edge = (index, guid)
        if edge not in self._weights:
            weight = max(self._weigh(old, self._new[index]) for old in self._old[guid])
            self._weights[edge] = weight + (thresholds.RETURNS if self._stored[guid].archived == "source" else 0.0)
        return self._weights[edge]

    def reason(self, index: int, guid: str) -> Reason:
        """Whether the answer alone would say so."""
        answers = self._new[index].answers
        same = bool(answers) and any(old.answers == answers for old in self._old[guid])
        return Reason.ANSWER if same else Reason.SIMILAR

    def _weigh(self, old: Profile, new: Profile) -> float:
        asked = self._lexicon.asked(old.asks, new.asks)
        answered = self._lexicon.answered(old.answers, new.answers)
        weight = thresholds.BIAS + thresholds.ALIKE * asked.alike + thresholds.ORDER * asked.order
        if asked.strayed < 0.5:
            weight += thresholds.NEARLY * max(0.0, asked.alike - thresholds.NEARLY_FROM)
        weight += thresholds.STRAYED * min(asked.strayed, thresholds.MOST_STRAYED)
        weight += thresholds.OPPOSED * asked.opposed
        weight += answered.trust * thresholds.ANSWER_ALIKE * answered.alike
        weight += answered.trust * thresholds.ANSWER_UNLIKE * (1 - answered.alike)
        return weight + (answered.trust * thresholds.SAME_ANSWER if old.answers == new.answers else 0.0)


def _profiles(card: StoredCard, read: Memo) -> tuple[Profile, ...]:
    """What the document last said, and what the portal says where that is something else."""
    if card.base is None or card.base == card.text:
        return (Profile.of(card.text, read),)
    return Profile.of(card.base, read), Profile.of(card.text, read)
