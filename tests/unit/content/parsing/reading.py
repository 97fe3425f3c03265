"""Short ways to read a small document and to look at what came out."""

from textwrap import dedent

from app.content import parsing
from app.content.document import Card, Deck


def deck(markdown: str, file: str = "deck.md", dialect: str | None = None) -> Deck:
    """The deck in an indented literal."""
    return parsing.parse(dedent(markdown).strip("\n") + "\n", file, dialect=dialect)


def cards(markdown: str, file: str = "deck.md", dialect: str | None = None) -> tuple[Card, ...]:
    return deck(markdown, file, dialect).cards


def asked(markdown: str, file: str = "deck.md") -> list[str]:
    """The questions, each on one line."""
    return [" ".join(card.question.split()) for card in cards(markdown, file)]


def pairs(markdown: str, file: str = "deck.md") -> list[tuple[str, str]]:
    """Questions and answers."""
    return [(card.question, card.answer) for card in cards(markdown, file)]


def drafts(markdown: str, file: str = "deck.md") -> list[str]:
    """The questions without an answer."""
    return [card.question for card in cards(markdown, file) if card.draft]


def sections(markdown: str) -> list[tuple[str, ...]]:
    return [card.section for card in cards(markdown)]


def tags(markdown: str, file: str = "deck.md") -> list[tuple[str, ...]]:
    return [card.tags for card in cards(markdown, file)]
