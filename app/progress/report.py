"""The progress page as values: what a template needs to say and to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.progress import queries
from app.progress.queries import ReviewRow, StudiedDeck
from app.scheduling import statistics
from app.scheduling.statistics import Bar, Cell, Coming, Streak, Tally, Totals
from app.scheduling.study_day import study_day
from app.web import charts
from app.web.charts import Bars, Lines
from app.web.sessions import Viewer

RANGES: Mapping[int, int] = {12: 365, 3: 91, 1: 30}
"""Months that can be chosen, and their days."""
YEAR = 365
AHEAD = 30
TARGET = 0.9
MINUTES_SHOWN = 28
INTERVAL_DAYS = (1, 3, 7, 14, 30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class Month:
    """One month: its first day and what was done in it."""

    first: date
    totals: Totals


@dataclass(frozen=True, slots=True)
class Calendar:
    """The last 365 days: `labels` are (week, first day of a month that begins there)."""

    cells: tuple[Cell, ...]
    labels: tuple[tuple[int, date], ...]
    studied: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows, for one deck or for all."""

    today: date
    months: int
    deck: StudiedDeck | None
    decks: tuple[StudiedDeck, ...]
    answers: int
    recalled: Tally
    streak: Streak
    calendar: Calendar
    by_month: tuple[Month, ...]
    coming: tuple[Coming, ...]
    coming_chart: Bars
    retention: Lines | None
    histogram: tuple[Bar, ...]
    histogram_chart: Bars
    median_interval: int | None
    minutes: tuple[tuple[date, float], ...]
    minutes_chart: Bars
    usual_minutes: int | None
    reviews: tuple[ReviewRow, ...]
    older: int | None
    """Where the next page of answers goes on; None on the last one."""

    @property
    def shown_decks(self) -> tuple[StudiedDeck, ...]:
        """The decks the page is about."""
        return self.decks if self.deck is None else (self.deck,)

    @property
    def learned(self) -> int:
        """Cards learned in these decks."""
        return sum(deck.learned for deck in self.shown_decks)

    @property
    def cards(self) -> int:
        """Cards that can be studied in these decks."""
        return sum(deck.cards for deck in self.shown_decks)


class NoSuchDeck(Exception):
    """The learner has no deck of this name to report on."""


def report(
    session: Session, viewer: Viewer, *, now: datetime, deck: str = "", months: int = 12, before: int | None = None
) -> Report:
    """The report for a learner at `now`; `deck` is a slug (empty: all decks). Raises `NoSuchDeck`."""
    today = study_day(now, viewer.zone, viewer.rollover_hour)
    decks = queries.decks_of(session, viewer)
    chosen = next((one for one in decks if one.slug == deck), None)
    if deck and chosen is None:
        raise NoSuchDeck(deck)
    deck_id = None if chosen is None else chosen.id
    days = queries.totals_by_day(session, viewer.id, today - timedelta(days=YEAR - 1), deck_id=deck_id)
    since = today - timedelta(days=RANGES[months] - 1)
    ranged = {day: totals for day, totals in days.items() if day >= since}
    ahead = statistics.forecast(queries.coming(session, viewer.id, today, AHEAD, deck_id=deck_id), today, days=AHEAD)
    intervals = queries.intervals(session, viewer.id, deck_id=deck_id)
    histogram = statistics.interval_histogram(intervals, bounds=INTERVAL_DAYS)
    minutes = _minutes(days, today)
    latest = queries.reviews(session, viewer, before=before, deck_id=deck_id)
    by_month = _months(ranged, since, today)
    return Report(
        today=today,
        months=months,
        deck=chosen,
        decks=decks,
        answers=sum(totals.answers for totals in ranged.values()),
        recalled=statistics.last_days(days, today, 30).due,
        streak=statistics.streak(
            queries.days_studied(session, viewer.id, deck_id=deck_id), today, queries.holidays(session, viewer.id)
        ),
        calendar=_calendar(days, today),
        by_month=by_month,
        coming=tuple(ahead),
        coming_chart=charts.bars(
            [(one.mature, one.young) for one in ahead], height=150, left=6.5, ticks=range(0, AHEAD, 7)
        ),
        retention=_retention(by_month),
        histogram=tuple(histogram),
        histogram_chart=charts.bars(
            [(bar.cards,) for bar in histogram], height=120, left=9, ticks=range(len(histogram)), minor=range(1, 99, 2)
        ),
        median_interval=statistics.median_interval(intervals),
        minutes=minutes,
        minutes_chart=charts.bars(
            [(spent,) for _, spent in minutes], height=120, left=9, ticks=(0, MINUTES_SHOWN // 2, MINUTES_SHOWN - 1)
        ),
        usual_minutes=_usual(minutes),
        reviews=tuple(latest[: queries.PAGE]),
        older=latest[queries.PAGE - 1].id if len(latest) > queries.PAGE else None,
    )


def _calendar(days: Mapping[date, Totals], today: date) -> Calendar:
    cells = statistics.calendar({day: totals.cards for day, totals in days.items()}, today, days=YEAR)
    labels: list[tuple[int, date]] = []
    for cell in cells:
        fits = not labels or cell.week - labels[-1][0] >= 3
        if cell.day.day == 1 and fits:
            labels.append((cell.week, cell.day))
    return Calendar(tuple(cells), tuple(labels), sum(1 for day in days if day > today - timedelta(days=YEAR)))


def _months(days: Mapping[date, Totals], since: date, today: date) -> tuple[Month, ...]:
    """Every month from that of `since` to that of `today`, those without study too."""
    known = statistics.by_month(days)
    found: list[Month] = []
    first = since.replace(day=1)
    while first <= today:
        found.append(Month(first, known.get(first, Totals())))
        first = (first + timedelta(days=32)).replace(day=1)
    return tuple(found)


def _retention(months: tuple[Month, ...]) -> Lines | None:
    if not any(month.totals.due.total for month in months):
        return None
    values = [(month.totals.mature.share, month.totals.young.share) for month in months]
    return charts.shares(values, height=170, left=6.5, target=TARGET)


def _minutes(days: Mapping[date, Totals], today: date) -> tuple[tuple[date, float], ...]:
    shown = [today - timedelta(days=back) for back in range(MINUTES_SHOWN - 1, -1, -1)]
    return tuple((day, days[day].elapsed_ms / 60_000 if day in days else 0.0) for day in shown)


def _usual(minutes: tuple[tuple[date, float], ...]) -> int | None:
    """The middle of the days on which time was measured."""
    spent = sorted(one for _, one in minutes if one > 0)
    return max(1, round(spent[len(spent) // 2])) if spent else None
