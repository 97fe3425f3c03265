"""Importing into both databases: what is stored, what stays, and what happens when two change the same."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from app.content.document import ContentError
from app.content.render import RENDERER_VERSION
from app.db import session as writing
from app.db.models import Card, CardRevision, Deck, DeckRevision, Document, Import, Question
from app.db.session import session_factory, write
from app.library import applying, importing
from app.library.deck_editing import DeckFields, edit_deck
from app.library.editing import archive_card, create_card
from app.library.files import Batch, SourceFile, gather
from app.library.importing import StalePlan, import_batches, preview_batches
from app.library.rerendering import rerender_outdated
from app.library.texts import base_of, of_stored
from app.library.undoing import undo_import
from tests.builders import make_user
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
    single,
    state,
)

CONTENT = Path(__file__).resolve().parents[3] / "content"


def test_the_folder_that_ships_with_the_portal_becomes_a_deck(session: Session) -> None:
    result = bring_in(session, *gather([CONTENT]))
    assert [(deck.slug, deck.new, len(deck.added)) for deck in result.decks] == [("generative-ai", True, 12)]
    deck = session.scalars(select(Deck)).one()
    assert (deck.slug, deck.title) == ("generative-ai", "Generative AI Interview Questions and Answers")
    stored = session.scalars(select(Document)).one()
    data = (CONTENT / "generative-ai.md").read_bytes()
    assert (stored.content, stored.sha256) == (data, hashlib.sha256(data).digest())
    cards = session.scalars(select(Card).order_by(Card.position)).all()
    assert [card.position for card in cards] == list(range(12))
    assert all(base_of(card) == of_stored(card) for card in cards)
    assert {card.renderer for card in cards} == {RENDERER_VERSION}
    assert "<p>" in cards[0].answer_html
    assert "<table>" in cards[3].answer_html
    assert cards[0].source_line == 4
    revisions = session.scalars(select(CardRevision)).all()
    assert {(revision.number, revision.action) for revision in revisions} == {(1, "imported")}
    assert len(revisions) == 12
    assert session.scalars(select(DeckRevision.number)).all() == [1]


def test_importing_the_same_again_changes_nothing_and_says_so(session: Session) -> None:
    assert bring_in(session, document(LIST, HASH)).changed
    before = state(session)
    again = bring_in(session, document(LIST, HASH), now=LATER)
    assert not again.changed
    assert again.guid == ""
    assert state(session) == before
    assert session.scalar(select(func.count()).select_from(Import)) == 1


def test_importing_the_same_again_waits_for_nobody(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(session, document(LIST))
    monkeypatch.setattr(writing, "LOCK_WAIT_S", 0.01)
    with session_factory(engine)() as other:
        write(other)
        other.scalars(select(Card).with_for_update()).all()
        assert not bring_in(session, document(LIST)).changed


def test_what_changed_upstream_is_taken_over_and_keeps_its_card(session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    before = guids(session)
    result = bring_in(session, document(LIST, HASH, **{HASH: "Because its hash never changes."}), now=LATER)
    assert [card.text.question for card in result.decks[0].edited] == [HASH]
    assert guids(session) == before
    card = session.scalars(select(Card).where(Card.guid == before[HASH])).one()
    assert (card.answer, card.base_answer) == ("Because its hash never changes.",) * 2
    assert "never changes" in card.answer_html
    assert (card.version, card.updated_at) == (2, LATER)
    untouched = session.scalars(select(Card).where(Card.guid == before[LIST])).one()
    assert (untouched.version, untouched.updated_at) == (1, NOW)


def test_an_edit_made_here_is_never_reverted(session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    edit(session, guids(session)[LIST], answer="Edited here.")
    bring_in(session, document(LIST, HASH, GIL), now=LATER)
    bring_in(session, document(LIST, HASH, title="Python, again"), now=LATER)
    card = session.scalars(select(Card).where(Card.question == LIST)).one()
    assert (card.answer, card.base_answer) == ("Edited here.", ANSWERS[LIST])


def test_two_edits_in_different_blocks_are_merged(session: Session) -> None:
    bring_in(session, document(LIST, **{LIST: "First block.\n\nSecond block."}))
    edit(session, guids(session)[LIST], answer="First block.\n\nSecond block, edited here.")
    result = bring_in(session, document(LIST, **{LIST: "First block, edited there.\n\nSecond block."}), now=LATER)
    assert result.decks[0].conflicts == ()
    (card,) = shelf(session)
    assert card.answer == "First block, edited there.\n\nSecond block, edited here."


def test_two_edits_of_one_block_leave_ours_and_one_open_question(session: Session) -> None:
    bring_in(session, document(LIST))
    edit(session, guids(session)[LIST], answer="Edited here.")
    bring_in(session, document(LIST, **{LIST: "Edited there."}), now=LATER)
    bring_in(session, document(LIST, **{LIST: "Edited there again."}), now=LATER)
    (card,) = shelf(session)
    assert card.answer == "Edited here."
    question = session.scalars(select(Question)).one()
    assert (question.kind, question.decided_at) == ("conflict", None)
    assert question.theirs is not None
    assert question.theirs["answer"] == "Edited there again."
    assert session.scalars(select(Card)).one().base_answer == ANSWERS[LIST]


def test_a_conflict_that_upstream_takes_back_is_closed(session: Session) -> None:
    bring_in(session, document(LIST))
    edit(session, guids(session)[LIST], answer="Edited here.")
    bring_in(session, document(LIST, **{LIST: "Edited there."}), now=LATER)
    bring_in(session, document(LIST, **{LIST: "Edited here."}), now=LATER)
    question = session.scalars(select(Question)).one()
    assert question.decision == "theirs"


def test_what_has_gone_is_archived_and_comes_back_with_its_history(session: Session) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    before = guids(session)
    bring_in(session, document(LIST, GIL), now=LATER)
    assert asked(session) == [LIST, GIL]
    gone = session.scalars(select(Card).where(Card.guid == before[HASH])).one()
    assert (gone.archived_at, gone.archived_reason) == (LATER, "source")
    result = bring_in(session, document(LIST, HASH, GIL), now=LATER)
    assert [card.text.question for card in result.decks[0].restored] == [HASH]
    assert asked(session) == [LIST, HASH, GIL]
    assert guids(session) == before
    actions = select(CardRevision.action).join(Card).where(Card.guid == before[HASH]).order_by(CardRevision.number)
    assert session.scalars(actions).all() == ["imported", "archived", "restored"]


def test_what_an_editor_archived_stays_so(session: Session) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    editor = make_user(session, role="editor")
    session.commit()
    archive_card(session, guid=guids(session)[HASH], author_id=editor.id, now=LATER)
    session.commit()
    bring_in(session, document(LIST, HASH, GIL, **{HASH: "Another answer."}), now=LATER)
    assert asked(session) == [LIST, GIL]
    card = session.scalars(select(Card).where(Card.question == HASH)).one()
    assert (card.answer, card.archived_reason) == ("Another answer.", "editor")
    assert [one.position for one in shelf(session, archived=False)] == [0, 1]


def test_a_card_made_here_stays_behind_its_neighbour(session: Session) -> None:
    bring_in(session, document(LIST, GIL))
    editor = make_user(session, role="editor")
    session.commit()
    card = session.scalars(select(Card).where(Card.question == LIST)).one()
    own = create_card(session, slug="python", text=of_stored(card), author_id=editor.id, now=LATER)
    session.commit()
    edit(session, own.guid, editor, question="Who wrote this by hand?")
    session.execute(update(Card).where(Card.guid == own.guid).values(position=1))
    session.execute(update(Card).where(Card.question == GIL).values(position=2))
    session.commit()
    bring_in(session, document(HASH, LIST, GIL), now=LATER)
    assert asked(session) == [HASH, LIST, "Who wrote this by hand?", GIL]
    assert [one.position for one in shelf(session)] == [0, 1, 2, 3]


def test_lines_and_places_follow_without_a_new_version(session: Session) -> None:
    bring_in(session, document(LIST, GIL))
    bring_in(session, document(HASH, LIST, GIL), now=LATER)
    card = session.scalars(select(Card).where(Card.question == LIST)).one()
    assert (card.position, card.source_line, card.version) == (1, 7, 1)


def test_a_plan_that_was_seen_is_applied_only_as_it_was_seen(session: Session) -> None:
    bring_in(session, document(LIST))
    batch = single(document(LIST, HASH))
    seen = preview_batches(session, batches=[batch])
    assert [card.text.question for card in seen.decks[0].added] == [HASH]
    session.rollback()
    edit(session, guids(session)[LIST], answer="Edited meanwhile.")
    with pytest.raises(StalePlan):
        bring_in(session, batch, expected=seen.mark)
    session.rollback()
    assert asked(session) == [LIST]
    again = preview_batches(session, batches=[batch])
    session.rollback()
    assert bring_in(session, batch, expected=again.mark).changed
    assert asked(session) == [LIST, HASH]


def test_a_preview_writes_nothing(session: Session) -> None:
    bring_in(session, document(LIST))
    before = state(session)
    assert preview_batches(session, batches=[single(document(HASH))]).changed
    session.commit()
    assert state(session) == before


def test_a_plan_is_made_anew_when_somebody_edits_while_it_is_made(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(session, document(LIST))
    guid = guids(session)[LIST]
    lock = importing._lock

    def edited_first(ours: Session) -> None:
        with session_factory(engine)() as other:
            edit(other, guid, answer="Edited just in time.")
        lock(ours)

    monkeypatch.setattr(importing, "_lock", edited_first)
    bring_in(session, document(LIST, HASH, **{LIST: "Edited there."}), now=LATER)
    card = session.scalars(select(Card).where(Card.guid == guid)).one()
    assert card.answer == "Edited just in time."
    assert session.scalars(select(Question.kind)).all() == ["conflict"]
    assert asked(session) == [LIST, HASH]


def test_a_crash_in_the_middle_leaves_the_old_state(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in(session, document(LIST, HASH))
    before = state(session)

    def fail(*_: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(applying, "note", fail)
    with pytest.raises(RuntimeError, match="power"):
        bring_in(session, document(HASH, GIL, **{HASH: "Changed."}), now=LATER)
    session.rollback()
    assert state(session) == before
    assert session.scalars(select(Document.imported_at)).one() == NOW
    session.rollback()
    monkeypatch.undo()
    assert bring_in(session, document(HASH, GIL, **{HASH: "Changed."}), now=LATER).changed


def test_one_unreadable_file_stops_the_whole_import(session: Session) -> None:
    broken = Batch((SourceFile("b.md", "b.md", b"\xff\xfe\x00"),), shown="b.md")
    with pytest.raises(ContentError, match=r"b\.md:1"):
        bring_in(session, single(document(LIST)), broken)
    session.rollback()
    assert shelf(session) == []


def test_a_document_says_what_its_deck_is_called_and_where_it_is_from(session: Session) -> None:
    front = "---\ntitle: Snakes\nauthor: A. Editor\nlicence: CC BY 4.0\nsource: https://example.org/snakes\n---\n"
    bring_in(session, single(front + document(LIST), slug="reptiles"))
    deck = session.scalars(select(Deck)).one()
    assert (deck.slug, deck.title, deck.author, deck.licence) == ("reptiles", "Snakes", "A. Editor", "CC BY 4.0")
    assert deck.source_url == "https://example.org/snakes"


def test_what_a_document_newly_says_of_its_deck_is_taken_over_unless_an_editor_said_otherwise(session: Session) -> None:
    bring_in(session, document(LIST, title="Python"))
    bring_in(session, document(LIST, title="Python 3"), now=LATER)
    deck = session.scalars(select(Deck)).one()
    assert (deck.title, deck.version) == ("Python 3", 2)
    editor = make_user(session, role="editor")
    session.commit()
    fields = DeckFields("Snakes", author="A. Editor")
    edit_deck(session, slug="python", version=2, fields=fields, author_id=editor.id, now=LATER)
    session.commit()
    bring_in(session, "---\nlicence: CC0\n---\n" + document(LIST, title="Python 4"), now=LATER)
    deck = session.scalars(select(Deck).execution_options(populate_existing=True)).one()
    assert (deck.title, deck.author, deck.licence) == ("Snakes", "A. Editor", "CC0")
    undo_import(session, now=LATER)
    session.commit()
    assert (deck.title, deck.author, deck.licence) == ("Snakes", "A. Editor", "")
    assert session.scalars(select(DeckRevision.number).order_by(DeckRevision.number)).all() == [1, 2, 3, 4, 5]


def test_an_address_that_is_no_link_is_left_out(session: Session) -> None:
    bring_in(session, "---\nsource: javascript:alert(1)\n---\n" + document(LIST))
    assert session.scalars(select(Deck.source_url)).all() == [""]


def test_older_html_is_rendered_again(session: Session) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    fresh = state(session)
    session.execute(update(Card).values(renderer=0, answer_html="old", search_text=""))
    session.commit()
    counts = []
    while count := rerender_outdated(session, most=2):
        session.commit()
        counts.append(count)
    assert counts == [2, 1]
    assert state(session) == fresh


def test_a_folder_is_one_collection_and_a_question_moves_between_its_files(session: Session) -> None:
    bring_in(session, folder({"python.md": document(LIST, HASH), "sub/threads.md": document(GIL)}))
    before = guids(session)
    bring_in(session, folder({"python.md": document(LIST), "sub/threads.md": document(HASH, GIL)}), now=LATER)
    assert asked(session, "python") == [LIST]
    assert asked(session, "threads") == [HASH, GIL]
    assert guids(session) == before
    assert session.scalars(select(Deck.collection_id).distinct()).all() != [None]


def test_a_file_that_left_its_folder_takes_its_cards_along_and_brings_them_back(session: Session) -> None:
    files = {"python.md": document(LIST, HASH), "threads.md": document(GIL)}
    bring_in(session, folder(files))
    before = guids(session)
    result = bring_in(session, folder({"python.md": files["python.md"]}), now=LATER)
    assert [(deck.slug, len(deck.archived)) for deck in result.decks if deck.changed] == [("threads", 1)]
    assert asked(session, "threads") == []
    assert not bring_in(session, folder({"python.md": files["python.md"]}), now=LATER).changed
    bring_in(session, folder(files), now=LATER)
    assert asked(session, "threads") == [GIL]
    assert guids(session) == before


def test_a_renamed_file_keeps_its_deck(session: Session) -> None:
    bring_in(session, folder({"python.md": document(LIST, HASH, GIL), "other.md": document("What is left?")}))
    before = guids(session)
    bring_in(session, folder({"snakes.md": document(LIST, HASH), "other.md": document("What is left?")}), now=LATER)
    assert asked(session, "python") == [LIST, HASH]
    assert guids(session) == before
    assert set(session.scalars(select(Document.filename))) == {"snakes.md", "other.md"}
    assert session.scalar(select(func.count()).select_from(Deck)) == 2


def test_files_of_one_name_in_two_folders_are_two_decks(session: Session) -> None:
    files = {"a/README.md": document(LIST), "b/README.md": document(GIL)}
    result = bring_in(session, folder(files))
    assert [deck.slug for deck in result.decks] == ["readme", "b-readme"]
    assert not bring_in(session, folder(files)).changed


def test_another_folder_of_the_same_name_leaves_the_first_alone(session: Session) -> None:
    bring_in(session, folder({"python.md": document(LIST), "sql.md": document(HASH)}, "docs"))
    bring_in(session, folder({"threads.md": document(GIL), "go.md": document("What is a goroutine?")}, "docs"))
    assert [one.archived for one in shelf(session)] == [None] * 4
    assert not bring_in(session, folder({"python.md": document(LIST), "sql.md": document(HASH)}, "docs")).changed


def test_one_file_of_a_folder_by_itself_leaves_the_others_alone(session: Session) -> None:
    bring_in(session, folder({"python.md": document(LIST), "threads.md": document(GIL)}))
    bring_in(session, single(document(LIST, GIL)), now=LATER)
    assert asked(session, "threads") == [GIL]
    assert asked(session, "python") == [LIST, GIL]


def test_a_file_that_was_imported_alone_joins_its_folder(session: Session) -> None:
    bring_in(session, single(document(LIST)))
    before = guids(session)
    bring_in(session, folder({"python.md": document(LIST), "threads.md": document(GIL)}), now=LATER)
    assert guids(session)[LIST] == before[LIST]
    assert len(set(session.scalars(select(Deck.collection_id)))) == 1
    assert not bring_in(session, folder({"python.md": document(LIST), "threads.md": document(GIL)})).changed


def test_a_file_without_questions_is_passed_over_in_a_folder_and_keeps_what_it_had(session: Session) -> None:
    bring_in(session, folder({"python.md": document(LIST), "threads.md": document(GIL)}))
    result = bring_in(session, folder({"python.md": document(LIST, HASH), "threads.md": "Soon.\n"}), now=LATER)
    assert [(one.file, one.line) for one in result.warnings] == [("notes/threads.md", 1)]
    assert asked(session, "threads") == [GIL]


def test_two_files_cannot_become_one_deck(session: Session) -> None:
    with pytest.raises(ContentError, match="--deck"):
        import_batches(session, batches=[single(document(LIST)), single(document(GIL), "Python.txt")], now=NOW)


def test_an_id_in_a_comment_names_its_card_whatever_the_text_says(session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    guid = guids(session)[LIST]
    new = "# Python\n\n## Which of the two can grow?\n<!-- id: " + guid + " -->\n\nThe list.\n"
    bring_in(session, new, now=LATER)
    assert [(one.guid, one.question) for one in shelf(session, archived=False)] == [
        (guid, "Which of the two can grow?")
    ]


def test_an_id_of_another_deck_warns_and_makes_a_new_card(session: Session) -> None:
    bring_in(session, document(LIST))
    guid = guids(session)[LIST]
    new = "# Threads\n\n## Which lock is it?\n<!-- id: " + guid + " -->\n\nThe global one.\n"
    result = bring_in(session, single(new, "threads.md"), now=LATER)
    assert any(guid in one.message for one in result.warnings)
    assert asked(session) == [LIST]
    assert asked(session, "threads") == ["Which lock is it?"]
