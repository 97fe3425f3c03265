"""Paragraphs in bold, and collapsed sections."""

from tests.unit.content.parsing.reading import asked, cards, drafts, pairs, sections, tags


def test_bold_paragraphs_with_levels_in_emoji() -> None:
    text = """
        # Theory
        ## Regression
        **What is regression? 👶**

        A part of supervised learning.

        * linear

        <br/>

        **Why do residuals matter? ⭐️**

        **Note:** they should be normal.

        **What is it for?** runs on in its line, so it asks nothing.

        **How is it checked? 🚀**

        Answer here

        **Why? 👶**

        Because.
        """
    assert asked(text) == ["What is regression?", "Why do residuals matter?", "How is it checked?", "Why?"]
    assert tags(text) == [("easy",), ("medium",), ("expert",), ("easy",)]
    assert drafts(text) == ["How is it checked?"]
    assert sections(text)[0] == ("Regression",)


def test_bold_numbers_with_the_question_inside_or_behind_them() -> None:
    assert pairs("""
        **1) What is a pointer?**

        An address.

        **Kinds of pointers:**

        - smart

        **2)** Explain RAII.

        Release in the destructor.

        **3.** What is the ODR?
        One definition.
        """) == [
        ("What is a pointer?", "An address.\n\n**Kinds of pointers:**\n\n- smart"),
        ("Explain RAII.", "Release in the destructor."),
        ("What is the ODR?", "One definition."),
    ]


def test_collapsed_answers_with_summaries_over_several_lines() -> None:
    found = cards("""
        ### Self assessment
        <details>
        <summary>Describe each of these:

          * task
          * role
        </summary><br><b>

        A task calls a module.
        </b></details>

        <details>
        <summary>What is a play? 🟢</summary><br><b>
        </b></details>

        <details open>
        <summary>

        ### 3. What is a vault?

        </summary>

        Encrypted values.

        </details>
        """)
    assert [(card.question, card.answer) for card in found] == [
        ("Describe each of these: * task * role", "A task calls a module."),
        ("What is a play?", ""),
        ("What is a vault?", "Encrypted values."),
    ]
    assert found[1].tags == ("easy",)
    assert found[1].draft


def test_collapsed_sections_may_be_collapsed_themselves() -> None:
    assert asked("""
        <details open><summary><b>JavaScript</b></summary>

        <details><summary>What is a closure?</summary>

        A function.

        </details>
        <details><summary>What is hoisting?</summary>Up.</details>
        </details>
        """) == ["What is a closure?", "What is hoisting?"]


def test_an_end_tag_that_was_forgotten_ends_with_the_next_question() -> None:
    assert pairs("""
        <details><summary>What is one?</summary>

        One.

        <details><summary>What is two?</summary>

        Two.

        </details>
        """) == [("What is one?", "One."), ("What is two?", "Two.")]
