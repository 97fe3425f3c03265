"""The empty place that a restore fills: one restore at a time, and marked until it holds everything.

A restore that is killed leaves a schema, and perhaps rows. The mark keeps a portal from starting on that, and tells the
next restore that it may empty the place and begin anew.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from app.db import migrate
from app.db.backup.archive import BackupError
from app.db.turns import NotInTime, alone

MARK = "unfinished_restore"
"""A table that is there as long as a restore is not at its end."""
OWN = frozenset({MARK, "alembic_version"})
"""Tables that say how far a database is; they are in no backup."""
_LOCK_KEY = 7_250_118_906
"""PostgreSQL's advisory lock of the one that restores; any number but that of migrations does."""


def is_unfinished(connection: Connection) -> bool:
    """Whether a restore into this database was cut off: what it holds is not all."""
    return inspect(connection).has_table(MARK)


@contextmanager
def filling(engine: Engine) -> Iterator[None]:
    """Mark the empty place until the block ends well; where it fails, empty it again.

    Raises `BackupError` where the place is not empty, or another restore fills it.
    """
    with _alone(engine):
        _check_empty(engine)
        _run(engine, f"CREATE TABLE IF NOT EXISTS {MARK} (since INTEGER)")
        try:
            yield
        except Exception:  # who is told to end, ends at once: the mark says the rest
            _empty(engine)
            raise
        _run(engine, f"DROP TABLE {MARK}")


def _check_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        there, unfinished = set(inspect(connection).get_table_names()), is_unfinished(connection)
    if unfinished:
        migrate.downgrade(engine, "base")
    elif there - OWN:
        raise BackupError(
            "The database that DATABASE_URL names is not empty; a restore never overwrites one. "
            "Name an empty one, or move that one away first."
        )


def _empty(engine: Engine) -> None:
    """As far as it goes: where the disk is full or the database gone, the mark stays, and says enough."""
    try:
        migrate.downgrade(engine, "base")
        _run(engine, f"DROP TABLE {MARK}")
    except (DBAPIError, OSError):
        return


def _run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    other = BackupError("Another restore fills this database. Wait for its end.")
    if engine.dialect.name == "sqlite":
        with ExitStack() as held:
            try:
                held.enter_context(alone(f"{engine.url.database}.restore.lock", wait_s=0))
            except NotInTime as error:
                raise other from error
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        if not holder.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}).scalar_one():
            raise other
        try:
            yield
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
