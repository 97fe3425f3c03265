"""`reprise admin …`: who administers this portal."""

from __future__ import annotations

import click

from app.cli.common import fail, read_settings, writing_session
from app.cli.data import export_data, import_data


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
    from app.accounts import queries, roles, service

    address = _address(email)
    with writing_session() as session:
        try:
            service.set_role(session, user_id=queries.user_id(session, address) or 0, role=role)
        except service.NoSuchAccount:
            fail(f"No account has the address {address}. It registers first; then run this again.")
        except roles.LastAdmin:
            fail(f"{address} is the only administrator. Make somebody else one first: reprise admin role EMAIL admin")
    click.echo(f"{address} is {_WORDS[role]} now.")


def _address(email: str) -> str:
    from app.accounts import addresses

    try:
        return addresses.normalise(email)
    except addresses.BadAddress:
        fail(f"“{email}” is no e-mail address. Nothing was changed.")


@admin.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Keep the account of EMAIL out, and end its sessions at once. Nothing of it is erased."""
    _change(email, enabled=False)


@admin.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let the account of EMAIL sign in again; one that was to be deleted is kept."""
    _change(email, enabled=True)


def _change(email: str, *, enabled: bool) -> None:
    from app.accounts import queries, roles, service

    address = _address(email)
    with writing_session() as session:
        change = service.enable if enabled else service.disable
        try:
            change(session, user_id=queries.user_id(session, address) or 0)
        except service.NoSuchAccount:
            fail(f"No account has the address {address}. Nothing was changed.")
        except roles.LastAdmin:
            fail(f"{address} is the only administrator. Make somebody else one first: reprise admin role EMAIL admin")
    click.echo(f"{address} can sign in." if enabled else f"{address} is disabled and signed out everywhere.")


@admin.command("reset-link")
@click.argument("email")
def reset_link(email: str) -> None:
    """Print a one-time link with which the account of EMAIL gets a new password; it is valid for 30 minutes."""
    from app.accounts import queries, service
    from app.web import clock

    address = _address(email)
    with writing_session() as session:
        try:
            token = service.reset_link(session, user_id=queries.user_id(session, address) or 0, now=clock.now())
        except service.NoSuchAccount:
            fail(f"No account has the address {address}. Nothing was changed.")
    click.echo(f"New password for {address}: {read_settings().address}/reset/{token}")
    click.echo("The link works once, within 30 minutes. The old password holds until then.")


@admin.command("invite")
@click.option("--role", type=click.Choice(["learner", "editor"]), default="learner", show_default=True)
@click.option("--uses", type=click.IntRange(1, 500), default=1, show_default=True, help="How many accounts it makes.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long it holds.")
@click.option("--note", default="", help="What it is for.")
def invite(role: str, uses: int, days: int, note: str) -> None:
    """Print an invitation: a link with which accounts can be made."""
    from app.accounts import invitations
    from app.web import clock

    with writing_session() as session:
        token = invitations.invite(session, role=role, uses=uses, days=days, note=note[:100], now=clock.now())
    click.echo(f"Invitation: {read_settings().address}/invitation/{token}")
    click.echo(f"It makes {uses} account{'' if uses == 1 else 's'} within {days} day{'' if days == 1 else 's'}.")


@admin.command("registration")
@click.argument("who", type=click.Choice(["open", "invited", "closed"]))
def registration(who: str) -> None:
    """Say who may register: anybody (open), whoever has an invitation (invited), nobody (closed)."""
    from app.accounts import portal

    with writing_session() as session:
        portal.set_registration(session, who)
    click.echo({"open": "Anybody may register.", "closed": "Nobody may register."}.get(who, "By invitation only."))


_WORDS = {"learner": "a learner", "editor": "an editor", "admin": "an administrator"}


@admin.command("erase-due")
def erase_due() -> None:
    """Erase the accounts whose deletion was asked for seven days ago. The served portal does so every hour by itself."""
    from app.accounts import erasing
    from app.web import clock

    with writing_session() as session:
        erased = erasing.erase_due(session, clock.now())
    click.echo(f"Erased {erased} account{'' if erased == 1 else 's'}.")


admin.add_command(export_data)
admin.add_command(import_data)
