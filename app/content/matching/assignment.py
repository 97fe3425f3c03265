"""One-to-one assignment of best total over a sparse graph."""

import heapq
from collections.abc import Mapping, Sequence


def assign(rows: Sequence[Mapping[int, float]]) -> list[int | None]:
    """For each row its column, or None, so that the gains sum up to the most.

    `rows` has for each row the columns it may have and what that gains (greater than 0). Rows are added one by one,
    each by a shortest augmenting path with potentials (Jonker and Volgenant, 1987), here over the given pairs alone: time
    grows with their number, not with rows times columns. Deterministic.
    """
    solver = _Solver(rows)
    for row in range(len(rows)):
        solver.add(row)
    return [column if column is not None and column >= 0 else None for column in solver.columns]


class _Solver:
    """The state of a minimum-cost assignment: a row that gains nothing has a column of its own, -1 - row, at cost 0."""

    def __init__(self, rows: Sequence[Mapping[int, float]]) -> None:
        self.costs = [
            {-1 - row: 0.0, **{column: -gain for column, gain in gains.items()}} for row, gains in enumerate(rows)
        ]
        self.columns: list[int | None] = [None] * len(rows)
        self.owners: dict[int, int] = {}
        self.of_row = [0.0] * len(rows)
        self.of_column: dict[int, float] = {}

    def add(self, root: int) -> None:
        """Give `root` a column, moving other rows where that costs less."""
        reached: dict[int, float] = {}
        came_from: dict[int, int] = {}
        settled: set[int] = set()
        heap: list[tuple[float, int]] = []
        row, before = root, 0.0
        self.of_row[root] = min(cost - self.of_column.get(column, 0.0) for column, cost in self.costs[root].items())
        while True:
            for column, cost in self.costs[row].items():
                length = before + cost - self.of_row[row] - self.of_column.get(column, 0.0)
                if column not in settled and length < reached.get(column, float("inf")):
                    reached[column], came_from[column] = length, row
                    heapq.heappush(heap, (length, column))
            before, column = heapq.heappop(heap)
            while column in settled:
                before, column = heapq.heappop(heap)
            settled.add(column)
            if column not in self.owners:
                break
            row = self.owners[column]
        self._update(root, settled, reached, before)
        self._augment(root, column, came_from)

    def _update(self, root: int, settled: set[int], reached: Mapping[int, float], length: float) -> None:
        self.of_row[root] += length
        for column in settled:
            slack = length - reached[column]
            self.of_column[column] = self.of_column.get(column, 0.0) - slack
            if column in self.owners:
                self.of_row[self.owners[column]] += slack

    def _augment(self, root: int, column: int, came_from: Mapping[int, int]) -> None:
        while True:
            row = came_from[column]
            freed = self.columns[row]
            self.columns[row], self.owners[column] = column, row
            if row == root or freed is None:
                return
            column = freed
