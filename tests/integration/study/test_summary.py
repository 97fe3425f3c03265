"""What the summary says of the days to come: what the learner's limits, holidays and pauses will let through."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.models import Card, DeckChoice
from app.study.scopes import EVERYTHING, Scope
from app.study.summary import summary
from app.web.sessions import Viewer
from tests.builders import choose, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture
def learner(session: Session) -> Viewer:
    """Somebody with eight new cards in each of two decks, of which one brings 2 new cards and 1 review a day at most.

    Six more cards of that deck come back tomorrow.
    """
    user = make_user(session, new_per_day=5)
    narrow = make_deck(session, slug="narrow", cards=14)
    choose(session, user, narrow, make_deck(session, slug="wide", cards=8))
    viewer = viewer_of(user)
    for card in session.scalars(select(Card).where(Card.deck_id == narrow.id).order_by(Card.position).limit(6)).all():
        give(session, viewer, card)
    only = {"new_per_day": 2, "reviews_per_day": 1}
    session.execute(update(DeckChoice).where(DeckChoice.deck_id == narrow.id).values(**only))
    session.commit()
    return viewer


def ahead(session: Session, viewer: Viewer, scope: Scope = EVERYTHING) -> list[tuple[int, int]]:
    days = summary(session, viewer, now=NOW, scope=scope).ahead
    assert [one.day for one in days] == [TODAY + n * DAY for n in (1, 2, 3)]
    return [(one.reviews, one.new) for one in days]


def test_a_deck_brings_no_more_than_its_own_limits(session: Session, learner: Viewer) -> None:
    assert ahead(session, learner, Scope(deck="narrow")) == [(1, 2), (1, 2), (1, 2)]
    assert ahead(session, learner) == [(1, 5), (1, 5), (1, 4)]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"no_new_before": TODAY + 2 * DAY}, [(1, 0), (1, 5), (1, 5)]),
        ({"holiday_from": TODAY + DAY, "holiday_to": TODAY + 2 * DAY}, [(0, 0), (0, 0), (1, 5)]),
    ],
)
def test_days_without_new_cards_and_holidays_are_told(
    session: Session, learner: Viewer, wishes: dict[str, date], expected: list[tuple[int, int]]
) -> None:
    assert ahead(session, replace(learner, **wishes)) == expected  # type: ignore[arg-type]
