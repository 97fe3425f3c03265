"""The cards of a day that a learner has begun: those that are due, and those that wait to be repeated."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, bindparam, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session

from app.db.lists import has_text
from app.db.models import Card, CardMark, CardState
from app.db.prepared import Prepared, connected
from app.library.queries import studyable
from app.scheduling.queue import Due, Limits, ReviewOrder, Waiting
from app.scheduling.steps import steps_named, wait
from app.web.sessions import Viewer

CANDIDATES = 1000
"""Of so many of the longest overdue cards those are picked that are overdue by the most of their interval."""

_USER: Any = bindparam("user")
_TODAY: Any = bindparam("today")
_DECKS: Any = bindparam("decks", expanding=True)
TAGGED = has_text(Card.tags, bindparam("tag", type_=String))
"""Cards that have the tag `:tag`. A condition on `Card`."""


class Reviews(NamedTuple):
    """Due cards, and how many more of them there are, all of a later day."""

    cards: list[Due]
    more: int = 0


def shown(mark: Any) -> ColumnElement[bool]:
    """Cards that are neither suspended nor buried on day `:today`. A condition on the marks of an outer join."""
    return and_(mark.suspended_at.is_(None), or_(mark.buried_on.is_(None), mark.buried_on < _TODAY))


_STUDIED = and_(CardState.user_id == _USER, Card.deck_id.in_(_DECKS), studyable(), shown(CardMark))


def _mine(*columns: Any) -> Select[Any]:
    """Cards of `:decks` that the learner has begun and wants to be asked."""
    return (
        select(CardState.card_id, Card.deck_id, *columns)
        .join_from(CardState, Card, Card.id == CardState.card_id)
        .outerjoin(CardMark, and_(CardMark.user_id == CardState.user_id, CardMark.card_id == CardState.card_id))
        .where(_STUDIED)
    )


_WAITING = Prepared(_mine(CardState.repeat_from, CardState.repeat_step).where(CardState.repeat_day >= _TODAY))
_WAITING_WITH_TAG = _WAITING.where(TAGGED)
WAITS = exists().where(CardState.user_id == _USER, CardState.repeat_day >= _TODAY)
"""Whether any card of the learner waits to be repeated on day `:today`, also one that is not asked."""


def _first_due(*columns: Any, tagged: bool = False) -> Select[Any]:
    """The first `:most` due cards, the longest overdue."""
    return (
        _mine(CardState.due, *columns)
        .where(CardState.due <= _TODAY, or_(CardState.repeat_day.is_(None), CardState.repeat_day < _TODAY))
        .where(TAGGED if tagged else true())
        .order_by(CardState.due, CardState.card_id)
        .limit(bindparam("most", type_=BigInteger))
    )


def _due_as_text(*columns: Any, tagged: bool = False) -> Prepared:
    """Card, deck and `columns` of the first `:most` due cards, each column one text: `3,5,8,…`.

    A row of its own costs more, above all where many requests run at once: SQLite's driver lets another thread go first
    at each row.
    """
    some = _first_due(*columns, tagged=tagged).subquery()
    return Prepared(select(*map(_as_text, some.c)))


def _as_text(column: Any) -> ColumnElement[str]:
    return func.aggregate_strings(cast(column, String), ",").label(column.key)


def _foremost() -> Prepared:
    """The same of the day of the second of them and of those before, and how many there are in all."""
    some = _first_due().cte("some")
    two = select(some.c.due).order_by(some.c.due, some.c.card_id).limit(2).subquery()
    count = select(func.count()).select_from(some.alias("all")).scalar_subquery()
    until = select(func.max(two.c.due)).scalar_subquery()
    return Prepared(select(*map(_as_text, some.c), count.label("count")).where(some.c.due <= until))


def _foremost_read_again() -> Prepared:
    """`_foremost` without a table of what was found: SQLite is quicker to look at the first cards once more.

    PostgreSQL, which plans and begins each part anew, is not.
    """
    two = _first_due().limit(2).subquery()
    until = select(func.max(two.c.due)).scalar_subquery()
    some = _first_due().where(CardState.due <= until).subquery()
    count = select(func.count()).select_from(_first_due().order_by(None).subquery()).scalar_subquery()
    return Prepared(select(*map(_as_text, some.c), count.label("count")))


_DUE = {tagged: _due_as_text(tagged=tagged) for tagged in (False, True)}
_DUE_WITH_INTERVAL = {tagged: _due_as_text(CardState.interval, tagged=tagged) for tagged in (False, True)}
_FOREMOST = {"postgresql": _foremost(), "sqlite": _foremost_read_again()}
_made = partial(tuple.__new__, Due)
"""`Due` of four values: as many are made as a day has reviews, with each answer."""


def _dues(cards: str, decks: str, days: str, intervals: str | None = None) -> Iterable[Due]:
    """The cards in such texts."""
    each = days.split(",")
    known = {day: date.fromisoformat(day) for day in {*each}}
    columns: list[Iterable[Any]] = [
        map(int, cards.split(",")),
        map(int, decks.split(",")),
        map(known.__getitem__, each),
        repeat(1) if intervals is None else map(int, intervals.split(",")),
    ]
    return map(_made, zip(*columns, strict=False))


def ask_waiting(
    session: Session, viewer: Viewer, decks: Sequence[int], today: date, tag: str = ""
) -> Callable[[], list[Waiting]]:
    """The cards that wait to be repeated today, to be had later (`Prepared.ask`)."""
    steps = steps_named(viewer.learning_steps)
    values = {"user": viewer.id, "today": today, "decks": decks, "tag": tag}
    rows = (_WAITING_WITH_TAG if tag else _WAITING).ask(session, values)
    return lambda: [Waiting(card, deck, since + wait(steps, step or 0)) for card, deck, since, step in rows()]


def ask_due(
    session: Session,
    user_id: int,
    decks: Sequence[int],
    today: date,
    limits: Limits,
    order: ReviewOrder,
    left: int,
    *,
    tag: str = "",
    foremost: bool = False,
) -> Callable[[], Reviews]:
    """The due cards that are the longest overdue, of which the plan takes `left`, to be had later (`Prepared.ask`).

    Of decks with a limit of their own they are as many as that; where the most of their interval counts, more to choose
    from. With `foremost` they are two at least, with all others of their days, and the rest is counted, where the order
    allows that.
    """
    values = {"user": user_id, "today": today, "decks": decks, "most": left, "tag": tag}
    own = {deck: limit.reviews for deck, limit in limits.decks.items() if limit.reviews is not None}
    if foremost and left and not (own or tag) and order is ReviewOrder.OVERDUE:
        rows = _FOREMOST[connected(session).dialect.name].ask(session, values)
        return lambda: _foremost_of(*rows())
    most = max(left, CANDIDATES) if order is ReviewOrder.RELATIVE and left else left
    asked = [([deck for deck in decks if deck not in own], most)]
    asked += [([deck], most if order is ReviewOrder.RELATIVE else min(limit, most)) for deck, limit in own.items()]
    wanted = (_DUE_WITH_INTERVAL if order is ReviewOrder.RELATIVE else _DUE)[bool(tag)]
    found = [wanted.ask(session, values | {"decks": some, "most": number}) for some, number in asked if some and number]
    return lambda: Reviews([item for rows in found for row in rows() if row.card_id for item in _dues(*row)])


def _foremost_of(row: Any) -> Reviews:
    *texts, count = row
    cards = [*_dues(*texts)] if count else []
    return Reviews(cards, count - len(cards))
