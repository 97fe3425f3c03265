"""A cookie that was seen before is read without its signature being checked again, and counts no longer than any other."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from app.web import cookies
from app.web.cookies import KeptCookies


@pytest.fixture
def signing() -> Flask:
    app = Flask("cookies")
    app.config.update(
        SECRET_KEY="k" * 32, SECRET_KEY_FALLBACKS=["old" * 11], PERMANENT_SESSION_LIFETIME=timedelta(days=1)
    )
    app.session_interface = KeptCookies()
    return app


def signed(app: Flask, **said: object) -> str:
    serializer = KeptCookies().get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps(said))


def opened(app: Flask, text: str) -> dict[str, object]:
    environ = EnvironBuilder(headers=[("Cookie", f"session={text}")]).get_environ()
    session = app.session_interface.open_session(app, app.request_class(environ))
    assert session is not None
    assert not session.modified
    return dict(session)


def test_a_known_cookie_says_the_same_until_it_is_too_old(signing: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    text = signed(signing, sid="a")
    assert [opened(signing, text) for _ in range(3)] == [{"sid": "a"}] * 3
    now = time.time()
    for days, expected in ((0.9, {"sid": "a"}), (1.1, {}), (-1, {}), (0, {"sid": "a"})):
        monkeypatch.setattr(time, "time", lambda days=days: now + days * 86_400)
        assert opened(signing, text) == expected


def test_what_differs_in_anything_is_checked(signing: Flask) -> None:
    text = signed(signing, sid="a")
    assert opened(signing, text) == {"sid": "a"}
    payload, at, signature = text.split(".")
    other = signed(signing, sid="b").split(".")[0]
    for forged in (f"{other}.{at}.{signature}", f"{payload}.{at}.{signature[:-1]}", f"{payload}.{at}.", text + "x"):
        assert opened(signing, forged) == {}


def test_changes_of_a_session_stay_in_its_request(signing: Flask) -> None:
    text, listing = signed(signing, sid="a"), signed(signing, sid="a", waiting=[1, 2])
    environ = EnvironBuilder(headers=[("Cookie", f"session={listing}")]).get_environ()
    for _ in range(2):
        session = signing.session_interface.open_session(signing, signing.request_class(environ))
        assert session is not None
        assert session["waiting"] == [1, 2]
        session["waiting"].append(3)
        session["sid"] = "changed"
    first = opened(signing, text)
    first["sid"] = "changed"
    assert opened(signing, text) == {"sid": "a"}


def test_a_new_secret_forgets_what_an_old_one_signed(signing: Flask) -> None:
    text = signed(signing, sid="a")
    assert opened(signing, text) == {"sid": "a"}
    signing.secret_key, signing.config["SECRET_KEY_FALLBACKS"] = "n" * 32, [signing.secret_key]
    assert opened(signing, text) == {"sid": "a"}
    signing.config["SECRET_KEY_FALLBACKS"] = None
    assert opened(signing, text) == {}


def test_as_many_are_kept_as_fit(signing: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cookies, "MOST_KEPT", 2)
    texts = [signed(signing, sid=number) for number in range(4)]
    assert [opened(signing, text) for text in texts * 2] == [{"sid": number} for number in range(4)] * 2
    kept = signing.session_interface
    assert isinstance(kept, KeptCookies)
    assert [*kept._kept] == texts[-2:]
