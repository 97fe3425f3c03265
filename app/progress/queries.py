"""What a learner has done and remembers, added up by the database. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, DeckChoice, Event, Rest
from app.library.queries import studyable, unsuspended
from app.scheduling.state import MATURE_INTERVAL
from app.scheduling.statistics import LONGEST_ANSWER_MS, Tally, Totals
from app.web.access import readable
from app.web.sessions import Viewer

PAGE = 20
"""Answers on one page of the list."""
PASSED = 3
"""The lowest grade that recalls the card."""


@dataclass(frozen=True, slots=True)
class StudiedDeck:
    """A deck that this learner chose or has answered, and where its cards stand.

    `learning`: begun, and not learned now; `young`: learned, interval below 21 days; `mature`: from 21 days on.
    """

    id: int
    slug: str
    title: str
    cards: int
    learning: int
    young: int
    mature: int

    @property
    def learned(self) -> int:
        """Young and mature together."""
        return self.young + self.mature

    @property
    def new(self) -> int:
        """Never reviewed."""
        return max(0, self.cards - self.learning - self.learned)


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One answer in the list: when, which card, its grade, and the interval (days) before and after it.

    `interval_before` is None for a card never reviewed until then. A repeat of the same day changes no interval.
    """

    id: int
    answered_at: datetime
    study_day: date
    grade: int
    counted: bool
    interval_before: int | None
    interval_after: int | None
    question: str
    deck_slug: str
    deck_title: str
    card_guid: str


def decks_of(session: Session, viewer: Viewer) -> tuple[StudiedDeck, ...]:
    """The decks that a learner chose or has a state in, and may read, by title."""
    mine = and_(CardState.card_id == Card.id, CardState.user_id == viewer.id)
    begun = CardState.due.is_not(None)
    learned = and_(begun, CardState.repetitions >= 1)
    counted = (
        select(
            Card.deck_id,
            func.count().label("cards"),
            _count(and_(begun, CardState.repetitions == 0)).label("learning"),
            _count(and_(learned, CardState.interval < MATURE_INTERVAL)).label("young"),
            _count(and_(learned, CardState.interval >= MATURE_INTERVAL)).label("mature"),
        )
        .outerjoin(CardState, mine)
        .where(studyable())
        .group_by(Card.deck_id)
        .subquery()
    )
    chosen = select(DeckChoice.deck_id).where(DeckChoice.user_id == viewer.id)
    rows: Any = session.execute(
        select(Deck.id, Deck.slug, Deck.title, counted.c.cards, counted.c.learning, counted.c.young, counted.c.mature)
        .join(counted, counted.c.deck_id == Deck.id)
        .where(
            readable(viewer),
            or_(Deck.id.in_(chosen), counted.c.learning + counted.c.young + counted.c.mature > 0),
        )
        .order_by(Deck.title, Deck.id)
    )
    return tuple(StudiedDeck(*row) for row in rows)


def totals_by_day(session: Session, user_id: int, since: date, *, deck_id: int | None = None) -> Mapping[date, Totals]:
    """What was done on each study day from `since` on, in one deck or in all."""
    mature = func.coalesce(Event.interval_before, 0) >= MATURE_INTERVAL
    passed = Event.grade >= PASSED
    elapsed = case((Event.elapsed_ms > LONGEST_ANSWER_MS, LONGEST_ANSWER_MS), else_=func.coalesce(Event.elapsed_ms, 0))
    statement = (
        select(
            Event.study_day,
            _count(Event.counted).label("cards"),
            func.count().label("answers"),
            func.sum(elapsed).label("elapsed"),
            _count(and_(Event.was_due, ~mature, passed)).label("young_passed"),
            _count(and_(Event.was_due, ~mature)).label("young"),
            _count(and_(Event.was_due, mature, passed)).label("mature_passed"),
            _count(and_(Event.was_due, mature)).label("mature"),
        )
        .where(_answers(user_id), Event.study_day >= since)
        .group_by(Event.study_day)
        .order_by(Event.study_day)
    )
    return {
        row.study_day: Totals(
            cards=row.cards,
            answers=row.answers,
            elapsed_ms=int(row.elapsed),
            young=Tally(row.young_passed, row.young),
            mature=Tally(row.mature_passed, row.mature),
            days=1,
        )
        for row in session.execute(_of_deck(statement, deck_id))
    }


def days_studied(session: Session, user_id: int, *, deck_id: int | None = None) -> tuple[date, ...]:
    """Every study day with an answer, in order."""
    statement = select(Event.study_day).where(_answers(user_id)).distinct().order_by(Event.study_day)
    return tuple(session.scalars(_of_deck(statement, deck_id)))


def holidays(session: Session, user_id: int) -> list[tuple[date, date]]:
    """The first and last day of every holiday: days that break no streak."""
    return [
        (first, last) for first, last in session.execute(select(Rest.first, Rest.last).where(Rest.user_id == user_id))
    ]


def coming(
    session: Session, user_id: int, first: date, days: int, *, deck_id: int | None = None
) -> list[tuple[date, int]]:
    """Due day and interval (days) of each card that comes due on one of the `days` days from `first` on."""
    last = first + timedelta(days=days)
    due = and_(CardState.due >= first, CardState.due < last)
    statement = select(CardState.due, CardState.interval).where(due, unsuspended(user_id))
    rows = session.execute(_states(statement, user_id, deck_id))
    return [(row.due, row.interval) for row in rows]


def intervals(session: Session, user_id: int, *, deck_id: int | None = None) -> list[int]:
    """The intervals (days) of all learned cards."""
    statement = select(CardState.interval).where(CardState.repetitions >= 1)
    return list(session.scalars(_states(statement, user_id, deck_id)))


def reviews(
    session: Session, viewer: Viewer, *, before: int | None = None, deck_id: int | None = None
) -> list[ReviewRow]:
    """The latest answers, `PAGE` and one more; `before` is the id of the event that the page before ended with."""
    statement = (
        select(
            Event.id,
            Event.answered_at,
            Event.study_day,
            Event.grade,
            Event.counted,
            Event.interval_before,
            Event.interval_after,
            Card.question_text,
            Deck.slug,
            Deck.title,
            Card.guid,
        )
        .join(Card, Card.id == Event.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(_answers(viewer.id), readable(viewer))
        .order_by(Event.id.desc())
        .limit(PAGE + 1)
    )
    if deck_id is not None:
        statement = statement.where(Card.deck_id == deck_id)
    if before is not None:
        statement = statement.where(Event.id < before)
    rows: Any = session.execute(statement)
    return [ReviewRow(*row) for row in rows]


def _answers(user_id: int) -> ColumnElement[bool]:
    return and_(Event.user_id == user_id, Event.kind == "review", Event.live)


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _of_deck(statement: Select[*tuple[Any, ...]], deck_id: int | None) -> Select[*tuple[Any, ...]]:
    if deck_id is None:
        return statement
    return statement.join(Card, Card.id == Event.card_id).where(Card.deck_id == deck_id)


def _states(statement: Select[*tuple[Any, ...]], user_id: int, deck_id: int | None) -> Select[*tuple[Any, ...]]:
    """The states of cards that can be studied, in decks that are not archived."""
    statement = (
        statement.join(Card, Card.id == CardState.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(CardState.user_id == user_id, studyable(), Deck.archived_at.is_(None))
    )
    return statement if deck_id is None else statement.where(Card.deck_id == deck_id)
