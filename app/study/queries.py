"""What a learner has to study: today's plan over the decks they chose, and what was done of it already.

These statements run with every answer, so each is built once and bound anew; none reads more rows than a day may bring,
however many cards a learner has.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, cast, exists, func, null, select, true
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardMark, CardState, Deck, DeckChoice, Event
from app.db.prepared import Prepared, in_one_go
from app.library.queries import studyable
from app.scheduling.queue import (
    DeckLimits,
    Done,
    Limits,
    New,
    NewOrder,
    Order,
    Plan,
    ReviewOrder,
    Waiting,
    make_plan,
)
from app.scheduling.study_day import study_day
from app.study import begun
from app.study.begun import TAGGED, Reviews, shown
from app.web.access import readable
from app.web.sessions import Viewer

NO_LIMITS = DeckLimits()
NEW_BEHIND = 50
"""The place from which a deck is searched for new cards is written down again when it is so many cards behind."""

_USER: Any = bindparam("user")
_TODAY: Any = bindparam("today")
_DECKS: Any = bindparam("decks", expanding=True)


@dataclass(frozen=True, slots=True)
class ChosenDeck:
    """A deck that a learner studies. Their decks take turns in the order they were chosen."""

    id: int
    slug: str
    title: str
    collection_id: int | None = None
    limits: DeckLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Today:
    """A learner's day: the `decks` they chose, what is left (`plan`), and what is `done` in each deck, by its id.

    `done` spans all decks; `plan` those that were asked for. The limits hold for all decks together. `behind` are the
    decks in which the search for new cards starts too far back.
    """

    study_day: date
    decks: tuple[ChosenDeck, ...]
    plan: Plan
    done: Mapping[int, Done]
    behind: tuple[int, ...] = ()

    def answered(self, decks: Collection[int] | None = None) -> int:
        """How many cards of these decks (None: all) were answered today; repeats are not counted again."""
        return sum(one.new + one.reviews for deck, one in self.done.items() if decks is None or deck in decks)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The chosen decks, the first new cards of each, and where the search for those should start from now on."""

    decks: tuple[ChosenDeck, ...]
    new: list[New]
    behind: tuple[int, ...]


def study_day_of(viewer: Viewer, now: datetime) -> date:
    """The study day that `now` is for this learner."""
    return study_day(now, viewer.zone, viewer.rollover_hour)


def chosen_decks(session: Session, viewer: Viewer) -> tuple[ChosenDeck, ...]:
    """The decks that this learner studies and may read, in the order they were chosen."""
    return _chosen(session, viewer, date.min, 0).decks


def today_plan(
    session: Session,
    viewer: Viewer,
    now: datetime,
    decks: Collection[int] | None = None,
) -> Today:
    """What is left of this learner's study day at `now`, in the chosen decks with these ids (None: in all of them)."""
    return plan_of(day_of(session, viewer, now), decks)


@dataclass(frozen=True, slots=True)
class Day:
    """All that the plan of a learner's day is made from, in all the decks they chose."""

    study_day: date
    decks: tuple[ChosenDeck, ...]
    done: Mapping[int, Done]
    waiting: list[Waiting]
    due: Reviews
    new: list[New]
    limits: Limits
    order: Order
    behind: tuple[int, ...]
    learner: int = 0


def day_of(session: Session, viewer: Viewer, now: datetime, *, tag: str = "", foremost: bool = False) -> Day:
    """Read what this learner's study day at `now` is made of; of the cards, those with a `tag` alone where one is named.

    With `foremost` the plan of the whole day may know the first cards alone, two at least, and how many there are.
    """
    today = study_day_of(viewer, now)
    done = done_on(session, viewer.id, today)
    a_day = limits_of(viewer, today)
    new_left = max(0, a_day.new_per_day - sum(one.new for one in done.values()))
    chosen = _chosen(session, viewer, today, new_left, tag)
    extra = _extra(viewer, today)
    own = {deck.id: deck.limits.raised(*extra) for deck in chosen.decks if deck.limits != NO_LIMITS}
    limits = Limits(a_day.new_per_day, a_day.reviews_per_day, own)
    order = Order(NewOrder(viewer.new_order), ReviewOrder(viewer.review_order))
    waiting, due = [], Reviews([])
    if chosen.decks:
        ids = [deck.id for deck in chosen.decks]
        with in_one_go(session):
            waits = begun.ask_waiting(session, viewer, ids, today, tag)
            dues = begun.ask_due(
                session, viewer.id, ids, today, limits, order.reviews, done, tag=tag, foremost=foremost
            )
        waiting, due = waits(), dues()
    return Day(today, chosen.decks, done, waiting, due, chosen.new, limits, order, chosen.behind, viewer.id)


def plan_of(day: Day, decks: Collection[int] | None = None) -> Today:
    """The plan of a day, of these decks (None: of all)."""
    plan = make_plan(
        day.study_day,
        waiting=day.waiting,
        due=day.due.cards,
        more_due=day.due.more,
        new=day.new,
        limits=day.limits,
        order=day.order,
        done=day.done,
        decks=decks,
        learner=day.learner,
    )
    return Today(day.study_day, day.decks, plan, day.done, day.behind)


def limits_of(viewer: Viewer, day: date) -> Limits:
    """How much a study day may bring this learner: their limits, and what they wanted more of on that day.

    A holiday brings nothing but that.
    """
    more_new, more_reviews = _extra(viewer, day)
    if viewer.holiday_from and viewer.holiday_to and viewer.holiday_from <= day <= viewer.holiday_to:
        return Limits(more_new, more_reviews)
    new = 0 if viewer.no_new_before is not None and day < viewer.no_new_before else viewer.new_per_day
    return Limits(new + more_new, viewer.reviews_per_day + more_reviews)


