"""Sessions beside the daily plan: they move no schedule unless asked, quizzes count what was right, reading asks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.content.document import Option
from app.db.models import CardState, Collection, Deck, Event, Practice, PracticeAnswer, User
from tests.builders import LONG_AGO, choose, csrf_token, make_card, make_deck, make_user, sign_in

FRAGMENT = {"X-Fragment": "session"}
Start = Callable[..., str]


@pytest.fixture
def deck(session: Session) -> Deck:
    deck = make_deck(session, slug="nets", title="Nets")
    for number in (1, 2, 3):
        make_card(session, deck, question=f"Question {number}?", answer="It is.", tags=("odd",) if number % 2 else ())
    options = (Option("A", "No", False), Option("B", "Yes", True))
    make_card(session, deck, question="Which one?", answer="The second.", options=options)
    return deck


@pytest.fixture
def learner(session: Session, deck: Deck) -> User:
    user = make_user(session)
    choose(session, user, deck)
    session.commit()
    return user


@pytest.fixture
def browser(client: FlaskClient, learner: User) -> FlaskClient:
    sign_in(client, learner)
    return client


@pytest.fixture
def start(browser: FlaskClient) -> Start:
    def run(**values: str) -> str:
        form = {"order": "deck", "csrf_token": csrf_token(browser, "/choose")} | values
        answer = browser.post("/practice", data=form)
        assert answer.status_code == 303
        return answer.location

    return run


def form_of(page: TestResponse, **values: str) -> dict[str, str]:
    """The answer that a page would send."""
    fields = dict(re.findall(r'name="(card|version|key|csrf_token)" value="([^"]*)"', page.text))
    return fields | values


def step_of(page: TestResponse, what: str) -> dict[str, str]:
    """What the page's form to go a step back (`undo`) or forward (`redo`) would send."""
    form = re.search(rf'<form id="{what}".*?</form>', page.text, re.DOTALL)
    assert form, f"the page has no {what}"
    return dict(re.findall(r'name="(\w+)" (?:type="hidden" )?value="([^"]*)"', form[0]))


def question(page: TestResponse) -> str:
    found = re.search(r'id="question" tabindex="-1">(.*?)</h1>', page.text)
    assert found, page.text
    return found[1]


def grade(browser: FlaskClient, address: str, **values: str) -> TestResponse:
    form = form_of(browser.get(address), **values)
    return browser.post(f"{address}/answer", data=form, follow_redirects=True)


def rows(session: Session, *models: type) -> list[int]:
    session.rollback()
    return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def test_by_tag_the_failed_come_again_and_no_schedule_moves(
    browser: FlaskClient, session: Session, start: Start
) -> None:
    address = start(mode="tag", tags="odd")
    assert question(browser.get(address)) == "Question 1?"
    assert "The schedule stays as it is" in browser.get(address).text
    assert question(grade(browser, address, grade="1")) == "Question 3?"
    page = grade(browser, address, grade="4")
    assert question(page) == "Question 1?"
    done = grade(browser, address, grade="3")
    assert "You answered 2 cards." in done.text
    assert "Question 1?" in done.text
    assert "logged apart" in done.text
    assert rows(session, Event, CardState, PracticeAnswer) == [0, 0, 3]


def test_where_answers_count_each_is_a_review_too(browser: FlaskClient, session: Session, start: Start) -> None:
    address = start(mode="tag", tags="odd", counts="y")
    grade(browser, address, grade="5")
    assert rows(session, Event, CardState, PracticeAnswer) == [1, 1, 1]
    page = browser.get(address)
    undone = browser.post(f"{address}/undo", data=step_of(page, "undo"), follow_redirects=True)
    assert question(undone) == "Question 1?"
    session.rollback()
    assert session.scalars(select(Event.live).where(Event.kind == "review")).all() == [False]
    assert not standing(session)
    assert (
        question(browser.post(f"{address}/redo", data=step_of(undone, "redo"), follow_redirects=True)) == "Question 3?"
    )
    session.rollback()
    assert session.scalars(select(Event.live).where(Event.kind == "review")).all() == [True]
    assert standing(session) == [1]


