"""Which stored card is which question of a document. Pure.

The steps run from the surest on; each pairs one to one what the ones before it left over, and never guesses between
several that look alike. Adding a step is adding a line to `_STEPS`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from app.content.document import CardText
from app.content.matching.values import Match, Matching, NewCard, Reason, StoredCard

MIN_ANSWER_WORDS = 5
MIN_ANSWER_CHARS = 30
"""An answer shorter than both is trivial (“Yes.”): that two cards share it says nothing."""


Key = Callable[[str, CardText], Hashable]


@dataclass(frozen=True, slots=True)
class _Step:
    """Cards of one key belong together: `alike` if they are then the same in all but place; else only where
    there are as many of them on both sides, and at most `most`.
    """

    reason: Reason
    certainty: float
    key: Key
    alike: bool = False
    most: int = 1_000_000


@dataclass(slots=True)
class _Left:
    """What is still to be paired, and what has been."""

    stored: dict[str, StoredCard]
    new: dict[int, NewCard]
    pairs: dict[int, Match] = field(default_factory=dict)

    def pair(self, guid: str, index: int, reason: Reason, certainty: float) -> None:
        self.pairs[index] = Match(self.stored.pop(guid), self.new.pop(index), reason, certainty)


def match(stored: Sequence[StoredCard], new: Sequence[NewCard]) -> Matching:
    """Find each question of `new` among `stored`, which is the whole collection, archived cards included."""
    left = _Left({card.guid: card for card in stored}, dict(enumerate(new)))
    refused = _by_ident(left)
    for step in _STEPS:
        for side in (_base, _present):
            _by_key(left, step, side)
    return Matching(
        pairs=tuple(left.pairs[index] for index in sorted(left.pairs)),
        added=tuple(left.new[index] for index in sorted(left.new)),
        gone=tuple(left.stored.values()),
        refused=tuple(new[index] for index in refused),
    )


def normal(text: str) -> str:
    """Markdown in the form in which it is compared: white space and equivalent characters do not count."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _by_ident(left: _Left) -> list[int]:
    refused = []
    for index, new in list(left.new.items()):
        ident = new.card.ident
        if ident is None:
            continue
        if ident in left.stored:
            left.pair(ident, index, Reason.IDENT, 1.0)
        else:
            refused.append(index)
    return refused


def _by_key(left: _Left, step: _Step, side: Callable[[StoredCard], CardText | None]) -> None:
    here: defaultdict[Hashable, list[StoredCard]] = defaultdict(list)
    for stored in left.stored.values():
        text = side(stored)
        if text is not None and not stored.held and (key := step.key(stored.deck, text)) is not None:
            here[key].append(stored)
    there: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, new in left.new.items():
        if (key := step.key(new.deck, new.card.text)) in here:
            there[key].append(index)
    for key, indices in there.items():
        for candidate, index in zip(_fitting(step, here[key], len(indices)), indices, strict=False):
            left.pair(candidate.guid, index, step.reason, step.certainty)


def _fitting(step: _Step, candidates: Iterable[StoredCard], wanted: int) -> list[StoredCard]:
    """The candidates to be paired in order with `wanted` questions of the same key: living ones before archived."""
    ordered = sorted(candidates, key=lambda card: (card.archived is not None, card.deck, card.position))
    if step.alike:
        return ordered
    living = [card for card in ordered if card.archived is None]
    fitting = living if len(living) == wanted else ordered
    return fitting if len(fitting) == wanted <= step.most else []


def _base(card: StoredCard) -> CardText | None:
    return card.base


def _present(card: StoredCard) -> CardText | None:
    return card.text


def _asked(text: CardText) -> tuple[Hashable, ...]:
    return normal(text.question), tuple((normal(option.text), option.right) for option in text.options)


def _answer(text: CardText) -> Hashable:
    answer = normal(text.answer)
    words = re.findall(r"\w+", answer)
    return answer if len(words) >= MIN_ANSWER_WORDS and len(answer) >= MIN_ANSWER_CHARS else None


_STEPS = (
    _Step(
        Reason.SAME,
        1.0,
        lambda deck, text: (deck, text.section, _asked(text), normal(text.answer)),
        alike=True,
    ),
    _Step(Reason.SAME, 1.0, lambda _, text: (_asked(text), normal(text.answer)), alike=True),
    _Step(Reason.QUESTION_IN_SECTION, 0.99, lambda deck, text: (deck, text.section, _asked(text))),
    _Step(Reason.QUESTION, 0.97, lambda _, text: _asked(text)),
    _Step(Reason.ANSWER, 0.95, lambda _, text: _answer(text), most=1),
)
