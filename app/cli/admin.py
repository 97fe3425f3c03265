"""`reprise admin …`: who administers this portal."""

from __future__ import annotations

import click

from app.cli.common import fail, read_settings, writing_session


@click.group()
def admin() -> None:
    """Administrators, roles, and accounts whose time has come."""


@admin.command("link")
@click.option("--if-none", is_flag=True, help="Only where there is no administrator; otherwise say nothing.")
def link(if_none: bool) -> None:
    """Print a one-time link that sets the portal up and makes an administrator; it is valid for an hour.

    The way back, too, when the last administrator's password is lost.
    """
    from app.accounts import setup
    from app.web import clock

    address = read_settings().address
    with writing_session() as session:
        if if_none and setup.has_admin(session):
            return
        token = setup.make_setup_link(session, clock.now())
    click.echo(f"Set up the portal: {address}/setup/{token}")
    click.echo("The link works once, within an hour.")


@admin.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(["learner", "editor", "admin"]))
def role(email: str, role: str) -> None:
    """Make the account of EMAIL a learner, an editor or an admin."""
    from app.accounts import addresses, queries, roles, service

    try:
        address = addresses.normalise(email)
    except addresses.BadAddress:
        fail(f"“{email}” is no e-mail address. Nothing was changed.")
    with writing_session() as session:
        user_id = queries.user_id(session, address)
        try:
            service.set_role(session, user_id=user_id or 0, role=role)
        except service.NoSuchAccount:
            fail(f"No account has the address {address}. It registers first; then run this again.")
        except roles.LastAdmin:
            fail(f"{address} is the only administrator. Make somebody else one first: reprise admin role EMAIL admin")
    click.echo(f"{address} is {_WORDS[role]} now.")


_WORDS = {"learner": "a learner", "editor": "an editor", "admin": "an administrator"}


@admin.command("erase-due")
def erase_due() -> None:
    """Erase the accounts whose deletion was asked for seven days ago. The served portal does so every hour by itself."""
    from app.accounts import service
    from app.web import clock

    with writing_session() as session:
        erased = service.erase_due(session, clock.now())
    click.echo(f"Erased {erased} account{'' if erased == 1 else 's'}.")