def _extra(viewer: Viewer, day: date) -> tuple[int, int]:
    """How many new cards and reviews more this learner wanted on this day."""
    return (viewer.extra_new, viewer.extra_reviews) if viewer.extra_on == day else (0, 0)


_DONE = Prepared(
    select(
        Card.deck_id,
        func.count().filter(Event.interval_before.is_(None)).label("new"),
        func.count().filter(Event.interval_before.is_not(None)).label("reviews"),
    )
    .join_from(Event, Card, Card.id == Event.card_id)
    .where(Event.user_id == _USER, Event.study_day == _TODAY, Event.counted)
    .group_by(Card.deck_id)
)


def done_on(session: Session, user_id: int, day: date) -> dict[int, Done]:
    """What counts against the limits of a study day, by deck: new cards begun, and first reviews of due ones."""
    rows = _DONE.all(session, {"user": user_id, "today": day})
    return {deck_id: Done(new, reviews) for deck_id, new, reviews in rows}


_START = case((DeckChoice.new_as_of == Deck.updated_at, DeckChoice.new_from), else_=0)
"""The position from which a chosen deck is searched for new cards."""


def _unbegun(*columns: Any) -> Select[Any]:
    """The cards of a chosen deck that were never reviewed, or not since the learner started them over, in order."""
    return (
        select(*columns)
        .select_from(Card)
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == DeckChoice.user_id))
        .where(Card.deck_id == DeckChoice.deck_id, Card.position >= _START, studyable(), CardState.due.is_(None))
        .order_by(Card.position, Card.id)
        .correlate(Deck, DeckChoice)
    )


def first_unbegun() -> ColumnElement[int]:
    """The position of the first card of a chosen deck that the learner has not begun; the one after the last card."""
    end = select(func.coalesce(func.max(Card.position), -1) + 1).where(Card.deck_id == DeckChoice.deck_id)
    first = _unbegun(Card.position).limit(1).scalar_subquery()
    return func.coalesce(first, end.correlate(DeckChoice).scalar_subquery())


_FAR = exists(select(Card.id).where(Card.deck_id == DeckChoice.deck_id, Card.position > _START + NEW_BEHIND))
"""Whether a chosen deck goes on so far behind that place that another one may be worth writing down."""
_FIRST = Prepared(
    select(DeckChoice.deck_id, first_unbegun().label("first"), _START.label("start"))
    .join(Deck, Deck.id == DeckChoice.deck_id)
    .where(DeckChoice.user_id == _USER, DeckChoice.deck_id.in_(_DECKS))
)


def _first_new(with_tag: bool) -> ColumnElement[str]:
    """The first `:new` cards of a chosen deck that may be asked (and have `:tag`), as `position:id,position:id,…`."""
    mark = aliased(CardMark)
    some = (
        _unbegun((cast(Card.position, String) + ":" + cast(Card.id, String)).label("card"))
        .outerjoin(mark, and_(mark.card_id == Card.id, mark.user_id == DeckChoice.user_id))
        .where(shown(mark), TAGGED if with_tag else true())
        .limit(bindparam("new"))
        .subquery()
    )
    return select(func.aggregate_strings(some.c.card, ",")).scalar_subquery()


_chosen_statements: dict[tuple[bool, bool, bool], Prepared] = {}


def _chosen_statement(viewer: Viewer, with_new: bool, with_tag: bool = False) -> Prepared:
    """The decks a learner studies; with new cards (that have `:tag`), or without a look for them."""
    kept = _chosen_statements.get((viewer.is_editor, with_new, with_tag))
    if kept is None:
        new = (_FAR.label("far"), _START.label("start"), _first_new(with_tag).label("new"))
        none = (null().label("far"), null().label("start"), null().label("new"))
        kept = _chosen_statements[viewer.is_editor, with_new, with_tag] = Prepared(
            select(
                Deck.id,
                Deck.slug,
                Deck.title,
                Deck.collection_id,
                DeckChoice.new_per_day,
                DeckChoice.reviews_per_day,
                *(new if with_new else none),
            )
            .join_from(DeckChoice, Deck, Deck.id == DeckChoice.deck_id)
            .where(DeckChoice.user_id == _USER, readable(viewer, _USER))
            .order_by(DeckChoice.chosen_at, Deck.id)
        )
    return kept


def _chosen(session: Session, viewer: Viewer, today: date, new_left: int, tag: str = "") -> _Chosen:
    """The chosen decks, each with its first `new_left` new cards."""
    values: dict[str, Any] = {"user": viewer.id}
    if new_left:
        values |= {"today": today, "new": new_left} | ({"tag": tag} if tag else {})
    decks: list[ChosenDeck] = []
    cards: list[New] = []
    behind: list[int] = []
    rows = _chosen_statement(viewer, new_left > 0, bool(tag and new_left)).all(session, values)
    for order, (deck_id, slug, title, collection, most_new, most_reviews, far, start, new) in enumerate(rows):
        decks.append(ChosenDeck(deck_id, slug, title, collection, DeckLimits(most_new, most_reviews)))
        for one in new.split(",") if new else ():
            position, _, card_id = one.partition(":")
            cards.append(New(int(card_id), deck_id, order, int(position)))
        if far and (not new or int(new.partition(":")[0]) - start > NEW_BEHIND):
            behind.append(deck_id)
    return _Chosen(tuple(decks), cards, _behind(session, viewer.id, behind))


def _behind(session: Session, user_id: int, decks: Sequence[int]) -> tuple[int, ...]:
    """Those decks whose first card that was never begun lies far behind the place that is written down."""
    rows = _FIRST.all(session, {"user": user_id, "decks": decks}) if decks else ()
    return tuple(row.deck_id for row in rows if row.first - row.start > NEW_BEHIND)
