"""Learners with a history, written in bulk: what replaying their logs gives, so that `reprise verify` agrees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, String, and_, cast, insert, select, text
from sqlalchemy.orm import Session, aliased

from app.content.document import CardText
from app.db.base import new_guid
from app.db.models import Card, CardState, Deck, DeckChoice, Event, LoginSession, User
from app.db.session import write
from app.library.texts import put, render_text
from app.scheduling import sm2
from app.scheduling.replay import Event as Fact
from app.scheduling.replay import EventKind, Projection, replay
from app.scheduling.state import Grade, MemoryState
from app.scheduling.study_day import study_day
from app.study import totals
from app.study.projection import fact_columns, state_columns
from app.web.sessions import token_hash

ANSWER = """GANs train two networks against each other, VAEs learn a latent distribution.

- **Sharper images**: GAN
- **Stable training**: VAE

| Feature | GAN | VAE |
|---|---|---|
| Training | adversarial | likelihood |
"""
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner who is signed in: their id, and what the signed cookie has to hold."""

    id: int
    cookie: dict[str, Any]


TEXT = CardText("What is the difference between **GANs** and VAEs?", ANSWER, (), ("gan", "vae"), ())


def make_deck(session: Session, slug: str, cards: int, now: datetime, text: CardText = TEXT) -> list[int]:
    """A deck with so many cards, all with the same text; gives their ids, in order."""
    deck = Deck(slug=slug, title=slug.capitalize(), visibility="public", created_at=now, updated_at=now)
    session.add(deck)
    session.flush()
    card = Card(deck_id=deck.id, position=0, kind="basic", draft=False, created_at=now, updated_at=now)
    put(card, text, render_text(text))
    session.add(card)
    session.flush()
    table = Card.__table__
    own = {column.name: getattr(card, column.name) for column in table.columns if column.name not in ("id", "guid")}
    rows = [own | {"guid": new_guid(), "position": place} for place in range(1, cards)]
    _write(session.connection(), table, rows)
    return list(session.scalars(select(Card.id).where(Card.deck_id == deck.id).order_by(Card.position)))


def make_learner(session: Session, deck_id: int, now: datetime, **overrides: Any) -> Learner:
    """A learner who studies the deck and is signed in."""
    user = User(
        email=f"{new_guid()}@example.org",
        active=True,
        fs_uniquifier=new_guid() + new_guid(),
        created_at=now,
        **overrides,
    )
    session.add(user)
    session.flush()
    token = new_guid() * 2
    session.add(DeckChoice(user_id=user.id, deck_id=deck_id, chosen_at=now))
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=1),
            remembered=True,
            agent="",
            address="",
        )
    )
    session.flush()
    return Learner(
        user.id, {"sid": token, "_user_id": user.fs_uniquifier, "_fresh": True, "csrf_token": new_guid() * 2}
    )


def give_history(
    session: Session,
    learner: Learner,
    cards: list[int],
    reviews: int,
    now: datetime,
    spread: int,
    grades: Sequence[int] = (4,),
) -> None:
    """Let a learner have reviewed each card so often, with `grades` over and over; due over the last `spread` days."""
    today = study_day(now, "UTC", 4)
    logs = [_log(today - timedelta(days=days), reviews, grades) for days in range(spread)]
    events: list[dict[str, Any]] = []
    states: list[dict[str, Any]] = []
    for number, card in enumerate(cards):
        log, outcome = logs[number % spread]
        for event in log:
            facts = fact_columns(outcome.facts[event.id])
            events.append(_event_row(learner.id, number * reviews + event.id, card, event) | facts)
        keys = {"user_id": learner.id, "card_id": card, "scheduler_id": 1, "version": len(log)}
        states.append(keys | state_columns(outcome))
    _write(session.connection(), Event.__table__, events)
    _write(session.connection(), CardState.__table__, states)
    totals.rebuild(session, learner.id)


def repeat_history(session: Session, learner: Learner, deck_id: int, cards: int, reviews: int, *, spread: int) -> None:
    """Give the first `cards` cards of a deck what `give_history` gave its first `spread` ones, copied by the database.

    The sums of its hours are left to `reprise verify --rebuild`.
    """
    write(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))
    event, state, card = Event.__table__, CardState.__table__, aliased(Card.__table__)
    like = aliased(Card.__table__)
    number = card.c.position * reviews + event.c.id - like.c.position * reviews
    to_do = and_(card.c.deck_id == deck_id, card.c.position >= spread, card.c.position < cards)
    pairs = card.join(like, and_(like.c.deck_id == deck_id, like.c.position == card.c.position % spread))
    for table, own in (
        (event, {"id": number, "idempotency_key": cast(event.c.user_id, String) + "-" + cast(number, String)}),
        (state, {}),
    ):
        columns = [{**own, "card_id": card.c.id}.get(column.name, column) for column in table.columns]
        of_like = and_(table.c.card_id == like.c.id, table.c.user_id == learner.id)
        rows = select(*columns).select_from(pairs.join(table, of_like)).where(to_do)
        session.execute(insert(table).from_select([column.name for column in table.columns], rows))


def analyse(engine: Engine) -> None:
    """What PostgreSQL does by itself before long: look at how the rows are spread, so that it reads them the short way."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()


def _log(due: date, reviews: int, grades: Sequence[int]) -> tuple[list[Fact], Projection]:
    """So many reviews, each on the day the card was due, the last of which made it due on `due`."""
    state, day = MemoryState.new(), due
    gaps: list[int] = []
    given = [Grade(grades[n % len(grades)]) for n in range(reviews)]
    for grade in given:
        state = sm2.review(state, grade, day)
        gaps.append(((state.due or day) - day).days)
        day = state.due or day
    day = due - timedelta(days=sum(gaps))
    log = [_fact(n + 1, day + timedelta(days=sum(gaps[:n])), grade) for n, grade in enumerate(given)]
    return log, replay(log)


def _fact(number: int, day: date, grade: Grade) -> Fact:
    return Fact(number, EventKind.REVIEW, datetime.combine(day, time(12), UTC), day, grade=grade)


def _event_row(user: int, number: int, card: int, event: Fact) -> dict[str, Any]:
    return {
        "user_id": user,
        "id": number,
        "card_id": card,
        "kind": "review",
        "grade": int(event.grade or 0),
        "answered_at": event.answered_at,
        "received_at": event.answered_at,
        "zone": "UTC",
        "rollover_hour": 4,
        "study_day": event.study_day,
        "elapsed_ms": 9000,
        "idempotency_key": f"{user}-{number}",
        "request_hash": bytes(32),
        "device": "",
    }


def _write(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(table), rows[start : start + _BATCH])
