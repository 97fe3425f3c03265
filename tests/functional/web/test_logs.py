"""What the log says of those who did not get in, or not where they wanted (SECURITY.md 25)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts import counters
from app.web import logs
from tests.builders import make_card, make_deck, make_user, sign_in
from tests.functional.accounts.pages import send


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[dict[str, Any]]]:
    """Gives the lines of an event so far."""
    monkeypatch.setattr("logging.root.handlers", [])
    logs.set_up("INFO")
    said = io.StringIO()
    logging.root.handlers[0].setStream(said)  # type: ignore[attr-defined]  # what `set_up` made is a StreamHandler

    def lines(event: str) -> list[dict[str, Any]]:
        every = [json.loads(line) for line in said.getvalue().splitlines() if line.startswith("{")]
        return [line for line in every if line["event"] == event]

    return lines


def test_who_does_not_get_in_is_logged_with_how_they_tried_and_why_not(
    app: Flask, session: Session, logged: Callable[[str], list[dict[str, Any]]]
) -> None:
    user = make_user(session, email="ada@example.org")
    off = make_user(session, email="off@example.org", active=False)
    session.commit()
    client = app.test_client()
    sign_in(client, "nobody@example.org")
    sign_in(client, off)
    for _ in range(counters.FREE["pair"] + 1):
        sign_in(client, user, password="quite another")
    send(client, "/sign-in/passkey", page="/sign-in", credential="{}")
    tried = [(line["how"], line["why"], line["address"]) for line in logged("sign-in failed")]
    assert tried == [
        ("password", "wrong", "127.0.0.1"),
        ("password", "disabled", "127.0.0.1"),
        *[("password", "wrong", "127.0.0.1")] * counters.FREE["pair"],
        ("", "held back", "127.0.0.1"),
        ("passkey", "too late", "127.0.0.1"),
    ]
    assert all(line["request_id"] for line in logged("sign-in failed"))


def test_who_asks_for_what_is_not_theirs_is_logged(
    app: Flask, session: Session, logged: Callable[[str], list[dict[str, Any]]]
) -> None:
    user, other = make_user(session), make_user(session)
    theirs = make_card(session, make_deck(session, slug="theirs", visibility="private", owner_id=other.id))
    session.commit()
    client = app.test_client()
    client.get("/decks/theirs")
    sign_in(client, user)
    for path in (
        "/edit/audit",
        "/nowhere",
        "/",
        "/decks/theirs",
        f"/cards/{theirs.guid}",
        f"/cards/{theirs.guid}/note",
    ):
        client.get(path)
    lines = logged("access refused")
    assert [line["path"] for line in lines] == [
        "/edit/audit",
        "/decks/theirs",
        f"/cards/{theirs.guid}",
        f"/cards/{theirs.guid}/note",
    ]
    assert {(line["user"], line["address"]) for line in lines} == {(user.id, "127.0.0.1")}
