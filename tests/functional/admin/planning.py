"""Plans and decisions as an editor without scripts handles them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Card, Deck, Question, User
from tests.builders import choose, make_user
from tests.functional.admin.conftest import hidden
from tests.functional.admin.test_uploads import upload
from tests.integration.library.shelf import HASH, LATER, LIST, bring_in, document, edit, guids
from tests.integration.study import people

OLD = "What is the difference between a list and a tuple in the language?"
NEW = "What is the main difference between lists and a tuple in the language?"
OLD_ANSWER = "A list can change after it was made, a tuple cannot; a tuple can be a key."
NEW_ANSWER = "A list can change after it was made, a tuple cannot; only a tuple is hashable."
OURS, THEIRS = "A list can grow, shrink and change; a tuple cannot.", "A list is mutable, a tuple is not."


def planned(client: FlaskClient, text: str, name: str = "python.md") -> tuple[str, str]:
    """Upload a text and ask what changes: the plan's address, and its page."""
    address = upload(client, text.encode(), name).location.partition("?")[0] + "/plan"
    return address, client.get(address).text


def fields(page: str) -> dict[str, str]:
    """The fields of the page's form as a browser would send them, nothing touched."""
    form = page[page.index('enctype="multipart/form-data"') :]
    found = {name: hidden(page, name) for name in ("csrf_token",)}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form, re.DOTALL):
        found[name] = unescape(value)
    for name, value in re.findall(r'<input type="radio" name="([^"]+)" value="([^"]*)" checked', form):
        found |= {name: value}
    for name, value in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    return found


def send(client: FlaskClient, address: str, page: str, **values: Any) -> TestResponse:
    """Send the form of a page that was seen; `take` and the like go to the only question there is."""
    kept = fields(page)
    keys = [name.removesuffix("-take") for name in kept if name.endswith("-take")]
    for name in ("take", "question", "answer", "seen"):
        if name in values:
            kept[f"{keys[0]}-{name}"] = values.pop(name)
    return client.post(address, data=kept | values, content_type="multipart/form-data")


def in_conflict(session: Session) -> str:
    """A card that is edited here, of a deck whose document is about to change the same words; its guid."""
    bring_in(session, document(LIST, HASH))
    guid = guids(session)[LIST]
    edit(session, guid, answer=OURS)
    return guid


def open_conflict(session: Session) -> tuple[str, str]:
    """A conflict that an import has left open: the question's name and the card's."""
    card = in_conflict(session)
    bring_in(session, document(LIST, HASH, **{LIST: THEIRS}), now=LATER)
    return session.scalars(select(Question.guid)).one(), card


def open_match(session: Session) -> tuple[str, str]:
    """A question that an import could not be certain of: the question's name and the old card's."""
    bring_in(session, document(OLD, HASH, **{OLD: OLD_ANSWER}))
    card = guids(session)[OLD]
    bring_in(session, document(NEW, HASH, **{NEW: NEW_ANSWER}), now=LATER)
    return session.scalars(select(Question.guid)).one(), card


def learned(session: Session, *guids_: str) -> User:
    """A learner who has learned these cards."""
    learner = make_user(session)
    cards = session.scalars(select(Card).where(Card.guid.in_(guids_)).order_by(Card.id)).all()
    choose(session, learner, *{one.deck_id: session.get_one(Deck, one.deck_id) for one in cards}.values())
    session.commit()
    for one in cards:
        people.give(session, people.viewer_of(learner), one)
    session.commit()
    return learner


def card(session: Session, guid: str) -> Card:
    """A card as it is now."""
    session.rollback()
    return session.scalars(select(Card).where(Card.guid == guid).execution_options(populate_existing=True)).one()
