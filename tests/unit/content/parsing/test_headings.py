"""Headings that ask: numbered, lettered, with a Q, or plain; at any level, alone or in list items."""

import pytest

from tests.unit.content.parsing.reading import asked, cards, pairs, sections

WHAT_AND_HOW = ["What is a pod?", "How does a service find it?"]


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize(
    "form",
    [
        *(
            "{n}. {q}",
            "{n}) {q}",
            "({n}) {q}",
            "Q{n}: {q}",
            "Q{n}. {q}",
            "Q. {q}",
            "Question {n}. {q}",
            "#{n} {q}",
            "{n}\\. {q}",
        ),
        *("**{n}. {q}**", "**Q{n}.** {q}", "{n}\ufe0f\u20e3 {q}", "[Q{n}] {q}", "{n} {q}", "{n}.{q}", "{q} ###"),
    ],
)
def test_numbering_is_read_in_many_forms_at_all_levels_and_dropped(level: int, form: str) -> None:
    text = "\n\n".join(
        f"{'#' * level} {form.format(n=number, q=question)}\n\nThis is {number}."
        for number, question in enumerate(WHAT_AND_HOW, 1)
    )
    assert pairs(text) == [(WHAT_AND_HOW[0], "This is 1."), (WHAT_AND_HOW[1], "This is 2.")]


def test_lettered_headings_ask_even_where_their_words_do_not() -> None:
    assert asked("## a. What is one?\nOne.\n## b. What is two?\nTwo.\n## c. Three, please\nThree.") == [
        "What is one?",
        "What is two?",
        "Three, please",
    ]


def test_a_number_that_belongs_to_the_question_stays() -> None:
    assert asked("## 3D rendering: what is it?\nx\n## 2 sum: how is it solved?\ny") == [
        "3D rendering: what is it?",
        "2 sum: how is it solved?",
    ]


def test_headings_in_list_items_and_their_indented_answers() -> None:
    found = pairs("""
        1. ### What is hoisting

            Declarations move up:

            ```js
            var a;
              a = 1;
            ```

            **[⬆ Back to Top](#table-of-contents)**

        2. ### What are closures
            A function with its scope.

            1. Own
            2. Outer
        """)
    assert found == [
        ("What is hoisting", "Declarations move up:\n\n```js\nvar a;\n  a = 1;\n```"),
        ("What are closures", "A function with its scope.\n\n1. Own\n2. Outer"),
    ]


def test_a_stray_fence_ends_with_its_list_item() -> None:
    found = asked("""
        1. ### What is a fence?

            ```js
            never closed

        2. ### What comes next?

            The next question.
        """)
    assert found == ["What is a fence?", "What comes next?"]


def test_numbers_restart_skip_and_repeat() -> None:
    text = """
        # All
        ## HTML
        ### 1. What is a tag?
        t
        ### 2. What is an attribute?
        a
        ## CSS
        ### 1. What is a rule?
        r
        ### 3. What is a selector?
        s
        ### 3. What is a property?
        p
        """
    assert len(asked(text)) == 5
    assert sections(text) == [("HTML",)] * 2 + [("CSS",)] * 3


def test_numbering_may_change_its_level() -> None:
    text = "\n".join(
        f"{'#' * level} {number}. What is number {number}?\nIt is {number}.\n"
        for number, level in enumerate([2, 2, 2, 3, 3, 4, 4], 1)
    )
    assert len(asked(text)) == 7


def test_sub_headings_of_an_answer_are_part_of_it_though_they_ask() -> None:
    found = cards("""
        ## 1. Design a URL shortener
        ### What are the requirements?
        Short links.
        ### How does it scale?
        Shards.
        ## 2. Design a chat
        ### What are the requirements?
        Messages.
        ### How does it scale?
        Sockets.
        """)
    assert [card.question for card in found] == ["Design a URL shortener", "Design a chat"]
    assert found[0].answer == "### What are the requirements?\nShort links.\n### How does it scale?\nShards."


def test_numbered_steps_of_an_answer_are_no_questions() -> None:
    assert asked("""
        ## What is the life cycle?
        ### 1. Mount
        It appears.
        ### 2. Unmount
        It goes.
        ## How do hooks work?
        ### 1. State
        Kept.
        ### 2. Effects
        Run.
        """) == ["What is the life cycle?", "How do hooks work?"]


def test_numbered_sections_over_questions_are_sections() -> None:
    text = """
        # Guide
        ## 1. Basics
        ### What is a variable?
        A name.
        ### What is a constant?
        A fixed name.
        ## 2. Advanced
        ### What is a functor?
        A map.
        ## Contributing
        Pull requests are welcome.
        """
    assert asked(text) == ["What is a variable?", "What is a constant?", "What is a functor?"]
    assert sections(text)[2] == ("2. Advanced",)


