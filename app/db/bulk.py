"""Many new rows of one table at once.

SQLAlchemy looks at every value of every row, which for the texts of a thousand cards takes longer than SQLite takes to
write them. There the rows go to the driver as the values of a few statements, converted column by column as SQLAlchemy
would; on PostgreSQL they are left to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from sqlalchemy import Connection, Table, insert
from sqlalchemy.orm import Session

from app.db.base import Base

_ROWS = {"sqlite": 200}
"""Rows of one statement. SQLite writes a search index once for each statement, and takes 32,766 values in one."""
_MOST_ROWS = 1000

Row = Mapping[str, Any]


def insert_rows(
    session: Session, model: type[Base], rows: Sequence[Row], *, same: Row, give: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Add `rows`, which all name the same columns; the values of `same` are those of each. Gives the columns `give`.

    What is given comes in no certain order. No default of the model's is filled in: name every column that must have a
    value. Runs at once, whatever the session has yet to flush.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    put = _straight if dialect == "sqlite" else _through_sqlalchemy
    size = _ROWS.get(dialect, _MOST_ROWS)
    parts = (rows[start : start + size] for start in range(0, len(rows), size))
    table = cast(Table, model.__table__)
    return [tuple(row) for part in parts for row in put(connection, table, part, same, give)]


def _through_sqlalchemy(
    connection: Connection, table: Table, rows: Sequence[Row], same: Row, give: Sequence[str]
) -> Iterator[Sequence[Any]]:
    statement = insert(table)
    if give:
        statement = statement.returning(*(table.c[name] for name in give))
    done = connection.execute(statement, [{**row, **same} for row in rows])
    return iter(done if give else ())


def _straight(
    connection: Connection, table: Table, rows: Sequence[Row], same: Row, give: Sequence[str]
) -> Iterator[Sequence[Any]]:
    names = (*rows[0], *same)
    columns = []
    for name in names:
        convert = table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        if name in same:
            value = same[name]
            columns.append([value if convert is None else convert(value)] * len(rows))
        else:
            values = [row[name] for row in rows]
            columns.append(values if convert is None else list(map(convert, values)))
    quote = connection.dialect.identifier_preparer.quote
    one = f"({', '.join('?' * len(names))})"
    into = f"{quote(table.name)} ({', '.join(map(quote, names))})"
    statement = f"INSERT INTO {into} VALUES {', '.join([one] * len(rows))}"  # noqa: S608 — names of the model alone
    if give:
        statement += f" RETURNING {', '.join(map(quote, give))}"
    done = connection.exec_driver_sql(statement, tuple(chain.from_iterable(zip(*columns, strict=True))))
    return iter(done if give else ())
