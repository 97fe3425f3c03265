"""Drafts, duplicates and ids: what a reader is told, and where."""

import pytest

from tests.unit.content.parsing.reading import cards, deck, drafts


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "",
            "TODO",
            "*ToDo*",
            "Answer here",
            "To be completed",
            "TBD",
            "Coming soon...",
            "[Answer](https://example.org)",
        ),
        *(
            "https://example.org/a",
            "Read answer on 👉 <a href='https://example.org'>Example</a>",
            "Source: [x](https://example.org)",
        ),
    ],
)
def test_no_answer_a_placeholder_or_only_a_link_makes_a_draft(answer: str) -> None:
    found = deck(f"## 1. What is A?\n\n{answer}\n\n## 2. What is B?\n\nBeta.\n", "deck.md")
    assert [card.status for card in found.cards] == ["draft", "ready"]
    (warning,) = found.warnings
    assert (warning.file, warning.line) == ("deck.md", 1)
    assert "What is A?" in warning.message
    assert warning.remedy


@pytest.mark.parametrize(
    "answer", ["No.", "42", "![x](y.png)", "See [the manual of the thing](https://example.org) for how it works."]
)
def test_short_answers_and_pictures_are_answers(answer: str) -> None:
    assert drafts(f"## 1. What is A?\n\n{answer}\n\n## 2. What is B?\n\nBeta.\n") == []


def test_duplicates_are_kept_and_named() -> None:
    found = deck("## What is A?\nAlpha.\n## What is B?\nBeta.\n## what is a?\nAgain.\n")
    assert len(found.cards) == 3
    (warning,) = found.warnings
    assert warning.line == 5
    assert "line 1" in warning.message


def test_equal_titles_with_other_options_are_no_duplicates() -> None:
    found = deck("## Which one?\n- [x] a\n- [ ] b\n## Which one?\n- [x] c\n- [ ] d\n")
    assert found.warnings == ()


def test_ids_at_the_card_or_right_before_it() -> None:
    found = deck("""
        <!-- id: one -->
        ## What is A?
        Alpha.

        ## What is B? <!-- id: two -->
        Beta.

        ## What is C?
        <!-- id: one -->
        Gamma.
        """)
    assert [card.ident for card in found.cards] == ["one", "two", None]
    assert [card.question for card in found.cards] == ["What is A?", "What is B?", "What is C?"]
    assert [card.answer for card in found.cards] == ["Alpha.", "Beta.", "Gamma."]
    (warning,) = found.warnings
    assert warning.line == 9
    assert "one" in warning.message


def test_the_line_is_that_of_the_question() -> None:
    assert [card.line for card in cards("\n\n# Deck\n\n## What is A?\nAlpha.\n\n## What is B?\nBeta.\n", "x.md")] == [
        3,
        6,
    ]
