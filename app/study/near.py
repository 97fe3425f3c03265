"""Which day near the scheduler's a learner's card comes back: what they wished for, and how full the days are."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.db.models import CardState
from app.scheduling import balance
from app.scheduling.balance import Holiday, Wishes
from app.scheduling.state import Grade, MemoryState
from app.web.sessions import Viewer

_LOAD: Any = (
    select(CardState.due, func.count().label("cards"))
    .where(
        CardState.user_id == bindparam("user"),
        CardState.due.between(bindparam("first"), bindparam("last")),
        or_(CardState.last_study_day.is_(None), CardState.last_study_day < bindparam("today")),
    )
    .group_by(CardState.due)
)
"""How many cards are due on each of some days, but for those answered today: so it stands still from answer to answer."""


def wishes_of(viewer: Viewer) -> Wishes:
    """What this learner wants of due days."""
    return _wishes(viewer.balance, viewer.easy_days, viewer.holiday_from, viewer.holiday_to)


@lru_cache(maxsize=1024)
def _wishes(balance: bool, easy_days: str, first: date | None, last: date | None) -> Wishes:
    holiday = None if first is None or last is None else Holiday(first, last)
    return Wishes(balance, tuple(map(int, easy_days)), holiday)


def days_of(
    session: Session, viewer: Viewer, card_id: int, state: MemoryState, study_day: date
) -> Mapping[Grade, date] | None:
    """The day the card comes back after each grade given on `study_day`; None where that is the scheduler's."""
    wishes = wishes_of(viewer)
    if not wishes.any:
        return None
    load: dict[date, int] = {}
    days = balance.reach(state, study_day) if wishes.balance else None
    if days is not None:
        values = {"user": viewer.id, "first": days[0], "last": days[1], "today": study_day}
        load = {row.due: row.cards for row in session.connection().execute(_LOAD, values)}
    return balance.chosen(state, study_day, wishes, load=load, seed=(viewer.id, card_id))
