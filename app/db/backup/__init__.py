"""Backups: the whole database, images included, in one checked file; and back, into an empty place only.

A backup is taken of one moment, while the portal goes on: SQLite's own online backup, one snapshot on PostgreSQL. What
lives for hours or opens doors (sessions, counters, one-time links: tables with `info={"backup": False}`) stays out, and
so does SECRET_KEY, which is no part of the database.
"""

import importlib.metadata
import sqlite3
from datetime import datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.db import migrate, search_index
from app.db import models as _models  # noqa: F401  # registers every table, and with it what stays out
from app.db.backup import place, postgresql, sqlite
from app.db.backup.archive import BackupError, Manifest, Reader, reading, writing
from app.db.backup.place import is_unfinished
from app.db.base import Base

__all__ = ["BackupError", "Manifest", "backup", "check", "is_unfinished", "left_out", "restore"]


def left_out() -> frozenset[str]:
    """The tables whose rows are in no backup."""
    return frozenset(table.name for table in Base.metadata.tables.values() if table.info.get("backup") is False)


def backup(engine: Engine, path: Path, now: datetime) -> Manifest:
    """Write everything that was committed before this call to the new file `path`; the portal may go on meanwhile.

    Raises `BackupError` where the database has no tables yet, or the file is there or cannot be written.
    """
    with engine.connect() as connection:
        if migrate.current(connection) is None:
            raise BackupError("This database has no tables yet: there is nothing to back up. Is DATABASE_URL right?")
        if place.is_unfinished(connection):
            raise BackupError("This database holds a part of a backup only: a restore was cut off. Restore it again.")
    save = sqlite.save if engine.dialect.name == "sqlite" else postgresql.save
    with writing(path) as writer:
        try:
            saved = save(engine, writer, left_out())
        except (DBAPIError, psycopg.Error) as error:
            raise BackupError(f"The database said: {_said(error)}. Nothing was written; try again.") from error
        manifest = Manifest(
            version=importlib.metadata.version("reprise"),
            made_at=now.isoformat(timespec="seconds"),
            database="sqlite" if engine.dialect.name == "sqlite" else "postgresql",
            revision=saved.revision,
            rows=saved.rows,
            numbers=saved.numbers,
            members=writer.members,
        )
        writer.manifest(manifest)
    return manifest


def check(path: Path) -> Manifest:
    """Compare every byte of a backup with its checksums, and its tables with its manifest. Raises `BackupError`."""
    with reading(path) as reader:
        reader.verify()
        if reader.manifest.database == "sqlite":
            sqlite.check(reader, path)
        return reader.manifest


def restore(engine: Engine, path: Path) -> Manifest:
    """Fill the empty database of `engine` from a backup and bring its schema up to date.

    Rows are put into tables that this Reprise makes, under their constraints; of the file's own schema nothing is taken.
    Raises `BackupError`, and leaves the place empty, where it is not empty, the backup is damaged, of another kind of
    database or of a newer Reprise.
    """
    with reading(path) as reader:
        _check_kind(engine, reader, path)
        reader.verify()
        try:
            with place.filling(engine):
                _fill(engine, reader)
        except (IntegrityError, DataError, psycopg.IntegrityError, psycopg.DataError, sqlite3.IntegrityError) as error:
            raise BackupError(f"{path} breaks a rule of the database: {_said(error)}. Nothing was restored.") from error
        except (DBAPIError, psycopg.Error, sqlite3.Error) as error:
            raise BackupError(
                f"The database said: {_said(error)}. Nothing was restored. Is there room? Mend that, then restore again."
            ) from error
        return reader.manifest


def _fill(engine: Engine, reader: Reader) -> None:
    migrate.upgrade(engine, reader.manifest.revision)
    with engine.begin() as connection:
        search_index.drop(connection)  # made anew below: rows of a file need not agree with their index
    load = sqlite.load if engine.dialect.name == "sqlite" else postgresql.load
    load(engine, reader, left_out())
    migrate.upgrade(engine)
    _distrust_html(engine)


def _said(error: Exception) -> str:
    """The first line of what the database said."""
    lines = str(getattr(error, "orig", error)).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _distrust_html(engine: Engine) -> None:
    """Have all HTML made anew from its Markdown: what a file brings is as untrusted as a form."""
    with engine.begin() as connection:
        for table in Base.metadata.tables.values():
            if "renderer" in table.columns:
                connection.execute(table.update().values(renderer=0))


def _check_kind(engine: Engine, reader: Reader, path: Path) -> None:
    manifest = reader.manifest
    if manifest.database != engine.dialect.name:
        wanted = (
            "sqlite:///path/to/file.db" if manifest.database == "sqlite" else "postgresql://user:password@host/name"
        )
        raise BackupError(f"{path} is of another kind of database. Set DATABASE_URL={wanted} for it.")
    if manifest.revision not in migrate.revisions():
        raise BackupError(f"{path} was made by a newer Reprise ({manifest.version}). Install that or a later one.")
