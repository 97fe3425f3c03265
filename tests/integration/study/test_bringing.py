"""What one portal gave, another takes: each event once, schedules as if all had been answered here; or nothing at all."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import ContentError
from app.db.models import Card, CardState, Deck, Event, Note, Practice, User
from app.library.archives import Archive
from app.study import bringing, brought, export, service
from app.study.bringing import Room
from app.study.brought_values import Brought
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

LATER = NOW + timedelta(days=30)
ROOM = Room(5, 100)


@pytest.fixture
def learner(session: Session) -> Viewer:
    """Somebody who answered, took back, started over in practice, and has a deck of their own."""
    user = make_user(session, zone="Europe/Berlin", new_per_day=7)
    deck = make_deck(session, slug="networks")
    for name in ("perceptron", "transformer", "diffusion model"):
        make_card(
            session, deck, question=f"What is a {name}?", answer=f"A {name} is a kind of network, explained at length."
        )
    own = make_deck(session, slug="own", visibility="private", owner_id=user.id, title="Mine")
    make_card(session, own, question="What is mine?", answer="This is.")
    choose(session, user, deck, own)
    session.commit()
    learner = viewer_of(user)
    first, second, third = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.id))
    give(session, learner, first, 4)
    give(session, learner, first, 5, now=NOW + timedelta(days=1), version=1)
    undone = give(session, learner, second, 1)
    service.undo(session, viewer=learner, event=undone.event_id, now=NOW + timedelta(minutes=2))
    give(session, learner, session.scalars(select(Card).where(Card.deck_id == own.id)).one(), 5)
    session.add(
        Note(user_id=user.id, card_id=first.id, text="*Mine*", text_html="", renderer=1, version=1, saved_at=NOW)
    )
    session.add(Practice(user_id=user.id, mode="quiz", counts=False, cards=[third.id], started_at=NOW))
    session.commit()
    return learner


@pytest.fixture
def other(session: Session) -> Viewer:
    """An account with nothing in it."""
    user = make_user(session)
    session.commit()
    return viewer_of(user)


def exported(session: Session, user_id: int) -> dict[str, bytes]:
    """The documents of somebody's archive."""
    out = io.BytesIO()
    export.write_archive(session, user_id, out, now=LATER)
    session.rollback()
    archive = zipfile.ZipFile(out)
    return {name: archive.read(name) for name in archive.namelist()}


def packed(documents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in documents.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(documents: dict[str, bytes]) -> tuple[Archive, Brought]:
    archive = brought.look_through("all.zip", packed(documents))
    return archive, brought.read(archive, now=LATER)


def bring(
    session: Session, user_id: int, documents: dict[str, bytes], room: Room = ROOM, **wish: Any
) -> dict[str, Any]:
    archive, found = read(documents)
    planned = bringing.plan(session, user_id=user_id, brought=found, room=room)
    session.rollback()
    came = bringing.bring(
        session, user_id=user_id, brought=found, archive=archive, room=room, now=LATER, **({"settings": False} | wish)
    )
    session.commit()
    assert {name: came[name] for name in ("events", "reviews", "known", "lost")} == {
        name: planned[name] for name in ("events", "reviews", "known", "lost")
    }
    assert not verify(session).differences
    return came


def schedule(session: Session, user_id: int) -> list[tuple[Any, ...]]:
    """What somebody has learned, by the text of the cards."""
    columns = (Card.question_text, CardState.due, CardState.ease, CardState.interval, CardState.reviews)
    rows = select(*columns).join(CardState, CardState.card_id == Card.id).where(CardState.user_id == user_id)
    return sorted(tuple(row) for row in session.execute(rows))


def abroad(documents: dict[str, bytes]) -> dict[str, bytes]:
    """The same archive as from a portal that has other guids for everything."""
    guids = [json.loads(line)["guid"] for line in documents["cards.jsonl"].splitlines()]
    learner = json.loads(documents["learner.json"])
    guids += [deck["guid"] for deck in learner["decks"]] + [learner["source"]["account"]]
    for number, guid in enumerate(guids):
        documents = {
            name.replace(guid, f"abroad{number}"): data.replace(guid.encode(), f"abroad{number}".encode())
            for name, data in documents.items()
        }
    return documents


def test_it_comes_whole_and_only_once(session: Session, learner: Viewer, other: Viewer) -> None:
    documents = exported(session, learner.id)
    came = bring(session, other.id, documents, settings=True)
    assert (came["events"], came["reviews"], came["lost"]) == (5, 4, 0)
    assert schedule(session, other.id) == schedule(session, learner.id)
    assert session.get_one(User, other.id).new_per_day == 7
    assert session.scalar(select(func.count()).select_from(Practice).where(Practice.user_id == other.id)) == 1
    note = session.scalars(select(Note).where(Note.user_id == other.id)).one()
    assert (note.text, note.text_html.strip()) == ("*Mine*", "<p><em>Mine</em></p>")
    private = session.scalars(select(Deck).where(Deck.owner_id == other.id)).one()
    assert (private.title, private.visibility) == ("Mine", "private")

    again = bring(session, other.id, documents)
    assert (again["events"], again["known"], again["decks"], again["practice"]) == (0, 5, [], 0)
    assert session.scalar(select(func.count()).select_from(Card)) == 5
    home = bring(session, learner.id, exported(session, other.id))
    assert (home["events"], home["known"]) == (0, 5)


def test_answers_join_those_that_were_given_here(session: Session, learner: Viewer, other: Viewer) -> None:
    deck = session.scalars(select(Deck).where(Deck.slug == "networks")).one()
    choose(session, session.get_one(User, other.id), deck)
    session.commit()
    card = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.id)).first()
    assert card is not None
    give(session, other, card, 4, now=NOW + timedelta(days=8))
    bring(session, other.id, exported(session, learner.id))
    state = session.scalars(select(CardState).where(CardState.user_id == other.id, CardState.card_id == card.id)).one()
    assert (state.reviews, state.repetitions, state.interval) == (3, 3, 16)
    assert session.scalars(select(Event.id).where(Event.user_id == other.id).order_by(Event.id)).all() == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]


