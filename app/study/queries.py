"""What a learner has to study: today's plan over the decks they chose, and what was done of it already.

These statements run with every answer, so each is built once and bound anew; none reads more rows than a day may bring,
however many cards a learner has.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardMark, Deck, DeckChoice, Event
from app.db.prepared import Prepared, connected, in_one_go
from app.scheduling.queue import (
    DeckLimits,
    Done,
    Kind,
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
from app.study import begun, unbegun
from app.study.begun import TAGGED, Reviews, shown
from app.web.access import readable
from app.web.sessions import Viewer

NO_LIMITS = DeckLimits()
ALL_DECKS = 0
"""Stands for all decks together where what was done is not known of each."""

_USER: Any = bindparam("user")
_TODAY: Any = bindparam("today")


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

    `done` spans all decks, those left since, too (as `Day` says, it may be known of all together alone); `plan` those that
    were asked for. The limits hold for all decks together. `behind` are the decks in which the search for new cards starts
    too far back.
    """

    study_day: date
    decks: tuple[ChosenDeck, ...]
    plan: Plan
    done: Mapping[int, Done]
    behind: tuple[int, ...] = ()

    def answered(self, decks: Collection[int] | None = None, kind: Kind | None = None) -> int:
        """How many cards of these decks and this kind (None: all) were answered today; repeats are not counted again."""
        return sum(one.of(kind) for deck, one in self.done.items() if decks is None or deck in decks)


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
    return _chosen(session, viewer.id, _ask_chosen(session, viewer, date.min, 0)(), 0, None).decks


def today_plan(
    session: Session,
    viewer: Viewer,
    now: datetime,
    decks: Collection[int] | None = None,
) -> Today:
    """What is left of this learner's study day at `now`, in the chosen decks with these ids (None: in all of them)."""
    return plan_of(Reading(session, viewer, now).read(), decks)


