"""Below a path, behind proxies, and in the open."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.models import User
from tests.builders import PASSWORD, choose, make_card, make_deck, make_user
from tests.conftest import MakePortal

BASE = "https://example.org/study"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        secret_key="test-" * 10, database_url=database_url, environment="production", base_url=BASE, trusted_proxies=1
    )


@pytest.fixture
def ada(session: Session) -> User:
    user = make_user(session, role="admin", email="ada@example.org")
    deck = make_deck(session, slug="rag")
    choose(session, user, deck)
    card = make_card(session, deck, answer="A picture.")
    card.answer_html = '<p><img alt="x" src="/media/abc.png"> and <code>&lt;img src="/media/abc.png"&gt;</code></p>'
    session.commit()
    return user


@pytest.fixture
def inside(app: Flask, ada: User) -> FlaskClient:
    """An administrator's browser below the path, signed in through the page."""
    client = app.test_client()
    page = client.get("/study/sign-in", base_url="https://example.org")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"email": ada.email, "password": PASSWORD, "csrf_token": token[1], "next": "/study/progress"}
    answer = client.post(
        "/study/sign-in", data=form, base_url="https://example.org", headers={"Referer": f"{BASE}/sign-in"}
    )
    assert answer.location == "/study/progress"
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert cookie.startswith("__Secure-reprise=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/study/"} <= set(cookie.split("; "))
    return client


TAG = re.compile(r"<[a-z][^<>]*>")
ADDRESS = re.compile(r'\s(?:href|src|action|formaction|data-[\w-]+)="(/[^"]*)"')


def test_below_a_path_every_address_stays_below_it(inside: FlaskClient) -> None:
    """Walk all that pages lead to: pages, style sheets, scripts, pictures, forms."""
    waiting, seen, outside, broken = ["/study/"], set(), [], []
    while waiting:
        path = waiting.pop()
        answer = inside.get(path, base_url="https://example.org", buffered=True)
        if answer.status_code >= 400 and "/media/" not in path:
            broken.append((path, answer.status_code))
        if answer.location:
            outside += [] if answer.location.startswith("/study/") else [(path, answer.location)]
        if answer.mimetype != "text/html":
            continue
        for found in map(unescape, ADDRESS.findall(" ".join(TAG.findall(answer.text)))):
            target = found.split("#")[0]
            if not target.startswith("/study/"):
                outside.append((path, target))
            elif (kind := re.sub(r"[0-9a-z]{16}|\?.*|/\d+$", "", target)) not in seen:
                seen.add(kind)
                waiting.append(target)
    assert outside == []
    assert [one for one in broken if one[1] not in (404, 405)] == []
    assert len(seen) > 25
    assert "/study/media/abc.png" in seen


def test_a_page_that_only_shows_a_pictures_address_is_left_alone(inside: FlaskClient) -> None:
    text = inside.get("/study/decks/rag?open=all", base_url="https://example.org").text
    assert '<img alt="x" src="/study/media/abc.png">' in text
    assert '&lt;img src="/media/abc.png"&gt;' in text


def test_whoever_must_sign_in_comes_back_below_the_path(app: Flask, session: Session) -> None:
    answer = app.test_client().get("/study/progress?range=3")
    assert answer.location == "/study/sign-in?next=/study/progress?range%3D3"
    for path in ("/edit/decks/rag", "/nowhere?a=1"):  # not there, as far as a visitor is told
        missing = app.test_client().get(f"/study{path}").text
        assert f'href="/study/sign-in?next=/study{path.replace("=", "%3D")}"' in missing


def test_outside_of_the_path_is_nothing_but_health_and_the_way_in(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/health/ready").status_code == 200
    assert client.get("/study/health/ready").status_code == 200
    assert client.get("/").location == "/study/"
    assert client.get("/study").location == "/study/", "without the slash, no cookie comes along"
    assert client.get("/studying").status_code == 404
    assert client.get("/decks/rag").status_code == 404
    for path in ("/", "/study", "/decks/rag"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Path=/study/" in (client.get("/study/sign-in").headers["Set-Cookie"])


def test_a_proxy_that_takes_the_path_off_says_so(app: Flask, settings: Settings, make_portal: MakePortal) -> None:
    shortened = {"X-Forwarded-Prefix": "/study"}
    assert "/study/sign-in" in app.test_client().get("/", headers=shortened).text
    assert app.test_client().get("/study", headers=shortened).location.startswith("/study/sign-in")
    alone = make_portal(replace(settings, trusted_proxies=0))
    assert alone.test_client().get("/sign-in", headers=shortened).status_code == 404


def test_headers_move_the_portal_nowhere(app: Flask) -> None:
    """SECURITY.md 10: not even where a proxy is trusted."""
    forged = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "81",
        "X-Forwarded-Prefix": "/evil.example",
    }
    for path in ("/study/", "/study/sign-in", "/study/progress", "/study/nowhere"):
        answer = app.test_client().get(path, headers=forged)
        assert answer.status_code < 500
        assert "evil.example" not in answer.text + str(answer.headers)


@pytest.fixture
def plain(settings: Settings, make_portal: MakePortal) -> Flask:
    """In production by plain HTTP, as an operator asked for."""
    return make_portal(replace(settings, base_url="http://study.lan:8000", plain_http=True))


def test_in_the_open_cookies_work_and_administrators_are_told(plain: Flask, ada: User) -> None:
    client = plain.test_client()
    page = client.get("/sign-in", base_url="http://study.lan:8000")
    assert "Strict-Transport-Security" not in page.headers
    assert "plain HTTP" not in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"email": ada.email, "password": PASSWORD, "csrf_token": token[1]}
    answer = client.post("/sign-in", data=form, base_url="http://study.lan:8000")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("reprise=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie
    assert "reached by plain HTTP" in client.get("/settings", base_url="http://study.lan:8000").text


@pytest.mark.parametrize(
    ("values", "works"),
    [
        ({"BASE_URL": "http://study.lan"}, False),
        ({"BASE_URL": "http://study.lan", "PLAIN_HTTP": "yes"}, True),
        ({"BASE_URL": "https://example.org/study"}, True),
        ({}, False),
    ],
)
def test_production_is_plain_only_where_it_is_told_to(values: dict[str, str], works: bool) -> None:
    from app.config import SettingsError

    given = {"ENVIRONMENT": "production", "SECRET_KEY": "x" * 40} | values
    if works:
        assert Settings.from_environment(given).https is not bool(values.get("PLAIN_HTTP"))
    else:
        with pytest.raises(SettingsError, match="BASE_URL"):
            Settings.from_environment(given)
