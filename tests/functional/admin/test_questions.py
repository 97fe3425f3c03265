"""Deciding after the import: what is open is listed, two editors never undo each other, histories are joined."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.matching import thresholds
from app.db.models import CardState, Collection, Deck, Question, Source
from app.study.verify import verify
from tests.builders import LONG_AGO
from tests.functional.admin.planning import (
    NEW,
    OURS,
    THEIRS,
    card,
    fields,
    learned,
    open_conflict,
    open_match,
    send,
)
from tests.functional.admin.test_plans import words
from tests.integration.library.shelf import HASH, LIST, bring_in, document, edit, guids

LIST_PAGE = "/edit/questions"


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was found by likeness alone is taken for certain."""
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)


def decided(session: Session) -> list[str | None]:
    """How each question was decided."""
    session.rollback()
    return list(session.scalars(select(Question.decision).order_by(Question.id)))


def test_nothing_to_decide_is_said_and_not_among_the_areas(editor: FlaskClient) -> None:
    assert "Nothing is left to decide." in editor.get(LIST_PAGE).text
    assert "Decisions" not in editor.get("/edit").text


def test_what_is_open_is_told_where_editors_work(editor: FlaskClient, session: Session) -> None:
    open_conflict(session)
    assert "Decisions (1)" in editor.get("/edit").text
    assert "/edit/questions?deck=python" in editor.get("/edit/decks/python").text
    seen = words(editor.get(LIST_PAGE).text)
    assert "1 question waits for you." in seen
    assert "Whose text?" in seen


@pytest.mark.parametrize(("take", "stands"), [("theirs", THEIRS), ("ours", OURS), ("merged", "Both.")])
def test_a_conflict_is_settled(editor: FlaskClient, session: Session, take: str, stands: str) -> None:
    _, guid = open_conflict(session)
    page = editor.get(LIST_PAGE).text
    sent = {"answer": "Both."} if take == "merged" else {}
    answer = send(editor, LIST_PAGE, page, take=take, **sent)
    assert answer.status_code == 303
    assert "1 question is decided." in editor.get(answer.location).text
    assert card(session, guid).answer == stands
    assert decided(session) == [take]


def test_confirming_joins_the_histories(editor: FlaskClient, session: Session, unsure: None) -> None:
    _, old = open_match(session)
    new = guids(session)[NEW]
    learned(session, new)
    seen = words(editor.get(LIST_PAGE).text)
    assert "The same question?" in seen
    send(editor, LIST_PAGE, editor.get(LIST_PAGE).text, take="same")
    living = card(session, old)
    assert (living.question, living.archived_at) == (NEW, None)
    states = session.execute(select(CardState.card_id, CardState.reviews)).all()
    assert [tuple(row) for row in states] == [(living.id, 1)]
    assert not verify(session).differences


def test_the_second_of_two_editors_is_told_and_changes_nothing(
    editor: FlaskClient, colleague: FlaskClient, session: Session
) -> None:
    _, guid = open_conflict(session)
    mine, theirs = editor.get(LIST_PAGE).text, colleague.get(LIST_PAGE).text
    send(colleague, LIST_PAGE, theirs, take="theirs")
    late = send(editor, LIST_PAGE, mine, take="ours")
    told = editor.get(late.location).text
    assert "Somebody decided a question before you: the document&#39;s text. That stands." in told
    assert card(session, guid).answer == THEIRS
    assert decided(session) == ["theirs"]


def test_a_decision_on_a_text_that_was_changed_since_is_not_acted_on(editor: FlaskClient, session: Session) -> None:
    _, guid = open_conflict(session)
    page = editor.get(LIST_PAGE).text
    edit(session, guid, answer="Edited once more.")
    answer = send(editor, LIST_PAGE, page, take="theirs")
    assert "have changed since you saw them" in editor.get(answer.location).text
    assert card(session, guid).answer == "Edited once more."
    assert decided(session) == [None]


