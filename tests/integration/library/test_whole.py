"""A deck edited as one document: its cards keep themselves, edits are edits, and no import takes them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Card, CardRevision, Deck, Question, Upload, User
from app.library import uploads, whole
from app.library.editing import archive_card, create_card
from app.library.importing import StalePlan
from app.library.texts import base_of, of_stored
from app.library.undoing import undo_import
from app.library.wishes import Wish
from tests.builders import make_card, make_deck, make_user
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
    guids,
    state,
)

Change = Callable[[str], str]


@pytest.fixture
def editor(session: Session) -> User:
    return make_user(session, role="editor")


def rewrite(
    session: Session, editor: User, change: Change, *, slug: str = "python", meanwhile: Change | None = None
) -> str:
    """Open the document, change it, and apply what comes of it; gives the document as it is opened next."""
    was = whole.opened(session, slug).text
    if meanwhile is not None:
        meanwhile(was)
    guid = whole.changed(session, slug=slug, text=change(was), was=was, user_id=editor.id, now=LATER)
    uploads.import_now(session, guid=guid, user_id=editor.id, wish=Wish(goes_to=slug), now=LATER)
    session.commit()
    session.expire_all()
    return whole.opened(session, slug).text


def test_reworded_moved_added_and_removed_at_once(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    before = guids(session)
    text = document(GIL, LIST, "Is it new?").replace("A list can change", "A list, unlike a tuple, can change")

    assert rewrite(session, editor, lambda _was: text) == text

    assert asked(session) == [GIL, LIST, "Is it new?"]
    after = guids(session)
    assert (after[GIL], after[LIST]) == (before[GIL], before[LIST])
    gone = session.scalars(select(Card).where(Card.guid == before[HASH])).one()
    assert (gone.archived_reason, gone.answer) == ("editor", ANSWERS[HASH])
    last = session.scalars(
        select(CardRevision).join(Card).where(Card.guid == before[LIST]).order_by(CardRevision.number.desc())
    ).first()
    assert last is not None
    assert (last.action, last.author_id) == ("edited", editor.id)


def test_what_was_imported_last_stays_so_that_the_next_import_reverts_nothing(session: Session, editor: User) -> None:
    upstream = document(LIST, HASH, GIL)
    bring_in(session, upstream)
    text = rewrite(
        session,
        editor,
        lambda was: was.replace("can change after", "may change after").replace(f"## {HASH}", "## Why?"),
    )
    card = session.scalars(select(Card).where(Card.guid == guids(session)[LIST])).one()
    base = base_of(card)
    assert base is not None
    assert base.answer == ANSWERS[LIST]
    rewrite(session, editor, lambda was: was + "\n## And mine?\n\nOnly here.\n")
    there = asked(session)

    bring_in(session, upstream.replace("reference counts above all", "reference counts first"))

    assert asked(session) == there
    answers = {one.question: one.answer for one in session.scalars(select(Card))}
    assert "may change after" in answers[LIST]
    assert "reference counts first" in answers[GIL]
    assert answers["And mine?"] == "Only here."
    assert "Why?" in text


def test_a_deck_made_here_is_a_document_too(session: Session, editor: User) -> None:
    deck = make_deck(session, slug="mine", title="Mine")
    for number in range(3):
        make_card(
            session, deck, question=f"Which is number {number}?", answer=f"Number {number}, of course.", section=("A",)
        )
    session.commit()
    before = guids(session)
    text = rewrite(
        session,
        editor,
        lambda was: was.replace("Number 1, of", "Certainly 1, of").replace("# Mine", "# Ours", 1),
        slug="mine",
    )
    assert "Certainly 1, of course." in text
    assert guids(session) == before
    assert session.scalars(select(Deck.title).where(Deck.slug == "mine")).one() == "Ours"
    assert all(card.base_question is None for card in session.scalars(select(Card)))

    create_card(
        session,
        slug="mine",
        text=replace(of_stored(session.scalars(select(Card)).all()[0]), question="Four?"),
        author_id=editor.id,
        now=LATER,
    )
    session.commit()
    assert whole.opened(session, "mine").text.count("Four?") == 1
    text = rewrite(session, editor, lambda was: was.replace("Number 0, of course.", "Zero."), slug="mine")
    assert "Zero." in text
    assert asked(session, "mine") == ["Which is number 0?", "Which is number 1?", "Which is number 2?", "Four?"]


def test_an_edit_made_meanwhile_by_somebody_else_stays(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    session.commit()
    before = guids(session)

    def colleague(_was: str) -> str:
        edit(session, before[GIL], answer="The interpreter, says a colleague.")
        create_card(
            session,
            slug="python",
            text=replace(
                of_stored(session.scalars(select(Card).where(Card.guid == before[GIL])).one()), question="Theirs?"
            ),
            author_id=editor.id,
            now=LATER,
        )
        session.commit()
        return ""

    rewrite(session, editor, lambda was: was.replace("A list can", "Lists can"), meanwhile=colleague)
    answers = {card.question: card.answer for card in session.scalars(select(Card).where(Card.archived_at.is_(None)))}
    assert answers[LIST].startswith("Lists can")
    assert answers[GIL] == "The interpreter, says a colleague."
    assert "Theirs?" in answers


def test_two_who_change_the_same_are_asked(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    before = guids(session)

    def colleague(_was: str) -> str:
        edit(session, before[GIL], answer="Theirs entirely.")
        session.commit()
        return ""

    rewrite(session, editor, lambda was: was.replace(ANSWERS[GIL], "Mine entirely."), meanwhile=colleague)
    question = session.scalars(select(Question)).one()
    assert (question.kind, (question.theirs or {})["answer"]) == ("conflict", "Mine entirely.")
    assert session.scalars(select(Card.answer).where(Card.guid == before[GIL])).one() == "Theirs entirely."


def test_it_is_taken_back_in_one_step(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    before = state(session)
    text = whole.opened(session, "python").text
    rewrite(session, editor, lambda _was: document(GIL, "New?"))
    undo_import(session, now=LATER)
    session.commit()
    session.expire_all()
    assert [row[:3] for row in state(session)][:3] == [row[:3] for row in before]
    assert whole.opened(session, "python").text == text
    assert asked(session) == [LIST, HASH, GIL]


def test_a_heading_in_an_answer_becomes_no_card_of_its_own(session: Session, editor: User) -> None:
    deck = make_deck(session, slug="mine")
    make_card(session, deck, question="One?", answer="Yes.\n\n## How so?\n\nSo it is.")
    make_card(session, deck, question="Two?", answer="No.")
    session.commit()
    rewrite(session, editor, lambda was: was.replace("No.", "Never."), slug="mine")
    assert [(card.question, card.answer) for card in session.scalars(select(Card).order_by(Card.position))] == [
        ("One?", "Yes.\n\n## How so?\n\nSo it is."),
        ("Two?", "Never."),
    ]


def test_archived_cards_are_not_shown_and_line_ends_stay(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH, GIL).replace("\n", "\r\n"))
    archive_card(session, guid=guids(session)[HASH], author_id=editor.id, now=NOW)
    session.commit()
    text = rewrite(session, editor, lambda was: was.replace("A list can", "Lists can"))
    assert HASH not in text
    assert "\r" not in text
    assert asked(session) == [LIST, GIL]
    assert len(session.scalars(select(Card)).all()) == 3
    upload = session.scalars(select(Upload)).one()
    assert upload.content.count(b"\r\n") == upload.content.count(b"\n")


def test_a_plan_that_was_seen_is_applied_or_nothing(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH))
    was = whole.opened(session, "python").text
    guid = whole.changed(
        session, slug="python", text=was.replace("A list", "Lists"), was=was, user_id=editor.id, now=NOW
    )
    with pytest.raises(StalePlan):
        uploads.import_now(
            session, guid=guid, user_id=editor.id, wish=Wish(goes_to="python", expected="another"), now=LATER
        )
