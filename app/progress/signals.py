"""How cards do with all who learn them, for editors: what is missed, forgotten again and again, slow, doubted or unanswered.

Numbers are of many people or none: below `LEAST_REVIEWS` reviews by `LEAST_LEARNERS` learners a card says nothing, and is
not even sorted by what it would say.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, Deck, Event, Suggestion
from app.scheduling.state import LEECH_LAPSES
from app.web.access import editable
from app.web.sessions import Viewer

DAYS = 90
"""How far back reviews are looked at."""
LEAST_REVIEWS, LEAST_LEARNERS = 5, 3
PAGE = 50
Signal = Literal["missed", "leeches", "time", "suggestions", "drafts"]
SIGNALS: tuple[Signal, ...] = ("missed", "leeches", "time", "suggestions", "drafts")
OFTEN = 0.25
"""The share of missed reviews from which on a card wants a look."""


@dataclass(frozen=True, slots=True)
class Line:
    """A card and its signals; None where too few people answered to say."""

    guid: str
    number: int
    question_text: str
    deck_slug: str
    deck_title: str
    draft: bool
    reviews: int | None
    missed: float | None
    """The share of due reviews graded below 3."""
    leeches: int | None
    """How many learners forgot it so often that it is a leech for them."""
    seconds: float | None
    """The median from question to grade."""
    suggestions: int
    """Those that wait for an editor."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The cards that have a signal, the strongest first: `total` on `pages` pages, of which this is `page`."""

    lines: tuple[Line, ...]
    total: int
    page: int
    pages: int


