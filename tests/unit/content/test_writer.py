"""Out again: byte for byte where nobody edited, only its own lines where somebody did, proven by reading it again."""

from dataclasses import replace
from difflib import ndiff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.document import CardText, Option
from app.content.parsing import parse
from app.content.writer import NewText, compose, export, write
from tests.unit.content.memory import Memory

HEADINGS = """# Networks interview questions

## Basics

### 1. What is a GAN?  \n
Two networks.

- a generator
- a discriminator

**[⬆ Back to Top](#top)**

### 2. **What is a VAE?**

An autoencoder.

```python
def sample():

    return 1
```

**[⬆ Back to Top](#top)**

## Training

### 3. How is it trained?

With patience.
"""
DETAILS = """# Questions

<details>
<summary>What is DNS?</summary>

A phone book.

</details>

<details>
<summary>What is TCP?</summary>

A protocol.

</details>
"""
NESTED = """# React questions

1.  ### What is React?

    A library.

    - with components

2.  ### What is JSX?

    A syntax.
"""
TABLE = """# Questions

| Question | Answer | Level |
| --- | --- | --- |
| What is a pipe? | `a \\| b` | easy |
| What is a shell? | A program. | easy |
| What is a kernel? | The core. | hard |
"""
LABELS = """# Cards

Q: What is one?

A: The first.

Q: What is two?

A: The second.
"""
INLINE = "# Cards\n\nWhat is one?::The first.\n\nWhat is two?::The second.\n"
BOLD = "# Questions\n\n**What is bias? 👶**\n\nAn error.\n\n<br/>\n\n**What is variance? ⭐️**\n\nAnother.\n\n<br/>\n"
CHOICE = """# JavaScript questions

### 1. Which of these is falsy?

- [ ] `[]`
- [x] `0`
- [ ] `{}`

Zero is.

### 2. Which of these is truthy?

- [x] `[]`
- [ ] `0`

An object is.
"""
DOCUMENTS = {
    "headings.md": HEADINGS,
    "details.md": DETAILS,
    "nested.md": NESTED,
    "table.md": TABLE,
    "labels.md": LABELS,
    "inline.md": INLINE,
    "bold.md": BOLD,
    "choice.md": CHOICE,
    "cards.csv": 'question,answer\nWhat is one?,"The ""first"", of all."\nWhat is two?,The second.\n',
}


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "-+"]


