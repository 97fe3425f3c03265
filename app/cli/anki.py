"""`reprise anki …`: decks and what learners remember of them, to Anki and from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import fail, read_settings, writing_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.web.sessions import Viewer


@click.group()
def anki() -> None:
    """Packages for Anki and from it."""


@anki.command("export")
@click.argument("decks", nargs=-1, required=True, metavar="DECK…")
@click.option("--user", "email", default="", metavar="EMAIL", help="With this learner's progress.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .apkg to write.")
def export(decks: tuple[str, ...], email: str, output: Path) -> None:
    """Write DECKs as a package that Anki imports; a newer one brings the notes of an older one up to date."""
    from app.study.anki import exporting
    from app.web import audit, clock

    with writing_session() as session:
        viewer = learner(session, email) if email else None
        try:
            made = exporting.export(session, viewer=viewer, named=decks, now=clock.now())
        except exporting.NothingToExport:
            fail("There is no such deck, or this learner may not study it. `reprise content decks` lists all.")
        if viewer is not None:
            audit.note(session, "people.export", subject=viewer.id)
    try:
        output.write_bytes(made.data)
    except OSError as error:
        fail(f"{output}: It cannot be written ({(error.strerror or 'error').lower()}).")
    click.echo(f"Wrote {output}: {made.decks} decks, {made.cards} cards, {made.reviews} answers.")


@anki.command("import")
@click.argument("package", type=click.Path(path_type=Path))
@click.option("--user", "email", required=True, metavar="EMAIL", help="Whose decks and progress it becomes.")
@click.option("--shared", is_flag=True, help="Into decks for all members; else into private ones.")
@click.option("--no-progress", is_flag=True, help="The cards alone.")
@click.option("--dry-run", is_flag=True, help="Print what would change; write nothing.")
def import_(package: Path, email: str, shared: bool, no_progress: bool, dry_run: bool) -> None:
    """Bring in PACKAGE (.apkg or .colpkg) with its history. Importing it again adds nothing twice."""
    from app.content.anki.reading import read_package
    from app.content.document import ContentError
    from app.study.anki import importing
    from app.web import audit, clock

    settings, now = read_settings(), clock.now()
    aim = importing.Aim(shared, not no_progress, settings.own_decks, settings.own_cards, by_command=True)
    try:
        read = read_package(package.name, package.read_bytes())
        with writing_session() as session:
            viewer = learner(session, email)
            if dry_run:
                outcome = importing.plan(session, package=read, viewer=viewer, aim=aim, now=now)
            else:
                outcome = importing.prepare(session, package=read, viewer=viewer, aim=aim, now=now)(session)
                audit.note(session, "people.bring", subject=viewer.id, events=outcome.answers)
    except OSError as error:
        fail(f"{package}: It cannot be read ({(error.strerror or 'error').lower()}).")
    except ContentError as error:
        fail(f"{error}\nNothing was written.")
    for remark in read.remarks:
        click.echo(
            f"warning: note {remark.note}: {remark.what}" if remark.note else f"warning: {remark.what}", err=True
        )
    if read.left_out:
        click.echo(f"warning: … and {read.left_out} more.", err=True)
    if outcome.impossible:
        click.echo(
            f"warning: {outcome.impossible} answers have a date or a button that cannot be, and stay out.", err=True
        )
    for deck in outcome.decks:
        counts = ", ".join(f"{count} {what}" for what, count in deck.counts.items())
        click.echo(f"{deck.slug or '(new)'}  “{deck.title}”: {counts}")
    click.echo(f"{outcome.answers} answers; {outcome.seeds} cards keep the due day and ease that Anki gave them.")
    if dry_run:
        click.echo("Nothing was written (--dry-run).")


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
