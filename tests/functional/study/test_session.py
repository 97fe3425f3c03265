"""The study page: every step without scripts, the same steps as fragments, and what it refuses."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.content.document import Option
from app.db.models import Card, CardState, Deck, Event, User
from app.study import appending
from app.web import clock
from app.web.database import db
from tests.builders import choose, make_card, make_deck, make_user, sign_in

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FRAGMENT = {"X-Fragment": "session"}
Answer = dict[str, str]


class Clock:
    """The present, as the test sets it."""

    def __init__(self) -> None:
        self.now = NOW

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    time = Clock()
    monkeypatch.setattr(clock, "now", lambda: time.now)
    return time


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, slug="nets", title="Nets", cards=3)


@pytest.fixture
def learner(session: Session, deck: Deck) -> User:
    user = make_user(session)
    choose(session, user, deck)
    session.commit()
    return user


@pytest.fixture
def browser(client: FlaskClient, learner: User, time: Clock) -> FlaskClient:
    """A browser without scripts, signed in as the learner."""
    sign_in(client, learner, keep=True)
    return client


def question(page: TestResponse) -> str:
    found = re.search(r'id="question"[^>]*>(.*?)</h1>', page.text, re.DOTALL)
    return found[1] if found else ""


def form_of(page: TestResponse, grade: str = "4") -> Answer:
    """The answer form of a page, filled in as its button would."""
    form = re.search(r'<form class="dock" id="grade".*?</form>', page.text, re.DOTALL)
    assert form, "the page has no grades"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])) | {"grade": grade}


def labels(page: TestResponse) -> list[str]:
    """What the buttons say they bring."""
    return re.findall(r'<button class="grade [^>]*>.*?<span>(.*?)</span></button>', page.text)


def events(session: Session) -> int:
    session.rollback()  # what was read before is of an older moment
    return session.scalar(select(func.count()).select_from(Event)) or 0


def reveal(browser: FlaskClient, page: TestResponse, **more: str) -> TestResponse:
    card = re.search(r'name="card" value="(\w+)"', page.text)
    assert card
    return browser.get("/study", query_string={"show": "answer", "card": card[1]} | more)


def grade(browser: FlaskClient, grade: str = "4") -> TestResponse:
    """Answer the next card without scripts; gives the page after it."""
    page = reveal(browser, browser.get("/study"))
    return browser.post("/study/answer", data=form_of(page, grade), follow_redirects=True)


def test_without_scripts_a_card_is_asked_revealed_graded_and_followed(browser: FlaskClient, session: Session) -> None:
    page = browser.get("/study?deck=nets")
    assert (page.status_code, question(page)) == (200, "Question 1?")
    assert "3 left" in page.text
    visible = page.text.split("<template")[0]
    assert "Answer 1." not in visible
    answer = reveal(browser, page, deck="nets")
    assert "Answer 1." in answer.text.split("<template")[0]
    assert labels(answer) == ["today", "today", "1 d", "1 d"]
    sent = browser.post("/study/answer", data=form_of(answer, "4"))
    assert (sent.status_code, sent.location) == (303, "/study?deck=nets")
    after = browser.get(sent.location)
    assert question(after) == "Question 2?"
    assert "2 left" in after.text
    assert events(session) == 1


def test_a_script_gets_the_next_card_in_the_answer_to_its_grade(browser: FlaskClient, session: Session) -> None:
    sent = browser.post("/study/answer", data=form_of(browser.get("/study")), headers=FRAGMENT)
    assert (sent.status_code, question(sent)) == (200, "Question 2?")
    assert "<html" not in sent.text
    assert "Answer 2." in sent.text.split("<template")[1]
    assert events(session) == 1


def test_the_last_card_leads_to_the_summary(browser: FlaskClient) -> None:
    grade(browser)
    grade(browser)
    page = browser.get("/study")
    sent = browser.post("/study/answer", data=form_of(page), headers=FRAGMENT)
    assert (sent.status_code, sent.location) == (204, "/study/done")
    done = browser.get("/study", follow_redirects=True)
    assert done.request.path == "/study/done"
    assert "Done for today." in done.text
    assert "You answered 3 cards and cleared everything that was due." in done.text
    assert "3 cards come back tomorrow after 04:00." in done.text
    assert "Grades in the order you gave them: 3 Good" in done.text


def test_undo_asks_the_card_again_also_after_the_last_one(browser: FlaskClient, session: Session) -> None:
    for _ in range(3):
        done = grade(browser)
    form = dict(re.findall(r'<input type="hidden" name="(event|deck|csrf_token)" value="([^"]*)"', done.text))
    undone = browser.post("/study/undo", data=form)
    assert undone.status_code == 303
    page = browser.get(undone.location)
    assert question(page) == "Question 3?"
    assert "1 left" in page.text
    assert browser.post("/study/undo", data=form).status_code == 303
    assert events(session) == 4
    redone = browser.post("/study/redo", data=form, follow_redirects=True)
    assert "Done for today." in redone.text


def test_an_undo_of_something_older_says_that_it_stays(browser: FlaskClient, session: Session, time: Clock) -> None:
    first = browser.get("/study")
    browser.post("/study/answer", data=form_of(first, "1"))
    time.forward(minutes=11)
    grade(browser)
    form = {"event": "1", "csrf_token": form_of(first)["csrf_token"]}
    refused = browser.post("/study/undo", data=form)
    assert refused.status_code == 409
    assert "so the earlier answer stays" in refused.text
    assert browser.post("/study/undo", data=form | {"event": "99"}).status_code == 404
    assert events(session) == 2


def test_a_resubmitted_form_counts_once(browser: FlaskClient, session: Session) -> None:
    form = form_of(browser.get("/study"))
    assert [browser.post("/study/answer", data=form).status_code for _ in range(3)] == [303, 303, 303]
    assert events(session) == 1


def test_another_grade_from_a_used_form_is_refused(browser: FlaskClient, session: Session) -> None:
    form = form_of(browser.get("/study"))
    browser.post("/study/answer", data=form)
    refused = browser.post("/study/answer", data=form | {"grade": "1"})
    assert refused.status_code == 422
    assert "The first answer counts" in refused.text
    assert events(session) == 1


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_stale_second_tab_is_told_and_shown_what_is_next(
    browser: FlaskClient, session: Session, headers: dict[str, str]
) -> None:
    first, second = form_of(browser.get("/study")), form_of(browser.get("/study"), "1")
    assert browser.post("/study/answer", data=first).status_code == 303
    stale = browser.post("/study/answer", data=second, headers=headers)
    assert (stale.status_code, question(stale)) == (409, "Question 2?")
    assert "answered elsewhere" in stale.text
    assert events(session) == 1


def test_a_stale_card_that_waits_comes_back_fresh(browser: FlaskClient) -> None:
    first, second = form_of(browser.get("/study"), "1"), form_of(browser.get("/study"))
    browser.post("/study/answer", data=first)
    stale = browser.post("/study/answer", data=second)
    assert (stale.status_code, question(stale)) == (409, "Question 1?")
    assert form_of(reveal(browser, stale))["version"] == "1"


def test_a_stale_answer_to_the_last_card_leads_to_the_summary(browser: FlaskClient) -> None:
    grade(browser)
    grade(browser)
    first, second = form_of(browser.get("/study")), form_of(browser.get("/study"))
    browser.post("/study/answer", data=first)
    stale = browser.post("/study/answer", data=second)
    assert stale.status_code == 409
    assert 'href="/study/done"' in stale.text


BAD_GRADES = ["6", "-1", "", "4.0", "true", "True", "1e309", "4e0", "٤", "04", "good", " 4", "null", "[4]"]


@pytest.mark.parametrize("bad", BAD_GRADES)
def test_what_is_no_grade_is_refused(browser: FlaskClient, session: Session, bad: str) -> None:
    refused = browser.post("/study/answer", data=form_of(browser.get("/study"), bad))
    assert refused.status_code == 422
    assert "grade" in refused.text
    assert events(session) == 0


def test_doubled_missing_and_extra_fields_are_refused(browser: FlaskClient, session: Session) -> None:
    form = form_of(browser.get("/study"))
    doubled = {name: [value] for name, value in form.items()} | {"grade": ["4", "4"]}
    for data in (
        doubled,
        form | {"ease": "999"},
        form | {"due": "2030-01-01"},
        {name: value for name, value in form.items() if name != "version"},
        form | {"version": "-1"},
        form | {"version": "1.0"},
        form | {"elapsed": "-5"},
        form | {"elapsed": "1e3"},
        form | {"card": "a' OR 1=1"},
        form | {"key": "short"},
        form | {"deck": "nets\0"},
    ):
        assert browser.post("/study/answer", data=data).status_code == 422
    assert browser.post("/study/answer", json=form | {"grade": 4}).status_code == 400
    with_token = {"X-CSRFToken": form["csrf_token"]}
    assert browser.post("/study/answer", json=form | {"grade": 4}, headers=with_token).status_code == 415
    assert events(session) == 0


def test_who_signed_out_in_another_tab_is_told_and_keeps_the_answer(browser: FlaskClient, learner: User) -> None:
    form = form_of(browser.get("/study"))
    browser.post("/sign-out", data={"csrf_token": form["csrf_token"]})
    script = browser.post("/study/answer", data=form, headers=FRAGMENT)
    assert (script.status_code, script.location) == (303, "/sign-in")
    browser.get("/sign-in")
    page = browser.post("/study/answer", data=form | {"after": "x1"})
    assert page.status_code == 400
    assert "You are signed out." in page.text
    assert f'type="hidden" name="key" value="{form["key"]}"' in page.text
    assert 'type="hidden" name="after"' in page.text
    sign_in(browser, learner)
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', browser.post("/study/answer", data=form).text))
    assert browser.post("/study/answer", data=again).status_code == 303


def test_a_missing_token_gives_the_form_back_filled_in(browser: FlaskClient, session: Session) -> None:
    form = form_of(browser.get("/study"), "5")
    token = form.pop("csrf_token")
    refused = browser.post("/study/answer", data=form)
    assert refused.status_code == 400
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', refused.text))
    assert {name: again[name] for name in form} == form
    assert events(session) == 0
    assert browser.post("/study/answer", data=form | {"csrf_token": token}).status_code == 303
    assert events(session) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [({"draft": True}, "has no answer yet"), ({"archived_at": NOW, "archived_reason": "editor"}, "taken out")],
)
def test_a_card_that_went_meanwhile_is_said_to_be_gone(
    browser: FlaskClient, session: Session, values: dict[str, object], said: str
) -> None:
    form = form_of(browser.get("/study"))
    session.execute(update(Card).where(Card.guid == form["card"]).values(values))
    session.commit()
    refused = browser.post("/study/answer", data=form)
    assert (refused.status_code, question(refused)) == (409, "Question 2?")
    assert said in refused.text
    assert events(session) == 0


def test_unknown_and_foreign_cards_are_not_answered(browser: FlaskClient, session: Session) -> None:
    hidden = make_card(session, make_deck(session, visibility="group"))
    unchosen = make_card(session, make_deck(session))
    session.commit()
    form = form_of(browser.get("/study"))
    assert browser.post("/study/answer", data=form | {"card": "0000000000000000"}).status_code == 404
    assert browser.post("/study/answer", data=form | {"card": hidden.guid}).status_code == 404
    foreign = browser.post("/study/answer", data=form | {"card": unchosen.guid})
    assert (foreign.status_code, "no longer study" in foreign.text) == (409, True)
    assert events(session) == 0


def test_a_deck_that_is_not_studied_or_not_there(browser: FlaskClient, session: Session) -> None:
    make_deck(session, slug="other", cards=1)
    make_deck(session, slug="hidden", visibility="group", cards=1)
    session.commit()
    unchosen = browser.get("/study?deck=other")
    assert (unchosen.status_code, "/choose" in unchosen.text) == (409, True)
    for slug in ("hidden", "nowhere", "%00"):
        assert browser.get(f"/study?deck={slug}").status_code == 404
        assert browser.get(f"/study/done?deck={slug}").status_code == 404


def test_a_database_that_is_away_says_so_and_keeps_nothing_half(
    browser: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(browser.get("/study"))

    def away(*_args: object, **_values: object) -> None:
        raise OperationalError("INSERT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(appending, "store_state", away)
    refused = browser.post("/study/answer", data=form)
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    assert events(session) == 0
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert browser.post("/study/answer", data=form).status_code == 303
    assert events(session) == 1


def test_a_repeat_says_the_day_that_is_set(browser: FlaskClient, time: Clock) -> None:
    grade(browser, "1")
    time.forward(minutes=10)
    page = reveal(browser, browser.get("/study"))
    assert question(page) == "Question 1?"
    assert "Again today" in page.text
    assert labels(page) == ["today", "today", "tomorrow", "tomorrow"]
    assert "Seen 1 time, missed 1" in " ".join(re.sub(r"<[^>]+>", "", page.text).split())
    assert "Last answered Again, today" in page.text


def test_a_learner_may_grade_from_nought_to_five(browser: FlaskClient, session: Session, learner: User) -> None:
    session.merge(learner).grade_scale = "six"
    session.commit()
    page = reveal(browser, browser.get("/study"))
    assert re.findall(r'name="grade" value="(\d)"', page.text) == ["0", "1", "2", "3", "4", "5"]
    assert labels(page) == ["today", "today", "today", "today", "1 d", "1 d"]
    assert browser.post("/study/answer", data=form_of(page, "0")).status_code == 303
    assert session.scalar(select(Event.grade)) == 0


def test_what_was_typed_stands_beside_the_answer_as_text(browser: FlaskClient, session: Session, learner: User) -> None:
    page = reveal(browser, browser.get("/study"), a="<b>mine</b>")
    assert "All you wrote" in page.text
    assert "&lt;b&gt;mine&lt;/b&gt;" in page.text
    session.merge(learner).type_answer = False
    session.commit()
    assert "Type your answer" not in browser.get("/study").text


@pytest.fixture
def quiz(session: Session, learner: User) -> Deck:
    quiz = make_deck(session, slug="quiz")
    options = (Option("A", "One", False), Option("B", "Two", True), Option("C", "Three", False))
    make_card(session, quiz, question="Which?", answer="Two it is.", options=options)
    choose(session, session.merge(learner), quiz)
    session.commit()
    return quiz


def default_grade(page: TestResponse) -> str:
    found = re.search(r'name="grade" value="(\d)"[^>]*data-default', page.text)
    return found[1] if found else ""


def test_a_choice_is_said_to_be_right_or_wrong(browser: FlaskClient, quiz: Deck) -> None:
    page = browser.get("/study?deck=quiz")
    assert re.findall(r'type="radio"[^>]*value="(\w)"', page.text) == ["A", "B", "C"]
    wrong = reveal(browser, page, deck="quiz", choice="A")
    assert "You chose A. It is B." in wrong.text
    assert default_grade(wrong) == "1"
    right = reveal(browser, page, deck="quiz", choice="B")
    assert "You chose B. That is right." in right.text
    assert default_grade(right) == "4"
    none = reveal(browser, page, deck="quiz", choice="Z")
    assert "It is B." in none.text
    assert default_grade(none) == "4"


def test_a_revealed_card_that_was_answered_elsewhere_gives_way_to_the_next(browser: FlaskClient) -> None:
    page = browser.get("/study")
    browser.post("/study/answer", data=form_of(page))
    late = reveal(browser, page)
    assert question(late) == "Question 2?"
    assert 'id="reveal"' in late.text


def test_the_summary_says_how_it_went_and_what_comes(browser: FlaskClient, time: Clock) -> None:
    for grade_given, elapsed in (("1", "4000"), ("5", "8000")):
        page = browser.get("/study")
        browser.post("/study/answer", data=form_of(page, grade_given) | {"elapsed": elapsed})
    ended = browser.get("/study/done")
    assert "2 cards are left for today." in ended.text
    assert "You answered 2 cards in this session." in ended.text
    assert "<dd>50 <small>%</small></dd>" in ended.text
    assert "<dd>12 <small>s</small></dd>" in ended.text
    assert "Question 1?" in ended.text
    assert "back tomorrow" in ended.text
    time.forward(hours=2)
    assert "Nothing was answered yet today." not in browser.get("/study/done").text


def test_a_summary_before_anything_was_answered(browser: FlaskClient, session: Session, learner: User) -> None:
    assert "Nothing was answered yet today." in browser.get("/study/done").text
    for state in session.scalars(select(CardState)):
        session.delete(state)
    other = make_user(session)
    session.commit()
    empty = browser.application.test_client()
    sign_in(empty, other)
    assert "No decks yet." in empty.get("/study", follow_redirects=True).text


def test_the_day_turns_at_the_rollover_hour_of_the_learner(browser: FlaskClient, time: Clock) -> None:
    for _ in range(3):
        grade(browser)
    time.now = datetime(2026, 3, 11, 3, 59, tzinfo=UTC)
    assert "Done for today." in browser.get("/study", follow_redirects=True).text
    time.now = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
    assert "3 left" in browser.get("/study").text


def test_single_keys_can_be_turned_off(browser: FlaskClient, session: Session, learner: User) -> None:
    assert ' data-keys="on"' in browser.get("/study").text
    session.merge(learner).shortcuts = False
    session.commit()
    assert " data-keys" not in browser.get("/study").text.replace(" data-keys-list", "")


def test_a_question_in_blocks_has_its_first_paragraph_as_heading(
    browser: FlaskClient, session: Session, learner: User
) -> None:
    deck = make_deck(session, slug="code")
    make_card(session, deck, question="What does it print?\n\n```python\nprint(1)\n```")
    make_card(session, deck, question="```python\nprint(2)\n```")
    choose(session, session.merge(learner), deck)
    session.commit()
    page = browser.get("/study?deck=code")
    assert question(page) == "What does it print?"
    assert "<pre" in page.text
    browser.post("/study/answer", data=form_of(page) | {"deck": "code"})
    assert question(browser.get("/study?deck=code")) == "Question 2"


def test_an_editor_gets_from_a_card_to_its_text(browser: FlaskClient, session: Session, deck: Deck) -> None:
    assert 'data-act="edit"' not in browser.get("/study").text
    editor = make_user(session, role="editor")
    choose(session, editor, session.merge(deck))
    session.commit()
    other = browser.application.test_client()
    sign_in(other, editor)
    page = other.get("/study")
    link = re.search(r'href="([^"]+)" data-act="edit" aria-keyshortcuts="e"', page.text)
    assert link
    assert "Question 1?" in other.get(link[1]).text


def test_whoever_made_a_deck_for_themselves_gets_to_its_text_too(
    browser: FlaskClient, session: Session, learner: User
) -> None:
    own = make_deck(session, slug="own", cards=1, visibility="private", owner_id=learner.id)
    choose(session, session.merge(learner), own)
    session.commit()
    link = re.search(r'href="([^"]+)" data-act="edit"', browser.get("/study?deck=own").text)
    assert link
    assert "Question 1?" in browser.get(link[1]).text


def test_studying_is_for_people_who_are_signed_in(client: FlaskClient) -> None:
    assert client.get("/study").location == "/sign-in?next=/study"


def test_the_page_with_its_style_and_script_is_light(browser: FlaskClient, app: Flask) -> None:
    page = browser.get("/study").data
    style = browser.get(re.search(rb'href="(/assets/[^"]+)"', page)[1].decode()).data  # type: ignore[index]
    script = (Path(app.static_folder or "") / "js" / "study.js").read_bytes()
    assert len(script) < 12 * 1024
    assert len(page) + len(style) + len(script) < 60_000


def test_an_answer_writes_two_rows_and_the_sums_they_belong_to_and_asks_little(
    browser: FlaskClient, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    form = form_of(browser.get("/study"))
    caplog.clear()
    built: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: built.append(given[2]))
    with caplog.at_level(logging.DEBUG, logger="app.db.prepared"):
        browser.post("/study/answer", data=form, headers=FRAGMENT)
    prepared = [record.getMessage() for record in caplog.records if record.name == "app.db.prepared"]
    statements = [statement.split(maxsplit=1)[0] for statement in (*built, *prepared)]
    reads = [word for word in statements if word in ("SELECT", "WITH")]
    assert [word for word in statements if word not in (*reads, "BEGIN", "ROLLBACK")] == ["INSERT"] * 5
    assert len(reads) <= 8, reads


def test_the_next_card_comes_with_the_answer(browser: FlaskClient) -> None:
    first = form_of(browser.get("/study"))
    page = browser.post("/study/answer", data=first, headers=FRAGMENT)
    assert page.status_code == 200
    second = form_of(page)
    assert second["card"] != first["card"]
    again = browser.post("/study/answer", data=first, headers=FRAGMENT)
    assert form_of(again)["card"] == second["card"]
