"""What several requests ask PostgreSQL by the same statement, asked once for all of them.

Starting a statement takes the server longer than it needs for the few rows of most of ours, and sending and reading it takes
the driver as long again.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from app.db.compiled import Compiled

NUMBERED = re.compile(r"\$(\d+)")
"""The place of a value in a statement."""


class Questions:
    """What is asked until they `leave` or any of it is read.

    The kind of a value (`Compiled.kinds`) is what PostgreSQL calls it, or empty where it is the same for all who ask.
    """

    def __init__(self, wire: Any, *, begins: bool) -> None:
        """They leave by `app.db.wire`; with `begins` in a transaction, which begins where there is none."""
        self._wire, self._begins = wire, begins
        self._open: dict[Compiled, _Question] = {}

    def ask(self, statement: Compiled, values: list[Any]) -> "Asked":
        """Ask a statement that has `kinds`, with its values."""
        question = self._open.get(statement)
        if question is None:
            question = self._open[statement] = _Question(self, statement.sql, statement.kinds)
        return question.also(values)

    def leave(self) -> None:
        """Send what was asked. Raises what the driver refuses; whoever reads what was not sent by then raises that, too."""
        questions, self._open = self._open, {}
        for question in questions.values():
            try:
                question.send(self._wire, begins=self._begins)
            except Exception as error:
                for one in questions.values():
                    one.give_up(error)
                raise

    def give_up(self, error: BaseException) -> None:
        """Send none of it; whoever reads it raises what it was given up for."""
        questions, self._open = self._open, {}
        for question in questions.values():
            question.give_up(error)


class _Question:
    """One statement, and the values of each one who asks it."""

    def __init__(self, those: Questions, sql: str, kinds: tuple[str, ...]) -> None:
        self.those, self._sql, self._kinds = those, sql, kinds
        self._values: list[list[Any]] = []
        self._reply: Any = None
        self._error: BaseException | None = None
        self._rows: list[list[Any]] | None = None

    def also(self, values: list[Any]) -> "Asked":
        self._values.append(values)
        return Asked(self, len(self._values) - 1)

    def send(self, wire: Any, *, begins: bool) -> None:
        first, *others = self._values
        if others:
            values = [
                [*of_all] if kind else of_all[0]
                for kind, of_all in zip(self._kinds, zip(*self._values, strict=True), strict=True)
            ]
            self._reply = wire.send(_for_each(self._sql, self._kinds), values, begins=begins)
        else:
            self._reply = wire.send(self._sql, first, begins=begins)

    def give_up(self, error: BaseException) -> None:
        if self._reply is None:
            self._error = error

    def rows(self, number: int) -> Sequence[Any]:
        if self._reply is None and self._error is None:
            self.those.leave()
        if self._error is not None:
            raise self._error
        if self._rows is None:
            found = self._reply.rows()
            if len(self._values) == 1:
                self._rows = [found]
            else:
                self._rows = [[] for _ in self._values]
                for which, *row in found:
                    self._rows[which - 1].append(row)
        return self._rows[number]


class Asked:
    """What one of them will have."""

    __slots__ = ("_number", "_question")

    def __init__(self, question: _Question, number: int) -> None:
        self._question, self._number = question, number

    def rows(self) -> Sequence[Any]:
        """Its rows. Raises what the server refuses."""
        return self._question.rows(self._number)


@lru_cache(maxsize=256)
def _for_each(sql: str, kinds: tuple[str, ...]) -> str:
    """The statement for each of many, whose values are lists; before each row stands whose it is, from 1 on.

    OFFSET 0 has the server run it for one after the other, as it would by itself; so each one's rows keep their order.
    """
    varying = [f"${place}::{kind}[]" for place, kind in enumerate(kinds, start=1) if kind]
    names = [f"v{place}" for place, kind in enumerate(kinds, start=1) if kind]
    each = NUMBERED.sub(lambda found: f"_one.v{found[1]}" if kinds[int(found[1]) - 1] else found[0], sql)
    ones = f"unnest({', '.join(varying)}) WITH ORDINALITY AS _one({', '.join(names)}, which)"
    return f"SELECT _one.which, _its.* FROM {ones} CROSS JOIN LATERAL ({each} OFFSET 0) AS _its"  # noqa: S608  # no values
