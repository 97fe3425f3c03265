"""Who may register: anybody, whoever has an invitation, nobody; and what visitors are told."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import invitations, portal
from app.accounts.invitations import InvitationSpent
from app.db.models import Audit, Invitation, User
from app.web import clock
from tests.builders import PASSWORD, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    """An administrator's browser."""
    user = make_user(session, role="admin", email="ada@example.org")
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    return client


def choose(admin: FlaskClient, **values: str) -> None:
    chosen = {"name": "Notes", "welcome": "", "registration": "open"} | values
    assert send(admin, "/edit/portal", **chosen).status_code == 303


def invite(admin: FlaskClient, **values: str) -> str:
    asked = {"role": "learner", "uses": "1", "days": "7", "note": ""} | values
    found = re.search(
        r"<code>http://localhost(/invitation/\S+)</code>",
        send(admin, "/edit/people/invite", page="/edit/people", **asked).text,
    )
    assert found
    return found[1]


def register(client: FlaskClient, path: str, email: str) -> int:
    return send(client, path, email=email, password=PASSWORD, zone="UTC").status_code


def test_an_invitation_makes_as_many_accounts_as_it_says(app: Flask, session: Session, admin: FlaskClient) -> None:
    choose(admin, registration="invited")
    link = invite(admin, role="editor", uses="2", note="For reviewers")
    visitor = app.test_client()
    assert visitor.get("/register").status_code == 403
    assert "invited to this portal as an editor" in visitor.get(link).text
    assert register(visitor, link, "ada@example.org") == 422
    assert register(visitor, link, "one@example.org") == 303
    assert visitor.get("/edit").status_code == 200
    assert "1 of 2 used" in admin.get("/edit/people").text
    assert register(app.test_client(), link, "two@example.org") == 303
    assert app.test_client().get(link).status_code == 410
    made = session.scalars(select(Audit).where(Audit.action == "people.invite")).one()
    assert (made.role, made.label, made.detail["invited_as"]) == ("admin", "For reviewers", "editor")
    assert (
        session.scalars(select(Audit.guid).where(Audit.action == "account.register")).all()
        == [session.scalars(select(Invitation.guid)).one()] * 2
    )


@pytest.mark.parametrize("how", ["expired", "taken back", "closed", "unknown"])
def test_a_spent_invitation_makes_nothing(
    app: Flask, session: Session, admin: FlaskClient, watch: Watch, how: str
) -> None:
    link = invite(admin)
    visitor = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(link).text)
    assert token
    if how == "expired":
        watch.forward(days=8)
    elif how == "taken back":
        guid = session.scalars(select(Invitation.guid)).one()
        assert send(admin, f"/edit/people/invitations/{guid}/revoke", page="/edit/people").status_code == 303
        assert send(admin, f"/edit/people/invitations/{guid}/revoke", page="/edit/people").status_code == 404
    elif how == "closed":
        choose(admin, registration="closed")
    else:
        link += "x"
    form = {"email": "new@example.org", "password": PASSWORD, "zone": "UTC", "csrf_token": token[1]}
    assert visitor.post(link, data=form).status_code == 410
    session.rollback()
    assert session.scalar(select(User.id).where(User.email == "new@example.org")) is None


def test_the_last_place_is_given_once(session: Session) -> None:
    invitations.invite(session, role="learner", uses=1, days=1, now=clock.now())
    guid = session.scalars(select(Invitation.guid)).one()
    invitations.take(session, guid, now=clock.now())
    with pytest.raises(InvitationSpent):
        invitations.take(session, guid, now=clock.now())


@pytest.mark.parametrize(
    "values", [{"uses": "0"}, {"uses": "x"}, {"days": "400"}, {"role": "admin"}, {"note": "x" * 101}]
)
def test_an_invitation_that_cannot_be_is_not_made(session: Session, admin: FlaskClient, values: dict[str, str]) -> None:
    form = {"role": "learner", "uses": "1", "days": "7", "note": ""} | values
    assert send(admin, "/edit/people/invite", page="/edit/people", **form).status_code == 422
    assert session.scalar(select(Invitation.id)) is None


def test_the_welcome_is_markdown_made_safe_for_visitors(app: Flask, session: Session, admin: FlaskClient) -> None:
    choose(
        admin, name="Team notes", welcome="Hello **all**. <script>alert(1)</script> [x](javascript:alert(1))\n\n# Rules"
    )
    for page in ("/", "/sign-in"):
        seen = app.test_client().get(page).text
        assert "Hello <strong>all</strong>." in seen
        assert "<script>alert" not in seen
        assert 'href="javascript' not in seen
        assert "Team notes" in seen
        assert "<h2>Rules</h2>" in seen, "below the heading of the page"
    assert "Hello" not in admin.get("/").text
    assert session.scalars(select(Audit.action).where(Audit.area == "system")).all() == ["system.portal"]


@pytest.mark.parametrize(
    "values", [{"name": " "}, {"name": "x" * 81}, {"welcome": "x" * 2001}, {"registration": "maybe"}]
)
def test_a_choice_that_cannot_be_is_not_kept(session: Session, admin: FlaskClient, values: dict[str, str]) -> None:
    form = {"name": "Notes", "welcome": "", "registration": "open"} | values
    assert send(admin, "/edit/portal", **form).status_code == 422
    assert portal.welcome(session) == ""


def test_who_registers_by_invitation_is_signed_in(app: Flask, admin: FlaskClient) -> None:
    visitor = app.test_client()
    register(visitor, invite(admin), "new@example.org")
    assert is_in(visitor)
