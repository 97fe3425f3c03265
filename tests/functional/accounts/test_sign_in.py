"""Signing in and out."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.accounts import counters, passwords
from app.config import Settings
from app.db.models import LoginSession, User
from app.web import clock
from app.web.database import db
from tests.builders import PASSWORD, csrf_token, make_user, sign_in
from tests.conftest import MakePortal
from tests.functional.accounts.pages import is_in, send

ADA = "ada@example.org"


@pytest.fixture
def ada(session: Session) -> User:
    user = make_user(session, email=ADA)
    session.commit()
    return user


def test_a_learner_signs_in_and_out(client: FlaskClient, ada: User) -> None:
    assert not is_in(client)
    assert sign_in(client, ada).location == "/"
    assert is_in(client)
    assert client.get("/sign-in").location == "/"
    assert send(client, "/sign-out", page="/account/security").location == "/"
    assert not is_in(client)


def test_signing_out_without_being_signed_in_does_nothing(client: FlaskClient) -> None:
    assert send(client, "/sign-out", page="/sign-in").status_code == 303


@pytest.mark.parametrize("written", [" Ada@Example.ORG ", "\uff41da@example.org"])
def test_an_address_is_found_however_it_is_written(client: FlaskClient, ada: User, written: str) -> None:
    """SECURITY.md 4: signing in and registering agree on what one address is."""
    assert sign_in(client, written).status_code == 303
    assert is_in(client)


def wrong(client: FlaskClient, email: str, token: str) -> Any:
    return client.post("/sign-in", data={"email": email, "password": "quite another", "csrf_token": token})


@pytest.mark.parametrize("kind", ["unknown", "disabled", "to be deleted", "erased"])
def test_a_wrong_password_and_an_unknown_account_look_the_same(
    app: Flask, session: Session, ada: User, kind: str
) -> None:
    """SECURITY.md 3: status, headers and body, whatever is true of the account."""
    values: dict[str, dict[str, Any]] = {
        "disabled": {"active": False},
        "to be deleted": {"deletion_asked_at": ada.created_at},
        "erased": {"erased_at": ada.created_at},
    }
    if kind in values:
        make_user(session, email="bea@example.org", **values[kind])
        session.commit()
    seen = []
    for email in (ADA, "bea@example.org"):
        client = app.test_client()
        response = wrong(client, email, csrf_token(client))
        names = sorted(name for name, _value in response.headers)
        body = re.sub(r'name="csrf_token" value="[^"]+"', "", response.text.replace(email, ""))
        seen.append((response.status_code, names, body))
    assert seen[0] == seen[1]
    assert seen[0][0] == 422
    assert "The email or the password is not right" in seen[0][2]


def test_a_wrong_password_and_an_unknown_account_take_the_same_steps(
    app: Flask, client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY.md 3: the time, by what takes it: one hash of equal cost, and the same statements in the same order."""
    steps: list[str] = []

    hasher = passwords._hasher

    class Counting:
        def verify(self, kept: str, given: bytes) -> bool:
            assert not hasher.check_needs_rehash(kept)
            steps.append("verify")
            return hasher.verify(kept, given)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    token = csrf_token(client)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: steps.append(given[2]))
    taken = []
    for email in (ADA, "nobody@example.org", ADA, "not an address"):
        steps.clear()
        wrong(client, email, token)
        taken.append(list(steps))
    assert taken[0].count("verify") == 1
    assert len(taken[0]) > 5
    assert taken[1:] == [taken[0]] * 3


@pytest.mark.parametrize("password", ["", "x" * 5000, "quiet harbour lamp\x00", "Quiet harbour lamp"])
def test_other_passwords_do_not_open(client: FlaskClient, ada: User, password: str) -> None:
    assert sign_in(client, ada, password=password).status_code == 422
    assert not is_in(client)


def test_the_form_comes_back_filled_in_but_for_the_password(client: FlaskClient, ada: User) -> None:
    response = send(client, "/sign-in?next=/progress", email=ADA, password="quite another", keep="y")
    assert f'value="{ADA}"' in response.text
    assert "quite another" not in response.text
    assert 'name="next" type="hidden" value="/progress"' in response.text
    assert "checked" in response.text


