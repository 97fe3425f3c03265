"""Engines and the rules of writing, for SQLite and for PostgreSQL.

SQLite has one writer. A transaction here starts as a plain reader; `write(session)` turns it into the writer just
before the first change: it ends the read, waits in line (threads of this process on a lock, other processes on a file
lock) and begins anew with BEGIN IMMEDIATE. Read-then-write under a deferred BEGIN would fail at random instead.
PostgreSQL needs none of this; there `write` does nothing and services lock the rows they change.
"""

import json
import math
import os
import select
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidatePoolError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.prepared import connected, let_sqlalchemy_between
from app.db.turns import NotInTime, turn
from app.db.wal import MOST_PAGES, Journal

LOCK_WAIT_S = 10.0
"""How long a writer waits in line before the request is answered 503."""
IDLE_S = 0.5
"""A server's connection that was used so lately is taken to live, as long as nothing is heard of it."""
_POSTGRESQL_SETTINGS = (
    "datestyle=ISO",
    "statement_timeout=15000",
    "lock_timeout=5000",
    "idle_in_transaction_session_timeout=60000",
    "random_page_cost=1.1",  # most of a portal fits in the server's memory; four would have small tables read whole
    "jit=off",  # compiling a statement takes longer than any of ours runs
)

RETRYABLE = {"40001", "40P01"}
"""PostgreSQL's codes for a serialisation failure and a deadlock: doing it again is right."""


class DatabaseBusy(Exception):
    """The database could not be written in time; nothing was changed. Trying again later is safe."""


class _WriterLine:
    """The queue of writers of one SQLite file: a lock for threads, a file lock for processes."""

    def __init__(self, database: str) -> None:
        self._threads = threading.Lock()
        self._file = f"{database}.lock" if database else None
        self._held: int | None = None
        self._journal = Journal(database, self._alone) if database else None

    def enter(self) -> None:
        if not self._threads.acquire(timeout=LOCK_WAIT_S):
            raise DatabaseBusy("Another change took too long.")
        try:
            if self._file is not None:
                self._held = self._turn(self._file)
        except BaseException:
            self._threads.release()
            raise

    @staticmethod
    def _turn(file: str) -> int:
        try:
            return turn(file, wait_s=LOCK_WAIT_S)
        except NotInTime:
            raise DatabaseBusy("Another process is writing.") from None
        except OSError as error:
            raise DatabaseBusy(f"The file that writers wait in line by cannot be opened: {error.strerror}.") from error

    def leave(self) -> None:
        self._go()
        if self._journal is not None:
            self._journal.grown()

    def _alone(self, work: Callable[[], object]) -> None:
        """Do something that is no change, and can be left for another time, while nobody writes."""
        try:
            self.enter()
        except DatabaseBusy:
            return
        try:
            work()
        finally:
            self._go()

    def _go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)  # and with it goes the lock
        self._threads.release()


_lines: dict[str, _WriterLine] = {}
_lines_of: WeakKeyDictionary[Engine, _WriterLine] = WeakKeyDictionary()
_lines_lock = threading.Lock()
_WRITING = "line whose writer this session is"


def _line(engine: Engine) -> _WriterLine:
    """The line of the engine's file; engines of one file share it."""
    with _lines_lock:
        line = _lines_of.get(engine)
        if line is None:
            database = engine.url.database or ""
            key = str(Path(database).resolve()) if database and database != ":memory:" else ""
            line = _lines_of[engine] = _lines.setdefault(key or f"memory:{id(engine)}", _WriterLine(key))
        return line


def _json(value: Any) -> str:
    """JSON of a column. Most hold an empty list, or the same few words as the row before."""
    if value == []:
        return "[]"
    if type(value) is list and len(value) < 8 and all(type(one) is str and len(one) < 100 for one in value):
        return _json_of_words(tuple(value))
    return json.dumps(value)


@lru_cache(maxsize=1024)
def _json_of_words(words: tuple[str, ...]) -> str:
    return json.dumps(words)


def engine_options(url: str) -> dict[str, Any]:
    """Arguments of `create_engine` that suit the kind of database `url` names."""
    if url.startswith("sqlite"):
        in_memory = make_url(url).database in (None, "", ":memory:")
        return {
            # A request that notes "last seen" needs a second one before it gives its own back: none may wait for another.
            # The one used last has most of what is asked for in its memory.
            **({} if in_memory else {"pool_size": 20, "max_overflow": -1, "pool_use_lifo": True}),
            "json_serializer": _json,
            "hide_parameters": True,
            "connect_args": {"timeout": LOCK_WAIT_S, "check_same_thread": False},
        }
    return {
        "hide_parameters": True,  # an error that is logged must not repeat what was to be written
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 5,
        "pool_use_lifo": True,
        "pool_recycle": 1800,
        "connect_args": {
            "connect_timeout": 3,
            "application_name": "reprise",
            "options": " ".join(f"-c {setting}" for setting in _POSTGRESQL_SETTINGS),
        },
    }