def test_cards_of_another_portal_are_found_by_text_and_likeness_or_become_private(
    session: Session, learner: Viewer, other: Viewer
) -> None:
    documents = abroad(exported(session, learner.id))
    documents["cards.jsonl"] = documents["cards.jsonl"].replace(
        b"What is a transformer?", b"What is a transformer network?"
    )
    documents["cards.jsonl"] = documents["cards.jsonl"].replace(
        b"A transformer is a kind", b"A transformer is one kind"
    )
    came = bring(session, other.id, documents)
    assert came["matched"] == {"guid": 0, "text": 2, "similar": 1}
    assert [deck["cards"] for deck in came["decks"]] == [1]
    assert schedule(session, other.id) == schedule(session, learner.id)
    answered = select(Event.card_id).where(Event.user_id == other.id)
    # Edited here since: none of them would be found by its text again.
    for number, card in enumerate(session.scalars(select(Card).where(Card.id.in_(answered)))):
        card.question = card.question_text = card.answer = f"{number} something else altogether"
    session.commit()
    again = bring(session, other.id, documents)
    assert (again["events"], again["decks"], again["matched"]["events"]) == (0, [], 2)


def test_what_cannot_come_is_said_and_nothing_else_is_lost(session: Session, learner: Viewer, other: Viewer) -> None:
    documents = abroad(exported(session, learner.id))
    cards = [json.loads(line) for line in documents["cards.jsonl"].splitlines()]
    cards[1] |= {"question": None, "answer": None}
    documents["cards.jsonl"] = "\n".join(map(json.dumps, cards)).encode()
    came = bring(session, other.id, documents, Room(0, 0))
    assert (came["events"], came["lost"], came["nowhere"]) == (2, 3, 1)
    assert [(deck["title"], deck["cards"]) for deck in came["no_room"]] == [("Mine", 1)]
    assert not session.scalars(select(Deck).where(Deck.owner_id == other.id)).all()


def test_somebody_elses_private_cards_are_not_reached_by_their_guids(
    session: Session, learner: Viewer, other: Viewer
) -> None:
    bring(session, other.id, exported(session, learner.id))
    theirs = session.scalars(select(Card.id).join(Deck).where(Deck.owner_id == learner.id)).one()
    assert not session.scalars(select(Event).where(Event.user_id == other.id, Event.card_id == theirs)).all()


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def line(name: str, number: int = 0, **values: Any) -> Change:
    """Put other values into a line of a document."""

    def change(documents: dict[str, bytes]) -> dict[str, bytes]:
        lines = documents[name].splitlines()
        lines[number] = json.dumps(json.loads(lines[number]) | values).encode()
        return documents | {name: b"\n".join(lines)}

    return change


