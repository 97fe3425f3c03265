"""What no text of a database can hold, in addresses and fields, on both databases."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Deck
from app.web.access import Access, access
from app.web.database import db
from tests.builders import csrf_token, make_card, make_deck, make_user, sign_in


def test_a_nul_is_no_fault_wherever_it_stands(app: Flask, client: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="deck")
    card = make_card(session, deck)
    user = make_user(session, role="admin")
    session.commit()
    sign_in(client, user)
    token = csrf_token(client, "/settings")
    named = {str(rule): rule for rule in app.url_map.iter_rules() if rule.arguments - {"number"}}
    for path, rule in named.items():
        if rule.endpoint == "static":
            continue
        address = re.sub(r"<(?:int:)?number>", "1", path)
        address = re.sub(r"<[^>]+>", "a%00b", address)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(address, method=method, data={"csrf_token": token} if method == "POST" else None)
            assert answer.status_code == 404, (method, address)
    nul = "a\0b"
    for address in ("/decks/deck", "/study", "/edit/signals", "/edit/audit"):
        assert (
            client.get(address, query_string=dict.fromkeys(("deck", "tag", "scope", "by", "q"), nul)).status_code < 500
        )
    fields = {"csrf_token": token, "card": card.guid, "key": "k" * 22, "grade": "4", "version": "0", "elapsed": "1"}
    for address in ("/study/answer", "/study/undo", "/study/mark", "/account/email", "/edit/people/invite"):
        for name in ("card", "key", "event", "email", "note"):
            posted = client.post(address, data=fields | {name: nul})
            assert 400 <= posted.status_code < 500, (address, name)


def test_a_value_that_no_column_holds_is_the_request_s_mistake(app: Flask, client: FlaskClient) -> None:
    def looks() -> str:
        db.session.scalar(select(Deck.id).where(Deck.slug == "a\0b"))
        return "SQLite takes it"

    app.view_functions["study.home"] = access(Access.ANYONE)(looks)
    answer = client.get("/")
    assert (answer.status_code, answer.text) == (200, "SQLite takes it") or answer.status_code == 400