@pytest.mark.parametrize("file", DOCUMENTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_what_nobody_touched_comes_back_as_it_was(file: str, end: str, bom: str) -> None:
    text = bom + DOCUMENTS[file].replace("\n", end)
    deck = parse(text, file)
    same = {index: card.text for index, card in enumerate(deck.cards)}
    assert write(text, deck).text == text
    assert write(text, deck, edits=same).text == text


@pytest.mark.parametrize("file", [name for name in DOCUMENTS if name != "choice.md"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_edited_card_changes_only_its_own_lines(file: str, end: str) -> None:
    text = DOCUMENTS[file].replace("\n", end)
    deck = parse(text, file)
    old = deck.cards[1]
    new = replace(old.text, question=old.question.replace("?", " really?", 1), answer="It is | something, else.")
    written = write(text, deck, edits={1: new})
    assert written.complete
    again = parse(written.text, file)
    assert again.cards[1].question == new.question
    assert again.cards[1].answer.replace("\\|", "|") == new.answer
    assert [card.text for card in again.cards if card.question != new.question] == [
        card.text for card in deck.cards if card is not old
    ]
    assert written.text.count("\n") == written.text.count(end)
    lines = text.encode().splitlines(keepends=True)
    untouched = [line for line in lines if line in written.text.encode().splitlines(keepends=True)]
    assert len(lines) - len(untouched) <= 12


def test_a_title_keeps_its_level_its_number_and_its_markup() -> None:
    deck = parse(HEADINGS, "headings.md")
    new = replace(deck.cards[1].text, question="What is a variational autoencoder?")
    assert changed_lines(HEADINGS, write(HEADINGS, deck, edits={1: new}).text) == [
        "- ### 2. **What is a VAE?**",
        "+ ### 2. **What is a variational autoencoder?**",
    ]


def test_lines_of_an_answer_that_stay_keep_their_blanks_and_the_promotion_below() -> None:
    deck = parse(HEADINGS, "headings.md")
    new = replace(deck.cards[0].text, answer="Two networks.\n\n- a generator\n- a critic\n- a loss")
    assert changed_lines(HEADINGS, write(HEADINGS, deck, edits={0: new}).text) == [
        "- - a discriminator",
        "+ - a critic",
        "+ - a loss",
    ]


def test_an_answer_in_a_list_item_is_indented_as_the_item_is() -> None:
    deck = parse(NESTED, "nested.md")
    new = replace(deck.cards[0].text, answer="A library.\n\n- with components\n\n```js\nrender()\n\n  now()\n```")
    written = write(NESTED, deck, edits={0: new})
    assert "    ```js\n    render()\n\n      now()\n    ```\n" in written.text
    assert parse(written.text, "nested.md").cards[0].answer == new.answer


def test_a_draft_gets_its_answer_below_the_question() -> None:
    text = HEADINGS.replace("With patience.\n", "")
    deck = parse(text, "headings.md")
    written = write(text, deck, edits={2: replace(deck.cards[2].text, answer="With patience.")})
    assert parse(written.text, "headings.md").cards[2].answer == "With patience."


def test_options_are_reworded_and_ticked_in_place() -> None:
    deck = parse(CHOICE, "choice.md")
    options = (Option("A", "`[]`", True), Option("B", "`0n`", False), Option("C", "`{}`", True))
    written = write(CHOICE, deck, edits={0: replace(deck.cards[0].text, options=options)})
    assert parse(written.text, "choice.md").cards[0].options == options
    assert changed_lines(CHOICE, written.text) == [
        "- - [ ] `[]`",
        "+ - [x] `[]`",
        "- - [x] `0`",
        "+ - [ ] `0n`",
        "- - [ ] `{}`",
        "+ - [x] `{}`",
    ]


def test_an_edit_that_would_be_read_as_something_else_is_left_out_and_named() -> None:
    deck = parse(HEADINGS, "headings.md")
    edits = {
        0: replace(deck.cards[0].text, answer="Text.\n\n### 7. Is this another question?\n\nIt would be one."),
        1: replace(deck.cards[1].text, answer="Fine."),
    }
    written = write(HEADINGS, deck, edits=edits)
    assert written.kept_out == (0,)
    cards = parse(written.text, "headings.md").cards
    assert [card.answer for card in cards] == [deck.cards[0].answer, "Fine.", deck.cards[2].answer]


@pytest.mark.parametrize("file", [name for name in DOCUMENTS if name.endswith(".md")])
def test_ids_are_comments_that_are_read_again(file: str) -> None:
    text = DOCUMENTS[file]
    deck = parse(text, file)
    written = write(text, deck, idents={index: f"guid-{index}" for index in range(len(deck.cards))})
    assert written.complete
    again = parse(written.text, file)
    assert [card.ident for card in again.cards] == [f"guid-{index}" for index in range(len(deck.cards))]
    assert [card.text for card in again.cards] == [card.text for card in deck.cards]
    assert write(written.text, again, idents={0: "guid-0"}).text == written.text
    assert parse(write(written.text, again, idents={0: "other"}).text, file).cards[0].ident == "other"


@pytest.mark.parametrize("file", [name for name in DOCUMENTS if name not in ("choice.md", "cards.csv")])
def test_a_new_card_stands_at_the_end_of_its_section_in_the_documents_form(file: str) -> None:
    text = DOCUMENTS[file]
    deck = parse(text, file)
    new = CardText("What is new here?", "Something.", deck.cards[0].section)
    written = write(text, deck, added=[NewText(new)])
    assert written.complete
    again = parse(written.text, file)
    assert len(again.cards) == len(deck.cards) + 1
    place = [card.question for card in again.cards].index(new.question)
    assert again.cards[place].answer == new.answer
    assert again.cards[place].section == new.section
    assert again.cards[place - 1].section == new.section
    assert again.dialect == deck.dialect


def test_a_new_card_is_numbered_on_and_takes_no_promotion_along() -> None:
    deck = parse(HEADINGS, "headings.md")
    new = NewText(CardText("What is a flow?", "Invertible.\n\nAnd exact.", ("Basics",)), "guid")
    written = write(HEADINGS, deck, added=[new]).text
    assert "<!-- id: guid -->\n### 4. What is a flow?" in written
    assert written.count("Back to Top") == 2


def test_a_removed_card_loses_its_lines_and_no_other() -> None:
    deck = parse(DETAILS, "details.md")
    written = write(DETAILS, deck, removed=[0])
    assert [card.question for card in parse(written.text, "details.md").cards] == ["What is TCP?"]


def test_a_deck_without_a_document_becomes_one() -> None:
    cards = [
        CardText("What is a GAN?", "Two networks.", ("Networks", "Deep")),
        CardText(
            "Which one is right?",
            "The first.",
            ("Networks",),
            (),
            (Option("A", "this", True), Option("B", "that", False)),
        ),
        CardText("What is a loss?", "A number.", ("Training",)),
    ]
    read = parse(compose("Interview questions", cards, idents=["one", None, "three"]), "deck.md")
    assert read.title == "Interview questions"
    assert [(card.question, card.options) for card in read.cards] == [(card.question, card.options) for card in cards]
    assert all(one.answer.endswith(card.answer) for one, card in zip(read.cards, cards, strict=True))
    assert [card.section for card in read.cards] == [card.section for card in cards]
    assert [card.ident for card in read.cards] == ["one", None, "three"]


words = st.text(alphabet="abcdefgh \n*_`#|<>-:[]()1.", min_size=1, max_size=60)


@given(file=st.sampled_from(sorted(DOCUMENTS)), index=st.integers(0, 2), question=words, answer=words)
def test_whatever_is_edited_the_document_says_it_or_names_it(file: str, index: int, question: str, answer: str) -> None:
    text = DOCUMENTS[file]
    deck = parse(text, file)
    index = min(index, len(deck.cards) - 1)
    written = write(text, deck, edits={index: replace(deck.cards[index].text, question=question, answer=answer)})
    again = parse(written.text, file)
    assert len(again.cards) == len(deck.cards)
    if written.kept_out:
        assert written.text == text
        return
    bare = [" ".join(again.cards[index].question.split()), " ".join(again.cards[index].answer.split())]
    assert bare == [" ".join(question.split()), " ".join(answer.split())]
    others = [number for number in range(len(deck.cards)) if number != index]
    assert [again.cards[number].text for number in others] == [deck.cards[number].text for number in others]


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize("file", [name for name in DOCUMENTS if name not in ("choice.md", "cards.csv")])
def test_importing_an_export_changes_nothing(file: str, ids: bool) -> None:
    text = DOCUMENTS[file]
    memory = Memory()
    memory.import_text(text, file)
    first, second, *_ = memory.living
    memory.edit(first.guid, replace(first.text, answer="Edited here."))
    memory.add("made-here", CardText("What was made here?", "This was.", second.text.section, ("ours",)))
    written = export(text, parse(text, file), list(memory.cards.values()), ids=ids)
    assert "Edited here." in written.text
    before = {card.guid: card.text for card in memory.living}
    planned = memory.import_text(written.text, file)
    assert planned.changes_nothing
    assert not planned.pending
    assert {card.guid: card.text for card in memory.living} == before
    assert memory.import_text(written.text, file).changes_nothing


def test_a_card_in_conflict_is_exported_as_its_document_has_it() -> None:
    memory = Memory()
    memory.import_text(HEADINGS, "headings.md")
    last = memory.living[-1]
    memory.edit(last.guid, replace(last.text, answer="With care."))
    theirs = HEADINGS.replace("With patience.", "With luck.")
    assert memory.import_text(theirs, "headings.md").conflicts
    assert export(theirs, parse(theirs, "headings.md"), list(memory.cards.values())).text == theirs
