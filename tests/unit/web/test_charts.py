"""Charts as geometry: what is drawn stands for the numbers, whatever they are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import charts


@pytest.mark.parametrize(
    ("highest", "marks"),
    [(0, (1,)), (1, (1,)), (3, (1, 2, 3)), (22, (10, 20, 30)), (100, (50, 100)), (0.2, (1,))],
)
def test_grid_lines_are_round_and_reach_the_highest_value(highest: float, marks: tuple[float, ...]) -> None:
    assert charts.scale(highest) == marks


@given(st.floats(min_value=0.01, max_value=1e7))
def test_few_grid_lines_for_any_value(highest: float) -> None:
    marks = charts.scale(highest)
    assert 1 <= len(marks) <= 4
    assert marks[-1] >= highest * (1 - 1e-9)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=40))
def test_bars_are_as_tall_as_their_values_and_stay_inside(values: list[tuple[int, int]]) -> None:
    chart = charts.bars(values, height=150, left=6.5, ticks=(0,))
    top = chart.rules[-1].value
    assert sum(box.height for box in chart.boxes) == pytest.approx(sum(map(sum, values)) / top * 150)
    for box in chart.boxes:
        assert box.y >= charts.TOP - 1e-6
        assert box.y + box.height <= chart.base + 1e-6
        assert box.x >= 6.5
        assert box.x + box.width <= 100


def test_pieces_of_a_bar_stand_on_each_other() -> None:
    low, high = charts.bars([(3, 1)], height=100, left=0, ticks=()).boxes
    assert (low.series, high.series) == (1, 2)
    assert high.y + high.height == pytest.approx(low.y)
    assert low.height == pytest.approx(3 * high.height)


def test_a_month_without_data_breaks_the_line() -> None:
    chart = charts.shares([(0.9, 0.8), (0.95, None), (None, 0.7), (0.8, 0.9)], height=100, left=0, target=0.9)
    assert [series for series, _ in chart.paths] == [1, 2]
    assert [points.count(",") for _, points in chart.paths] == [2, 2]
    assert len(chart.dots) == 6


@given(st.lists(st.tuples(st.none() | st.floats(0, 1), st.none() | st.floats(0, 1)), min_size=1, max_size=13))
def test_shares_stay_between_the_axis_and_the_top(values: list[tuple[float | None, float | None]]) -> None:
    chart = charts.shares(values, height=100, left=0, target=0.9)
    assert chart.floor <= 0.7
    for dot in chart.dots:
        assert charts.TOP - 1e-6 <= dot.y <= chart.base + 1e-6
        assert 0 <= dot.x <= 100


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 9000), st.integers(130, 400)), min_size=1, max_size=30),
    st.none() | st.integers(0, 5000),
)
def test_a_life_stays_inside_and_goes_forward(answers: list[tuple[int, int, int]], due: int | None) -> None:
    begun = date(2026, 1, 1)
    moments = [charts.Moment(begun + timedelta(days=days), interval, ease) for days, interval, ease in sorted(answers)]
    life = charts.life(moments, due=None if due is None else begun + timedelta(days=due))
    assert len(life.notes) == len(moments)
    assert [x for x, _ in life.notes] == sorted(x for x, _ in life.notes)
    for x, y in life.notes:
        assert 9 <= x <= 98.001
        assert charts.TOP - 1e-6 <= y <= life.base + 1e-6
    for points, top, bottom in ((life.intervals, charts.TOP, life.base), (life.eases, 170, 206)):
        heights = [float(point.split(",")[1]) for point in points.split()]
        assert len(heights) == 2 * len(moments)
        assert all(top - 0.1 <= height <= bottom + 0.1 for height in heights)
    places = [tick.x for tick in life.ticks]
    assert places == sorted(places)
