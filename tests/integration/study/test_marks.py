"""Burying, suspending and flagging: what every queue leaves out, and what comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.models import Card, CardMark, CardState, Deck
from app.progress.queries import coming
from app.study import marks, overview, practice
from app.study.marks import Mark, Shelf
from app.study.picking import Mode, Wish
from app.study.queries import today_plan
from app.study.service import UnknownCard
from app.study.summary import summary
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def cards(session: Session) -> list[Card]:
    deck = make_deck(session, slug="nets", title="Nets")
    return [make_card(session, deck, question=f"Net {n}?", tags=("net",)) for n in range(3)]


@pytest.fixture
def learner(session: Session, cards: list[Card]) -> Viewer:
    """Somebody whose second card is due today and whose third waits to be repeated; the first is new."""
    user = make_user(session)
    choose(session, user, session.get_one(Deck, cards[0].deck_id))
    viewer = viewer_of(user)
    give(session, viewer, cards[1], now=NOW - timedelta(days=1))
    give(session, viewer, cards[2], 1)
    return viewer


def put(session: Session, viewer: Viewer, card: Card, what: Mark, on: bool = True) -> None:
    marks.mark(session, viewer=viewer, card=card.guid, what=what, on=on, now=NOW)
    session.commit()


def asked(session: Session, viewer: Viewer, now: datetime = NOW) -> set[int]:
    return {item.card_id for item in today_plan(session, viewer, now).plan.ordered(now)}


@pytest.mark.parametrize("what", [Mark.BURY, Mark.SUSPEND])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_set_aside_is_asked_nowhere_until_it_comes_back(
    session: Session, learner: Viewer, cards: list[Card], what: Mark, place: int
) -> None:
    card, everything = cards[place], {one.id for one in cards}
    assert asked(session, learner) == everything
    put(session, learner, card, what)
    put(session, learner, card, what)
    assert asked(session, learner) == everything - {card.id}
    assert overview.library(session, learner, now=NOW).left.total == 2
    wish = Wish(Mode.TAG, tags=("net",))
    guid = practice.start(session, viewer=learner, wish=wish, counts=False, now=NOW)
    assert practice.screen(session, learner, guid, now=NOW).total == 2
    assert (card.id in asked(session, learner, TOMORROW)) == (what is Mark.BURY)
    put(session, learner, card, what, on=False)
    assert asked(session, learner) == everything


def test_a_card_set_aside_in_a_session_beside_the_plan_leaves_it(
    session: Session, learner: Viewer, cards: list[Card]
) -> None:
    guid = practice.start(session, viewer=learner, wish=Wish(Mode.TAG), counts=False, now=NOW)
    first = practice.screen(session, learner, guid, now=NOW).question
    assert first is not None
    put(session, learner, next(card for card in cards if card.guid == first.guid), Mark.SUSPEND)
    page = practice.screen(session, learner, guid, now=NOW)
    assert page.question is not None
    assert (page.total, page.question.guid == first.guid) == (2, False)


def test_forecasts_leave_out_what_is_suspended(session: Session, learner: Viewer, cards: list[Card]) -> None:
    put(session, learner, cards[2], Mark.SUSPEND)
    tomorrow = NOW.date() + timedelta(days=1)
    assert coming(session, learner.id, tomorrow, 30) == []
    assert summary(session, learner, now=NOW).next_cards == 0


def test_a_flag_changes_nothing_but_the_list(session: Session, learner: Viewer, cards: list[Card]) -> None:
    put(session, learner, cards[1], Mark.FLAG)
    assert asked(session, learner) == {one.id for one in cards}
    page = marks.marked(session, learner, Shelf.FLAGGED, now=NOW)
    assert [card.guid for card in page.cards] == [cards[1].guid]


def test_marks_are_put_once_and_keep_their_time(session: Session, learner: Viewer, cards: list[Card]) -> None:
    for later in (0, 5):
        now = NOW + timedelta(minutes=later)
        marks.mark(session, viewer=learner, card=cards[0].guid, what=Mark.SUSPEND, on=True, now=now)
    marks.mark(session, viewer=learner, card=cards[1].guid, what=Mark.SUSPEND, on=False, now=NOW)
    session.commit()
    assert session.execute(select(CardMark.card_id, CardMark.suspended_at)).all() == [(cards[0].id, NOW)]


def test_only_cards_one_may_study_can_be_marked(session: Session, learner: Viewer) -> None:
    hidden = make_card(session, make_deck(session, visibility="group"))
    session.commit()
    for guid in (hidden.guid, "nothing"):
        with pytest.raises(UnknownCard):
            marks.mark(session, viewer=learner, card=guid, what=Mark.FLAG, on=True, now=NOW)


def test_the_lists_are_searched_by_deck_and_words(session: Session, learner: Viewer, cards: list[Card]) -> None:
    for card in cards[:2]:
        put(session, learner, card, Mark.SUSPEND)
    put(session, learner, cards[2], Mark.BURY)
    session.execute(update(CardState).where(CardState.card_id == cards[1].id).values(lapses=9))
    page = marks.marked(session, learner, Shelf.SUSPENDED, now=NOW)
    assert page.counts == {Shelf.SUSPENDED: 2, Shelf.BURIED: 1, Shelf.FLAGGED: 0, Shelf.LEECHES: 1}
    assert page.decks == (("nets", "Nets"),)
    found = marks.marked(session, learner, Shelf.SUSPENDED, now=NOW, query="net 1")
    assert ([(card.guid, card.leech) for card in found.cards], found.found) == ([(cards[1].guid, True)], 1)
    assert marks.marked(session, learner, Shelf.SUSPENDED, now=NOW, deck="other").cards == ()
    assert marks.marked(session, learner, Shelf.BURIED, now=TOMORROW).cards == ()
    other = viewer_of(make_user(session))
    assert sum(marks.marked(session, other, Shelf.SUSPENDED, now=NOW).counts.values()) == 0