def standing(session: Session) -> list[int]:
    """The numbers of the answers that are not taken back."""
    session.rollback()
    numbers = select(PracticeAnswer.number).where(PracticeAnswer.undone_before.is_(None))
    return [*session.scalars(numbers.order_by(PracticeAnswer.number))]


def three_answered(browser: FlaskClient, start: Start) -> tuple[str, TestResponse]:
    """A session of which three cards were known, and its page then."""
    address = start(mode="tag")
    for _ in range(2):
        grade(browser, address, grade="4")
    return address, grade(browser, address, grade="4")


def test_as_many_steps_lead_forward_as_were_gone_back_until_something_is_answered(
    browser: FlaskClient, session: Session, start: Start
) -> None:
    address, page = three_answered(browser, start)
    assert 'data-act="redo"' not in page.text
    for left in ([1, 2], [1], []):
        page = browser.post(f"{address}/undo", data=step_of(page, "undo"), follow_redirects=True)
        assert standing(session) == left
    assert question(page) == "Question 1?"
    assert 'data-act="undo"' not in page.text
    for there in ([1], [1, 2]):
        page = browser.post(f"{address}/redo", data=step_of(page, "redo"), follow_redirects=True)
        assert standing(session) == there
    assert 'data-act="redo"' in page.text
    page = grade(browser, address, grade="5")
    assert 'data-act="redo"' not in page.text
    for what, there in (("undo", [1, 2]), ("redo", [1, 2, 4])):
        page = browser.post(f"{address}/{what}", data=step_of(page, what), follow_redirects=True)
        assert standing(session) == there


def test_a_step_back_or_forward_that_is_sent_twice_is_one_step(
    browser: FlaskClient, session: Session, start: Start
) -> None:
    address, page = three_answered(browser, start)
    back = step_of(page, "undo")
    for left in ([1, 2], [1, 2]):
        page = browser.post(f"{address}/undo", data=back, follow_redirects=True)
        assert standing(session) == left
    page = browser.post(f"{address}/undo", data=step_of(page, "undo"), follow_redirects=True)
    forward = step_of(page, "redo")
    for there in ([1, 2], [1, 2]):
        browser.post(f"{address}/redo", data=forward)
        assert standing(session) == there
    stale = browser.post(f"{address}/undo", data=back | {"number": "1"}, headers=FRAGMENT)
    assert stale.status_code == 409  # it is not the last one
    assert standing(session) == [1, 2]
    assert browser.post(f"{address}/undo", data=back | {"number": "9"}).status_code == 404
    assert browser.post(f"{address}/redo", data=back | {"number": "x"}).status_code == 422


def test_what_cannot_be_put_back_is_offered_no_longer(
    browser: FlaskClient, session: Session, learner: User, start: Start
) -> None:
    address = start(mode="tag", tags="odd", counts="y")
    page = grade(browser, address, grade="5")
    undone = browser.post(f"{address}/undo", data=step_of(page, "undo"), follow_redirects=True)
    other = start(mode="tag", tags="odd", counts="y")
    grade(browser, other, grade="4")  # the same card
    refused = browser.post(f"{address}/redo", data=step_of(undone, "redo"), headers=FRAGMENT)
    assert refused.status_code == 409
    assert "has changed since" in refused.text
    assert 'data-act="redo"' not in refused.text
    assert session.scalars(
        select(PracticeAnswer.undone_before).where(PracticeAnswer.undone_before.is_not(None))
    ).all() == [0]


def test_an_answer_that_comes_again_after_it_was_taken_back_stays_taken_back(
    browser: FlaskClient, session: Session, start: Start
) -> None:
    address = start(mode="tag")
    form = form_of(browser.get(address), grade="4")
    assert browser.post(f"{address}/answer", data=form).status_code == 303
    undone = browser.post(f"{address}/undo", data=step_of(browser.get(address), "undo"), follow_redirects=True)
    assert question(undone) == "Question 1?"
    assert browser.post(f"{address}/answer", data=form).status_code == 303
    assert not standing(session)


