"""The limits of a day: those of a deck, and a little more than them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import CardState, Deck, User
from tests.builders import choose, csrf_token, make_deck, make_user, sign_in
from tests.functional.study.test_scopes import left
from tests.functional.study.test_session import Clock, form_of, question, time

__all__ = ["time"]


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, slug="nets", title="Nets", cards=15)


@pytest.fixture
def browser(client: FlaskClient, session: Session, deck: Deck, time: Clock) -> FlaskClient:
    user = make_user(session, new_per_day=1, email="ada@example.org")
    choose(session, user, deck)
    session.commit()
    sign_in(client, user, keep=True)
    return client


def answer(browser: FlaskClient, grade: str = "4") -> None:
    browser.post("/study/answer", data=form_of(browser.get("/study"), grade))


def more_form(page: TestResponse) -> dict[str, str]:
    form = re.search(r'<form class="row" method="post" action="/study/more">.*?</form>', page.text, re.DOTALL)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0])) if form else {}


def more(browser: FlaskClient, page: TestResponse, what: str = "new") -> TestResponse:
    return browser.post("/study/more", data=more_form(page) | {"what": what}, follow_redirects=True)


@pytest.mark.parametrize("path", ["/", "/study/done", "/study/done?deck=nets"])
def test_a_little_more_is_had_once_for_a_double_click_and_ends_with_the_day(
    browser: FlaskClient, time: Clock, path: str
) -> None:
    assert more_form(browser.get(path)) == {}, "not before the day is done"
    answer(browser)
    page = browser.get(path)
    assert "Study 10 more new cards" in page.text
    assert left(more(browser, page)) == left(more(browser, page)) == 10
    for _ in range(10):
        answer(browser)
    page = browser.get(path)
    assert "Study 4 more new cards" in page.text
    assert left(more(browser, page)) == 4
    time.forward(days=1)
    assert left(browser.get("/study")) == 12, "11 to review, and one new card as ever"
    late = browser.post("/study/more", data=more_form(page) | {"what": "new"}, follow_redirects=True)
    assert left(late) == 12, "yesterday's page raises nothing today"


@pytest.mark.parametrize(("first", "asked"), [(0, 0), (1, 10)])
def test_a_holiday_from_today_on_takes_back_the_little_more(
    browser: FlaskClient, time: Clock, first: int, asked: int
) -> None:
    answer(browser)
    assert left(more(browser, browser.get("/"))) == 10
    days = {name: str(time.now.date() + timedelta(days=ahead)) for name, ahead in (("first", first), ("last", 7))}
    page = browser.get("/settings/days").text
    form = {
        "csrf_token": csrf_token(browser, "/settings/days"),
        "key": re.findall(r'name="key" value="(\w+)"', page)[0],
    }
    browser.post("/settings/holiday", data=form | days)
    home = browser.get("/").text
    assert ("10 cards today" in home) == bool(asked)
    assert browser.get("/study", follow_redirects=True).request.path == ("/study" if asked else "/study/done")


def test_more_reviews_where_the_limit_holds_some_back(browser: FlaskClient, session: Session, time: Clock) -> None:
    answer(browser)
    more(browser, browser.get("/"))
    for _ in range(10):
        answer(browser)
    user = session.query(User).filter_by(email="ada@example.org").one()
    user.reviews_per_day, user.new_per_day = 2, 0
    session.commit()
    time.forward(days=1)
    answer(browser)
    answer(browser)
    page = browser.get("/study/done")
    assert "Study 9 more reviews" in page.text
    assert "all that your limits let through" in page.text
    assert "That is all for today." in browser.get("/").text
    assert re.findall(r"<td>(\d+)</td><td>\d+</td><td class", page.text) == ["2", "2", "2"], "the rest comes later"
    assert "more new" in page.text
    assert left(more(browser, page, "reviews")) == 9
    assert browser.post("/study/more", data=more_form(page) | {"what": "all"}).status_code == 422


def test_a_deck_is_held_to_its_own_limits(browser: FlaskClient, session: Session, time: Clock) -> None:
    user = session.query(User).filter_by(email="ada@example.org").one()
    user.new_per_day = 9
    session.commit()
    assert "No limits of its own." in browser.get("/decks/nets").text
    token = csrf_token(browser, "/decks/nets/limits")
    form = {"new_per_day": "2", "reviews_per_day": "", "csrf_token": token}
    saved = browser.post("/decks/nets/limits", data=form, follow_redirects=True)
    assert "The limits of “Nets” are saved." in saved.text
    assert "2 new at most." in saved.text
    assert left(browser.get("/study")) == 2
    answer(browser)
    answer(browser)
    page = browser.get("/study/done")
    assert "Study 10 more new cards" in page.text, "what is wanted beyond is wanted of this deck too"
    time.forward(days=1)
    browser.post("/decks/nets/limits", data=form | {"new_per_day": "0", "reviews_per_day": "1"})
    assert left(browser.get("/study")) == 1
    answer(browser)
    done = browser.get("/study/done").text
    assert "more new" not in done, "none is none"
    assert "Study 1 more review" in done
    browser.post("/decks/nets/limits", data=form | {"new_per_day": ""})
    assert left(browser.get("/study")) == 10


@pytest.mark.parametrize(("new", "reviews"), [("-1", ""), ("1000", ""), ("x", ""), ("", "10000"), ("1.5", "")])
def test_a_limit_that_cannot_be_is_refused_beside_its_field(browser: FlaskClient, new: str, reviews: str) -> None:
    token = csrf_token(browser, "/decks/nets/limits")
    form = {"new_per_day": new, "reviews_per_day": reviews, "csrf_token": token}
    refused = browser.post("/decks/nets/limits", data=form)
    assert refused.status_code == 422
    assert "Enter a number from 0 to" in refused.text
    assert f'value="{new or reviews}"' in refused.text


def test_only_a_deck_one_studies_has_limits(browser: FlaskClient, session: Session) -> None:
    make_deck(session, slug="other", cards=1)
    session.commit()
    assert browser.get("/decks/other/limits").location == "/decks/other"
    assert browser.get("/decks/gone/limits", follow_redirects=True).status_code == 404


def test_the_steps_of_a_learner_say_how_long_a_card_waits(browser: FlaskClient, session: Session, time: Clock) -> None:
    user = session.query(User).filter_by(email="ada@example.org").one()
    user.new_per_day, user.learning_steps = 3, "1m 30m"
    session.commit()
    answer(browser, "1")
    assert question(browser.get("/study")) == "Question 2?"
    time.forward(seconds=61)
    assert question(browser.get("/study")) == "Question 1?", "the first step is over"
    answer(browser, "3")
    time.forward(minutes=29)
    assert question(browser.get("/study")) == "Question 2?", "the second one is not"
    answer(browser)
    answer(browser)
    assert question(browser.get("/study")) == "Question 1?", "nothing else is left, so it comes early"
    answer(browser)
    session.expire_all()
    assert session.query(CardState).filter(CardState.repeat_from.is_not(None)).count() == 0


def test_new_cards_come_when_the_learner_wants_them(browser: FlaskClient, session: Session, time: Clock) -> None:
    answer(browser)
    time.now = datetime(2026, 3, 10, 12, tzinfo=UTC) + timedelta(days=1)
    user = session.query(User).filter_by(email="ada@example.org").one()
    for order, first in (("first", "Question 2?"), ("last", "Question 1?")):
        user.new_order = order
        session.commit()
        assert question(browser.get("/study")) == first
