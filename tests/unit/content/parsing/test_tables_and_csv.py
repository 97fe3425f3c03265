"""Tables of questions, and files of separated values."""

import pytest

from app.content.document import NoQuestions
from tests.unit.content.parsing.reading import asked, cards, drafts, pairs, sections, tags


def test_a_table_with_answers_and_levels() -> None:
    text = """
        | # | Question | Answer | Level |
        |---|----------|--------|-------|
        | 1 | What is `JSX`? | A syntax \\| extension | Easy |
        | 2 | What are hooks? |  | Hard |
        """
    assert pairs(text) == [("What is `JSX`?", "A syntax | extension"), ("What are hooks?", "")]
    assert tags(text) == [("easy",), ("hard",)]
    assert drafts(text) == ["What are hooks?"]


def test_tables_below_sections_and_a_table_whose_header_says_nothing() -> None:
    text = "## Geography\n\n| Q | A |\n|--|--|\n| Capital of France? | Paris |\n\n## Math\n\n| Q | A |\n|--|--|\n| 1+1? | 2 |\n"
    assert sections(text) == [("Geography",), ("Math",)]
    assert pairs("| x | y |\n|--|--|\n| What is A? | Alpha |\n| What is B? | Beta |\n| Why C? | Gamma |")[2] == (
        "Why C?",
        "Gamma",
    )


def test_tables_inside_answers_are_answers() -> None:
    assert asked("## What is the difference?\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n## Why?\n\nBecause.") == [
        "What is the difference?",
        "Why?",
    ]


def test_csv_with_a_header_quotes_and_tags() -> None:
    text = 'question,answer,tags\n"What is ""it""?","It, the\nthing",a b\nWhat is two?,2,\nNo answer?,,x\n'
    assert pairs(text, "deck.csv") == [('What is "it"?', "It, the\nthing"), ("What is two?", "2"), ("No answer?", "")]
    assert tags(text, "deck.csv") == [("a", "b"), (), ("x",)]


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("front one\tback one\nfront two\tback two\n", "deck.tsv"),
        ("front one,back one\nfront two,back two\n", "deck.csv"),
        ("front one;back one\nfront two;back two\n", "deck.csv"),
        ("Back,Front\nback one,front one\nback two,front two\n", "deck.csv"),
        ("#separator:tab\n#html:true\nfront one\tback one\nfront two\tback two\n", "notes.txt"),
        ("\ufefffront one\tback one\r\nfront two\tback two\r\n", "deck.tsv"),
    ],
)
def test_separated_values_with_and_without_a_header(text: str, file: str) -> None:
    assert pairs(text, file) == [("front one", "back one"), ("front two", "back two")]


def test_csv_spans_are_inside_the_quotes() -> None:
    text = 'q,a\n"One?","1"\n'
    (card,) = cards(text, "deck.csv")
    assert card.question_span.of(text) == "One?"
    assert card.answer_span is not None
    assert card.answer_span.of(text) == "1"
    assert card.span.of(text) == '"One?","1"'


def test_prose_is_no_table() -> None:
    with pytest.raises(NoQuestions):
        asked("Just a line, with a comma.\nAnd another, one.\n")


def test_levels_with_emoji_are_tags_by_their_words_or_by_their_meaning() -> None:
    assert tags("""
        | Question | Level | Answer |
        |---|---|---|
        | What is a closure? | 🟢 Easy | Scope |
        | What is hoisting? | 🔴 | Order |
        """) == [("easy",), ("hard",)]
