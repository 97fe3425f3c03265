"""The question to ask now, and how far the day has come."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, Event
from app.db.prepared import Prepared, connected
from app.scheduling.queue import Due, Item, Kind, New
from app.study import near
from app.study.begun import TAGGED
from app.study.queries import COUNTED_TODAY, Reading, Today
from app.study.question import Question, Standing, ask_question
from app.study.scopes import EVERYTHING, Scope, Scoped, reading_of, scoped
from app.study.service import Answered
from app.web.sessions import Viewer

UNDO_FOR = timedelta(days=1)
"""How long the last answer is offered to be undone."""
MOST_STEPS_BACK = 200
"""So many steps back and forward are looked at for the one to redo."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What the study page shows. `title` is that of `Scoped`; `undo`, `redo`: the events for these.

    Of the day's `total` cards, `left` are to be answered yet; both count a card once, however often it is repeated.
    """

    study_day: date
    scope: Scope
    title: str
    question: Question | None
    total: int
    left: int
    undo: int | None
    redo: int | None = None
    behind: tuple[int, ...] = ()
    """The decks of which `service.remember_places` should be told."""

    @property
    def done(self) -> int:
        """How many of the day's cards need nothing more today."""
        return self.total - self.left

    @property
    def percent(self) -> float:
        """How much of the day is done."""
        return share_done(self.done, self.total)


def share_done(done: int, total: int) -> float:
    """How much of a session is done, in percent."""
    return round(100 * done / total, 1) if total else 0


def screen(
    session: Session,
    viewer: Viewer,
    *,
    now: datetime,
    scope: Scope = EVERYTHING,
    card: str = "",
    after: str = "",
    answered: Answered | None = None,
) -> Screen:
    """The page of this learner at `now` in a scope.

    The card with guid `card` is asked if it is part of what is left today, else the next one; where
    the card with guid `after` is shown already, the one that comes after it, if there is one. `answered` is the answer
    that was given just now. Raises `UnknownScope` and `NotChosen`.
    """
    return screen_to_ask(session, viewer, now=now, scope=scope, card=card, after=after, answered=answered)()()


def beside_an_answer(session: Session, viewer: Viewer, *, now: datetime, scope: Scope) -> Reading | None:
    """What `service.answer` may read for the next screen of a scope; None on SQLite, where that would save no wait."""
    if connected(session).dialect.name != "postgresql":
        return None
    return reading_of(session, viewer, scope, now=now, foremost=True)


def screen_to_ask(
    session: Session,
    viewer: Viewer,
    *,
    now: datetime,
    scope: Scope = EVERYTHING,
    card: str = "",
    after: str = "",
    answered: Answered | None = None,
    reading: Reading | None = None,
) -> Callable[[], Callable[[], Screen]]:
    """`screen`, all but its question: that is asked for by calling what is given, and had by calling what that gives.

    What the `reading` beside an answer has is not read again.
    """
    part = scoped(session, viewer, scope, now=now, foremost=not card, reading=reading)
    today = part.today
    if answered is not None and answered.deck_id in part.decks:
        last: Last | None = Last(answered.event_id, answered.card_id)
    else:
        last = last_answer(session, viewer.id, part, now)
    item = _after(session, today, now, after) or _item(session, today, now, card, last)
    left = today.plan.counts
    bare = Screen(
        study_day=today.study_day,
        scope=scope,
        title=part.title,
        question=None,
        total=max(answered_in(session, viewer, part) + left.reviews + left.new, left.total),
        left=left.total,
        undo=last.event_id if last else None,
        redo=None if answered or after else to_redo(session, viewer.id, part, now),
        behind=today.behind,
    )

    def ask() -> Callable[[], Screen]:
        if item is None:
            return lambda: bare
        question = _ask_question(session, viewer, today, item)
        return lambda: replace(bare, question=question())

    if near.wishes_of(viewer).any:  # then a question needs more than the one statement that it is asked for with
        whole = ask()()
        return lambda: lambda: whole
    return ask


_ANSWERED = (
    select(func.count())
    .select_from(Event)
    .join(Card, Card.id == Event.card_id)
    .where(
        COUNTED_TODAY,
        Card.deck_id.in_(bindparam("decks", expanding=True)),
        TAGGED,
    )
)


_STILL_WAITING = select(func.count()).where(COUNTED_TODAY).where(Event.card_id.in_(bindparam("cards", expanding=True)))


def answered_in(session: Session, viewer: Viewer, part: Scoped) -> int:
    """How many cards of a scope were answered today; repeats are not counted again.

    Of a scope of one kind they are those that were of it, and the others that it has because they wait to be repeated.
    """
    today, scope = part.today, part.scope
    day: dict[str, Any] = {"user": viewer.id, "today": today.study_day}
    ask = session.connection().execute
    if scope.tag:
        statement = _ANSWERED.where(_of_kind(scope.kind))
        answered: int = ask(statement, day | {"decks": part.decks, "tag": scope.tag}).scalar_one()
    else:
        answered = today.answered(None if scope.all_decks else part.decks, scope.kind)
    if scope.kind and today.plan.waiting:
        others = _STILL_WAITING.where(~_of_kind(scope.kind))
        answered += ask(others, day | {"cards": [item.card_id for item in today.plan.waiting]}).scalar_one()
    return answered


