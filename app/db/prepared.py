"""Statements that run with every request, straight on the driver.

SQLAlchemy builds a statement once, but looks it up, wraps its values and its rows anew each time, which takes several
times as long as SQLite needs to answer it. A `Prepared` keeps what it compiled: the text, and how values and rows are
converted. It belongs to the session's transaction like any other statement, and raises the same errors.
"""

import logging
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Executable, PoolProxiedConnection, Select, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.compiler import SQLCompiler

from app.db.compiled import Compiled, compiled_for
from app.db.questions import NUMBERED, Questions

T = TypeVar("T")
_log = logging.getLogger(__name__)
"""Says each statement, without its values, where DEBUG is asked for."""


class Prepared:
    """A statement of SQLAlchemy's Core whose changing values are all `bindparam`s; rows come as named tuples."""

    def __init__(
        self, statement: Executable, row: Callable[[Sequence[Any]], Any] | None = None, *, as_they_are: bool = False
    ) -> None:
        """`row` makes something else of each row. With `as_they_are` rows come as the driver gives them, to be `converted`."""
        self._statement: Any = statement
        self._made = row
        self._as_they_are = as_they_are
        self._columns: list[tuple[str, Any]] = []
        if isinstance(statement, Select):
            self._columns = [(str(column.key), column.type) for column in statement.selected_columns]
        named: Any = namedtuple("Row", [name for name, _ in self._columns])  # type: ignore[misc]  # known only here
        self._row: Callable[[Sequence[Any]], Any] = row or named._make
        self._compilers: dict[str, SQLCompiler] = {}
        self._lists: tuple[str, ...] = ()
        self._kept: dict[tuple[Any, ...], Compiled] = {}
        self._converts: dict[str, tuple[tuple[int, Callable[[Any], Any]], ...]] = {}

    def where(self, condition: ColumnElement[bool]) -> "Prepared":
        """The same statement with one more condition."""
        return Prepared(self._statement.where(condition), self._made, as_they_are=self._as_they_are)

    def all(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Run it in the session's transaction, and give every row."""
        connection = connected(session)
        return self._rows(connection.dialect, self._run(connection.dialect, connection, values))

    def _rows(self, dialect: Dialect, rows: Any) -> list[Any]:
        if not rows:
            return []
        if self._as_they_are:
            return list(rows)
        if converts := self._conversion(dialect):
            rows = [_converted(row, converts) for row in rows]
        return list(map(self._row, rows))

    def converted(self, dialect: Dialect, row: Sequence[Any]) -> Any:
        """What a row comes to that was given as it is."""
        return self._row(_converted(row, self._conversion(dialect)))

    def one_or_none(self, session: Session, values: Mapping[str, Any]) -> Any:
        """Run it, and give the only row that it can have; None for no row."""
        rows = self.all(session, values)
        return rows[0] if rows else None

    def alone(self, engine: Engine, values: Mapping[str, Any]) -> list[Any]:
        """Run it in no transaction but its own, and give every row; on SQLite that is the quickest way to read."""
        return self.alone_for_each(engine, [values])[0]

    def alone_for_each(self, engine: Engine, values: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        """`alone` for each of several, of whom PostgreSQL is asked once where it can be (`app.db.questions`)."""
        dialect = engine.dialect
        try:
            connection = engine.raw_connection()
        except dialect.loaded_dbapi.Error as error:
            raise _told(dialect, "", error) from error
        with closing(connection):
            if len(values) == 1 or not self._compiled(dialect, values[0]).kinds:
                return [self._rows(dialect, self._run(dialect, connection, one)) for one in values]
            wire = _wire(connection)
            questions = Questions(wire, begins=False)
            asked = [questions.ask(*self._ready(dialect, one)) for one in values]
            with _telling(dialect, connection):
                try:
                    questions.leave()
                finally:
                    wire.end()
            return [self._rows(dialect, one.rows()) for one in asked]

    def ask(self, session: Session, values: Mapping[str, Any]) -> Callable[[], list[Any]]:
        """Ask for rows that are had when what is given is called: after `in_one_go` PostgreSQL has them ready.

        SQLite is asked only then.
        """
        connection = connected(session)
        dialect = connection.dialect
        if dialect.name != "postgresql":
            return lambda: self._rows(dialect, self._run(dialect, connection, values))
        questions: Questions | None = session.info.get(_QUESTIONS)
        compiled, given = self._ready(dialect, values)
        if questions is not None and compiled.kinds:
            reply: Any = questions.ask(compiled, given)
        else:
            reply = self._sent(dialect, connection, compiled.sql, given)

        def rows() -> list[Any]:
            with _telling(dialect, connection):
                return self._rows(dialect, reply.rows())

        return rows

    def run(self, session: Session, values: Mapping[str, Any]) -> None:
        """Run what gives no rows, or none that are looked at."""
        connection = connected(session)
        changes: list[tuple[str, list[Any]]] | None = session.info.get(_CHANGES)
        if changes is None:
            self._run(connection.dialect, connection, values, fetch=False)
        else:
            compiled, given = self._ready(connection.dialect, values)
            changes.append((compiled.sql, given))

    def _run(
        self,
        dialect: Dialect,
        connection: Connection | PoolProxiedConnection,
        values: Mapping[str, Any],
        *,
        fetch: bool = True,
    ) -> Any:
        fetch = fetch and bool(self._columns)
        compiled, given = self._ready(dialect, values)
        if dialect.name == "postgresql":
            reply = self._sent(dialect, connection, compiled.sql, given)
            with _telling(dialect, connection):
                return reply.rows() if fetch else ()
        raw: Any = _pooled(connection).dbapi_connection
        try:
            cursor = raw.execute(compiled.sql, given)
            try:
                return cursor.fetchall() if fetch else ()
            finally:
                cursor.close()
        except dialect.loaded_dbapi.Error as error:
            raise _seen(dialect, connection, compiled.sql, error) from error

    @staticmethod
    def _sent(dialect: Dialect, connection: Connection | PoolProxiedConnection, sql: str, given: list[Any]) -> Any:
        """The reply that PostgreSQL will give, or has given outside of a go; a session's statement begins its transaction."""
        wire = _wire(_pooled(connection))
        with _telling(dialect, connection, sql):
            reply = wire.send(sql, given, begins=isinstance(connection, Connection))
            if not wire.goes:
                wire.end()
        return reply

    def _ready(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[Compiled, list[Any]]:
        """The statement, and the values as the driver takes them."""
        compiled = self._compiled(dialect, values)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(compiled.sql)
        return compiled, compiled.values(values)

    def _compiled(self, dialect: Dialect, values: Mapping[str, Any]) -> Compiled:
        compiler = self._compilers.get(dialect.name)
        if compiler is None:
            compiler = self._statement.compile(dialect=dialect)
            self._lists = tuple(name for name, bind in compiler.binds.items() if bind.expanding and bind.required)
            self._compilers[dialect.name] = compiler  # last: another thread that finds it needs the lists
        key = (dialect.name, *[len(values[name]) for name in self._lists])
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = compiled_for(compiler, dialect, values)
        return found

    def _conversion(self, dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Which columns are converted, and how."""
        found = self._converts.get(dialect.name)
        if found is None:
            converts = (kind.dialect_impl(dialect).result_processor(dialect, None) for _, kind in self._columns)
            found = tuple((place, convert) for place, convert in enumerate(converts) if convert is not None)
            self._converts[dialect.name] = found
        return found


def in_one_go(session: Session) -> AbstractContextManager[None]:
    """Have PostgreSQL be sent what is asked here without a wait for each statement; on SQLite there is no way to wait for.

    What it refuses is raised by the next statement of which rows are read, or at the end: that of the outermost one.
    """
    connection = connected(session)
    return _go(connection) if connection.dialect.name == "postgresql" else _NO_GO


_NO_GO = nullcontext()


@contextmanager
def _go(connection: Connection) -> Iterator[None]:
    wire = _wire(connection.connection)
    wire.goes += 1
    try:
        yield
    except BaseException:
        if wire.goes == 1:
            with suppress(Exception), _telling(connection.dialect, connection):  # what is under way tells more
                wire.end()
        raise
    else:
        if wire.goes == 1:
            with _telling(connection.dialect, connection):
                wire.end()
    finally:
        wire.goes -= 1
        if not wire.goes and wire.is_open and not connection.invalidated:
            connection.invalidate()  # it could not leave: not even a rollback would get through


@contextmanager
def as_one_question(session: Session) -> Iterator[None]:
    """Have PostgreSQL be asked once what is asked here (`Prepared.ask`) by the same statement, at the end or when any is read.

    So what is asked sees all changes that are made here, those of others and later ones, too. Within another one it is that one.
    """
    connection = connected(session)
    if connection.dialect.name != "postgresql" or _QUESTIONS in session.info:
        yield
        return
    with in_one_go(session):
        questions = session.info[_QUESTIONS] = Questions(_wire(connection.connection), begins=True)
        try:
            yield
        except BaseException as error:
            questions.give_up(error)
            raise
        finally:
            del session.info[_QUESTIONS]
        with _telling(connection.dialect, connection):
            questions.leave()


@contextmanager
def as_one_statement(session: Session) -> Iterator[None]:
    """Have PostgreSQL make the changes that are `run` here by one statement, at the end: none of them sees another one's.

    Each statement costs both sides as much as a small change itself. On SQLite they are made one after the other.
    """
    connection = connected(session)
    if connection.dialect.name != "postgresql":
        yield
        return
    changes: list[tuple[str, list[Any]]] = []
    with in_one_go(session):
        session.info[_CHANGES] = changes
        try:
            yield
        finally:
            del session.info[_CHANGES]
        if changes:
            sql = _as_one(tuple(sql for sql, _ in changes))
            with _telling(connection.dialect, connection, sql):
                _wire(connection.connection).send(sql, [one for _, values in changes for one in values], begins=True)


@lru_cache(maxsize=256)
def _as_one(statements: tuple[str, ...]) -> str:
    """Statements as one, with `$1` for the first value of the first of them, and so on to the last value of the last."""
    before, parts = 0, []
    for sql in statements:
        split = NUMBERED.split(sql)
        places = [int(place) for place in split[1::2]]
        split[1::2] = [f"${before + place}" for place in places]
        parts.append("".join(split))
        before += max(places, default=0)
    *firsts, last = parts
    named = ", ".join(f"change_{number} AS ({sql})" for number, sql in enumerate(firsts))
    return f"WITH {named} {last}" if firsts else last


def ask_last(session: Session, ask: Callable[[], Callable[[], T]]) -> T:
    """Give what `ask` asks for (`Prepared.ask`), the last before the commit: PostgreSQL reads it and commits in one go.

    The caller commits the session in any case. Where PostgreSQL does not commit nothing is given: that raises what
    `Session.commit` would.
    """
    with committed_in_one_go(session):
        had = ask()
    return had()


@contextmanager
def committed_in_one_go(session: Session) -> Iterator[None]:
    """`in_one_go` that ends with the commit; the caller commits the session in any case.

    At the end PostgreSQL has committed, or it raises what `Session.commit` would.
    """
    with in_one_go(session):
        yield
        session.flush()
        ended = _commit(session)
    if ended is not None and ended.said != b"COMMIT":
        raise RuntimeError("The transaction had failed before, so nothing of it was kept.")


def _commit(session: Session) -> Any:
    """Send PostgreSQL the commit, before what was asked is known; gives what will have the reply.

    The driver sees by it that nothing is left to do for the commit that follows.
    """
    connection = connected(session)
    if connection.dialect.name != "postgresql":
        return None
    return _wire(connection.connection).send("COMMIT", (), begins=False)


def _wire(connection: Any) -> Any:
    """The pipeline of a connection to PostgreSQL."""
    found = connection.info.get("wire")
    if found is None:
        from app.db.wire import Wire  # not where SQLite serves

        found = connection.info["wire"] = Wire(connection.dbapi_connection)
    return found


def let_sqlalchemy_between(engine: Engine) -> None:
    """Let SQLAlchemy's own statements come among those that are sent to PostgreSQL in one go."""

    @event.listens_for(engine, "before_cursor_execute")
    def _end(connection: Connection, *_how: Any) -> None:
        wire = connection.connection.info.get("wire")
        if wire is not None:
            with _telling(connection.dialect, connection):
                wire.end()


def connected(session: Session) -> Connection:
    """The connection of the session's transaction; asking the session for it at each statement takes as long as some run."""
    found: Connection | None = session.info.get(_CONNECTION)
    if found is None:
        found = session.info[_CONNECTION] = session.connection()
    return found


_CONNECTION = "connection of the transaction"
_QUESTIONS = "questions of several"
_CHANGES = "changes to be made by one statement"


@event.listens_for(Session, "after_transaction_end")
def _part(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_CONNECTION, None)


def _converted(row: Sequence[Any], converts: tuple[tuple[int, Callable[[Any], Any]], ...]) -> Sequence[Any]:
    values = [*row]
    for place, convert in converts:
        values[place] = convert(values[place])
    return values


def _pooled(connection: Connection | PoolProxiedConnection) -> PoolProxiedConnection:
    return connection.connection if isinstance(connection, Connection) else connection


@contextmanager
def _telling(dialect: Dialect, connection: Connection | PoolProxiedConnection, sql: str = "") -> Iterator[None]:
    """Raise an error of the driver, which may have lost its connection, as SQLAlchemy does."""
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        raise _seen(dialect, connection, sql, error) from error


def _seen(dialect: Dialect, connection: Connection | PoolProxiedConnection, sql: str, error: Any) -> Exception:
    """An error of the driver as SQLAlchemy tells it, its connection given up where that is lost."""
    raw: Any = _pooled(connection)
    if not sql and (wire := raw.info.get("wire")) is not None:
        sql = wire.failed
    lost = dialect.is_disconnect(error, raw.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
    return _told(dialect, sql, error, lost=lost)


def _told(dialect: Dialect, sql: str, error: Exception, *, lost: bool = False) -> Exception:
    """A driver's error as SQLAlchemy tells it."""
    kind = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, kind, connection_invalidated=lost, dialect=dialect)
