"""An editor at work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Card, CardRevision, Deck, DeckRevision
from app.db.session import session_factory
from app.library.applying import REVISED
from app.library.deck_editing import fields_in, fields_of
from app.web.access import Access, level_of
from app.web.database import db
from tests.builders import make_user, sign_in

Post = Callable[..., TestResponse]


CHANGE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
BESIDE = {"login_session", "sign_in_counter"}


@pytest.fixture(autouse=True)
def _everything_is_in_the_audit_log(app: Flask) -> Iterator[None]:
    """Whatever a form of an editor or administrator changes, in any test here, leaves a row in the audit log."""
    tables: set[str] = set()
    unnoted: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if found := CHANGE.match(statement):
            tables.add(found[1])

    @app.before_request
    def start() -> None:
        tables.clear()

    @app.after_request
    def check(response: Any) -> Any:
        level = level_of(app, request.endpoint) if request.endpoint else None
        kept = response.status_code < 500  # a fault takes all of its transaction back
        if kept and level is not None and level >= Access.EDITOR and tables - BESIDE and "audit" not in tables:
            unnoted.append(f"{request.endpoint} changed {', '.join(sorted(tables))}")
        return response

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", executed)
    yield
    event.remove(engine, "before_cursor_execute", executed)
    assert not unnoted


@pytest.fixture(autouse=True)
def _nothing_is_overwritten_without_a_version(app: Flask) -> Iterator[None]:
    """Whatever a request makes of a card or a deck, its newest version has: so what was there before is never lost."""
    wrong: list[str] = []
    known: set[str] = set()

    @app.before_request
    def start() -> None:
        if request.method == "POST":
            known.clear()
            known.update(_unlike_their_versions())

    @app.after_request
    def check(response: Any) -> Any:
        if request.method == "POST":
            wrong.extend(f"{request.endpoint}: {one}" for one in _unlike_their_versions() - known)
        return response

    yield
    assert not wrong


def _unlike_their_versions() -> set[str]:
    """Cards and decks that are not what their newest revision says, or lack one of their revisions."""
    with session_factory(db.engine)() as session:
        cards = session.execute(
            select(Card, CardRevision).outerjoin(
                CardRevision, (CardRevision.card_id == Card.id) & (CardRevision.number == Card.version)
            )
        )
        found = {
            f"card {card.guid}"
            for card, revision in cards
            if revision is None or any(getattr(card, name) != getattr(revision, name) for name in REVISED)
        }
        decks = session.execute(
            select(Deck, DeckRevision).outerjoin(
                DeckRevision, (DeckRevision.deck_id == Deck.id) & (DeckRevision.number == Deck.version)
            )
        )
        for deck, revision in decks:
            if deck.version > 1 and (revision is None or fields_in(revision.fields) != fields_of(deck)):
                found.add(f"deck {deck.slug}")
        counts = select(CardRevision.card_id, func.count().label("there")).group_by(CardRevision.card_id).subquery()
        lacking = select(Card.guid).join(counts, counts.c.card_id == Card.id).where(counts.c.there != Card.version)
        return found | {f"versions of card {guid}" for guid in session.scalars(lacking)}


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
