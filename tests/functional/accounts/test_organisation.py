"""Signing in by an organisation's provider: a small one, started here, that checks what the portal sends it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from app.config import Settings
from app.db.models import Identity, Portal, User
from tests.builders import csrf_token, make_user, sign_in
from tests.conftest import MakePortal
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch

KEY, OTHER_KEY = RSAKey.generate_key(2048), RSAKey.generate_key(2048)


class Provider:
    """An OpenID provider that signs everybody in as `claims`."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "42", "email": "Ada@Example.org", "email_verified": True}
        self.signs = KEY
        self.asked: dict[str, str] = {}
        self.server = make_server("127.0.0.1", 0, Request.application(self.answer), threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: Request) -> Response:
        if request.path == "/token":
            return self.token(request)
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            },
            "/keys": {"keys": [KEY.as_dict(private=False)]},
        }
        return Response(json.dumps(documents[request.path]), mimetype="application/json")

    def authorize(self, location: str) -> str:
        """What the page of the provider does once its user has signed in: where it sends the browser."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert self.asked["code_challenge_method"] == "S256"
        back = urlsplit(self.asked["redirect_uri"])
        assert (back.netloc, back.path) == ("localhost", "/sign-in/organisation/back")
        return f"{back.path}?{urlencode({'code': 'once', 'state': self.asked['state']})}"

    def token(self, request: Request) -> Response:
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.asked["code_challenge"]
        assert request.authorization
        assert request.authorization.password == "provider-secret"
        now = int(time.time())
        told = {"iss": self.url, "aud": "portal", "nonce": self.asked["nonce"], "iat": now, "exp": now + 60}
        token = jwt.encode({"alg": "RS256"}, told | self.claims, self.signs)
        body = {"access_token": "x", "token_type": "Bearer", "id_token": token}
        return Response(json.dumps(body), mimetype="application/json")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider at work."""
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, daemon=True)
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()


@pytest.fixture
def settings(database_url: str, provider: Provider) -> Settings:
    """A portal whose people sign in there."""
    return Settings(
        secret_key="test-" * 10,
        database_url=database_url,
        oidc_issuer=provider.url,
        oidc_client_id="portal",
        oidc_client_secret="provider-secret",
        oidc_name="Example University",
    )


def go(client: FlaskClient, provider: Provider, target: str = "") -> TestResponse:
    """There and back."""
    sent = client.get("/sign-in/organisation" + (f"?next={target}" if target else ""))
    return client.get(provider.authorize(sent.headers["Location"]))


def users(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(User.id))) or 0


def test_who_comes_with_a_verified_address_gets_an_account_and_finds_it_again(
    app: Flask, session: Session, provider: Provider
) -> None:
    client = app.test_client()
    assert "Sign in with Example University" in client.get("/sign-in").text
    assert go(client, provider, "/progress").headers["Location"] == "/progress"
    assert is_in(client)
    provider.claims["email"] = "other@example.org"
    again = app.test_client()
    go(again, provider)
    assert is_in(again)
    assert session.scalars(select(User.email)).all() == ["ada@example.org"]
    assert "by the organisation" in again.get("/account/security").text


@pytest.mark.parametrize("why", ["unverified", "unverified as a string", "closed", "address taken"])
def test_no_account_is_opened_or_made_for_who_should_have_none(
    app: Flask, session: Session, provider: Provider, why: str
) -> None:
    if why == "address taken":
        make_user(session, email="ada@example.org")
    elif why == "closed":
        session.scalars(select(Portal)).one().registration = "invited"
    else:
        provider.claims["email_verified"] = "true" if "string" in why else False
    session.commit()
    before, client = users(session), app.test_client()
    assert go(client, provider).headers["Location"] == "/sign-in"
    assert not is_in(client)
    assert users(session) == before
    assert session.scalar(select(Identity.id)) is None


@pytest.mark.parametrize("how", ["state", "nonce", "audience", "issuer", "key", "expired", "not asked"])
def test_what_cannot_be_believed_signs_nobody_in(app: Flask, session: Session, provider: Provider, how: str) -> None:
    client = app.test_client()
    changes: dict[str, dict[str, Any]] = {
        "nonce": {"nonce": "another"},
        "audience": {"aud": "somebody-else"},
        "issuer": {"iss": "https://id.example.net"},
        "expired": {"exp": int(time.time()) - 900},
    }
    provider.claims |= changes.get(how, {})
    if how == "key":
        provider.signs = OTHER_KEY
    back = provider.authorize(client.get("/sign-in/organisation").headers["Location"])
    if how == "state":
        back = re.sub(r"state=\w+", "state=forged", back)
    if how == "not asked":
        client = app.test_client()
    assert client.get(back).headers["Location"] == "/sign-in"
    assert not is_in(client)
    assert users(session) == 0


