"""`reprise backup` and `reprise restore`: everything in one file, and back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import ending_tidily, fail, open_engine

if TYPE_CHECKING:
    from app.db.backup import Manifest

_DATED = re.compile(r"reprise-\d{8}T\d{6}Z\.zip")


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), help="Write reprise-DATE.zip into this folder instead."
)
@click.option(
    "--keep", type=click.IntRange(1, 10_000), help="With --into: afterwards remove all but the newest so many."
)
@click.option("--check", "checking", is_flag=True, help="Write nothing: read FILE and compare it with its checksums.")
def backup(file: Path | None, into: Path | None, keep: int | None, checking: bool) -> None:
    """Write the whole portal, images included, to the new FILE. The portal may be in use meanwhile.

    SECRET_KEY is not in it; keep that apart. Nor are sessions: after a restore everybody signs in again.
    """
    from app.web import clock

    if (file is None) == (into is None) or (checking and file is None) or (keep is not None and into is None):
        raise click.UsageError("Name a FILE, or a folder with --into (and --keep N). --check needs a FILE.")
    if into is not None:
        file = into / f"reprise-{clock.now():%Y%m%dT%H%M%SZ}.zip"
    assert file is not None  # noqa: S101  # the usage says so
    if checking:
        click.echo(f"{file} is whole: {_told(_checked(file))}.")
        return
    click.echo(f"Backed up to {file}: {_told(_made(file))}.")
    if into is not None and keep is not None:
        for old in sorted(each for each in into.iterdir() if _DATED.fullmatch(each.name))[:-keep]:
            old.unlink()
            click.echo(f"Removed {old}.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Fill an empty database with the backup FILE, and bring its schema up to date.

    DATABASE_URL names the database: an SQLite file that is not there yet, or a PostgreSQL database without tables.
    """
    from app.cli.common import add_up_again, database_faults, render_again, writing_session
    from app.db.backup import BackupError
    from app.db.backup import restore as fill
    from app.web import audit

    try:
        with (
            open_engine() as engine,
            ending_tidily(),
            database_faults("Nothing was restored. Is DATABASE_URL right, and does its database run?"),
        ):
            manifest = fill(engine, file)
    except BackupError as error:
        fail(str(error))
    render_again()
    add_up_again()
    with writing_session() as session:
        audit.note(session, "system.restore", area="system", label=f"{manifest.made_at}")
    click.echo(f"Restored: {_told(manifest)}. Everybody signs in again.")


def _made(file: Path) -> Manifest:
    from app.cli.common import database_faults
    from app.db.backup import BackupError
    from app.db.backup import backup as save
    from app.web import clock

    try:
        with (
            open_engine(create=False) as engine,
            ending_tidily(),
            database_faults("Nothing was written. Is DATABASE_URL right, and does its database run?"),
        ):
            return save(engine, file, clock.now())
    except BackupError as error:
        fail(str(error))


def _checked(file: Path) -> Manifest:
    from app.db.backup import BackupError, check

    try:
        return check(file)
    except BackupError as error:
        fail(str(error))


def _told(manifest: Manifest) -> str:
    rows = manifest.rows
    return (
        f"{rows.get('card', 0)} cards, {rows.get('event', 0)} events, {rows.get('user', 0)} accounts, "
        f"{rows.get('media', 0)} images, {manifest.total} rows in all, of {manifest.made_at}, "
        f"Reprise {manifest.version}, schema {manifest.revision}"
    )
