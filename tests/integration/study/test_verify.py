"""Replaying the log gives what is stored; what does not agree is found, said and put right."""

import random
import re
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from app.cli import main
from app.db import migrate
from app.db.base import new_guid
from app.db.models import Audit, Card, CardState, DeckHour, Event, StudyHour
from app.db.session import write
from app.scheduling.state import Grade
from app.study import service, totals
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import choose, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns")


def make_class(session: Session, cards: int) -> tuple[list[Viewer], Sequence[Card]]:
    """Five learners in five zones who study one deck."""
    deck = make_deck(session, cards=cards)
    users = [make_user(session, zone=zone) for zone in ZONES]
    for user in users:
        choose(session, user, deck)
    session.commit()
    return [viewer_of(user) for user in users], session.scalars(select(Card).where(Card.deck_id == deck.id)).all()


def study(session: Session, learners: list[Viewer], cards: Sequence[Card], answers: int, seed: int) -> None:
    """Random grades of random cards over some months, with undo, redo and cards to be asked again among them."""
    chance, now, given = random.Random(seed), NOW, 0
    versions: dict[tuple[int, int], int] = {}
    latest: dict[int, int] = {}
    while given < answers:
        now += timedelta(minutes=chance.choice((1, 7, 200, 900)))
        learner, card = chance.choice(learners), chance.choice(cards)
        what = chance.random()
        if what < 0.12 and learner.id in latest:
            act = chance.choice((service.undo, service.undo, service.redo))
            act(session, viewer=learner, event=latest[learner.id], now=now)
            versions.clear()
        elif what < 0.14:
            service.ask_again(session, card_id=card.id, now=now)
            versions.clear()
            latest.clear()
        else:
            version = versions.get((learner.id, card.id), stored_version(session, learner, card))
            grade = Grade(chance.choice((0, 1, 2, 3, 4, 4, 5)))
            answered = service.answer(
                session,
                viewer=learner,
                card=card.guid,
                grade=grade,
                key=new_guid(),
                version=version,
                elapsed_ms=chance.randrange(60_000),
                now=now,
            )
            versions[learner.id, card.id] = answered.version
            latest[learner.id] = answered.event_id
            given += 1
        if given % 20 == 0:
            session.commit()
    session.commit()


def stored_version(session: Session, learner: Viewer, card: Card) -> int:
    one = select(CardState.version).where(CardState.user_id == learner.id, CardState.card_id == card.id)
    return session.scalar(one) or 0


def test_a_thousand_random_answers_of_five_learners_replay_to_what_is_stored(session: Session) -> None:
    learners, cards = make_class(session, 12)
    study(session, learners, cards, 1000, seed=20260310)
    report = verify(session)
    assert report.differences == []
    assert report.users == 5
    assert report.events >= 1000
    assert session.scalar(select(Event.id).where(Event.kind == "void").limit(1)) is not None


def test_sums_of_events_from_before_they_were_kept_are_made_by_the_migration(session: Session, engine: Engine) -> None:
    learners, cards = make_class(session, 6)
    study(session, learners, cards, 120, seed=3)
    kept = session.scalar(select(func.sum(StudyHour.grade_4)))
    session.close()
    migrate.downgrade(engine, "0017")
    migrate.upgrade(engine)
    assert session.scalar(select(func.sum(StudyHour.grade_4))) == kept
    assert verify(session).differences == []
    while totals.keep_house(session, NOW)["outdated sums of decks"]:
        session.commit()
    assert session.scalar(select(func.sum(DeckHour.grade_4))) == kept
    assert verify(session).differences == []


def spoilt(session: Session) -> None:
    """Learners whose stored states were changed behind the back of the log."""
    learners, cards = make_class(session, 4)
    study(session, learners, cards, 60, seed=7)
    write(session)
    session.execute(update(CardState).where(CardState.user_id == learners[0].id).values(due=date(2030, 1, 1)))
    session.execute(update(Event).where(Event.user_id == learners[1].id, Event.id == 1).values(lapse=True))
    spare = session.get_one(CardState, (learners[2].id, cards[0].id))
    session.delete(spare)
    session.execute(update(StudyHour).where(StudyHour.user_id == learners[3].id).values(cards=StudyHour.cards + 1))
    session.execute(update(CardState).where(CardState.user_id == learners[3].id).values(version=1))
    session.execute(delete(StudyHour).where(StudyHour.user_id == learners[4].id))
    session.execute(update(DeckHour).where(DeckHour.user_id == learners[4].id).values(timed=DeckHour.timed + 1))
    session.commit()


def test_what_differs_is_named_and_repaired_from_the_log(session: Session) -> None:
    spoilt(session)
    found = verify(session)
    said = " ".join(one.what for one in found.differences)
    assert "state: due is 2030-01-01, the log gives 202" in said
    assert "event 1: lapse is True, the log gives False." in said
    assert "events, but no state." in said
    assert "state: version is 1, but there are" in said
    assert "sums of 2026-03-1" in said
    assert "cards is 0, the log gives" in said
    assert re.search(r":00 in “deck-\w+”: timed is \d+, the log gives", said)
    facts = session.execute(select(Event.id, Event.grade, Event.answered_at).order_by(Event.user_id, Event.id)).all()
    verify(session, repair=True)
    session.commit()
    assert verify(session).differences == []
    assert (
        session.execute(select(Event.id, Event.grade, Event.answered_at).order_by(Event.user_id, Event.id)).all()
        == facts
    )


def test_a_state_without_events_is_taken_away(session: Session) -> None:
    [learner, other, *_], cards = make_class(session, 1)
    give(session, learner, cards[0])
    kept = session.get_one(CardState, (learner.id, cards[0].id))
    values = {column.name: getattr(kept, column.name) for column in CardState.__table__.columns}
    session.add(CardState(**values | {"user_id": other.id}))
    session.commit()
    assert [one.what for one in verify(session, repair=True).differences] == ["has a state, but no event."]
    session.commit()
    assert session.get(CardState, (other.id, cards[0].id)) is None


def test_the_command_says_what_differs_and_ends_with_one(
    session: Session, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEY", "test-" * 10)
    spoilt(session)
    found = CliRunner().invoke(main, ["verify"])
    assert found.exit_code == 1
    assert "state: due is 2030-01-01" in found.output
    repaired = CliRunner().invoke(main, ["verify", "--rebuild"])
    assert (repaired.exit_code, "Repaired:" in repaired.output) == (0, True)
    assert session.scalars(select(Audit.action)).all() == ["system.repair"]
    clean = CliRunner().invoke(main, ["verify"])
    assert (clean.exit_code, clean.output.startswith("All agrees: ")) == (0, True)


def test_a_log_that_cannot_be_replayed_is_left_to_a_person(session: Session, engine: Engine) -> None:
    [learner, *_], cards = make_class(session, 2)
    give(session, learner, cards[0])
    undone = give(session, learner, cards[1])
    service.undo(session, viewer=learner, event=undone.event_id, now=NOW)
    session.execute(update(Event).where(Event.user_id == learner.id, Event.kind == "void").values(card_id=cards[0].id))
    session.commit()
    report = verify(session, repair=True)
    assert report.unrepaired == 1
    assert any("cannot be replayed" in one.what for one in report.differences)
