"""What a dialect hands over: the places where it sees questions, and how far each card reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from app.content.parsing.answers import Stretch
from app.content.parsing.document import Document
from app.content.parsing.titles import Title, clean_title, plain
from app.content.parsing.wording import likeness


@dataclass(eq=False, slots=True)
class Mark:
    """One question as a dialect sees it. Offsets are characters of the source.

    `start` to `end` is the whole card, `title_start` to `title_end` the text that asks, `answers` where its answer may
    stand. `explicit` says that the form alone makes it a question (a `Q:`, a `?` line), `inline` that the answer
    stands right behind the question, so that a mere link is an answer. `question` and `answer` are given only where
    they are no slices of the source, `tags` where the dialect knows some.
    """

    start: int
    end: int
    title_start: int
    title_end: int
    answers: Stretch | None
    raw: str = ""
    numbered: bool = True
    explicit: bool = False
    inline: bool = False
    cloze: bool = False
    question: str | None = None
    answer: str | None = None
    tags: tuple[str, ...] = ()
    level: int = 0
    section: tuple[str, ...] | None = None
    apart: Stretch | None = None
    """Where its answer stands in a part of the document that holds the answers of many questions."""

    _title: Title | None = None
    _plain: str | None = None
    _likeness: float | None = None

    def __copy__(self) -> Self:
        copied = object.__new__(type(self))
        for kind in type(self).__mro__[:-1]:
            for name in kind.__dict__["__slots__"]:
                setattr(copied, name, getattr(self, name))
        return copied

    def forget(self) -> None:
        """Drop what was worked out from the title, after it was changed."""
        self._title = self._plain = self._likeness = None

    @property
    def title(self) -> Title:
        """The parts of the title."""
        if self._title is None:
            self._title = clean_title(self.raw, numbered=self.numbered)
        return self._title

    @property
    def plain(self) -> str:
        """The clean title without markup."""
        if self._plain is None:
            title = self.title
            self._plain = plain(self.question if self.question is not None else self.raw[title.start : title.end])
        return self._plain

    @property
    def likeness(self) -> float:
        """How much this looks like a question, from 0 to 1."""
        if self._likeness is None:
            sure = self.explicit or self.title.form == "question"
            self._likeness = 1.0 if sure else likeness(self.plain)
        return self._likeness


@dataclass
class Reading:
    """A document read by one dialect: its marks in document order.

    `weight` favours telling forms over loose ones, `counted` says that the titles are numbered through.
    """

    dialect: str
    marks: Sequence[Mark]
    weight: float = 1.0
    counted: bool = False


class Dialect(Protocol):
    """One family of constructs.

    `name` is what front matter and flags call it, `description` one line for a select box; `read` returns every way
    the family could read the document, best or not: the choice is made elsewhere.
    """

    name: str
    description: str

    def read(self, document: Document) -> list[Reading]:
        """The candidate readings of `document`, none where the construct does not occur."""
        ...
