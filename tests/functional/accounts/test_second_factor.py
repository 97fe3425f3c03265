"""Two-factor sign-in: turning it on, being asked, recovery codes, and the ways out."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import factors
from app.accounts.factors import STEP_S
from app.db.models import Audit, SecondFactor, User
from tests.builders import PASSWORD, csrf_token, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch

FACTOR = "/account/second-factor"


@pytest.fixture
def ada(session: Session) -> User:
    """An administrator."""
    user = make_user(session, role="admin", email="ada@example.org")
    session.commit()
    return user


class App:
    """An authenticator app that was given a key."""

    def __init__(self, key: str, watch: Watch) -> None:
        self.hotp = HOTP(base64.b32decode(key.replace(" ", "")), 6, SHA1())
        self.watch = watch

    def code(self, late: int = 0) -> str:
        return self.hotp.generate(int(self.watch.now().timestamp()) // STEP_S - late).decode()


def turn_on(client: FlaskClient, watch: Watch) -> tuple[App, list[str]]:
    """Set the second factor up; gives the app and the recovery codes."""
    send(client, f"{FACTOR}/start", page=FACTOR)
    page = client.get(FACTOR).text
    key = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert key
    assert re.search(r'<svg[^>]*class="qr"', page)
    app = App(key[1], watch)
    shown = send(client, FACTOR, code=app.code())
    codes = re.findall(r"<li>((?:\w{4}-){2}\w{4})</li>", shown.text)
    assert len(codes) == 10
    file = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)" download="recovery-codes.txt"', shown.text)
    assert file
    assert unquote(file[1]).splitlines()[2:] == codes
    watch.forward(seconds=STEP_S)
    return app, codes


def test_after_the_password_a_code_is_asked_for(app: Flask, session: Session, ada: User, watch: Watch) -> None:
    client = app.test_client()
    sign_in(client, ada)
    phone, _codes = turn_on(client, watch)
    other = app.test_client()
    assert sign_in(other, ada, keep=True).headers["Location"] == "/sign-in/code"
    assert not is_in(other)
    assert send(other, "/sign-in/code", code="000000").status_code == 422
    assert not is_in(other)
    typed = phone.code()
    assert send(other, "/sign-in/code", code=f"{typed[:3]} {typed[3:]}").status_code == 303
    assert is_in(other)
    third = app.test_client()
    sign_in(third, ada)
    assert send(third, "/sign-in/code", code=typed).status_code == 422, "no code works twice"
    kept = session.scalars(select(SecondFactor)).one()
    assert kept.secret.startswith(b"gAAAA"), "kept encrypted"
    actions = session.scalars(select(Audit.action).where(Audit.area == "account").order_by(Audit.id)).all()
    assert actions == ["account.sign_in", "account.factor_on", "account.recovery_codes", "account.sign_in"]


@pytest.mark.parametrize("late", [1, -1])
def test_a_clock_may_be_half_a_minute_off_and_no_more(app: Flask, ada: User, watch: Watch, late: int) -> None:
    client = app.test_client()
    sign_in(client, ada)
    phone, _codes = turn_on(client, watch)
    watch.forward(seconds=10 * STEP_S)
    other = app.test_client()
    sign_in(other, ada)
    assert send(other, "/sign-in/code", code=phone.code(3 * late)).status_code == 422
    assert send(other, "/sign-in/code", code=phone.code(late)).status_code == 303


def test_a_recovery_code_signs_in_once_and_new_ones_end_the_old(app: Flask, ada: User, watch: Watch) -> None:
    client = app.test_client()
    sign_in(client, ada)
    _phone, codes = turn_on(client, watch)
    other = app.test_client()
    sign_in(other, ada)
    send(other, "/sign-in/code", code=codes[0].upper().replace("-", " "))
    assert "9 recovery codes are left" in other.get("/").text
    assert is_in(other)
    again = app.test_client()
    sign_in(again, ada)
    assert send(again, "/sign-in/code", code=codes[0]).status_code == 422
    assert "not shown again" in send(client, f"{FACTOR}/codes", page=FACTOR).text
    assert send(again, "/sign-in/code", code=codes[1]).status_code == 422


def test_the_waiting_ends_with_time_and_with_a_new_password(
    app: Flask, session: Session, ada: User, watch: Watch
) -> None:
    client = app.test_client()
    sign_in(client, ada)
    phone, _codes = turn_on(client, watch)
    waits, late = app.test_client(), app.test_client()
    sign_in(waits, ada)
    sign_in(late, ada)
    new = "another harbour lamp"
    send(client, "/account/password", current_password=PASSWORD, new_password=new)
    assert send(waits, "/sign-in/code", code=phone.code()).status_code == 422
    watch.forward(minutes=6)
    assert late.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert app.test_client().get("/sign-in/code").headers["Location"] == "/sign-in"


def test_guessing_codes_makes_wait(app: Flask, ada: User, watch: Watch) -> None:
    client = app.test_client()
    sign_in(client, ada)
    turn_on(client, watch)
    other = app.test_client()
    sign_in(other, ada)
    answers = [send(other, "/sign-in/code", code=f"{number:06}").status_code for number in range(11)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_recovery_codes_are_made_for_a_right_code_and_not_without_end(
    client: FlaskClient, ada: User, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each set takes ten slow hashes."""
    made: list[str] = []

    def make(guid: str) -> tuple[list[str], list[bytes]]:
        made.append(guid)
        return [], []

    monkeypatch.setattr(factors, "make_codes", make)
    sign_in(client, ada)
    send(client, f"{FACTOR}/start", page=FACTOR)
    key = re.search(r"<code>([A-Z2-7 ]{39})</code>", client.get(FACTOR).text)
    assert key
    assert send(client, FACTOR, code="000000").status_code == 422
    assert made == []
    assert send(client, FACTOR, code=App(key[1], watch).code()).status_code == 200
    form = {"csrf_token": csrf_token(client, FACTOR)}
    answers = [client.post(f"{FACTOR}/codes", data=form).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert len(made) == 11


def test_it_is_turned_off_by_its_owner_or_by_another_administrator(
    app: Flask, session: Session, ada: User, watch: Watch
) -> None:
    client, ben = app.test_client(), make_user(session, email="ben@example.org")
    session.commit()
    sign_in(client, ada)
    bens = app.test_client()
    sign_in(bens, ben)
    turn_on(client, watch)
    turn_on(bens, watch)
    assert "Password and two-factor" in client.get("/edit/people").text
    send(client, f"/edit/people/{ben.guid}/second-factor/off", page="/edit/people")
    send(client, f"{FACTOR}/off", page=FACTOR)
    for user in (ada, ben):
        other = app.test_client()
        sign_in(other, user)
        assert is_in(other)
    session.rollback()
    assert session.scalars(select(Audit.action).where(Audit.area == "people")).all() == ["people.factor_off"]


def test_changing_it_asks_for_the_password_again(client: FlaskClient, ada: User, watch: Watch) -> None:
    sign_in(client, ada)
    watch.forward(minutes=11)
    assert client.get(FACTOR).headers["Location"] == f"/account/prove?next={FACTOR}"
    assert "/account/prove" in client.get("/account/passkeys").headers["Location"]


def test_a_browser_not_seen_before_is_told(app: Flask, session: Session, ada: User) -> None:
    firefox, chrome = app.test_client(), app.test_client()
    firefox.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux) Firefox/140.0"
    chrome.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"
    sign_in(firefox, ada)
    assert "New browser" not in firefox.get("/account/security").text
    sign_in(chrome, ada)
    page = firefox.get("/account/security").text
    assert page.count("New browser") == 1
    assert "Chrome on Windows" in page
    assert "Signed in with the password" in page
