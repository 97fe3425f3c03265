"""The sure steps: an id, the same question, the same answer. Each pairs one to one what the ones before left over.

None of them guesses between several that look alike. Adding a step is adding a line to `_STEPS`.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from app.content.document import CardText
from app.content.matching.profile import Memo
from app.content.matching.thresholds import MIN_ANSWER_CHARS, MIN_ANSWER_WORDS
from app.content.matching.values import Match, NewCard, Reason, StoredCard

Key = Callable[[str, CardText, Memo], Hashable]


@dataclass(frozen=True, slots=True)
class _Step:
    """Cards of one key belong together.

    With `alike` they are then the same in all but their place, and are paired in their order; else only one of each side
    can be a pair.
    """

    reason: Reason
    certainty: float
    key: Key
    alike: bool = False


@dataclass(slots=True)
class Left:
    """What is still to be paired, and what has been, by guid and by the question's index; the texts of all questions."""

    stored: dict[str, StoredCard]
    new: dict[int, NewCard]
    texts: dict[int, CardText]
    pairs: dict[int, Match] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Iterable[StoredCard], new: Iterable[NewCard]) -> "Left":
        """All of it."""
        questions = dict(enumerate(new))
        return cls(
            {card.guid: card for card in stored}, questions, {index: one.card.text for index, one in questions.items()}
        )

    def pair(self, guid: str, index: int, reason: Reason, certainty: float) -> None:
        """Make a pair of the two."""
        self.pairs[index] = Match(self.stored.pop(guid), self.new.pop(index), reason, certainty)


def by_ident(left: Left) -> list[int]:
    """Pair what its id names; returns the indices of questions whose id names no card that is left."""
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


def by_text(left: Left, read: Memo) -> None:
    """Pair what says exactly the same, by what the document last said, then by what the portal says now."""
    for step in _STEPS:
        for side in (_base, _present):
            if left.stored and left.new:
                _by_key(left, step, side, read)


Side = Callable[[StoredCard], CardText | None]


def _by_key(left: Left, step: _Step, side: Side, read: Memo) -> None:
    here: defaultdict[Hashable, list[StoredCard]] = defaultdict(list)
    for stored in left.stored.values():
        text = side(stored)
        if text is not None and not stored.held and (key := step.key(stored.deck, text, read)) is not None:
            here[key].append(stored)
    there: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, new in left.new.items():
        if (key := step.key(new.deck, left.texts[index], read)) in here:
            there[key].append(index)
    taken = _taken(left, step, read) if there and not step.alike else frozenset()
    for key, indices in there.items():
        fitting = _in_order(here[key]) if step.alike else _only(here[key], indices)
        for candidate, index in zip(fitting if key not in taken else (), indices, strict=False):
            left.pair(candidate.guid, index, step.reason, step.certainty)


def _taken(left: Left, step: _Step, read: Memo) -> frozenset[Hashable]:
    """Keys that cards have which are paired already: a title that many questions have tells none of them from another."""
    return frozenset(step.key(pair.new.deck, left.texts[index], read) for index, pair in left.pairs.items())


def _in_order(candidates: Iterable[StoredCard]) -> list[StoredCard]:
    """Living cards before archived ones, each in the order of their decks."""
    return sorted(candidates, key=lambda card: (card.archived is not None, card.deck, card.position))


def _only(candidates: Sequence[StoredCard], indices: Sequence[int]) -> list[StoredCard]:
    """The one card that is meant where there is one of each side; an archived one only where none lives."""
    living = [card for card in candidates if card.archived is None] or list(candidates)
    return living if len(living) == len(indices) == 1 else []


def _base(card: StoredCard) -> CardText | None:
    return card.base


def _present(card: StoredCard) -> CardText | None:
    return None if card.text == card.base else card.text


def _asked(text: CardText, read: Memo) -> tuple[Hashable, ...]:
    return read.normal(text.question), tuple((read.normal(option.text), option.right) for option in text.options)


def _asked_in_words(text: CardText, read: Memo) -> tuple[Hashable, ...] | None:
    """The question without its markup; None where nothing is left of it, as of an image or a sign."""
    words = read.words(text.question)
    return (words, tuple((read.words(option.text), option.right) for option in text.options)) if words else None


def _in_place(deck: str, text: CardText, asked: Hashable | None) -> Hashable | None:
    return None if asked is None else (deck, text.section, asked)


def _answer(text: CardText, read: Memo) -> Hashable | None:
    words = read.words(text.answer)
    return words if len(words) >= MIN_ANSWER_WORDS and sum(map(len, words)) >= MIN_ANSWER_CHARS else None


_STEPS = (
    _Step(
        Reason.SAME,
        1.0,
        lambda deck, text, read: (deck, text.section, _asked(text, read), read.normal(text.answer)),
        alike=True,
    ),
    _Step(Reason.SAME, 1.0, lambda _, text, read: (_asked(text, read), read.normal(text.answer)), alike=True),
    _Step(Reason.QUESTION_IN_SECTION, 0.99, lambda deck, text, read: (deck, text.section, _asked(text, read))),
    _Step(
        Reason.QUESTION_IN_SECTION, 0.98, lambda deck, text, read: _in_place(deck, text, _asked_in_words(text, read))
    ),
    _Step(Reason.QUESTION, 0.97, lambda _, text, read: _asked(text, read)),
    _Step(Reason.QUESTION, 0.96, lambda _, text, read: _asked_in_words(text, read)),
    _Step(Reason.ANSWER, 0.95, lambda _, text, read: _answer(text, read)),
)
