"""What a learner has done and remembers, added up by the database. Nothing here changes anything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, extract, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, Deck, DeckChoice, DeckHour, DeckStudied, Event, Rest, StudyHour
from app.db.models.study_hour import digest_of
from app.library.queries import studyable, unsuspended
from app.scheduling.state import LEECH_LAPSES, MATURE_INTERVAL
from app.scheduling.statistics import GRADES, LONGEST_ANSWER_MS, Tally, Totals, hour_of, of_one_day
from app.web.access import readable
from app.web.sessions import Viewer

PAGE = 20
"""Answers on one page of the list."""
PASSED = 3
"""The lowest grade that recalls the card."""
HARDEST = 10
"""So many of the hardest cards are listed."""
_SUMS = (
    "cards",
    *(f"grade_{grade}" for grade in range(GRADES)),
    *("elapsed", "timed", "young_passed", "young", "mature_passed", "mature", "learned"),
)
"""The columns of sums, in the order in which `_totals` takes them."""


class _Mastery:
    """What follows from how well cards are known; whoever inherits it holds the numbers."""

    __slots__ = ()
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
class StudiedDeck(_Mastery):
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


@dataclass(frozen=True, slots=True)
class Section(_Mastery):
    """A section of a deck by its headings, outermost first, and where its cards stand, as in `StudiedDeck`."""

    path: tuple[str, ...]
    cards: int
    learning: int
    young: int
    mature: int


@dataclass(frozen=True, slots=True)
class HardCard:
    """A card that was forgotten `lapses` times; `ease` in hundredths, `reviews` with repeats."""

    guid: str
    question: str
    deck_slug: str
    lapses: int
    ease: int
    reviews: int

    @property
    def leech(self) -> bool:
        """Forgotten so often that the card itself may be at fault."""
        return self.lapses >= LEECH_LAPSES


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
    living: bool
    """Not archived."""


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


def totals_by_hour(
    session: Session, user_id: int, first: date, last: date, *, deck_id: int | None = None
) -> dict[tuple[date, int], Totals]:
    """What was done from `first` to `last`, by study day and hour of the learner's clock, in one deck or in all."""
    table = _sums_kept(session, user_id, deck_id)
    if table is not None:
        kept = select(table.c.study_day, table.c.hour, *(table.c[name] for name in _SUMS)).where(
            _mine(table, user_id, deck_id), table.c.study_day >= first, table.c.study_day <= last
        )
        return {(day, hour): _totals(sums) for day, hour, *sums in session.execute(kept) if any(sums)}
    found: defaultdict[tuple[date, int], list[Totals]] = defaultdict(list)
    statement = _answered().where(Event.user_id == user_id, Event.study_day >= first, Event.study_day <= last)
    for day, zone, at, *sums in session.execute(_of_deck(statement, deck_id)):
        found[day, hour_of(at, zone)].append(_totals(sums))
    return {key: of_one_day(parts) for key, parts in found.items()}


def days_studied(session: Session, user_id: int, *, deck_id: int | None = None) -> tuple[date, ...]:
    """Every study day with an answer, in order."""
    table = _sums_kept(session, user_id, deck_id)
    if table is not None:
        answers = sum((table.c[f"grade_{grade}"] for grade in range(1, GRADES)), table.c.grade_0)
        kept = select(table.c.study_day).where(_mine(table, user_id, deck_id), answers > 0)
        return tuple(session.scalars(kept.distinct().order_by(table.c.study_day)))
    statement = select(Event.study_day).where(_answers(user_id)).distinct().order_by(Event.study_day)
    return tuple(session.scalars(_of_deck(statement, deck_id)))


def _sums_kept(session: Session, user_id: int, deck_id: int | None) -> Any:
    """The table with the sums; None where those of the deck are of other cards than it has now."""
    if deck_id is None:
        return StudyHour.__table__
    there = select(func.count(), func.coalesce(func.sum(digest_of(Card.id)), 0)).select_from(CardState)
    there = there.join(Card, Card.id == CardState.card_id).where(CardState.user_id == user_id, Card.deck_id == deck_id)
    mine = DeckStudied.user_id == user_id, DeckStudied.deck_id == deck_id
    kept = session.execute(select(DeckStudied.cards, DeckStudied.digest).where(*mine)).one_or_none()
    return DeckHour.__table__ if tuple(kept or (0, 0)) == tuple(session.execute(there).one()) else None


def _mine(table: Any, user_id: int, deck_id: int | None) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = table.c.user_id == user_id
    return mine if deck_id is None else and_(mine, table.c.deck_id == deck_id)


def recalled_by_deck(session: Session, user_id: int, since: date) -> Mapping[int, Tally]:
    """True retention from `since` on, by the id of the deck."""
    passed = _count(Event.grade >= PASSED)
    statement = (
        select(Card.deck_id, passed.label("passed"), func.count().label("total"))
        .select_from(Event)
        .join(Card, Card.id == Event.card_id)
        .where(Event.user_id == user_id, Event.study_day >= since, Event.was_due, Event.live)
        .group_by(Card.deck_id)
    )
    return {row.deck_id: Tally(row.passed, row.total) for row in session.execute(statement)}


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


def memory(session: Session, user_id: int, *, deck_id: int | None = None) -> list[tuple[int, int, int]]:
    """How many learned cards have which interval (days) and ease (hundredths): (interval, ease, cards)."""
    columns = (CardState.interval, CardState.ease)
    statement = select(*columns, func.count().label("cards")).where(CardState.repetitions >= 1).group_by(*columns)
    rows = session.execute(_states(statement, user_id, deck_id))
    return [(row.interval, row.ease, row.cards) for row in rows]


