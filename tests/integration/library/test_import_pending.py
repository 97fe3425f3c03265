"""What an import leaves open, and what follows from deciding it: histories join, texts stand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.matching import thresholds
from app.db.models import Card, CardState, Deck, Event, Question
from app.library.editing import restore_card
from app.library.exporting import export_deck
from app.library.listing import deck_listing
from app.library.pending import NoSuchQuestion, NotThatKind, confirm, open_question, open_questions, resolve
from app.library.texts import base_of, of_stored
from app.study.joining import replay_everyone
from app.study.verify import verify
from tests.builders import choose, make_user
from tests.integration.library.shelf import ANSWERS, HASH, LATER, LIST, asked, bring_in, document, edit, guids, shelf
from tests.integration.study import people

OLD = "What is the difference between a list and a tuple in the language?"
NEW = "What is the main difference between lists and a tuple in the language?"
OLD_ANSWER = "A list can change after it was made, a tuple cannot; a tuple can be a key."
NEW_ANSWER = "A list can change after it was made, a tuple cannot; only a tuple is hashable."


@pytest.fixture(autouse=True)
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was found by likeness alone is taken for certain."""
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)


def doubtful(session: Session) -> tuple[str, str, str]:
    """An import that cannot say whether a question is the old one: the question's, the old and the new card's guid."""
    bring_in(session, document(OLD, HASH, **{OLD: OLD_ANSWER}))
    old = guids(session)[OLD]
    bring_in(session, document(NEW, HASH, **{NEW: NEW_ANSWER}), now=LATER)
    (question,) = open_questions(session)
    session.rollback()
    return question.guid, old, guids(session)[NEW]


def test_what_is_likely_but_not_certain_comes_in_beside_the_archived_old_card(session: Session) -> None:
    guid, old, new = doubtful(session)
    assert old != new
    assert asked(session) == [NEW, HASH]
    question = open_question(session, guid)
    assert question is not None
    assert question.old is not None
    assert (question.kind, question.old.guid, question.card.guid) == ("match", old, new)
    assert (question.old.archived, question.card.archived) == (True, False)
    assert 0 < question.score < 1
    listing = deck_listing(session, "python")
    assert listing is not None
    assert listing.pending == 1


def test_confirming_lets_the_old_card_live_on_with_the_new_text(session: Session) -> None:
    guid, old, new = doubtful(session)
    decided = confirm(session, guid=guid, same=True, now=LATER)
    session.commit()
    assert decided.guid == old
    assert next((one.guid, one.question, one.archived) for one in shelf(session)) == (old, NEW, None)
    card = session.scalars(select(Card).where(Card.guid == old)).one()
    assert (card.answer, base_of(card), card.position) == (NEW_ANSWER, of_stored(card), 0)
    assert "hashable" in card.answer_html
    joined = session.scalars(select(Card).where(Card.guid == new)).one()
    assert joined.merged_into_id == card.id
    listing = deck_listing(session, "python")
    assert listing is not None
    assert [one.guid for one in listing.cards] == [old, guids(session)[HASH]]
    assert listing.pending == 0
    assert not bring_in(session, document(NEW, HASH, **{NEW: NEW_ANSWER}), now=LATER).changed


def test_a_joined_card_is_found_by_either_id_and_by_its_text(session: Session) -> None:
    guid, old, new = doubtful(session)
    confirm(session, guid=guid, same=True, now=LATER)
    session.commit()
    bring_in(session, f"# Python\n\n## Quite another wording?\n<!-- id: {new} -->\n\nYes.\n", now=LATER)
    assert [(one.guid, one.question) for one in shelf(session, archived=False)] == [(old, "Quite another wording?")]


def test_saying_that_they_differ_leaves_two_cards(session: Session) -> None:
    guid, old, new = doubtful(session)
    confirm(session, guid=guid, same=False, now=LATER)
    session.commit()
    assert open_questions(session) == []
    assert {one.guid: one.archived for one in shelf(session)} == {old: "source", new: None, guids(session)[HASH]: None}
    with pytest.raises(NoSuchQuestion):
        confirm(session, guid=guid, same=True, now=LATER)


def test_an_old_card_that_comes_back_by_itself_settles_the_question(session: Session) -> None:
    _, old, new = doubtful(session)
    bring_in(session, document(OLD, NEW, HASH, **{OLD: OLD_ANSWER, NEW: NEW_ANSWER}), now=LATER)
    assert session.scalars(select(Question.decision)).all() == ["different"]
    assert guids(session)[OLD] == old
    assert guids(session)[NEW] == new


def test_an_edit_of_the_old_card_is_not_lost_when_it_is_joined(session: Session) -> None:
    bring_in(session, document(OLD, HASH, **{OLD: f"{OLD_ANSWER}\n\nA last word."}))
    old = guids(session)[OLD]
    edit(session, old, answer=f"{OLD_ANSWER}\n\nA last word, edited here.")
    bring_in(session, document(NEW, HASH, **{NEW: f"{NEW_ANSWER}\n\nA last word."}), now=LATER)
    (question,) = open_questions(session)
    session.rollback()
    confirm(session, guid=question.guid, same=True, now=LATER)
    session.commit()
    card = session.scalars(select(Card).where(Card.guid == old)).one()
    assert (card.question, card.answer) == (NEW, f"{NEW_ANSWER}\n\nA last word, edited here.")
    assert card.base_answer == f"{NEW_ANSWER}\n\nA last word."


