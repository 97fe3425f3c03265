"""List items that ask: plain or bold, bulleted or numbered, with answers behind or below them, or without."""

import pytest

from app.content.document import NoQuestions
from tests.unit.content.parsing.reading import asked, cards, drafts, pairs, sections, tags


def test_bullets_without_answers_are_drafts() -> None:
    text = """
        # Back-end questions
        #### [[↑]](#toc) <a name='general'>General Questions:</a>
        * Why does encapsulation matter?
        * What is the **Law of Demeter**?
        * Pros and cons of caches.
        #### [[↑]](#toc) <a name='code'>Code:</a>
        * Write a loop
        * Generate unique random numbers
        """
    assert asked(text) == [
        "Why does encapsulation matter?",
        "What is the **Law of Demeter**?",
        "Pros and cons of caches.",
        "Write a loop",
        "Generate unique random numbers",
    ]
    assert len(drafts(text)) == 5
    assert sections(text) == [("General Questions",)] * 3 + [("Code",)] * 2


def test_ordered_lists_with_and_without_answers() -> None:
    found = cards("""
        1. What is the JVM?

           It runs bytecode.

           ```java
           class A {}
           ```
        2. What is the JDK?
           - a compiler
           - tools
        3. What is the JRE?

        ## More

        1. What is javac?
        """)
    assert [card.answer for card in found] == [
        "It runs bytecode.\n\n```java\nclass A {}\n```",
        "- a compiler\n- tools",
        "",
        "",
    ]
    assert [card.section for card in found] == [(), (), (), ("More",)]


@pytest.mark.parametrize("sign", ["", " -", ":", " —", " →"])
def test_bold_bullets_with_the_answer_on_their_line(sign: str) -> None:
    assert pairs(f"- **What is an Activity?**{sign} A screen.\n- **What is a Fragment?**{sign} A part of one.") == [
        ("What is an Activity?", "A screen."),
        ("What is a Fragment?", "A part of one."),
    ]


def test_bold_items_with_the_answer_below_them() -> None:
    assert pairs("""
        1. **What is a Pod?**

           The smallest unit.

        2. **Explain Deployments.** They manage replicas.
        3. **ConfigMap or Secret?**
           - Secrets are encoded.
        """) == [
        ("What is a Pod?", "The smallest unit."),
        ("Explain Deployments.", "They manage replicas."),
        ("ConfigMap or Secret?", "- Secrets are encoded."),
    ]


def test_questions_in_an_answers_list_are_part_of_the_answer() -> None:
    assert pairs("""
        - What is a goroutine?
          - A light thread.
        - How are errors handled?
          - Returned.
          - What about panics? Recover.
        """) == [
        ("What is a goroutine?", "- A light thread."),
        ("How are errors handled?", "- Returned.\n- What about panics? Recover."),
    ]


def test_answers_in_quotes_and_code_below_the_list() -> None:
    assert pairs("* What is X?\n> X is x.\n\n* What is Y?\n> Y is y.\n\n* What prints this?\n```\nf()\n```\n") == [
        ("What is X?", "> X is x."),
        ("What is Y?", "> Y is y."),
        ("What prints this?\n\n```\nf()\n```", ""),
    ]


def test_a_linked_question_is_answered_by_its_link() -> None:
    text = """
        1. [html] [What is an attribute?](https://example.org/1)
        2. [css] [Explain margins](https://example.org/2)
        3. [css] [Why use grids?](https://example.org/3)
        """
    assert asked(text) == ["What is an attribute?", "Explain margins", "Why use grids?"]
    assert tags(text) == [("html",), ("css",), ("css",)]
    assert drafts(text) == []


def test_a_list_of_links_to_articles_holds_no_question() -> None:
    links = "\n".join(
        f"* [{number} essential interview questions](https://example.org/{number})" for number in range(9)
    )
    with pytest.raises(NoQuestions):
        asked(f"# Awesome interviews\n\n{links}\n* [What great developers ought to know](https://example.org/x)\n")


def test_a_wrapped_question_is_one_line_and_its_answer_starts_after_it() -> None:
    assert pairs("""
        1. A company wants to
           reduce its costs. What helps?
           Reserved machines.
        2. What is a spot?
           Cheap time.
        """) == [
        ("A company wants to\nreduce its costs. What helps?", "Reserved machines."),
        ("What is a spot?", "Cheap time."),
    ]


def test_the_rest_of_a_labelled_answer_is_not_indented() -> None:
    (first, _) = cards("""
        1. What tracks costs?

            **Answer:** Tags.

            - one
              - two

        2. What stores objects?

            **Answer:** S3.
        """)
    assert first.answer == "Tags.\n\n- one\n  - two"
