"""`reprise admin export-data`: what is a learner's, for whoever asks the operator for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import fail, writing_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def user_of(session: Session, email: str) -> int:
    """The number of the account of an address; ends the command where there is none."""
    from app.accounts import addresses, queries

    try:
        address = addresses.normalise(email)
    except addresses.BadAddress:
        fail(f"“{email}” is no e-mail address. Nothing was done.")
    found = queries.user_id(session, address)
    if found is None:
        fail(f"No account has the address {address}. Nothing was done.")
    return found


@click.command("export-data")
@click.argument("email")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_data(email: str, file: Path) -> None:
    """Write all that is EMAIL's to FILE: a zip archive, as they get it themselves under “Your data”."""
    from app.study import export
    from app.web import clock

    part = file.with_name(f"{file.name}.part")
    with writing_session() as session:
        user_id = user_of(session, email)
        try:
            with part.open("wb") as out:
                written = export.write_archive(session, user_id, out, now=clock.now())
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            fail(f"{file} cannot be written ({error.strerror}).")
    click.echo(f"{file}: {written.events} events, {written.cards} cards. It holds a person's data: keep it safe.")
