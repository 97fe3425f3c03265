"""A form's token that was seen before is taken without its signature being checked again, and is worth no more than any other."""

from __future__ import annotations

import time

import pytest
from flask import Flask, session
from flask_wtf import csrf
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from wtforms import ValidationError

from app.web import tokens
from app.web.tokens import KeptTokens

SALT = "wtf-csrf-token"


def test_a_token_is_signed_once_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, now = KeptTokens("k" * 32, salt=SALT), 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "time", lambda: now)
    token = kept.dumps("raw")
    now += tokens.SIGNED_ANEW_S - 1
    assert kept.dumps("raw") == token
    now += 2
    anew = kept.dumps("raw")
    assert anew != token
    assert kept.dumps("other") not in (anew, token)
    assert [kept.loads(one) for one in (token, anew)] == ["raw"] * 2


def test_what_differs_in_anything_is_checked() -> None:
    kept = KeptTokens("k" * 32, salt=SALT)
    elsewhere = str(URLSafeTimedSerializer("k" * 32, salt=SALT).dumps("raw"))
    token = kept.dumps("raw")
    assert [kept.loads(elsewhere) for _ in range(2)] == ["raw"] * 2
    for wrong in (
        token + "x",
        token[:-1],
        token.upper(),
        "",
        str(URLSafeTimedSerializer("l" * 32, salt=SALT).dumps("raw")),
    ):
        with pytest.raises(BadSignature):
            kept.loads(wrong)
    with pytest.raises(SignatureExpired):
        kept.loads(token, max_age=-1)


def test_a_token_counts_in_its_own_browser_alone() -> None:
    tokens.init_app()
    app = Flask("tokens")
    app.config.update(SECRET_KEY="k" * 32, WTF_CSRF_TIME_LIMIT=None)
    with app.test_request_context():
        token = csrf.generate_csrf()
        csrf.validate_csrf(token)
        session["csrf_token"] = "another browser's"
        with pytest.raises(ValidationError):
            csrf.validate_csrf(token)


def test_no_more_are_kept_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_KEPT", 3)
    kept = KeptTokens("k" * 32, salt=SALT)
    made = {raw: kept.dumps(raw) for raw in map(str, range(10))}
    assert len(kept._signed) <= 3 >= len(kept._known)
    assert {raw: kept.loads(token) for raw, token in made.items()} == {raw: raw for raw in made}
