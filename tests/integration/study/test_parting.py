"""Cards split, joined and parted: whose history goes where, and that replaying the log gives what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.admin import saving
from app.db.models import Card, CardMark, CardRevision, CardState, Deck, Event, Note, Question, User
from app.library import parting
from app.library.editing import Conflict, NotThere
from app.library.parting import Half, NotTogether, StillOpen
from app.library.texts import of_stored
from app.study import marks, notes
from app.study.marks import Mark
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user
from tests.integration.library.shelf import GIL, HASH, LIST, asked, bring_in, document
from tests.integration.study.people import NOW, give, viewer_of


@pytest.fixture
def editor(session: Session) -> User:
    return make_user(session, role="editor")


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, cards=3)


@pytest.fixture
def learners(session: Session, deck: Deck) -> list[Viewer]:
    users = [make_user(session), make_user(session, zone="Asia/Kolkata")]
    for user in users:
        choose(session, user, deck)
    return [viewer_of(user) for user in users]


def cards(session: Session) -> list[Card]:
    session.expire_all()
    return list(session.scalars(select(Card).where(Card.archived_at.is_(None)).order_by(Card.position)))


def states(session: Session) -> set[tuple[Any, ...]]:
    columns = [getattr(CardState, name) for name in ("user_id", "card_id", "due", "ease", "interval", "reviews")]
    return {tuple(row) for row in session.execute(select(*columns))}


def holds(session: Session) -> None:
    session.commit()
    assert verify(session).differences == []
    session.rollback()


def join(session: Session, editor: User, one: Card, other: Card, **more: Any) -> None:
    values = {"version": one.version, "other_version": other.version} | more
    text = replace(of_stored(one), answer="Both.")
    saving.join_cards(
        session, guid=one.guid, other=other.guid, text=text, author_id=editor.id, now=NOW + timedelta(days=9), **values
    )
    session.commit()


def test_the_history_stays_with_the_half_that_the_editor_names(
    session: Session, editor: User, deck: Deck, learners: list[Viewer]
) -> None:
    card = cards(session)[1]
    give(session, learners[0], card)
    before = states(session)
    halves: tuple[tuple[Half, int], ...] = (("first", 1), ("second", 2))
    for history, place in halves:
        card = session.get_one(Card, card.id)
        first, second = replace(of_stored(card), question="A?"), replace(of_stored(card), question="B?")
        made = parting.split_card(
            session, guid=card.guid, version=card.version, first=first, second=second, history=history,
            author_id=editor.id, now=NOW,
        )  # fmt: skip
        assert made[0 if history == "first" else 1].card_id == card.id
        assert cards(session)[place].id == card.id
    assert [one.question for one in cards(session)] == ["Question 1?", "A?", "B?", "B?", "Question 3?"]
    assert [one.position for one in cards(session)] == [0, 1, 2, 3, 4]
    assert states(session) == before
    holds(session)


def test_two_become_one_with_both_histories_and_two_again(
    session: Session, editor: User, deck: Deck, learners: list[Viewer]
) -> None:
    one, other, _third = cards(session)
    give(session, learners[0], one, 4)
    give(session, learners[0], other, 2, now=NOW + timedelta(days=1))
    give(session, learners[0], other, 5, now=NOW + timedelta(days=2), version=1)
    give(session, learners[1], other, 5)
    holds(session)
    before, events = states(session), len(session.scalars(select(Event.id)).all())

    join(session, editor, one, other)
    after = states(session)
    assert {card for _user, card, *_ in after} == {one.id}
    assert {user: reviews for user, *_, reviews in after} == {learners[0].id: 3, learners[1].id: 1}
    assert len(session.scalars(select(Event.id)).all()) == events
    assert [card.question for card in cards(session)] == ["Question 1?", "Question 3?"]
    holds(session)

    saving.part_card(session, guid=other.guid, from_guid=one.guid, author_id=editor.id, now=NOW + timedelta(days=10))
    session.commit()
    assert states(session) == before
    assert [card.question for card in cards(session)] == ["Question 1?", "Question 2?", "Question 3?"]
    for card in (one, other):
        numbers = session.scalars(select(CardRevision.number).where(CardRevision.card_id == card.id)).all()
        assert sorted(numbers) == list(range(1, card.version + 1))
    holds(session)


def test_a_card_of_two_is_joined_to_a_third(session: Session, editor: User, deck: Deck, learners: list[Viewer]) -> None:
    one, two, three = cards(session)
    for card in (one, two, three):
        give(session, learners[0], card)
    join(session, editor, two, three)
    join(session, editor, one, cards(session)[1])
    assert {(card, reviews) for _user, card, *_, reviews in states(session)} == {(one.id, 3)}
    holds(session)


def test_marks_go_on_with_the_card_that_lives(
    session: Session, editor: User, deck: Deck, learners: list[Viewer]
) -> None:
    one, two, _three = cards(session)
    began, only = learners
    give(session, began, one)
    for person in learners:
        for what in (Mark.FLAG, Mark.SUSPEND):
            marks.mark(session, viewer=person, card=two.guid, what=what, on=True, now=NOW)
    session.commit()
    join(session, editor, one, two)
    kept = {mark.user_id: mark for mark in session.scalars(select(CardMark))}
    assert {mark.card_id for mark in kept.values()} == {one.id}
    assert [kept[person.id].suspended_at is not None for person in (began, only)] == [False, True]
    assert all(mark.flagged_at is not None for mark in kept.values())


def test_notes_go_on_with_the_card_that_lives(
    session: Session, editor: User, deck: Deck, learners: list[Viewer]
) -> None:
    one, two, _three = cards(session)
    for person, card, text in ((learners[0], one, "*Old.*"), (learners[0], two, "New."), (learners[1], two, "Mine.")):
        notes.save(session, viewer=person, card_id=card.id, version=0, text=text, now=NOW)
    session.commit()
    join(session, editor, one, two)
    kept = {note.user_id: note for note in session.scalars(select(Note).where(Note.card_id == one.id))}
    assert [kept[person.id].text for person in learners] == ["*Old.*\n\nNew.", "Mine."]
    assert "<em>Old.</em>" in kept[learners[0].id].text_html
    assert session.scalars(select(Note).where(Note.card_id == two.id)).all() == []


def test_what_cannot_be_joined_changes_nothing(session: Session, editor: User, deck: Deck) -> None:
    one, other, third = cards(session)
    stranger = make_card(session, make_deck(session))
    session.commit()
    third.archived_at, third.archived_reason = LONG_AGO, "editor"
    session.commit()
    for wrong, error in ((stranger, NotTogether), (third, NotTogether), (one, NotTogether)):
        with pytest.raises(error):
            join(session, editor, one, wrong)
        session.rollback()
    with pytest.raises(Conflict):
        join(session, editor, one, other, other_version=7)
    session.rollback()
    with pytest.raises(NotThere):
        parting.part_card(session, guid=other.guid, from_guid=one.guid, author_id=editor.id, now=NOW)
    session.rollback()
    assert {card.version for card in session.scalars(select(Card))} == {1}


def test_the_document_that_still_asks_both_brings_neither_back(session: Session, editor: User) -> None:
    text = document(LIST, HASH, GIL)
    bring_in(session, text)
    one, other, _third = cards(session)
    join(session, editor, one, other)
    bring_in(session, text.replace("hashable", "hashable, surely,"))
    assert asked(session) == [LIST, GIL]
    assert session.get_one(Card, one.id).answer == "Both."
    session.commit()
    saving.part_card(session, guid=other.guid, from_guid=one.guid, author_id=editor.id, now=NOW)
    session.commit()
    assert asked(session) == [LIST, HASH, GIL]
    assert "surely" in session.get_one(Card, other.id).answer


def test_what_an_import_has_left_open_is_decided_first(session: Session, editor: User) -> None:
    bring_in(session, document(LIST, HASH))
    one, _other = cards(session)
    one.answer = "Ours."
    session.commit()
    bring_in(session, document(LIST, HASH).replace("A list can", "Lists may"))
    assert session.scalars(select(Question)).one().card_id == one.id
    with pytest.raises(StillOpen):
        join(session, editor, cards(session)[1], cards(session)[0])
