"""What a learner's answers add up to: cards a day, true retention, streak, calendar, forecast, pace.

Everything is computed from values handed in; days are study days. Undone answers are not to be handed in.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from app.scheduling.state import MATURE_INTERVAL, Grade
from app.scheduling.study_day import zone_named

DAY: Final = timedelta(days=1)

LONGEST_ANSWER_MS: Final = 300_000
"""An answer that took longer counts as five minutes: the learner had left the page open."""

CALENDAR_LEVELS: Final = (1, 15, 30, 45)
"""From so many cards a day on the calendar's levels 1, 2, 3 and 4 begin."""

INTERVAL_BOUNDS: Final = (1, 3, 7, 14, 30, 90, 180, 365)
"""The longest interval, in days, of each bar of the histogram but the last, which has all longer ones."""

EASE_BOUNDS: Final = (130, 150, 170, 190, 210, 230, 250, 270)
"""The highest ease, in hundredths, of each bar but the last; 130 is SM-2's lowest, 250 where a card begins."""

GRADES: Final = 6
"""Grades are 0 to 5."""

MOST_DAILY: Final = 62
"""So many days are shown one by one; up to `MOST_WEEKLY` by weeks, more by months."""
MOST_WEEKLY: Final = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """One live grade, or (`grade` None) a state that a card was given instead of earning it.

    `counted`: the first of the card's study day; `was_due`: counted, of a card due then; `interval_before`: the card's
    interval in days (None: never reviewed); `elapsed_ms`: from question to grade (None: not measured); `learned`: 1 where
    it made the card a learned one, -1 where the card was learned until then, else 0.
    """

    study_day: date
    answered_at: datetime
    grade: Grade | None
    counted: bool
    was_due: bool
    interval_before: int | None
    elapsed_ms: int | None
    learned: int = 0
    zone: str = "UTC"
    """Of the learner, at that time."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many passed out of a total."""

    passed: int = 0
    total: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.total + other.total)

    @property
    def share(self) -> float | None:
        """The share passed, 0 to 1; None where there is nothing to tell from."""
        return self.passed / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Totals:
    """What was done on a day, or on several.

    `cards`: first grades of the day; `answers`: all grades, repeats included; `elapsed_ms`: the time they took, each
    capped at five minutes; `young` and `mature`: due cards recalled at the first try, by their interval before (below 21
    days, learning ones included, and from 21 days on); `days`: how many study days went in; `grades`: the answers of each
    grade from 0 to 5; `timed`: the answers whose time was measured; `learned`: cards that became learned less those that
    were forgotten.
    """

    cards: int = 0
    answers: int = 0
    elapsed_ms: int = 0
    young: Tally = Tally()
    mature: Tally = Tally()
    days: int = 0
    grades: tuple[int, ...] = (0,) * GRADES
    timed: int = 0
    learned: int = 0

    def __add__(self, other: Totals) -> Totals:
        return together((self, other))

    @property
    def due(self) -> Tally:
        """Young and mature together: true retention is its share."""
        return self.young + self.mature

    @property
    def seconds(self) -> float | None:
        """Seconds that an answer took on average, of those whose time was measured; None without any."""
        return self.elapsed_ms / self.timed / 1000 if self.timed else None


@dataclass(frozen=True, slots=True)
class Span:
    """What was done from the study day `first` to `last`, both included."""

    first: date
    last: date
    totals: Totals


