"""Who may call what: every route for everybody, with their own things and with somebody else's (SECURITY line 11).

A route without a line in `LEVELS` fails. Below its level a route answers as if it were not there (or asks to sign in),
and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.db.base import Base
from app.db.models import BulkChange, Card, Deck, Import, LoginSession, Practice, Source, Upload
from app.web.access import Access, level_of
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user, sign_in

ANYONE, LEARNER, EDITOR, ADMIN = Access.ANYONE, Access.LEARNER, Access.EDITOR, Access.ADMIN

LEVELS: dict[str, Access] = {
    "accounts.change_email": LEARNER,
    "accounts.confirm": ANYONE,
    "accounts.confirm_address": ANYONE,
    "accounts.delete": LEARNER,
    "accounts.disconnect": LEARNER,
    "accounts.organisation": LEARNER,
    "accounts.deleted": ANYONE,
    "accounts.factor_off": LEARNER,
    "accounts.passkey_options": LEARNER,
    "accounts.passkeys": LEARNER,
    "accounts.prove": LEARNER,
    "accounts.prove_by_passkey": LEARNER,
    "accounts.recovery_codes": LEARNER,
    "accounts.remove_passkey": LEARNER,
    "accounts.second_factor": LEARNER,
    "accounts.start_factor": LEARNER,
    "security.code": ANYONE,
    "security.oidc": ANYONE,
    "security.oidc_back": ANYONE,
    "security.passkey": ANYONE,
    "security.passkey_options": ANYONE,
    "security.invited": ANYONE,
    "accounts.end_session": LEARNER,
    "accounts.end_sessions": LEARNER,
    "accounts.forgot": ANYONE,
    "accounts.privacy": ANYONE,
    "accounts.reset": ANYONE,
    "accounts.security": LEARNER,
    "accounts.setup": ANYONE,
    "edit.add_image": EDITOR,
    "edit.add_image_new": EDITOR,
    "edit.applied_import": EDITOR,
    "edit.apply_plan": EDITOR,
    "edit.archive_card": EDITOR,
    "edit.archive_deck": EDITOR,
    "edit.audit": ADMIN,
    "edit.change_role": ADMIN,
    "edit.delete_person": ADMIN,
    "edit.disable_person": ADMIN,
    "edit.enable_person": ADMIN,
    "edit.end_person_sessions": ADMIN,
    "edit.factor_off": ADMIN,
    "edit.invite": ADMIN,
    "edit.make_reset_link": ADMIN,
    "edit.people": ADMIN,
    "edit.portal": ADMIN,
    "edit.revoke_invitation": ADMIN,
    "edit.audit_csv": ADMIN,
    "edit.bulk": LEARNER,
    "edit.bulk_done": EDITOR,
    "edit.card": EDITOR,
    "edit.decide": LEARNER,
    "edit.deck": EDITOR,
    "edit.decks": LEARNER,
    "edit.details": EDITOR,
    "edit.discard_upload": EDITOR,
    "edit.document": EDITOR,
    "edit.export": EDITOR,
    "edit.import_history": LEARNER,
    "edit.import_upload": EDITOR,
    "edit.imports": LEARNER,
    "edit.join_cards": EDITOR,
    "edit.merge": EDITOR,
    "edit.move_card": EDITOR,
    "edit.new_card": EDITOR,
    "edit.new_deck": LEARNER,
    "edit.new_source": ADMIN,
    "edit.part_card": EDITOR,
    "edit.plan": EDITOR,
    "edit.preview": EDITOR,
    "edit.preview_new": EDITOR,
    "edit.questions": LEARNER,
    "edit.remove_source": ADMIN,
    "edit.restore_card": EDITOR,
    "edit.restore_deck": EDITOR,
    "edit.revert_card": EDITOR,
    "edit.revert_deck": EDITOR,
    "edit.source": ADMIN,
    "edit.sources": EDITOR,
    "edit.split_card": EDITOR,
    "edit.stop_import": EDITOR,
    "edit.sync_source": EDITOR,
    "edit.sync_sources": EDITOR,
    "edit.accept_suggestion": EDITOR,
    "edit.decline_suggestion": EDITOR,
    "edit.settle_suggestion": EDITOR,
    "edit.signals": EDITOR,
    "edit.suggestions": EDITOR,
    "edit.undo_bulk": EDITOR,
    "edit.undo_import": EDITOR,
    "edit.upload": EDITOR,
    "edit.upload_image": EDITOR,
    "edit.upload_state": EDITOR,
    "edit.upload_text": EDITOR,
    "health.live": ANYONE,
    "health.ready": ANYONE,
    "library.media": ANYONE,
    "library.own_suggestions": LEARNER,
    "library.preview_suggestion": LEARNER,
    "library.search": ANYONE,
    "library.suggest": LEARNER,
    "library.withdraw_suggestion": LEARNER,
    "progress.card": LEARNER,
    "progress.overview": LEARNER,
    "security.change_password": LEARNER,
    "security.login": ANYONE,
    "security.logout": ANYONE,
    "security.register": ANYONE,
    "static": ANYONE,
    "study.anki": LEARNER,
    "study.anki_package": LEARNER,
    "study.anki_state": LEARNER,
    "study.answer": LEARNER,
    "study.answer_practice": LEARNER,
    "study.change_keys": LEARNER,
    "study.change_set_aside": LEARNER,
    "study.choose": LEARNER,
    "study.compare": LEARNER,
    "study.choose_deck": LEARNER,
    "study.days": LEARNER,
    "study.deck": ANYONE,
    "study.deck_limits": LEARNER,
    "study.apply_data": LEARNER,
    "study.bring_data": LEARNER,
    "study.brought_data": LEARNER,
    "study.data": LEARNER,
    "study.discard_data": LEARNER,
    "study.delete_export": LEARNER,
    "study.done": LEARNER,
    "study.download_data": LEARNER,
    "study.export_data": LEARNER,
    "study.end_holiday": LEARNER,
    "study.discard_anki": LEARNER,
    "study.export_anki": LEARNER,
    "study.import_anki": LEARNER,
    "study.home": ANYONE,
    "study.keys": ANYONE,
    "study.mark": LEARNER,
    "study.mark_in_practice": LEARNER,
    "study.note": LEARNER,
    "study.overdue": LEARNER,
    "study.postpone": LEARNER,
    "study.practise": LEARNER,
    "study.practised": LEARNER,
    "study.read": LEARNER,
    "study.redo": LEARNER,
    "study.save_choice": LEARNER,
    "study.set_aside": LEARNER,
    "study.settings": LEARNER,
    "study.start_practice": LEARNER,
    "study.study": LEARNER,
    "study.study_more": LEARNER,
    "study.take_holiday": LEARNER,
    "study.take_overdue": LEARNER,
    "study.undo": LEARNER,
    "study.undo_move": LEARNER,
    "study.redo_practice": LEARNER,
    "study.undo_practice": LEARNER,
    "study.calendar": ANYONE,
    "study.change_reminders": LEARNER,
    "study.end_calendar": LEARNER,
    "study.make_calendar": LEARNER,
    "study.stop_reminders": ANYONE,
    "style_sheet": ANYONE,
}

FRESH = {
    "accounts.end_session",
    "accounts.end_sessions",
    "accounts.disconnect",
    "accounts.factor_off",
    "accounts.organisation",
    "accounts.passkey_options",
    "accounts.passkeys",
    "accounts.recovery_codes",
    "accounts.remove_passkey",
    "accounts.second_factor",
    "accounts.start_factor",
    "edit.change_role",
    "edit.delete_person",
    "edit.disable_person",
    "edit.enable_person",
    "edit.factor_off",
    "edit.invite",
    "edit.make_reset_link",
    "edit.portal",
}
"""What changes who gets in: it asks who it is when that was proved more than ten minutes ago."""

PEOPLE: dict[str, Access] = {"nobody": ANYONE, "learner": LEARNER, "editor": EDITOR, "admin": ADMIN}


@pytest.fixture
def things(session: Session) -> dict[str, str]:
    """Public decks and hidden ones with a card each, and somebody's session, upload and source."""
    found: dict[str, str] = {}
    other = make_user(session, role="editor")
    kinds: dict[str, dict[str, Any]] = {
        "open": {},
        "inside": {"visibility": "members"},
        "gone": {"archived_at": LONG_AGO},
    }
    for slug, values in kinds.items():
        deck = make_deck(session, slug=slug, **values)
        found[f"card in {slug}"] = make_card(session, deck, question=f"The secret of {slug}?").guid
        choose(session, other, deck)
    deck = session.scalars(select(Deck).where(Deck.slug == "open")).one()
    archived = make_card(session, deck, question="Archived?", archived_at=LONG_AGO, archived_reason="editor")
    found["archived card"] = archived.guid
    login = LoginSession(
        token_hash=b"x" * 32,
        user_id=other.id,
        created_at=LONG_AGO,
        seen_at=LONG_AGO,
        expires_at=LONG_AGO,
        remembered=True,
    )
    upload = Upload(user_id=other.id, filename="notes.md", content=b"# A?\n\nB.\n", summary={}, created_at=LONG_AGO)
    applied = Import(label="notes.md", applied_at=LONG_AGO, outcome={"decks": []}, before={})
    practice = Practice(user_id=other.id, mode="quiz", counts=False, cards=[archived.id], started_at=LONG_AGO)
    bulk = BulkChange(
        user_id=other.id,
        action="archived",
        private=False,
        made_at=LONG_AGO,
        outcome={"cards": 0, "left": []},
        before={},
    )
    session.add_all([practice, bulk])
    session.add_all(
        [login, upload, applied, Source(name="notes", url="https://example.org/notes", created_at=LONG_AGO)]
    )
    session.commit()
    return found | {
        "person": other.guid,
        "practice": practice.guid,
        "bulk": bulk.guid,
        "session": login.guid,
        "upload": upload.guid,
        "import": applied.guid,
    }