def hardest(session: Session, viewer: Viewer, *, deck_id: int | None = None) -> tuple[tuple[HardCard, ...], int]:
    """The cards forgotten most often, then those of the lowest ease; and how many cards in all are leeches."""
    leeches = func.sum(case((CardState.lapses >= LEECH_LAPSES, 1), else_=0)).over().label("leeches")
    found = (
        select(CardState.card_id, CardState.lapses, CardState.ease, CardState.reviews, leeches)
        .where(CardState.lapses > 0, readable(viewer))
        .order_by(CardState.lapses.desc(), CardState.ease, CardState.card_id)
        .limit(HARDEST)
    )
    # the texts of these few alone: not those of all cards, carried through the sorting
    few = _states(found, viewer.id, deck_id).subquery()
    statement = (
        select(few.c.leeches, Card.guid, Card.question_text, Deck.slug, few.c.lapses, few.c.ease, few.c.reviews)
        .join(Card, Card.id == few.c.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .order_by(few.c.lapses.desc(), few.c.ease, Card.id)
    )
    rows = session.execute(statement).all()
    return tuple(HardCard(*row[1:]) for row in rows), rows[0][0] if rows else 0


def sections_of(session: Session, user_id: int, deck_id: int) -> tuple[Section, ...]:
    """Where the cards of each section of a deck stand, in the order of the deck; its cards outside of all come first."""
    begun = CardState.due.is_not(None)
    learned = and_(begun, CardState.repetitions >= 1)
    path = cast(Card.section, Text).label("path")
    rows = session.execute(
        select(
            path,
            func.count().label("cards"),
            _count(and_(begun, CardState.repetitions == 0)).label("learning"),
            _count(and_(learned, CardState.interval < MATURE_INTERVAL)).label("young"),
            _count(and_(learned, CardState.interval >= MATURE_INTERVAL)).label("mature"),
        )
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == user_id))
        .where(Card.deck_id == deck_id, studyable())
        .group_by(path)
        .order_by(func.min(Card.position))
    )
    return tuple(Section(tuple(json.loads(row.path)), row.cards, row.learning, row.young, row.mature) for row in rows)


def reviews(
    session: Session, viewer: Viewer, *, before: int | None = None, deck_id: int | None = None
) -> list[ReviewRow]:
    """The latest answers, `PAGE` and one more; `before` is the id of the event that the page before ended with.

    By study day first, which an index has: what was brought from elsewhere has a higher id than what came after it.
    """
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
            Card.archived_at.is_(None),
        )
        .join(Card, Card.id == Event.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(_answers(viewer.id), readable(viewer))
        .order_by(Event.study_day.desc(), Event.answered_at.desc(), Event.id.desc())
        .limit(PAGE + 1)
    )
    if deck_id is not None:
        statement = statement.where(Card.deck_id == deck_id)
    if before is not None:
        last = aliased(Event)
        day, at = (
            select(column).where(last.user_id == viewer.id, last.id == before).scalar_subquery()
            for column in (last.study_day, last.answered_at)
        )
        sooner = or_(Event.answered_at < at, and_(Event.answered_at == at, Event.id < before))
        statement = statement.where(Event.study_day <= day, or_(Event.study_day < day, sooner))
    rows: Any = session.execute(statement)
    return [ReviewRow(*row) for row in rows]


def _answered() -> Select[*tuple[Any, ...]]:
    """What live events add up to, by study day and quarter of an hour: no zone is off by less.

    Columns: the day, the learner's zone at that time, an instant of that quarter, and then those of `_SUMS`.
    """
    review = Event.kind == "review"
    mature = func.coalesce(Event.interval_before, 0) >= MATURE_INTERVAL
    passed = func.coalesce(Event.grade, 0) >= PASSED
    elapsed = case((Event.elapsed_ms > LONGEST_ANSWER_MS, LONGEST_ANSWER_MS), else_=func.coalesce(Event.elapsed_ms, 0))
    before = func.coalesce(Event.repetitions_before, 0) >= 1
    after = case((review, passed), else_=func.coalesce(Event.seed_repetitions, 0) >= 1)
    changes = or_(Event.counted, Event.kind == "seed")
    hour, minute = extract("hour", Event.answered_at), extract("minute", Event.answered_at)
    return (
        select(
            Event.study_day,
            Event.zone,
            func.min(Event.answered_at),
            # from here on as `_SUMS` has them
            _count(Event.counted),
            *(_count(Event.grade == grade) for grade in range(GRADES)),
            func.sum(elapsed),
            _count(and_(review, Event.elapsed_ms.is_not(None))),
            _count(and_(Event.was_due, ~mature, passed)),
            _count(and_(Event.was_due, ~mature)),
            _count(and_(Event.was_due, mature, passed)),
            _count(and_(Event.was_due, mature)),
            _count(and_(changes, after, ~before)) - _count(and_(changes, ~after, before)),
        )
        .where(or_(review, Event.kind == "seed"), Event.live)
        .group_by(Event.study_day, Event.zone, func.date(Event.answered_at), hour, minute - minute % 15)
    )


def _totals(sums: Sequence[Any]) -> Totals:
    cards, *grades, elapsed, timed, young_passed, young, mature_passed, mature, learned = sums
    answers = sum(grades)
    return Totals(
        cards=cards,
        answers=answers,
        elapsed_ms=int(elapsed),
        young=Tally(young_passed, young),
        mature=Tally(mature_passed, mature),
        days=int(answers > 0),
        grades=tuple(grades),
        timed=timed,
        learned=learned,
    )


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
