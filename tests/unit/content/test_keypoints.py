"""What was written beside the points of an answer: by words, in the answer's order, never more than a help."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.keypoints import MOST_POINTS, State, compare, points_of
from app.content.render import render

ANSWER = """Training them is hard in several ways:

- **Mode Collapse** – GANs may generate limited variations of outputs.
- **Bias and Ethical Issues** – AI models can amplify biases present in training data.
- **Compute Costs** – Training large models like GPT-4 requires significant computational resources.
- **Evaluation Metrics** – Generative models lack well-defined objective evaluation metrics.
- **Data Quality** – Poor training data can lead to low-quality outputs.
"""


def states(answer: str, written: str) -> list[str]:
    """The state of each point of a Markdown answer."""
    return [one.state.value for one in compare(points_of(render(answer)), written).points]


def texts(answer: str) -> list[str]:
    return [f"{one.lead}{one.rest}" for one in points_of(render(answer)).points]


def test_each_list_item_is_a_point_and_what_leads_over_is_none() -> None:
    answer = points_of(render(ANSWER))
    assert [point.lead for point in answer.points] == [
        "Mode Collapse",
        "Bias and Ethical Issues",
        "Compute Costs",
        "Evaluation Metrics",
        "Data Quality",
    ]
    assert not answer.whole


def test_outside_of_lists_each_sentence_is_a_point() -> None:
    assert texts("A GAN has two networks. One generates, e.g. pictures! Does the other judge? It does.") == [
        "A GAN has two networks.",
        "One generates, e.g. pictures!",
        "Does the other judge?",
        "It does.",
    ]


def test_nested_items_are_points_of_their_own_and_code_is_told_of_but_not_compared() -> None:
    answer = points_of(render("- Outer words\n  - Inner words\n\n```python\nprint(1)\n```\n\n## Heading\n\nLast one."))
    assert [point.rest for point in answer.points] == ["Outer words", "Inner words", "Last one."]
    assert answer.whole


def test_what_was_written_counts_for_the_point_it_fits_best() -> None:
    written = (
        "Mode collapse: the outputs are all alike. Compute is expensive, "
        "they amplify bias in the training data. Prompt injection."
    )
    found = compare(points_of(render(ANSWER)), written)
    assert [one.state for one in found.points] == [
        State.COVERED,
        State.COVERED,
        State.COVERED,
        State.MISSING,
        State.MISSING,
    ]
    assert found.points[0].wrote == ("Mode collapse: the outputs are all alike",)
    assert found.points[4].wrote == ()
    assert found.beyond == ("Prompt injection",)
    assert (found.count("covered"), found.count("partly"), found.count("missing")) == (3, 0, 2)


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("The discriminator distinguishes real samples from generated samples", "covered"),
        ("the discriminater distinguish reel samples", "covered"),
        ("samples", "partly"),
        ("it is the one that does this", "missing"),
        ("", "missing"),
    ],
)
def test_slips_and_other_forms_of_a_word_are_the_same_word(written: str, state: str) -> None:
    assert states("The discriminator distinguishes real samples from generated ones.", written) == [state]


def test_scripts_without_spaces_are_compared_too() -> None:
    assert states("- 生成器生成样本\n- 判别器区分真假", "判别器区分") == ["missing", "covered"]


def test_an_answer_without_words_has_no_points() -> None:
    assert points_of("").points == ()
    assert points_of(render("```\nx = 1\n```")).points == ()
    assert points_of("<p>…</p>").points == ()


def test_a_very_long_answer_shows_its_first_points_and_says_that_there_is_more() -> None:
    answer = points_of(render("\n".join(f"- word{n} thing{n}" for n in range(MOST_POINTS + 5))))
    assert len(answer.points) == MOST_POINTS
    assert answer.whole


words = st.text(alphabet="abcdef ghij.,;\n-*ß中文é", max_size=200)


@settings(max_examples=60)
@given(words, words)
def test_nothing_written_covers_nothing_and_the_answer_itself_covers_all(answer: str, written: str) -> None:
    html = render(answer)
    points = points_of(html)
    found = compare(points, written)
    assert [one.point for one in found.points] == list(points.points)
    assert all(one.wrote or one.state is State.MISSING for one in found.points)
    assert all(one.state is State.MISSING for one in compare(points, "").points)
    whole = "\n".join(f"{point.lead} {point.rest}" for point in points.points)
    assert all(one.state is State.COVERED for one in compare(points, whole).points)
