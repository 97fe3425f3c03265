"""The `reprise` command: thin, one function a verb. Exit 0 also with warnings; 1 nothing written; 2 usage."""

from __future__ import annotations

import os
import sys

import click

from app.cli.admin import admin
from app.cli.common import open_engine, read_settings, writing_session
from app.cli.content import content
from app.cli.log import verify


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

    engine = open_engine()
    before, after = upgrade(engine, revision)
    click.echo(
        f"The database is up to date ({after})." if before == after else f"Schema: {before or 'empty'} → {after}."
    )
    if after == heads() and (count := _render_again()):
        click.echo(f"Rendered {count} cards again.")


def _render_again() -> int:
    """Make HTML of older renderers anew, some cards a transaction, so that nobody waits long."""
    from app.library.rerendering import rerender_outdated

    total = 0
    while True:
        with writing_session() as session:
            count = rerender_outdated(session)
        if not count:
            return total
        total += count


@db.command("downgrade")
@click.argument("revision")
def db_downgrade(revision: str) -> None:
    """Take the schema back to REVISION (`base` empties it)."""
    from app.db.migrate import downgrade

    before, after = downgrade(open_engine(), revision)
    click.echo(f"Schema: {before} → {after or 'empty'}.")


@main.command()
def serve() -> None:
    """Serve the portal with gunicorn."""
    settings = read_settings()
    arguments = [
        "gunicorn",
        "--config",
        "python:app.gunicorn_conf",
        "app.factory:create_app()",
    ]
    click.echo(f"Reprise is at {settings.address}", err=True)
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments[1:]])


main.add_command(content)
main.add_command(admin)
main.add_command(verify)
