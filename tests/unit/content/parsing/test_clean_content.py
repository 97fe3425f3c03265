"""What is no content is left out, what is content stays; sections nest; levels become tags."""

import pytest

from tests.unit.content.parsing.reading import asked, deck, pairs, sections, tags

CONTENTS = [
    "- [What is A?](#what-is-a)\n- [What is B?](#what-is-b)",
    "| No. | Questions |\n|--|--|\n| 1 | [What is A?](#what-is-a) |\n| 2 | [What is B?](#what-is-b) |",
    "1. [What is A?](#a)\n2. [What is B?](#b)\n   - [Why?](#why)",
    "[What is A?](#a)\n\n[What is B?](#b)\n\n[What is C?](#c)",
]
BACK = [
    "**[⬆ Back to Top](#table-of-contents)**",
    "[↑ Back to top](#top)",
    "[⬆](#toc)",
    '<div align="right">\n    <b><a href="#table-of-contents">↥ back to top</a></b>\n</div>',
    "[Back to top ↑](#toc) &nbsp;&nbsp;/&nbsp;&nbsp; [**Solve more**](https://example.org)",
]


@pytest.mark.parametrize("contents", CONTENTS)
@pytest.mark.parametrize("back", BACK)
def test_tables_of_contents_and_ways_back_are_left_out(contents: str, back: str) -> None:
    text = f"# Deck\n\n## Table of Contents\n\n{contents}\n\n## What is A?\n\nAlpha.\n\n{back}\n\n## What is B?\n\nBeta.\n\n{back}\n"
    assert pairs(text) == [("What is A?", "Alpha."), ("What is B?", "Beta.")]


def test_badges_sponsors_and_pitches_are_left_out() -> None:
    text = """
        # Deck [![Awesome](https://example.org/badge.svg)](https://example.org)
        [![Build](https://travis-ci.org/x.svg)](https://travis-ci.org/x)

        ## What is A?

        Alpha.

        <a href="https://sponsor.example">
          <img src="banner.png">
        </a>

        > Read the [detailed answer](https://example.org/a) on [Example](https://example.org) which allows progress tracking and more!

        #### Explore all 65 answers here 👉 [Example](https://example.org)

        ## What is B?

        ![A diagram](images/b.png)
        """
    found = deck(text)
    assert found.title == "Deck"
    assert [(card.question, card.answer) for card in found.cards] == [
        ("What is A?", "Alpha."),
        ("What is B?", "![A diagram](images/b.png)"),
    ]


def test_answers_keep_headings_tables_images_nested_lists_and_math() -> None:
    answer = (
        "Text with $a_1$ and $$x^2$$.\n\n### Details\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n  - two\n\n![x](y.png)\n\n"
        "```py\nx = 1\n\n\ny = 2\n```"
    )
    assert pairs(f"## 1. What is A?\n\n{answer}\n\n## 2. What is B?\n\nBeta.\n")[0] == ("What is A?", answer)


@pytest.mark.parametrize(
    "label", ["**Answer:**", "Answer:", "### Answer", "**Answer**", "**Ans.**", "A:", "#### Answer\n"]
)
def test_the_label_of_an_answer_is_left_out(label: str) -> None:
    assert pairs(f"## 1. What is A?\n\n{label}\nAlpha.\n\n## 2. What is B?\n\n{label} Beta.\n")[0] == (
        "What is A?",
        "Alpha.",
    )


@pytest.mark.parametrize("wrapper", ["Show answer", "Answer", "👉 Click to see", "<b>Solution</b>", "View Answer"])
def test_what_only_hides_the_answer_is_left_out(wrapper: str) -> None:
    text = "\n\n".join(
        f"### {n}. What is it?\n\n<details>\n<summary>{wrapper}</summary>\n\nThis.\n\n</details>" for n in (1, 2)
    )
    assert [answer for _, answer in pairs(text)] == ["This.", "This."]


def test_refrains_between_questions_are_left_out() -> None:
    text = "\n\n".join(f"## {n}. What is {n}?\n\nIt is {n}.\n\n## Any doubts about this ??" for n in range(1, 5))
    assert pairs(text) == [(f"What is {n}?", f"It is {n}.") for n in range(1, 5)]


def test_the_licence_and_the_like_end_the_last_answer() -> None:
    assert pairs("## What is A?\nAlpha.\n## What is B?\nBeta.\n## License\nMIT\n## Contributing\nDo.")[1] == (
        "What is B?",
        "Beta.",
    )


def test_sections_nest_and_a_lone_title_is_none() -> None:
    assert sections(
        "# Deck\n## HTML\n### Forms\n#### What is a form?\nx\n### Links\n#### What is a link?\ny\n## CSS\n#### What is a rule?\nz"
    ) == [
        ("HTML", "Forms"),
        ("HTML", "Links"),
        ("CSS",),
    ]


def test_stars_levels_and_emoji_become_tags_and_decoration_does_not() -> None:
    assert tags(
        "## 🔹 What is A? ⭐\na\n## 🔹 What is B? ⭐⭐⭐\nb\n## 🔹 What is C? (Hard)\nc\n## 🔹 What is D? [easy] #arrays\nd"
    ) == [
        ("1 star",),
        ("3 stars",),
        ("hard",),
        ("arrays", "easy"),
    ]


def test_links_to_sources_behind_a_title_are_left_out() -> None:
    assert asked(
        "#### 1) What is A? [[src](http://example.org/a-(b))]\nx\n#### 2) What is [B](http://example.org)? [src](y)\nz"
    ) == [
        "What is A?",
        "What is [B](http://example.org)?",
    ]


@pytest.mark.parametrize(
    ("text", "file", "title"),
    [
        ("# Deck\n## What is A?\na\n## What is B?\nb", "x.md", "Deck"),
        ("## Deck\n#### What is A?\na\n#### What is B?\nb", "x.md", "Deck"),
        ("## What is A?\na\n## What is B?\nb", "notes/my-deck.md", "My deck"),
        ("## What is A?\na\n## What is B?\nb", "notes/README.md", "Notes"),
        ("---\ntitle: Mine\n---\n# Deck\n## What is A?\na\n## What is B?\nb", "x.md", "Mine"),
    ],
)
def test_the_title(text: str, file: str, title: str) -> None:
    assert deck(text, file).title == title