def learner_json(**values: Any) -> Change:
    return lambda documents: (
        documents | {"learner.json": json.dumps(json.loads(documents["learner.json"]) | values).encode()}
    )


EVENTS, CARDS = "events.jsonl", "cards.jsonl"
BAD: dict[str, tuple[Change, str]] = {
    "a review of tomorrow": (line(EVENTS, answered_at="2027-01-01T00:00:00+00:00"), "future|study day"),
    "a day far away": (line(EVENTS, study_day="2020-01-01"), "study day far"),
    "no grade": (line(EVENTS, grade=None), "lacks what a review needs"),
    "half a grade": (line(EVENTS, grade=4.0), "whole number"),
    "true as a grade": (line(EVENTS, grade=True), "whole number"),
    "a card that is not there": (line(EVENTS, card="zzz"), "not there"),
    "a void of nothing": (line(EVENTS, 3, target=99), "takes back"),
    "an event twice": (lambda all_: all_ | {EVENTS: all_[EVENTS] + all_[EVENTS]}, "comes after"),
    "a zone that is none": (line(EVENTS, zone="Europe/Nowhere"), "time zone"),
    "an instant without offset": (line(EVENTS, answered_at="2026-03-10T12:00:00"), "no instant"),
    "NUL": (line(CARDS, question="What\0?"), "character"),
    "half a letter": (line(CARDS, answer="\ud800"), "character"),
    "a list for a text": (line(CARDS, question=["x"]), "no text"),
    "a damaged line": (lambda all_: all_ | {EVENTS: all_[EVENTS][:-9]}, "no JSON"),
    "NaN": (lambda all_: all_ | {EVENTS: all_[EVENTS].replace(b'"grade":4', b'"grade":NaN')}, "no JSON"),
    "too deep": (lambda all_: all_ | {EVENTS: b"[" * 100_000}, "no JSON"),
    "Latin-1": (lambda all_: all_ | {CARDS: all_[CARDS].replace(b"network", b"n\xe9twork")}, "UTF-8"),
    "another version": (learner_json(version=2), "version"),
    "something else": (learner_json(format="anki"), "no export"),
    "a holiday that ends before it begins": (
        learner_json(rests=[{"first": "2026-03-10", "last": "2026-03-01"}]),
        "ends before it begins",
    ),
    "no cards": (lambda all_: {name: data for name, data in all_.items() if name != CARDS}, "no export"),
    "a way out": (lambda all_: all_ | {"../evil.md": b"x"}, "leads elsewhere"),
    "a bomb": (lambda all_: all_ | {"other/x.jsonl": b"0" * 20_000_000}, "far more"),
}


def refusal(documents: dict[str, bytes]) -> str:
    """What is said of an archive; nothing where it can be read."""
    try:
        read(documents)
    except ContentError as error:
        return str(error)
    return ""


def test_a_file_that_cannot_be_is_refused_as_a_whole_and_says_where(session: Session, learner: Viewer) -> None:
    documents = exported(session, learner.id)
    found = {name: refusal(change(documents)) for name, (change, _said) in BAD.items()}
    assert {name: found[name] for name, (_change, said) in BAD.items() if not re.search(said, found[name])} == {}
    with pytest.raises(ContentError, match="zip"):
        brought.look_through("all.zip.txt", b"nothing")
    with pytest.raises(ContentError, match=r"events\.jsonl:2: .*Export it again"):
        read(line(EVENTS, 1, grade=9)(documents))


def test_rights_and_states_are_not_taken_from_it(session: Session, learner: Viewer, other: Viewer) -> None:
    documents = exported(session, learner.id)
    claimed = json.loads(documents["learner.json"])
    claimed["account"] |= {"email": "admin@example.org", "roles": ["admin"]}
    claimed["settings"] |= {"active": False, "email": "x@example.org", "password": "x"}
    documents["learner.json"] = json.dumps(claimed).encode()
    documents = line("cards.jsonl", schedule={"due": "2030-01-01", "ease": 999})(documents)
    documents = line("events.jsonl", outcome={"counted": False}, user_id=learner.id, live=False)(documents)
    before = session.execute(select(User.email, User.password, User.active).where(User.id == other.id)).one()
    bring(session, other.id, documents, settings=True)
    assert session.execute(select(User.email, User.password, User.active).where(User.id == other.id)).one() == before
    assert [role.name for role in session.get_one(User, other.id).roles] == ["learner"]
    assert schedule(session, other.id) == schedule(session, learner.id)
