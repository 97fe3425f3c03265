"""Every route there is, as a foreign page or a link would call it: nothing changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Rule

from app.accounts import setup
from app.db.base import Base
from app.db.models import Card, CardRevision, Job, LoginSession
from app.web import clock, jobs
from app.web.access import Access, level_of
from tests.builders import csrf_token, make_deck, make_user, sign_in

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class Portal:
    """A portal with something in every place, its administrator's browser, and the names that addresses are made of."""

    app: Flask
    session: Session
    admin: FlaskClient
    names: tuple[str, ...]

    def contents(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        self.session.rollback()
        tables = Base.metadata.tables.values()
        return {table.name: sorted(map(repr, self.session.execute(select(table)))) for table in tables}

    def addresses(self, method: str) -> Iterator[tuple[Rule, str]]:
        """The addresses of every route that takes `method`: each name in each place."""
        for rule in self.app.url_map.iter_rules():
            if method not in (rule.methods or ()):
                continue
            for name in self.names if rule.arguments else ("",):
                values = {key: 1 if _is_number(rule, key) else name for key in rule.arguments}
                built = rule.build(values)
                assert built is not None
                yield rule, built[1]


def _is_number(rule: Rule, key: str) -> bool:
    return isinstance(rule._converters[key], IntegerConverter)


@pytest.fixture
def portal(app: Flask, session: Session) -> Portal:
    """Signed in as an administrator twice, with decks, cards, a job and a set-up link."""
    user = make_user(session, role="admin", email="admin@example.org")
    deck = make_deck(session, cards=2, slug="rag")
    token = setup.make_setup_link(session, clock.now())
    jobs.enqueue(session, kind="none", payload={}, user_id=user.id)
    session.commit()
    admin, other = app.test_client(), app.test_client()
    sign_in(other, user)
    sign_in(admin, user)
    guids = [session.scalars(select(model.guid)).first() for model in (Card, Job, LoginSession)]
    numbers = [str(session.scalars(select(CardRevision.number)).first())]
    return Portal(app, session, admin, (deck.slug, deck.guid, token, *filter(None, guids), *numbers))


FIELDS = {
    "email": "mallory@example.org",
    "password": "quiet harbour lamp",
    "current_password": "quiet harbour lamp",
    "new_password": "another harbour lamp",
    "grade": "4",
    "version": "0",
    "key": "k" * 32,
    "title": "Another",
    "question": "Another?",
    "answer": "Another.",
}


@pytest.mark.parametrize("kind", ["none", "wrong", "another browser's", "as JSON"])
def test_nothing_is_done_without_the_form_token_of_this_session(portal: Portal, kind: str) -> None:
    """SECURITY.md 8: every unsafe route answers 4xx without a CSRF token and changes nothing.

    A route that authenticates by a token of its own ignores the cookie, so it answers 4xx here too.
    """
    sent: dict[str, Any] = {"data": FIELDS}
    if kind == "wrong":
        sent = {"data": FIELDS | {"csrf_token": "IjEi.aaaa.bbbb"}}
    elif kind == "another browser's":
        sent = {"data": FIELDS | {"csrf_token": csrf_token(portal.app.test_client())}}
    elif kind == "as JSON":
        sent = {"json": FIELDS}
    before = portal.contents()
    answers = {}
    for method in sorted(UNSAFE):
        for rule, address in portal.addresses(method):
            answers[method, rule.rule, address] = portal.admin.open(address, method=method, **sent).status_code
    assert len(answers) > 8
    assert {call: status for call, status in answers.items() if not 400 <= status < 500} == {}
    assert portal.contents() == before


def test_a_link_changes_nothing(portal: Portal) -> None:
    """SECURITY.md 8: no GET changes anything, followed by an administrator at that."""
    before = portal.contents()
    answers = {}
    for rule, address in portal.addresses("GET"):
        answers[rule.rule, address] = portal.admin.get(address).status_code
    assert {call: status for call, status in answers.items() if status >= 500} == {}
    assert portal.contents() == before


def test_a_visitor_changes_nothing_that_needs_an_account(portal: Portal) -> None:
    """A form token alone, which every visitor has, opens nothing."""
    visitor = portal.app.test_client()
    form = FIELDS | {"csrf_token": csrf_token(visitor)}
    before = portal.contents()
    answers = {}
    for method in sorted(UNSAFE):
        for rule, address in portal.addresses(method):
            if level_of(portal.app, rule.endpoint) is not Access.ANYONE:
                answers[method, rule.rule, address] = visitor.open(address, method=method, data=form).status_code
    assert {call: status for call, status in answers.items() if status not in (303, 404)} == {}
    assert portal.contents() == before
