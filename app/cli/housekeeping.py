"""`reprise housekeeping`: what the served portal does every now and then by itself, now and from cron."""

from __future__ import annotations

import click

from app.cli.common import database_faults, read_settings


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def housekeeping(dry_run: bool) -> None:
    """Erase accounts that are due; remove sessions, tokens, jobs and uploads that are over, and images no deck shows.

    Safe at any time, and twice.
    """
    from app.factory import create_app
    from app.web import clock, jobs, logs
    from app.web.database import db

    app = create_app(read_settings())
    logs.set_up("WARNING")  # a command prints what it did
    app.logger.setLevel("WARNING")
    now = clock.now()
    with (
        app.app_context(),
        database_faults("What was said above is done; run it again for the rest. Does the database run?"),
    ):
        for name, chore in jobs.chores(app):
            with db.sessionmaker() as session:
                swept = chore(session, now)
                if dry_run:
                    session.rollback()
                else:
                    session.commit()
            for what, count in (swept or {name: 0}).items():
                click.echo(f"{what}: {count}{' would go' if dry_run else ''}")
        db.engine.dispose()
