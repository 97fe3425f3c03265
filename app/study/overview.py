"""The learner's library: what is due today and in which deck, how far they have come, what they keep missing."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, Event
from app.library.queries import DeckRow, readable_decks, studyable, unsuspended
from app.scheduling.queue import Counts, Plan
from app.scheduling.state import MATURE_INTERVAL
from app.scheduling.statistics import LONGEST_ANSWER_MS, Streak, Totals, minutes_needed, streak, usual_pace
from app.scheduling.study_day import next_rollover
from app.study.more import More, more_of
from app.study.queries import Today, limits_of, study_day_of, today_plan
from app.study.rest import rest_days, resting
from app.web.access import can, readable
from app.web.sessions import Viewer

DAY = timedelta(days=1)
MISSED_DAYS = 90
"""How far back a card counts as one that is missed again and again."""
MISSED_TIMES = 3
LEAST_BACKLOG = 20
"""Fewer overdue cards are just reviewed."""
_MISSED_SHOWN = 5
_TAGS_SHOWN = 8
_TAGS_FROM = 500
_FIRST_LOOK = 60
"""Days of history that are read for pace and streak; more only where the streak is longer."""


@dataclass(frozen=True, slots=True)
class DeckProgress:
    """A deck and how far one learner has come with it; `today` is what its part of today's plan has left.

    `learning`, `young` and `mature` count cards that are asked, as `app.scheduling.state.Stage` has them.
    """

    deck: DeckRow
    chosen: bool
    today: Counts
    learning: int = 0
    young: int = 0
    mature: int = 0
    overdue: int = 0
    """Cards due before today, suspended ones left out."""
    last_studied: date | None = None
    next_due: date | None = None
    """The first day after today on which one of its cards comes back."""

    @property
    def learned(self) -> int:
        """Cards of which a successful review stands."""
        return self.young + self.mature

    @property
    def due(self) -> int:
        """Cards to be reviewed or repeated today."""
        return self.today.reviews + self.today.waiting


@dataclass(frozen=True, slots=True)
class Coming:
    """The next study day that brings cards, and how many."""

    day: date
    cards: int


@dataclass(frozen=True, slots=True)
class Goal:
    """What the learner means to do each day, and how much of it is done today: cards, or whole `minutes`."""

    done: int
    of: int
    minutes: bool

    @property
    def percent(self) -> int:
        """How much of it is done, 100 at most."""
        return min(100, 100 * self.done // self.of)

    @property
    def reached(self) -> bool:
        """Done for today."""
        return self.done >= self.of


@dataclass(frozen=True, slots=True)
class Missed:
    """A card that was failed again and again, on so many days."""

    guid: str
    question_text: str
    deck_slug: str
    deck_title: str
    times: int


@dataclass(frozen=True, slots=True)
class Library:
    """The first page of a learner. `decks` are all they may read: the chosen ones first, in their order."""

    study_day: date
    decks: tuple[DeckProgress, ...]
    left: Counts
    answered: int
    minutes: int | None
    """What is left takes about so long at the usual pace; None where no pace is known."""
    week: tuple[tuple[date, bool], ...]
    """The last seven study days, today last, and whether there was an answer."""
    streak: Streak
    goals: tuple[Goal, ...]
    coming: Coming | None
    """Set only where nothing is left today."""
    missed: tuple[Missed, ...]
    more: More | None = None
    """What more could be had today; set only where nothing is left."""
    tags: tuple[str, ...] = ()
    """The tags that most of today's cards have."""
    new_tomorrow: frozenset[int] = frozenset()
    """The ids of the decks that may bring new cards tomorrow, if they have any."""
    backlog: int = 0
    """Overdue cards, where they are so many that spreading them is worth a thought; else 0."""

    @property
    def chosen(self) -> tuple[DeckProgress, ...]:
        """The decks that are studied."""
        return tuple(one for one in self.decks if one.chosen)

    @property
    def collections(self) -> tuple[tuple[str, str, int], ...]:
        """Collections of which several decks are studied: slug, title, and how many cards are left of today."""
        folders: dict[tuple[str, str], list[int]] = {}
        for one in self.chosen:
            if one.deck.collection_slug is not None and one.deck.collection is not None:
                folders.setdefault((one.deck.collection_slug, one.deck.collection), []).append(one.today.total)
        return tuple((*name, sum(left)) for name, left in folders.items() if len(left) > 1 and any(left))

    @property
    def others(self) -> tuple[DeckProgress, ...]:
        """The decks that are only there to read."""
        return tuple(one for one in self.decks if not one.chosen)


