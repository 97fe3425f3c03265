"""The `reprise` command: thin, one function a verb. Exit 0 also with warnings; 1 nothing written; 2 usage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.cli.admin import admin
from app.cli.anki import anki
from app.cli.backup import backup, restore
from app.cli.common import (
    add_up_again,
    database_faults,
    fail,
    open_engine,
    refuse_newer,
    refuse_unfinished,
    render_again,
)
from app.cli.content import content
from app.cli.doctor import doctor
from app.cli.housekeeping import housekeeping
from app.cli.log import verify
from app.cli.mail import mail, remind, worker
from app.cli.serving import serve


@click.group()
@click.version_option(package_name="reprise")
def main() -> None:
    """Reprise: Markdown questions and answers, studied in the browser with spaced repetition."""


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@click.argument("revision", default="head")
def db_upgrade(revision: str) -> None:
    """Bring the schema up to date (or to REVISION)."""
    from app.db.migrate import heads, upgrade

    with open_engine() as engine, _schema_faults():
        with engine.connect() as connection:
            refuse_unfinished(connection)
            refuse_newer(connection)
        before, after = upgrade(engine, revision)
    click.echo(
        f"The database is up to date ({after})." if before == after else f"Schema: {before or 'empty'} → {after}."
    )
    if after != heads():
        return
    if count := render_again():
        click.echo(f"Rendered {count} cards again.")
    if count := add_up_again():
        click.echo(f"Added up what was answered in {count} decks.")


@contextmanager
def _schema_faults() -> Iterator[None]:
    """Say in one line what keeps the schema from being changed."""
    from alembic.util import CommandError

    try:
        with database_faults("Nothing was changed. Is DATABASE_URL right, and does its database run?"):
            yield
    except CommandError as error:
        fail(f"{error}. Nothing was changed.")


@db.command("downgrade")
@click.argument("revision")
def db_downgrade(revision: str) -> None:
    """Take the schema back to REVISION (`base` empties it)."""
    from app.db.migrate import downgrade

    with open_engine() as engine, _schema_faults():
        with engine.connect() as connection:
            refuse_newer(connection)
        before, after = downgrade(engine, revision)
    click.echo(f"Schema: {before} → {after or 'empty'}.")


main.add_command(content)
main.add_command(anki)
main.add_command(admin)
main.add_command(verify)
main.add_command(doctor)
main.add_command(mail)
main.add_command(worker)
main.add_command(remind)
main.add_command(serve)
main.add_command(backup)
main.add_command(restore)
main.add_command(housekeeping)
