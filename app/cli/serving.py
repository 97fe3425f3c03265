"""`reprise serve`: gunicorn, once the settings that only a start can check are found to be good."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

import click

from app.cli.common import fail, read_settings, refuse_newer, refuse_unfinished

if TYPE_CHECKING:
    from app.config import Settings

PATIENCE_S = 5.0
"""How long a portal that is ending may still hold the port."""


@click.command()
def serve() -> None:
    """Serve the portal with gunicorn."""
    from app.config import SettingsError
    from app.web import limits

    settings = read_settings()
    try:
        limits.check(settings)
        _check_schema(settings)
        _check_listening(settings)
    except SettingsError as error:
        fail(f"Setting {error}")
    click.echo(f"Reprise is at {settings.address}")
    sys.stdout.flush()
    gunicorn = ["-m", "gunicorn", "--config", "python:app.gunicorn_conf", "app.factory:create_app()"]
    os.execv(sys.executable, [sys.executable, *gunicorn])


def _check_schema(settings: Settings) -> None:
    """End with what to do where the schema is not the one this Reprise needs; a database that is away is waited for."""
    from sqlalchemy.exc import DBAPIError

    from app.db import migrate
    from app.db.session import DatabaseBusy, make_engine

    engine = make_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            refuse_unfinished(connection)
            refuse_newer(connection)
            revision = migrate.current(connection)
    except (DBAPIError, DatabaseBusy):
        return
    finally:
        engine.dispose()
    if revision != migrate.heads():
        fail("The database's schema is of an older Reprise. Run `reprise db upgrade`, then start again.")


def _check_listening(settings: Settings) -> None:
    """Raise `SettingsError` where HOST is no address of this machine or PORT is taken and stays so."""
    from app.config import SettingsError

    end = time.monotonic() + PATIENCE_S
    while (problem := _listening(settings)) is not None:
        if problem.errno == errno.EADDRINUSE:
            if time.monotonic() < end:
                time.sleep(0.2)
                continue
            raise SettingsError("PORT", f"{settings.port} is in use.", "End what uses it or choose another: PORT=9000.")
        if problem.errno == errno.EACCES:
            raise SettingsError("PORT", f"{settings.port} may not be used by this user.", "Choose one above 1023.")
        raise SettingsError(
            "HOST",
            f"“{settings.host}” is no address to listen on here ({problem.strerror}).",
            "Use 127.0.0.1 for this machine alone, 0.0.0.0 for all that reach it.",
        )


def _listening(settings: Settings) -> OSError | None:
    """What keeps this process from listening, if anything does."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as problem:
        return problem
    return None
