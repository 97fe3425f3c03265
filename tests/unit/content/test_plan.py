"""What an import will do: nothing deleted, no edit reverted, the same again a no-op, the unsure asked."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.document import CardText
from app.content.matching import Reason
from app.content.parsing import parse
from app.content.plan import merge_texts, plan
from tests.unit.content.memory import Memory, questions
from tests.unit.content.test_matching import DECK, edited_decks

DNS = (
    "### 6. What is DNS?\n\nThe domain name system turns names into addresses, asking from the root downwards and keeping "
    "answers for a while."
)
UNSURE = (
    "### 6. How are names turned into addresses?\n\nThe domain name system asks from the root downwards. Every resolver is "
    "keeping answers for a while."
)


def imported(text: str = DECK) -> Memory:
    memory = Memory()
    memory.import_text(text)
    return memory


def guid_of(memory: Memory, question: str) -> str:
    return next(card.guid for card in memory.cards.values() if card.text.question == question)


def test_a_first_import_adds_all() -> None:
    planned = Memory().import_text(DECK)
    assert len(planned.added) == 8
    assert not planned.changes_nothing
    assert all(card.reason is None for card in planned.added)


def test_the_same_again_changes_nothing() -> None:
    planned = imported().import_text(DECK)
    assert planned.changes_nothing
    assert not any(card.settled for card in planned.cards)
    assert (planned.added, planned.changed, planned.moved, planned.restored, planned.archived) == ((), (), (), (), ())


def test_each_change_is_named() -> None:
    memory = imported()
    head, names = DECK.split("## Names\n")
    seven, eight = names.index("### 7."), names.index("### 8.")
    text = head.replace("inside one network", "inside a network") + f"## Names\n{names[eight:]}\n{names[:seven]}"
    text += "### 9. What is a resolver?\n\nIt asks name servers.\n"
    planned = memory.import_text(text)
    assert [card.text.question for card in planned.changed] == ["What is a switch?"]
    assert [card.text.question for card in planned.added] == ["What is a resolver?"]
    assert [card.text.question for card in planned.archived] == ["What is a zone file?"]
    assert [card.text.question for card in planned.moved] == ["Why is caching hard?"]


def test_a_new_question_moves_no_other() -> None:
    planned = imported().import_text(DECK.replace("### 2.", "### 2. What is a hub?\n\nA repeater.\n\n### 3."))
    assert len(planned.added) == 1
    assert not planned.moved


def test_what_has_gone_comes_back_as_the_same_card() -> None:
    memory = imported()
    guid = guid_of(memory, "What is DNS?")
    memory.import_text(DECK.replace(DNS, ""))
    assert memory.cards[guid].archived == "source"
    planned = memory.import_text(DECK)
    assert [card.stored.guid for card in planned.restored if card.stored] == [guid]
    assert memory.cards[guid].archived is None
    assert memory.import_text(DECK).changes_nothing


def test_what_an_editor_archived_does_not_come_back_by_itself() -> None:
    memory = imported()
    guid = guid_of(memory, "What is DNS?")
    memory.cards[guid] = replace(memory.cards[guid], archived="editor")
    planned = memory.import_text(DECK.replace("What is DNS?", "What is the DNS?"))
    assert not planned.restored
    assert memory.cards[guid].archived == "editor"


def test_the_unsure_comes_in_beside_the_old_one_and_is_asked_once() -> None:
    memory = imported()
    guid = guid_of(memory, "What is DNS?")
    text = DECK.replace(DNS, UNSURE)
    planned = memory.import_text(text)
    assert [(one.stored.guid, one.new.card.question) for one in planned.pending] == [
        (guid, "How are names turned into addresses?")
    ]
    assert memory.cards[guid].archived == "source"
    assert len(memory.living) == 8
    again = memory.import_text(text)
    assert again.changes_nothing
    assert not again.pending


def test_an_edit_made_here_survives_the_next_import() -> None:
    memory = imported()
    guid = guid_of(memory, "What is DNS?")
    ours = replace(memory.cards[guid].text, question="What is the domain name system?")
    memory.edit(guid, ours)
    assert memory.import_text(DECK).changes_nothing
    planned = memory.import_text(DECK.replace("for a while", "for a day"))
    assert not planned.conflicts
    assert memory.cards[guid].text.question == "What is the domain name system?"
    assert memory.cards[guid].text.answer.endswith("for a day.")


def test_a_collision_keeps_ours_and_is_told_again_until_it_is_resolved() -> None:
    memory = imported()
    guid = guid_of(memory, "What is DNS?")
    memory.edit(guid, replace(memory.cards[guid].text, answer="A phone book."))
    theirs = DECK.replace("for a while", "for a day")
    for _ in range(2):
        planned = memory.import_text(theirs)
        assert [card.text.answer for card in planned.conflicts] == ["A phone book."]
        assert planned.changes_nothing
        assert any("edited both here and in the document" in warning.message for warning in planned.warnings)
    memory.edit(guid, replace(memory.cards[guid].text, answer=parse(theirs, "deck.md").cards[5].answer))
    assert not memory.import_text(theirs).conflicts


def test_the_reason_and_the_certainty_are_told() -> None:
    planned = imported().import_text(DECK.replace("### 2. What is a switch?", "### 2. How does it learn the ports?"))
    card = planned.cards[1]
    assert card.reason is Reason.ANSWER
    assert 0.76 <= card.certainty <= 1


def test_another_document_under_the_same_name_is_noticed() -> None:
    planned = imported().import_text(
        "# Other\n\n## 1. What is a cat?\n\nAn animal.\n\n## 2. What is a dog?\n\nAnother.\n"
    )
    assert any("None of the 8 questions" in warning.message for warning in planned.warnings)


def test_cards_of_documents_that_are_not_read_now_stay() -> None:
    memory = imported()
    memory.import_deck(
        parse("# Cats\n\n## 1. What is a cat?\n\nAn animal.\n\n## 2. What is a dog?\n\nAnother.\n", "cats.md"), "cats"
    )
    assert len(memory.living) == 10


def test_a_card_made_here_is_never_archived_by_a_document() -> None:
    memory = imported()
    memory.add("made-here", CardText("What is ours?", "This."))
    assert not memory.import_text(DECK).archived
    assert memory.cards["made-here"].archived is None


def test_merging_without_a_base_asks_where_the_texts_differ() -> None:
    ours, theirs = CardText("Q?", "Ours."), CardText("Q?", "Theirs.")
    assert merge_texts(None, ours, theirs) == (ours, True)
    assert merge_texts(None, ours, ours) == (ours, False)


def test_blanks_that_no_document_keeps_are_no_difference() -> None:
    base, ours = CardText("Q?", "One."), CardText("Q? ", "\n\nOne.  \nTwo.\n")
    assert merge_texts(base, ours, CardText("Q?", "One.\nTwo.")) == (ours, False)
    assert merge_texts(None, ours, CardText("Q?", "One.\nTwo.")) == (ours, False)


@settings(max_examples=25)
@given(versions=st.lists(edited_decks(), min_size=1, max_size=3))
def test_no_history_of_edits_loses_a_card_and_every_import_repeated_is_a_no_op(versions: list[str]) -> None:
    memory = imported()
    known = set(memory.cards)
    for text in versions:
        memory.import_text(text)
        assert known <= set(memory.cards)
        known = set(memory.cards)
        read = parse(text, "deck.md")
        assert len(memory.living) == len(read.cards)
        assert [card.text.answer for card in memory.living] == [card.answer for card in read.cards]
        assert plan(list(memory.cards.values()), questions(read)).changes_nothing
    memory.import_text(DECK)
    assert len(memory.living) == 8
    assert known <= set(memory.cards)


@settings(max_examples=15)
@given(text=edited_decks())
def test_planning_is_deterministic(text: str) -> None:
    memory = imported()
    cards = list(memory.cards.values())
    one = plan(cards, questions(parse(text, "deck.md")))
    other = plan(list(reversed(cards)), questions(parse(text, "deck.md")))
    assert one.cards == other.cards
    assert one.pending == other.pending
    assert {card.guid for card in one.archived} == {card.guid for card in other.archived}
