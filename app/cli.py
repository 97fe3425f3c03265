"""The `reprise` command: thin, one function a verb. Exit 0 also with warnings; 1 nothing written; 2 usage."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from app.config import Settings


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(1)


def _settings() -> Settings:
    from app.config import Settings, SettingsError

    try:
        return Settings.from_environment()
    except SettingsError as error:
        _fail(f"Setting {error}")


def _engine(settings: Settings) -> Engine:
    from app.db.session import make_engine

    return make_engine(settings.database_url)


@contextmanager
def _session() -> Iterator[Session]:
    """A session that commits at the end, or leaves nothing behind. A database that is away is said in one line."""
    from sqlalchemy.exc import DBAPIError

    from app.db.session import DatabaseBusy, session_factory

    engine = _engine(_settings())
    try:
        with session_factory(engine)() as session:
            yield session
            session.commit()
    except DBAPIError as error:
        first = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        _fail(f"The database said: {first}\nNothing was written. If its tables are missing, run `reprise db upgrade`.")
    except DatabaseBusy as error:
        _fail(f"The database is busy: {error} Nothing was written; try again.")
    finally:
        engine.dispose()


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
    from app.db.migrate import upgrade

    engine = _engine(_settings())
    before, after = upgrade(engine, revision)
    click.echo(f"The database is up to date ({after})." if before == after else f"Schema: {before or 'empty'} → {after}.")


@db.command("downgrade")
@click.argument("revision")
def db_downgrade(revision: str) -> None:
    """Take the schema back to REVISION (`base` empties it)."""
    from app.db.migrate import downgrade

    before, after = downgrade(_engine(_settings()), revision)
    click.echo(f"Schema: {before} → {after or 'empty'}.")


@main.command()
def serve() -> None:
    """Serve the portal with gunicorn."""
    settings = _settings()
    arguments = [
        "gunicorn",
        "--config",
        "python:app.gunicorn_conf",
        "app.factory:create_app()",
    ]
    click.echo(f"Reprise is at {settings.address}", err=True)
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments[1:]])


if __name__ == "__main__":
    main()