def library(session: Session, viewer: Viewer, *, now: datetime) -> Library:
    """Everything the library page says to this learner at `now`."""
    today = today_plan(session, viewer, now)
    decks = _progress(session, viewer, today.study_day, today.plan.by_deck(), [deck.id for deck in today.decks])
    rests = resting(session, viewer.id)
    days = studied_days(session, viewer.id, today.study_day, rests)
    left = today.plan.counts
    pace = usual_pace(days.values())
    last_week = [today.study_day - n * DAY for n in range(6, -1, -1)]
    return Library(
        study_day=today.study_day,
        decks=decks,
        left=left,
        answered=today.answered(),
        minutes=None if pace is None else minutes_needed(left.total, pace),
        week=tuple((day, day in days) for day in last_week),
        streak=streak(days, today.study_day, rests),
        goals=goals_of(viewer, days.get(today.study_day, Totals())),
        tags=_tags(session, today.plan),
        new_tomorrow=_new_tomorrow(viewer, today),
        backlog=_backlog(viewer, decks, today.study_day, days),
        coming=None if left.total else _coming(session, viewer, now),
        missed=_missed(session, viewer, today.study_day),
        more=None if left.total or not today.decks else more_of(session, viewer, now=now),
    )


def _new_tomorrow(viewer: Viewer, today: Today) -> frozenset[int]:
    """None in a holiday, nor where new cards wait for a backlog, or have a limit of 0."""
    if limits_of(viewer, today.study_day + DAY).new_per_day == 0:
        return frozenset()
    return frozenset(deck.id for deck in today.decks if deck.limits.new != 0)


def _tags(session: Session, plan: Plan) -> tuple[str, ...]:
    """The tags that most of the plan's first cards have, the most frequent first."""
    cards = [item.card_id for item in (*plan.waiting, *plan.mixed)][:_TAGS_FROM]
    found = Counter(tag for tags in session.scalars(select(Card.tags).where(Card.id.in_(cards))) for tag in tags)
    return tuple(sorted(found, key=lambda tag: (-found[tag], tag))[:_TAGS_SHOWN]) if cards else ()


