"""Many questions at once, as an editor without scripts does it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Card, Deck
from app.library import bulk
from tests.builders import make_card, make_deck, make_user, sign_in


@pytest.fixture
def deck(session: Session) -> Deck:
    """A deck of three, one of which mentions hills."""
    made = make_deck(session, cards=2, slug="slopes", title="Slopes")
    make_card(session, made, question="What is a hill?", answer="Steep hills.", section=("Land",))
    session.commit()
    return made


def guids(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Card.guid).order_by(Card.position)))


def cards(session: Session) -> list[Card]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Card).order_by(Card.position)))


def send(client: FlaskClient, address: str, **values: str) -> Any:
    """Send the form of the page at this address as it came, with these values."""
    page = client.get(address).text
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input[^>]*name="(\w+)"[^>]* value="([^"]*)"', page):
        fields.setdefault(name, []).append(value)
    return client.post("/edit/bulk", data=fields | values)


def test_ticked_questions_are_tagged_and_undone(editor: FlaskClient, session: Session, deck: Deck) -> None:
    one, two, _ = guids(session)
    assert f'name="card" value="{one}" form="bulk"' in editor.get("/edit/decks/slopes").text
    page = editor.get(f"/edit/bulk?what=tagged&card={one}&card={two}").text
    assert "Add tags to 2 questions" in page
    answer = send(editor, f"/edit/bulk?what=tagged&card={one}&card={two}", tags="maths, Land")
    assert answer.status_code == 303
    assert [card.tags for card in cards(session)] == [["maths", "Land"], ["maths", "Land"], []]
    done = editor.get(answer.location).text
    assert "2 questions have other tags." in done
    token = re.search(r'name="csrf_token" value="([^"]+)"', done)
    assert token
    undone = editor.post(f"{answer.location}/undo", data={"csrf_token": token[1]}, follow_redirects=True)
    assert "2 questions are as they were." in undone.text
    assert not any(card.tags for card in cards(session))


def test_all_that_a_search_found_is_changed_but_not_what_nobody_saw(
    editor: FlaskClient, session: Session, deck: Deck
) -> None:
    address = "/edit/bulk?what=archived&all=1&q=hill&show=all&in=slopes"
    assert "Archive 1 question" in editor.get(address).text
    make_card(session, deck, question="Another hill?")
    session.commit()
    stale = send(editor, address, seen="1")
    assert stale.status_code == 409
    assert "Archive 2 questions" in stale.text
    assert not any(card.archived_at for card in cards(session))
    done = send(editor, address)
    assert done.status_code == 303
    assert [bool(card.archived_at) for card in cards(session)] == [False, False, True, True]
    back = '<a class="btn quiet" href="/edit/decks/slopes?q=hill&amp;show=all">Back to the list</a>'
    page = editor.get(done.location).text
    assert back in page, "to what was searched for, so that one can go on there"
    undo = re.search(r'action="([^"]+/undo[^"]*)"', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert undo and token  # noqa: PT018
    undone = editor.post(undo[1].replace("&amp;", "&"), data={"csrf_token": token[1]}, follow_redirects=True).text
    assert back.replace(" quiet", "") in undone


def test_a_wrong_form_changes_nothing_and_says_what_to_enter(editor: FlaskClient, session: Session, deck: Deck) -> None:
    one = guids(session)[0]
    assert editor.get("/edit/bulk?what=tagged").location == "/edit"
    assert editor.get("/edit/bulk?what=tagged&q=hill&in=slopes").location == "/edit/decks/slopes?q=hill"
    assert editor.get(f"/edit/bulk?what=delete&card={one}").location == "/edit"
    assert "Enter a tag" in send(editor, f"/edit/bulk?what=tagged&card={one}", tags=" , ").text
    assert send(editor, f"/edit/bulk?what=moved&card={one}", deck="nowhere").status_code == 422
    assert send(editor, f"/edit/bulk?what=archived&card={one}", key="x").status_code == 422
    assert all(card.version == 1 for card in cards(session))


def test_too_many_at_once_are_refused(
    editor: FlaskClient, session: Session, deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.admin.views.bulk.MOST", 2)
    assert bulk.MOST == 1_000
    answer = editor.get("/edit/bulk?what=archived&all=1")
    assert answer.status_code == 422
    assert "2 can be changed together" in answer.text


def test_questions_as_a_markdown_file(editor: FlaskClient, session: Session, deck: Deck) -> None:
    some = guids(session)
    file = editor.get(f"/edit/bulk?what=export&card={some[0]}&card={some[2]}")
    assert file.headers["Content-Disposition"].endswith("slopes-questions.md")
    assert file.text.startswith("# Slopes\n\n### Question 1?\n\nAnswer 1.\n\n## Land\n\n### What is a hill?")
    make_card(session, make_deck(session, title="Valleys"), question="Deep?")
    session.commit()
    several = editor.get("/edit/bulk?what=export&all=1").text
    assert several.startswith("# Questions\n\n## Slopes\n\n")
    assert "\n\n## Valleys\n\n" in several


def test_learners_change_their_own_decks_and_nobody_elses(app: Flask, session: Session, deck: Deck) -> None:
    owner, stranger = make_user(session), make_user(session)
    own = make_card(session, make_deck(session, visibility="private", owner_id=owner.id), question="Mine?")
    session.commit()
    shared = guids(session)[1]
    browser, other = app.test_client(), app.test_client()
    sign_in(browser, owner)
    sign_in(other, stranger)
    address = f"/edit/bulk?what=archived&card={own.guid}&card={shared}"
    assert "Archive 1 question" in browser.get(address).text
    done = send(browser, address).location
    assert [card.question for card in cards(session) if card.archived_at] == ["Mine?"]
    assert browser.get(done).status_code == 200
    assert other.get(done).status_code == 404
    assert other.get(f"/edit/bulk?what=archived&card={own.guid}").location == "/edit"
