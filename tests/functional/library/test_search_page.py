"""The page that searches everything."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import make_card, make_deck


def test_results_name_their_deck_and_section_and_lead_to_the_card(client: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="networks", title="Networks")
    card = make_card(session, deck, question="What is a GAN?", answer="Two networks.", section=("Kinds",), tags=("ml",))
    session.commit()
    page = client.get("/search?q=gan").text
    assert "1 question mentions “gan”." in page
    assert f"/decks/networks?card={card.guid}#q-{card.guid}" in page
    assert "What is a <mark>GAN</mark>?" in page
    assert "Networks, question 1 · Kinds · ml" in page
    assert "Kinds · <mark>ml</mark>" in client.get("/search?q=ml").text
    assert "Two networks." in page


def test_text_that_looks_like_markup_stays_text(client: FlaskClient, session: Session) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="What does `<script>alert(1)</script>` do?", answer="`<img onerror=x>` too.")
    session.commit()
    page = client.get("/search", query_string={"q": '<script>"alert'}).text
    assert "&lt;<mark>script</mark>&gt;<mark>alert</mark>(1)" in page
    assert "<script>" not in page
    assert "<img" not in page


def test_a_script_gets_the_results_alone_and_nothing_asked_is_no_error(client: FlaskClient, session: Session) -> None:
    make_card(session, make_deck(session, title="Of words"), question="Words?")
    session.commit()
    part = client.get("/search?q=word", headers={"X-Fragment": "cards"}).text
    assert "<mark>Words</mark>?" in part
    assert "<html" not in part
    assert "Of words" in part
    for address in ("/search", "/search?q=", "/search?q=%00&page=x", "/search?q=%22%22*&page=-1"):
        assert client.get(address).status_code == 200, address
    assert "Nearest:" in client.get("/search?q=wrods").text
