"""Migrations, run by one process at a time: others wait and find the work done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from app.db import search_index
from app.db.turns import alone

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_LOCK_KEY = 7_250_118_905
"""PostgreSQL's advisory lock that one migrating process holds; any fixed number does."""

LOCK_WAIT_MS = 3000
LOCK_TRIES = 20
"""How often a migration asks for its locks on PostgreSQL, and how long each time."""
_LOCK_NOT_AVAILABLE = "55P03"


def configuration() -> Config:
    """Alembic's configuration of this project."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def heads() -> str:
    """The revision that this version of the portal needs."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def revisions() -> frozenset[str]:
    """Every revision that this version of the portal knows."""
    return frozenset(each.revision for each in ScriptDirectory.from_config(configuration()).walk_revisions())


def current(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Bring the schema up to `revision`; gives the revisions before and after. Safe to run from many places at once."""
    return _migrate(engine, lambda config: command.upgrade(config, revision))


def downgrade(engine: Engine, revision: str) -> tuple[str | None, str | None]:
    """Take the schema back to `revision`."""
    return _migrate(engine, lambda config: command.downgrade(config, revision))


def _migrate(engine: Engine, step: Callable[[Config], None]) -> tuple[str | None, str | None]:
    if engine.dialect.name == "sqlite":
        with alone(f"{engine.url.database}.migrate.lock"):
            return _on_connection(engine, step)
    with engine.connect() as holder:
        holder.execute(
            text("SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        )
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
        try:
            return _with_patience(engine, step)
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})


def _with_patience(engine: Engine, step: Callable[[Config], None]) -> tuple[str | None, str | None]:
    """Migrate as soon as the tables are free for a moment.

    A statement that waits for its lock has all later ones on the table wait behind it, so it waits a little only and then
    tries again; until it has its locks nothing is changed.
    """
    for attempt in range(1, LOCK_TRIES + 1):
        try:
            return _on_connection(engine, step)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE or attempt == LOCK_TRIES:
                raise
    raise AssertionError("unreachable")


def _on_connection(engine: Engine, step: Callable[[Config], None]) -> tuple[str | None, str | None]:
    config = configuration()
    with engine.connect() as connection, _keys_unchecked(connection):
        before = current(connection)
        connection.rollback()
        if engine.dialect.name == "postgresql":
            connection.detach()  # its time-outs are for this work alone
            connection.execute(text(f"SET lock_timeout = {LOCK_WAIT_MS}; SET statement_timeout = 0"))
            connection.commit()
        config.attributes["connection"] = connection
        step(config)
        connection.commit()
        search_index.ensure(connection)
        connection.commit()
        after = current(connection)
        connection.rollback()
    return before, after


@contextmanager
def _keys_unchecked(connection: Connection) -> Iterator[None]:
    """On SQLite a table is rebuilt by dropping the old one, which would take along, or be held by, what refers to it.

    The switch does nothing within a transaction, so it is turned on the driver's connection, before the first one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        connection.rollback()
        if broken := driver.execute("PRAGMA foreign_key_check").fetchone():
            raise RuntimeError(
                f"After the migration a row of {broken[0]} refers to one of {broken[2]} that is not there."
            )
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")
