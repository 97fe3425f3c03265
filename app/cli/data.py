"""`reprise admin export-data` and `import-data`: what is a learner's, for whoever asks the operator for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import fail, read_settings, writing_session

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
    from app.web import audit, clock

    part = file.with_name(f"{file.name}.part")
    with writing_session() as session:
        user_id = user_of(session, email)
        try:
            with part.open("wb") as out:
                written = export.write_archive(session, user_id, out, now=clock.now())
            part.replace(file)
            audit.note(session, "people.export", subject=user_id)
        except OSError as error:
            part.unlink(missing_ok=True)
            fail(f"{file} cannot be written ({error.strerror}).")
    click.echo(f"{file}: {written.events} events, {written.cards} cards. It holds a person's data: keep it safe.")


@click.command("import-data")
@click.argument("email")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--settings", is_flag=True, help="Take over the study settings, too.")
@click.option("--dry-run", is_flag=True, help="Print what would come; write nothing.")
def import_data(email: str, file: Path, settings: bool, dry_run: bool) -> None:
    """Bring a learner's archive, as “Your data” writes it, to the account of EMAIL. A second time adds nothing."""
    from app.content.document import ContentError
    from app.study import bringing, brought
    from app.web import audit, clock

    found = read_settings()
    room = bringing.Room(found.own_decks, found.own_cards if found.own_decks else 0)
    try:
        archive = brought.look_through(file.name, file.read_bytes())
        data = brought.read(archive, now=clock.now())
        with writing_session() as session:
            given: dict[str, Any] = {"user_id": user_of(session, email), "brought": data, "room": room}
            if dry_run:
                came = bringing.plan(session, **given)
            else:
                came = bringing.bring(session, archive=archive, settings=settings, now=clock.now(), **given)
                audit.note(session, "people.bring", subject=given["user_id"], events=came["events"])
    except ContentError as error:
        fail(f"{error} Nothing was brought.")
    click.echo(f"{came['reviews']} answers, {came['events']} events in all; {came['known']} were there already.")
    for deck in came["decks"]:
        click.echo(f"A private deck for what is not here: {deck['title']}, {deck['cards']} cards.")
    if came["lost"] or came["nowhere"] or came["no_room"]:
        left = came["nowhere"] + sum(deck["cards"] for deck in came["no_room"])
        click.echo(
            f"Cannot come: {left} cards and {came['lost']} events of theirs. Their text or the room for it is missing."
        )
    if dry_run:
        click.echo("Nothing was written.")