def test_the_last_answer_is_undone_from_the_summary_too(browser: FlaskClient, session: Session, start: Start) -> None:
    address = start(mode="tag", tags="odd", counts="y")
    assert '<form id="undo"' not in browser.get(f"{address}/done").text, "there is no answer yet"
    grade(browser, address, grade="4")
    end = grade(browser, address, grade="4")
    assert end.request.path == f"{address}/done"
    assert re.search(r'data-act="undo"[^>]*>Undo the last answer <kbd>U</kbd>', end.text)
    assert "js/study.js" in end.text, "the key acts"
    back = browser.post(f"{address}/undo", data=step_of(end, "undo"), follow_redirects=True)
    assert question(back) == "Question 3?"
    assert standing(session) == [1]
    lives = select(Event.live).where(Event.kind == "review").order_by(Event.id)
    assert session.scalars(lives).all() == [True, False]


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_where_nothing_is_left_the_summary_says_why_an_answer_stays(
    browser: FlaskClient, start: Start, headers: dict[str, str]
) -> None:
    address, other = (start(mode="tag", tags="odd", most="1", counts="y") for _ in range(2))
    end = grade(browser, address, grade="4")
    grade(browser, other, grade="4")
    refused = browser.post(f"{address}/undo", data=step_of(end, "undo"), headers=headers)
    assert (refused.status_code, refused.location) == (204 if headers else 303, f"{address}/done")
    assert "so the earlier answer stays" in browser.get(refused.location).text


def test_the_same_answer_twice_is_noted_once(browser: FlaskClient, session: Session, start: Start) -> None:
    address = start(mode="tag")
    form = form_of(browser.get(address), grade="4", elapsed="600000")
    for _ in range(2):
        assert browser.post(f"{address}/answer", data=form).status_code == 303
    assert rows(session, PracticeAnswer) == [1]
    assert session.scalars(select(PracticeAnswer.elapsed_ms)).one() == 60_000
    other = browser.post(f"{address}/answer", data=form | {"key": "another-key"}, headers=FRAGMENT)
    assert other.status_code == 409
    assert "answered elsewhere" in other.text


def test_a_script_gets_the_card_after_the_one_it_shows(browser: FlaskClient, start: Start) -> None:
    address = start(mode="tag")
    first = browser.get(address)
    second = browser.get(f"{address}?after={form_of(first)['card']}", headers=FRAGMENT)
    assert question(second) == "Question 2?"
    form = form_of(first, grade="4", after=form_of(second)["card"])
    reply = browser.post(f"{address}/answer", data=form, headers=FRAGMENT)
    assert question(reply) == "Question 3?"
    assert "3 left" in reply.text


@pytest.mark.parametrize(("choice", "right"), [("B", 1), ("A", 0)])
def test_a_quiz_says_what_was_right_and_counts_it(
    browser: FlaskClient, session: Session, start: Start, choice: str, right: int
) -> None:
    address = start(mode="quiz")
    page = browser.get(address)
    shown = browser.get(f"{address}?show=answer&card={form_of(page)['card']}&choice={choice}")
    assert ("That is right" if right else "It is B") in shown.text
    done = browser.post(f"{address}/answer", data=form_of(shown, choice=choice), follow_redirects=True)
    assert f"{right} of 1 right." in done.text
    assert rows(session, Event, PracticeAnswer) == [0, 1]


def test_forgotten_lately_and_ahead_of_time(browser: FlaskClient, start: Start) -> None:
    for given in ("1", "5"):
        browser.post("/study/answer", data=form_of(browser.get("/study"), grade=given))
    assert question(browser.get(start(mode="forgotten", days="7"))) == "Question 1?"
    assert question(browser.get(start(mode="ahead", ahead="3"))) in ("Question 1?", "Question 2?")


