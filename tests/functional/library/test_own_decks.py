"""A learner's own decks: made, filled and studied by them alone; to everybody else they are not there."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.config import Settings
from app.db.models import Audit, Card, Deck, DeckChoice, DeckRevision, Import, Upload, User
from tests.architecture.test_access import _rows
from tests.builders import LONG_AGO, make_card, make_deck, make_user, sign_in
from tests.unit.library.test_archives import zipped


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Room for two decks and three questions."""
    return replace(settings, own_decks=2, own_cards=3)


@pytest.fixture
def browsers(app: Flask, session: Session) -> dict[str, FlaskClient]:
    """Two learners, an editor and an administrator, signed in, and a visitor."""
    roles = {"owner": "learner", "other": "learner", "editor": "editor", "admin": "admin"}
    users = {name: make_user(session, role=role, email=f"{name}@example.org") for name, role in roles.items()}
    session.commit()
    made = {name: app.test_client() for name in (*users, "nobody")}
    for name, user in users.items():
        sign_in(made[name], user)
    return made


def post(client: FlaskClient, path: str, **form: object) -> TestResponse:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/settings").text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **form})


def make(client: FlaskClient, title: str = "My words", **form: object) -> TestResponse:
    return post(client, "/edit/decks/new", title=title, visibility="private", **form)


def only_deck(session: Session) -> Deck:
    session.rollback()
    return session.scalars(select(Deck).where(Deck.visibility == "private")).one()


def add(client: FlaskClient, deck: Deck, question: str) -> TestResponse:
    return post(client, f"/edit/decks/{deck.slug}/cards/new", title=question, question=question, answer="It is this.")


def test_a_learner_makes_a_deck_fills_it_and_studies_it(browsers: dict[str, FlaskClient], session: Session) -> None:
    owner = browsers["owner"]
    assert 'href="/edit"' in owner.get("/").text
    assert "Public" not in owner.get("/edit/decks/new").text
    made = make(owner)
    deck = only_deck(session)
    assert made.location == f"/edit/decks/{deck.slug}"
    assert re.fullmatch(r"my-words-[0-9a-z]{8}", deck.slug)
    assert session.scalar(select(func.count()).select_from(DeckChoice)) == 1
    text = "# My words\n\n## What is a quokka?\n\nA marsupial.\n\n## What is an okapi?\n\nA giraffid.\n"
    start = post(owner, "/edit/import", text=text, deck=deck.slug)
    assert start.status_code == 303, start.text
    upload = start.location.split("?")[0]
    assert "quokka" in owner.get(start.location).text
    applied = post(owner, f"{upload}/plan", deck=deck.slug)
    page = owner.get(applied.location, follow_redirects=True).text if applied.status_code == 303 else applied.text
    if "Nothing was imported" in page or applied.status_code == 409:
        mark = re.search(r'name="expected" value="([^"]+)"', page)
        assert mark
        assert post(owner, f"{upload}/plan", deck=deck.slug, expected=mark[1]).status_code == 303
    session.rollback()
    cards = session.scalars(select(Card).where(Card.deck_id == deck.id)).all()
    assert {card.question_text for card in cards} == {"What is a quokka?", "What is an okapi?"}
    assert "quokka" in owner.get("/study").text
    assert "What is a <mark>quokka</mark>?" in owner.get("/search?q=quokka").text
    assert b"What is a quokka?" in owner.get(f"/edit/decks/{deck.slug}/export").data
    assert owner.get(f"/edit/cards/{cards[0].guid}").status_code == 200
    record = session.scalars(select(Import)).one()
    assert owner.get(f"/edit/imports/{record.guid}").status_code == 200
    for name in ("other", "editor", "admin"):
        assert browsers[name].get(f"/edit/imports/{record.guid}").status_code == 404, name
        assert post(browsers[name], f"/edit/imports/{record.guid}/undo").status_code == 404, name
        assert deck.slug not in browsers[name].get("/edit/imports").text
    assert session.scalar(select(func.count()).where(Audit.area == "content")) == 0, "nobody else's business"


