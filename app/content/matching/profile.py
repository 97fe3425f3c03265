"""How alike two cards are: their words, weighted by how rare they are in the documents at hand."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from app.content.document import CardText
from app.content.matching.thresholds import ANSWER_MASS, PART_OF, STOCK
from app.content.matching.words import FUNCTION_WORDS, normal, targets_of, words_of
from app.content.parsing.answers import is_unanswered

FUNCTION_WEIGHT = 0.15
MIN_WEIGHT = 0.2
MIN_KIN_LENGTH = 4
MIN_KIN = 0.74
"""How alike two words must be written to count as forms of one: “partition” and “partitions”, not “map” and “tap”."""
# fmt: off
NEGATIONS = frozenset((
    "aren", "cannot", "couldn", "didn", "doesn", "don", "hasn", "haven", "isn", "never", "no", "not", "shouldn", "wasn",
    "weren", "won", "wouldn",
))
# fmt: on
MAX_CHARS = 3000
"""What is compared of a text: enough to know it by, and a bound on the time."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A card as it is compared: the words it asks with (options included), and the words and links of its answer.

    A placeholder is no answer.
    """

    asks: tuple[str, ...]
    answers: Counter[str]

    @classmethod
    def of(cls, text: CardText, read: "Memo") -> "Profile":
        """The profile of a text."""
        asks = read.words(text.question)
        for option in text.options:
            asks += read.words(option.text)
        if is_unanswered(text.answer):
            return cls(asks, Counter())
        return cls(asks, Counter(read.words(text.answer) + targets_of(text.answer[:MAX_CHARS])))


class Memo:
    """Reads the words of each text once for a whole matching, however many steps ask for them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._normal: dict[str, str] = {}

    def normal(self, markdown: str) -> str:
        """`markdown` without what white space and equivalent characters change."""
        found = self._normal.get(markdown)
        if found is None:
            found = self._normal[markdown] = normal(markdown)
        return found

    def words(self, markdown: str) -> tuple[str, ...]:
        """The words of `markdown`, up to `MAX_CHARS`."""
        found = self._known.get(markdown)
        if found is None:
            found = self._known[markdown] = words_of(markdown[:MAX_CHARS])
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """How alike two questions are; `alike` and `order` are from 0 to 1.

    `alike` is what they share of both together, `order` compares the sequences of their words; `strayed` is the weight
    of the words that each has and the other lacks (the lesser of the two): rewording adds or drops, a look-alike swaps.
    `opposed` says that one of them has a negation and the other has none.
    """

    alike: float
    order: float
    strayed: float
    opposed: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """How alike two answers are, and how much that says, both from 0 to 1."""

    alike: float
    trust: float


class Lexicon:
    """The weight of words among a number of cards: rare words tell cards apart, frequent ones do not."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        counts: Counter[str] = Counter()
        answers: Counter[frozenset[str]] = Counter()
        total = 0
        for profile in profiles:
            total += 1
            answers[frozenset(profile.answers)] += 1
            counts.update(set(profile.asks).union(profile.answers))
        self._stock = {words for words, count in answers.items() if count > STOCK}
        scale = math.log(total + 2.0)
        self.weights: dict[str, float] = {word: _weight(word, count, scale) for word, count in counts.items()}

    def answered(self, one: Mapping[str, int], other: Mapping[str, int]) -> Answered:
        """How alike two answers are: what they share, or how much of the shorter one is in the longer one."""
        left, right = self._sum(one), self._sum(other)
        least = min(left, right)
        if not least or frozenset(one) in self._stock or frozenset(other) in self._stock:
            return Answered(0.0, 0.0)
        if len(one) > len(other):
            one, other = other, one
        weights = self.weights
        shared = sum(weights[word] * min(count, other[word]) for word, count in one.items() if word in other)
        alike = max(2 * shared / (left + right), PART_OF * shared / least)
        return Answered(alike, least / (least + ANSWER_MASS))

    def asked(self, one: tuple[str, ...], other: tuple[str, ...]) -> Asked:
        """How alike two questions are."""
        left, right = Counter(one), Counter(other)
        shared = left & right
        left -= shared
        right -= shared
        whole = self._sum(shared) + self._kin(left, right)
        lone_left, lone_right = self._sum(left), self._sum(right)
        total = 2 * whole + lone_left + lone_right
        return Asked(
            alike=2 * whole / total if total else 0.0,
            order=Indel.normalized_similarity(one, other) if one and other else 0.0,
            strayed=min(lone_left, lone_right),
            opposed=NEGATIONS.isdisjoint(one) != NEGATIONS.isdisjoint(other),
        )

    def _sum(self, words: Mapping[str, int]) -> float:
        weights = self.weights
        return sum([weights[word] * count for word, count in words.items()])

    def _kin(self, left: Counter[str], right: Counter[str]) -> float:
        """The weight of words that are forms of one another; both are taken out of what is left."""
        found = 0.0
        for word in [one for one in left if len(one) >= MIN_KIN_LENGTH and one.isalpha()]:
            best, twin = MIN_KIN, None
            for other in right:
                if len(other) >= MIN_KIN_LENGTH and other[:2] == word[:2] and other.isalpha():
                    alike = Indel.normalized_similarity(word, other)
                    if alike >= best:
                        best, twin = alike, other
            if twin is not None:
                found += best * (self.weights[word] + self.weights[twin]) / 2
                del right[twin]
                del left[word]
        return found


def _weight(word: str, count: int, scale: float) -> float:
    """From 1 for a word of one card, which both sides may have, down to 0.2; less for words that only ask."""
    if word in FUNCTION_WORDS:
        return FUNCTION_WEIGHT
    return max(MIN_WEIGHT, 1.0 - math.log(max(count / 2, 1.0)) / scale)