def located(url: str) -> URL:
    """`url` with an SQLite file's path made whole: it counts from the folder that the process runs in.

    Flask's extension would count it from a folder of its own, and the portal and its commands would see two databases.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return parsed
    return parsed.set(database=str(Path(parsed.database).absolute()))


def make_engine(url: str) -> Engine:
    """An engine for `url`, set up by the rules of this module."""
    parsed = located(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        _close_to_others(parsed.database)
    engine = create_engine(parsed, **engine_options(url))
    prepare(engine)
    return engine


def _close_to_others(file: str) -> None:
    """Make a new file one that its owner alone can read: it will hold addresses and password hashes."""
    with suppress(OSError):  # it is there, or SQLite will say what is wrong with its place
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))


def prepare(engine: Engine, *, create: bool = True) -> None:
    """Set up an engine's connections: journal and keys on SQLite, and that none outlives the file or server it is to.

    Without `create` a file that is not there is not made: an empty one in its place would hide that it is missing.
    """
    if engine.dialect.name != "sqlite":
        _ask_idle_ones(engine)
        _keep_statements(engine)
        let_sqlalchemy_between(engine)
        return

    file = engine.url.database if engine.url.database != ":memory:" else None

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={int(LOCK_WAIT_S * 1000)}",
            f"wal_autocheckpoint={MOST_PAGES}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        record.info["file"] = _identity(file)

    @event.listens_for(engine, "do_connect")
    def _find(*_how: Any) -> None:
        if file and not create and _identity(file) is None:
            raise DatabaseBusy("Its file is not there.")

    @event.listens_for(engine, "checkout")
    def _look(_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if file and (now := _identity(file)) != record.info["file"]:
            if now is None:
                raise DatabaseBusy("Its file is not there.")
            raise DisconnectionError("The database was put in another file.")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        _say(connection, "BEGIN")


def _ask_idle_ones(engine: Engine) -> None:
    """Ask a server's connections whether they still live, not before every request: once they were idle for a moment.

    Before that, those are asked that have something to say: a server that ends a connection says so, or hangs up.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        used = record.info.get("used", math.inf)  # not yet: it was made just now
        try:
            if used < time.monotonic() - IDLE_S or _has_something_to_say(connection):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def _has_something_to_say(connection: Any) -> bool:
    """Whether anything has come from the server unasked."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


def _keep_statements(engine: Engine) -> None:
    """Let a transaction be taken back without the driver throwing away every statement that was left with the server.

    It does so at each rollback, for a rollback may take back a change of tables; there are none beside migrations, and
    every request that only reads ends with one.
    """

    @event.listens_for(engine, "rollback")
    def _end(connection: Connection) -> None:
        if connection.closed or connection.invalidated:
            return
        raw: Any = connection.connection.dbapi_connection
        if raw.info.transaction_status.name in ("INTRANS", "INERROR"):
            raw.pgconn.exec_(b"ROLLBACK")  # the driver sees that nothing is left for it to do


def _say(connection: Connection, statement: str) -> None:
    """Begin or end a transaction, past all that SQLAlchemy does around a statement."""
    try:
        connection.connection.cursor().execute(statement)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, dialect=connection.dialect) from error


def _identity(file: str | None) -> tuple[int, int] | None:
    """Which file a path names; None for none. What an open connection writes to a deleted file is lost unnoticed."""
    try:
        found = os.stat(file) if file else None  # noqa: PTH116  # at each request, and a Path takes thrice as long
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


def write(session: Session) -> None:
    """Make this session's transaction the writer. Call it just before the first change, after all slow work.

    Whatever was read before is forgotten, because it may be stale by now: read again what the change depends on.
    A second call in one transaction does nothing. Raises `DatabaseBusy` when the wait is too long.
    """
    if _WRITING in session.info or connected(session).dialect.name != "sqlite":
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("write(session) must come before the first change.")
    _become_writer(session)
    session.expire_all()


def _become_writer(session: Session) -> None:
    connection = connected(session)
    line = _line(connection.engine)
    _say(connection, "ROLLBACK")
    try:
        line.enter()
    except BaseException:
        _say(connection, "BEGIN")
        raise
    try:
        _say(connection, "BEGIN IMMEDIATE")
    except BaseException:
        line.leave()
        raise
    session.info[_WRITING] = line


@event.listens_for(Session, "before_flush")
def _flush_as_writer(session: Session, *_: Any) -> None:
    """Code that is not ours (Flask-Security's datastore) flushes without `write`: it gets in line here."""
    changed = session.new or session.dirty or session.deleted
    if changed and _WRITING not in session.info and session.get_bind().dialect.name == "sqlite":
        _become_writer(session)


@event.listens_for(Session, "after_transaction_end")
def _leave_line(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None and (line := session.info.pop(_WRITING, None)) is not None:
        line.leave()


def is_retryable(error: BaseException) -> bool:
    """Whether PostgreSQL asks for the same transaction to be run again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RETRYABLE
