"""Questions first, all answers below: paired by number, wherever the answers stand and however short they are."""

import pytest

from app.content.document import CardKind
from tests.unit.content.parsing.reading import cards, drafts, pairs

ASKED = """
    # Git quiz

    ## Questions

    1. What does `git clone` do?
    2. What is a branch?
    3. What does rebase do?

"""


def test_a_list_of_answers_is_paired_by_number() -> None:
    assert pairs(f"""{ASKED}
    ## Answers

    1. It copies a repository.
    2. A movable pointer.
    3. It replays commits.

       Never rebase what was published.
    """) == [
        ("What does `git clone` do?", "It copies a repository."),
        ("What is a branch?", "A movable pointer."),
        ("What does rebase do?", "It replays commits.\n\nNever rebase what was published."),
    ]


@pytest.mark.parametrize(
    "answers",
    [
        "### 1\n\n    Copies.\n\n    ### 2\n\n    Points.\n\n    ### 3\n\n    Replays.",
        "**1.** Copies.\n\n    **2.** Points.\n\n    **3.** Replays.",
        "- 1: Copies.\n    - 2: Points.\n    - 3: Replays.",
        "| No | Answer |\n    |---|---|\n    | 1 | Copies. |\n    | 2 | Points. |\n    | 3 | Replays. |",
    ],
)
def test_answers_stand_in_any_numbered_form(answers: str) -> None:
    found = pairs(f"{ASKED}\n    ## Answers\n\n    {answers}\n")
    assert [answer.strip() for _, answer in found] == ["Copies.", "Points.", "Replays."]


def test_a_missing_answer_leaves_its_question_a_draft() -> None:
    assert drafts(f"{ASKED}\n    ## Answers\n\n    - 1: Copies.\n    - 3: Replays.\n") == ["What is a branch?"]


def test_a_key_in_one_line_marks_options() -> None:
    found = cards("""
        # History quiz

        1. When did the war end?
           a) 1943
           b) 1945

        2. Who was the first?
           a) Washington
           b) Lincoln

        ## Answer key

        1. b 2. a
        """)
    assert [[option.key for option in card.options if option.right] for card in found] == [["B"], ["A"]]
    assert [card.question for card in found] == ["When did the war end?", "Who was the first?"]


def test_headings_that_ask_again_among_the_answers_are_no_cards() -> None:
    found = pairs("""
        # Quiz

        ## Questions

        ### 1. What is DNS?

        ### 2. What is TLS?

        ## Solutions

        ### 1. What is DNS?

        Names to addresses.

        ### 2. What is TLS?

        Encryption.
        """)
    assert found == [("What is DNS?", "Names to addresses."), ("What is TLS?", "Encryption.")]


def test_questions_with_answers_of_their_own_keep_them() -> None:
    found = pairs("""
        # Notes

        ## 1. What is DNS?

        Names.

        ## 2. What is TLS?

        Encryption.

        ## Answers

        1. To something else.
        2. Entirely.
        """)
    assert [answer.partition("\n")[0] for _, answer in found[:2]] == ["Names.", "Encryption."]


def test_an_open_choice_is_a_choice_among_choices_only() -> None:
    quiz = cards("""
        # Python quiz

        ### 1. What does `len([])` return?

        - A. 0
        - B. 1

        ### 2. Which keyword defines a function?

        - [ ] func
        - [ ] def
        """)
    assert [(card.kind, card.draft, len(card.options)) for card in quiz] == [(CardKind.CHOICE, True, 2)] * 2
    (first, *_) = cards("""
        # Notes

        ### 1. What are the phases?

        - A. plan
        - B. build

        ### 2. What is a plan?

        A drawing.

        ### 3. What is a build?

        A house.
        """)
    assert (first.kind, first.draft) == (CardKind.BASIC, False)


def test_numbered_statements_belong_to_the_question() -> None:
    (card,) = cards("""
        ### Which statements are true?

        1. Indexes speed up reads.
        2. Indexes take no space.

        - A. 1 only
        - B. 1 and 2

        **Answer: A**
        """)
    assert card.question == "Which statements are true?\n\n1. Indexes speed up reads.\n2. Indexes take no space."
    assert [(option.text, option.right) for option in card.options] == [("1 only", True), ("1 and 2", False)]
