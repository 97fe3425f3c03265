"""The progress page as values: what a template needs to say and to draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.progress import queries
from app.progress.period import Period, Wanted, period_of
from app.progress.queries import HardCard, ReviewRow, Section, StudiedDeck
from app.scheduling import statistics
from app.scheduling.statistics import Bar, Cell, Coming, Span, Streak, Tally, Totals
from app.scheduling.study_day import study_day
from app.web import charts
from app.web.charts import Bars, Lines
from app.web.sessions import Viewer

DAY = timedelta(days=1)
YEAR = 365
AHEAD = (30, 90)
"""Days of forecast that can be chosen."""
TARGET = 0.9
LATELY = 30
"""Days over which it is told how much is recalled of late."""
FOUR = (1, 3, 4, 5)
"""The grades of the four buttons."""
ALL_DECKS = Wanted()


class NoSuchDeck(Exception):
    """The learner has no deck of this name to report on."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month: its first day and what was done in it."""

    first: date
    totals: Totals


@dataclass(frozen=True, slots=True)
class Calendar:
    """The last 365 days: `labels` are (week, first day of a month that begins there, its cards)."""

    cells: tuple[Cell, ...]
    labels: tuple[tuple[int, date, int], ...]
    studied: int


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in the period.

    `pieces` are its days, weeks or months (`statistics.spans`), `learned` the cards learned at the end of each; `grades` are
    (grade, answers), `hours` (hour of the clock, totals) from the hour on at which days start.
    """

    totals: Totals
    pieces: tuple[Span, ...]
    learned: tuple[int, ...]
    by_month: tuple[Month, ...]
    grades: tuple[tuple[int, int], ...]
    hours: tuple[tuple[int, Totals], ...]
    pace: float | None
    """Seconds that a card takes on a usual day, repeats included."""
    minutes: int | None
    """Minutes on a usual day of study."""

    @property
    def cards_chart(self) -> Bars:
        """Cards answered in each piece."""
        return self._over_time([(piece.totals.cards,) for piece in self.pieces])

    @property
    def minutes_chart(self) -> Bars:
        """Minutes studied in each piece."""
        return self._over_time([(piece.totals.elapsed_ms / 60_000,) for piece in self.pieces])

    @property
    def learned_chart(self) -> Bars:
        """Cards learned at the end of each piece."""
        return self._over_time([(cards,) for cards in self.learned])

    @property
    def pace_chart(self) -> Bars:
        """Seconds for an answer, in each month."""
        seconds = [month.totals.seconds or 0 for month in self.by_month]
        return charts.bars([(one,) for one in seconds], height=120, left=9, ticks=charts.some(len(seconds), most=6))

    @property
    def grades_chart(self) -> Bars:
        """Answers of each grade."""
        return charts.bars([(n,) for _, n in self.grades], height=120, left=9, ticks=range(len(self.grades)))

    @property
    def hours_chart(self) -> Bars:
        """Answers of each hour of the clock."""
        values = [(totals.answers,) for _, totals in self.hours]
        return charts.bars(values, height=120, left=9, ticks=range(0, 24, 3), minor=range(3, 24, 6))

    @property
    def retention(self) -> Lines | None:
        """True retention of each month; None where no card was due."""
        if not self.totals.due.total:
            return None
        values = [(month.totals.mature.share, month.totals.young.share) for month in self.by_month]
        return charts.shares(values, height=170, left=6.5, target=TARGET)

    def _over_time(self, values: list[tuple[float]]) -> Bars:
        return charts.bars(values, height=120, left=9, ticks=charts.some(len(values), most=4))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes due on each of the next days."""

    days: tuple[Coming, ...]

    @property
    def total(self) -> int:
        """All cards that come due."""
        return sum(day.total for day in self.days)

    @property
    def most(self) -> int:
        """Cards on the fullest day."""
        return max(day.total for day in self.days)

    @property
    def chart(self) -> Bars:
        """Mature and young cards of each day."""
        ticks = range(0, len(self.days), 7 if len(self.days) <= AHEAD[0] else 21)
        return charts.bars([(day.mature, day.young) for day in self.days], height=150, left=6.5, ticks=ticks)


