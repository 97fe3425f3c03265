"""Statements that run with every request, straight on the driver.

SQLAlchemy builds a statement once, but looks it up, wraps its values and its rows anew each time, which takes several
times as long as SQLite needs to answer it. A `Prepared` keeps what it compiled: the text, and how values and rows are
converted. It belongs to the session's transaction like any other statement, and raises the same errors.
"""

import logging
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Executable, PoolProxiedConnection, Select, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")
Convert = Callable[[Any], Any] | None
_KEPT_BY_SERVER: Mapping[str, Mapping[str, Any]] = {"postgresql": {"prepare": True}}
"""Has PostgreSQL's driver leave a statement with the server from the first time on: reading and planning it takes
several times as long as running it."""
_log = logging.getLogger(__name__)
"""Says each statement, without its values, where DEBUG is asked for."""


@dataclass(frozen=True, slots=True)
class _Bind:
    """A value for the driver: its name there; the name it is given by and, of a list, its place; or what it always is."""

    name: str
    given: str | None
    place: int | None
    convert: Convert
    always: Any = None

    def of(self, values: Mapping[str, Any]) -> Any:
        if self.given is None:
            return self.always
        value = values[self.given]
        if self.place is not None:
            value = value[self.place]
        return value if self.convert is None else self.convert(value)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one kind of database takes it, for lists of one length."""

    sql: str
    binds: tuple[_Bind, ...]
    by_place: bool

    def values(self, given: Mapping[str, Any]) -> Any:
        if self.by_place:
            return [bind.of(given) for bind in self.binds]
        return {bind.name: bind.of(given) for bind in self.binds}


class Prepared:
    """A statement of SQLAlchemy's Core whose changing values are all `bindparam`s; rows come as named tuples."""

    def __init__(self, statement: Executable, row: Callable[[Sequence[Any]], Any] | None = None) -> None:
        """`row` makes something else of each row."""
        self._statement: Any = statement
        self._made = row
        self._columns: list[tuple[str, Any]] = []
        if isinstance(statement, Select):
            self._columns = [(str(column.key), column.type) for column in statement.selected_columns]
        named: Any = namedtuple("Row", [name for name, _ in self._columns])  # type: ignore[misc]  # known only here
        self._row: Callable[[Sequence[Any]], Any] = row or named._make
        self._compilers: dict[str, SQLCompiler] = {}
        self._lists: tuple[str, ...] = ()
        self._kept: dict[tuple[Any, ...], _Compiled] = {}
        self._converts: dict[str, tuple[tuple[int, Callable[[Any], Any]], ...]] = {}

    def where(self, condition: ColumnElement[bool]) -> "Prepared":
        """The same statement with one more condition."""
        return Prepared(self._statement.where(condition), self._made)

    def all(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Run it in the session's transaction, and give every row."""
        connection = connected(session)
        return self._rows(connection.dialect, self._run(connection.dialect, connection, values))

    def _rows(self, dialect: Dialect, rows: Any) -> list[Any]:
        if not rows:
            return []
        converts = self._converts.get(dialect.name)
        if converts is None:
            converts = self._converts[dialect.name] = self._conversion(dialect)
        if converts:
            rows = [_converted(row, converts) for row in rows]
        return list(map(self._row, rows))

    def one_or_none(self, session: Session, values: Mapping[str, Any]) -> Any:
        """Run it, and give the only row that it can have; None for no row."""
        rows = self.all(session, values)
        return rows[0] if rows else None

    def alone(self, engine: Engine, values: Mapping[str, Any]) -> list[Any]:
        """Run it in no transaction but its own, and give every row; on SQLite that is the quickest way to read."""
        try:
            connection = engine.raw_connection()
        except engine.dialect.loaded_dbapi.Error as error:
            raise _told(engine.dialect, "", error) from error
        with closing(connection):
            return self._rows(engine.dialect, self._run(engine.dialect, connection, values))

    def ask(self, session: Session, values: Mapping[str, Any]) -> Callable[[], list[Any]]:
        """Ask for rows that are had when what is given is called: after `in_one_go` PostgreSQL has them ready.

        SQLite is asked only then.
        """
        connection = connected(session)
        dialect = connection.dialect
        if dialect.name != "postgresql":
            return lambda: self._rows(dialect, self._run(dialect, connection, values))
        sql, cursor = self._sent(dialect, connection, values)

        def rows() -> list[Any]:
            try:
                return self._rows(dialect, cursor.fetchall())
            except dialect.loaded_dbapi.Error as error:
                raise _refused(dialect, connection, sql, cursor, error) from error
            finally:
                cursor.close()

        return rows

    def run(self, session: Session, values: Mapping[str, Any]) -> None:
        """Run what gives no rows, or none that are looked at."""
        connection = connected(session)
        self._run(connection.dialect, connection, values, fetch=False)

    def _run(
        self,
        dialect: Dialect,
        connection: Connection | PoolProxiedConnection,
        values: Mapping[str, Any],
        *,
        fetch: bool = True,
    ) -> Any:
        sql, cursor = self._sent(dialect, connection, values)
        if not fetch or not self._columns:
            cursor.close()
            return ()
        try:
            return cursor.fetchall()
        except dialect.loaded_dbapi.Error as error:
            raise _refused(dialect, connection, sql, cursor, error) from error
        finally:
            cursor.close()

    def _sent(self, dialect: Dialect, connection: Connection | PoolProxiedConnection, values: Mapping[str, Any]) -> Any:
        """The text, and the cursor that has run it."""
        compiled = self._compiled(dialect, values)
        given = compiled.values(values)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(compiled.sql)
        raw = connection.connection if isinstance(connection, Connection) else connection
        cursor = raw.cursor()
        try:
            cursor.execute(compiled.sql, given, **_KEPT_BY_SERVER.get(dialect.name, {}))
        except dialect.loaded_dbapi.Error as error:
            told = _refused(dialect, connection, compiled.sql, cursor, error)
            cursor.close()
            raise told from error
        return compiled.sql, cursor

    def _compiled(self, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
        key = (dialect.name, *[len(values[name]) for name in self._lists])
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._compile(dialect, values)
        return found

    def _compile(self, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
        compiler = self._compilers.get(dialect.name)
        if compiler is None:
            compiler = self._compilers[dialect.name] = self._statement.compile(dialect=dialect)
            self._lists = tuple(name for name, bind in compiler.binds.items() if bind.expanding and name in values)
        state = compiler.construct_expanded_state(values)
        expanded = {
            one: (name, place) for name, ones in state.parameter_expansion.items() for place, one in enumerate(ones)
        }
        binds = []
        for name in state.positiontup if state.positiontup is not None else state.parameters:
            given, place = expanded.get(name, (name, None))
            convert: Any = state.processors.get(name)
            always = None
            if given not in values:
                value = state.parameters[name]
                given, convert, always = None, None, convert(value) if convert else value
            binds.append(_Bind(name, given, place, convert, always))
        return _Compiled(state.statement, tuple(binds), state.positiontup is not None)

    def _conversion(self, dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Which columns are converted, and how."""
        converts = (kind.dialect_impl(dialect).result_processor(dialect, None) for _, kind in self._columns)
        return tuple((place, convert) for place, convert in enumerate(converts) if convert is not None)


@cache
def _gathering() -> Any:
    """A pipeline of the driver's that sends nothing before something is waited for, and then all of it at once.

    The driver's own sends, and looks for replies, at each statement, and waits for the reply to a BEGIN: the server would
    be woken for each, which takes it longer than most of them run.
    """
    from psycopg import Pipeline  # not where SQLite serves
    from psycopg.generators import send

    class Gathering(Pipeline):
        begun = False

        def _communicate_gen(self) -> Any:
            yield from ()

        def _sync_gen(self) -> Any:
            """What comes after a BEGIN. Until that is sent, the driver takes each statement for the first one."""
            if self.begun:
                self.command_queue.pop()
                self.result_queue.pop()
            self.begun = True
            yield from ()

        def _fetch_gen(self, *, flush: bool) -> Any:
            ends = False
            while self.command_queue:
                command = self.command_queue.popleft()
                ends = command == self.pgconn.pipeline_sync
                command()
            if flush and not ends:
                self.pgconn.send_flush_request()
            if self.pgconn.flush():
                yield from send(self.pgconn)
            yield from super()._fetch_gen(flush=False)

    return Gathering


@contextmanager
def in_one_go(session: Session) -> Iterator[None]:
    """Have PostgreSQL be sent what is `run` here without a wait for each statement; on SQLite there is no way to wait for.

    What it refuses is raised by the next statement of which rows are read, or at the end: that of the outermost one.
    """
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    connection = connected(session)
    dialect = connection.dialect
    raw: Any = connection.connection.dbapi_connection
    if raw.pgconn.pipeline_status:
        yield
        return
    raw._pipeline = _gathering()(raw)
    try:
        with raw.pipeline():
            yield
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, raw, None)
        if lost:
            connection.invalidate(error)
        raise _told(dialect, "", error, lost=lost) from error
    finally:
        if raw.pgconn.pipeline_status and not connection.invalidated:
            connection.invalidate()  # it could not leave: not even a rollback would get through


def ask_last(session: Session, ask: Callable[[], Callable[[], T]]) -> T:
    """Give what `ask` asks for (`Prepared.ask`), the last before the commit: PostgreSQL reads it and commits in one go.

    The caller commits the session in any case. Where PostgreSQL does not commit nothing is given: that raises what
    `Session.commit` would.
    """
    session.flush()
    with in_one_go(session):
        had = ask()
        ended = _commit(session)
    if ended is not None and ended.statusmessage != "COMMIT":
        raise RuntimeError("The transaction had failed before, so nothing of it was kept.")
    return had()


def _commit(session: Session) -> Any:
    """Send PostgreSQL the commit, before what was asked is known; gives the cursor that will have the reply.

    The driver sees by it that nothing is left to do for the commit that follows.
    """
    connection = connected(session)
    if connection.dialect.name != "postgresql":
        return None
    cursor: Any = connection.connection.cursor()
    cursor.execute("COMMIT")
    return cursor


_connections: WeakKeyDictionary[Session, Connection] = WeakKeyDictionary()


def connected(session: Session) -> Connection:
    """The connection of the session's transaction; asking the session for it at each statement takes as long as some run."""
    found = _connections.get(session)
    if found is None:
        found = _connections[session] = session.connection()
    return found


@event.listens_for(Session, "after_transaction_end")
def _part(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        _connections.pop(session, None)


def _converted(row: Sequence[Any], converts: tuple[tuple[int, Callable[[Any], Any]], ...]) -> Sequence[Any]:
    values = [*row]
    for place, convert in converts:
        values[place] = convert(values[place])
    return values


def _refused(
    dialect: Dialect, connection: Connection | PoolProxiedConnection, sql: str, cursor: Any, error: Any
) -> Exception:
    """What to raise for an error of the driver, which may have lost its connection."""
    raw: Any = connection.connection if isinstance(connection, Connection) else connection
    lost = dialect.is_disconnect(error, raw.dbapi_connection, cursor)
    if lost:
        connection.invalidate(error)
    return _told(dialect, sql, error, lost=lost)


def _told(dialect: Dialect, sql: str, error: Exception, *, lost: bool = False) -> Exception:
    """A driver's error as SQLAlchemy tells it."""
    kind = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, kind, connection_invalidated=lost, dialect=dialect)