def signals(session: Session, viewer: Viewer, signal: Signal, *, today: date, deck: str = "", page: int = 1) -> Signals:
    """The cards that this person may edit and that have a signal; of the deck with slug `deck` ("": all)."""
    since = date.fromordinal(today.toordinal() - DAYS)
    found = _cards(signal, since, _there(viewer, deck))
    strongest = found.order_by(found.selected_columns.strength.desc(), Deck.title, Deck.id, Card.position)
    rows = session.execute(strongest.offset((page - 1) * PAGE).limit(PAGE)).all()
    if page > 1 and not rows:
        return signals(session, viewer, signal, today=today, deck=deck)
    total = rows[0].total if rows else 0
    medians = _medians_of(session, since, [row.id for row in rows if row.reviews is not None])
    return Signals(tuple(_line(row, medians) for row in rows), total, page, max(1, -(-total // PAGE)))


def having(signal: Signal, viewer: Viewer, *, today: date) -> Select[int]:
    """The ids of the cards that have a signal; of missed ones, those that are missed `OFTEN`."""
    found = _cards(signal, date.fromordinal(today.toordinal() - DAYS), _there(viewer, "")).subquery()
    return select(found.c.id).where(found.c.strength >= (OFTEN if signal == "missed" else 0))


def decks(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Slug and title of the decks that this person may edit, by title."""
    rows = session.execute(
        select(Deck.slug, Deck.title).where(editable(viewer), Deck.archived_at.is_(None)).order_by(Deck.title, Deck.id)
    )
    return [(row.slug, row.title) for row in rows]


def _there(viewer: Viewer, deck: str) -> ColumnElement[bool]:
    living = and_(Card.archived_at.is_(None), Card.merged_into_id.is_(None), Deck.archived_at.is_(None))
    return and_(living, editable(viewer), *([Deck.slug == deck] if deck else []))


def _cards(signal: Signal, since: date, there: ColumnElement[bool]) -> Select[Any]:
    reviews, leeches, waiting = _reviews(since), _leeches(), _waiting()
    enough = and_(reviews.c.reviews >= LEAST_REVIEWS, reviews.c.learners >= LEAST_LEARNERS)
    missed = case((enough, reviews.c.missed * 1.0 / reviews.c.reviews))
    forgotten = case((and_(enough, leeches.c.learners >= LEAST_LEARNERS), leeches.c.leeches))
    suggested = func.coalesce(waiting.c.waiting, 0)
    found = (
        select(
            Card.id,
            Card.guid,
            Card.position,
            Card.question_text,
            Card.draft,
            Deck.slug,
            Deck.title,
            case((enough, reviews.c.reviews)).label("reviews"),
            missed.label("missed"),
            forgotten.label("leeches"),
            suggested.label("suggestions"),
            func.count().over().label("total"),
        )
        .select_from(Card)
        .join(Deck, Deck.id == Card.deck_id)
        .outerjoin(reviews, reviews.c.card_id == Card.id)
        .outerjoin(leeches, leeches.c.card_id == Card.id)
        .outerjoin(waiting, waiting.c.card_id == Card.id)
        .where(there)
    )
    if signal == "time":
        medians = _medians(since)
        found = found.join(medians, medians.c.card_id == Card.id).where(enough)
        return found.add_columns(medians.c.milliseconds.label("strength"))
    strength: dict[Signal, Any] = {
        "missed": missed,
        "leeches": forgotten,
        "suggestions": suggested,
        "drafts": case((Card.draft, 1), else_=0),
    }
    return found.add_columns(strength[signal].label("strength")).where(strength[signal] > 0)


def _root() -> tuple[Any, ColumnElement[int]]:
    """Cards as the log names them, and the card that answers for each: one that was joined to another counts there."""
    card = aliased(Card)
    return card, func.coalesce(card.merged_into_id, card.id)


def _due(since: date) -> ColumnElement[bool]:
    """Reviews of cards that were due: first answers and repeats of the same day say nothing of a card."""
    return and_(Event.kind == "review", Event.live, Event.counted, Event.was_due, Event.study_day >= since)


def _reviews(since: date) -> Subquery:
    card, root = _root()
    return (
        select(
            root.label("card_id"),
            func.count().label("reviews"),
            func.count(Event.user_id.distinct()).label("learners"),
            func.count().filter(Event.grade < 3).label("missed"),
        )
        .join(card, card.id == Event.card_id)
        .where(_due(since))
        .group_by(root)
        .subquery()
    )


def _leeches() -> Subquery:
    return (
        select(
            CardState.card_id,
            func.count().label("learners"),
            func.count().filter(CardState.lapses >= LEECH_LAPSES).label("leeches"),
        )
        .group_by(CardState.card_id)
        .subquery()
    )


def _waiting() -> Subquery:
    return (
        select(Suggestion.card_id, func.count().label("waiting"))
        .where(Suggestion.state == "waiting")
        .group_by(Suggestion.card_id)
        .subquery()
    )


def _medians(since: date, card_ids: list[int] | None = None) -> Subquery:
    """The median time of each card. SQLite has no such aggregate: the middle one, or two, of the times in their order."""
    card, root = _root()
    timed = select(
        root.label("card_id"),
        Event.elapsed_ms,
        func.row_number().over(partition_by=root, order_by=Event.elapsed_ms).label("place"),
        func.count().over(partition_by=root).label("times"),
    ).join(card, card.id == Event.card_id)
    timed = timed.where(_due(since), Event.elapsed_ms.is_not(None))
    if card_ids is not None:
        timed = timed.where(root.in_(card_ids))
    some = timed.subquery()
    middle = and_(some.c.place * 2 >= some.c.times, some.c.place * 2 <= some.c.times + 2)
    return (
        select(some.c.card_id, func.avg(some.c.elapsed_ms * 1.0).label("milliseconds"))
        .where(middle)
        .group_by(some.c.card_id)
        .subquery()
    )


def _medians_of(session: Session, since: date, card_ids: list[int]) -> dict[int, float]:
    if not card_ids:
        return {}
    return {row.card_id: float(row.milliseconds) for row in session.execute(select(_medians(since, card_ids)))}


def _line(row: Any, medians: dict[int, float]) -> Line:
    return Line(
        guid=row.guid,
        number=row.position + 1,
        question_text=row.question_text,
        deck_slug=row.slug,
        deck_title=row.title,
        draft=row.draft,
        reviews=row.reviews,
        missed=None if row.missed is None else float(row.missed),
        leeches=row.leeches,
        seconds=medians[row.id] / 1000 if row.id in medians else None,
        suggestions=row.suggestions,
    )
