"""Balanced due days, holidays and leeches in the log: the label is what happens, and replay agrees."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Card, CardMark, CardState, Event
from app.scheduling.state import Grade
from app.study import asking, service
from app.study.queries import today_plan
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import choose, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

DAY = timedelta(days=1)


@pytest.fixture
def learner(session: Session) -> Viewer:
    """Somebody who studies a deck of twelve cards, all new."""
    user = make_user(session)
    choose(session, user, make_deck(session, cards=12))
    session.commit()
    return viewer_of(user)


def cards(session: Session) -> list[Card]:
    return list(session.scalars(select(Card).order_by(Card.position)))


def due(session: Session, card: Card) -> date | None:
    session.expire_all()
    return session.scalar(select(CardState.due).where(CardState.card_id == card.id))


@pytest.mark.parametrize(
    "wish", [{"balance": True}, {"balance": True, "easy_days": "2222210"}, {"easy_days": "0222222"}]
)
def test_what_the_button_says_is_what_happens_and_what_replay_gives(
    session: Session, learner: Viewer, wish: dict[str, object]
) -> None:
    chance = random.Random(1)
    learner = replace(learner, **wish)  # type: ignore[arg-type]
    now, moved = NOW, 0
    for _answer in range(60):
        screen = asking.screen(session, learner, now=now)
        if screen.question is None:
            now += DAY
            continue
        grade = chance.choice([Grade(3), Grade(4), Grade(4), Grade(5)])
        said = screen.question.outcomes[grade]
        card = session.scalars(select(Card).where(Card.guid == screen.question.guid)).one()
        give(session, learner, card, grade, now=now, version=screen.question.version)
        assert due(session, card) == said.due
        event = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        moved += event.chosen_due is not None
        now += timedelta(minutes=11)
    assert moved > 3
    assert verify(session).differences == []


def test_off_nothing_is_chosen(session: Session, learner: Viewer) -> None:
    for n, card in enumerate(cards(session)[:3]):
        give(session, learner, card, 4 + n % 2)
    assert set(session.scalars(select(Event.chosen_due))) == {None}


def test_what_would_come_due_in_a_holiday_comes_after_it(session: Session, learner: Viewer) -> None:
    today = NOW.date()
    away = replace(learner, holiday_from=today + DAY, holiday_to=today + 10 * DAY)
    for card in cards(session):
        give(session, away, card)
    days = set(session.scalars(select(CardState.due)))
    assert all(day is not None and today + 10 * DAY < day <= today + 15 * DAY for day in days)
    assert len(days) > 1
    assert today_plan(session, away, NOW + 5 * DAY).plan.counts.total == 0
    assert today_plan(session, away, NOW + 16 * DAY).plan.counts.reviews == 12
    assert verify(session).differences == []


def forgetful(session: Session, learner: Viewer, times: int) -> tuple[Card, int]:
    """A card that was learned and forgotten so often; gives it and its version."""
    card, version, now = cards(session)[0], 0, NOW
    for _lapse in range(times):
        for grade in (4, 1):
            version = give(session, learner, card, grade, version=version, now=now).version
            now += DAY
    return card, version


def test_a_leech_is_said_and_suspended_only_if_one_wants_that(session: Session, learner: Viewer) -> None:
    card, version = forgetful(session, learner, 8)
    later = NOW + 30 * DAY
    question = asking.screen(session, learner, now=later, card=card.guid).question
    assert question is not None
    assert (question.leech, question.lapses) == (True, 8)
    assert session.scalar(select(CardMark.card_id)) is None
    strict = replace(learner, suspend_leeches=True)
    for lapse in range(9, 13):
        version = give(session, strict, card, 4, version=version, now=later).version
        later += DAY
        answered = give(session, strict, card, 1, version=version, now=later)
        version = answered.version
        later += DAY
        assert answered.suspended == (lapse == 12)
    assert session.scalar(select(CardMark.suspended_at)) is not None
    service.undo(session, viewer=strict, event=answered.event_id, now=later)
    session.commit()
    session.expire_all()
    assert session.scalar(select(CardMark.suspended_at)) is None
    assert verify(session).differences == []
