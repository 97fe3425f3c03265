"""Where readers are sent on to, and what a forged request cannot change."""

import socket
from runpy import run_module

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.http.parser import RequestParser  # type: ignore[import-untyped]
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.models import LoginSession
from app.web.redirects import safe_next
from tests.builders import PASSWORD, csrf_token, make_user, sign_in
from tests.conftest import MakePortal

ELSEWHERE = [
    "//e.example",
    "///e.example",
    "////e.example",
    "/\\e.example",
    "\\\\e.example",
    "/\\/e.example",
    "https:e.example",
    "https:/e.example",
    "https://e.example",
    "javascript:alert(1)",
    "/\t/e.example",
    "/\n/e.example",
    "\t//e.example",
    " //e.example",
    "/\r\nLocation: https://e.example",
    "/\x00/e.example",
    "/./\\e.example",
    "/.//e.example",
    "/..//e.example",
    "/decks/../..//e.example",
    "/\u2028/e.example",
    "/\u202e",
    "/\uff0fe.example",
    "/\uff3ce.example",
    "e.example",
    "?next=/",
    "",
    "/" + "x" * 3000,
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_other_sites_are_refused(target: str) -> None:
    """SECURITY.md 10: whatever a browser might read as another site, `urlsplit` or not."""
    assert safe_next(target, "/default") == "/default"


@pytest.mark.parametrize(
    "target", ["/", "/progress", "/decks/rag?q=vector store#a", "/decks/r\u00e4ume", "/a?next=https://x.y"]
)
def test_pages_of_the_portal_are_kept(target: str) -> None:
    assert safe_next(target, "/default") == target


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_nowhere_else(app: Flask, session: Session, target: str) -> None:
    """SECURITY.md 10: by the address of the page or by the form."""
    user = make_user(session)
    session.commit()
    form = {"email": user.email, "password": PASSWORD}
    by_address, by_form = app.test_client(), app.test_client()
    answers = [
        by_address.post("/sign-in", query_string={"next": target}, data=form | {"csrf_token": csrf_token(by_address)}),
        by_form.post("/sign-in", data=form | {"next": target, "csrf_token": csrf_token(by_form)}),
        by_form.get("/sign-in", query_string={"next": target}),
        by_form.get("/register", query_string={"next": target}),
    ]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/")}


def test_whoever_must_sign_in_comes_back_to_the_page(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    session.commit()
    asked = client.get("/account/email", query_string="a=b%20c&d=e")
    assert asked.status_code == 302
    page = client.get(asked.location)
    form = {"email": user.email, "password": PASSWORD, "csrf_token": csrf_token(client, asked.location)}
    assert 'value="/account/email?a=b%20c&amp;d=e"' in page.text
    assert client.post(asked.location, data=form).location == "/account/email?a=b%20c&d=e"


FORGED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil.example",
    "X-Forwarded-For": "203.0.113.66",
    "Forwarded": "for=203.0.113.66;host=evil.example",
}


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/register", "/progress", "/account/security", "/nowhere", "/setup/x"]
)
def test_a_forged_host_changes_no_link(client: FlaskClient, path: str) -> None:
    """SECURITY.md 10."""
    response = client.get(path, headers=FORGED)
    assert response.status_code < 500
    assert "evil.example" not in response.text + str(response.headers)


def test_a_forged_address_is_not_believed(client: FlaskClient, session: Session) -> None:
    """SECURITY.md 10: neither in the list of sessions nor, so, by the counters."""
    user = make_user(session)
    session.commit()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.66"
    sign_in(client, user)
    assert session.scalars(select(LoginSession.address)).one() == "127.0.0.1"


def test_the_web_server_believes_no_header_of_a_neighbour(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    """SECURITY.md 10: by itself gunicorn takes from who speaks from this machine, as a proxy does, where it stands."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", "test-" * 10)
    monkeypatch.setattr("logging.root.handlers", [])
    served = Config()
    for name, value in run_module("app.gunicorn_conf").items():
        if name in served.settings:
            served.set(name, value)
    here, there = socket.socketpair()
    with here, there:
        forged = "SCRIPT_NAME: //evil.example", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: on"
        there.sendall("\r\n".join(["GET //evil.example/ HTTP/1.1", "Host: a", *forged, "", ""]).encode())
        request = next(RequestParser(served, here, ("127.0.0.1", 50_000)))
        environ = wsgi.create(request, here, ("127.0.0.1", 50_000), ("127.0.0.1", 8000), served)[1]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "//evil.example/")
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize(
    ("hops", "address"), [(0, "127.0.0.1"), (1, "203.0.113.66"), (2, "198.51.100.1"), (3, "127.0.0.1")]
)
def test_as_many_proxies_are_believed_as_are_trusted(
    settings: Settings, session: Session, hops: int, address: str, make_portal: MakePortal
) -> None:
    """SECURITY.md 10: what a client adds in front of the list is not the address of the client."""
    user = make_user(session)
    session.commit()
    values = {"secret_key": settings.secret_key, "database_url": settings.database_url, "trusted_proxies": hops}
    app = make_portal(Settings(**values))  # type: ignore[arg-type]
    client = app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.1, 203.0.113.66"
    sign_in(client, user)
    assert session.scalars(select(LoginSession.address)).one() == address
