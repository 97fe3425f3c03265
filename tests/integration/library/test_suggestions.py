"""Limits of suggestions hold on every database, also when two arrive at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.db.models import Suggestion
from app.library import suggestions
from app.library.suggestions import MOST_A_DAY, MOST_OPEN, Decided, SuggestedCard, TooMany
from app.web.sessions import Viewer
from tests.builders import make_card, make_deck
from tests.integration.accounts.helpers import together
from tests.integration.study.people import NOW, make_learner


@pytest.fixture
def learner(session: Session) -> Viewer:
    return make_learner(session)


@pytest.fixture
def card(session: Session, learner: Viewer) -> SuggestedCard:
    made = make_card(session, make_deck(session))
    session.commit()
    found = suggestions.suggestable(session, made.guid, learner)
    assert found
    return found


def send(session: Session, card: SuggestedCard, learner: Viewer, remark: str, **values: object) -> str:
    given = {"card": card, "viewer": learner, "version": 1, "text": None, "credited": True, "now": NOW} | values
    return suggestions.send(session, remark=remark, **given)  # type: ignore[arg-type]


def test_a_form_sent_twice_sends_once(session: Session, card: SuggestedCard, learner: Viewer) -> None:
    assert send(session, card, learner, "Same") == send(session, card, learner, "Same")
    assert session.scalar(select(func.count()).select_from(Suggestion)) == 1


def test_withdrawn_ones_count_for_their_day(session: Session, card: SuggestedCard, learner: Viewer) -> None:
    for number in range(MOST_A_DAY):
        guid = send(session, card, learner, f"Remark {number}")
        suggestions.withdraw(session, guid=guid, viewer=learner, now=NOW)
    with pytest.raises(TooMany):
        send(session, card, learner, "One more")
    send(session, card, learner, "One more", now=NOW + timedelta(days=1, seconds=1))
    session.rollback()


def test_what_is_decided_is_not_withdrawn(session: Session, card: SuggestedCard, learner: Viewer) -> None:
    guid = send(session, card, learner, "A remark")
    suggestions.withdraw(session, guid=guid, viewer=learner, now=NOW)
    with pytest.raises(Decided):
        suggestions.withdraw(session, guid=guid, viewer=learner, now=NOW)


def test_two_at_once_do_not_pass_the_limit(
    engine: Engine, session: Session, card: SuggestedCard, learner: Viewer
) -> None:
    for number in range(MOST_OPEN - 1):
        send(session, card, learner, f"Remark {number}")
    session.commit()
    done = together(
        engine,
        lambda one: send(one, card, learner, "This"),
        lambda one: send(one, card, learner, "That"),
    )
    assert sum(isinstance(one, TooMany) for one in done) == 1
    assert session.scalar(select(func.count()).select_from(Suggestion)) == MOST_OPEN