@dataclass(frozen=True, slots=True)
class Memory:
    """How the learned cards stand: by interval (days) and by ease (hundredths); and those that do not stick."""

    intervals: tuple[Bar, ...]
    median_interval: int | None
    eases: tuple[Bar, ...]
    median_ease: int | None
    hardest: tuple[HardCard, ...]
    leeches: int

    @property
    def intervals_chart(self) -> Bars:
        """Cards by interval."""
        return _bars_of(self.intervals)

    @property
    def eases_chart(self) -> Bars:
        """Cards by ease."""
        return _bars_of(self.eases)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows, for one deck or for all. `recalled` and `recalled_by_deck` are of the last 30 days."""

    today: date
    period: Period
    deck: StudiedDeck | None
    decks: tuple[StudiedDeck, ...]
    sections: tuple[Section, ...]
    recalled: Tally
    recalled_by_deck: Mapping[int, Tally]
    streak: Streak
    calendar: Calendar
    done: Done
    ahead: Ahead
    memory: Memory
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


def report(
    session: Session,
    viewer: Viewer,
    *,
    now: datetime,
    deck: str = "",
    wanted: Wanted = ALL_DECKS,
    ahead: int = AHEAD[0],
    before: int | None = None,
) -> Report:
    """The report for a learner at `now`; `deck` is a slug (empty: all decks). Raises `NoSuchDeck`, `BadPeriod`."""
    today = study_day(now, viewer.zone, viewer.rollover_hour)
    decks = queries.decks_of(session, viewer)
    chosen = next((one for one in decks if one.slug == deck), None)
    if deck and chosen is None:
        raise NoSuchDeck(deck)
    deck_id = None if chosen is None else chosen.id
    studied = queries.days_studied(session, viewer.id, deck_id=deck_id)
    period = period_of(wanted, today=today, begun=studied[0] if studied else None)
    first, last = min(period.first, today - (YEAR - 1) * DAY), max((today, *studied[-1:]))
    hours = queries.totals_by_hour(session, viewer.id, first, last, deck_id=deck_id)
    days = statistics.by_day(hours)
    coming = queries.coming(session, viewer.id, today, ahead, deck_id=deck_id)
    known = queries.memory(session, viewer.id, deck_id=deck_id)
    recalled = statistics.last_days(days, today, LATELY).due
    latest = queries.reviews(session, viewer, before=before, deck_id=deck_id)
    return Report(
        today=today,
        period=period,
        deck=chosen,
        decks=decks,
        sections=() if deck_id is None else queries.sections_of(session, viewer.id, deck_id),
        recalled=recalled,
        recalled_by_deck=queries.recalled_by_deck(session, viewer.id, today - (LATELY - 1) * DAY)
        if deck_id is None
        else {deck_id: recalled},
        streak=statistics.streak(studied, today, queries.holidays(session, viewer.id)),
        calendar=_calendar(days, today),
        done=_done(hours, days, period, viewer.rollover_hour, sum(cards for _, _, cards in known)),
        ahead=Ahead(tuple(statistics.forecast(coming, today, days=ahead))),
        memory=_memory(session, viewer, known, deck_id),
        reviews=tuple(latest[: queries.PAGE]),
        older=latest[queries.PAGE - 1].id if len(latest) > queries.PAGE else None,
    )


def _done(
    hours: Mapping[tuple[date, int], Totals],
    days: Mapping[date, Totals],
    period: Period,
    rollover_hour: int,
    learned_now: int,
) -> Done:
    inside = {day: totals for day, totals in days.items() if period.first <= day <= period.last}
    of_the_clock = {key: totals for key, totals in hours.items() if key[0] in inside}
    by_month = _months(inside, period.first, period.last)
    totals = statistics.together(month.totals for month in by_month)
    pieces = tuple(statistics.spans(inside, period.first, period.last))
    later = sum(totals.learned for day, totals in days.items() if day > period.last)
    return Done(
        totals=totals,
        pieces=pieces,
        learned=tuple(statistics.learned_at_end(pieces, learned_now - later)),
        by_month=by_month,
        grades=tuple((grade, n) for grade, n in enumerate(totals.grades) if n or grade in FOUR),
        hours=tuple(statistics.of_the_clock(of_the_clock, start=rollover_hour)),
        pace=statistics.usual_pace(inside.values()),
        minutes=statistics.usual_minutes(inside.values()),
    )


def _memory(session: Session, viewer: Viewer, known: list[tuple[int, int, int]], deck_id: int | None) -> Memory:
    intervals: Counter[int] = Counter()
    eases: Counter[int] = Counter()
    for interval, ease, cards in known:
        intervals[interval] += cards
        eases[ease] += cards
    hardest, leeches = queries.hardest(session, viewer, deck_id=deck_id)
    return Memory(
        intervals=tuple(statistics.histogram(intervals)),
        median_interval=statistics.middle(intervals),
        eases=tuple(statistics.histogram(eases, statistics.EASE_BOUNDS)),
        median_ease=statistics.middle(eases),
        hardest=hardest,
        leeches=leeches,
    )


def _bars_of(bars: tuple[Bar, ...]) -> Bars:
    """A histogram as a chart."""
    values = [(bar.cards,) for bar in bars]
    return charts.bars(values, height=120, left=9, ticks=range(len(bars)), minor=range(1, len(bars), 2))


def _calendar(days: Mapping[date, Totals], today: date) -> Calendar:
    cells = statistics.calendar({day: totals.cards for day, totals in days.items()}, today, days=YEAR)
    labels: list[tuple[int, date, int]] = []
    months: Counter[date] = Counter()
    for day, totals in days.items():
        months[day.replace(day=1)] += totals.cards
    for cell in cells:
        fits = not labels or cell.week - labels[-1][0] >= 3
        if cell.day.day == 1 and fits:
            labels.append((cell.week, cell.day, months[cell.day]))
    studied = sum(totals.days for day, totals in days.items() if today - YEAR * DAY < day <= today)
    return Calendar(tuple(cells), tuple(labels), studied)


def _months(days: Mapping[date, Totals], since: date, today: date) -> tuple[Month, ...]:
    """Every month from that of `since` to that of `today`, those without study too."""
    known = statistics.by_month(days)
    found: list[Month] = []
    first = since.replace(day=1)
    while first <= today:
        found.append(Month(first, known.get(first, Totals())))
        first = (first + timedelta(days=32)).replace(day=1)
    return tuple(found)
