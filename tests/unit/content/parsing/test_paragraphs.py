"""Paragraphs that ask by themselves: the whole document has to be made of them."""

import pytest

from app.content.document import NoQuestions
from tests.unit.content.parsing.reading import deck, pairs

EXPECTED = [("What is H2O?", "Water"), ("What is NaCl?", "Salt, as on\n\n- tables")]


@pytest.mark.parametrize(
    "form",
    [
        "{0}\n\n{1}\n\n---\n\n{2}\n\n{3}\n",
        "# Trivia\n\n{0}\n\n{1}\n\n{2}\n\n{3}\n",
        "# Trivia\n\n> {0}\n\n{1}\n\n> {2}\n\n{3}\n",
    ],
    ids=["between rules", "one after the other", "quoted"],
)
def test_paragraphs_ask_and_what_is_below_answers(form: str) -> None:
    (first, one), (second, two) = EXPECTED
    assert pairs(form.format(first, one, second, two)) == EXPECTED


def test_prose_with_rhetoric_asks_nothing() -> None:
    prose = "The project began long ago.\n\nIt grew with its users.\n\n" * 4
    with pytest.raises(NoQuestions):
        deck(f"# Tool\n\n{prose}\nWhy do we do this?\n\nFor fun.\n\nWhat is next?\n\nMore.\n")