def test_what_fits_nothing_is_said_and_nothing_starts(browser: FlaskClient, session: Session, start: Start) -> None:
    token = csrf_token(browser, "/choose")

    def refused(**values: str) -> str:
        page = browser.post("/practice", data={"csrf_token": token, "order": "random"} | values)
        assert page.status_code == 422
        assert '<option value="random" selected>' in page.text
        return page.text

    page = refused(mode="tag", tags="no such tag", counts="y", most="12")
    assert "nothing to start" in page
    for kept in ('value="tag" checked', 'value="no such tag"', 'name="counts" value="y" checked', 'value="12"'):
        assert kept in page
    assert start(mode="due") == "/study"
    assert start(mode="read", source="nets", tags="odd") == "/read?deck=nets&tag=odd"
    assert start(mode="due", tags=" ODD") == "/study?tag=odd"
    assert "No card you study has the tag “even”." in refused(mode="due", tags="even")
    assert start(mode="read", tags="odd, even") == "/read?tag=odd"
    assert "One tag at a time here" in browser.get("/read?tag=odd").text
    assert "nothing to start" in refused(mode="tag", source="not-mine")
    assert rows(session, Practice) == [0]


def test_a_session_is_its_learners_alone(browser: FlaskClient, session: Session, start: Start, deck: Deck) -> None:
    address = start(mode="tag")
    form = form_of(browser.get(address), grade="4")
    other = make_user(session)
    choose(session, other, session.merge(deck))
    session.commit()
    stranger = browser.application.test_client()
    sign_in(stranger, other)
    token = csrf_token(stranger, "/settings")
    for path in (address, f"{address}/done"):
        assert stranger.get(path).status_code == 404
    for path in (f"{address}/answer", f"{address}/undo", f"{address}/redo"):
        sent = form if path.endswith("answer") else {"number": "1"}
        assert stranger.post(path, data=sent | {"csrf_token": token}).status_code == 404
    assert rows(session, PracticeAnswer) == [0]


def test_an_answer_that_says_anything_else_is_refused(browser: FlaskClient, session: Session, start: Start) -> None:
    address = start(mode="tag")
    form = form_of(browser.get(address), grade="4")
    for wrong in ({"grade": "6"}, {"card": "?"}, {"extra": "1"}, {"choice": "x" * 40}):
        assert browser.post(f"{address}/answer", data=form | wrong).status_code == 422
    assert browser.post("/practice", data={"mode": "?", "csrf_token": form["csrf_token"]}).status_code == 422
    assert rows(session, PracticeAnswer) == [0]


def test_a_collection_is_read_through_alone(browser: FlaskClient, session: Session, learner: User, deck: Deck) -> None:
    notes = Collection(slug="notes", title="Notes", created_at=LONG_AGO)
    session.add(notes)
    session.flush()
    other = make_deck(session, slug="other", collection_id=notes.id, cards=2)
    choose(session, session.merge(learner), other)
    session.commit()
    token = csrf_token(browser, "/choose")
    form = {"mode": "read", "source": f"collection:{notes.guid}", "csrf_token": token}
    assert browser.post("/practice", data=form).location == "/read?collection=notes"
    page = browser.get("/read?collection=notes")
    assert "1 of 2" in page.text
    assert 'href="/read?n=2&amp;collection=notes"' in page.text
    assert 'name="next" value="/read?n=1&amp;collection=notes"' in page.text  # a note leads back here
    assert browser.get("/read?collection=nothing").status_code == 404


def test_reading_through_goes_card_by_card_and_notes_nothing(browser: FlaskClient, session: Session) -> None:
    page = browser.get("/read?deck=nets")
    assert question(page) == "Question 1?"
    assert "It is." in page.text
    assert "1 of 4" in page.text
    assert 'rel="next"' in page.text
    assert 'rel="prev"' not in page.text
    assert question(browser.get("/read?deck=nets&tag=odd&n=2")) == "Question 3?"
    last = browser.get("/read?n=99")
    assert question(last) == "Which one?"
    assert 'rel="next"' not in last.text
    assert browser.get("/read?deck=nothing").status_code == 404
    assert "No card has this tag." in browser.get("/read?tag=none").text
    assert rows(session, Event, Practice) == [0, 0]