def test_a_file_becomes_a_deck_of_ones_own_whatever_it_is_called(
    browsers: dict[str, FlaskClient], session: Session
) -> None:
    """As the page offers it: the form of a file names no deck, and the preview offers a new one."""
    owner = browsers["owner"]
    make_deck(session, slug="open", cards=1)
    session.commit()
    file = (BytesIO(b"---\nauthor: Me\n---\n# My diary\n\n## Whose?\n\nMine.\n"), "open.md")
    start = post(owner, "/edit/import", file=file)
    assert start.status_code == 303, start.text
    page = owner.get(start.location).text
    assert re.search('<option value="@" selected>', page)
    assert 'name="visibility"' not in page
    assert "Nobody else sees them." in page
    fields = dict(re.findall(r'name="(seen_deck|expected)" value="([^"]*)"', page))
    applied = post(owner, start.location.split("?")[0], deck="@", title="My words", visibility="public", **fields)
    brought = owner.get(applied.location).text
    assert "1 card is added." in brought
    assert "Only you see it." in brought
    assert "readers" not in brought.lower()
    deck = only_deck(session)
    assert (deck.title, deck.author, deck.owner_id) == ("My words", "Me", session.scalar(_id_of("owner")))
    assert re.fullmatch(r"open-[0-9a-z]{8}", deck.slug)
    fields_ever = session.scalars(select(DeckRevision.fields).where(DeckRevision.deck_id == deck.id)).all()
    assert {fields["visibility"] for fields in fields_ever} == {"private"}, "no version leads back into the open"
    assert "Whose?" in owner.get("/study").text, "and is studied at once"
    assert "open.md" in owner.get("/edit/imports").text
    for name in ("other", "editor", "admin"):
        assert browsers[name].get(f"/decks/{deck.slug}").status_code == 404, name
    assert "open.md" not in browsers["other"].get("/edit/imports").text
    assert session.scalar(select(func.count()).where(Audit.area == "content")) == 0
    make(owner, "Second")
    third = post(owner, "/edit/import", text="# Third\n\n## Too many?\n\nYes.\n", deck="@")
    refused = post(owner, third.location.split("?")[0], deck="@", seen_deck="@")
    assert "You may have 2 decks of your own." in owner.get(refused.location).text
    session.rollback()
    assert session.scalar(select(func.count()).where(Deck.visibility == "private")) == 2


def test_what_an_editor_keeps_for_themselves_is_not_in_the_log_either(
    browsers: dict[str, FlaskClient], session: Session
) -> None:
    editor = browsers["editor"]
    text = "# Diary\n\n## Whose?\n\nMine.\n"
    for given_up in (True, False):
        upload = post(editor, "/edit/import", text=text, deck="@").location.split("?")[0]
        assert post(editor, f"{upload}/text", text=text.replace("Mine", "Mine alone")).status_code == 303
        assert post(editor, f"{upload}/discard" if given_up else upload, deck="@", seen_deck="@").status_code == 303
    session.rollback()
    record = session.scalars(select(Import)).one()
    assert post(editor, f"/edit/imports/{record.guid}/undo").status_code == 303
    session.rollback()
    assert session.scalars(select(Audit.action).where(Audit.area == "content")).all() == []


def _id_of(name: str) -> Any:
    return select(User.id).where(User.email == f"{name}@example.org")


