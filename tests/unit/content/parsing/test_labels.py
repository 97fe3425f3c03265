"""Labelled lines (Q:, A:, C:), cards on a line, and cards around a question mark."""

import pytest

from app.content.document import CardKind
from tests.unit.content.parsing.reading import asked, cards, pairs


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Q: {}", "A: {}"),
        ("Q1: {}", "A1: {}"),
        ("Q. {}", "A. {}"),
        ("Q1) {}", "Ans- {}"),
        ("**Q: {}**", "**A:** {}"),
        ("**Q1. {}**", "**Ans:** {}"),
        ("**Question:** {}", "**Answer:** {}"),
        ("*Question 3:* {}", "*Answer:* {}"),
        ("**Q: {}**", "{}"),
        ("- **Q:** {}", "- **A:** {}"),
        ("Frage: {}", "Antwort: {}"),
        ("问题：{}", "答案：{}"),
    ],
)
def test_questions_and_answers_are_labelled_in_many_ways(question: str, answer: str) -> None:
    both = [("What is TCP?", "A protocol"), ("What is UDP?", "Another one")]
    for between in ("\n\n", "\n"):
        text = "\n\n".join(question.format(ask) + between + answer.format(reply) for ask, reply in both)
        assert pairs(text) == both


def test_labels_in_code_are_none_and_both_sides_may_run_on() -> None:
    assert pairs("""
        Q: Is this
        one question?
        A: Yes.

        ```py
        Q: not a question
        ```

        Q: Second?
        A: - a
        - b
        """) == [
        ("Is this\none question?", "Yes.\n\n```py\nQ: not a question\n```"),
        ("Second?", "- a\n- b"),
    ]


def test_cloze_blocks_in_both_notations() -> None:
    found = cards("""
        C: The capital of [France] is [Paris], says [a link](https://example.org).

        C: {{c1::Canberra}} was founded in {{c2::1913::year}}, and `a[0]` is code.
        """)
    assert [card.kind for card in found] == [CardKind.CLOZE] * 2
    assert [card.question for card in found] == [
        "The capital of […] is […], says [a link](https://example.org).",
        "[…] was founded in [year], and `a[0]` is code.",
    ]
    assert found[1].answer == "[Canberra] was founded in [1913], and `a[0]` is code."


def test_cards_on_a_line_and_around_a_question_mark() -> None:
    assert pairs("""
        #flashcards/python

        capital of France::Paris <!--SR:!2024-01-01,1,230-->
        largest planet:::Jupiter

        `std::vector` is what::a dynamic array

        What is the answer
        to everything
        ?
        - 42

        Reverse
        ??
        Me
        """) == [
        ("capital of France", "Paris"),
        ("largest planet", "Jupiter"),
        ("`std::vector` is what", "a dynamic array"),
        ("What is the answer\nto everything", "- 42"),
        ("Reverse", "Me"),
    ]


def test_code_with_colons_is_no_card() -> None:
    assert asked("## What is std::move?\nA cast.\n## What is a scope?\nfoo::bar();\n") == [
        "What is std::move?",
        "What is a scope?",
    ]


def test_a_dot_between_label_and_number() -> None:
    assert pairs("""
        **Q.1 What is an address?**
        **Ans.** A label.

        Q.2 What is a router?
        Ans. It forwards packets.
        """) == [("What is an address?", "A label."), ("What is a router?", "It forwards packets.")]
