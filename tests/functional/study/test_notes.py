"""Notes on cards: written without scripts, shown with the answer, and nobody else's business."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.content.document import Option
from app.db.models import Audit, Card, Deck, Note
from tests.builders import choose, csrf_token, make_card, make_deck, make_user, sign_in

SECRET = "The forger and the *detective*."


@pytest.fixture
def card(session: Session) -> Card:
    made = make_card(session, make_deck(session, slug="ai"), question="What is a GAN?", answer="Two networks.")
    session.commit()
    return made


def browser(app: Flask, session: Session, card: Card, role: str = "learner") -> FlaskClient:
    user = make_user(session, role=role)
    choose(session, user, session.get_one(Deck, card.deck_id))
    session.commit()
    client = app.test_client()
    sign_in(client, user)
    return client


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def save(client: FlaskClient, card: Card, text: str, **values: str) -> TestResponse:
    path = f"/cards/{card.guid}/note"
    page = client.get(path).text
    form = {name: hidden(page, name) for name in ("csrf_token", "version", "next")} | {"note": text} | values
    return client.post(path, data=form)


def test_a_note_is_written_with_the_answer_and_shown_there(app: Flask, session: Session, card: Card) -> None:
    client = browser(app, session, card)
    asked = client.get("/study").text
    assert "Add a note" in asked
    back = hidden(asked, "next").replace("&amp;", "&")
    form = {"csrf_token": hidden(asked, "csrf_token"), "version": "0", "next": back, "note": f"{SECRET}\r\n"}
    saved = client.post(f"/cards/{card.guid}/note", data=form)
    assert (saved.status_code, saved.location) == (303, f"/study?show=answer&card={card.guid}")
    again = client.get(saved.location).text
    assert "Your note is saved." in again
    assert "The forger and the <em>detective</em>." in again
    assert "Change your note" in again
    assert "<em>detective</em>" in client.get("/decks/ai?open=all").text


@pytest.mark.parametrize("where", ["study", "quiz"])
def test_a_note_leads_back_to_what_was_chosen(app: Flask, session: Session, card: Card, where: str) -> None:
    options = (Option("A", "No", False), Option("B", "Yes", True))
    make_card(session, session.get_one(Deck, card.deck_id), question="Which?", answer="B.", options=options)
    client = browser(app, session, card)
    path = "/study"
    if where == "quiz":
        path = client.post("/practice", data={"mode": "quiz", "csrf_token": csrf_token(client, "/choose")}).location
    asked = session.scalars(select(Card).where(Card.question_text == "Which?")).one()
    back = after_a_note(client, asked, f"{path}?show=answer&card={asked.guid}&choice=B")
    assert "You chose B. That is right." in client.get(back).text
    back = after_a_note(client, asked, f"{path}?show=answer&card={asked.guid}")
    assert "choice" not in back


@pytest.mark.parametrize(("text", "kept"), [("two & a half = 100 %\r\nof it? #1/2", True), ("ж" * 800, False)])
def test_a_note_leads_back_to_what_was_written_as_far_as_an_address_may_have_it(
    app: Flask, session: Session, card: Card, text: str, kept: bool
) -> None:
    client = browser(app, session, card)
    back = after_a_note(client, card, f"/study?show=answer&card={card.guid}&a={quote(text)}")
    again = client.get(back)
    assert again.request.args.get("a") == (text if kept else None)
    assert "Two networks." in again.text


def after_a_note(client: FlaskClient, card: Card, address: str) -> str:
    """Where a note leads that is written on this page."""
    page = client.get(address).text
    form = {name: html.unescape(hidden(page, name)) for name in ("csrf_token", "version", "next")} | {"note": "Mine."}
    saved = client.post(
        f"/cards/{card.guid}/note", data=form | {"version": hidden(page[page.index('id="note"') :], "version")}
    )
    assert saved.status_code == 303
    return saved.location


def test_a_note_is_safe_to_show_and_can_be_removed(app: Flask, session: Session, card: Card) -> None:
    client = browser(app, session, card)
    save(client, card, "<script>alert(1)</script><img src=x onerror=alert(2)> [a](javascript:alert(3))")
    for path in ("/study", "/read?deck=ai", "/decks/ai?open=all", f"/cards/{card.guid}/note"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert not re.search(r"<[^>]*(onerror|javascript:)", page)
    assert "removed" in client.get(save(client, card, " ").location).text
    session.rollback()
    assert session.scalar(select(Note.card_id)) is None


@pytest.mark.parametrize("role", ["learner", "editor", "admin"])
def test_nobody_else_ever_sees_a_note(app: Flask, session: Session, card: Card, role: str) -> None:
    """SECURITY: not another learner, not an editor, not an administrator; nor that there is one."""
    save(browser(app, session, card), card, SECRET)
    other = browser(app, session, card, role)
    pages = ["/study", "/decks/ai?open=all", f"/cards/{card.guid}/note", "/search?q=forger"]
    if role != "learner":
        pages += [f"/edit/cards/{card.guid}", "/edit?q=forger", "/edit/decks/ai"]
    if role == "admin":
        pages += ["/edit/audit", "/edit/people"]
    for path in pages:
        page = other.get(path)
        assert page.status_code == 200, path
        assert "forger" not in page.text.replace('value="forger"', "").replace("“forger”", ""), path
        assert "Change your note" not in page.text, path
    save(other, card, "Mine.")
    session.rollback()
    assert session.scalars(select(Note.text).order_by(Note.user_id)).all() == [SECRET, "Mine."]
    assert "detective" not in str(session.scalars(select(Audit.detail)).all())


def test_of_two_windows_neither_loses_its_text(app: Flask, session: Session, card: Card) -> None:
    client = browser(app, session, card)
    save(client, card, "First.")
    save(client, card, "Second.")
    late = save(client, card, "Third, on the first.", version="1")
    assert late.status_code == 409
    assert "Third, on the first.</textarea>" in late.text
    assert "<p>Second.</p>" in late.text
    assert save(client, card, "Third, on the first.", version=hidden(late.text, "version")).status_code == 303
    assert save(client, card, "Third, on the first.", version="1").status_code == 303  # sent twice


def test_a_note_that_is_too_long_comes_back(app: Flask, session: Session, card: Card) -> None:
    client = browser(app, session, card)
    long = "x" * 5001
    page = save(client, card, long)
    assert page.status_code == 422
    assert long in page.text
    assert "Enter at most 5000 characters; these are 5001." in page.text


def test_there_is_no_note_on_what_one_may_not_read(app: Flask, session: Session, card: Card) -> None:
    owner = make_user(session)
    private = make_card(session, make_deck(session, visibility="private", owner_id=owner.id))
    client = browser(app, session, card)
    token = hidden(client.get(f"/cards/{card.guid}/note").text, "csrf_token")
    for guid in (private.guid, "none", "%00"):
        form = {"csrf_token": token, "version": "0", "note": "x"}
        assert client.post(f"/cards/{guid}/note", data=form).status_code in (404, 308), guid
    session.rollback()
    assert session.scalar(select(Note.card_id)) is None


def test_a_script_that_saves_a_note_in_passing_stays_where_it_is(app: Flask, session: Session, card: Card) -> None:
    """Nothing is said on the next page about it; what is refused is shown, with what was written."""
    client = browser(app, session, card)
    path = f"/cards/{card.guid}/note"
    form = {name: hidden(client.get(path).text, name) for name in ("csrf_token", "version")}
    sent = client.post(path, data=form | {"note": SECRET}, headers={"X-Fragment": "session"})
    assert (sent.status_code, sent.text) == (200, "")
    assert "Your note is saved." not in client.get("/study").text
    assert session.scalars(select(Note.text)).one() == SECRET
    sent = client.post(path, data=form | {"note": "An older one."}, headers={"X-Fragment": "session"})
    assert sent.status_code == 409
    assert "An older one." in sent.text
