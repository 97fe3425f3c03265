"""Taking an import back: everything as it was, and what people did since stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.matching import thresholds
from app.db.models import Card, Deck, Document, Event, Import, Question
from app.library.pending import confirm, open_questions
from app.library.undoing import JoinedSince, LaterImport, NoSuchImport, imports, undo_import
from app.study.joining import replay_everyone
from app.study.verify import verify
from tests.builders import choose, make_user
from tests.integration.library.shelf import (
    ANSWERS,
    GIL,
    HASH,
    LATER,
    LIST,
    NOW,
    asked,
    bring_in,
    document,
    edit,
    folder,
    guids,
    shelf,
    state,
)
from tests.integration.study import people

AFTER = LATER + timedelta(hours=1)
FIRST = document(LIST, HASH, GIL)


def test_cards_texts_and_archiving_are_as_they_were(session: Session) -> None:
    bring_in(session, FIRST)
    before = state(session)
    stored = session.scalars(select(Document)).one().content
    bring_in(session, document(GIL, LIST, "What is new?", **{LIST: "Changed upstream."}), now=LATER)
    assert state(session)[: len(before)] != before
    done = undo_import(session, now=AFTER)
    session.commit()
    assert (done.put_back, done.archived, done.kept) == (3, 1, ())
    assert state(session)[: len(before)] == before
    assert asked(session) == [LIST, HASH, GIL]
    assert session.scalars(select(Document)).one().content == stored
    assert not bring_in(session, FIRST, now=AFTER).changed


def test_what_an_undone_import_brought_comes_back_with_its_history_when_it_comes_again(session: Session) -> None:
    bring_in(session, document(LIST))
    bring_in(session, document(LIST, HASH), now=LATER)
    guid = guids(session)[HASH]
    learner = make_user(session)
    choose(session, learner, session.scalars(select(Deck)).one())
    card = session.scalars(select(Card).where(Card.guid == guid)).one()
    people.give(session, people.viewer_of(learner), card)
    undo_import(session, now=AFTER)
    session.commit()
    assert asked(session) == [LIST]
    assert session.scalars(select(Event.card_id)).all() == [card.id]
    assert verify(session).differences == []
    session.rollback()
    bring_in(session, document(LIST, HASH), now=AFTER)
    assert asked(session) == [LIST, HASH]
    assert guids(session)[HASH] == guid


def test_the_first_import_of_a_deck_is_undone_and_made_again(session: Session) -> None:
    bring_in(session, FIRST)
    before = guids(session)
    undo_import(session, now=LATER)
    session.commit()
    assert session.scalars(select(Deck.archived_at)).all() == [LATER]
    assert asked(session) == []
    bring_in(session, FIRST, now=AFTER)
    assert session.scalars(select(Deck.archived_at)).all() == [None]
    assert guids(session) == before


def test_a_card_that_was_edited_since_keeps_its_text(session: Session) -> None:
    bring_in(session, FIRST)
    bring_in(session, document(LIST, HASH, GIL, **{LIST: "Changed upstream.", HASH: "This too."}), now=LATER)
    edit(session, guids(session)[LIST], answer="Edited here since.")
    done = undo_import(session, now=AFTER)
    session.commit()
    assert done.kept == (LIST,)
    answers = {one.question: one.answer for one in shelf(session)}
    assert answers == {LIST: "Edited here since.", HASH: ANSWERS[HASH], GIL: ANSWERS[GIL]}
    assert not bring_in(session, FIRST, now=AFTER).changed


def test_imports_of_one_deck_are_taken_back_from_the_last_one_on(session: Session) -> None:
    first = bring_in(session, FIRST)
    second = bring_in(session, document(LIST, HASH), now=LATER)
    other = bring_in(session, folder({"threads.md": document("What is a thread?")}), now=LATER)
    with pytest.raises(LaterImport, match=second.guid):
        undo_import(session, guid=first.guid, now=AFTER)
    session.rollback()
    undo_import(session, guid=second.guid, now=AFTER)
    session.commit()
    assert asked(session) == [LIST, HASH, GIL]
    assert [(row.guid, row.undone) for row in imports(session)] == [
        (other.guid, False),
        (second.guid, True),
        (first.guid, False),
    ]
    with pytest.raises(NoSuchImport):
        undo_import(session, guid=second.guid, now=AFTER)


def test_a_folder_is_undone_with_its_moves_and_lost_files(session: Session) -> None:
    bring_in(session, folder({"python.md": document(LIST, HASH), "threads.md": document(GIL)}))
    before = state(session)
    bring_in(session, folder({"python.md": document(LIST, GIL)}), now=LATER)
    assert asked(session, "threads") == []
    undo_import(session, now=AFTER)
    session.commit()
    assert state(session) == before
    assert not bring_in(
        session, folder({"python.md": document(LIST, HASH), "threads.md": document(GIL)}), now=AFTER
    ).changed


def test_a_conflict_goes_with_the_import_that_made_it_and_an_older_one_comes_back(session: Session) -> None:
    bring_in(session, document(LIST))
    edit(session, guids(session)[LIST], answer="Edited here.")
    bring_in(session, document(LIST, **{LIST: "Edited there."}), now=LATER)
    bring_in(session, document(LIST, **{LIST: "Edited here."}), now=LATER)
    assert open_questions(session) == []
    undo_import(session, now=AFTER)
    session.commit()
    (question,) = open_questions(session)
    assert question.theirs is not None
    assert question.theirs.answer == "Edited there."
    session.rollback()
    undo_import(session, now=AFTER)
    session.commit()
    assert open_questions(session) == []
    assert [one.answer for one in shelf(session)] == ["Edited here."]


OLD = "What is the difference between a list and a tuple in the language?"
NEW = "What is the main difference between lists and a tuple in the language?"
TEXTS = {
    OLD: "A list can change after it was made, a tuple cannot; a tuple can be a key.",
    NEW: "A list can change after it was made, a tuple cannot; only a tuple is hashable.",
}


def join(session: Session) -> None:
    """Import a reworded question, and confirm that it is the old one."""
    bring_in(session, document(NEW, HASH, **TEXTS), now=LATER)
    (question,) = open_questions(session)
    session.rollback()
    decided = confirm(session, guid=question.guid, same=True, now=LATER)
    replay_everyone(session, card_ids=decided.replay)
    session.commit()


def test_cards_that_were_joined_are_two_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)
    bring_in(session, document(OLD, HASH, **TEXTS))
    before = state(session)
    learner = make_user(session)
    choose(session, learner, session.scalars(select(Deck)).one())
    card = session.scalars(select(Card).where(Card.question == OLD)).one()
    people.give(session, people.viewer_of(learner), card)
    join(session)
    done = undo_import(session, now=AFTER)
    replay_everyone(session, card_ids=done.replay)
    session.commit()
    assert state(session)[: len(before)] == before
    assert asked(session) == [OLD, HASH]
    assert verify(session).differences == []
    assert session.scalars(select(Question)).all() == []


def test_a_card_that_was_joined_to_another_since_is_not_torn_off(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)
    bring_in(session, document(OLD, HASH, **TEXTS))
    bring_in(session, document(NEW, HASH, **TEXTS), now=LATER)
    bring_in(session, document(NEW, HASH, **{NEW: TEXTS[NEW] + " And more."}), now=LATER)
    (question,) = open_questions(session)
    session.rollback()
    confirm(session, guid=question.guid, same=True, now=AFTER)
    session.commit()
    before = state(session)
    with pytest.raises(JoinedSince):
        undo_import(session, now=AFTER)
    session.rollback()
    assert state(session) == before
    assert session.scalars(select(Import.undone_at)).all() == [None] * 3


def test_nothing_to_take_back(session: Session) -> None:
    with pytest.raises(NoSuchImport):
        undo_import(session, now=NOW)
