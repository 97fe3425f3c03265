"""Many cards changed at once, on both databases: what is changed, what is left, and that undo puts all of it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.db.base import new_guid
from app.db.models import Audit, BulkChange, Card, CardRevision, Deck
from app.library import bulk, bulk_undo, editing, finding
from app.library.bulk import Done, Wish
from app.web.access import Access
from app.web.sessions import Viewer
from tests.builders import LONG_AGO, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def editor(session: Session) -> Viewer:
    """Who changes things."""
    return editing_viewer(session)


def editing_viewer(session: Session) -> Viewer:
    """Another editor."""
    return replace(viewer_of(make_user(session, role="editor")), rank=Access.EDITOR)


def change(session: Session, editor: Viewer, wish: Wish, *cards: Card, key: str = "") -> Done:
    """One change of these cards."""
    guids = [card.guid for card in cards]
    return bulk.change(session, viewer=editor, key=key or new_guid(), wish=wish, guids=guids, now=NOW)


def undo(session: Session, editor: Viewer, done: Done) -> bulk_undo.Undone:
    """All of it back."""
    return bulk_undo.undo(session, guid=done.guid, viewer=editor, now=NOW)


def state(session: Session) -> list[Any]:
    """Everything of cards that a bulk change may touch."""
    session.flush()
    session.expire_all()
    cards = session.scalars(select(Card).order_by(Card.id))
    names = ("deck_id", "position", "section", "tags", "archived_at", "archived_reason", "base_question", "source_line")
    return [[getattr(card, name) for name in (*names, "search_title", "search_text")] for card in cards]


def order(session: Session, deck: Deck) -> list[tuple[int, str]]:
    """A deck's questions by their places."""
    rows = session.execute(
        select(Card.position, Card.question).where(Card.deck_id == deck.id).order_by(Card.position, Card.id)
    )
    return [(row.position, row.question) for row in rows]


def test_tags_are_found_at_once_and_every_card_has_a_version(session: Session, editor: Viewer) -> None:
    deck = make_deck(session)
    one = make_card(session, deck, question="One?", tags=("maths",))
    two = make_card(session, deck, question="Two?", tags=("Slopes",))
    before = state(session)
    done = change(session, editor, Wish("tagged", tags=("slopes", "hills")), one, two)
    assert (done.cards, done.left) == (2, ())
    assert (one.tags, two.tags) == (["maths", "slopes", "hills"], ["Slopes", "hills"])
    assert finding.results(session, None, "hills").total == 2
    assert (one.version, two.version) == (2, 2)
    newest = select(CardRevision.tags).where(CardRevision.card_id == one.id, CardRevision.number == 2)
    assert session.scalar(newest) == one.tags
    taken = change(session, editor, Wish("untagged", tags=("HILLS", "unknown")), one, two)
    assert finding.results(session, None, "hills").total == 0
    undo(session, editor, taken)
    undo(session, editor, done)
    assert state(session) == before
    assert change(session, editor, Wish("tagged", tags=("maths",)), one).cards == 0, "it has that tag already"


def test_moving_keeps_both_decks_in_order_and_so_does_undo(session: Session, editor: Viewer) -> None:
    old, new = make_deck(session, cards=5), make_deck(session)
    for question, section in (("A?", ("Maths",)), ("B?", ("Maths",)), ("C?", ("Code",))):
        make_card(session, new, question=question, section=section)
    cards = list(session.scalars(select(Card).where(Card.deck_id == old.id).order_by(Card.position)))
    before = state(session)
    done = change(session, editor, Wish("moved", slug=new.slug, section=("Maths",)), cards[3], cards[1])
    assert order(session, old) == [(0, "Question 1?"), (1, "Question 3?"), (2, "Question 5?")]
    assert order(session, new) == [(0, "A?"), (1, "B?"), (2, "Question 2?"), (3, "Question 4?"), (4, "C?")]
    assert undo(session, editor, done).put_back == 2
    assert state(session) == before


