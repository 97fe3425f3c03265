"""`reprise doctor`: whether this portal is well, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.config import Settings

Level = Literal["ok", "note", "problem"]
LITTLE_MB, TOO_LITTLE_MB = 1000, 100
OFF = timedelta(seconds=10)
"""More than this between the clocks of this machine and the database is wrong."""
LONG = timedelta(minutes=10)
"""Jobs and mails that have waited so long have nobody who does them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: ok, a note, or a problem with what to do."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


@click.command()
def doctor() -> None:
    """Check settings, secrets, database, schema, disk, clock, jobs and mail, and say what to do.

    Changes nothing. Exit 0 when all is well (notes included), 1 when something needs to be done.
    """
    from app.config import Settings, SettingsError
    from app.web import logs

    logs.set_up("ERROR")
    try:
        settings = Settings.from_environment(keep=False)
    except SettingsError as error:
        _say([Finding("problem", f"Setting {error.name}", error.problem, error.remedy)])
        raise SystemExit(1) from error
    findings = [*_settings(settings), *_secrets(settings), *_disk(settings), *_database(settings), *_mail(settings)]
    _say(findings)
    problems = sum(each.level == "problem" for each in findings)
    if problems:
        click.echo(f"{problems} problem{'' if problems == 1 else 's'}.", err=True)
        raise SystemExit(1)


def _say(findings: list[Finding]) -> None:
    for each in findings:
        click.echo(f"{each.level:8}{each.subject}: {each.text}")
        if each.remedy:
            click.echo(f"        → {each.remedy}")


def _settings(settings: Settings) -> Iterator[Finding]:
    from app.config import SettingsError
    from app.web import limits

    yield Finding("ok", "Settings", f"{settings.environment}, at {settings.address}")
    try:
        limits.check(settings)
    except SettingsError as error:
        yield Finding("problem", f"Setting {error.name}", error.problem, error.remedy)
    if settings.in_the_open:
        text = "plain HTTP: whoever shares the network can read passwords."
        yield Finding(
            "note", "Encryption", text, "Put HTTPS in front, set BASE_URL=https://… and leave PLAIN_HTTP out."
        )
    if not settings.production and settings.host not in ("127.0.0.1", "::1", "localhost"):
        text = f"it listens on {settings.host}, for others to reach, but ENVIRONMENT is local."
        yield Finding("note", "Settings", text, "Set ENVIRONMENT=production with BASE_URL and SECRET_KEY.")
    if settings.production and settings.https and not settings.trusted_proxies:
        text = "HTTPS ends at a proxy, but none is trusted: all clients count as one address."
        yield Finding("note", "Proxies", text, "Set TRUSTED_PROXIES to how many proxies stand in front, mostly 1.")
    if settings.limits_storage.startswith("memory:") and settings.web_concurrency > 1 and not settings.is_sqlite:
        text = f"limits on costly pages are counted by each of {settings.web_concurrency} processes for itself."
        yield Finding("note", "Limits", text, "Set LIMITS_STORAGE=redis://… or run one process.")


def _secrets(settings: Settings) -> Iterator[Finding]:
    database = Path(settings.database_url.removeprefix("sqlite:///")).absolute()
    kept = database.with_name("secret-key")
    if settings.is_sqlite and _read_by_others(database):
        yield Finding("problem", "Database", f"others on this machine can read {database}.", f"chmod 600 {database}*")
    if len(set(settings.secret_key)) < 8:
        text = "it repeats a few characters and can be guessed."
        yield Finding(
            "problem", "SECRET_KEY", text, "Make one: python3 -c 'import secrets; print(secrets.token_hex(32))'."
        )
    elif settings.is_sqlite and _read_by_others(kept):
        yield Finding("problem", "SECRET_KEY", f"others can read {kept}.", f"chmod 600 {kept}")
    else:
        yield Finding("ok", "Secrets", "the key is long enough")
    if settings.secret_key_fallbacks:
        count = len(settings.secret_key_fallbacks)
        text = (
            f"{count} of before still verif{'ies' if count == 1 else 'y'} what {'it' if count == 1 else 'they'} signed."
        )
        remedy = f"Leave SECRET_KEY_FALLBACKS out {settings.session_days} days after the change."
        yield Finding("note", "Secrets", text, remedy)


