"""The plan of a re-import: everything is shown before it happens, decided in the same form, applied once or made anew."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.matching import thresholds
from app.db.models import Card, CardState, Event, Import, Question, Upload
from app.library import uploads
from app.study.verify import verify
from app.web import jobs
from tests.builders import make_deck
from tests.functional.admin.conftest import hidden
from tests.functional.admin.planning import (
    NEW,
    NEW_ANSWER,
    OLD,
    OLD_ANSWER,
    OURS,
    THEIRS,
    card,
    fields,
    in_conflict,
    learned,
    planned,
    send,
)
from tests.functional.admin.test_uploads import TEXT, upload
from tests.integration.library.shelf import (
    ANSWERS,
    GIL,
    HASH,
    LATER,
    LIST,
    asked,
    bring_in,
    document,
    edit,
    guids,
    state,
)


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was found by likeness alone is taken for certain."""
    monkeypatch.setattr(thresholds, "CERTAIN", 1.1)


def words(page: str) -> str:
    """What a reader of a page reads, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def test_the_plan_shows_every_kind_of_change_and_writes_nothing(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH, GIL, "What goes?"))
    before = state(session)
    changed = "The interpreter's own memory, and nothing else."
    _, page = planned(editor, document(GIL, LIST, HASH, "What is new?", **{GIL: changed}))
    seen = words(page)
    assert "Review before applying" in seen
    assert re.search(r"new 1 changed 1 moved 1 archived 1", seen)
    assert "removed: reference counts above all" in seen
    assert "added: and nothing else" in seen
    assert "number 3 to number 1." in seen
    assert "What goes?" in seen
    assert "Show 1 new question in Python" in seen
    assert "python.md:3" in seen
    assert "Apply 3 changes" in seen
    assert state(session) == before
    assert session.scalar(select(Import.id).where(Import.id > 1)) is None


def test_applying_does_what_was_shown_and_can_be_undone_from_its_page(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    before = state(session)
    address, page = planned(editor, document(HASH, LIST, GIL))
    answer = send(editor, address, page)
    assert answer.status_code == 303
    result = editor.get(answer.location).text
    assert "1 card is added." in words(result)
    assert asked(session) == [HASH, LIST, GIL]
    undo = re.search(r'action="(/edit/imports/\w+/undo)"', result)
    assert undo
    back = editor.post(undo[1], data={"csrf_token": hidden(result, "csrf_token")}, follow_redirects=True)
    assert "The import is taken back." in back.text
    assert state(session)[: len(before)] == before
    assert asked(session) == [LIST, HASH]


def test_a_conflict_is_shown_side_by_side_and_stays_open_unless_decided(editor: FlaskClient, session: Session) -> None:
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, **{LIST: THEIRS}))
    seen = words(page)
    assert "1 conflict to settle" in re.sub(r"conflict to settle 1", "1 conflict to settle", seen)
    assert "Version 2, saved by another editor" in seen
    assert fields(page)[f"{guid}-take"] == "later"
    assert fields(page)[f"{guid}-answer"] == OURS
    answer = send(editor, address, page)
    assert card(session, guid).answer == OURS
    assert session.scalars(select(Question.decision)).all() == [None]
    assert "1 question of this import waits for an editor." in editor.get(answer.location).text


@pytest.mark.parametrize(
    ("take", "stands"), [("theirs", THEIRS), ("ours", OURS), ("merged", "Both: it is mutable,\n\nand it can grow.")]
)
def test_a_conflict_is_settled_with_the_plan(editor: FlaskClient, session: Session, take: str, stands: str) -> None:
    guid = in_conflict(session)
    text = document(LIST, HASH, **{LIST: THEIRS})
    address, page = planned(editor, text)
    sent = {"answer": stands.replace("\n", "\r\n")} if take == "merged" else {}
    assert send(editor, address, page, take=take, **sent).status_code == 303
    found = card(session, guid)
    assert (found.answer, found.base_answer) == (stands, THEIRS)
    assert session.scalars(select(Question.decision)).all() == [take]
    assert session.scalars(select(Question.decided_by_id)).one() is not None
    assert "Nothing would change" in planned(editor, text)[1]
    session.rollback()
    assert not bring_in(session, document(LIST, HASH, **{LIST: THEIRS})).changed


def test_a_question_confirmed_with_the_plan_keeps_its_learners_history(
    editor: FlaskClient, session: Session, unsure: None
) -> None:
    bring_in(session, document(OLD, HASH, **{OLD: OLD_ANSWER}))
    old = guids(session)[OLD]
    learned(session, old)
    address, page = planned(editor, document(NEW, HASH, **{NEW: NEW_ANSWER}))
    assert "1 learner keeps their history, and reads the new text." in words(page)
    assert send(editor, address, page, take="same").status_code == 303
    found = card(session, old)
    assert (found.question, found.archived_at) == (NEW, None)
    states = session.execute(select(CardState.card_id, CardState.reviews)).all()
    assert [tuple(row) for row in states] == [(found.id, 1)]
    assert not verify(session).differences


def test_another_question_is_another_card(editor: FlaskClient, session: Session, unsure: None) -> None:
    bring_in(session, document(OLD, HASH, **{OLD: OLD_ANSWER}))
    address, page = planned(editor, document(NEW, HASH, **{NEW: NEW_ANSWER}))
    send(editor, address, page, take="different")
    assert session.scalars(select(Question.decision)).all() == ["different"]
    assert asked(session) == [NEW, HASH]
    assert len(guids(session)) == 3


def test_a_plan_on_older_content_is_refused_made_anew_and_keeps_what_still_fits(
    editor: FlaskClient, session: Session
) -> None:
    bring_in(session, document(LIST, HASH, GIL))
    named = guids(session)
    for question in (LIST, HASH):
        edit(session, named[question], answer=f"Ours to {question}")
    text = document(LIST, HASH, GIL, **{LIST: THEIRS, HASH: "Theirs."})
    address, page = planned(editor, text)
    chosen = {f"{named[LIST]}-take": "theirs", f"{named[HASH]}-take": "theirs"}
    edit(session, named[HASH], answer="Edited while the plan was looked at.")
    refused = send(editor, address, page, **chosen)
    assert refused.status_code == 409
    seen = words(refused.text)
    assert "The decks were changed while you were looking" in seen
    assert "1 decision of yours is kept." in seen
    assert "1 is about texts that are no longer the same: decide it again." in seen
    assert card(session, named[LIST]).answer == f"Ours to {LIST}"
    assert session.scalars(select(Question.id)).all() == []
    again = fields(refused.text)
    assert (again[f"{named[LIST]}-take"], again[f"{named[HASH]}-take"]) == ("theirs", "later")
    assert send(editor, address, refused.text).status_code == 303
    assert card(session, named[LIST]).answer == THEIRS
    assert card(session, named[HASH]).answer == "Edited while the plan was looked at."


@pytest.mark.parametrize("mark", ["", "0" * 64, "nonsense"])
def test_a_plan_that_nobody_has_seen_is_not_applied(editor: FlaskClient, session: Session, mark: str) -> None:
    bring_in(session, document(LIST))
    address, page = planned(editor, document(LIST, HASH))
    assert send(editor, address, page, expected=mark).status_code == 409
    assert asked(session) == [LIST]


def test_sending_a_plan_twice_applies_it_once(editor: FlaskClient, session: Session) -> None:
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, GIL, **{LIST: THEIRS}))
    first = send(editor, address, page, take="theirs")
    edit(session, guid, answer="Edited after.")
    second = send(editor, address, page, take="theirs")
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert card(session, guid).answer == "Edited after."
    assert len(session.scalars(select(Import.id)).all()) == 2
    assert editor.get(address).status_code == 302


def test_two_editors_with_the_same_file_do_it_once(
    editor: FlaskClient, colleague: FlaskClient, session: Session
) -> None:
    bring_in(session, document(LIST))
    text = document(LIST, HASH)
    one, two = planned(editor, text), planned(colleague, text)
    assert send(editor, *one).status_code == 303
    assert send(colleague, *two).status_code in (303, 409)
    assert asked(session) == [LIST, HASH]
    assert len(guids(session)) == 2


def test_the_same_again_says_that_nothing_would_change(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    address, page = planned(editor, document(LIST, HASH))
    assert "Nothing would change" in page
    assert "btn primary" not in page
    preview = editor.get(address.removesuffix("/plan")).text
    assert "Compare with the deck" in preview
    assert "btn primary" not in preview


def test_the_preview_leads_to_the_plan_where_the_deck_exists(editor: FlaskClient, session: Session) -> None:
    make_deck(session, slug="graphs", title="Graphs", cards=1)
    session.commit()
    address = upload(editor, TEXT.encode()).location
    assert "See what changes" not in editor.get(address).text
    page = editor.get(address, query_string={"deck": "graphs"}).text
    assert "See what changes" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "deck": "graphs", "seen_deck": "graphs", "see": "plan"}
    led = editor.post(address, data=form)
    assert led.status_code == 303
    assert led.location.endswith("/plan?deck=graphs")
    assert "It goes into “Graphs”." in editor.get(led.location).text


def test_a_new_deck_needs_no_plan(editor: FlaskClient) -> None:
    address = upload(editor, TEXT.encode()).location
    answer = editor.get(f"{address}/plan")
    assert answer.status_code == 302
    assert answer.location == address


def test_a_merged_text_without_a_question_is_not_imported_and_not_lost(editor: FlaskClient, session: Session) -> None:
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, **{LIST: THEIRS}))
    refused = send(editor, address, page, take="merged", question=" \r\n ", answer="What I typed & more.")
    assert refused.status_code == 422
    assert "Enter a question." in refused.text
    assert fields(refused.text)[f"{guid}-answer"] == "What I typed & more."
    assert card(session, guid).answer == OURS
    assert send(editor, address, refused.text, question="And this?").status_code == 303
    found = card(session, guid)
    assert (found.question, found.answer) == ("And this?", "What I typed & more.")


@pytest.mark.parametrize("take", ["same", "nonsense", "", "later"])
def test_an_answer_that_does_not_fit_leaves_the_question_open(editor: FlaskClient, session: Session, take: str) -> None:
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, **{LIST: THEIRS}))
    assert send(editor, address, page, take=take).status_code == 303
    assert card(session, guid).answer == OURS
    assert session.scalars(select(Question.decision)).all() == [None]


def test_learners_are_asked_again_where_the_editor_wants_it(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    named = guids(session)
    learned(session, named[LIST], named[HASH])
    address, page = planned(editor, document(LIST, HASH, **{LIST: THEIRS, HASH: "Another one."}))
    assert "Ask learners again soon" in page
    other = make_deck(session, cards=1)
    stranger = session.scalars(select(Card.guid).where(Card.deck_id == other.id)).one()
    session.commit()
    _, page = planned(editor, document(LIST, HASH, **{LIST: THEIRS, HASH: "Another one."}))
    send(editor, address, page, ask_again=[named[LIST], stranger, "nothing"])
    session.rollback()
    asked_again = session.execute(
        select(Card.guid).join(Event, Event.card_id == Card.id).where(Event.kind == "reschedule")
    )
    assert [row.guid for row in asked_again] == [named[LIST]]


def test_a_long_plan_is_applied_by_a_job_with_its_decisions(
    app: Flask, editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, GIL, **{LIST: THEIRS}))
    answer = send(editor, address, page, take="theirs")
    assert answer.location.endswith("/state")
    assert card(session, guid).answer == OURS
    assert jobs.run_pending(app) == 1
    assert "1 card is added." in editor.get(answer.location).text
    assert card(session, guid).answer == THEIRS
    assert session.scalars(select(Question.decision)).all() == ["theirs"]


def test_a_job_whose_plan_became_stale_leads_back_to_it_with_the_decisions(
    app: Flask, editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, GIL, **{LIST: THEIRS}))
    state_page = send(editor, address, page, take="theirs").location
    edit(session, guids(session)[HASH], answer="Edited before the job ran.")
    jobs.run_pending(app)
    told = editor.get(state_page).text
    assert "The decks were changed since this plan was made." in told
    assert f'href="{address}"' in told
    again = editor.get(address).text
    assert fields(again)[f"{guid}-take"] == "theirs"
    send(editor, address, again)
    jobs.run_pending(app)
    assert card(session, guid).answer == THEIRS


def test_somebody_elses_plan_is_not_there(
    editor: FlaskClient, colleague: FlaskClient, learner: FlaskClient, session: Session
) -> None:
    bring_in(session, document(LIST))
    address, page = planned(editor, document(LIST, HASH))
    for other in (colleague, learner):
        assert other.get(address).status_code == 404
    form = fields(page) | {"csrf_token": hidden(colleague.get("/edit/import").text, "csrf_token")}
    assert colleague.post(address, data=form).status_code == 404
    assert editor.post(address, data={"expected": "x"}).status_code == 400
    assert asked(session) == [LIST]


def test_what_cannot_be_applied_in_full_is_not_applied_at_all(
    editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision that breaks takes the import with it: applying is one transaction."""
    guid = in_conflict(session)
    address, page = planned(editor, document(LIST, HASH, GIL, **{LIST: THEIRS}))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patched:
        patched.setattr("app.library.pending.resolve", broken)
        assert send(editor, address, page, take="theirs").status_code == 500
    assert asked(session) == [LIST, HASH]
    assert session.scalars(select(Upload.imported_at)).one() is None
    assert send(editor, address, page, take="theirs").status_code == 303
    assert card(session, guid).answer == THEIRS
    assert asked(session) == [LIST, HASH, GIL]


def test_a_card_that_returns_and_one_that_goes_say_who_has_learned_them(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    named = guids(session)
    learned(session, named[HASH])
    _, gone = planned(editor, document(LIST))
    assert "1 learner has studied this card. It leaves their queues and stays in their history." in words(gone)
    session.rollback()
    bring_in(session, document(LIST), now=LATER)
    _, back = planned(editor, document(LIST, HASH, **{HASH: "Anew."}))
    assert "1 learner has studied this card. It is in their queues again." in words(back)
    assert "removed: " + ANSWERS[HASH].split()[0] in words(back)
