"""SQLite: one consistent copy by the online backup, and its rows back into fresh tables."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine

from app.db.backup.archive import BackupError, Reader, Saved, Writer
from app.db.backup.place import OWN

MEMBER = "database.sqlite3"
_CHUNK = 1024 * 1024
_PREFIX = ".reprise-copy-"
_FORGOTTEN_S = 24 * 3600
"""A copy as old as this was left behind by a process that was killed."""


def save(engine: Engine, writer: Writer, left_out: frozenset[str]) -> Saved:
    """Copy the database as it is at one moment, without the rows of `left_out`. Raises `BackupError`."""
    file = Path(engine.url.database or "").resolve()
    try:
        with _beside(file) as copy:
            _copy(file, copy)
            saved = _without(copy, left_out)
            with copy.open("rb") as pages, writer.member(MEMBER) as member:
                while data := pages.read(_CHUNK):
                    member.write(data)
            return saved
    except sqlite3.Error as error:
        raise BackupError(
            f"No copy could be made at {file.parent} ({error}). Is there room beside the database, and is it sound?"
        ) from error


def _copy(file: Path, copy: Path) -> None:
    """By SQLite's online backup, in one step: between steps a writer could start the copy anew, under load for ever."""
    here = f"file:{quote(str(file))}?mode=ro"
    with closing(sqlite3.connect(here, uri=True, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target, pages=-1)


def _without(copy: Path, left_out: frozenset[str]) -> Saved:
    """Empty tables of a copy and say what it holds then. A damaged one is none: it would push out the good ones."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        # Overwritten and not merely unlinked: what opens doors must not be readable in free pages.
        target.execute("PRAGMA secure_delete = ON")
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute("PRAGMA ignore_check_constraints = ON")  # a row that breaks a rule is better saved than lost
        if (said := target.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise BackupError(
                f"The database is damaged: {' '.join(said.split())}. Nothing was written. Keep the backups there are."
            )
        names = _tables(target)
        target.execute("BEGIN")
        for name in left_out & set(names):  # an older schema has not all of them yet
            target.execute(f'DELETE FROM "{name}"')  # noqa: S608  # a table of ours
        target.execute("COMMIT")
        rows = {name: target.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
        (revision,) = target.execute("SELECT version_num FROM alembic_version").fetchone()
    return Saved(str(revision), rows, {})


def check(reader: Reader, path: Path) -> None:
    """Open the copy as SQLite would and count. Raises `BackupError`."""
    with _unpacked(reader, Path(tempfile.gettempdir()) / "check") as copy, _opened(copy, path) as source:
        _compare(source, reader, path)


def load(engine: Engine, reader: Reader, left_out: frozenset[str]) -> None:
    """Fill the empty tables of `engine` with the rows of a backup, in one transaction. Raises `BackupError`."""
    path = Path(engine.url.database or "")
    with _unpacked(reader, path) as copy:
        with _opened(copy, path) as source:
            _compare(source, reader, path)
        with engine.connect() as connection:
            _load(connection, copy, left_out)


def _load(connection: Connection, copy: Path, left_out: frozenset[str]) -> None:
    raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    run = raw.execute
    run("PRAGMA foreign_keys = OFF")
    run("PRAGMA trusted_schema = OFF")
    run("ATTACH DATABASE ? AS saved", (str(copy),))
    try:
        run("BEGIN IMMEDIATE")
        names = _tables(raw)
        for name in names:
            run(f'DELETE FROM main."{name}"')  # noqa: S608  # a table of ours; migrations put rows into some
        for name in names:
            if name in left_out:
                continue
            columns = _columns(raw, "main", name)
            if _columns(raw, "saved", name) != columns:
                raise BackupError(f"The backup's table “{name}” is not one of Reprise's. Take an older backup.")
            listed = ", ".join(f'"{column}"' for column in columns)
            run(f'INSERT INTO main."{name}" ({listed}) SELECT {listed} FROM saved."{name}"')  # noqa: S608
        run("DELETE FROM main.sqlite_sequence")
        run(
            "INSERT INTO main.sqlite_sequence (name, seq) SELECT name, max(seq) FROM saved.sqlite_sequence GROUP BY name"
        )
        if broken := run("PRAGMA main.foreign_key_check").fetchone():
            raise BackupError(f"The backup's table “{broken[0]}” names rows that are not there. Take an older backup.")
        run("COMMIT")
    except BaseException:
        raw.rollback()
        raise
    finally:
        run("DETACH DATABASE saved")
        run("PRAGMA trusted_schema = ON")  # the search index is kept by triggers
        run("PRAGMA foreign_keys = ON")


def _tables(connection: sqlite3.Connection, schema: str = "main") -> list[str]:
    """Ordinary tables; those of a search index belong to the index, which fills itself."""
    return [
        name
        for (name,) in connection.execute(
            "SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table' ORDER BY name", (schema,)
        )
        if not name.startswith("sqlite_") and name not in OWN
    ]


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    """What can be written of a table; none where `table` is no ordinary table."""
    if table not in _tables(connection, schema):
        return []
    rows = connection.execute(f'PRAGMA {schema}.table_xinfo("{table}")').fetchall()
    return [row[1] for row in rows if row[6] == 0]


def _compare(source: sqlite3.Connection, reader: Reader, path: Path) -> None:
    for name, count in reader.manifest.rows.items():
        if name not in _tables(source):
            raise BackupError(f"{path} is damaged: its table “{name}” is missing. Take an older backup.")
        if source.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] != count:  # noqa: S608  # found above
            raise BackupError(f"{path} is damaged: “{name}” has not the rows it had. Take an older backup.")


@contextmanager
def _opened(copy: Path, path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(copy))}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            if (said := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise BackupError(f"{path} is damaged: {said}. Take an older backup.")
            yield connection
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} holds no usable database ({error}). Take an older backup.") from error


@contextmanager
def _unpacked(reader: Reader, beside: Path) -> Iterator[Path]:
    if list(reader.manifest.members) != [MEMBER]:
        raise BackupError("The backup does not hold what its manifest says. Take an older backup.")
    with _beside(beside) as copy:
        try:
            with copy.open("wb") as file, reader.member(MEMBER) as pieces:
                for piece in pieces:
                    file.write(piece)
        except OSError as error:
            raise BackupError(f"No room to unpack it at {copy.parent.parent} ({error.strerror}). Make some.") from error
        yield copy


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A place for a copy on the same disk as `file`, readable by nobody else, gone afterwards."""
    folder = file.resolve().parent
    try:
        place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    except OSError as error:
        raise BackupError(f"No copy can be put into {folder} ({error.strerror}). Make it writable.") from error
    try:
        for other in folder.glob(f"{_PREFIX}*"):
            if time.time() - other.stat().st_mtime > _FORGOTTEN_S:
                shutil.rmtree(other, ignore_errors=True)
        yield place / MEMBER
    finally:
        shutil.rmtree(place, ignore_errors=True)
