"""Multiple choice in its forms: ticked lists, lettered options with the answer below, in a fence, or marked."""

import pytest

from app.content import parsing
from app.content.document import CardKind
from app.content.parsing.preview import question_markdown
from tests.unit.content.parsing.reading import cards


def right(markdown: str) -> list[list[str]]:
    """For each card the keys of the right options."""
    return [[option.key for option in card.options if option.right] for card in cards(markdown)]


def test_ticked_lists_with_code_and_an_explanation() -> None:
    first, second = cards("""
        #### Q1. What do these commands do?

        ```bash
        git reset --hard HEAD~5
        ```

        - [ ] They delete the branch.
        - [x] They go back five commits.

        **Explanation:** see the manual.

        #### Q2. What forces an overwrite?

        - [ ] \u2800
          ```bash
          git pull
          ```
        - [x] \u2800

          ```bash
          git fetch --all
          git reset --hard
          ```
        """)
    assert (first.kind, second.kind) == (CardKind.CHOICE, CardKind.CHOICE)
    assert first.question == "What do these commands do?\n\n```bash\ngit reset --hard HEAD~5\n```"
    assert [(option.key, option.text, option.right) for option in first.options] == [
        ("A", "They delete the branch.", False),
        ("B", "They go back five commits.", True),
    ]
    assert first.answer.startswith("- [ ] They delete the branch.\n- [x] They go back")
    assert first.answer.endswith("**Explanation:** see the manual.")
    assert second.options[1].text == "```bash\ngit fetch --all\ngit reset --hard\n```"


def test_options_below_code_with_the_answer_collapsed() -> None:
    (first, second) = cards("""
        ###### 1. What's the output?

        ```js
        console.log(1);
        ```

        - A: `1`
        - B: `2`

        <details><summary><b>Answer</b></summary>
        <p>

        #### Answer: A

        It prints one.

        </p>
        </details>

        ---

        ###### 2. What's the output?

        - A: x
        - B: y

        <details><summary><b>Answer</b></summary>
        <p>

        #### Answer: A and B

        </p>
        </details>
        """)
    assert first.answer == "A\n\nIt prints one."
    assert [option.right for option in first.options] == [True, False]
    assert [option.right for option in second.options] == [True, True]
    assert question_markdown(first) == "What's the output?\n\n```js\nconsole.log(1);\n```\n\n- A. `1`\n- B. `2`"


def test_the_answer_in_a_bare_fence() -> None:
    text = "1. What is HTML?\n   A. A language\n   B. A tool\n\n```\nA\n```\n\n2. What is CSS?\n   A. Sound\n   B. Style\n\n```\nB\n```\n"
    assert right(text) == [["A"], ["B"]]


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "**Answer: b) def**",
            "**Answer:** b",
            "Correct answer: B. def",
            "Answer: B",
            "#### Answer: B",
            "Answer - (b)",
            "Ans: B",
        ),
        *(
            "<details><summary>Answer</summary>\n\nB\n\n</details>",
            "<details><summary>Answer</summary>\n  Correct answer: B\n</details>",
        ),
        *("The correct answer is B.",),
    ],
)
@pytest.mark.parametrize("option", ["{})", "({})", "{}.", "- {}.", "- {}:", "**{}.**"])
def test_letters_and_answers_are_written_in_many_ways(option: str, answer: str) -> None:
    keys = ("A", "B") if ":" in option or "*" in option else ("a", "b")
    options = "\n".join(f"{option.format(key)} {text}" for key, text in zip(keys, ("func", "def"), strict=True))
    text = "\n\n".join(f"### {n}. Which keyword defines a function?\n\n{options}\n\n{answer}" for n in (1, 2))
    assert right(text) == [["B"], ["B"]]


def test_several_right_ones_and_a_sign_behind_the_right_one() -> None:
    assert right("""
        ### Which two are databases?
        - A. RDS
        - B. S3
        - C. DynamoDB

        Correct answer: A, C
        ### Which two are machines? (Select TWO)
        - A. EC2
        - B. S3
        - C. Lightsail

        Correct Answer: AC
        ### What is 1+1?
        - 1
        - 2 ✅
        ### What is 2+2?
        A) 4 ✅
        B) 5
        """) == [["A", "C"], ["A", "C"], ["B"], ["A"]]


def test_lists_that_are_answers_are_no_options() -> None:
    found = cards("""
        ## Which keywords declare variables?
        - `var`
        - `let`
        ## What are the steps?
        1. Plan.
        2. Act.
        ## What is the checklist?
        - [ ] Plan
        - [ ] Act
        """)
    assert [card.kind for card in found] == [CardKind.BASIC] * 3
    assert found[1].answer == "1. Plan.\n2. Act."


@pytest.mark.parametrize(
    "text",
    [
        "Q1. What is 2+2?\nA) 3\nB) 4\nAnswer: B\n\nQ2. What is 3+3?\nA. 5\nB. 6\nAnswer: B\n",
        "**Q1. What is 2+2?**\n(a) 3  (b) 4\n**Ans: (b)**\n\n**Q2. What is 3+3?**\n(a) 5  (b) 6\n**Ans: (b)**\n",
        (
            "**Question 1: What is 2+2?**\n\nA. 3\nB. 4\n\n**Correct Answer: B. 4**\n\n**Explanation:** Sums.\n\n"
            "**Question 2: What is 3+3?**\n\nA. 5\nB. 6\n\n**Correct Answer: B. 6**\n\n**Explanation:** Sums.\n"
        ),
        (
            "## 1. What is 2+2?\n\n- A) 3\n- B) 4\n\n<details>\n<summary>Show answer</summary>\n\n**B) 4**\n\n</details>\n\n"
            "## 2. What is 3+3?\n\n- A) 5\n- B) 6\n\n<details>\n<summary>Show answer</summary>\n\n**B) 6**\n\n</details>\n"
        ),
    ],
    ids=["letters below a label", "on one line", "with an explanation", "said again in the answer"],
)
def test_options_and_keys_of_exams(text: str) -> None:
    found = parsing.parse(f"# Exam\n\n{text}", "exam.md").cards
    assert [card.question for card in found] == ["What is 2+2?", "What is 3+3?"]
    assert [[(option.text, option.right) for option in card.options] for card in found] == [
        [("3", False), ("4", True)],
        [("5", False), ("6", True)],
    ]