def test_a_disabled_account_is_told_so_only_with_its_password(client: FlaskClient, session: Session) -> None:
    user = make_user(session, active=False)
    session.commit()
    response = sign_in(client, user)
    assert response.status_code == 422
    assert "This account is disabled" in response.text
    assert not is_in(client)


def test_a_weaker_hash_is_replaced_at_sign_in(client: FlaskClient, session: Session, ada: User) -> None:
    """SECURITY.md 1: rehashed when parameters have risen."""
    ada.password = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD.encode())
    session.commit()
    sign_in(client, ada)
    assert is_in(client)
    session.refresh(ada)
    assert ada.password is not None
    assert not passwords.outdated(ada.password)
    assert passwords.matches(PASSWORD, ada.password)


def test_too_many_tries_wait_without_hashing(
    app: Flask, client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY.md 18: the limit comes before the hash, says when to come back, and holds for the right password too."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    token = csrf_token(client)
    for _ in range(counters.FREE["pair"]):
        assert wrong(client, ADA, token).status_code == 422
    monkeypatch.setattr(passwords, "matches", lambda *_: pytest.fail("a password was hashed"))
    response = sign_in(client, ada)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "15"
    assert "Too many tries. Wait 15 seconds." in response.text


def test_limits_survive_a_restart(settings: Settings, client: FlaskClient, ada: User, make_portal: MakePortal) -> None:
    """SECURITY.md 18: they are rows."""
    token = csrf_token(client)
    for _ in range(counters.FREE["pair"]):
        wrong(client, ADA, token)
    again = make_portal(settings)
    assert sign_in(again.test_client(), ada).status_code == 429


def test_the_owner_comes_in_from_elsewhere_while_somebody_guesses(app: Flask, client: FlaskClient, ada: User) -> None:
    """SECURITY.md 18: nobody can lock an account for good."""
    token = csrf_token(client)
    for _ in range(counters.FREE["pair"] + 3):
        wrong(client, ADA, token)
    owner = app.test_client()
    owner.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert sign_in(owner, ada).status_code == 303


def test_guesses_at_once_are_counted_one_by_one(app: Flask, ada: User) -> None:
    """SECURITY.md 18: exact, however many requests run at the same time."""
    clients = [app.test_client() for _ in range(14)]
    tokens = [csrf_token(client) for client in clients]
    with ThreadPoolExecutor(14) as pool:
        answers = list(pool.map(lambda client, token: wrong(client, ADA, token).status_code, clients, tokens))
    assert sorted(answers) == [422] * counters.FREE["pair"] + [429] * 4


def test_a_sign_in_begins_a_session_of_its_own(client: FlaskClient, session: Session, ada: User) -> None:
    """SECURITY.md 6: another token, another form token, and the session of before is over."""
    sign_in(client, ada)
    before = session.scalars(select(LoginSession.token_hash)).one()
    stale = csrf_token(client, "/account/security")
    send(client, "/account/password", current_password=PASSWORD, new_password="another harbour")
    session.rollback()
    assert session.scalars(select(LoginSession.token_hash)).one() != before
    assert client.post("/account/sessions/end", data={"csrf_token": stale}).status_code == 400


def test_a_session_planted_in_a_browser_is_not_taken_over(app: Flask, session: Session, ada: User) -> None:
    """SECURITY.md 6: signing in as somebody else replaces what the cookie held."""
    mallory = make_user(session)
    session.commit()
    client = app.test_client()
    sign_in(client, mallory)
    planted = client.get_cookie("reprise")
    assert planted is not None
    victim = app.test_client()
    victim.set_cookie("reprise", planted.value)
    send(victim, "/sign-out", page="/account/security")
    sign_in(victim, ada)
    assert ADA in victim.get("/account/security").text
    assert not is_in(client)
    session.rollback()
    assert session.scalar(select(func.count(LoginSession.id))) == 1