def test_whoever_is_signed_in_connects_the_provider_and_proves_with_it(
    app: Flask, session: Session, provider: Provider, watch: Watch
) -> None:
    user = make_user(session, email="ada@example.org")
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    assert go(client, provider).headers["Location"] == "/account/organisation"
    assert provider.asked["max_age"] == "0", "who is signed in there is asked all the same"
    assert session.scalar(select(Identity.id)) is None, "somebody else's page can have sent the browser there and back"
    shown = client.get("/account/organisation").text
    assert re.findall(r"<dd>(.*?)</dd>", shown) == ["ada@example.org", "ada@example.org"]
    assert send(client, "/account/organisation").headers["Location"] == "/account/security"
    assert "Disconnect" in client.get("/account/security").text
    other = app.test_client()
    go(other, provider)
    assert is_in(other)
    watch.forward(minutes=11)
    asked = client.get("/account/passkeys")
    assert "/account/prove" in asked.headers["Location"]
    provider.claims["auth_time"] = int(time.time()) - 60  # eleven minutes have passed here since
    assert "/account/prove" in go(client, provider, "/account/passkeys").headers["Location"]
    assert "did not ask who you are" in client.get("/account/prove").text
    provider.claims["auth_time"] = int(watch.now().timestamp())
    assert go(client, provider, "/account/passkeys").headers["Location"] == "/account/passkeys"
    assert client.get("/account/passkeys").status_code == 200
    ben = make_user(session, email="ben@example.org")
    session.commit()
    bens = app.test_client()
    sign_in(bens, ben)
    go(bens, provider)
    send(bens, "/account/organisation")
    assert "opens another account here already" in bens.get("/account/security").text
    assert session.scalars(select(Identity.user_id)).all() == [user.id]
    send(client, "/account/organisation/disconnect", page="/account/security")
    session.rollback()
    assert session.scalar(select(Identity.id)) is None


def test_an_offer_to_connect_is_one_person_s_and_holds_for_minutes(
    app: Flask, session: Session, provider: Provider, watch: Watch
) -> None:
    ada, ben = make_user(session, email="ada@example.org"), make_user(session, email="ben@example.org")
    session.commit()
    client = app.test_client()
    sign_in(client, ada)
    go(client, provider)
    with client.session_transaction() as cookie:
        offer = cookie["offer"]
    sign_in(bens := app.test_client(), ben)
    with bens.session_transaction() as cookie:
        cookie["offer"] = offer
    assert bens.get("/account/organisation").headers["Location"] == "/account/security"
    watch.forward(minutes=6)
    assert client.get("/account/organisation").headers["Location"] == "/account/security"


def test_who_has_no_password_gets_one_changes_the_address_and_leaves_by_the_provider(
    app: Flask, session: Session, provider: Provider, watch: Watch
) -> None:
    client = app.test_client()
    go(client, provider)
    send(client, "/account/organisation/disconnect", page="/account/security")
    assert "It is the only way into your account" in client.get("/account/security").text
    assert session.scalar(select(Identity.id))
    watch.forward(minutes=11)
    for path in ("/account/email", "/account/delete"):
        assert client.get(path).location == f"/account/prove?next={path}"
    assert "You sign in without one." in client.get("/account/security").text
    asked = client.get("/account/prove?next=/account/email").text
    assert "Prove it with Example University" in asked
    assert 'name="current_password"' not in asked
    form = {"email": "ada2@example.org", "csrf_token": csrf_token(client, "/account/security")}
    sent = client.post("/account/email", data=form)
    asked = client.post(sent.headers["Location"], data=form).text
    assert 'action="/account/email"' in asked
    assert 'name="email" value="ada2@example.org"' in asked, "what was typed waits for the proof"
    assert session.scalars(select(User.email)).all() == ["ada@example.org"]
    assert go(client, provider, "/account/email").location == "/account/email"
    send(client, "/account/email", email="ada2@example.org")
    session.rollback()
    assert session.scalars(select(User.email)).all() == ["ada2@example.org"]
    send(client, "/account/password", page="/account/security", new_password="quiet harbour lamp")
    assert sign_in(app.test_client(), "ada2@example.org", password="quiet harbour lamp").status_code == 303
    go(client, provider)
    assert send(client, "/account/delete").location.startswith("/account/deleted?receipt=")
    assert not is_in(client)


def test_a_provider_that_is_away_is_said(app: Flask, provider: Provider) -> None:
    provider.server.shutdown()
    provider.server.server_close()
    client = app.test_client()
    assert client.get("/sign-in/organisation").headers["Location"] == "/sign-in"
    assert "does not answer as it should" in client.get("/sign-in").text


def test_without_a_provider_there_is_no_page(sqlite_url: str, make_portal: MakePortal) -> None:
    client = make_portal(Settings(secret_key="test-" * 10, database_url=sqlite_url)).test_client()
    assert client.get("/sign-in/organisation").status_code == 404
    assert client.get("/sign-in/organisation/back?code=x&state=y").status_code == 404
    assert "Sign in with" not in client.get("/sign-in").text
