"""The registry: each family is one object of the same shape, and the documentation says how to add one."""

import pytest

from app.content import parsing
from app.content.parsing import parser
from app.content.parsing.answers import Stretch
from app.content.parsing.dialects import REGISTRY
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading


def test_names_are_unique_and_described() -> None:
    assert len(set(parsing.dialects())) == len(REGISTRY)
    assert all(parsing.describe(name).endswith(".") for name in parsing.dialects())


class Shouted:
    """Lines in capitals that ask: a family nobody knew of."""

    name = "shouted"
    description = "Lines in capitals ask; the text below answers."

    def read(self, document: Document) -> list[Reading]:
        """One reading of all such lines."""
        source = document.source
        lines = [number for number, line in enumerate(document.lines) if line.isupper() and not document.code[number]]
        marks = []
        for number, following in zip(lines, [*lines[1:], len(source)], strict=True):
            start, end, limit = source.starts[number], source.ends[number], source.start_of(following)
            stretch = Stretch(source.start_of(number + 1), limit)
            marks.append(Mark(start, limit, start, end, stretch, raw=source.text[start:end], explicit=True))
        return [Reading(self.name, marks)] if marks else []


def test_a_family_is_added_without_touching_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "REGISTRY", (*REGISTRY, Shouted()))
    deck = parsing.parse("WHY SHOUT\n\nTo be heard.\n\nWHY NOT\n\nManners.\n", "deck.md")
    assert deck.dialect == "shouted"
    assert [(card.question, card.answer) for card in deck.cards] == [
        ("WHY SHOUT", "To be heard."),
        ("WHY NOT", "Manners."),
    ]
