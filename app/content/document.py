"""The values a document is read into. All frozen; all text is Markdown unless a name says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a source file.

    `file` is the name the reader knows it by; `line` counts from 1.
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class ContentError(Exception):
    """A document that cannot be read: where, what is wrong, and what to do about it.

    `file` and `line` (from 1) name the place, `problem` says what is wrong there, `remedy` what the reader can do.
    """

    def __init__(self, file: str, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"{file}:{line}: {problem} {remedy}")
        self.location = Location(file, line)
        self.problem = problem
        self.remedy = remedy


class NoQuestions(ContentError):
    """A document that can be read but asks nothing: beside others it is passed over, by itself it is an error."""


@dataclass(frozen=True, slots=True)
class Warning:
    """Something the reader should look at, though the document was read: place, effect, remedy."""

    file: str
    line: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the document's text, its BOM removed, line ends untouched."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The slice of `text` this span names."""
        return text[self.start : self.end]


class CardKind(StrEnum):
    """What a card asks for: recall, a choice between options, or the words left out of a sentence."""

    BASIC = "basic"
    CHOICE = "choice"
    CLOZE = "cloze"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice card: its `key` as readers name it ("A"), its Markdown, and whether it is right."""

    key: str
    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class CardText:
    """What may be written of a card, by a document or an editor; all of it Markdown but the section and the tags."""

    question: str
    answer: str
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A question and its answer, as one document has them.

    `question` and `answer` are clean Markdown (no numbering, no promotion); `section` is the path of headings above,
    outermost first; `line` is the question's line in the file, from 1. `span` is the whole card in the source,
    `question_span` the text that names the question, `answer_span` what is read as the answer (None where there is none).
    A choice card's `options` stand in `options_span`, which is part of `answer_span` where the list itself is ticked.
    `ident` is the guid of an `<!-- id: … -->` comment. A `draft` has no usable answer.
    """

    question: str
    answer: str
    line: int
    span: Span
    question_span: Span
    answer_span: Span | None = None
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: CardKind = CardKind.BASIC
    draft: bool = False
    options: tuple[Option, ...] = ()
    options_span: Span | None = None
    ident: str | None = None

    @property
    def text(self) -> CardText:
        """What can be changed of it in the portal, without its place in the document."""
        return CardText(self.question, self.answer, self.section, self.tags, self.options)

    @property
    def status(self) -> str:
        """`"draft"` or `"ready"`, the word interfaces use."""
        return "draft" if self.draft else "ready"


@dataclass(frozen=True, slots=True)
class Deck:
    """What one document holds: its cards in their order, how it was read, and what deserves a look.

    `dialect` names the reading that was chosen; `readings` has the rival readings as (dialect, number of cards).
    `meta` is the document's front matter (title, description, source, author, licence, dialect …) as plain strings.
    """

    title: str
    file: str
    dialect: str
    cards: tuple[Card, ...]
    warnings: tuple[Warning, ...] = ()
    readings: tuple[tuple[str, int], ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