def test_sending_twice_decides_once(editor: FlaskClient, session: Session) -> None:
    _, guid = open_conflict(session)
    page = editor.get(LIST_PAGE).text
    send(editor, LIST_PAGE, page, take="theirs")
    assert card(session, guid).answer == THEIRS
    edit(session, guid, answer="Edited after.")
    send(editor, LIST_PAGE, page, take="theirs")
    assert card(session, guid).answer == "Edited after."


@pytest.mark.parametrize("take", ["later", "same", "nonsense", ""])
def test_what_is_no_answer_leaves_it_open(editor: FlaskClient, session: Session, take: str) -> None:
    open_conflict(session)
    answer = send(editor, LIST_PAGE, editor.get(LIST_PAGE).text, take=take)
    assert answer.status_code == 303
    assert decided(session) == [None]


def test_a_merged_text_that_cannot_be_is_kept_and_explained(editor: FlaskClient, session: Session) -> None:
    guid, _ = open_conflict(session)
    page = editor.get(LIST_PAGE).text
    refused = send(editor, LIST_PAGE, page, take="merged", answer="Typed \x07 here")
    assert refused.status_code == 422
    assert "control character" in refused.text
    assert fields(refused.text)[f"{guid}-take"] == "merged"
    assert decided(session) == [None]


def test_names_that_are_not_there_change_nothing(editor: FlaskClient, session: Session) -> None:
    open_conflict(session)
    token = fields(editor.get(LIST_PAGE).text)["csrf_token"]
    form = {"csrf_token": token, "nothing-take": "same", "nothing-seen": "x", "-take": "ours", "\0-take": "same"}
    answer = editor.post(LIST_PAGE, data=form)
    assert answer.status_code == 303
    assert "is no longer there" in editor.get(answer.location).text
    assert decided(session) == [None]
    assert editor.get("/edit/questions?deck=%00&source=nothing&import=x&page=0").status_code == 200


def test_decisions_are_asked_for_a_deck_a_source_or_an_import(editor: FlaskClient, session: Session) -> None:
    open_conflict(session)
    deck = session.scalars(select(Deck)).one()
    collection = Collection(slug="notes", title="notes", created_at=LONG_AGO)
    session.add(collection)
    session.flush()
    deck.collection_id = collection.id
    session.add(Source(name="notes", url="https://example.org/notes", collection_id=collection.id, created_at=LONG_AGO))
    session.commit()
    waits = "1 question waits for you."
    for wanted, there in (
        ("deck=python", True),
        ("deck=other", False),
        ("source=notes", True),
        ("source=other", False),
        ("import=other", False),
    ):
        assert (waits in editor.get(f"{LIST_PAGE}?{wanted}").text) == there, wanted
    sources = editor.get("/edit/sources").text
    assert 'href="/edit/questions?source=notes"' in sources
    answer = send(editor, f"{LIST_PAGE}?source=notes", editor.get(f"{LIST_PAGE}?source=notes").text, take="ours")
    assert answer.location.endswith("?source=notes")


def test_many_are_asked_page_by_page(editor: FlaskClient, session: Session) -> None:
    names = [f"What is number {number}?" for number in range(12)]
    bring_in(session, document(*names))
    for name in names:
        edit(session, guids(session)[name], answer="Ours.")
    bring_in(session, document(*names, **dict.fromkeys(names, "Theirs.")))
    first, second = editor.get(LIST_PAGE).text, editor.get(f"{LIST_PAGE}?page=2").text
    assert first.count("<fieldset") == 10
    assert second.count("<fieldset") == 2
    assert "Page 1 of 2" in first
    assert editor.get(f"{LIST_PAGE}?page=99").text.count("<fieldset") == 2


def test_only_editors_decide(learner: FlaskClient, session: Session) -> None:
    guid, card_guid = open_conflict(session)
    assert guid not in learner.get(LIST_PAGE).text, "a learner decides about decks of their own alone"
    page = learner.get("/settings").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    learner.post(LIST_PAGE, data={"csrf_token": token, f"{guid}-take": "theirs"})
    assert card(session, card_guid).answer == OURS
    assert HASH in guids(session)
    assert LIST in guids(session)
