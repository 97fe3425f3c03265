"""Setting the portal up by its one-time link."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import setup
from app.db.models import Portal, SetupLink, User
from app.web import clock
from tests.builders import PASSWORD, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch

GOOD = {"site": "Field Notes", "email": "ada@example.org", "password": PASSWORD, "registration": "open"}


@pytest.fixture
def path(session: Session) -> str:
    token = setup.make_setup_link(session, clock.now())
    session.commit()
    return f"/setup/{token}"


def test_a_link_makes_the_administrator_signs_in_and_names_the_portal(
    client: FlaskClient, session: Session, path: str
) -> None:
    """SECURITY.md 5."""
    assert "This makes the first administrator" in client.get(path).text
    assert send(client, path, **(GOOD | {"site": "  Field \t Notes "})).status_code == 303
    assert is_in(client)
    assert client.get("/edit").status_code == 200
    assert "Field Notes" in client.get("/sign-in", follow_redirects=True).text
    assert session.scalars(select(Portal.name)).one() == "Field Notes"


def test_a_used_link_says_so_to_everybody(app: Flask, client: FlaskClient, session: Session, path: str) -> None:
    """SECURITY.md 4: once."""
    send(client, path, **GOOD)
    for browser in (client, app.test_client()):
        response = browser.get(path)
        assert response.status_code == 410
        assert "reprise admin link" in response.text
    late = app.test_client()
    assert send(late, path, page="/register", **(GOOD | {"email": "bea@example.org"})).status_code == 410
    assert session.scalar(select(func.count(User.id))) == 1


def test_a_link_ends_after_an_hour(client: FlaskClient, path: str, watch: Watch) -> None:
    """SECURITY.md 4: expiring."""
    watch.forward(hours=1)
    assert client.get(path).status_code == 410


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..", "é"])
def test_what_is_no_link_is_a_spent_one(client: FlaskClient, token: str) -> None:
    assert client.get(f"/setup/{token}").status_code in (404, 410)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("site", "", "Enter a name of 1 to 80 characters"),
        ("site", "   ", "Enter a name of 1 to 80 characters"),
        ("site", "x" * 81, "Enter a name of 1 to 80 characters"),
        ("site", "Field\u202eNotes", "Enter a name of 1 to 80 characters"),
        ("email", "ada", "Enter an email address"),
        ("password", "short", "Enter at least 8 characters"),
        ("password", "field notes", "name of the portal"),
        ("registration", "everybody", "Not a valid choice"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_link_still_works(
    client: FlaskClient, session: Session, path: str, field: str, value: str, words: str
) -> None:
    response = send(client, path, **(GOOD | {field: value}))
    assert response.status_code == 422
    assert words in response.text
    assert session.scalar(select(func.count(User.id))) == 0
    assert send(client, path, **GOOD).status_code == 303


def test_a_lost_password_is_replaced_and_its_sessions_end(app: Flask, session: Session, path: str) -> None:
    admin = make_user(session, email="ada@example.org", role="admin")
    session.commit()
    old, new = app.test_client(), app.test_client()
    sign_in(old, admin)
    assert "becomes one, with the password you give here" in new.get(path).text
    send(new, path, **(GOOD | {"password": "another harbour lamp"}))
    assert (is_in(old), is_in(new)) == (False, True)
    assert sign_in(old, admin).status_code == 422


def test_a_link_used_by_somebody_signed_in_changes_who_they_are(
    client: FlaskClient, session: Session, path: str
) -> None:
    bea = make_user(session, email="bea@example.org")
    session.commit()
    sign_in(client, bea)
    send(client, path, **GOOD)
    assert "ada@example.org" in client.get("/account/security").text


def test_the_end_of_a_link_is_told_in_utc_wherever_the_reader_lives(
    client: FlaskClient, session: Session, path: str
) -> None:
    tokyo = make_user(session, zone="Asia/Tokyo")
    until = session.scalars(select(SetupLink.expires_at)).one()
    session.commit()
    sign_in(client, tokyo)
    assert f"valid until {until:%H:%M} UTC" in client.get(path).text


def test_fields_that_are_not_offered_are_not_taken(client: FlaskClient, session: Session, path: str) -> None:
    """SECURITY.md 12."""
    send(client, path, **GOOD, id="9", token="another", zone="Asia/Tokyo")
    user = session.scalars(select(User)).one()
    assert (user.zone, user.id == 9) == ("UTC", False)


def test_a_token_in_an_address_is_not_logged(
    client: FlaskClient, path: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """SECURITY.md 25: whoever reads the logs cannot become the administrator."""
    client.post(path, data=GOOD)
    send(client, path, **GOOD)
    captured = capfd.readouterr()
    logged = captured.out + captured.err + caplog.text
    assert "form refused" in logged
    assert "system.set_up" in logged
    assert path.removeprefix("/setup/") not in logged
    assert not re.search(r"harbour|argon2", logged)
