"""The best total, checked against trying everything."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from app.content.matching.assignment import assign

sparse = st.lists(st.dictionaries(st.integers(0, 4), st.integers(1, 9).map(float), max_size=4), max_size=5)


def total(rows: list[dict[int, float]], columns: list[int | None]) -> float:
    return sum(rows[row][column] for row, column in enumerate(columns) if column is not None)


def best(rows: list[dict[int, float]]) -> float:
    return max(
        sum(row.get(column, 0.0) for row, column in zip(rows, order, strict=False)) for order in permutations(range(5))
    )


@given(rows=sparse)
def test_the_total_is_the_best_there_is(rows: list[dict[int, float]]) -> None:
    columns = assign(rows)
    taken = [column for column in columns if column is not None]
    assert len(taken) == len(set(taken))
    assert all(column is None or column in rows[row] for row, column in enumerate(columns))
    assert total(rows, columns) == best(rows)


def test_a_better_total_goes_before_the_best_pair() -> None:
    assert assign([{0: 9.0, 1: 8.0}, {0: 7.0}]) == [1, 0]


def test_a_row_that_gains_nothing_stays_alone() -> None:
    assert assign([{0: 1.0}, {0: 5.0}, {}]) == [None, 0, None]
