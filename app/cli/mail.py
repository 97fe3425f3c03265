"""`reprise mail …` looks after the outbox; `reprise worker` does jobs and mail beside the web processes."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from app.cli.common import database_faults, fail, read_settings, writing_session

if TYPE_CHECKING:
    from flask import Flask


@click.group()
def mail() -> None:
    """Mail, where MAIL_URL is set."""


def _app() -> Flask:
    from app.factory import create_app

    settings = read_settings()
    if settings.mail_server is None:
        fail("No mail is set up. Set MAIL_URL and MAIL_FROM; the README says how.")
    return create_app(settings)


@mail.command("send")
def send() -> None:
    """Send what waits in the outbox. The served portal does so by itself; safe to run beside it, and twice."""
    from app.web import mail as outbox

    app = _app()
    with database_faults("What was sent is noted; the rest waits."):
        done = outbox.run_pending(app)
    click.echo(f"Dealt with {done} mail{'' if done == 1 else 's'}.")
    _say_state()


@mail.command("status")
def status() -> None:
    """Say how the outbox stands."""
    _say_state()


def _say_state() -> None:
    from app.web.mail import outbox

    with writing_session() as session:
        found = outbox(session)
    click.echo(f"Waiting: {found.waiting}. Given up: {found.failed}. In doubt: {found.doubt}.")
    if found.last_error:
        click.echo(f"The last trouble: {found.last_error}")


@mail.command("retry")
def retry() -> None:
    """Queue again what was given up or is in doubt. What is in doubt may then arrive twice."""
    from app.web import mail as outbox

    with writing_session() as session:
        count = outbox.retry(session)
    click.echo(f"Queued {count} mail{'' if count == 1 else 's'} again.")


@mail.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send one mail to ADDRESS at once, and say what the server answered."""
    from app.accounts import addresses
    from app.db.base import new_guid
    from app.web import clock
    from app.web.smtp import Connection, Doubt, Letter, NotNow, Refused, message

    settings = read_settings()
    server = settings.mail_server
    if server is None:
        fail("No mail is set up. Set MAIL_URL and MAIL_FROM; the README says how.")
    try:
        to = addresses.normalise(address)
    except addresses.BadAddress:
        fail(f"“{address}” is no e-mail address.")
    letter = Letter("A test from Reprise", f"Mail works. This portal is at {settings.address}\n")
    whole = message(letter, sender=settings.mail_from, to=to, message_id=new_guid(), now=clock.now())
    connection = Connection(server)
    try:
        connection.send(whole, sender=whole["From"].addresses[0].addr_spec, to=to, offering=lambda: None)
    except (Refused, NotNow, Doubt) as error:
        fail(f"{server.host}:{server.port} did not take it: {error}. Are MAIL_URL and MAIL_FROM right?")
    finally:
        connection.close()
    click.echo(f"{server.host}:{server.port} took a mail to {to}.")


@click.command()
def worker() -> None:
    """Do jobs and send mail until stopped, beside any number of web processes; leases keep them apart."""
    from app.factory import create_app
    from app.web import jobs, logs
    from app.web import mail as outbox

    settings = read_settings()
    logs.set_up(settings.log_level)
    app = create_app(settings)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    mails = threading.Thread(target=outbox.run_forever, args=(app, stop), name="mail")
    if settings.mail_server is not None:
        mails.start()
    click.echo("Working. Stop with Ctrl+C.", err=True)
    jobs.run_forever(app, stop)
    if settings.mail_server is not None:
        mails.join()


@click.command()
def remind() -> None:
    """Put the reminders that are due into the outbox. The served portal does so by itself; safe to run twice, or from cron."""
    from app.study import reminders
    from app.web import clock
    from app.web.database import transact

    app = _app()
    with app.app_context(), database_faults("Run it again; nobody is reminded twice."):
        count = transact(lambda session: reminders.remind(session, clock.now()))
    click.echo(f"{count} reminder{'' if count == 1 else 's'}.")
