"""What every command shares: settings, a session that commits once, and errors said in one line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from app.config import Settings


def fail(message: str) -> NoReturn:
    """Say why nothing was done, and end with 1."""
    click.echo(message, err=True)
    raise SystemExit(1)


def on_a_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def read_settings() -> Settings:
    """The settings; a value that cannot be used is named and ends the command."""
    from app.config import Settings, SettingsError

    try:
        return Settings.from_environment()
    except SettingsError as error:
        fail(f"Setting {error}")


@contextmanager
def open_engine(*, create: bool = True) -> Iterator[Engine]:
    """An engine on the database that the settings name; without `create` an SQLite file must be there."""
    from app.db.session import located, make_engine

    settings = read_settings()
    if not create and settings.is_sqlite and not Path(file := located(settings.database_url).database or "").is_file():
        fail(f"Setting DATABASE_URL: there is no database {file}. Name the one that the portal uses.")
    try:
        engine = make_engine(settings.database_url)
    except OSError as error:
        fail(
            f"Setting DATABASE_URL: {error.filename} cannot be made ({error.strerror}). Name a place that can be written."
        )
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def ending_tidily() -> Iterator[None]:
    """Let SIGTERM end the block as an exception does, so that it removes what it has begun."""

    def end(*_signal: object) -> NoReturn:
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


_HINTS = {
    "unable to open": "Its folder is not there, or this user may not write it.",
    "readonly": "This user may not write it, or its disk is mounted read-only.",
    "disk is full": "Make room where the database is, then try again.",
    "disk I/O error": "Is the disk full? Make room where the database is, then try again.",
    "No space left on device": "Make room where the database is, then try again.",
    "no such table": "Its schema is not of this Reprise: run `reprise db upgrade`.",
    'relation "': "Its schema is not of this Reprise: run `reprise db upgrade`.",
    "lock timeout": "Somebody else holds a table, such as a long query: run it again when that has ended.",
}
"""What a database's own words do not tell."""


@contextmanager
def database_faults(after: str) -> Iterator[None]:
    """Say in one line what a database that is away, no database or too busy answered, then `after`; and end with 1."""
    from sqlalchemy.exc import DBAPIError

    from app.db.session import DatabaseBusy

    try:
        yield
    except DBAPIError as error:
        first = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        fail(
            "\n".join([f"The database said: {first}", *(hint for sign, hint in _HINTS.items() if sign in first), after])
        )
    except DatabaseBusy as error:
        fail(f"The database is busy: {error} Nothing was written; try again.")


@contextmanager
def writing_session() -> Iterator[Session]:
    """A session that commits at the end, or leaves nothing behind. A database that is away is said in one line."""
    from app.db.session import session_factory
    from app.web import logs

    logs.set_up("WARNING")  # a command prints what it did
    with (
        open_engine() as engine,
        database_faults("Nothing was written."),
        session_factory(engine)() as session,
    ):
        yield session
        session.commit()


def note(session: Session, action: str, *, thing: str, guid: str, label: str = "") -> None:
    """Have a change of content in the audit log, as one of the command line."""
    from app.web import audit

    audit.note(session, action, area="content", role="command", thing=thing, guid=guid, label=label)


def add_up_again() -> int:
    """Make sums of decks that are missing or of other cards by now, some learners a transaction; gives how many."""
    from app.study.totals import keep_house
    from app.web import clock

    total = 0
    while True:
        with writing_session() as session:
            [count] = keep_house(session, clock.now()).values()
        if not count:
            return total
        total += count


def refuse_unfinished(connection: Connection) -> None:
    """End the command where the database holds a part of a backup only."""
    from app.db.backup import is_unfinished

    if is_unfinished(connection):
        fail("A restore into this database was cut off, so it does not hold everything. Run `reprise restore` again.")


def refuse_newer(connection: Connection) -> None:
    """End where a newer Reprise made the database: this one knows nothing of what is in there."""
    from app.db import migrate

    revision = migrate.current(connection)
    if revision is not None and revision not in migrate.revisions():
        fail(
            f"The database was made by a newer Reprise (schema {revision}). Install that or a later one, "
            "or name another database; nothing was changed."
        )


def render_again() -> int:
    """Make HTML of older renderers anew, some cards a transaction, so that nobody waits long."""
    from app.library.rerendering import rerender_outdated

    total = 0
    while True:
        with writing_session() as session:
            count = rerender_outdated(session)
        if not count:
            return total
        total += count
