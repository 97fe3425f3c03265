"""Typed builders of what tests need to be there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.accounts import passwords
from app.accounts.service import new_uniquifier
from app.db.base import new_guid
from app.db.models import Role, User

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

PASSWORD = "quiet harbour lamp"
"""The password of every built user."""
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _hash(password: str) -> str:
    return passwords.hashed(password)


def make_user(session: Session, *, role: str = "learner", password: str = PASSWORD, **overrides: Any) -> User:
    """A user who can sign in with `PASSWORD`; flushed, not committed."""
    values: dict[str, Any] = {
        "email": f"{new_guid()}@example.org",
        "password": _hash(password),
        "active": True,
        "fs_uniquifier": new_uniquifier(),
        "created_at": LONG_AGO,
        "password_changed_at": LONG_AGO,
        "roles": [session.scalars(select(Role).where(Role.name == role)).one()],
    }
    user = User(**(values | overrides))
    session.add(user)
    session.flush()
    return user


def csrf_token(client: FlaskClient, path: str = "/sign-in") -> str:
    """The form token that a page of `path` carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, f"{path} has no form token"
    return found[1]


def sign_in(client: FlaskClient, user: User | str, *, password: str = PASSWORD, keep: bool = False) -> TestResponse:
    """Sign a browser in as a built user (committed before) through the page itself."""
    email = user if isinstance(user, str) else user.email
    form = {"email": email, "password": password, "csrf_token": csrf_token(client)}
    return client.post("/sign-in", data=form | ({"keep": "y"} if keep else {}))
