"""Images as browsers ask for them: only whoever may read a deck that shows one gets it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db.models import Deck
from app.library import media
from tests.builders import LONG_AGO, make_deck, make_user, sign_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30


def deck_with_image(session: Session, **values: Any) -> tuple[Deck, str]:
    """A deck that shows an image, and the image's address."""
    deck = make_deck(session, **values)
    url = media.store_for_deck(session, deck_id=deck.id, files={"a.png": PNG}, now=LONG_AGO)["a.png"]
    session.commit()
    return deck, url


def signed_in(app: Flask, session: Session, role: str) -> FlaskClient:
    """A browser of somebody with this role."""
    user = make_user(session, role=role)
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    return client


def test_an_image_is_kept_by_browsers_for_good(client: FlaskClient, session: Session) -> None:
    _, url = deck_with_image(session)
    answer = client.get(url)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PNG, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["same-origin"]  # twice would be none
    assert "Set-Cookie" not in answer.headers
    assert client.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("values", "readers"),
    [
        ({"visibility": "public"}, {"nobody", "learner", "editor"}),
        ({"visibility": "members"}, {"learner", "editor"}),
        ({"archived_at": LONG_AGO}, {"editor"}),
    ],
    ids=["public", "members", "archived"],
)
def test_whoever_may_read_the_deck_may_see_its_images(
    app: Flask, session: Session, values: dict[str, Any], readers: set[str]
) -> None:
    _, url = deck_with_image(session, **values)
    browsers = {"nobody": app.test_client(), **{role: signed_in(app, session, role) for role in ("learner", "editor")}}
    assert {name for name, browser in browsers.items() if browser.get(url).status_code == 200} == readers


def test_one_readable_deck_is_enough(client: FlaskClient, session: Session) -> None:
    deck_with_image(session, visibility="members")
    _, url = deck_with_image(session)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("name", ["0" * 64 + ".png", "x.png", "0" * 63 + ".png", "..%2f..%2fa.png", "0" * 64 + ".svg"])
def test_what_is_no_image_here_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_an_image_has_one_ending(client: FlaskClient, session: Session) -> None:
    _, url = deck_with_image(session)
    assert client.get(url.replace(".png", ".jpg")).status_code == 404
