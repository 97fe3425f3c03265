"""Choosing decks, with a form that works without scripts."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Collection, Deck, DeckChoice
from tests.builders import LONG_AGO, choose, csrf_token, make_card, make_deck, make_user, sign_in


def _chosen(session: Session) -> set[str]:
    session.rollback()
    return set(session.scalars(select(Deck.slug).join(DeckChoice, DeckChoice.deck_id == Deck.id)))


def test_decks_are_listed_by_collection_with_those_chosen_ticked(client: FlaskClient, session: Session) -> None:
    notes = Collection(slug="notes", title="Notes", created_at=LONG_AGO)
    session.add(notes)
    session.flush()
    python = make_deck(session, title="Python", collection_id=notes.id, cards=2)
    make_card(session, python, answer="")
    single = make_deck(session, title="Alone", cards=1)
    make_deck(session, title="Secret", visibility="group")
    user = make_user(session)
    make_deck(session, title="Aardvarks", visibility="private", owner_id=user.id)
    choose(session, user, python)
    session.commit()
    sign_in(client, user)
    page = client.get("/choose").text
    assert re.findall(r"<legend[^>]*>([^<]+)", page)[:3] == ["Notes", "Single decks", "Your own, seen by you alone"]
    assert f'value="{python.guid}" checked' in page
    assert f'name="deck" value="{single.guid}">' in page
    assert "Secret" not in page
    assert "1 of 3 chosen" in page
    assert "2 cards, 1 draft: readable, never asked" in page


def test_what_is_ticked_is_studied_from_then_on(client: FlaskClient, session: Session) -> None:
    left, taken = make_deck(session, slug="left", cards=1), make_deck(session, slug="taken", cards=1)
    user = make_user(session)
    choose(session, user, left)
    session.commit()
    sign_in(client, user)
    form = {"csrf_token": csrf_token(client, "/choose"), "offered": [left.guid, taken.guid], "deck": taken.guid}
    answer = client.post("/choose", data=form)
    assert (answer.status_code, answer.location) == (303, "/")
    assert _chosen(session) == {"taken"}
    assert "Saved. You study 1 deck." in client.get("/").text
    client.post("/choose", data=form | {"deck": []})
    assert _chosen(session) == set()


def test_a_choice_without_a_form_token_is_refused(client: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="deck", cards=1)
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    for path, form in (
        ("/choose", {"offered": deck.guid, "deck": deck.guid}),
        ("/decks/deck/choose", {"study": "yes"}),
    ):
        assert client.post(path, data=form).status_code == 400
    assert _chosen(session) == set()


def test_one_deck_is_added_and_left_out_on_its_own_page(client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="deck", title="A <deck>", cards=1)
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    token = csrf_token(client, "/decks/deck")
    answer = client.post("/decks/deck/choose", data={"study": "yes", "csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/decks/deck")
    assert _chosen(session) == {"deck"}
    page = client.get("/decks/deck").text
    assert "“A &lt;deck&gt;” is in your library now." in page
    assert "Study 1 card" in page
    client.post("/decks/deck/choose", data={"study": "no", "csrf_token": token})
    assert _chosen(session) == set()
    assert "Add to my library" in client.get("/decks/deck").text


def test_a_deck_one_may_not_study_is_not_there(client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="secret", visibility="group")
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    token = csrf_token(client, "/settings")
    for slug in ("secret", "nowhere"):
        assert client.post(f"/decks/{slug}/choose", data={"study": "yes", "csrf_token": token}).status_code == 404
    assert _chosen(session) == set()


def test_a_visitor_signs_in_first(client: FlaskClient) -> None:
    assert client.get("/choose").location == "/sign-in?next=/choose"