def test_what_a_document_or_a_private_deck_has_is_left_and_said(session: Session, editor: Viewer) -> None:
    deck, target = make_deck(session), make_deck(session)
    own = make_deck(session, visibility="private", owner_id=editor.id)
    theirs = make_deck(session, visibility="private", owner_id=make_user(session).id)
    imported = make_card(session, deck, question="Imported?")
    for name, value in {"question": "Imported?", "answer": "", "section": [], "tags": [], "options": []}.items():
        setattr(imported, f"base_{name}", value)
    mine = make_card(session, own, question="Mine?")
    hidden = make_card(session, theirs, question="Not yours?")
    done = change(session, editor, Wish("moved", slug=target.slug), imported, mine, hidden)
    assert (done.cards, set(done.left)) == (0, {("document", "Imported?"), ("private", "Mine?")})
    with pytest.raises(editing.NotThere):
        change(session, editor, Wish("moved", slug=theirs.slug), mine)
    assert change(session, editor, Wish("archived"), hidden).cards == 0
    assert hidden.archived_at is None


def test_archiving_and_restoring_and_what_their_source_had_archived(session: Session, editor: Viewer) -> None:
    deck = make_deck(session)
    living = make_card(session, deck, question="Living?")
    gone = make_card(session, deck, question="Gone?", archived_at=LONG_AGO, archived_reason="source", source_line=7)
    for name, value in {"question": "Gone?", "answer": "", "section": [], "tags": ["t"], "options": []}.items():
        setattr(gone, f"base_{name}", value)
    before = state(session)
    restored = change(session, editor, Wish("restored"), living, gone)
    assert (restored.cards, gone.archived_at, gone.base_question) == (1, None, None)
    archived = change(session, editor, Wish("archived"), living, gone)
    assert [living.archived_reason, gone.archived_reason] == ["editor", "editor"]
    assert undo(session, editor, archived).put_back == 2
    assert undo(session, editor, restored).put_back == 1
    assert state(session) == before


def test_undo_leaves_what_was_changed_since_and_does_nothing_twice(session: Session, editor: Viewer) -> None:
    deck = make_deck(session, cards=3)
    cards = list(session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position)))
    done = change(session, editor, Wish("archived"), *cards)
    editing.restore_card(session, guid=cards[1].guid, author_id=editor.id, now=NOW)
    edited = CardText("Question 3?", "A better answer.")
    editing.edit_card(session, guid=cards[2].guid, version=2, text=edited, author_id=editor.id, now=NOW)
    demoted = replace(editor, rank=Access.LEARNER)
    assert undo(session, demoted, done).put_back == 0, "who may not edit any more neither undoes it nor uses it up"
    undone = undo(session, editor, done)
    assert cards[2].answer == "A better answer."
    assert (undone.put_back, undone.left) == (2, ("Question 2?",))
    versions = [card.version for card in cards]
    assert undo(session, editor, done).put_back == 0
    assert [card.version for card in cards] == versions


def test_a_form_sent_twice_counts_once(session: Session, editor: Viewer) -> None:
    card = make_card(session, make_deck(session))
    key = new_guid()
    first = change(session, editor, Wish("archived"), card, key=key)
    again = change(session, editor, Wish("archived"), card, key=key)
    assert (again, card.version) == (first, 2)
    assert session.scalar(select(func.count()).select_from(BulkChange)) == 1


def test_only_its_maker_sees_a_change_of_private_decks_and_no_log_has_it(session: Session, editor: Viewer) -> None:
    owner = viewer_of(make_user(session))
    own = make_card(session, make_deck(session, visibility="private", owner_id=owner.id))
    done = change(session, owner, Wish("tagged", tags=("secret",)), own)
    assert done.cards == 1
    assert bulk_undo.find(session, editor, done.guid) is None
    assert session.scalar(select(func.count()).select_from(Audit)) == 0
    with pytest.raises(editing.NotThere):
        undo(session, editor, done)
    assert undo(session, owner, done).put_back == 1
    shared = change(session, editor, Wish("archived"), make_card(session, make_deck(session)))
    assert bulk_undo.find(session, editing_viewer(session), shared.guid) == shared
    assert bulk_undo.find(session, owner, shared.guid) is None
    assert session.scalars(select(Audit.action)).all() == ["bulk.archived"]
