"""A deck as one document in the browser: change it, look at the plan, apply it; nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Card, Import, Upload
from tests.builders import make_card, make_deck
from tests.functional.admin.conftest import hidden, post

PATH = "/edit/decks/ai/document"


@pytest.fixture
def text(session: Session) -> str:
    deck = make_deck(session, slug="ai", title="Generative AI")
    make_card(session, deck, question="What is a GAN?", answer="Two networks.")
    make_card(session, deck, question="What is a VAE?", answer="An encoder and a decoder.")
    session.commit()
    return "# Generative AI\n\n## What is a GAN?\n\nTwo networks.\n\n## What is a VAE?\n\nAn encoder and a decoder.\n"


def test_it_is_changed_seen_as_a_plan_and_applied(editor: FlaskClient, session: Session, text: str) -> None:
    assert f">\n{text}</textarea>" in editor.get(PATH).text
    new = text.replace("Two networks.", "A generator and a critic.").replace("\n", "\r\n")
    seen = post(editor, PATH, {"text": new, "was": text})
    assert (seen.status_code, session.scalars(select(Card.answer)).first()) == (303, "Two networks.")
    plan = editor.get(seen.location).text
    assert "Review before applying" in plan
    assert "Apply 1 change" in plan
    assert "critic" in plan
    applied = post(editor, seen.location, {"deck": "ai", "expected": hidden(plan, "expected")})
    assert applied.status_code == 303
    session.rollback()
    assert [card.answer for card in session.scalars(select(Card).order_by(Card.position))] == [
        "A generator and a critic.",
        "An encoder and a decoder.",
    ]
    assert "Undo this import" in editor.get(applied.location).text
    assert session.scalars(select(Import)).one().before["edited"] is True


def test_a_text_without_questions_is_refused_and_stays_in_the_field(
    editor: FlaskClient, session: Session, text: str
) -> None:
    page = post(editor, PATH, {"text": "Nothing to <ask>.", "was": text})
    assert page.status_code == 422
    assert "Nothing to &lt;ask&gt;.</textarea>" in page.text
    assert re.search(r'name="was"[^>]*>\n# Generative AI', page.text)
    assert session.scalar(select(Upload.id)) is None


def test_nothing_different_is_no_plan(editor: FlaskClient, session: Session, text: str) -> None:
    assert post(editor, PATH, {"text": text, "was": text}).location == PATH
    assert session.scalar(select(Upload.id)) is None


def test_the_plan_leads_back_to_the_text(editor: FlaskClient, text: str) -> None:
    seen = post(editor, PATH, {"text": text.replace("Two", "2"), "was": text}).location
    back = re.search(r'href="(/edit/import/[^"]+/text[^"]*)"', editor.get(seen).text)
    assert back
    again = post(editor, back[1], {"text": text.replace("Two", "Three")})
    assert again.location.split("?")[0].endswith("/plan")
    assert "Three" in editor.get(again.location).text
