"""What the log says of those who did not get in, or not where they wanted (SECURITY.md 25)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
import structlog
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import counters
from app.config import Settings
from app.db.base import new_guid
from app.db.models import User
from app.db.session import make_engine, session_factory
from app.web import logs
from tests.builders import csrf_token, make_card, make_deck, make_user, sign_in
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


SECRETS = {
    "SECRET_KEY": "canary-of-today-" * 3,
    "SECRET_KEY_FALLBACKS": "canary-of-before-" * 3,
    "DATABASE_URL": "postgresql://portal:canary%40base@db.example/portal",
    "LIMITS_STORAGE": "redis://:canary-limits@cache.example/0",
    "MAIL_URL": "smtp://portal:canary%2Fmail@mail.example:587",
    "MAIL_FROM": "portal@example.org",
    "OIDC_ISSUER": "https://id.example.org",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "canary-of-the-provider",
}


def test_no_line_holds_a_secret_of_the_settings_whoever_writes_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a text, in a value, in the words of an error or those of a library."""
    monkeypatch.setattr("logging.root.handlers", [])
    logs.set_up("DEBUG")
    logs.know(Settings.from_environment(SECRETS))
    said = logging.getLogger("some.library")
    for value in SECRETS.values():
        said.debug("connecting to %s", value)
        structlog.get_logger().info("trying", where=value)
        try:
            raise ConnectionError(f"{value} does not answer: {unquote(value)}")
        except ConnectionError:
            said.exception("it broke")
    lines = capsys.readouterr().err
    assert "does not answer" in lines
    assert "canary" not in lines


def test_no_address_that_opens_something_is_in_a_line(
    app: Flask, logged: Callable[[str], list[dict[str, Any]]]
) -> None:
    """Whoever writes it down: the web server does where a request is malformed or takes too long."""
    paths = [str(rule) for rule in app.url_map.iter_rules() if "<token>" in str(rule)]
    assert len(paths) >= 7
    for path in paths:
        logging.getLogger("gunicorn.error").warning("asked", extra={"uri": path.replace("<token>", "canary-1.x_y")})
        structlog.get_logger().warning("asked", uri=f"https://portal.example{path.replace('<token>', 'canary-1.x_y')}")
    said = logged("asked")
    assert len(said) >= len(paths)
    assert "canary" not in json.dumps(said)


def test_what_is_called_a_secret_is_none_of_a_line(logged: Callable[[str], list[dict[str, Any]]]) -> None:
    structlog.get_logger().info("called", new_password="a", reset_token="b", Cookie="c", client_secret="d", kept="e")
    logging.getLogger("a.library").warning("called", extra={"authorization": "f"})
    [line, other] = logged("called")
    assert {name for name, value in line.items() if value == "hidden"} == {
        "new_password",
        "reset_token",
        "Cookie",
        "client_secret",
    }
    assert line["kept"] == "e"
    assert "f" not in other.values()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_to_be_stored_is_in_no_error(
    kind: str, request: pytest.FixtureRequest, logged: Callable[[str], list[dict[str, Any]]]
) -> None:
    """A database that refuses a row is quoted by the driver, or by SQLAlchemy, with what the row holds."""
    engine = make_engine(request.getfixturevalue(f"{kind}_url"))
    with session_factory(engine)() as session:
        user = make_user(session, email="ada@example.org")
        session.commit()
        broken = {"password": "$argon2id$v=19$canary", "new_per_day": -5}
        with pytest.raises(IntegrityError) as refused:
            session.execute(update(User).where(User.id == user.id).values(broken))
        logging.getLogger("portal").error("refused", exc_info=refused.value)
    engine.dispose()
    [line] = logged("refused")
    assert "new_per_day" in line["exception"]
    assert "SQL parameters hidden" in line["exception"]
    assert "canary" not in line["exception"]


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
    token = csrf_token(client, "/settings")
    for guid in (theirs.guid, "0" * 16):
        form = {"card": guid, "grade": "4", "version": "0", "key": new_guid(), "csrf_token": token}
        assert client.post("/study/answer", data=form).status_code == 404
    lines = logged("access refused")
    assert [line["path"] for line in lines] == [
        "/edit/audit",
        "/decks/theirs",
        f"/cards/{theirs.guid}",
        f"/cards/{theirs.guid}/note",
        "/study/answer",
    ]
    assert {(line["user"], line["address"]) for line in lines} == {(user.id, "127.0.0.1")}
