"""Typed builders of what tests need to be there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.accounts import passwords
from app.accounts.service import new_uniquifier
from app.content.document import CardText, Option
from app.db.base import new_guid
from app.db.models import Card, CardRevision, Deck, DeckChoice, Role, User

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

PASSWORD = "quiet harbour lamp"
"""The password of every built user."""
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _hash(password: str, _hasher: object) -> str:
    return passwords.hashed(password)


def make_user(session: Session, *, role: str = "learner", password: str = PASSWORD, **overrides: Any) -> User:
    """A user who can sign in with `PASSWORD`; flushed, not committed."""
    values: dict[str, Any] = {
        "email": f"{new_guid()}@example.org",
        "password": _hash(password, passwords._hasher),
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


def make_deck(session: Session, *, cards: int = 0, **overrides: Any) -> Deck:
    """A public deck with so many basic cards ("Question 1?", "Answer 1." …); flushed, not committed."""
    slug = overrides.pop("slug", f"deck-{new_guid()[:8]}")
    values: dict[str, Any] = {"slug": slug, "title": slug.replace("-", " ").capitalize(), "visibility": "public"}
    deck = Deck(**(values | {"created_at": LONG_AGO, "updated_at": LONG_AGO} | overrides))
    session.add(deck)
    session.flush()
    for number in range(1, cards + 1):
        make_card(session, deck, question=f"Question {number}?", answer=f"Answer {number}.")
    return deck


def make_card(
    session: Session,
    deck: Deck,
    *,
    question: str = "What is it?",
    answer: str = "It is this.",
    section: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    options: tuple[Option, ...] = (),
    **overrides: Any,
) -> Card:
    """A card at the end of `deck`, rendered as an editor's save would, with its first revision; flushed, not committed."""
    from app.library.texts import is_draft, put, render_text, stored_options

    text = CardText(question, answer, section, tags, options)
    last = session.scalar(select(func.max(Card.position)).where(Card.deck_id == deck.id))
    card = Card(
        deck_id=deck.id,
        position=0 if last is None else last + 1,
        kind="choice" if options else "basic",
        draft=is_draft(text),
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    put(card, text, render_text(text))
    for name, value in overrides.items():
        setattr(card, name, value)
    session.add(card)
    session.flush()
    session.add(
        CardRevision(
            card_id=card.id,
            number=1,
            action="created",
            question=question,
            answer=answer,
            section=list(section),
            tags=list(tags),
            options=stored_options(text),
            created_at=LONG_AGO,
        )
    )
    session.flush()
    return card


def choose(session: Session, user: User, *decks: Deck) -> None:
    """Put decks into what a learner studies; flushed, not committed."""
    for deck in decks:
        session.add(DeckChoice(user_id=user.id, deck_id=deck.id, chosen_at=LONG_AGO))
    session.flush()
