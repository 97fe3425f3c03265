"""People: roles, disabling, reset links, sessions, deletion, each in the log and effective at once."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import erasing, service
from app.accounts.roles import LastAdmin
from app.db.models import Audit, LoginSession, Portal, User
from tests.builders import PASSWORD, csrf_token, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch

NEW = "another harbour lamp"


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    """An administrator's browser."""
    user = make_user(session, role="admin", email="ada@example.org")
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    return client


@pytest.fixture
def ben(session: Session) -> User:
    """Somebody else."""
    user = make_user(session, email="ben@example.org")
    session.commit()
    return user


@pytest.fixture
def bens(app: Flask, ben: User) -> FlaskClient:
    """Somebody else's browser."""
    client = app.test_client()
    sign_in(client, ben)
    return client


def do(admin: FlaskClient, user: User, what: str, **fields: str) -> TestResponse:
    return send(admin, f"/edit/people/{user.guid}/{what}", page="/edit/people", **fields)


def noted(session: Session) -> list[tuple[str, int | None]]:
    session.rollback()
    rows = session.scalars(select(Audit).where(Audit.area == "people").order_by(Audit.id))
    return [(row.action, row.subject_id) for row in rows]


def test_a_role_holds_from_the_next_request_on(
    session: Session, admin: FlaskClient, ben: User, bens: FlaskClient
) -> None:
    assert bens.get("/edit/sources").status_code == 404
    assert do(admin, ben, "role", role="editor").status_code == 303
    assert bens.get("/edit/sources").status_code == 200
    do(admin, ben, "role", role="learner")
    assert bens.get("/edit/sources").status_code == 404
    assert do(admin, ben, "role", role="owner").status_code == 404
    assert noted(session) == [("people.role", ben.id)] * 2
    page = admin.get(f"/edit/audit?person={ben.guid}").text
    assert re.search(r"<del>.*learner</del> <ins>.*editor</ins>", page)


def test_who_is_disabled_is_out_at_once_and_stays_out(
    app: Flask, session: Session, admin: FlaskClient, ben: User, bens: FlaskClient
) -> None:
    do(admin, ben, "disable")
    assert not is_in(bens)
    assert "This account is disabled" in sign_in(bens, ben).text
    assert "Disabled" in admin.get("/edit/people?show=disabled").text
    do(admin, ben, "enable")
    sign_in(bens, ben)
    assert is_in(bens)
    assert noted(session) == [("people.disable", ben.id), ("people.enable", ben.id)]


def test_every_session_of_somebody_ends(session: Session, admin: FlaskClient, ben: User, bens: FlaskClient) -> None:
    do(admin, ben, "sessions/end")
    assert not is_in(bens)
    assert is_in(admin)
    session.rollback()
    assert session.scalars(select(LoginSession).where(LoginSession.user_id == ben.id)).all() == []
    assert noted(session) == [("people.end_sessions", ben.id)]


def test_a_reset_link_works_once_and_ends_every_session(
    app: Flask, session: Session, admin: FlaskClient, ben: User, bens: FlaskClient
) -> None:
    shown = do(admin, ben, "reset-link")
    assert shown.headers["Cache-Control"] == "no-store"
    link = re.search(r"<code>http://localhost(/reset/\S+)</code>", shown.text)
    assert link
    assert is_in(bens), "the old password holds until the link is used"
    visitor = app.test_client()
    assert "ben@example.org" in visitor.get(link[1]).text
    assert send(visitor, link[1], new_password="password1").status_code == 422
    assert send(visitor, link[1], new_password=NEW).status_code == 303
    assert not is_in(bens)
    assert app.test_client().get(link[1]).status_code == 410
    assert sign_in(bens, ben, password=PASSWORD).status_code == 422
    sign_in(bens, ben, password=NEW)
    assert is_in(bens)
    assert noted(session) == [("people.reset_link", ben.id)]


def test_a_reset_link_expires(app: Flask, admin: FlaskClient, ben: User, watch: Watch) -> None:
    first = re.search(r"<code>http://localhost(/reset/\S+)</code>", do(admin, ben, "reset-link").text)
    assert first
    visitor = app.test_client()
    assert visitor.get(first[1]).status_code == 200
    watch.forward(minutes=31)
    assert visitor.get(first[1]).status_code == 410


def test_a_link_does_not_open_a_disabled_account(app: Flask, admin: FlaskClient, ben: User) -> None:
    link = re.search(r"<code>http://localhost(/reset/\S+)</code>", do(admin, ben, "reset-link").text)
    assert link
    do(admin, ben, "disable")
    visitor = app.test_client()
    assert visitor.get(link[1]).status_code == 410


def test_a_deleted_account_cannot_come_back_by_itself_but_can_be_kept(
    session: Session, admin: FlaskClient, ben: User, bens: FlaskClient, watch: Watch
) -> None:
    assert "After 7 days" in admin.get(f"/edit/people/{ben.guid}/delete").text
    send(admin, f"/edit/people/{ben.guid}/delete")
    assert not is_in(bens)
    sign_in(bens, ben)
    assert not is_in(bens)
    assert "To be deleted on" in admin.get("/edit/people?show=leaving").text
    do(admin, ben, "enable")
    sign_in(bens, ben)
    assert is_in(bens)
    send(admin, f"/edit/people/{ben.guid}/delete")
    watch.forward(days=service.KEPT_FOR.days)
    erasing.erase_due(session, watch.now())
    session.commit()
    assert session.get_one(User, ben.id, populate_existing=True).erased_at is not None
    assert "ben@example.org" not in sign_in(admin, "ada@example.org").text + admin.get("/edit/people").text
    assert "ben@example.org" not in admin.get("/edit/audit").text


