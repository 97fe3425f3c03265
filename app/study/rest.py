"""Holidays and postponing: nothing comes due for a while, and the streak rests."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.orm import Session

from app.db.models import Event, Rest, User
from app.scheduling.balance import LONGEST_RETURN, Holiday
from app.scheduling.replay import EventKind
from app.scheduling.sm2 import due_after
from app.scheduling.spreading import Overdue, spread
from app.study import moving
from app.study.line import get_in_line
from app.study.moving import Move
from app.study.near import wishes_of
from app.study.queries import study_day_of
from app.web.sessions import Viewer

DAY = timedelta(days=1)
LONGEST = 366
"""Days of the longest holiday."""
FURTHEST = 730
"""So many days ahead a holiday may start, and 60 back: whoever was away may say so afterwards."""
BACK = 60
MOST_POSTPONED = 90


class TooMany(Exception):
    """More cards than can be postponed at once; nothing was."""


class NoSuchHoliday(ValueError):
    """A holiday too long, too far off, or over before it starts."""


def resting(session: Session, user_id: int) -> list[tuple[date, date]]:
    """The first and last day of every holiday of a learner."""
    rows = session.execute(select(Rest.first, Rest.last).where(Rest.user_id == user_id).order_by(Rest.first))
    return [(first, last) for first, last in rows]


def take_holiday(session: Session, *, viewer: Viewer, first: date, last: date, key: str, now: datetime) -> Move:
    """Have a holiday: what is due in it, or overdue when it begins, comes back after it, a portion a day.

    It takes the place of one that is not over, whose cards get their days back first. The same `key` again changes nothing.
    Raises `NoSuchHoliday`, `KeyReused`.
    """
    today = study_day_of(viewer, now)
    if not today - BACK * DAY <= first <= today + FURTHEST * DAY or not first <= last < first + LONGEST * DAY:
        raise NoSuchHoliday
    get_in_line(session, viewer.id)
    body = {"holiday": [first.isoformat(), last.isoformat()]}
    if (known := moving.known(session, viewer, key, body)) is not None:
        return known
    if viewer.holiday_to is not None and viewer.holiday_to >= today:
        end_holiday(session, viewer=viewer, now=now)
    _forget_holiday(session, viewer, today)
    overlapping = and_(Rest.user_id == viewer.id, Rest.first <= last, Rest.last >= first)
    session.execute(delete(Rest).where(overlapping).execution_options(synchronize_session=False))
    session.add(Rest(user_id=viewer.id, first=first, last=last))
    values: dict[str, Any] = {"holiday_from": first, "holiday_to": last}
    if first <= today <= last:  # what was asked for in addition today is not wished any more
        values |= {"extra_on": None, "extra_new": 0, "extra_reviews": 0}
    session.execute(update(User).where(User.id == viewer.id).values(**values))
    session.flush()
    if last < today:
        return Move(key, "holiday", 0)
    rows = moving.scheduled(session, viewer, since=first if first > today else date.min, until=last)
    away = Holiday(first, last)
    portions = min(LONGEST_RETURN, max(1, away.days // 2))
    cards = [Overdue(row.card_id, row.due, row.interval) for row in rows]
    days = spread(cards, portions, last + DAY, replace(wishes_of(viewer), holiday=away))
    return moving.move(session, viewer=viewer, rows=rows, days=days, reason="holiday", key=key, body=body, now=now)


def end_holiday(session: Session, *, viewer: Viewer, now: datetime) -> int:
    """Call a holiday off, or end it today: cards that were not asked since get their days back; gives how many."""
    get_in_line(session, viewer.id)
    _forget_holiday(session, viewer, study_day_of(viewer, now))
    session.execute(update(User).where(User.id == viewer.id).values(holiday_from=None, holiday_to=None))
    its_last = select(Event.idempotency_key).where(Event.user_id == viewer.id, Event.reason == "holiday", Event.live)
    its_last = its_last.where(Event.kind == EventKind.RESCHEDULE).order_by(Event.id.desc()).limit(1)
    key = session.scalar(its_last)
    return 0 if key is None else moving.undo(session, viewer=viewer, key=key.rpartition(".")[0], now=now).cards


def postpone(session: Session, *, viewer: Viewer, days: int, deck: str, key: str, now: datetime) -> Move:
    """Move every due day, or those of the deck with this slug, by so many days; what is overdue counts as due today.

    The same `key` again changes nothing. Raises ValueError for 0 or too many days, `TooMany`, `KeyReused`.
    """
    if not 1 <= days <= MOST_POSTPONED:
        raise ValueError(f"{days} days are none to postpone by.")
    today = study_day_of(viewer, now)
    get_in_line(session, viewer.id)
    body = {"postpone": days, "deck": deck}
    if (known := moving.known(session, viewer, key, body)) is not None:
        return known
    rows = moving.scheduled(session, viewer, until=date.max, deck=deck, most=moving.MOST_MOVED + 1)
    if len(rows) > moving.MOST_MOVED:
        raise TooMany
    later = {row.card_id: due_after(max(row.due, today), days) for row in rows}
    return moving.move(session, viewer=viewer, rows=rows, days=later, reason="postpone", key=key, body=body, now=now)


def _forget_holiday(session: Session, viewer: Viewer, today: date) -> None:
    """What was still to come of holidays is none any more; the days that are over stay."""
    mine = Rest.user_id == viewer.id
    quietly = {"synchronize_session": False}
    session.execute(delete(Rest).where(mine, Rest.first >= today).execution_options(**quietly))
    session.execute(update(Rest).where(mine, Rest.last >= today).values(last=today - DAY).execution_options(**quietly))


def rest_days(resting: Collection[tuple[date, date]], since: date, until: date) -> int:
    """How many days from `since` to `until` lie in holidays."""
    return sum(max(0, (min(last, until) - max(first, since)).days + 1) for first, last in resting)
