"""The page of the audit log."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Audit
from tests.builders import make_card, make_deck, make_user, sign_in
from tests.functional.admin.conftest import post


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    """An administrator's browser."""
    user = make_user(session, role="admin", email="ada@example.org")
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    return client


def test_an_edit_is_in_the_log_with_who_what_when_and_from_where(
    session: Session, editor: FlaskClient, admin: FlaskClient
) -> None:
    card = make_card(session, make_deck(session, slug="rag"), question="What is <b>RAG</b>?")
    session.commit()
    archive = {"note": "Said  elsewhere"}
    post(editor, f"/edit/cards/{card.guid}/archive", archive, form=f"/edit/cards/{card.guid}")
    row = session.scalars(select(Audit).where(Audit.area == "content")).one()
    assert (row.action, row.role, row.address) == ("edit.archive_card", "editor", "127.0.0.1")
    assert (row.thing, row.guid, row.label) == ("card", card.guid, "What is <b>RAG</b>?")
    assert row.detail == {"note": "Said elsewhere"}
    page = admin.get("/edit/audit?kind=content").text
    assert f'<a href="/edit/cards/{card.guid}">What is &lt;b&gt;RAG&lt;/b&gt;?</a>' in page
    assert "Archived" in page
    assert "Said elsewhere" in page
    assert "editor, from 127.0.0.1" in page
    for words, found in (("archived", True), ("127.0.0", True), ("rag", True), ("Restored", False), ("%", False)):
        assert ("Said elsewhere" in admin.get("/edit/audit", query_string={"q": words}).text) is found, words


def test_what_changes_nothing_leaves_no_row(session: Session, editor: FlaskClient) -> None:
    card = make_card(session, make_deck(session, slug="rag"), question="What?", answer="That.")
    session.commit()
    post(editor, f"/edit/cards/{card.guid}", {"question": "What?", "answer": "That.", "section": "", "tags": ""})
    post(editor, f"/edit/cards/{card.guid}/preview", {"question": "Else?"}, form=f"/edit/cards/{card.guid}")
    assert session.scalars(select(Audit.id).where(Audit.area == "content")).all() == []


def test_a_new_deck_is_named(session: Session, editor: FlaskClient) -> None:
    post(editor, "/edit/decks/new", {"title": "Vector stores", "visibility": "public"})
    row = session.scalars(select(Audit).where(Audit.area == "content")).one()
    assert (row.action, row.thing, row.guid, row.label) == ("edit.new_deck", "deck", "vector-stores", "Vector stores")


def test_the_log_is_a_csv_that_no_spreadsheet_runs(session: Session, admin: FlaskClient) -> None:
    deck = make_deck(session, slug="formulas", title="=HYPERLINK(1)")
    session.add(
        Audit(
            at=deck.created_at,
            action="edit.details",
            area="content",
            role="command",
            thing="deck",
            guid=deck.slug,
            label=deck.title,
        )
    )
    session.commit()
    answer = admin.get("/edit/audit.csv?kind=content")
    assert answer.mimetype == "text/csv"
    head, row = csv.reader(StringIO(answer.text))
    found = dict(zip(head, row, strict=True))
    assert found["label"] == "'=HYPERLINK(1)"
    assert (found["at"], found["action"], found["role"]) == ("2026-01-01T00:00:00+00:00", "edit.details", "command")


@pytest.mark.parametrize(
    "query", ["before=x", "since=0001-01-01", "until=9999-12-31", "since=yesterday", "q=%00", "kind=no"]
)
def test_an_odd_filter_is_no_error(admin: FlaskClient, query: str) -> None:
    assert admin.get(f"/edit/audit?{query}").status_code == 200


def test_only_administrators_see_it(editor: FlaskClient) -> None:
    assert editor.get("/edit/audit").status_code == 404
    assert "/edit/audit" not in editor.get("/edit").text