def test_nobody_locks_themselves_out(session: Session, admin: FlaskClient) -> None:
    ada = session.scalars(select(User).where(User.email == "ada@example.org")).one()
    for what, fields in (("role", {"role": "learner"}), ("disable", {}), ("delete", {}), ("sessions/end", {})):
        answer = do(admin, ada, what, **fields)
        assert answer.status_code == 409, what
        assert "your own account" in answer.text
    assert is_in(admin)
    assert noted(session) == []


def test_the_last_administrator_who_can_sign_in_stays(app: Flask, session: Session, admin: FlaskClient) -> None:
    """Two that demote each other: the second finds itself the last."""
    other = make_user(session, role="admin")
    session.commit()
    do(admin, other, "role", role="learner")
    with pytest.raises(LastAdmin):
        service.disable(session, user_id=session.scalars(select(User.id).where(User.email == "ada@example.org")).one())


def test_what_is_dangerous_asks_for_the_password_again_after_a_while(
    session: Session, admin: FlaskClient, ben: User, watch: Watch
) -> None:
    token = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', admin.get("/edit/people").text)[0]}
    watch.forward(minutes=11)
    came_from = {"Referer": "http://localhost/edit/people?q=ben"}
    for what in ("role", "disable", "enable", "reset-link", "delete"):
        path = f"/edit/people/{ben.guid}/{what}"
        answer = admin.post(path, data=token | {"role": "admin"}, headers=came_from)
        assert answer.status_code == 307
        assert answer.headers["Location"] == f"/account/prove?next=/edit/people?q%3Dben&again={path}"
    assert noted(session) == []
    asked = admin.get("/edit/portal")
    assert asked.headers["Location"] == "/account/prove?next=/edit/portal"
    assert send(admin, asked.headers["Location"], current_password="wrong wrong").status_code == 422
    proved = send(admin, asked.headers["Location"], current_password=PASSWORD, next="/edit/portal")
    assert proved.headers["Location"] == "/edit/portal"
    assert admin.get("/edit/portal").status_code == 200
    assert do(admin, ben, "disable").status_code == 303
    assert noted(session) == [("people.disable", ben.id)]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the one form that asks for the password."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if "current_password" in one)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def test_a_form_that_came_too_late_goes_on_once_it_was_proved(
    session: Session, admin: FlaskClient, watch: Watch
) -> None:
    given = {"name": "Bees & “us”", "registration": "invited", "welcome": "Come in.\r\n\r\n<b>Twice</b>"}
    form = given | {"csrf_token": csrf_token(admin, "/edit/portal")}
    watch.forward(minutes=11)
    asked = admin.post("/edit/portal", data=form, headers={"Referer": "http://localhost/edit/portal"})
    page = admin.post(asked.headers["Location"], data=form)
    assert page.status_code == 403
    assert "Nothing was changed yet" in page.text
    wrong = admin.post("/account/prove", data=hidden(page.text) | {"current_password": "not it at all"})
    assert wrong.status_code == 422
    sent = hidden(wrong.text) | {"current_password": PASSWORD}
    proved = admin.post("/account/prove", data=sent)
    assert (proved.status_code, proved.headers["Location"]) == (307, "/edit/portal")
    assert admin.post("/edit/portal", data=sent).status_code == 303
    kept = session.scalars(select(Portal)).one()
    assert {"name": kept.name, "registration": kept.registration} == {n: given[n] for n in ("name", "registration")}
    assert kept.welcome == given["welcome"].replace("\r", "")


def test_a_link_to_the_question_makes_its_answer_no_click_on_anything_else(admin: FlaskClient) -> None:
    trap = "/account/prove?again=/account/second-factor/off"
    page = admin.get(trap)
    assert "second-factor" not in page.text
    answered = admin.post(trap, data=hidden(page.text) | {"current_password": PASSWORD})
    assert (answered.status_code, answered.headers["Location"]) == (303, "/account/security")


def test_people_are_found_by_address_and_state_some_at_a_time(session: Session, admin: FlaskClient) -> None:
    for number in range(30):
        make_user(session, email=f"learner{number}@example.net")
    make_user(session, email="editor@example.com", role="editor")
    session.commit()
    page = admin.get("/edit/people").text
    assert "32 people study here." in page
    assert "Page 1 of 2, 32 accounts" in page
    assert page.count("<details id=") == 25
    assert admin.get("/edit/people?page=2").text.count("<details id=") == 7
    assert re.findall(r"<summary><strong>(\S+)</strong>", admin.get("/edit/people?show=editor").text) == [
        "editor@example.com"
    ]
    assert admin.get("/edit/people?q=LEARNER1&show=learner").text.count("<details id=") == 11
    assert "Nobody is like that." in admin.get("/edit/people?q=%25&show=x&page=99999").text
