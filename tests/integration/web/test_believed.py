"""An answer looks at its session in its own transaction: what was known from the request before is never enough."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.config import Settings
from app.db.models import Deck, Event, LoginSession, User
from app.db.session import make_engine, session_factory
from app.web import sessions
from app.web.database import db, transact_together
from tests.builders import choose, make_deck, make_user, sign_in
from tests.conftest import MakePortal

FRAGMENT = {"X-Fragment": "session"}


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, cards=12)


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


def form_of(page: TestResponse) -> dict[str, str]:
    return dict(re.findall(r'name="(card|version|key|csrf_token)" value="([^"]+)"', page.text)) | {"grade": "4"}


def answers(session: Session) -> int:
    session.rollback()  # what was read before is of an older moment
    return session.scalar(select(func.count()).select_from(Event)) or 0


def test_an_answer_asks_the_database_who_it_is_from_in_its_own_transaction(app: Flask, browser: FlaskClient) -> None:
    """It takes one connection, once."""
    page = browser.post("/study/answer", data=form_of(browser.get("/study")), headers=FRAGMENT)
    taken = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "checkout", lambda *_how: taken.append(1))
    assert browser.post("/study/answer", data=form_of(page), headers=FRAGMENT).status_code == 200
    assert len(taken) == 1


@pytest.mark.parametrize(
    "change",
    [
        delete(LoginSession),
        update(LoginSession).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)),
        update(LoginSession).values(seen_at=datetime(2020, 1, 1, tzinfo=UTC)),
        update(User).values(active=False),
        update(User).values(deletion_asked_at=datetime(2026, 1, 1, tzinfo=UTC)),
        update(User).values(fs_uniquifier="another"),
    ],
    ids=["ended", "over", "idle", "disabled", "to be deleted", "another"],
)
@pytest.mark.parametrize("headers", [FRAGMENT, {}], ids=["script", "form"])
def test_who_was_signed_in_a_moment_ago_answers_nothing(
    browser: FlaskClient, session: Session, change: Any, headers: dict[str, str]
) -> None:
    """SECURITY.md 6: a session that was ended elsewhere is dead at once."""
    form = form_of(browser.get("/study"))
    session.execute(change)
    session.commit()
    sent = browser.post("/study/answer", data=form, headers=headers)
    if headers:
        assert (sent.status_code, sent.location) == (303, "/sign-in")
    else:
        assert sent.status_code == 400
        assert "signed out" in sent.text
    assert answers(session) == 0


def test_a_setting_that_was_changed_elsewhere_counts_for_the_next_answer(
    browser: FlaskClient, session: Session
) -> None:
    page = browser.get("/study")
    for number, zone in enumerate(("Asia/Tokyo", "America/Lima", "Asia/Tokyo"), start=1):
        session.execute(update(User).values(zone=zone))
        session.commit()
        page = browser.post("/study/answer", data=form_of(page), headers=FRAGMENT)
        assert (page.status_code, answers(session)) == (200, number)
        assert session.scalars(select(Event.zone).order_by(Event.id.desc())).first() == zone


def test_answers_note_that_a_session_is_used(browser: FlaskClient, session: Session) -> None:
    page = browser.post("/study/answer", data=form_of(browser.get("/study")), headers=FRAGMENT)
    long_ago = datetime.now(UTC) - sessions.SEEN_EVERY - timedelta(seconds=9)
    session.execute(update(LoginSession).values(seen_at=long_ago))
    session.commit()
    assert browser.post("/study/answer", data=form_of(page), headers=FRAGMENT).status_code == 200
    assert answers(session) == 2
    seen = session.scalars(select(LoginSession.seen_at)).one()
    assert seen > long_ago


def test_of_many_who_answer_at_once_those_signed_out_alone_are_refused(
    app: Flask, session: Session, deck: Deck
) -> None:
    people = [make_user(session) for _ in range(8)]
    for person in people:
        choose(session, person, deck)
    session.commit()
    browsers = [app.test_client() for _ in people]
    for browser, person in zip(browsers, people, strict=True):
        sign_in(browser, person)
    forms = [form_of(browser.get("/study")) for browser in browsers]
    out = {person.id for person in people[::2]}
    session.execute(delete(LoginSession).where(LoginSession.user_id.in_(out)))
    session.commit()

    def answer(browser: FlaskClient, form: dict[str, str]) -> int:
        return browser.post("/study/answer", data=form, headers=FRAGMENT).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, browsers, forms)) == [303, 200] * 4
    session.rollback()
    assert {*session.scalars(select(Event.user_id))} == {person.id for person in people[1::2]}


def test_what_is_known_of_sessions_has_an_end(
    browser: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_KNOWN", 2)
    page = browser.get("/study")
    email = session.scalars(select(User.email)).one()
    for _ in range(3):
        other = browser.application.test_client()
        sign_in(other, email)
        assert other.get("/study").status_code == 200
        assert len(browser.application.extensions[sessions._KNOWN]) <= 2
    assert browser.post("/study/answer", data=form_of(page), headers=FRAGMENT).status_code == 200
    assert answers(session) == 1


def test_a_cookie_that_names_somebody_else_answers_nothing(browser: FlaskClient, session: Session) -> None:
    form = form_of(browser.get("/study"))
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = "another"
    assert browser.post("/study/answer", data=form, headers=FRAGMENT).location == "/sign-in"
    assert answers(session) == 0


@pytest.mark.parametrize("headers", [FRAGMENT, {}], ids=["script", "form"])
def test_an_answer_that_came_too_late_is_told_so_though_the_session_ends_meanwhile(
    browser: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    """It was looked at; what is shown after it is for the same person."""
    form = form_of(browser.get("/study")) | {"version": "7"}

    def ending(*given: Any) -> Any:
        try:
            return transact_together(*given)
        finally:
            session.execute(delete(LoginSession))
            session.commit()

    monkeypatch.setattr("app.study.views.session.transact_together", ending)
    sent = browser.post("/study/answer", data=form, headers=headers)
    assert sent.status_code == 409
    assert "answered elsewhere" in sent.text
    assert answers(session) == 0


@pytest.mark.parametrize(
    ("change", "status", "recorded"),
    [(update(User).values(active=False), 303, []), (update(User).values(zone="Asia/Tokyo"), 200, ["Asia/Tokyo"])],
    ids=["disabled", "moved"],
)
def test_an_answer_that_waited_for_a_change_of_its_person_knows_of_it(
    postgresql_url: str, make_portal: MakePortal, change: Any, status: int, recorded: list[str]
) -> None:
    """The lock comes before the look."""
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session, ThreadPoolExecutor(1) as pool, engine.connect() as watching:
        user = make_user(session)
        choose(session, user, make_deck(session, cards=3))
        session.commit()
        browser = make_portal(Settings(secret_key="test-" * 10, database_url=postgresql_url)).test_client()
        sign_in(browser, user)
        form = form_of(browser.get("/study"))
        session.execute(change)
        sent = pool.submit(browser.post, "/study/answer", data=form, headers=FRAGMENT)
        waits = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        while not sent.done() and not watching.execute(waits).scalar_one():
            watching.rollback()
        session.commit()
        assert sent.result().status_code == status
        assert [*session.scalars(select(Event.zone))] == recorded
    engine.dispose()
