"""What editors learn of cards: of many together, or nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, Suggestion, User
from app.library import edit_queries
from app.progress.signals import DAYS, LEAST_LEARNERS, Line, Signal, having, signals
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, make_learner, viewer_of

TODAY = date(2026, 3, 10) + timedelta(days=40)


@pytest.fixture
def editor(session: Session) -> Viewer:
    return viewer_of(make_user(session, role="editor"), rank=2)


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, cards=2)


def people(session: Session, deck: Deck, number: int) -> list[Viewer]:
    found = [make_learner(session) for _ in range(number)]
    for one in found:
        choose(session, session.get_one(User, one.id), deck)
    return found


def learn(session: Session, learner: Viewer, card: Card, *grades: int, seconds: int = 4) -> None:
    """A first answer, and then one of each grade on the day it is due."""
    now = NOW - timedelta(days=20)
    give(session, learner, card, 4, now=now, elapsed_ms=60_000)
    for grade in grades:
        state = session.get_one(CardState, (learner.id, card.id), populate_existing=True)
        assert state.due
        now += state.due - now.date()
        give(session, learner, card, grade, now=now, version=state.version, elapsed_ms=seconds * 1000)


def lines(session: Session, editor: Viewer, by: Signal, today: date = TODAY, deck: str = "") -> list[Line]:
    return list(signals(session, editor, by, today=today, deck=deck).lines)


def cards_of(session: Session, deck: Deck) -> list[Card]:
    return sorted(session.query(Card).filter(Card.deck_id == deck.id), key=lambda card: card.position)


def test_missed_reviews_and_usual_times_of_many_are_told(session: Session, editor: Viewer, deck: Deck) -> None:
    first, second = cards_of(session, deck)
    for number, one in enumerate(people(session, deck, LEAST_LEARNERS)):
        learn(session, one, first, 4, 1 if number else 5, seconds=2 + number)
        learn(session, one, second, 4, 5, seconds=20)
    (line,) = lines(session, editor, "missed")
    assert (line.guid, line.reviews, line.leeches, line.suggestions) == (first.guid, 6, 0, 0)
    assert line.missed == pytest.approx(2 / 6)
    assert line.seconds == 3.0
    assert [(one.guid, one.seconds) for one in lines(session, editor, "time")] == [
        (second.guid, 20.0),
        (first.guid, 3.0),
    ]
    assert lines(session, editor, "missed", deck="another") == []
    missed, forgotten = (having(signal, editor, today=TODAY) for signal in ("missed", "leeches"))
    narrowed = [
        edit_queries.cards(session, editor, query=query, among=among, deck_id=deck_id).lines
        for query, among, deck_id in (("", missed, None), ("question", missed, deck.id), ("valley", missed, None))
    ]
    assert [[one.guid for one in some] for some in narrowed] == [[first.guid], [first.guid], []]
    assert edit_queries.all_found(session, editor, among=missed, most=9) == [first.guid]
    assert edit_queries.cards(session, editor, among=forgotten).total == 0


def test_of_few_nothing_is_told_nor_sorted_by(session: Session, editor: Viewer, deck: Deck) -> None:
    """Three learners and five reviews at least: neither many reviews of two nor few reviews of three say anything."""
    first, second = cards_of(session, deck)
    for one in people(session, deck, LEAST_LEARNERS - 1):
        learn(session, one, first, 1, 4, 1, 4)
        session.execute(update(CardState).where(CardState.card_id == first.id).values(lapses=9))
    for one in people(session, deck, LEAST_LEARNERS):
        learn(session, one, second, 1)
    session.add(Suggestion(user_id=editor.id, card_id=first.id, version=1, remark="Why?", sent_at=NOW))
    session.flush()
    assert [lines(session, editor, by) for by in ("missed", "leeches", "time")] == [[], [], []]
    (line,) = lines(session, editor, "suggestions")
    assert (line.reviews, line.missed, line.leeches, line.seconds, line.suggestions) == (None, None, None, None, 1)


def test_what_is_long_ago_is_over(session: Session, editor: Viewer, deck: Deck) -> None:
    first, _second = cards_of(session, deck)
    for one in people(session, deck, LEAST_LEARNERS):
        learn(session, one, first, 1, 1)
    assert lines(session, editor, "missed")
    assert lines(session, editor, "missed", today=TODAY + timedelta(days=DAYS)) == []


def test_leeches_are_counted(session: Session, editor: Viewer, deck: Deck) -> None:
    first, _second = cards_of(session, deck)
    learners = people(session, deck, LEAST_LEARNERS)
    for one in learners:
        learn(session, one, first, 4, 4)
    leech = update(CardState).where(CardState.user_id == learners[0].id).values(lapses=8)
    session.execute(leech)
    assert [(one.guid, one.leeches) for one in lines(session, editor, "leeches")] == [(first.guid, 1)]


def test_drafts_are_listed_and_decks_of_others_are_not(session: Session, editor: Viewer, deck: Deck) -> None:
    draft = make_card(session, deck, question="A draft?", answer="")
    mine = make_deck(session, visibility="private", owner_id=make_user(session).id)
    make_card(session, mine, question="Mine?", answer="")
    assert [one.guid for one in lines(session, editor, "drafts")] == [draft.guid]
    beyond = signals(session, editor, "drafts", today=TODAY, page=9)
    assert (len(beyond.lines), beyond.total, beyond.page, beyond.pages) == (1, 1, 1, 1)
