"""PostgreSQL: every table by COPY within one snapshot, and back."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection as Driver
from psycopg import sql
from sqlalchemy import Connection, Engine, text

from app.db import migrate, search_index
from app.db.backup.archive import BackupError, Reader, Saved, Writer
from app.db.backup.place import OWN
from app.db.base import Base


def save(engine: Engine, writer: Writer, left_out: frozenset[str]) -> Saved:
    """Copy every table as it is at one moment, without the rows of `left_out`."""
    rows = {}
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        driver = _driver(connection)
        revision = migrate.current(connection) or ""
        for table in _tables(connection):
            if table in left_out:
                rows[table] = 0
                continue
            statement = sql.SQL("COPY {} ({}) TO STDOUT").format(_name(table), _listed(_columns(connection, table)))
            with writer.member(_member(table)) as member, driver.cursor() as cursor:
                with cursor.copy(statement) as copy:
                    for data in copy:
                        member.write(data)
                rows[table] = cursor.rowcount
        numbers = {
            f"{table}.{column}": int(connection.execute(text(f"SELECT last_value FROM {sequence}")).scalar_one())  # noqa: S608
            for sequence, table, column in _sequences(connection)
        }
    return Saved(revision, rows, numbers)


def load(engine: Engine, reader: Reader, left_out: frozenset[str]) -> None:
    """Fill the empty tables of `engine` with the rows of a backup, in one transaction. Raises `BackupError`."""
    with engine.connect() as connection, connection.begin():
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        driver = _driver(connection)
        tables = _tables(connection)
        expected = {_member(table) for table in tables if table not in left_out}
        if set(reader.manifest.members) != expected:
            raise BackupError("The backup does not hold the tables of its schema. Take an older backup.")
        for table in reversed(tables):
            connection.execute(text(f'DELETE FROM "{table}"'))  # noqa: S608  # a table of ours; migrations fill some
        for table in tables:
            if table not in left_out:
                _load(driver, connection, reader, table)
        for sequence, table, column in _sequences(connection):
            highest = connection.execute(text(f'SELECT coalesce(max("{column}"), 0) FROM "{table}"')).scalar_one()  # noqa: S608
            last = reader.manifest.numbers.get(f"{table}.{column}", 0)
            connection.execute(
                text("SELECT setval(:sequence, greatest(CAST(:last AS bigint), CAST(:highest AS bigint)) + 1, false)"),
                {"sequence": sequence, "last": last, "highest": highest},
            )


def _load(driver: "Driver[Any]", connection: Connection, reader: Reader, table: str) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(_name(table), _listed(_columns(connection, table)))
    with reader.member(_member(table)) as pieces, driver.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for data in pieces:
                copy.write(data)
        if cursor.rowcount != reader.manifest.rows.get(table):
            raise BackupError(f"The backup's table “{table}” has not the rows it had. Take an older backup.")


def _driver(connection: Connection) -> "Driver[Any]":
    driver: Driver[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def _tables(connection: Connection) -> list[str]:
    """The tables that are there, parents first; ones the models do not know yet (or any more) come last.

    Without the search index, which is made anew from the cards.
    """
    there = {
        name
        for (name,) in connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"))
        if name not in OWN and not search_index.is_part(name)
    }
    known = [table.name for table in Base.metadata.sorted_tables if table.name in there]
    return known + sorted(there - set(known))


def _columns(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        text(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND table_name = :table AND is_generated = 'NEVER' ORDER BY column_name"
        ),
        {"table": table},
    )
    return [name for (name,) in found]


def _sequences(connection: Connection) -> Iterable[tuple[str, str, str]]:
    rows = connection.execute(
        text(
            "SELECT pg_get_serial_sequence(quote_ident(table_name), column_name), table_name, column_name"
            " FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL"
        )
    )
    return [(str(sequence), str(table), str(column)) for sequence, table, column in rows]


def _member(table: str) -> str:
    return f"tables/{table}.copy"


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(table)


def _listed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
