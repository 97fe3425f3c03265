"""The progress page: what it says, for whom, and how large it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.web import clock
from tests.builders import choose, make_card, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of

LARGEST = 60_000


@pytest.fixture
def learner_page(session: Session, client: FlaskClient) -> FlaskClient:
    """A learner who has answered one card well and one badly, signed in."""
    deck = make_deck(session, slug="physics", title="Physics")
    user = make_user(session)
    choose(session, user, deck)
    good, bad = make_card(session, deck, question="What is heat?"), make_card(session, deck, question="What is `<b>`?")
    session.commit()
    now = clock.now() - timedelta(hours=1)
    give(session, viewer_of(user), good, 5, now=now)
    give(session, viewer_of(user), bad, 1, now=now)
    sign_in(client, user)
    return client


def test_the_page_says_what_was_done(learner_page: FlaskClient) -> None:
    page = learner_page.get("/progress").text
    assert "What is heat?" in page
    assert "new → 1 d" in page
    assert "What is &lt;b&gt;?" in page
    assert "Easy" in page
    assert len(page.encode()) < LARGEST


def test_deck_and_range_are_in_the_address(learner_page: FlaskClient) -> None:
    page = learner_page.get("/progress?deck=physics&range=3").text
    assert "3 months to" in page
    assert "Physics. Days start at" in page


@pytest.mark.parametrize("query", ["range=7", "range=x", "before=x", "before=-1", "deck="])
def test_odd_addresses_are_answered_with_the_whole_page(learner_page: FlaskClient, query: str) -> None:
    assert learner_page.get(f"/progress?{query}").status_code == 200


def test_somebody_elses_deck_is_not_there(learner_page: FlaskClient) -> None:
    assert learner_page.get("/progress?deck=nothing").status_code == 404


def test_who_is_not_signed_in_is_asked_to(client: FlaskClient) -> None:
    answer = client.get("/progress")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


def test_a_newcomer_is_told_what_will_be_here(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    page = client.get("/progress").text
    assert "You study no deck yet." in page
    assert "No answers yet." in page