def goals_of(viewer: Viewer, today: Totals) -> tuple[Goal, ...]:
    """The goals this learner has, beside what was done today."""
    wanted = ((today.cards, viewer.goal_cards, False), (today.elapsed_ms // 60_000, viewer.goal_minutes, True))
    return tuple(Goal(done, of, minutes) for done, of, minutes in wanted if of)


def deck_progress(session: Session, viewer: Viewer, *, now: datetime) -> tuple[DeckProgress, ...]:
    """The decks this learner may read: the chosen ones first, in the order they were chosen, then the others."""
    today = today_plan(session, viewer, now)
    return _progress(session, viewer, today.study_day, today.plan.by_deck(), [deck.id for deck in today.decks])


def _progress(
    session: Session, viewer: Viewer, today: date, left: Mapping[int, Counts], chosen: list[int]
) -> tuple[DeckProgress, ...]:
    states = _stages(session, viewer.id, today)
    place = {deck_id: number for number, deck_id in enumerate(chosen)}
    rows = [deck for deck in readable_decks(session, viewer) if can(viewer, "study", deck)]
    rows.sort(key=lambda deck: place.get(deck.id, len(place)))
    return tuple(
        DeckProgress(deck, deck.id in place, left.get(deck.id, Counts()), **states.get(deck.id, {})) for deck in rows
    )


def _stages(session: Session, user_id: int, today: date) -> dict[int, dict[str, Any]]:
    """What the learner's card states add up to in each deck, by its id."""
    learned = CardState.repetitions >= 1
    mature = CardState.interval >= MATURE_INTERVAL
    begun = and_(CardState.due.is_not(None), CardState.repetitions == 0)
    rows = session.execute(
        select(
            Card.deck_id,
            func.count().filter(begun).label("learning"),
            func.count().filter(and_(learned, ~mature)).label("young"),
            func.count().filter(and_(learned, mature)).label("mature"),
            func.count().filter(and_(CardState.due < today, unsuspended(user_id))).label("overdue"),
            func.max(CardState.last_study_day).label("last_studied"),
            func.min(CardState.due).filter(CardState.due > today).label("next_due"),
        )
        .join(Card, Card.id == CardState.card_id)
        .where(CardState.user_id == user_id, studyable())
        .group_by(Card.deck_id)
    )
    return {row.deck_id: {key: value for key, value in row._mapping.items() if key != "deck_id"} for row in rows}


def studied_days(
    session: Session, user_id: int, today: date, rests: Collection[tuple[date, date]] = ()
) -> dict[date, Totals]:
    """The learner's latest study days and what was done on each, as far back as their present streak reaches."""
    look = _FIRST_LOOK
    while True:
        days = _days(session, user_id, today - look * DAY)
        rested = rest_days(rests, today - look * DAY, today)
        if streak(days, today, rests).current + rested < look:
            return days
        look *= 4


def _backlog(viewer: Viewer, decks: Collection[DeckProgress], today: date, days: Mapping[date, Totals]) -> int:
    """How many cards are overdue, where that is worth a plan: more than a day may bring, or than two usual days do."""
    if viewer.holiday_from and viewer.holiday_to and viewer.holiday_from <= today <= viewer.holiday_to:
        return 0
    overdue = sum(one.overdue for one in decks if one.chosen)
    usual = usual_cards(days)
    worth = viewer.reviews_per_day if usual is None else min(viewer.reviews_per_day, max(2 * usual, LEAST_BACKLOG) - 1)
    return overdue if overdue > worth else 0


def usual_cards(days: Mapping[date, Totals]) -> int | None:
    """Cards on a usual day of study; None where there was none."""
    cards = [totals.cards for totals in days.values() if totals.cards]
    return round(median(cards)) if cards else None


def _days(session: Session, user_id: int, since: date) -> dict[date, Totals]:
    capped = case((Event.elapsed_ms > LONGEST_ANSWER_MS, LONGEST_ANSWER_MS), else_=Event.elapsed_ms)
    rows = session.execute(
        select(
            Event.study_day,
            func.count().filter(Event.counted).label("cards"),
            func.count().label("answers"),
            func.coalesce(func.sum(capped), 0).label("elapsed"),
        )
        .where(Event.user_id == user_id, Event.study_day >= since, Event.kind == "review", Event.live)
        .group_by(Event.study_day)
    )
    return {row.study_day: Totals(row.cards, row.answers, int(row.elapsed), days=1) for row in rows}


def _coming(session: Session, viewer: Viewer, now: datetime) -> Coming | None:
    """The next study day with something to study: tomorrow with its new cards, else the first with due ones."""
    tomorrow = next_rollover(now, viewer.zone, viewer.rollover_hour)
    plan = today_plan(session, viewer, tomorrow)
    if plan.plan.counts.total:
        return Coming(plan.study_day, plan.plan.counts.total)
    row = session.execute(
        select(CardState.due, func.count().label("cards"))
        .join(Card, Card.id == CardState.card_id)
        .where(
            CardState.user_id == viewer.id,
            CardState.due > study_day_of(viewer, now),
            Card.deck_id.in_([deck.id for deck in plan.decks]),
            studyable(),
            unsuspended(viewer.id),
        )
        .group_by(CardState.due)
        .order_by(CardState.due)
        .limit(1)
    ).one_or_none()
    return None if row is None or row.due is None else Coming(row.due, row.cards)


def _missed(session: Session, viewer: Viewer, today: date) -> tuple[Missed, ...]:
    """The cards failed most often of late, at the first try of a day."""
    times = func.count().label("times")
    rows = session.execute(
        select(Card.guid, Card.question_text, Deck.slug, Deck.title, times)
        .select_from(Event)
        .join(Card, Card.id == Event.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(
            Event.user_id == viewer.id,
            Event.study_day > today - MISSED_DAYS * DAY,
            Event.counted,
            Event.grade < 3,
            studyable(),
            unsuspended(viewer.id),
            readable(viewer),
        )
        .group_by(Card.id, Deck.id)
        .having(func.count() >= MISSED_TIMES)
        .order_by(times.desc(), Card.question_text)
        .limit(_MISSED_SHOWN)
    )
    return tuple(Missed(row.guid, row.question_text, row.slug, row.title, row.times) for row in rows)