@dataclass(frozen=True, slots=True)
class Day:
    """All that the plan of a learner's day is made from, in all the decks they chose.

    What was `done` may be known of all decks together alone, under `ALL_DECKS`, where the plan asks for no more: none has
    limits of its own, and there are no new cards of several that take turns.
    """

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


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer that was just written: the card, which is begun by it, and what it adds to what was `done`.

    `waits`: the card is to be repeated on the same day.
    """

    card_id: int
    done: Done
    waits: bool


class Reading:
    """What a learner's study day at `now` is made of, read in two goes (`in_one_go`): `begin` in one, `go_on` in the next.

    With a `tag` those cards alone that have it. With `foremost` the plan of the whole day may know no more than the first
    cards, two at least, how many there are, and what was done in all decks together.
    """

    def __init__(
        self, session: Session, viewer: Viewer, now: datetime, *, tag: str = "", foremost: bool = False
    ) -> None:
        self._session, self._viewer, self._tag, self._foremost = session, viewer, tag, foremost
        self._today = study_day_of(viewer, now)
        self._limits = limits_of(viewer, self._today)
        self._had: Callable[[], Day] | None = None

    def begin(self) -> None:
        """Ask for the decks with their new cards, and for how much was done."""
        new = self._limits.new_per_day
        self._chosen = _ask_chosen(self._session, self._viewer, self._today, new, self._tag)

    def go_on(self, answered: Counted | None = None) -> None:
        """Ask for the cards that are due and those that wait. What was begun with is put right for what was `answered` since."""
        session, viewer, today = self._session, self._viewer, self._today
        rows = self._chosen()
        done = Done(rows[0].done_new, rows[0].done_reviews) if rows else Done(0, 0)
        if answered is not None:
            done = Done(done.new + answered.done.new, done.reviews + answered.done.reviews)
        new_left = max(0, self._limits.new_per_day - done.new)
        chosen = _chosen(session, viewer.id, rows, new_left, answered.card_id if answered else None)
        extra = _extra(viewer, today)
        own = {deck.id: deck.limits.raised(*extra) for deck in chosen.decks if deck.limits != NO_LIMITS}
        limits = Limits(self._limits.new_per_day, self._limits.reviews_per_day, own)
        order = Order(NewOrder(viewer.new_order), ReviewOrder(viewer.review_order))
        dones: Callable[[], Mapping[int, Done]] = {ALL_DECKS: done}.copy
        in_turns = len({card.deck_id for card in chosen.new}) > 1
        if own or in_turns or not (self._foremost and rows):
            dones = _ask_done(session, viewer.id, today)
        waits: Callable[[], list[Waiting]] = list
        dues: Callable[[], Reviews] = partial(Reviews, [])
        if chosen.decks:
            ids, tag = [deck.id for deck in chosen.decks], self._tag
            left = max(0, limits.reviews_per_day - done.reviews)
            if rows[0].waits or self._may_wait_since(answered):
                waits = begun.ask_waiting(session, viewer, ids, today, tag)
            dues = begun.ask_due(
                session, viewer.id, ids, today, limits, order.reviews, left, tag=tag, foremost=self._foremost
            )
        self._had = lambda: Day(
            today, chosen.decks, dones(), waits(), dues(), chosen.new, limits, order, chosen.behind, viewer.id
        )

    def _may_wait_since(self, answered: Counted | None) -> bool:
        """Whether a card may wait that did not when it was begun: what was answered here, or, read in no line, elsewhere."""
        if answered is not None:
            return answered.waits
        return connected(self._session).dialect.name == "postgresql"  # SQLite's transactions see one state

    def read(self) -> Day:
        """What is read, at once."""
        with in_one_go(self._session):
            self.begin()
        with in_one_go(self._session):
            self.go_on()
        return self.day()

    @property
    def gone_on(self) -> bool:
        """Whether all was asked for, so that there is a `day`."""
        return self._had is not None

    def day(self) -> Day:
        """What was read."""
        if self._had is None:
            raise RuntimeError("It did not go on.")
        return self._had()


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


_NEW_DONE = func.count().filter(Event.interval_before.is_(None))
_REVIEWS_DONE = func.count().filter(Event.interval_before.is_not(None))
COUNTED_TODAY = and_(Event.user_id == _USER, Event.study_day == _TODAY, Event.counted)
"""What counts against the limits of day `:today` of learner `:user`. A condition on `Event`."""
_DONE = Prepared(
    select(Card.deck_id, _NEW_DONE.label("new"), _REVIEWS_DONE.label("reviews"))
    .join_from(Event, Card, Card.id == Event.card_id)
    .where(COUNTED_TODAY)
    .group_by(Card.deck_id)
)
_ALL_DONE = select(_NEW_DONE.label("new"), _REVIEWS_DONE.label("reviews")).where(COUNTED_TODAY).cte("done")
"""The same of all decks together, without a look at the cards."""


def done_on(session: Session, user_id: int, day: date) -> dict[int, Done]:
    """What counts against the limits of a study day, by deck: new cards begun, and first reviews of due ones."""
    return _ask_done(session, user_id, day)()


def _ask_done(session: Session, user_id: int, day: date) -> Callable[[], dict[int, Done]]:
    rows = _DONE.ask(session, {"user": user_id, "today": day})
    return lambda: {deck_id: Done(new, reviews) for deck_id, new, reviews in rows()}


_NEW: Any = bindparam("new", type_=Integer)
_NEW_LEFT = select(case((_ALL_DONE.c.new < _NEW, _NEW - _ALL_DONE.c.new), else_=0)).scalar_subquery()


def _first_new(with_tag: bool) -> ColumnElement[str]:
    """The first new cards of a chosen deck that may be asked (and have `:tag`), as `position:id,position:id,…`.

    They are `:new`, less those that were begun today already.
    """
    mark = aliased(CardMark)
    some = (
        unbegun.cards((cast(Card.position, String) + ":" + cast(Card.id, String)).label("card"))
        .outerjoin(mark, and_(mark.card_id == Card.id, mark.user_id == DeckChoice.user_id))
        .where(shown(mark), TAGGED if with_tag else true())
        .limit(_NEW_LEFT)
        .subquery()
    )
    return select(func.aggregate_strings(some.c.card, ",")).scalar_subquery()


_chosen_statements: dict[tuple[bool, bool, bool], Prepared] = {}


def _chosen_statement(viewer: Viewer, with_new: bool, with_tag: bool = False) -> Prepared:
    """The decks a learner studies, each row with what was done today, and whether any card waits.

    With new cards, or without a look for them.
    """
    key = (viewer.is_editor, with_new, with_tag)
    kept = _chosen_statements.get(key)
    if kept is None:
        new = (unbegun.FAR.label("far"), unbegun.START.label("start"), _first_new(with_tag).label("new"))
        none = (null().label("far"), null().label("start"), null().label("new"))
        kept = _chosen_statements[key] = Prepared(
            select(
                Deck.id,
                Deck.slug,
                Deck.title,
                Deck.collection_id,
                DeckChoice.new_per_day,
                DeckChoice.reviews_per_day,
                *(new if with_new else none),
                _ALL_DONE.c.new.label("done_new"),
                _ALL_DONE.c.reviews.label("done_reviews"),
                begun.WAITS.label("waits"),
            )
            .join_from(DeckChoice, Deck, Deck.id == DeckChoice.deck_id)
            .join(_ALL_DONE, true())
            .where(DeckChoice.user_id == _USER, readable(viewer, _USER))
            .order_by(DeckChoice.chosen_at, Deck.id)
        )
    return kept


def _ask_chosen(session: Session, viewer: Viewer, today: date, new: int, tag: str = "") -> Callable[[], list[Any]]:
    """The chosen decks, each with its first `new` new cards, less those begun `today`; to be had later."""
    values: dict[str, Any] = {"user": viewer.id, "today": today}
    if new:
        values |= {"new": new} | ({"tag": tag} if tag else {})
    return _chosen_statement(viewer, new > 0, bool(tag and new)).ask(session, values)


def _chosen(session: Session, user_id: int, rows: Sequence[Any], new_left: int, begun: int | None) -> _Chosen:
    """The chosen decks of `_ask_chosen`, each with `new_left` new cards at most, the card `begun` since left out."""
    decks: list[ChosenDeck] = []
    cards: list[New] = []
    behind: list[int] = []
    for order, (deck_id, slug, title, collection, most_new, most_reviews, far, start, new, *_done) in enumerate(rows):
        decks.append(ChosenDeck(deck_id, slug, title, collection, DeckLimits(most_new, most_reviews)))
        if not new_left:
            continue
        places = (one.partition(":") for one in new.split(",")) if new else ()
        found = [(int(place), int(card)) for place, _, card in places]
        found = [(place, card) for place, card in found if card != begun][:new_left]
        cards += [New(card, deck_id, order, place) for place, card in found]
        if far and (not found or found[0][0] - start > unbegun.NEW_BEHIND):
            behind.append(deck_id)
    return _Chosen(tuple(decks), cards, unbegun.far_behind(session, user_id, behind))
