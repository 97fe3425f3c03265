"""Charts as geometry: x in per cent of the width, y in pixels, so that text keeps its size at any width. Pure.

Templates draw what is described here and choose nothing but words and colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

TOP = 8.0
"""Room above the highest rule for its label."""
MOST_NOTED = 31
"""Of more bars only the highest and the last have their value written above them."""
BAR_SHARE = 0.76
"""How much of its place a bar fills."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line at `y` that stands for `value`."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Box:
    """One piece of a bar: `series` counts from 1, the lowest."""

    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label under the axis; a `minor` one is left out where there is little room."""

    x: float
    index: int
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One bar with its place: `x` and `width` are those of the place, `middle` and `top` where its value is written.

    `noted`: there is room for its value beside those of the others.
    """

    value: float
    x: float
    width: float
    middle: float
    top: float
    boxes: tuple[Box, ...]
    noted: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of stacked bars: `base` is the axis, `rules` the grid above it."""

    base: float
    rules: tuple[Rule, ...]
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All pieces of all bars."""
        return tuple(box for column in self.columns for box in column.boxes)


@dataclass(frozen=True, slots=True)
class Dot:
    """One value of a series, a share from 0 to 1."""

    series: int
    x: float
    y: float
    share: float


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart of lines. `paths` are (series, points), one for each run without a gap."""

    base: float
    floor: float
    rules: tuple[Rule, ...]
    target: Rule
    paths: tuple[tuple[int, str], ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]


def scale(highest: float, *, most: int = 4) -> tuple[float, ...]:
    """Round values above 0 for grid lines, at most `most` of them, the last at or above `highest`."""
    if highest <= 0:
        return (1.0,)
    magnitude = 10.0 ** floor(log10(highest / most))
    step = next(size for size in (1, 2, 5, 10, 20) if highest <= most * size * magnitude) * magnitude
    step = max(1.0, step)
    return tuple(step * n for n in range(1, ceil(highest / step) + 1))


def bars(
    values: Sequence[Sequence[float]],
    *,
    height: float,
    left: float,
    ticks: Sequence[int],
    minor: Sequence[int] = (),
    least: float = 0,
) -> Bars:
    """Stacked bars: `values` has one sequence a bar, its lowest piece first; `left` per cent are kept for labels.

    `ticks` are the bars that are labelled, by index; the chart is at least as high as `least`.
    """
    highest = max((sum(pieces) for pieces in values), default=0)
    marks = scale(max(least, highest))
    base = height + TOP
    place = (100 - left) / max(1, len(values))
    columns: list[Column] = []
    for index, pieces in enumerate(values):
        foot = base
        boxes: list[Box] = []
        for series, value in enumerate(pieces, 1):
            tall = value / marks[-1] * height
            if tall > 0:
                x = left + place * (index + (1 - BAR_SHARE) / 2)
                boxes.append(Box(series, x, foot - tall, place * BAR_SHARE, tall))
                foot -= tall
        x, value = left + place * index, sum(pieces)
        noted = len(values) <= MOST_NOTED or index == len(values) - 1 or value == highest
        columns.append(Column(value, x, place, x + place / 2, foot - 4, tuple(boxes), noted))
    return Bars(
        base=base,
        rules=tuple(Rule(base - mark / marks[-1] * height, mark) for mark in marks),
        columns=tuple(columns),
        ticks=tuple(Tick(left + place * (index + 0.5), index, index in minor) for index in ticks),
    )


def some(count: int, *, most: int = 13) -> range:
    """Which of so many places are labelled: at most `most`, at even distances."""
    return range(0, count, max(1, ceil(count / most)))


def shares(values: Sequence[Sequence[float | None]], *, height: float, left: float, target: float) -> Lines:
    """Shares (0 to 1) over time: `values` has one sequence a point in time, one share a series; None where unknown.

    The axis starts at a round share below all that is known, at 70 % at the most.
    """
    known = [share for one in values for share in one if share is not None]
    bottom = min(0.7, floor(min(known, default=0.7) * 10) / 10)
    base = height + TOP
    step = (98 - left - 2) / max(1, len(values) - 1)

    def x(index: int) -> float:
        return left + 2 + step * index if len(values) > 1 else 98.0

    def y(share: float) -> float:
        return base - (share - bottom) / (1 - bottom) * height

    dots = tuple(
        Dot(series, x(index), y(share), share)
        for index, one in enumerate(values)
        for series, share in enumerate(one, 1)
        if share is not None
    )
    paths: list[tuple[int, str]] = []
    for series in range(len(values[0]) if values else 0):
        run: list[str] = []
        for index, share in [*((index, one[series]) for index, one in enumerate(values)), (len(values), None)]:
            if share is not None:
                run.append(f"{x(index):.2f},{y(share):.1f}")
                continue
            if len(run) > 1:
                paths.append((series + 1, " ".join(run)))
            run = []
    percents = range(round(bottom * 100), 101, 10 if bottom >= 0.5 else 20)
    return Lines(
        base=base,
        floor=bottom,
        rules=tuple(Rule(y(percent / 100), percent / 100) for percent in percents if percent > round(bottom * 100)),
        target=Rule(y(target), target),
        paths=tuple(paths),
        dots=dots,
        ticks=tuple(Tick(x(index), index, n % 2 == 1) for n, index in enumerate(some(len(values)))),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """The interval (days) and the ease (hundredths) that an answer on `day` led to."""

    day: date
    interval: int
    ease: int


@dataclass(frozen=True, slots=True)
class Life:
    """Intervals above, eases below, over the days: steps from each answer to the next, and on to the due day.

    `notes` are (x, y) of each answer at its interval; `ticks` name answers by index, the due day by the number of answers.
    """

    base: float
    rules: tuple[Rule, ...]
    low: Rule
    high: Rule
    intervals: str
    eases: str
    notes: tuple[tuple[float, float], ...]
    due: tuple[float, float] | None
    ticks: tuple[Tick, ...]


LIFE_HEIGHT = 110.0
EASE_TOP, EASE_BASE = 170.0, 206.0
_APART = 14.0
"""Labels under the axis are at least so many per cent apart."""


def life(moments: Sequence[Moment], *, due: date | None) -> Life:
    """The life of a card, from its first answer to its due day or its last answer, whichever is later."""
    first, last = moments[0].day, max(moments[-1].day, due or moments[-1].day)
    days = max(1, (last - first).days)
    marks = scale(max(one.interval for one in moments), most=3)
    base = LIFE_HEIGHT + 2 * TOP
    low, high = min(one.ease for one in moments) - 5, max(one.ease for one in moments) + 5

    def x(day: date) -> float:
        return 9 + 89 * (day - first).days / days

    notes = tuple((x(one.day), base - one.interval / marks[-1] * LIFE_HEIGHT) for one in moments)
    eases = [EASE_BASE - (one.ease - low) / (high - low) * (EASE_BASE - EASE_TOP) for one in moments]
    ends = [*(place for place, _ in notes[1:]), x(last)]
    ticks: list[Tick] = []
    for index, (place, _) in enumerate(notes):
        if place - (ticks[-1].x if ticks else -_APART) >= _APART and (index == 0 or place < 98 - _APART):
            ticks.append(Tick(place, index, len(ticks) % 2 == 1))
    if last > first:
        ticks.append(Tick(98, len(moments)))
    return Life(
        base=base,
        rules=tuple(Rule(base - mark / marks[-1] * LIFE_HEIGHT, mark) for mark in marks),
        low=Rule(EASE_BASE, low),
        high=Rule(EASE_TOP, high),
        intervals=_steps([y for _, y in notes], [place for place, _ in notes], ends),
        eases=_steps(eases, [place for place, _ in notes], ends),
        notes=notes,
        due=(x(due), notes[-1][1]) if due and due > moments[-1].day else None,
        ticks=tuple(ticks),
    )


def _steps(heights: Sequence[float], starts: Sequence[float], ends: Sequence[float]) -> str:
    """A line that keeps each height from its start to its end."""
    points = zip(heights, starts, ends, strict=True)
    return " ".join(f"{start:.2f},{y:.1f} {end:.2f},{y:.1f}" for y, start, end in points)
