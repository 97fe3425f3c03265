"""All that is a learner's comes out, in the documented form, whatever was added since."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy.orm import Session

import app.study.export
from app.db.base import Base
from app.db.models import Card, CardMark, Deck, DeckMedia, Media, Practice, PracticeAnswer, Reminder, Rest, User
from app.scheduling.state import Grade
from app.study import export, service
from app.web.sessions import Viewer
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

SCHEMA = json.loads((Path(app.study.export.__file__).parent / "export.schema.json").read_text())


def archive_of(session: Session, user_id: int) -> zipfile.ZipFile:
    """What a learner gets now."""
    out = io.BytesIO()
    export.write_archive(session, user_id, out, now=NOW)
    session.rollback()
    return zipfile.ZipFile(out)


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    """The records of a document."""
    return [json.loads(line) for line in archive.read(f"{name}.jsonl").decode().splitlines()]


@pytest.fixture
def learner(session: Session) -> Viewer:
    """Somebody with something of everything."""
    user = make_user(session, zone="Europe/Berlin", keys={"show": "x"})
    deck = make_deck(session, cards=3, slug="networks")
    own = make_deck(session, slug="own", visibility="private", owner_id=user.id, title="Mine")
    make_card(session, own, question="=What is mine?", answer="![](a/one.png)")
    hidden = make_deck(session, cards=1, visibility="members")
    choose(session, user, deck, own, hidden)
    cards = {card.question: card for card in session.query(Card).filter(Card.deck_id.in_([deck.id, own.id, hidden.id]))}
    media = Media(sha256="0" * 64, mime="image/png", size=3, content=b"png", created_at=LONG_AGO)
    session.add_all(
        [media, Reminder(user_id=user.id, daily=True, hour=7), Rest(user_id=user.id, first=NOW.date(), last=NOW.date())]
    )
    session.flush()
    session.add_all(
        [
            DeckMedia(deck_id=own.id, path="a/one.png", media_id=media.id),
            DeckMedia(deck_id=own.id, path="../x.png", media_id=media.id),
        ]
    )
    session.commit()
    learner = viewer_of(user)
    one, mine = cards["Question 2?"], cards["=What is mine?"]
    give(session, learner, one, 4)
    given = give(session, learner, one, 1, now=NOW + timedelta(days=2), version=1)
    service.undo(session, viewer=learner, event=given.event_id, now=NOW + timedelta(days=2, minutes=1))
    give(session, learner, mine, 5)
    secret = session.query(Card).filter(Card.deck_id == hidden.id).one()
    give(session, learner, secret, 5)
    hidden.visibility = "group"
    practice = Practice(
        user_id=user.id, mode="quiz", counts=False, cards=[cards["Question 3?"].id, 10**6], started_at=NOW
    )
    session.add_all([practice, CardMark(user_id=user.id, card_id=one.id, flagged_at=NOW)])
    session.flush()
    for number, undone in ((1, None), (2, 3)):
        session.add(
            PracticeAnswer(
                practice_id=practice.id,
                number=number,
                card_id=cards["Question 3?"].id,
                grade=Grade(3),
                answered_at=NOW,
                elapsed_ms=None,
                idempotency_key=f"k{number}",
                undone_before=undone,
            )
        )
    session.commit()
    return learner


def test_every_document_is_as_the_schema_says(session: Session, learner: Viewer) -> None:
    archive = archive_of(session, learner.id)
    Draft202012Validator.check_schema(SCHEMA)
    documents = {"cards": "card", "events": "event", "marks": "mark", "practice": "practice"}
    found = {definition: lines(archive, name) for name, definition in documents.items()}
    found["learner"] = [json.loads(archive.read("learner.json"))]
    for definition, records in found.items():
        assert records
        checker = Draft202012Validator(
            {**SCHEMA, "$ref": f"#/$defs/{definition}"}, format_checker=FormatChecker(["date"])
        )
        for record in records:
            checker.validate(record)
    counts = found["learner"][0]["counts"]
    assert {name: counts[name] for name in documents} == {"cards": 4, "events": 5, "marks": 1, "practice": 1}
    assert [answer["number"] for answer in found["practice"][0]["answers"]] == [1]  # the other one was taken back


def test_what_is_in_it_is_theirs_and_all_of_it(session: Session, learner: Viewer) -> None:
    other = make_user(session)
    deck = session.query(Deck).filter(Deck.slug == "networks").one()
    theirs = session.query(Card).filter(Card.deck_id == deck.id, Card.question == "Question 1?").one()
    choose(session, other, deck)
    give(session, viewer_of(other), theirs)
    archive = archive_of(session, learner.id)
    cards = {card["guid"]: card for card in lines(archive, "cards")}
    events = lines(archive, "events")
    assert [event["kind"] for event in events] == ["review", "review", "void", "review", "review"]
    assert [event["outcome"]["live"] for event in events] == [True, False, True, True, True]
    assert events[2]["target"] == events[1]["id"]
    assert len({event["origin"] for event in events}) == 5
    texts = [cards[event["card"]]["question"] for event in events]
    assert texts == ["Question 2?"] * 3 + ["=What is mine?", None]
    assert theirs.guid not in cards
    assert cards[events[0]["card"]]["schedule"]["interval"] == 1
    learned = json.loads(archive.read("learner.json"))
    assert learned["settings"]["zone"] == "Europe/Berlin"
    assert [(deck["title"], deck["own"]) for deck in learned["decks"]][:2] == [("Networks", False), ("Mine", True)]
    names = archive.namelist()
    folder = next(name for name in names if name.endswith(".md")).rpartition("/")[0]
    assert archive.read(f"{folder}/a/one.png") == b"png"
    assert not any(".." in name for name in names)
    rows = list(csv.DictReader(io.StringIO(archive.read("reviews.csv").decode())))
    assert [row["taken_back"] for row in rows] == ["0", "1", "0", "0"]
    assert rows[2]["question"] == "'=What is mine?"
    assert rows[0]["seconds"] == "4.0"
    assert rows[0]["due_after"] == "2026-03-11"


def test_no_column_of_an_account_and_no_table_of_a_person_is_forgotten() -> None:
    """Whoever adds one says whether it comes along: a setting, or why not. An unknown table comes along by itself."""
    columns = set(User.__table__.columns.keys())
    assert columns == {*export.SETTINGS, *export.NOT_SETTINGS}
    tables = set(Base.metadata.tables)
    assert {*export.WRITTEN, *export.LEFT_OUT} <= tables
    assert set(SCHEMA["$defs"]["learner"]["properties"]["settings"]["required"]) == set(export.SETTINGS)
    for table in export.others():
        assert "user_id" in table.c, f"{table.name} needs a document of its own, or a reason to be left out"
