"""Changing cards by hand: versions, conflicts, places, and nothing lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.document import CardText, Option
from app.db.models import Card, CardRevision, Deck, User
from app.library import edit_queries, editing, history, media
from app.library.editing import Conflict, NotThere, PlaceIsGiven
from app.library.texts import put_base
from tests.builders import LONG_AGO, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of

NOW = LONG_AGO + timedelta(days=30)


@pytest.fixture
def editor(session: Session) -> User:
    return make_user(session, role="editor")


def order(session: Session, deck: Deck) -> list[str]:
    session.expire_all()
    rows = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position, Card.id))
    return [card.question for card in rows]


def test_a_save_is_a_version_and_renders_what_learners_see(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), question="What?", answer="Wrong.")
    session.commit()
    text = CardText("What?", "Right, **really**.", tags=("facts",))

    saved = editing.edit_card(
        session, guid=card.guid, version=1, text=text, author_id=editor.id, now=NOW, note="It was wrong"
    )
    session.commit()

    assert saved.version == card.version == 2
    assert "<strong>really</strong>" in card.answer_html
    assert "right really" in card.search_text
    newest, first = history.card_history(session, card.id, editor.id).versions
    assert (newest.action, newest.by, newest.note, newest.created_at) == ("edited", "you", "It was wrong", NOW)
    assert [change.field for change in newest.changes] == ["tags", "answer"]
    assert first.first
    deck = session.get_one(Deck, card.deck_id)
    assert card.updated_at == deck.updated_at == NOW


def test_a_save_on_an_older_version_is_refused(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), answer="First.")
    session.commit()
    ours, theirs = CardText("What is it?", "Ours."), CardText("What is it?", "Theirs.")
    editing.edit_card(session, guid=card.guid, version=1, text=theirs, author_id=editor.id, now=NOW)
    session.commit()

    with pytest.raises(Conflict):
        editing.edit_card(session, guid=card.guid, version=1, text=ours, author_id=editor.id, now=NOW)
    session.rollback()

    assert session.get_one(Card, card.id).answer == "Theirs."


def test_the_same_text_again_is_neither_a_version_nor_a_conflict(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), answer="First.")
    session.commit()
    text = CardText("What is it?", "Second.")
    editing.edit_card(session, guid=card.guid, version=1, text=text, author_id=editor.id, now=NOW)

    again = editing.edit_card(session, guid=card.guid, version=1, text=text, author_id=editor.id, now=NOW)

    assert not again.changed
    assert again.version == 2
    assert history.card_history(session, card.id, editor.id).total == 2


def test_an_answer_makes_a_draft_ready_and_taking_it_away_a_draft(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), answer="")
    assert card.draft
    session.commit()
    for version, answer, draft in ((1, "An answer.", False), (2, "TODO", True)):
        text = CardText("What is it?", answer)
        editing.edit_card(session, guid=card.guid, version=version, text=text, author_id=editor.id, now=NOW)
        assert card.draft is draft


def test_options_make_a_choice_card_and_no_options_a_basic_one(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session))
    session.commit()
    options = (Option("A", "one", False), Option("B", "*two*", True))
    text = CardText("Which?", "", options=options)
    editing.edit_card(session, guid=card.guid, version=1, text=text, author_id=editor.id, now=NOW)
    assert (card.kind, card.draft, card.options_html[1]) == ("choice", False, "<em>two</em>")

    editing.edit_card(session, guid=card.guid, version=2, text=CardText("Which?", "It."), author_id=editor.id, now=NOW)
    assert (card.kind, card.options) == ("basic", [])


def test_an_older_version_comes_back_as_a_new_one(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), answer="First.")
    session.commit()
    text = CardText("What is it?", "Second.")
    editing.edit_card(session, guid=card.guid, version=1, text=text, author_id=editor.id, now=NOW)

    saved = editing.revert_card(session, guid=card.guid, version=2, number=1, author_id=editor.id, now=NOW)

    assert (saved.version, card.answer) == (3, "First.")
    with pytest.raises(NotThere):
        editing.revert_card(session, guid=card.guid, version=3, number=9, author_id=editor.id, now=NOW)


def test_archiving_keeps_everything_and_can_be_undone(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session))
    session.commit()

    editing.archive_card(session, guid=card.guid, author_id=editor.id, now=NOW, note="Outdated")
    assert (card.archived_at, card.archived_reason) == (NOW, "editor")
    assert not editing.archive_card(session, guid=card.guid, author_id=editor.id, now=NOW).changed
    editing.restore_card(session, guid=card.guid, author_id=editor.id, now=NOW)

    assert (card.archived_at, card.archived_reason, card.version) == (None, None, 3)
    actions = [one.action for one in history.card_history(session, card.id, editor.id).versions]
    assert actions == ["restored", "archived", "created"]


def test_an_editor_archives_for_good_what_the_source_had_archived(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), archived_at=NOW, archived_reason="source")
    session.commit()
    editing.archive_card(session, guid=card.guid, author_id=editor.id, now=NOW)
    assert card.archived_reason == "editor"


def test_a_card_restored_against_its_source_is_the_portals_own(session: Session, editor: User) -> None:
    """Else the next import, which does not find it in the document, would archive it again."""
    card = make_card(session, make_deck(session), archived_at=NOW, archived_reason="source", source_line=7)
    put_base(card, CardText("What is it?", "It is this."))
    session.commit()

    editing.restore_card(session, guid=card.guid, author_id=editor.id, now=NOW)

    assert (card.archived_at, card.base_question, card.source_line) == (None, None, None)


def test_a_new_card_stands_behind_its_section(session: Session, editor: User) -> None:
    deck = make_deck(session)
    for question, heading in (("a", "One"), ("b", "One"), ("c", "Two")):
        make_card(session, deck, question=question, section=(heading,))
    session.commit()

    for question, section in (("new in one", ("One",)), ("new in three", ("Three",))):
        text = CardText(question, "Yes.", section)
        saved = editing.create_card(session, slug=deck.slug, text=text, author_id=editor.id, now=NOW)

    assert order(session, deck) == ["a", "b", "new in one", "c", "new in three"]
    card = session.get_one(Card, saved.card_id)
    assert (card.base_question, card.version, card.position) == (None, 1, 4)
    assert session.get_one(CardRevision, (card.id, 1)).action == "created"


@pytest.mark.parametrize(
    ("moved", "number", "expected"),
    [("a", 3, "bcad"), ("d", 1, "dabc"), ("b", 2, "abcd"), ("b", 99, "acdb"), ("c", 2, "acbd")],
)
def test_a_card_moves_within_its_deck(session: Session, editor: User, moved: str, number: int, expected: str) -> None:
    deck = make_deck(session)
    cards = {question: make_card(session, deck, question=question) for question in "abcd"}
    session.commit()

    saved = editing.move_card(
        session, guid=cards[moved].guid, slug=deck.slug, number=number, author_id=editor.id, now=NOW
    )

    assert "".join(order(session, deck)) == expected
    assert saved.changed is (expected != "abcd")
    assert sorted(card.position for card in cards.values()) == [0, 1, 2, 3]


def test_a_card_moves_to_another_deck_and_stays_the_same_card(session: Session, editor: User) -> None:
    here, there = make_deck(session), make_deck(session, cards=2)
    first, card, last = (make_card(session, here, question=question) for question in "abc")
    session.commit()

    saved = editing.move_card(session, guid=card.guid, slug=there.slug, number=2, author_id=editor.id, now=NOW)

    assert saved.card_id == card.id
    assert order(session, there) == ["Question 1?", "b", "Question 2?"]
    assert order(session, here) == ["a", "c"]
    assert (first.position, last.position) == (0, 1)


def test_a_card_of_a_document_does_not_move(session: Session, editor: User) -> None:
    deck = make_deck(session, cards=2)
    card = make_card(session, deck)
    put_base(card, CardText("What is it?", "It is this."))
    session.commit()
    with pytest.raises(PlaceIsGiven):
        editing.move_card(session, guid=card.guid, slug=deck.slug, number=1, author_id=editor.id, now=NOW)


@pytest.mark.parametrize("guid", ["nothing", "", "a\0b", "é" * 40])
def test_there_is_no_such_card(session: Session, editor: User, guid: str) -> None:
    viewer_id = editor.id
    session.commit()
    with pytest.raises(NotThere):
        editing.archive_card(session, guid=guid, author_id=viewer_id, now=NOW)


def test_two_edits_of_different_blocks_can_be_put_together(session: Session, editor: User) -> None:
    card = make_card(session, make_deck(session), answer="- one\n- two\n- three")
    session.commit()
    theirs = CardText("What is it?", "- one\n- two\n- three, now")
    editing.edit_card(session, guid=card.guid, version=1, text=theirs, author_id=editor.id, now=NOW)
    ours = CardText("What is it, then?", "- One\n- two\n- three")

    both = history.merged(session, card.id, 1, ours=ours, theirs=theirs)

    assert both == (CardText("What is it, then?", "- One\n- two\n- three, now"), False)
    clash = CardText("What is it?", "- One\n- two\n- THREE", tags=("loud",))
    both = history.merged(session, card.id, 1, ours=clash, theirs=theirs)
    assert both == (CardText("What is it?", "- One\n- two\n- three, now\n- THREE", tags=("loud",)), True)


def test_search_finds_words_in_answers_and_puts_questions_first(session: Session, editor: User) -> None:
    deck, other = make_deck(session, title="A"), make_deck(session, title="B")
    in_answer = make_card(session, deck, question="What?", answer="Because of *latent* space.")
    in_question = make_card(session, other, question="Latent what?", answer="")
    make_card(session, deck, question="Gone latent", archived_at=NOW, archived_reason="editor")
    session.commit()

    found = edit_queries.cards(session, viewer_of(editor, rank=2), query="latent")

    assert [line.guid for line in found.lines] == [in_question.guid, in_answer.guid]
    assert [piece.text for piece in found.lines[1].excerpt if piece.hit] == ["latent"]
    assert (found.drafts, found.archived) == (1, 1)
    assert edit_queries.cards(session, viewer_of(editor, rank=2), query="latent", show="archived").total == 1
    assert edit_queries.cards(session, viewer_of(editor, rank=2), query="latent", deck_id=deck.id).total == 1
    assert edit_queries.cards(session, viewer_of(editor, rank=2), query="100%").total == 0


def test_lists_have_pages(session: Session, editor: User) -> None:
    deck = make_deck(session, cards=edit_queries.PAGE + 1)
    session.commit()
    first = edit_queries.cards(session, viewer_of(editor, rank=2), deck_id=deck.id)
    last = edit_queries.cards(session, viewer_of(editor, rank=2), deck_id=deck.id, page=999)
    assert (len(first.lines), len(last.lines), last.page, last.pages) == (edit_queries.PAGE, 1, 2, 2)


def test_an_edited_card_keeps_its_deck_s_images(session: Session, editor: User) -> None:
    deck = make_deck(session)
    card = make_card(session, deck, answer="See ![the plan](plan.png).")
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 30
    address = media.store_for_deck(session, deck_id=deck.id, files={"plan.png": png}, now=NOW)["plan.png"]
    session.commit()

    text = CardText("What is it?", "Look at ![the plan](plan.png).")
    editing.edit_card(session, guid=card.guid, version=1, text=text, author_id=editor.id, now=NOW)
    made = editing.create_card(session, slug=deck.slug, text=text, author_id=editor.id, now=NOW)

    assert f'src="{address}"' in card.answer_html
    assert f'src="{address}"' in session.get_one(Card, made.card_id).answer_html
    other = make_deck(session)
    session.commit()
    editing.move_card(session, guid=made.guid, slug=other.slug, number=1, author_id=editor.id, now=NOW)
    assert media.of_deck(session, other.id) == {"plan.png": address}
