"""Many requests at once: an answer counts once, whichever database, whichever thread."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Card, CardState, Deck, Event, User
from app.study.verify import verify
from tests.builders import choose, make_deck, make_user, sign_in

AT_ONCE = 50


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, slug="races", cards=2)


@pytest.fixture
def user(session: Session, deck: Deck) -> User:
    user = make_user(session)
    choose(session, user, deck)
    session.commit()
    return user


class Tabs:
    """Tabs of one signed-in browser that send at the same moment."""

    def __init__(self, app: Flask, user: User) -> None:
        self.app = app
        client = app.test_client()
        sign_in(client, user)
        html = client.get("/study").text
        cookie = client.get_cookie("reprise")
        assert cookie is not None
        self.cookie = cookie.value
        self.form = dict(re.findall(r'name="(card|version|key|csrf_token)" value="([^"]+)"', html)) | {"grade": "4"}

    def send(self, *forms: dict[str, str]) -> list[TestResponse]:
        """Post the forms at once, each from a tab of its own."""
        together = Barrier(len(forms))

        def post(form: dict[str, str]) -> TestResponse:
            tab = self.app.test_client()
            tab.set_cookie("reprise", self.cookie)
            together.wait()
            return tab.post("/study/answer", data=form, headers={"X-Fragment": "session"})

        with ThreadPoolExecutor(len(forms)) as pool:
            return list(pool.map(post, forms))


def reviews(session: Session) -> int:
    session.rollback()  # what was read before is of an older moment
    return session.scalar(select(func.count()).select_from(Event)) or 0


def answered_card(response: TestResponse) -> list[str]:
    return re.findall(r'name="(?:card|version)" value="([^"]+)"', response.text)


def test_two_parallel_answers_with_one_key_make_one_event(app: Flask, session: Session, user: User) -> None:
    tabs = Tabs(app, user)
    responses = tabs.send(tabs.form, tabs.form)
    assert [response.status_code for response in responses] == [200, 200]
    assert reviews(session) == 1


def test_fifty_submissions_with_one_key_are_one_review_and_equal_answers(
    app: Flask, session: Session, user: User
) -> None:
    tabs = Tabs(app, user)
    responses = tabs.send(*[tabs.form] * AT_ONCE)
    assert {response.status_code for response in responses} == {200}
    assert len({tuple(answered_card(response)) for response in responses}) == 1
    assert reviews(session) == 1
    assert session.scalar(select(CardState.version)) == 1
    assert verify(session).differences == []


def test_of_two_tabs_on_one_card_one_counts_and_the_other_is_told(app: Flask, session: Session, user: User) -> None:
    tabs = Tabs(app, user)
    responses = tabs.send(tabs.form | {"key": "first-tab-key"}, tabs.form | {"key": "second-tab-key", "grade": "1"})
    assert sorted(response.status_code for response in responses) == [200, 409]
    assert reviews(session) == 1
    told = next(response for response in responses if response.status_code == 409)
    assert "answered elsewhere" in told.text


def test_answers_to_different_cards_at_once_all_count(app: Flask, session: Session, user: User, deck: Deck) -> None:
    tabs = Tabs(app, user)
    guids = session.scalars(select(Card.guid).where(Card.deck_id == deck.id))
    first, second = (tabs.form | {"card": guid, "key": f"{guid}-key"} for guid in guids)
    responses = tabs.send(first, second)
    assert sorted(response.status_code for response in responses) in ([200, 204], [204, 204])
    assert reviews(session) == 2
    assert verify(session).differences == []