@dataclass(frozen=True, slots=True)
class Streak:
    """Study days in a row: the `current` run, the `longest` ever, and whether today is in it already."""

    current: int
    longest: int
    studied_today: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the calendar: `level` 0 (nothing) to 4; `week` is its column from 0, `weekday` its row, Monday 0."""

    day: date
    cards: int
    level: int
    week: int
    weekday: int


@dataclass(frozen=True, slots=True)
class Coming:
    """How many cards come due on `day`, by the interval they have now."""

    day: date
    mature: int
    young: int

    @property
    def total(self) -> int:
        """All that come due."""
        return self.mature + self.young


@dataclass(frozen=True, slots=True)
class Bar:
    """Cards whose interval (or ease) is at most `up_to` and above the bar before (None: above all bars)."""

    up_to: int | None
    cards: int


def together(parts: Iterable[Totals]) -> Totals:
    """The sum of several."""
    # number by number: years of days are added up for each look at the page, and a new sum at each step costs five times as much
    kept = list(parts)
    if len(kept) == 1:
        return kept[0]
    return Totals(
        cards=sum([one.cards for one in kept]),
        answers=sum([one.answers for one in kept]),
        elapsed_ms=sum([one.elapsed_ms for one in kept]),
        young=Tally(sum([one.young.passed for one in kept]), sum([one.young.total for one in kept])),
        mature=Tally(sum([one.mature.passed for one in kept]), sum([one.mature.total for one in kept])),
        days=sum([one.days for one in kept]),
        grades=tuple(map(sum, zip(*[one.grades for one in kept], strict=True))) if kept else Totals().grades,
        timed=sum([one.timed for one in kept]),
        learned=sum([one.learned for one in kept]),
    )


def of_one_day(parts: Iterable[Totals]) -> Totals:
    """The sum of parts of the same study day, which counts once."""
    totals = together(parts)
    return replace(totals, days=1) if totals.days > 1 else totals


def by_hour(answers: Iterable[Answer]) -> dict[tuple[date, int], Totals]:
    """The totals of each study day and hour (0 to 23) of the learner's clock there are answers of, in order."""
    hours: defaultdict[tuple[date, int], list[Totals]] = defaultdict(list)
    for answer in answers:
        hours[answer.study_day, hour_of(answer.answered_at, answer.zone)].append(alone(answer))
    return {key: of_one_day(parts) for key, parts in sorted(hours.items())}


def hour_of(instant: datetime, zone: str) -> int:
    """The hour, 0 to 23, that the clock shows at `instant` in the zone of that name."""
    return instant.astimezone(zone_named(zone)).hour


def by_day(hours: Mapping[tuple[date, int], Totals]) -> dict[date, Totals]:
    """The totals of each study day, in order; only one with an answer counts as a day of study."""
    days: defaultdict[date, list[Totals]] = defaultdict(list)
    for (day, _), totals in hours.items():
        days[day].append(totals)
    return {day: of_one_day(parts) for day, parts in sorted(days.items())}


def of_the_clock(hours: Mapping[tuple[date, int], Totals], *, start: int = 0) -> list[tuple[int, Totals]]:
    """The totals of each of the 24 hours of the clock, whatever the day, from the hour `start` on."""
    found: list[list[Totals]] = [[] for _ in range(24)]
    for (_, hour), totals in hours.items():
        found[hour].append(totals)
    return [(hour % 24, together(found[hour % 24])) for hour in range(start, start + 24)]


def spans(days: Mapping[date, Totals], first: date, last: date) -> list[Span]:
    """The days from `first` to `last` cut into pieces that fit a chart, in order, those without study too.

    Up to 62 days each is a piece; up to 400 days seven are, counted from the end (the first may be shorter); beyond, a
    month is.
    """
    length = (last - first).days + 1
    cuts: list[tuple[date, date]] = []
    end = last
    while end >= first:
        start = end.replace(day=1) if length > MOST_WEEKLY else end - (6 * DAY if length > MOST_DAILY else 0 * DAY)
        cuts.append((max(start, first), end))
        if start <= first:
            break
        end = start - DAY
    cuts.reverse()
    starts = [start for start, _ in cuts]
    parts: list[list[Totals]] = [[] for _ in cuts]
    for day, totals in days.items():
        if first <= day <= last:
            parts[bisect_right(starts, day) - 1].append(totals)
    return [Span(start, end, together(inside)) for (start, end), inside in zip(cuts, parts, strict=True)]


def learned_at_end(pieces: Sequence[Span], learned: int) -> list[int]:
    """How many cards were learned at the end of each piece, told backwards from how many are at the end of the last."""
    found: list[int] = []
    at = learned
    for piece in reversed(pieces):
        found.append(max(0, at))
        at -= piece.totals.learned
    return found[::-1]


def by_month(days: Mapping[date, Totals]) -> dict[date, Totals]:
    """The totals of each month, by its first day, in order; months without study are left out."""
    months = groupby(sorted(days), key=lambda day: day.replace(day=1))
    return {first: together(days[day] for day in inside) for first, inside in months}


def last_days(days: Mapping[date, Totals], today: date, count: int) -> Totals:
    """The totals of the `count` days up to and with `today`."""
    since = today - count * DAY
    return together(totals for day, totals in days.items() if since < day <= today)


def streak(studied: Collection[date], today: date, resting: Collection[tuple[date, date]] = ()) -> Streak:
    """The streak as of `today`. A day that is not over breaks nothing: without study today the run ends yesterday.

    Holidays (`resting`, first and last day of each) break nothing either, and add nothing: the run goes on after them.

    Where the learner's last study day is later than `today` (they travelled west), that day counts as today.
    """
    days = sorted(set(studied))
    longest = run = 0
    for n, day in enumerate(days):
        run = run + 1 if n and _joined(days[n - 1], day, resting) else 1
        longest = max(longest, run)
    alive = bool(days) and (days[-1] >= today or _joined(days[-1], today, resting))
    return Streak(current=run if alive else 0, longest=longest, studied_today=bool(days) and days[-1] >= today)


