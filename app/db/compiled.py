"""A statement of SQLAlchemy's Core as one kind of database takes it."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

KINDS = frozenset(
    ("BIGINT", "BOOLEAN", "BYTEA", "DATE", "INTEGER", "SMALLINT", "TEXT", "TIMESTAMP WITH TIME ZONE", "VARCHAR")
)
"""The kinds of values that are the same in a list as by themselves."""
_LENGTH = re.compile(r"(?<=^VARCHAR)\(\d+\)$")
_PLACED = re.compile(r"%(?:\((\w+)\)s|%)")


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A statement as one kind of database takes it, for lists of one length.

    Its values are called by `names` in their order. Some are `always` the same; `of_lists` says which of what is given is
    a list, and each one's place in it; `converts`, what the driver is given instead, by the place among all values. `kinds`
    are those of `app.db.questions`, where PostgreSQL can be asked for many at once.
    """

    sql: str
    names: tuple[str, ...]
    always: Mapping[str, Any]
    of_lists: tuple[tuple[int, str, int], ...]
    converts: tuple[tuple[int, Callable[[Any], Any]], ...]
    kinds: tuple[str, ...] = ()

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The values of the statement, in their order."""
        known = {**self.always, **given} if self.always else given
        values = [known[name] for name in self.names]
        for at, name, place in self.of_lists:
            values[at] = given[name][place]
        for at, convert in self.converts:
            values[at] = convert(values[at])
        return values


def compiled_for(compiler: SQLCompiler, dialect: Dialect, values: Mapping[str, Any]) -> Compiled:
    """What SQLAlchemy compiled, for lists as long as these."""
    state = compiler.construct_expanded_state(values)
    in_list = {
        one: (name, place)
        for name, ones in state.parameter_expansion.items()
        if name in values
        for place, one in enumerate(ones)
    }
    sql, names = state.statement, state.positiontup
    if names is None:
        sql, names = _placed(sql)
    converts = _conversions(compiler, dialect) | dict(state.processors)  # the latter has those of lists alone
    always = {name: state.parameters[name] for name in names if name not in values and name not in in_list}
    always |= {name: converts[name](value) for name, value in always.items() if name in converts}
    given = tuple(in_list[name][0] if name in in_list else name for name in names)
    return Compiled(
        sql,
        given,
        always,
        tuple((at, *in_list[name]) for at, name in enumerate(names) if name in in_list),
        tuple((at, converts[name]) for at, name in enumerate(names) if name in converts and name not in always),
        _kinds(compiler, dialect, sql, given, always),
    )


def _conversions(compiler: SQLCompiler, dialect: Dialect) -> dict[str, Callable[[Any], Any]]:
    """What makes of a value, by its name, what the driver is given."""
    found = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiler.binds.items()}
    return {name: convert for name, convert in found.items() if convert is not None}


def _kinds(
    compiler: SQLCompiler, dialect: Dialect, sql: str, names: Sequence[str], always: Collection[str]
) -> tuple[str, ...]:
    """What PostgreSQL calls the values of these names; nothing where it cannot be asked for many at once.

    That is where no value varies, or one is of a kind that is not among `KINDS`, or has a default that only some replace.
    Rows are locked by no question inside another one, OFFSET is what makes it one, and in what is quoted `$1` is no value.
    """
    statement = compiler.statement
    if dialect.name != "postgresql" or not isinstance(statement, Select):
        return ()
    if any("$" in quoted for quoted in sql.split("'")[1::2]):
        return ()
    if statement._for_update_arg is not None or statement._offset_clause is not None:
        return ()
    kinds = []
    for name in names:
        bind = compiler.binds.get(name)
        if bind is None or name in always:  # one of a list that is always the same
            if bind is not None and not bind.unique:
                return ()
            kinds.append("")
        else:
            kind = "" if isinstance(bind.type, NullType) else bind.type.compile(dialect)
            kind = _LENGTH.sub("", kind)  # it would cut values off
            if kind not in KINDS:
                return ()
            kinds.append(kind)
    return tuple(kinds) if any(kinds) else ()


def _placed(sql: str) -> tuple[str, list[str]]:
    """A statement for `app.db.wire`, with `$1` for the first of the names that are given too."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACED.sub(place, sql), names
