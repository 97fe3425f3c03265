"""The values of matching: cards as the portal has them, questions as a document has them, and the pairs they make."""

from dataclasses import dataclass
from enum import StrEnum

from app.content.document import Card, CardText


class Reason(StrEnum):
    """Why a stored card and a question are taken for the same."""

    IDENT = "ident"
    SAME = "same"
    QUESTION_IN_SECTION = "question-in-section"
    QUESTION = "question"
    ANSWER = "answer"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card as the portal has it.

    `deck` names its deck, `text` is what learners see, `base` what its document last said (None for a card made in the
    portal). `archived` says by whom: "source" or "editor". `held` says that its own document is not read now and still
    has it: only an id can claim it then.
    """

    guid: str
    deck: str
    position: int
    text: CardText
    base: CardText | None = None
    archived: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class NewCard:
    """A question of a document: the deck it will be in, its place there from 0, and what was read in which file."""

    deck: str
    position: int
    card: Card
    file: str


@dataclass(frozen=True, slots=True)
class Match:
    """A pair, why it is one, and how sure that is, from 0 to 1."""

    stored: StoredCard
    new: NewCard
    reason: Reason
    certainty: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pair that may be one and that a person has to confirm; `certainty` is from 0 to 1."""

    stored: StoredCard
    new: NewCard
    reason: Reason
    certainty: float


@dataclass(frozen=True, slots=True)
class Matching:
    """The outcome: every stored card and every question stands in exactly one of the first three.

    `pairs` and `added` are in the order of the questions, `gone` in that of the stored cards. `refused` are the
    questions whose id is foreign or stands at another question too; they were matched by their text, or added.
    `doubts`, in the order of the questions, name cards of `gone` and questions of `added` that may be the same, each at
    most once.
    """

    pairs: tuple[Match, ...]
    added: tuple[NewCard, ...]
    gone: tuple[StoredCard, ...]
    refused: tuple[NewCard, ...] = ()
    doubts: tuple[Doubt, ...] = ()
