"""Decks to edit, as an editor without scripts uses them, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Deck
from tests.builders import LONG_AGO, make_card, make_deck
from tests.functional.admin.conftest import hidden, post

FIELDS = {"title": "Python", "description": "For interviews.", "visibility": "members", "licence": "CC0"}


def of(session: Session, slug: str) -> Deck:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Deck).where(Deck.slug == slug)).one()


def test_a_portal_without_decks_says_what_to_do(editor: FlaskClient) -> None:
    page = editor.get("/edit").text
    assert "No decks yet." in page
    assert "/edit/decks/new" in page


def test_the_list_says_what_wants_an_editor(editor: FlaskClient, session: Session) -> None:
    deck = make_deck(session, cards=2, title="Generative AI", visibility="members")
    make_card(session, deck, answer="")
    make_deck(session, title="Old", archived_at=LONG_AGO)
    session.commit()
    page = editor.get("/edit").text
    assert "1 deck has questions without an answer." in page
    assert "<b>3</b> questions" in page
    assert "Members" in page
    assert "Archived decks" in page


def test_search_over_all_decks(editor: FlaskClient, session: Session) -> None:
    deck = make_deck(session, title="Generative AI")
    make_card(session, deck, question="What is a VAE?", answer="It has a latent space.")
    make_card(session, deck, question="Gone?", archived_at=LONG_AGO, archived_reason="editor")
    session.commit()
    page = editor.get("/edit?q=latent").text
    assert "1 found" in page
    assert "<mark>latent</mark>" in page
    assert "Gone?" in editor.get("/edit?show=archived").text
    assert "No card fits." in editor.get("/edit?q=nothing%00%25").text
    assert editor.get("/edit?show=everything&page=-3").status_code == 200
    assert '<option value="missed" selected>' in editor.get("/edit?show=missed").text
    assert "0 found" in editor.get("/edit?show=suggestions&q=Gone").text


def test_a_deck_is_made_of_nothing(editor: FlaskClient, session: Session) -> None:
    answer = post(editor, "/edit/decks/new", FIELDS | {"version": "0", "owner_id": "77", "slug": "mine"})
    assert (answer.status_code, answer.location) == (303, "/edit/decks/python/cards/new")
    deck = of(session, "python")
    assert (deck.title, deck.visibility, deck.licence, deck.version) == ("Python", "members", "CC0", 1)
    assert deck.owner_id != 77


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"title": "  "}, "Enter a title."),
        ({"title": "x" * 201}, "Enter at most 200 characters; these are 201."),
        ({"source_url": "javascript:alert(1)"}, "Enter an address that begins with https://"),
        ({"source_url": "https://"}, "Enter an address that begins with https://"),
        ({"visibility": "group"}, "Choose one of those offered."),
        ({"description": "a\x1fb"}, "control character"),
    ],
)
def test_what_cannot_be_saved_is_said_and_the_rest_is_kept(
    editor: FlaskClient, session: Session, values: dict[str, str], said: str
) -> None:
    answer = post(editor, "/edit/decks/new", FIELDS | {"author": "Typed here"} | values)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Typed here"' in answer.text
    assert session.scalars(select(Deck)).all() == []


def test_details_are_saved_as_a_version(editor: FlaskClient, session: Session) -> None:
    make_deck(session, slug="python", title="Pythn")
    session.commit()
    path = "/edit/decks/python/details"
    assert post(editor, path, FIELDS | {"note": "Spelling"}).location == "/edit/decks/python"
    deck = of(session, "python")
    assert (deck.title, deck.description, deck.version) == ("Python", "For interviews.", 2)
    page = editor.get(path).text
    assert "Spelling" in page
    assert post(editor, path, FIELDS).status_code == 303
    assert of(session, "python").version == 2


def test_a_save_on_an_older_version_loses_neither(
    editor: FlaskClient, colleague: FlaskClient, session: Session
) -> None:
    make_deck(session, slug="python", title="Pythn")
    session.commit()
    path = "/edit/decks/python/details"
    post(colleague, path, FIELDS | {"description": "Theirs."})

    answer = post(editor, path, FIELDS | {"description": "Mine.", "version": "1"})

    assert answer.status_code == 409
    assert "Your text is safe here and has not been saved." in answer.text
    assert "Mine.</textarea>" in answer.text
    assert "Theirs" in answer.text
    assert of(session, "python").description == "Theirs."
    again = FIELDS | {"description": "Mine.", "version": hidden(answer.text, "version")}
    assert post(editor, path, again).status_code == 303
    assert of(session, "python").description == "Mine."


def test_an_older_version_of_the_details_comes_back(editor: FlaskClient, session: Session) -> None:
    post(editor, "/edit/decks/new", FIELDS)
    path = "/edit/decks/python/details"
    post(editor, path, FIELDS | {"title": "Snakes"})
    assert post(editor, "/edit/decks/python/versions/1", {}, form=path).status_code == 303
    assert of(session, "python").title == "Python"
    assert post(editor, "/edit/decks/python/versions/1", {"version": "1"}, form=path).status_code == 303
    assert post(editor, "/edit/decks/python/versions/2", {"version": "1"}, form=path).status_code == 409


def test_archiving_hides_a_deck_from_learners_and_restoring_shows_it(
    editor: FlaskClient, learner: FlaskClient, session: Session
) -> None:
    make_deck(session, slug="python", cards=1)
    session.commit()
    path = "/edit/decks/python/details"
    post(editor, "/edit/decks/python/archive", {"note": "Outdated"}, form=path)
    assert "This deck is archived" in editor.get("/edit/decks/python").text
    assert learner.get("/decks/python").status_code == 404
    post(editor, "/edit/decks/python/restore", {}, form=path)
    assert learner.get("/decks/python").status_code == 200


def test_a_deck_of_members_is_hidden_from_visitors(editor: FlaskClient, client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="python", cards=1)
    session.commit()
    assert client.get("/decks/python").status_code == 200
    post(editor, "/edit/decks/python/details", FIELDS)
    assert client.get("/decks/python").status_code == 404


def _edit_routes(app: Flask, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("edit."):
            values = {name: known.get(name, "1") for name in rule.arguments}
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield method, adapter.build(rule.endpoint, values, method=method)


def test_only_editors_find_these_pages(
    app: Flask, editor: FlaskClient, learner: FlaskClient, client: FlaskClient, session: Session
) -> None:
    """Others are told what they would be told of an address that does not exist, where they make no decks themselves."""
    app.config["REPRISE_SETTINGS"] = replace(app.config["REPRISE_SETTINGS"], own_decks=0)
    deck = make_deck(session, slug="python", cards=1)
    card = make_card(session, deck)
    session.commit()
    missing = learner.get("/edit/nothing-here").text
    token = hidden(learner.get("/settings").text, "csrf_token")
    routes = list(_edit_routes(app, {"slug": deck.slug, "guid": card.guid}))
    assert len(routes) > 15
    for method, path in routes:
        answer = learner.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
        assert (answer.status_code, answer.text) == (404, missing), (method, path)
        if method == "GET":
            assert client.get(path).status_code == 404 or "/sign-in" in client.get(path).location
    assert "/edit" not in learner.get("/").text
    assert 'href="/edit"' in editor.get("/").text


@pytest.mark.parametrize("known", [{"slug": "nothing", "guid": "nothing"}, {"slug": "a\0b", "guid": "a\0b"}])
def test_what_does_not_exist_is_not_found(app: Flask, editor: FlaskClient, known: dict[str, str]) -> None:
    token = hidden(editor.get("/edit/decks/new").text, "csrf_token")
    for method, path in _edit_routes(app, known):
        if "%00" in path or "nothing" in path:
            answer = editor.open(
                path, method=method, data={"csrf_token": token, "question": "x", "title": "x", "visibility": "public"}
            )
            assert answer.status_code in (404, 422), (method, path)
            assert answer.status_code == 404 or "move" in path
    assert editor.post("/edit/cards/x/versions/99999999999", data={"csrf_token": token}).status_code == 404


def test_no_change_without_the_form_token(app: Flask, editor: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="python", cards=1)
    card = make_card(session, deck)
    session.commit()
    for method, path in _edit_routes(app, {"slug": deck.slug, "guid": card.guid}):
        if method == "POST":
            assert editor.post(path, data={"title": "x", "question": "x"}).status_code == 400, path
    assert of(session, "python").version == 1
