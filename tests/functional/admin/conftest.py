"""An editor at work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import make_user, sign_in

Post = Callable[..., TestResponse]


@pytest.fixture
def editor(app: Flask, session: Session) -> FlaskClient:
    """A browser in which an editor is signed in."""
    return _signed_in(app, session, "editor")


@pytest.fixture
def colleague(app: Flask, session: Session) -> FlaskClient:
    """Another editor's browser."""
    return _signed_in(app, session, "editor")


@pytest.fixture
def learner(app: Flask, session: Session) -> FlaskClient:
    """A learner's browser."""
    return _signed_in(app, session, "learner")


def _signed_in(app: Flask, session: Session, role: str) -> FlaskClient:
    user = make_user(session, role=role)
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    return client


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of the editor's form."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def post(client: FlaskClient, path: str, values: Mapping[str, Any], *, form: str = "", **kwargs: Any) -> TestResponse:
    """Send a form as the page at `form` (or `path`) gave it: with its token, and its version unless given."""
    page = client.get(form or path).text
    kept = {"csrf_token": hidden(page, "csrf_token")}
    if 'name="version"' in page:
        kept["version"] = hidden(page, "version")
    return client.post(path, data=kept | dict(values), **kwargs)