def test_edits_that_collide_when_cards_are_joined_are_asked_about(session: Session) -> None:
    bring_in(session, document(OLD, HASH, **{OLD: OLD_ANSWER}))
    old = guids(session)[OLD]
    edit(session, old, answer=f"{OLD_ANSWER} And they differ in size.")
    bring_in(session, document(NEW, HASH, **{NEW: NEW_ANSWER}), now=LATER)
    (question,) = open_questions(session)
    session.rollback()
    confirm(session, guid=question.guid, same=True, now=LATER)
    session.commit()
    (conflict,) = open_questions(session)
    assert (conflict.kind, conflict.card.guid) == ("conflict", old)
    assert conflict.card.text.answer == f"{OLD_ANSWER} And they differ in size."
    assert conflict.theirs is not None
    assert conflict.theirs.answer == NEW_ANSWER
    assert not conflict.card.archived


def test_two_histories_become_one_log_and_replay_agrees(session: Session) -> None:
    bring_in(session, document(OLD, HASH, **{OLD: OLD_ANSWER}))
    learner, other = make_user(session), make_user(session)
    choose(session, learner, session.scalars(select(Deck)).one())
    choose(session, other, session.scalars(select(Deck)).one())
    card = session.scalars(select(Card).where(Card.question == OLD)).one()
    for person in (learner, other):
        people.give(session, people.viewer_of(person), card)
    bring_in(session, document(NEW, HASH, **{NEW: NEW_ANSWER}), now=LATER)
    new = session.scalars(select(Card).where(Card.question == NEW)).one()
    people.give(session, people.viewer_of(learner), new, 5, now=people.NOW + timedelta(days=1))
    (question,) = open_questions(session)
    session.rollback()
    decided = confirm(session, guid=question.guid, same=True, now=LATER)
    assert replay_everyone(session, card_ids=decided.replay) == 2
    session.commit()
    assert verify(session).differences == []
    session.rollback()
    states = {row.user_id: row for row in session.scalars(select(CardState))}
    assert {state.card_id for state in states.values()} == {card.id}
    assert (states[learner.id].repetitions, states[other.id].repetitions) == (2, 1)
    assert set(session.scalars(select(Event.card_id))) == {card.id, new.id}


def collided(session: Session) -> tuple[str, str]:
    """A card edited on both sides: the question's guid and the card's."""
    bring_in(session, document(LIST))
    card = guids(session)[LIST]
    edit(session, card, answer="Edited here.")
    bring_in(session, document(LIST, **{LIST: "Edited there."}), now=LATER)
    (question,) = open_questions(session)
    session.rollback()
    return question.guid, card


@pytest.mark.parametrize(("take", "answer"), [("ours", "Edited here."), ("theirs", "Edited there.")])
def test_a_conflict_is_settled_for_one_side(session: Session, take: str, answer: str) -> None:
    guid, card_guid = collided(session)
    resolve(session, guid=guid, take=take, now=LATER)  # type: ignore[arg-type]
    session.commit()
    card = session.scalars(select(Card).where(Card.guid == card_guid)).one()
    assert (card.answer, card.base_answer) == (answer, "Edited there.")
    assert answer in card.answer_html
    assert open_questions(session) == []
    session.rollback()
    bring_in(session, document(LIST, HASH, **{LIST: "Edited there."}), now=LATER)
    assert session.scalars(select(Card.answer).where(Card.guid == card_guid)).one() == answer
    assert open_questions(session) == []


def test_a_conflict_is_settled_with_a_text_made_of_both(session: Session) -> None:
    guid, card_guid = collided(session)
    question = open_question(session, guid)
    assert question is not None
    assert question.base is not None
    assert (question.base.answer, question.merged.answer) == (ANSWERS[LIST], "Edited here.")
    session.rollback()
    with pytest.raises(ValueError, match="merged"):
        resolve(session, guid=guid, take="merged", now=LATER)
    session.rollback()
    resolve(session, guid=guid, take="merged", text=replace(question.merged, answer="Edited by both."), now=LATER)
    session.commit()
    card = session.scalars(select(Card).where(Card.guid == card_guid)).one()
    assert (card.answer, card.base_answer, card.version) == ("Edited by both.", "Edited there.", 3)


def test_a_question_is_answered_in_its_own_words(session: Session) -> None:
    guid, _ = collided(session)
    with pytest.raises(NotThatKind):
        confirm(session, guid=guid, same=True, now=LATER)


def test_an_untouched_deck_comes_out_as_it_came_in(session: Session) -> None:
    text = "\ufeff" + document(LIST, HASH).replace("\n", "\r\n") + "\r\n[Sign up](https://example.org)  \r\n"
    bring_in(session, text)
    exported = export_deck(session, "python")
    assert exported is not None
    assert (exported.filename, exported.data, exported.left_out) == ("python.md", text.encode(), ())


def test_an_export_has_the_edits_made_here_and_its_import_is_no_news(session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    edit(session, guids(session)[HASH], answer="Because its hash never changes.")
    before = guids(session)
    exported = export_deck(session, "python", idents=True)
    assert exported is not None
    text = exported.data.decode()
    assert "Because its hash never changes." in text
    assert ANSWERS[LIST] in text
    assert all(f"<!-- id: {guid} -->" in text for guid in before.values())
    session.rollback()
    result = bring_in(session, text, now=LATER)
    assert result.decks[0].numbers() == {}
    assert guids(session) == before


def test_a_restored_card_is_exported_with_those_made_here(session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    guid = guids(session)[HASH]
    bring_in(session, document(LIST), now=LATER)
    editor = make_user(session, role="editor")
    session.commit()
    restore_card(session, guid=guid, author_id=editor.id, now=LATER)
    session.commit()
    exported = export_deck(session, "python")
    assert exported is not None
    assert HASH in exported.data.decode()
    session.rollback()
    bring_in(session, exported.data.decode(), now=LATER)
    assert guids(session)[HASH] == guid
    assert asked(session) == [LIST, HASH]