def test_to_everybody_else_it_is_not_there_and_nothing_of_it_changes(
    app: Flask, engine: Engine, browsers: dict[str, FlaskClient], session: Session
) -> None:
    """Every address of the room that names a deck or card, for everybody but the owner; an editor's rights end here."""
    owner = session.scalars(select(User).where(User.email == "owner@example.org")).one()
    deck = make_deck(session, title="Zebra thing", visibility="private", owner_id=owner.id)
    card = make_card(session, deck, question="A zebra question?")
    public = make_deck(session, slug="open")
    shared = make_card(session, public)
    session.commit()
    before = _rows(engine)
    wrong = []
    for name in ("nobody", "other", "editor", "admin"):
        client = browsers[name]
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', client.get("/settings" if name != "nobody" else "/sign-in").text
        )
        assert found
        headers = {"X-CSRFToken": found[1]}
        for rule in app.url_map.iter_rules():
            if not re.search(r"/decks/<slug>|/cards/<guid>", rule.rule):
                continue
            path = rule.rule.replace("<slug>", deck.slug).replace("<guid>", card.guid)
            path = re.sub(r"<[^>]*number>", "1", path)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                answer = client.open(path, method=method, headers=headers)
                page = (
                    f"/decks/{deck.slug}"  # where the limits of a deck that one does not study lead, whatever its name
                )
                asked = answer.status_code in (302, 303) and (answer.location == page or name == "nobody")
                if answer.status_code != 404 and not asked:
                    wrong.append((name, method, path, answer.status_code))
        pages = ("/", "/search?q=zebra", "/search?q=zebrra", "/edit", "/edit?q=zebra", "/edit/import", "/choose")
        wrong += [(name, "GET", path, 200) for path in pages if "zebra " in client.get(path).text.lower()]
    assert not wrong
    move = post(browsers["editor"], f"/edit/cards/{shared.guid}/move", deck=deck.slug, number="1")
    assert move.status_code == 422
    for path in (f"/edit/cards/{shared.guid}/move", f"/edit/decks/{public.slug}/archive", f"/edit/cards/{shared.guid}"):
        assert post(browsers["owner"], path, deck=deck.slug, number="1").status_code == 404, path
    moved_out = post(browsers["owner"], f"/edit/cards/{card.guid}/move", deck="open", number="1")
    assert moved_out.status_code == 422
    after = _rows(engine)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def test_what_is_not_offered_is_not_taken(browsers: dict[str, FlaskClient], session: Session) -> None:
    owner = browsers["owner"]
    assert post(owner, "/edit/decks/new", title="Loud", visibility="public").status_code == 422
    make(owner)
    deck = only_deck(session)
    shared = post(owner, f"/edit/decks/{deck.slug}/details", title="My words", visibility="public", version="1")
    assert shared.status_code == 422
    assert only_deck(session).visibility == "private"
    public = make_deck(session, slug="open")
    make_card(session, public, question="What is shared?")
    session.commit()
    for goes_to in ("", "+", "open", "other-deck"):
        data = {"file": (BytesIO(b"# A\n\n## Whose?\n\nMine.\n"), "open.md"), "deck": goes_to}
        assert post(owner, "/edit/import", **data).status_code == 422, goes_to
    assert (
        post(browsers["editor"], f"/edit/decks/{public.slug}/details", title="Open", visibility="private").status_code
        == 422
    )


def test_a_folder_reaches_no_deck_but_ones_own(browsers: dict[str, FlaskClient], session: Session) -> None:
    """The documents of a folder find their decks by name: those would be other people's, or public."""
    owner = browsers["owner"]
    make(owner)
    mine = only_deck(session)
    text = b"# Open\n\n## What is shared?\n\nThis.\n"
    theirs = post(browsers["editor"], "/edit/import", file=(BytesIO(zipped(("notes/open.md", text))), "x.zip"))
    assert post(browsers["editor"], theirs.location, visibility="members").status_code == 303
    session.rollback()
    before = [(deck.slug, deck.version) for deck in session.scalars(select(Deck).order_by(Deck.id))]
    more = zipped(
        ("notes/open.md", text.replace(b"This", b"Mine")), ("notes/loud.md", text.replace(b"shared", b"loud"))
    )
    refused = post(owner, "/edit/import", file=(BytesIO(more), "x.zip"), deck=mine.slug)
    assert refused.status_code == 422
    assert "It holds 2 documents, and a deck is made of one." in refused.text
    kept = Upload(user_id=mine.owner_id, filename="x.zip", content=more, summary={}, deck_slug=mine.slug)
    kept.created_at, kept.dialect = LONG_AGO, ""
    session.add(kept)
    session.commit()
    for path in (f"/edit/import/{kept.guid}", f"/edit/import/{kept.guid}/plan"):
        told = post(owner, path, deck=mine.slug, seen_deck=mine.slug)
        assert told.status_code == 303
        assert "Nothing was stored." in owner.get("/edit/import").text, path
        assert owner.get(path, follow_redirects=True).request.path == "/edit/import", path
    session.rollback()
    assert [(deck.slug, deck.version) for deck in session.scalars(select(Deck).order_by(Deck.id))] == before