def _of_kind(kind: Kind | None) -> ColumnElement[bool]:
    """First answers of a day that were given to a card of this kind."""
    if kind is None:
        return true()
    return Event.interval_before.is_(None) if kind is Kind.NEW else Event.interval_before.is_not(None)


def given_in(kind: Kind | None) -> ColumnElement[bool]:
    """Answers that a session of this kind gives: the first ones to its cards, and every repeat. A condition on `Event`."""
    return true() if kind is None else or_(~Event.counted, _of_kind(kind))


class Last(NamedTuple):
    """A learner's last answer that stands, and the card it was given to."""

    event_id: int
    card_id: int


_LAST = Prepared(
    select(Event.id, Event.card_id)
    .join(Card, Card.id == Event.card_id)
    .where(
        Event.user_id == bindparam("user"),
        Event.kind == "review",
        Event.live,
        Event.answered_at > bindparam("since"),
        Card.deck_id.in_(bindparam("decks", expanding=True)),
    )
    .order_by(Event.id.desc())
    .limit(1)
)


_SINCE = aliased(Event)
_ANSWERED_SINCE = exists().where(
    _SINCE.user_id == Event.user_id,
    _SINCE.card_id == Event.card_id,
    _SINCE.kind == "review",
    _SINCE.live,
    _SINCE.id > Event.id,
)


def _last_of(kind: Kind | None) -> Prepared:
    """The same of one kind: not an answer from before its card was answered as one of the other."""
    return _LAST if kind is None else _LAST.where(and_(given_in(kind), ~_ANSWERED_SINCE))


_LASTS = {(kind, False): _last_of(kind) for kind in (None, *Kind)}
_LASTS |= {(kind, True): _last_of(kind).where(TAGGED) for kind in (None, *Kind)}


def last_answer(session: Session, user_id: int, part: Scoped, now: datetime) -> Last | None:
    """The learner's last answer that stands, if it is not long ago and was given in this scope."""
    values = {"user": user_id, "since": now - UNDO_FOR, "decks": part.decks, "tag": part.scope.tag}
    row = _LASTS[part.scope.kind, bool(part.scope.tag)].one_or_none(session, values)
    return None if row is None else Last(*row)


_TARGET = aliased(Event)
_TAKEN_BACK = (
    select(
        Event.id,
        Event.kind,
        Event.target_id,
        Event.answered_at,
        _TARGET.kind.label("what"),
        Card.deck_id,
        Card.tags,
        CardState.due.is_(None).label("new"),
        (CardState.repeat_day >= bindparam("today")).label("waits"),
    )
    .outerjoin(_TARGET, and_(_TARGET.user_id == Event.user_id, _TARGET.id == Event.target_id))
    .outerjoin(Card, Card.id == _TARGET.card_id)
    .outerjoin(CardState, and_(CardState.user_id == Event.user_id, CardState.card_id == Card.id))
    .where(Event.user_id == bindparam("user"), Event.kind.in_(("review", "void")))
    .order_by(Event.id.desc())
    .limit(MOST_STEPS_BACK)
)


def to_redo(session: Session, user_id: int, part: Scoped, now: datetime) -> int | None:
    """The answer of this scope that was taken back last, as long as nothing was answered since; None if there is none.

    What was put back since is left out, so that as many steps lead forward as were gone back.
    """
    rows = session.connection().execute(_TAKEN_BACK, {"user": user_id, "today": part.today.study_day}).all()
    put_back: set[int] = set()
    for row in takewhile(lambda row: row.kind == "void", rows):
        if row.what == "void":
            put_back.add(row.target_id)
        elif row.what == "review" and row.id not in put_back:
            here = row.deck_id in part.decks and (not part.scope.tag or part.scope.tag in row.tags)
            here = here and (row.waits or part.scope.kind in (None, Kind.NEW if row.new else Kind.DUE))
            return row.target_id if here and row.answered_at > now - UNDO_FOR else None
    return None


def _item(session: Session, today: Today, now: datetime, card: str, last: Last | None) -> Item | None:
    if card:
        card_id = _id_of(session, card)
        wanted = next((item for item in today.plan.in_order(now) if item.card_id == card_id), None)
        if wanted is not None:
            return wanted
    return today.plan.next(now, last.card_id if last else None)


def _after(session: Session, today: Today, now: datetime, shown: str) -> Item | None:
    """The first card of the plan that is not the `shown` one, if one is shown and another is left."""
    if not shown:
        return None
    card_id = _id_of(session, shown)
    return next((item for item in today.plan.in_order(now) if item.card_id != card_id), None)


_ID = Prepared(select(Card.id).where(Card.guid == bindparam("guid")))


def _id_of(session: Session, guid: str) -> int | None:
    row = _ID.one_or_none(session, {"guid": guid})
    return None if row is None else row.id


def _ask_question(session: Session, viewer: Viewer, today: Today, item: Item) -> Callable[[], Question]:
    standing: Standing = "new" if isinstance(item, New) else "due" if isinstance(item, Due) else "again"
    decks = {deck.id: deck for deck in today.decks}
    return ask_question(session, viewer, item.card_id, decks=decks, standing=standing, today=today.study_day)