def _joined(before: date, after: date, resting: Collection[tuple[date, date]]) -> bool:
    """Whether no day lies between two days, but days of holidays."""
    day = before + DAY
    while day < after:
        ends = [last for first, last in resting if first <= day <= last]
        if not ends:
            return False
        day = max(ends) + DAY
    return True


def calendar(
    cards: Mapping[date, int], last: date, *, days: int = 365, levels: Sequence[int] = CALENDAR_LEVELS
) -> list[Cell]:
    """The `days` days up to and with `last`, oldest first, in columns of weeks that start on Monday.

    `cards` has the number of cards by study day; `levels` the least number of each level from 1 on, rising.
    """
    first = last - (days - 1) * DAY
    monday = first - first.weekday() * DAY
    cells = []
    for day in (first + n * DAY for n in range(days)):
        number = cards.get(day, 0)
        cells.append(Cell(day, number, bisect_right(levels, number), (day - monday).days // 7, day.weekday()))
    return cells


def forecast(cards: Iterable[tuple[date, int]], first: date, *, days: int = 30) -> list[Coming]:
    """What comes due on each of the `days` days from `first` on; `cards` are pairs of due day and interval in days.

    It says what the cards reviewed so far bring if each is reviewed once. Cards due before `first` are left out:
    they belong to the day that is now.
    """
    mature: Counter[date] = Counter()
    young: Counter[date] = Counter()
    for due, interval in cards:
        (mature if interval >= MATURE_INTERVAL else young)[due] += 1
    return [Coming(day, mature[day], young[day]) for day in (first + n * DAY for n in range(days))]


def histogram(cards: Mapping[int, int], bounds: Sequence[int] = INTERVAL_BOUNDS) -> list[Bar]:
    """How many cards have a value up to each of the rising `bounds`, and how many a higher one.

    `cards` has the number of cards by their value: an interval in days, an ease in hundredths.
    """
    counts: Counter[int] = Counter()
    for value, number in cards.items():
        counts[bisect_left(bounds, value)] += number
    return [Bar(up_to, counts[n]) for n, up_to in enumerate((*bounds, None))]


def middle(cards: Mapping[int, int]) -> int | None:
    """Half the cards have at least this value; None without cards. `cards` is as `histogram` takes it."""
    before, half = 0, sum(cards.values()) // 2
    for value, number in sorted(cards.items()):
        before += number
        if before > half:
            return value
    return None


def median_seconds(elapsed_ms: Iterable[int | None]) -> float | None:
    """The median time of an answer in seconds; None where none was measured."""
    known = [one for one in elapsed_ms if one is not None]
    return statistics.median(known) / 1000 if known else None


def usual_pace(days: Iterable[Totals]) -> float | None:
    """Seconds a card, repeats included: the median over those study days whose time was measured, else None."""
    paces = [totals.elapsed_ms / totals.cards / 1000 for totals in days if totals.cards and totals.elapsed_ms]
    return statistics.median(paces) if paces else None


def usual_minutes(days: Iterable[Totals]) -> int | None:
    """Minutes of study a day, at least 1: the median over the days whose time was measured, else None."""
    spent = [totals.elapsed_ms for totals in days if totals.elapsed_ms]
    return max(1, round(statistics.median_high(spent) / 60_000)) if spent else None


def minutes_needed(cards: int, seconds_a_card: float) -> int:
    """About how many minutes `cards` cards take at that pace: whole ones, at least 1 where there are cards."""
    return max(1, round(cards * seconds_a_card / 60)) if cards else 0


def alone(answer: Answer) -> Totals:
    """What one answer adds."""
    if answer.grade is None:
        return Totals(learned=answer.learned)
    due = Tally(int(answer.grade.passed), 1) if answer.was_due else Tally()
    mature = answer.interval_before is not None and answer.interval_before >= MATURE_INTERVAL
    return Totals(
        cards=int(answer.counted),
        answers=1,
        elapsed_ms=min(answer.elapsed_ms or 0, LONGEST_ANSWER_MS),
        young=Tally() if mature else due,
        mature=due if mature else Tally(),
        days=1,
        grades=tuple(int(grade == answer.grade) for grade in range(GRADES)),
        timed=int(answer.elapsed_ms is not None),
        learned=answer.learned,
    )