def test_a_file_of_the_same_name_does_not_reach_a_private_deck(
    browsers: dict[str, FlaskClient], session: Session
) -> None:
    make(browsers["owner"])
    deck = only_deck(session)
    data = {"file": (BytesIO(b"# A\n\n## Whose?\n\nMine.\n"), f"{deck.slug}.md")}
    start = post(browsers["editor"], "/edit/import", **data)
    answer = post(browsers["editor"], start.location.split("?")[0], visibility="public")
    assert answer.status_code == 303
    session.rollback()
    whose = session.scalars(select(Deck).join(Card, Card.deck_id == Deck.id)).one()
    assert (whose.slug, whose.visibility) == (f"{deck.slug}-2", "public")


def test_quotas_are_kept_and_said(browsers: dict[str, FlaskClient], session: Session) -> None:
    owner = browsers["owner"]
    make(owner)
    deck = only_deck(session)
    for number in range(3):
        assert add(owner, deck, f"Question {number}?").status_code == 303
    fourth = add(owner, deck, "One too many?")
    assert fourth.status_code == 409
    assert "Your own decks may have 3 questions in all." in fourth.text
    assert "One too many?" in fourth.text
    start = post(owner, "/edit/import", text="# W\n\n## New one?\n\nYes.\n", deck=deck.slug)
    plan = owner.get(f"{start.location.split('?')[0]}/plan?deck={deck.slug}").text
    mark = re.search(r'name="expected" value="([^"]+)"', plan)
    assert mark
    told = post(owner, f"{start.location.split('?')[0]}/plan", deck=deck.slug, expected=mark[1])
    assert "Your own decks may have 3 questions in all." in owner.get(told.location, follow_redirects=True).text
    make(owner, "Second")
    third = make(owner, "Third")
    assert third.status_code == 409
    assert "They are 2. Archive one" in third.text
    session.rollback()
    card = session.scalars(select(Card)).first()
    assert card
    halves = {"question": "One?", "answer": "1", "second_question": "Two?", "second_answer": "2"}
    split = post(owner, f"/edit/cards/{card.guid}/split", version="1", history="first", **halves)
    assert split.status_code == 409
    assert "Your own decks may have 3 questions in all." in split.text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Card)) == 3
    assert session.scalar(select(func.count()).select_from(Deck)) == 2
    assert post(owner, f"/edit/decks/{deck.slug}/archive").status_code == 303
    assert make(owner, "Third").status_code == 303, "an archived deck takes no place"
    assert post(owner, f"/edit/decks/{deck.slug}/restore").status_code == 409, "but has none to come back to"
    assert "This deck is archived" in owner.get(f"/edit/decks/{deck.slug}").text


class TestTurnedOff:
    """OWN_DECKS=0."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, own_decks=0)

    def test_learners_edit_nothing(self, browsers: dict[str, FlaskClient]) -> None:
        for path in ("/edit", "/edit/decks/new", "/edit/import", "/edit/questions"):
            assert browsers["owner"].get(path).status_code == 404
            assert browsers["editor"].get(path).status_code == 200
        assert 'href="/edit"' not in browsers["owner"].get("/").text
