"""SECURITY.md 9: what every response carries, errors and redirects included."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.config import Settings
from app.web.access import Access, access
from tests.builders import make_user, sign_in
from tests.conftest import MakePortal

ASKED: dict[str, tuple[int, Callable[[FlaskClient], TestResponse]]] = {
    "a page": (200, lambda client: client.get("/")),
    "a file": (200, lambda client: client.get("/static/css/base.css")),
    "a redirect": (302, lambda client: client.get("/settings")),
    "a form without its token": (400, lambda client: client.post("/sign-in", data={})),
    "nothing": (404, lambda client: client.get("/nothing/here")),
    "another method": (405, lambda client: client.put("/")),
    "health": (200, lambda client: client.get("/health/live")),
}


@pytest.mark.parametrize("what", ASKED)
def test_every_response_says_what_may_run_and_who_may_frame_it(client: FlaskClient, what: str) -> None:
    status, ask = ASKED[what]
    response = ask(client)
    response.close()
    assert response.status_code == status
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert {policy["script-src"], policy["style-src"], policy["img-src"], policy["connect-src"]} == {"'self'"}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    for header in ("Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"):
        assert response.headers.getlist(header) == ["same-origin"]
    assert response.headers["X-Request-Id"]


def test_a_fault_carries_them_too_and_tells_no_stranger_why(app: Flask, client: FlaskClient) -> None:
    def break_down() -> str:
        raise RuntimeError("the password is swordfish")

    app.view_functions["study.home"] = access(Access.ANYONE)(break_down)
    response = client.get("/")
    assert response.status_code == 500
    assert "swordfish" not in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_https_is_insisted_on_where_it_is_spoken(
    settings: Settings, client: FlaskClient, make_portal: MakePortal
) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers
    for base, below in (("https://study.example.org", "; includeSubDomains"), ("https://example.org/study", "")):
        safe = make_portal(dataclasses.replace(settings, base_url=base, environment="production"))
        response = safe.test_client().get("/health/live")
        assert response.headers["Strict-Transport-Security"] == f"max-age=31536000{below}"


def test_what_the_signed_in_see_is_kept_by_nobody(client: FlaskClient, session: Session) -> None:
    anonymous = client.get("/")
    assert anonymous.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in anonymous.headers
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    for path in ("/", "/settings", "/progress", "/nothing/here"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
