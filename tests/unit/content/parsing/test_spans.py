"""The slices of the source a card was read from: exact, so that an edit can be written back in their place."""

import pytest

from tests.unit.content.parsing.reading import cards


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        (
            "# Deck\n\n## 1. What is A?\n\n**Answer:** Alpha\n\n- one\n\n## 2. What is B?\n\nBeta",
            "What is A?",
            "Alpha\n\n- one",
        ),
        (
            "1. ### What is A\n\n    Alpha\n\n        code\n\n2. ### What is B\n\n    Beta\n",
            "What is A",
            "Alpha\n\n        code",
        ),
        ("- **What is A?** - Alpha\n- **What is B?** - Beta\n", "What is A?", "Alpha"),
        ("**1. What is A?**\n\nAlpha\n\n**2. What is B?**\n\nBeta\n", "What is A?", "Alpha"),
        (
            "<details><summary><b>What is A?</b></summary>\n\nAlpha\n\n</details>\n\n<details><summary>What is B?</summary>b</details>",
            "What is A?",
            "Alpha",
        ),
        ("Q: What is A?\nA: Alpha\n\nQ: What is B?\nA: Beta\n", "What is A?", "Alpha"),
        ("| Q | A |\n|--|--|\n| What is A? | Alpha |\n| What is B? | Beta |\n", "What is A?", "Alpha"),
        ("What is A::Alpha\nWhat is B::Beta\n", "What is A", "Alpha"),
        ("What is A\r\n?\r\nAlpha\r\n\r\nWhat is B\r\n?\r\nBeta\r\n", "What is A", "Alpha"),
        (
            "## What is A? [↑](#top)\r\n\r\nAlpha\r\nmore\r\n\r\n## What is B?\r\n\r\nBeta\r\n",
            "What is A?",
            "Alpha\r\nmore",
        ),
    ],
)
def test_question_and_answer_are_slices(text: str, question: str, answer: str) -> None:
    card = cards(text)[0]
    read = text if text.endswith("\n") else text + "\n"
    assert card.question_span.of(read) == question
    assert card.answer_span is not None
    assert card.answer_span.of(read) == answer


def test_furniture_before_and_after_an_answer_is_outside_its_slice() -> None:
    text = "## 1. What is A?\n\n<br/>\n\nAlpha\n\n[Back to top](#top)\n\n---\n\n## 2. What is B?\n\nBeta\n"
    card = cards(text)[0]
    assert card.answer_span is not None
    assert card.answer_span.of(text) == "Alpha"
    assert card.span.of(text) == text[: text.index("## 2.")]


def test_options_have_a_slice_of_their_own_or_are_in_the_answers() -> None:
    lettered = (
        "### 1. Which?\n\nLook:\n\n- A. one\n- B. two\n\nAnswer: B\n\n### 2. Which?\n\n- A. x\n- B. y\n\nAnswer: A\n"
    )
    card = cards(lettered)[0]
    assert card.options_span is not None
    assert card.options_span.of(lettered) == "- A. one\n- B. two"
    assert card.question_span.of(lettered) == "Which?\n\nLook:"
    assert card.answer_span is not None
    assert card.answer_span.of(lettered) == "B"
    ticked = "### 1. Which?\n\n- [ ] one\n- [x] two\n\nSo.\n\n### 2. Which?\n\n- [x] x\n- [ ] y\n"
    card = cards(ticked)[0]
    assert card.options_span is not None
    assert card.options_span.of(ticked) == "- [ ] one\n- [x] two"
    assert card.answer_span is not None
    assert card.answer_span.of(ticked) == "- [ ] one\n- [x] two\n\nSo."


def test_a_draft_has_no_slice_for_its_answer() -> None:
    card = cards("## 1. What is A?\n\n## 2. What is B?\n\nBeta\n")[0]
    assert (card.draft, card.answer_span) == (True, None)
