"""`reprise anki …`: decks and what learners remember of them, to Anki."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import fail, writing_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.web.sessions import Viewer


@click.group()
def anki() -> None:
    """Packages for Anki."""


@anki.command("export")
@click.argument("decks", nargs=-1, required=True, metavar="DECK…")
@click.option("--user", "email", default="", metavar="EMAIL", help="With this learner's progress.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .apkg to write.")
def export(decks: tuple[str, ...], email: str, output: Path) -> None:
    """Write DECKs as a package that Anki imports; a newer one brings the notes of an older one up to date."""
    from app.study.anki import exporting
    from app.web import clock

    with writing_session() as session:
        viewer = learner(session, email) if email else None
        try:
            made = exporting.export(session, viewer=viewer, named=decks, now=clock.now())
        except exporting.NothingToExport:
            fail("There is no such deck, or this learner may not study it. `reprise content decks` lists all.")
    try:
        output.write_bytes(made.data)
    except OSError as error:
        fail(f"{output}: It cannot be written ({(error.strerror or 'error').lower()}).")
    click.echo(f"Wrote {output}: {made.decks} decks, {made.cards} cards, {made.reviews} answers.")


def learner(session: Session, email: str) -> Viewer:
    """The person of this address, as services see them; ends with 1 where there is none."""
    from sqlalchemy import select

    from app.accounts import addresses
    from app.db.models import User
    from app.web import clock
    from app.web.sessions import person_of

    try:
        user_id = session.scalar(select(User.id).where(User.email == addresses.normalise(email)))
    except addresses.BadAddress:
        user_id = None
    found = person_of(session, user_id, now=clock.now()) if user_id is not None else None
    if found is None:
        fail(f"Nobody who can sign in has the address “{email}”. Nothing was done.")
    return found
