"""Sessions: the cookie, how long it holds, and that the server decides."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import service
from app.config import Settings
from app.db.models import LoginSession, User
from tests.builders import make_user, sign_in
from tests.conftest import MakePortal
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch


@pytest.fixture
def ada(session: Session) -> User:
    user = make_user(session, email="ada@example.org")
    session.commit()
    return user


@pytest.fixture
def production(settings: Settings, make_portal: MakePortal) -> Flask:
    """The portal as it is served to the public."""
    return make_portal(replace(settings, environment="production", base_url="https://study.example.org"))


def cookies_set(app: Flask, user: User, *, keep: bool, base: str) -> list[str]:
    client = app.test_client()
    page = client.get("/sign-in", base_url=base)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"email": user.email, "password": "quiet harbour lamp", "csrf_token": token} | (
        {"keep": "y"} if keep else {}
    )
    headers = {"Referer": f"{base}/sign-in"}
    response = client.post("/sign-in", data=form, base_url=base, headers=headers)
    assert response.status_code == 303
    return [*page.headers.getlist("Set-Cookie"), *response.headers.getlist("Set-Cookie")]


@pytest.mark.parametrize("keep", [True, False])
def test_in_production_every_cookie_is_bound_to_the_host(production: Flask, ada: User, keep: bool) -> None:
    """SECURITY.md 7: `__Host-`, Secure, HttpOnly, SameSite=Lax, kept signed in or not; there is no other cookie."""
    cookies = cookies_set(production, ada, keep=keep, base="https://study.example.org")
    assert len(cookies) == 2
    for cookie in cookies:
        parts = cookie.split("; ")
        assert parts[0].startswith("__Host-reprise=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts)
        assert not [part for part in parts if part.startswith("Domain")]
    assert ("Expires=" in cookies[-1]) is keep


def test_on_plain_http_the_cookie_is_not_called_secure(app: Flask, ada: User) -> None:
    cookie = cookies_set(app, ada, keep=False, base="http://localhost")[-1]
    assert cookie.startswith("reprise=")
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_a_copied_cookie_is_dead_after_signing_out(app: Flask, client: FlaskClient, ada: User) -> None:
    """SECURITY.md 6."""
    sign_in(client, ada, keep=True)
    kept = client.get_cookie("reprise")
    assert kept is not None
    thief = app.test_client()
    thief.set_cookie("reprise", kept.value)
    assert is_in(thief)
    send(client, "/sign-out", page="/account/security")
    assert not is_in(thief)
    sign_in(client, ada)
    assert not is_in(thief)


def test_a_copied_cookie_is_dead_after_signing_in_again(app: Flask, client: FlaskClient, ada: User) -> None:
    """SECURITY.md 6: a new session at sign-in, and the one this browser had is over."""
    sign_in(client, ada)
    kept = client.get_cookie("reprise")
    assert kept is not None
    send(client, "/account/password", current_password="quiet harbour lamp", new_password="another harbour lamp")
    assert is_in(client)
    thief = app.test_client()
    thief.set_cookie("reprise", kept.value)
    assert not is_in(thief)


@pytest.mark.parametrize("keep", [True, False])
def test_disabling_ends_every_session_at_once(client: FlaskClient, session: Session, ada: User, keep: bool) -> None:
    """SECURITY.md 6: and enabling brings none of them back."""
    sign_in(client, ada, keep=keep)
    service.disable(session, user_id=ada.id)
    session.commit()
    assert not is_in(client)
    service.enable(session, user_id=ada.id)
    session.commit()
    assert not is_in(client)


def test_a_session_whose_row_is_gone_is_nobodys(client: FlaskClient, session: Session, ada: User) -> None:
    sign_in(client, ada)
    session.execute(delete(LoginSession))
    session.commit()
    assert client.get("/account/security").location == "/sign-in?next=/account/security"


@pytest.mark.parametrize("values", [{"active": False}, {"fs_uniquifier": "another"}])
def test_a_row_alone_lets_nobody_in(
    client: FlaskClient, session: Session, ada: User, values: dict[str, object]
) -> None:
    sign_in(client, ada)
    for name, value in values.items():
        setattr(ada, name, value)
    session.commit()
    assert not is_in(client)


def test_an_idle_session_ends(client: FlaskClient, ada: User, watch: Watch, settings: Settings) -> None:
    """SECURITY.md 7: the server enforces it, whatever the browser keeps; the day that any session has is not over yet."""
    sign_in(client, ada)
    watch.forward(hours=settings.session_idle_hours - 1)
    assert is_in(client)
    watch.forward(hours=settings.session_idle_hours, seconds=1)
    assert not is_in(client)


def test_a_session_ends_after_a_day_however_busy(client: FlaskClient, ada: User, watch: Watch) -> None:
    """SECURITY.md 7: the absolute lifetime."""
    sign_in(client, ada)
    for _ in range(3):
        watch.forward(hours=7)
        assert is_in(client)
    watch.forward(hours=3, seconds=1)
    assert not is_in(client)


def test_a_kept_session_outlives_idleness_and_ends_when_it_was_said(
    client: FlaskClient, ada: User, watch: Watch, settings: Settings
) -> None:
    """SECURITY.md 7: “keep me signed in” has an end too, and using it does not move that end."""
    sign_in(client, ada, keep=True)
    watch.forward(days=settings.session_days - 1)
    assert is_in(client)
    watch.forward(days=1, seconds=1)
    assert not is_in(client)


def test_ids_are_never_used_again(app: Flask, session: Session, ada: User) -> None:
    """SECURITY.md 6."""
    seen: list[int] = []
    for _ in range(3):
        client = app.test_client()
        sign_in(client, ada)
        session.rollback()
        seen.append(session.scalars(select(LoginSession.id)).one())
        send(client, "/sign-out", page="/account/security")
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("value", ["", "x", "eyJzaWQiOjF9.aaaa.bbbb", "x" * 4000])
def test_a_forged_cookie_is_nobodys(client: FlaskClient, value: str) -> None:
    client.set_cookie("reprise", value)
    assert not is_in(client)
    assert client.get("/sign-in").status_code == 200


def test_a_cookie_of_another_secret_is_nobodys(
    settings: Settings, client: FlaskClient, ada: User, make_portal: MakePortal
) -> None:
    sign_in(client, ada)
    kept = client.get_cookie("reprise")
    assert kept is not None
    other = make_portal(replace(settings, secret_key="other" * 10))
    stranger = other.test_client()
    stranger.set_cookie("reprise", kept.value)
    assert not is_in(stranger)


def test_a_page_for_the_signed_in_is_kept_by_nobody(client: FlaskClient, ada: User) -> None:
    sign_in(client, ada)
    assert client.get("/account/security").headers["Cache-Control"] == "no-store"
