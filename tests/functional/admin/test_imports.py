"""The history of imports, and the way back."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.content.matching import thresholds
from app.db.models import Collection, Deck, Import, Question, Source
from app.library.undoing import undo_import
from tests.builders import LONG_AGO
from tests.functional.admin.conftest import post
from tests.functional.admin.planning import THEIRS, card, learned, open_match, planned, send
from tests.functional.admin.test_plans import words
from tests.integration.library.shelf import ANSWERS, GIL, HASH, LATER, LIST, asked, bring_in, document, edit, guids


def undo(client: FlaskClient, guid: str) -> TestResponse:
    """Press “Undo this import” on its page."""
    return post(client, f"/edit/imports/{guid}/undo", {}, form="/edit/import", follow_redirects=True)


def test_the_history_says_who_brought_what(editor: FlaskClient, colleague: FlaskClient, session: Session) -> None:
    assert "Nothing was imported yet." in editor.get("/edit/imports").text
    bring_in(session, document(LIST))
    send(colleague, *planned(colleague, document(LIST, HASH)))
    send(editor, *planned(editor, document(LIST, HASH, GIL)))
    seen = words(editor.get("/edit/imports").text)
    mine, theirs, command = seen.index("You,"), seen.index("Another editor,"), seen.index("Command line,")
    assert mine < theirs < command
    assert "1 new" in seen
    assert "/edit/imports" in editor.get("/edit/import").text


def test_it_is_told_by_deck_and_by_source(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST))
    deck = session.scalars(select(Deck)).one()
    collection = Collection(slug="notes", title="notes", created_at=LONG_AGO)
    session.add(collection)
    session.flush()
    deck.collection_id = collection.id
    session.add(
        Source(
            name="notes",
            url="https://example.org/notes",
            collection_id=collection.id,
            created_at=LONG_AGO,
            synced_at=LONG_AGO,
        )
    )
    session.commit()
    for wanted, there in (("deck=python", True), ("deck=other", False), ("source=notes", True), ("source=x", False)):
        assert ("python.md" in editor.get(f"/edit/imports?{wanted}").text) == there, wanted
    assert 'href="/edit/imports?source=notes"' in editor.get("/edit/sources").text
    assert 'href="/edit/imports?deck=python"' in editor.get("/edit/decks/python/details").text


def test_many_imports_are_told_page_by_page(editor: FlaskClient, session: Session) -> None:
    for number in range(33):
        session.add(Import(label=f"file {number}", applied_at=LONG_AGO, outcome={"decks": []}, before={}))
    session.commit()
    first, second = editor.get("/edit/imports").text, editor.get("/edit/imports?page=2").text
    assert first.count("/edit/imports/") == 30
    assert second.count("/edit/imports/") == 3
    assert "file 0<" in second
    assert "There are no older imports." in editor.get("/edit/imports?page=3").text


def test_undoing_keeps_what_people_did_since(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    guid = bring_in(session, document(LIST, HASH, GIL, **{LIST: THEIRS, HASH: "Anew."}), now=LATER).guid
    named = guids(session)
    edit(session, named[HASH], answer="Edited since.")
    learner = learned(session, named[LIST])
    told = undo(editor, guid).text
    assert "The import is taken back." in told
    assert "1 new one is archived." in told
    assert f"1 card was edited since and keeps its text: “{HASH}”" in told
    assert (card(session, named[LIST]).answer, card(session, named[HASH]).answer) == (ANSWERS[LIST], "Edited since.")
    assert "Undone" in editor.get("/edit/imports").text
    assert learner.id is not None
    assert "Undo this import" not in editor.get(f"/edit/imports/{guid}").text


def test_undoing_twice_is_told_and_harmless(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST))
    guid = bring_in(session, document(LIST, HASH), now=LATER).guid
    undo(editor, guid)
    assert "It was taken back already." in undo(editor, guid).text
    assert asked(session) == [LIST]


def test_a_later_import_has_to_go_first(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST))
    guid = bring_in(session, document(LIST, HASH), now=LATER).guid
    later = bring_in(session, document(LIST, HASH, GIL), now=LATER).guid
    page = editor.get(f"/edit/imports/{guid}").text
    assert "Undo this import" not in page
    assert f"/edit/imports/{later}" in page
    refused = undo(editor, guid)
    assert refused.status_code == 409
    assert "A later import builds on this one" in refused.text
    assert f"/edit/imports/{later}" in refused.text
    assert asked(session) == [LIST, HASH, GIL]
    undo(editor, later)
    assert "The import is taken back." in undo(editor, guid).text
    assert asked(session) == [LIST]


def test_what_a_decision_joined_is_not_parted_by_an_older_import(
    editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import that a decision belongs to takes the decision back; an older one cannot."""
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)
    _, old = open_match(session)
    send(editor, "/edit/questions", editor.get("/edit/questions").text, take="same")
    newest = session.scalars(select(Import.guid).order_by(Import.id.desc())).first()
    assert newest is not None
    undo(editor, newest)
    assert card(session, old).archived_at is None
    assert session.scalars(select(Question.id)).all() == []
    monkeypatch.setattr("app.admin.deciding.undoing.undo_import", _joined)
    first = session.scalars(select(Import.guid).order_by(Import.id)).first()
    assert first is not None
    refused = undo(editor, first)
    assert refused.status_code == 409
    assert "has become one with another" in refused.text


def _joined(*_: object, **__: object) -> None:
    from app.library.undoing import JoinedSince

    raise JoinedSince


@pytest.mark.parametrize("guid", ["nothing", "%00", "1", "..x"])
def test_an_import_that_is_not_there_is_a_404(editor: FlaskClient, session: Session, guid: str) -> None:
    bring_in(session, document(LIST))
    assert editor.get(f"/edit/imports/{guid}").status_code == 404
    assert undo(editor, guid).status_code == 404
    assert asked(session) == [LIST]


def test_only_editors_undo(learner: FlaskClient, session: Session) -> None:
    guid = bring_in(session, document(LIST)).guid
    assert learner.get(f"/edit/imports/{guid}").status_code == 404
    assert guid not in learner.get("/edit/imports").text, "which has their own alone"
    assert post(learner, f"/edit/imports/{guid}/undo", {}, form="/settings").status_code == 404
    assert asked(session) == [LIST]


def test_an_import_undone_by_command_shows_as_undone(editor: FlaskClient, session: Session) -> None:
    guid = bring_in(session, document(LIST)).guid
    undo_import(session, now=LATER)
    session.commit()
    assert "was taken back" in editor.get(f"/edit/imports/{guid}").text