def test_questions_at_two_levels_below_sections_of_two_depths() -> None:
    text = """
        # Guide
        ## Frontend
        ### HTML
        #### What is HTML?
        Markup.
        #### What is a tag?
        An element.
        #### What is an attribute?
        A pair.
        ## Backend
        ### What is REST?
        A style.
        ### What is gRPC?
        Calls.
        """
    assert len(asked(text)) == 5
    assert sections(text) == [("Frontend", "HTML")] * 3 + [("Backend",)] * 2


def test_terms_stand_among_questions_of_their_section() -> None:
    assert asked("""
        # Operating systems
        ## Questions
        ### Deadlock
        Waiting for each other.
        ### What is paging?
        Blocks.
        ### How does a mutex work?
        It locks.
        ### Semaphores
        They count.
        ## License
        MIT
        """) == ["Deadlock", "What is paging?", "How does a mutex work?", "Semaphores"]


def test_a_heading_that_only_says_question_is_followed_by_the_question() -> None:
    assert pairs("""
        ### Question 1
        What is SQL injection?
        ### Answer
        An attack.
        ### Question 2
        What is XSS?
        ### Answer
        Another one.
        """) == [("What is SQL injection?", "An attack."), ("What is XSS?", "Another one.")]


def test_a_heading_that_only_says_question_asks_as_it_stands_where_no_text_follows() -> None:
    assert pairs("### Question 1\n```\na\n```\n### Question 2\n- x\n") == [
        ("Question 1", "```\na\n```"),
        ("Question 2", "- x"),
    ]


def test_titles_may_be_equal_where_the_code_below_differs() -> None:
    found = cards("""
        ## 1. What is the output?
        ```js
        a
        ```
        <details><summary>Answer</summary>One</details>
        ## 2. What is the output?
        ```js
        b
        ```
        <details><summary>Answer</summary>Two</details>
        """)
    assert [(card.question, card.answer) for card in found] == [
        ("What is the output?\n\n```js\na\n```", "One"),
        ("What is the output?\n\n```js\nb\n```", "Two"),
    ]


def test_text_before_a_label_stays_with_the_answer() -> None:
    (first, _) = cards("""
        ### Is it fast?
        Think of the cache.
        <details><summary>Hint</summary>

        Lines.

        </details>
        <details><summary>Show answer</summary>

        Yes.

        </details>
        ### Is it small?
        No.
        """)
    assert first.question == "Is it fast?"
    assert first.answer.startswith("Think of the cache.")
    assert "<summary>Hint</summary>" in first.answer
    assert first.answer.endswith("Yes.")


def test_underlined_headings_and_a_file_of_one_question() -> None:
    assert asked("What is A?\n----------\n\nAlpha.\n\nWhat is B?\n----------\n\nBeta.") == ["What is A?", "What is B?"]
    assert pairs("# What is a Context?\n\nA handle.\n\n## Kinds\n\n- app\n") == [
        ("What is a Context?", "A handle.\n\n## Kinds\n\n- app")
    ]


def test_a_faq_in_a_readme_is_all_that_is_read_of_it() -> None:
    text = """
        # My library
        A library for things.
        ## Installation
        ```
        pip install x
        ```
        ## FAQ
        ### Why is it slow?
        It is not.
        ### How is it configured?
        With a file.
        ### Can I use it?
        Yes.
        ## License
        MIT
        """
    assert pairs(text) == [
        ("Why is it slow?", "It is not."),
        ("How is it configured?", "With a file."),
        ("Can I use it?", "Yes."),
    ]


def test_one_numbered_question_is_a_deck() -> None:
    assert pairs("# Letters\n\n## 1. What is A?\n\nIt is the first letter.\n") == [
        ("What is A?", "It is the first letter.")
    ]


def test_an_introduction_beside_the_questions_is_neither_card_nor_section() -> None:
    text = """
        # Docker handbook

        ## Introduction

        This asks about Docker.

        ## How to use this guide

        Read it from top to bottom.

        ## 1. What is an image?

        A template.

        ## 2. What is a container?

        A running image.
        """
    assert asked(text) == ["What is an image?", "What is a container?"]
    assert sections(text) == [(), ()]


def test_an_a_answers_a_q() -> None:
    assert pairs("""
        ## Q1. What is a closure?

        A. A function with its scope.

        ## Q2. Which kinds are there?

        A. Inner.

        B. Outer.
        """) == [
        ("What is a closure?", "A function with its scope."),
        ("Which kinds are there?", "A. Inner.\n\nB. Outer."),
    ]
