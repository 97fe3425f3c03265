"""What goes wrong is a page that says what happened, whether work is safe and what to do, with the right status."""

from __future__ import annotations

import io
import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.models import Card
from tests.builders import csrf_token, make_card, make_deck, make_user, sign_in
from tests.conftest import MakePortal
from tests.functional.conftest import Watch


@pytest.fixture
def file(database_url: str) -> Path:
    """Where the portal's database is."""
    return Path(make_url(database_url).database or "")


@pytest.mark.parametrize("begun", [True, False], ids=["a page was shown before", "none was"])
def test_a_database_that_is_taken_away_is_said_and_found_again(client: FlaskClient, file: Path, begun: bool) -> None:
    if begun:
        assert client.get("/").status_code == 200
    away = file.with_suffix(".away")
    file.rename(away)
    for path in ("/", "/register", "/decks/any"):
        page = client.get(path)
        assert (page.status_code, "Retry-After" in page.headers) == (503, True), path
        assert "Reprise cannot reach its database." in page.text
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.mimetype) == (503, "application/json")
    assert client.get("/health/live").status_code == 200
    assert not file.exists()
    away.rename(file)
    assert client.get("/").status_code == 200
    assert client.get("/health/ready").json == {"status": "ready"}


def test_a_database_put_in_the_files_place_is_the_one_that_is_read(
    client: FlaskClient, session: Session, file: Path, sqlite_template: Path
) -> None:
    make_deck(session, title="In the first file")
    session.commit()
    assert "In the first file" in client.get("/").text
    file.rename(file.with_suffix(".old"))
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    file.write_bytes(sqlite_template.read_bytes())
    assert "No decks yet." in client.get("/").text


def test_the_log_names_the_request_that_the_page_names(
    client: FlaskClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.web import logs

    client.get("/")
    monkeypatch.setattr("logging.root.handlers", [])
    logs.set_up("INFO")
    said = io.StringIO()
    logging.root.handlers[0].setStream(said)  # type: ignore[attr-defined]  # what `set_up` made is a StreamHandler
    file.unlink()
    page = client.get("/")
    named = re.search(r"<code>(\w{8})</code>", page.text)
    assert named
    logged = [json.loads(line) for line in said.getvalue().splitlines() if line.startswith("{")]
    assert {line["request_id"] for line in logged if "unavailable" in line["event"]} == {named[1]}


def test_what_an_editor_wrote_outlives_their_session(client: FlaskClient, session: Session, watch: Watch) -> None:
    card = make_card(session, make_deck(session), answer="Old.")
    editor = make_user(session, role="editor")
    session.commit()
    sign_in(client, editor)
    address = f"/edit/cards/{card.guid}"
    form = {"csrf_token": csrf_token(client, address), "version": "1", "question": "Q?", "answer": "Long and *dear*."}
    watch.forward(days=2)
    page = client.post(address, data=form)
    assert page.status_code == 400
    assert "You are signed out." in page.text
    assert 'name="answer" value="Long and *dear*."' in page.text
    sign_in(client, editor)
    again = client.post(address, data=form)
    assert "This form waited too long." in again.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', again.text)
    assert token
    assert client.post(address, data=form | {"csrf_token": token[1]}).status_code == 303
    session.expire_all()
    assert session.get_one(Card, card.id).answer == "Long and *dear*."


def test_whoever_is_signed_out_comes_back_to_the_page_whose_button_was_pressed(
    client: FlaskClient, session: Session, watch: Watch
) -> None:
    learner = make_user(session)
    session.commit()
    sign_in(client, learner)
    form = {"csrf_token": csrf_token(client, "/settings/data")}
    pressed = {"headers": {"Referer": "http://localhost/settings/data"}, "data": form}
    watch.forward(days=2)
    page = client.post("/settings/data/export", **pressed)  # nothing but a button: there is no form to fill in again
    assert page.status_code == 400
    assert "You are signed out." in page.text
    assert 'href="/sign-in?next=/settings/data"' in page.text
    sign_in(client, learner)
    old = client.post("/settings/data/export", **pressed)
    assert "This form waited too long." in old.text
    assert '<a class="btn primary" href="/settings/data">Open the page again</a>' in old.text
    elsewhere = client.post(
        "/settings/data/export", data=form, headers={"Referer": "https://evil.example/settings/data"}
    )
    assert "evil.example" not in elsewhere.text


def test_who_never_signed_in_gets_no_hint(client: FlaskClient, session: Session) -> None:
    card = make_card(session, make_deck(session))
    session.commit()
    page = client.post(f"/edit/cards/{card.guid}", data={"csrf_token": csrf_token(client), "answer": "Mine"})
    assert page.status_code == 404
    assert "Mine" not in page.text


def test_a_browser_without_cookies_is_told_where_the_portal_is(settings: Settings, make_portal: MakePortal) -> None:
    """Cookies are Secure where BASE_URL is https: whoever comes by plain HTTP has none."""
    app = make_portal(replace(settings, base_url="https://study.example.org"))
    client = app.test_client(use_cookies=False)
    form = {"email": "ada@example.org", "password": "swordfish harbour"}
    page = client.post("/sign-in", data=form | {"csrf_token": csrf_token(client)})
    assert page.status_code == 400
    assert "Your browser sent no cookie." in page.text
    assert '<a href="https://study.example.org/">' in page.text
    assert 'value="ada@example.org"' in page.text
    assert "swordfish" not in page.text, "a password is not shown again"


def test_what_a_foreign_page_sends_is_not_filled_in(client: FlaskClient) -> None:
    """Its reader would send it on as their own."""
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        page = client.post("/sign-in", data={"email": "mallory@example.org"}, headers=foreign)
        assert page.status_code == 400
        assert "mallory" not in page.text