def _read_by_others(file: Path) -> bool:
    """Whether whoever has an account on this machine could open a file; folders that are closed to them keep them out."""
    return (
        file.is_file()
        and bool(file.stat().st_mode & 0o044)
        and all(folder.stat().st_mode & 0o011 for folder in file.parents)
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    places = {"Temporary files": Path(tempfile.gettempdir())}
    if settings.is_sqlite:
        places["Database's disk"] = Path(settings.database_url.removeprefix("sqlite:///")).absolute().parent
    for name, place in places.items():
        if not place.is_dir():
            yield Finding(
                "problem", name, f"{place} is not there.", "Name a place that is, or run `reprise db upgrade`."
            )
            continue
        if not os.access(place, os.W_OK | os.X_OK):
            yield Finding(
                "problem", name, f"{place} cannot be written.", "Is it mounted read-only, or of another user?"
            )
            continue
        free = shutil.disk_usage(place).free // 1_000_000
        level: Level = "problem" if free < TOO_LITTLE_MB else "note" if free < LITTLE_MB else "ok"
        remedy = "" if level == "ok" else "Make room: answers cannot be kept on a full disk."
        yield Finding(level, name, f"{free:,} MB free at {place}", remedy)


def _database(settings: Settings) -> Iterator[Finding]:
    """Everything that needs the database; where it is away, that alone is said."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError

    from app.db.session import DatabaseBusy, engine_options, located, prepare, session_factory

    engine = create_engine(located(settings.database_url), **engine_options(settings.database_url))
    prepare(engine, create=False)
    try:
        with session_factory(engine)() as session:
            for check in (_integrity, _schema, _clock, _people, _jobs, _outbox):
                findings = list(check(session))
                yield from findings
                if any(each.level == "problem" for each in findings) and check is _schema:
                    return
    except DatabaseBusy as error:
        remedy = "Is DATABASE_URL right? `reprise db upgrade` makes a new one."
        yield Finding("problem", "Database", f"{error}", remedy)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines() or [""]
        yield Finding("problem", "Database", reason[0][:200], "Does it run, and is DATABASE_URL right?")
    finally:
        engine.dispose()


def _integrity(session: Session) -> Iterator[Finding]:
    from sqlalchemy import text

    if session.get_bind().dialect.name == "sqlite":
        answer = session.scalar(text("PRAGMA quick_check(1)"))
        if answer != "ok":
            remedy = "Stop the portal and restore the last backup."
            yield Finding("problem", "Database", f"it is damaged: {answer}", remedy)
            return
        yield Finding("ok", "Database", f"SQLite {session.scalar(text('SELECT sqlite_version()'))}, whole")
    else:
        yield Finding("ok", "Database", f"PostgreSQL {session.scalar(text('SHOW server_version'))}")


def _schema(session: Session) -> Iterator[Finding]:
    from app.db import migrate
    from app.db.backup import is_unfinished

    if is_unfinished(session.connection()):
        yield Finding("problem", "Database", "a restore into it was cut off.", "Run `reprise restore` again.")
        return
    now, wanted = migrate.current(session.connection()), migrate.heads()
    if now == wanted:
        yield Finding("ok", "Schema", f"up to date ({now})")
    elif now is None or now in migrate.revisions():
        yield Finding("problem", "Schema", f"it is at {now or 'nothing'}, not {wanted}.", "Run `reprise db upgrade`.")
    else:
        yield Finding("problem", "Schema", f"{now} is of a newer Reprise.", "Start that Reprise, or restore a backup.")


def _clock(session: Session) -> Iterator[Finding]:
    from sqlalchemy import func, select

    from app.db.models import Event

    now = datetime.now(UTC)
    remedy = "Set the machine's clock, and keep it right with NTP: due days follow it."
    latest = session.scalar(select(func.max(Event.received_at)))
    there = session.scalar(select(func.now())) if session.get_bind().dialect.name != "sqlite" else None
    if latest is not None and latest > now + OFF:
        yield Finding(
            "problem", "Clock", f"the last answer came at {latest:%Y-%m-%d %H:%M} UTC, which is ahead of it.", remedy
        )
    elif there is not None and abs(there - now) > OFF:
        away = abs(there - now).total_seconds()
        yield Finding("problem", "Clock", f"this machine and the database are {away:.0f} s apart.", remedy)
    else:
        yield Finding("ok", "Clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _people(session: Session) -> Iterator[Finding]:
    from app.accounts import setup

    if not setup.has_admin(session):
        remedy = "`reprise admin link` prints a link that makes one."
        yield Finding("problem", "Administrators", "there is none.", remedy)


def _jobs(session: Session) -> Iterator[Finding]:
    from sqlalchemy import func, select

    from app.db.models import Job

    now = datetime.now(UTC)
    oldest = session.scalar(select(func.min(Job.created_at)).where(Job.state == "queued"))
    lately = (Job.state == "failed") & (Job.finished_at > now - timedelta(days=1))
    failed = session.scalar(select(func.count(Job.id)).where(lately)) or 0
    if oldest is not None and now - oldest > LONG:
        text = f"one has waited since {oldest:%Y-%m-%d %H:%M} UTC."
        yield Finding("problem", "Jobs", text, "Does the portal run? `reprise worker` does jobs, too.")
    elif failed:
        yield Finding("note", "Jobs", f"{failed} failed within a day; each says why on its page.")
    else:
        yield Finding("ok", "Jobs", "none waits for long")


def _outbox(session: Session) -> Iterator[Finding]:
    from app.web.mail import outbox

    found = outbox(session)
    stuck = found.failed + found.doubt
    if found.oldest is not None and datetime.now(UTC) - found.oldest > LONG:
        text = f"{found.waiting} wait, the first since {found.oldest:%Y-%m-%d %H:%M} UTC. {found.last_error}".strip()
        yield Finding(
            "problem", "Outbox", text, "Does the portal run, and does its mail server? `reprise mail test ADDRESS`."
        )
    if stuck:
        text = f"{found.failed} given up, {found.doubt} in doubt. {found.last_error}".strip()
        yield Finding("note", "Outbox", text, "`reprise mail retry` queues them again.")


def _mail(settings: Settings) -> Iterator[Finding]:
    from app.web.smtp import Connection, NotNow

    server = settings.mail_server
    if server is None:
        yield Finding("note", "Mail", "none is set up: lost passwords are for administrators to mend.")
        return
    at = f"{server.host}:{server.port}"
    if server.security == "none" and not server.local:
        text = f"mails and the password go to {at} in the open."
        yield Finding("note", "Mail", text, "Leave ?tls=none out of MAIL_URL if the server can encrypt.")
    try:
        Connection(server).check()
    except NotNow as error:
        yield Finding(
            "problem", "Mail", f"{at} does not let us in: {error}", "Are MAIL_URL's host, port and password right?"
        )
    else:
        yield Finding("ok", "Mail", f"{at} lets us in")
