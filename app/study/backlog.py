"""After a pause: what is overdue, how it could be spread, and what each way of taking it brings."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from app.db.models import CardState, User
from app.scheduling.spreading import MOST_DAYS, Overdue, days_for, portions, spread
from app.scheduling.statistics import minutes_needed, usual_pace
from app.study import moving
from app.study.line import get_in_line
from app.study.more import MOST_EXTRA
from app.study.moving import Move
from app.study.near import wishes_of
from app.study.overview import studied_days, usual_cards
from app.study.queries import done_on, study_day_of
from app.web import charts
from app.web.charts import Bars
from app.web.sessions import Viewer

DAY = timedelta(days=1)
WEEK_AFTER = 7
"""Days that are drawn beyond those over which the backlog is spread."""
COMFORTABLE = 20
"""So many cards a day are not too many for anybody."""

How = Literal["spread", "today", "leave"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A day of the proposal: cards that are planned for it anyway, and overdue ones it would get."""

    day: date
    planned: int
    overdue: int

    @property
    def total(self) -> int:
        """All its reviews."""
        return self.planned + self.overdue


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is overdue of this learner, and how it would be spread over `days` days.

    `minutes` are those of a usual day of the proposal, `all_minutes` those of taking everything today (None: no pace is
    known). `cleared` is the day on which it is gone if nothing is done (None: never, at this rate).
    """

    today: date
    overdue: int
    last_studied: date | None
    days: int
    drawn: tuple[Drawn, ...]
    chart: Bars
    limit: int
    minutes: int | None
    all_minutes: int | None
    cleared: date | None
    easy: bool

    @property
    def spread(self) -> tuple[Drawn, ...]:
        """The days that get overdue cards."""
        return tuple(one for one in self.drawn if one.overdue)

    @property
    def a_day(self) -> int:
        """Reviews on a usual day of the proposal."""
        return round(sum(one.total for one in self.spread) / max(1, len(self.spread)))

    @property
    def added(self) -> int:
        """Overdue cards on a usual day of the proposal."""
        return round(self.overdue / max(1, len(self.spread)))

    @property
    def most(self) -> int:
        """Reviews on its fullest day."""
        return max((one.total for one in self.spread), default=0)

    @property
    def limit_y(self) -> float | None:
        """Where the limit of a day is drawn; None where it is higher than the chart."""
        top = self.chart.rules[-1]
        if self.limit > top.value:
            return None
        return self.chart.base - self.limit / top.value * (self.chart.base - top.y)


def backlog(session: Session, viewer: Viewer, *, now: datetime, days: int | None = None) -> Backlog | None:
    """What this learner's backlog is at `now`, drawn over so many days (None: as many as are comfortable).

    None where nothing is overdue.
    """
    today = study_day_of(viewer, now)
    planned = _planned(session, viewer, today)
    overdue = _overdue(planned, today)
    if not overdue:
        return None
    wishes = wishes_of(viewer)
    history = studied_days(session, viewer.id, today)
    pace, limit = usual_pace(history.values()), viewer.reviews_per_day
    if days is None:
        usual = usual_cards(history) or COMFORTABLE
        days = days_for(overdue, today, planned, min(limit, max(COMFORTABLE, usual * 3 // 2)), wishes)
    days = min(max(days, 2), MOST_DAYS)
    given = dict(portions(overdue, days, today, wishes))
    length = (max(given) - today).days + 1 + WEEK_AFTER
    drawn = tuple(Drawn(day, planned[day], given.get(day, 0)) for day in (today + n * DAY for n in range(length)))
    highest = max(one.total for one in drawn)
    usual_day = sum(one.total for one in drawn if one.overdue) // max(1, len(given))
    return Backlog(
        today=today,
        overdue=overdue,
        last_studied=session.scalar(select(func.max(CardState.last_study_day)).where(CardState.user_id == viewer.id)),
        days=days,
        drawn=drawn,
        chart=charts.bars(
            [(one.planned, one.overdue) for one in drawn],
            height=150,
            left=6.5,
            ticks=range(0, length, _tick_every(length)),
            least=limit if limit <= 2 * highest else 0,
        ),
        limit=limit,
        minutes=None if pace is None else minutes_needed(usual_day, pace),
        all_minutes=None if pace is None else minutes_needed(overdue + planned[today], pace),
        cleared=_cleared(overdue, planned, today, limit),
        easy=wishes.weekdays != (2,) * 7,
    )


def take(session: Session, *, viewer: Viewer, how: How, days: int, no_new: bool, key: str, now: datetime) -> Move:
    """Take the backlog as chosen; `no_new`: without new cards until it is cleared.

    The same `key` again changes nothing. Raises ValueError for too few or too many days, `KeyReused`.
    """
    if not 2 <= days <= MOST_DAYS:
        raise ValueError(f"{days} days are none to spread a backlog over.")
    today = study_day_of(viewer, now)
    get_in_line(session, viewer.id)
    body = {"how": how, "days": days, "no_new": no_new}
    if how == "spread" and (known := moving.known(session, viewer, key, body)) is not None:
        return known
    until = today + DAY
    move = Move(key, how, 0)
    if how == "spread":
        rows = moving.scheduled(session, viewer, until=today - DAY)
        cards = [Overdue(row.card_id, row.due, row.interval) for row in rows]
        chosen = spread(cards, days, today, wishes_of(viewer))
        until = max(chosen.values(), default=today) + DAY
        move = moving.move(session, viewer=viewer, rows=rows, days=chosen, reason="spread", key=key, body=body, now=now)
    elif how == "today":
        _ask_all_today(session, viewer, today)
    else:
        planned = _planned(session, viewer, today)
        cleared = _cleared(_overdue(planned, today), planned, today, viewer.reviews_per_day)
        until = cleared or today + MOST_DAYS * DAY
    if no_new:
        session.execute(update(User).where(User.id == viewer.id).values(no_new_before=until))
    return move


def _ask_all_today(session: Session, viewer: Viewer, today: date) -> None:
    """Raise today's limit to what is due and what was reviewed already; what it was raised by before stays."""
    cards = sum(moving.loads(session, viewer, until=today).values())
    cards += sum(one.reviews for one in done_on(session, viewer.id, today).values())
    so_far = viewer.extra_reviews if viewer.extra_on == today else 0
    more = {
        "extra_on": today,
        "extra_reviews": min(max(so_far, cards - viewer.reviews_per_day), MOST_EXTRA),
        "extra_new": case((User.extra_on == today, User.extra_new), else_=0),
    }
    session.execute(update(User).where(User.id == viewer.id).values(**more))


def take_back(session: Session, *, viewer: Viewer, key: str, now: datetime) -> Move:
    """Undo a spread, a postponing or a holiday: cards not asked since get their days back. Raises `UnknownMove`."""
    undone = moving.undo(session, viewer=viewer, key=key, now=now)
    if undone.reason == "spread" and undone.cards:
        session.execute(update(User).where(User.id == viewer.id).values(no_new_before=None))
    return undone


def _tick_every(length: int) -> int:
    return 7 if length <= 42 else 14


def _planned(session: Session, viewer: Viewer, today: date) -> Counter[date]:
    return moving.loads(session, viewer, until=today + (MOST_DAYS + WEEK_AFTER) * DAY)


def _overdue(planned: Counter[date], today: date) -> int:
    return sum(cards for day, cards in planned.items() if day < today)


def _cleared(overdue: int, planned: Counter[date], today: date, limit: int) -> date | None:
    """The day on which nothing is overdue any more, if every day has as many reviews as its limit allows."""
    left, day = overdue, today
    while left > 0 and (day - today).days <= 2 * MOST_DAYS:
        left += planned[day] - limit
        day += DAY
    return day - DAY if left <= 0 else None
