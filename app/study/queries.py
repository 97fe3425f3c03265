"""What a learner has to study: today's plan over the decks they chose, and what was done of it already."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, DeckChoice, Event
from app.scheduling.queue import Done, Due, Limits, New, Plan, Waiting, make_plan
from app.scheduling.study_day import study_day
from app.web.access import readable
from app.web.sessions import Viewer


@dataclass(frozen=True, slots=True)
class ChosenDeck:
    """A deck that a learner studies. Their decks take turns in the order they were chosen."""

    id: int
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Today:
    """A learner's day: the `decks` they chose, what is left (`plan`), and what is `done` in each deck, by its id.

    `done` spans all decks; `plan` those that were asked for. The limits hold for all decks together.
    """

    study_day: date
    decks: tuple[ChosenDeck, ...]
    plan: Plan
    done: Mapping[int, Done]

    def answered(self, decks: Collection[int] | None = None) -> int:
        """How many cards of these decks (None: all) were answered today; repeats are not counted again."""
        return sum(one.new + one.reviews for deck, one in self.done.items() if decks is None or deck in decks)


def study_day_of(viewer: Viewer, now: datetime) -> date:
    """The study day that `now` is for this learner."""
    return study_day(now, viewer.zone, viewer.rollover_hour)


def studyable() -> ColumnElement[bool]:
    """Cards that are asked: neither draft, nor archived, nor joined to another. A condition on `Card`."""
    return and_(Card.draft.is_(False), Card.archived_at.is_(None), Card.merged_into_id.is_(None))


def chosen_decks(session: Session, viewer: Viewer) -> tuple[ChosenDeck, ...]:
    """The decks that this learner studies and may read, in the order they were chosen."""
    rows = session.execute(
        select(Deck.id, Deck.slug, Deck.title)
        .join(DeckChoice, DeckChoice.deck_id == Deck.id)
        .where(DeckChoice.user_id == viewer.id, readable(viewer))
        .order_by(DeckChoice.chosen_at, Deck.id)
    )
    return tuple(ChosenDeck(*row) for row in rows)


def today_plan(
    session: Session,
    viewer: Viewer,
    now: datetime,
    decks: Collection[int] | None = None,
    *,
    chosen: tuple[ChosenDeck, ...] | None = None,
) -> Today:
    """What is left of this learner's study day at `now`, in the chosen decks with these ids (None: in all of them).

    `chosen` are the decks they study, where they have been read already.
    """
    today = study_day_of(viewer, now)
    chosen = chosen_decks(session, viewer) if chosen is None else chosen
    done = done_on(session, viewer.id, today)
    limits = Limits(viewer.new_per_day, viewer.reviews_per_day)
    waiting, due = _begun(session, viewer.id, [deck.id for deck in chosen], today)
    new_left = limits.new_per_day - sum(one.new for one in done.values())
    new = _fresh(session, viewer.id, [deck.id for deck in chosen], new_left)
    plan = make_plan(today, waiting=waiting, due=due, new=new, limits=limits, done=done, decks=decks)
    return Today(today, chosen, plan, done)


def done_on(session: Session, user_id: int, day: date) -> dict[int, Done]:
    """What counts against the limits of a study day, by deck: new cards begun, and first reviews of due ones."""
    rows = session.execute(
        select(
            Card.deck_id,
            func.count().filter(Event.interval_before.is_(None)).label("new"),
            func.count().filter(Event.interval_before.is_not(None)).label("reviews"),
        )
        .join(Card, Card.id == Event.card_id)
        .where(Event.user_id == user_id, Event.study_day == day, Event.counted)
        .group_by(Card.deck_id)
    )
    return {row.deck_id: Done(row.new, row.reviews) for row in rows}


def _begun(session: Session, user_id: int, decks: list[int], today: date) -> tuple[list[Waiting], list[Due]]:
    """The cards reviewed before that come today: those that wait to be repeated, and those that are due."""
    mine = CardState.user_id == user_id
    rows: Any = session.execute(
        select(CardState.card_id, Card.deck_id, CardState.due, CardState.repeat_at, CardState.repeat_day)
        .join(Card, Card.id == CardState.card_id)
        .where(
            or_(and_(mine, CardState.due <= today), and_(mine, CardState.repeat_day >= today)),
            Card.deck_id.in_(decks),
            studyable(),
        )
    )
    waiting: list[Waiting] = []
    due: list[Due] = []
    for row in rows:
        if row.repeat_day is not None and row.repeat_day >= today:
            waiting.append(Waiting(row.card_id, row.deck_id, row.repeat_at))
        else:
            due.append(Due(row.card_id, row.deck_id, row.due))
    return waiting, due


def _fresh(session: Session, user_id: int, decks: list[int], limit: int) -> list[New]:
    """The first `limit` cards of each deck that were never reviewed, or not since the learner started them over."""
    if limit <= 0 or not decks:
        return []
    place = func.row_number().over(partition_by=Card.deck_id, order_by=(Card.position, Card.id)).label("place")
    unseen = (
        select(Card.id, Card.deck_id, Card.position, place)
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == user_id))
        .where(Card.deck_id.in_(decks), studyable(), CardState.due.is_(None))
        .subquery()
    )
    order = {deck: number for number, deck in enumerate(decks)}
    rows = session.execute(select(unseen.c.id, unseen.c.deck_id, unseen.c.position).where(unseen.c.place <= limit))
    return [New(row.id, row.deck_id, order[row.deck_id], row.position) for row in rows]
