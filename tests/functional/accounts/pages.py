"""Sending the forms of a page, as a browser without JavaScript does."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders import csrf_token


def send(client: FlaskClient, path: str, *, page: str = "", **fields: Any) -> TestResponse:
    """Post `fields` to `path` with the form token of `page` (the same path unless told)."""
    return client.post(path, data={"csrf_token": csrf_token(client, page or path), **fields})


def is_in(client: FlaskClient) -> bool:
    """Whether a browser is signed in."""
    return client.get("/account/security").status_code == 200