@pytest.fixture
def browsers(app: Flask, session: Session) -> dict[str, FlaskClient]:
    """A browser for each kind of person, signed in."""
    made = {name: app.test_client() for name in PEOPLE}
    users = {name: make_user(session, role=name) for name in PEOPLE if name != "nobody"}
    session.commit()
    for name, user in users.items():
        sign_in(made[name], user)
    return made


def _token(client: FlaskClient) -> str:
    for path in ("/settings", "/sign-in"):
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
        if found:
            return found[1]
    raise AssertionError("no page with a form token")


def _path(rule: Any, things: dict[str, str]) -> str:
    values = {"slug": "open", "guid": things["card in open"], "name": "notes", "number": "1", "token": "none"}
    if "/import/" in rule.rule:
        values["guid"] = things["upload"]
    if "/imports/" in rule.rule:
        values["guid"] = things["import"]
    if "/bulk/" in rule.rule:
        values["guid"] = things["bulk"]
    if "/people/" in rule.rule:
        values["guid"] = things["person"]
    elif "/sessions/" in rule.rule:
        values["guid"] = things["session"]
    return re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", lambda found: values.get(found[1], "none"), str(rule.rule))


def _calls(app: Flask, things: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, _path(rule, things)


def _rows(engine: Engine) -> dict[str, list[Any]]:
    """All there is in the database, but for when somebody was last seen."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select())))
            for table in Base.metadata.sorted_tables
            if table.name not in ("login_session", "sign_in_counter")
        }


def test_every_route_is_in_the_table_and_declares_what_it_says(app: Flask) -> None:
    declared = {rule.endpoint: level_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert declared == LEVELS
    assert {name for name, view in app.view_functions.items() if hasattr(view, "__fresh__")} == FRESH


def test_below_its_level_a_route_is_not_there_and_changes_nothing(
    app: Flask, engine: Engine, things: dict[str, str], browsers: dict[str, FlaskClient]
) -> None:
    before = _rows(engine)
    wrong = []
    for name, rank in PEOPLE.items():
        client = browsers[name]
        headers = {"X-CSRFToken": _token(client)}
        for endpoint, method, path in _calls(app, things):
            if LEVELS[endpoint] <= rank:
                continue
            answer = client.open(path, method=method, headers=headers)
            asked = rank is ANYONE and LEVELS[endpoint] is LEARNER
            right = (
                answer.status_code in (302, 303) and "/sign-in" in answer.location
                if asked
                else answer.status_code == 404
            )
            if not right:
                wrong.append((name, method, path, answer.status_code))
    assert not wrong
    assert _rows(engine) == before


def test_at_its_level_every_page_is_there(app: Flask, things: dict[str, str], browsers: dict[str, FlaskClient]) -> None:
    """Reading works for whoever may: no page breaks, none is hidden by mistake."""
    not_for_everybody = {
        "security.oidc",
        "security.oidc_back",
        "accounts.setup",
        "accounts.confirm",
        "accounts.confirm_address",
        "accounts.reset",
        "study.anki_package",
        "study.anki_state",
        "study.calendar",
        "study.download_data",
        "study.stop_reminders",
        "security.invited",
        "library.media",
        "static",
        "style_sheet",
    }
    wrong = []
    for name, rank in PEOPLE.items():
        for endpoint, method, path in _calls(app, things):
            if (
                method != "GET"
                or LEVELS[endpoint] > rank
                or endpoint in not_for_everybody
                or "/import/" in path
                or "/practice/" in path
            ):
                continue
            answer = browsers[name].get(path)
            if answer.status_code not in (200, 302, 303):
                wrong.append((name, path, answer.status_code))
            if "attachment" in answer.headers.get("Content-Disposition", ""):
                page = getattr(app.view_functions[endpoint], "__offered_on__", None)
                assert page is not None or LEVELS[endpoint] is ANYONE, f"{endpoint} gives a file: on which page is it?"
    assert not wrong


FILES = {
    "/settings/data/export/{upload}": "/settings/data",
    "/settings/anki/package?deck=open&progress=1": "/settings/anki",
    "/edit/bulk?what=export&card={card}&in=open": "/edit/decks/open",
    "/edit/decks/open/export?ids=1": "/edit/decks/open",
    "/edit/audit.csv?kind=content&_external=1": "/edit/audit?kind%3Dcontent",
}
"""Addresses of files, and the page that offers each."""


def test_who_signs_in_for_a_file_is_led_to_the_page_that_offers_it(client: FlaskClient) -> None:
    """A browser that saves a file goes on showing what it showed, and that would be the page to sign in on."""
    for file, page in FILES.items():
        answer = client.get(file.format(upload="x", card="y"))
        where = answer.location or re.findall(r'class="btn primary" href="([^"]+)"', answer.text)[0]
        assert where == f"/sign-in?next={page}"


def test_hidden_decks_and_cards_are_not_there_for_who_may_not_read_them(
    things: dict[str, str], browsers: dict[str, FlaskClient]
) -> None:
    expected = {
        ("nobody", "open"): 200,
        ("nobody", "inside"): 404,
        ("nobody", "gone"): 404,
        ("learner", "inside"): 200,
        ("learner", "gone"): 404,
        ("editor", "inside"): 200,
        ("editor", "gone"): 200,
    }
    for (name, slug), status in expected.items():
        answer = browsers[name].get(f"/decks/{slug}")
        assert answer.status_code == status, (name, slug)
        assert ("The secret of" in answer.text) == (status == 200), (name, slug)
    for name in ("nobody", "learner"):
        found = browsers[name].get("/decks/open?q=secret").text
        assert "inside?" not in found
        assert "gone?" not in found
        assert "Archived?" not in browsers[name].get("/decks/open").text


def test_a_learner_studies_only_what_they_may_read_and_chose(
    engine: Engine, session: Session, things: dict[str, str], browsers: dict[str, FlaskClient]
) -> None:
    client = browsers["learner"]
    token = _token(client)
    before = _rows(engine)
    for name, card in things.items():
        if "card" in name:
            form = {"card": card, "grade": "4", "key": f"key-{card}", "version": "0", "csrf_token": token}
            status = client.post("/study/answer", data=form).status_code
            assert 400 <= status < 500, name
    for slug in ("gone", "nothing"):
        form = {"csrf_token": token}
        assert client.post(f"/decks/{slug}/choose", data=form).status_code == 404
    assert _rows(engine) == before


@pytest.mark.parametrize("name", ["learner", "editor", "admin"])
def test_other_peoples_sessions_and_uploads_are_not_there(
    session: Session, things: dict[str, str], browsers: dict[str, FlaskClient], name: str
) -> None:
    client = browsers[name]
    token = _token(client)
    ending = client.post(f"/account/sessions/{things['session']}/end", data={"csrf_token": token})
    assert ending.status_code == 404
    session.rollback()
    assert session.scalar(select(LoginSession.id).where(LoginSession.guid == things["session"])) is not None
    for path in ("", "/state", "/text", "/image?path=x", "/plan"):
        assert client.get(f"/edit/import/{things['upload']}{path}").status_code == 404, path
    for path in ("", "/done"):
        assert client.get(f"/practice/{things['practice']}{path}").status_code == 404, path
    for path in ("", "/discard", "/stop", "/plan"):
        answer = client.post(f"/edit/import/{things['upload']}{path}", data={"csrf_token": token})
        assert answer.status_code == 404, path
    assert session.scalar(select(Upload.id)) is not None


def test_one_view_alone_begins_before_its_session_was_looked_at(app: Flask) -> None:
    """It looks in its own transaction: see `tests/integration/web/test_believed.py`."""
    views = app.view_functions.items()
    assert [name for name, view in views if getattr(view, "__looks_itself__", False)] == ["study.answer"]


def test_a_card_is_reached_only_by_its_own_name(
    session: Session, things: dict[str, str], browsers: dict[str, FlaskClient]
) -> None:
    """Neither internal numbers nor another kind of thing's id open anything."""
    number = session.scalars(select(Card.id).limit(1)).one()
    for guid in (str(number), things["upload"], things["session"], "0", "..", "%00"):
        assert browsers["admin"].get(f"/edit/cards/{guid}").status_code in (404, 405, 308), guid
