"""`reprise content …`: Markdown in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli import common
from app.cli.common import fail, writing_session
from app.cli.deciding import confirm, export, imports, pending, resolve, undo
from app.cli.preview import preview
from app.cli.sources import add_source, list_sources, remove_source, sync

if TYPE_CHECKING:
    from app.library.files import Batch, Reader
    from app.library.importing import ImportResult


@click.group()
def content() -> None:
    """Decks: import, list, preview, decide, export."""


@content.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--deck", "slug", default="", metavar="SLUG", help="The deck a file goes to; made if there is none.")
@click.option("--dialect", default="", help="Read the files this way; else the best reading is found.")
@click.option("--dry-run", is_flag=True, help="Print what would change; write nothing.")
@click.option("--yes", is_flag=True, help="Apply without asking.")
def import_(paths: tuple[Path, ...], slug: str, dialect: str, dry_run: bool, yes: bool) -> None:
    """Bring files or folders of questions into decks, or bring decks up to date with them.

    Nobody loses progress: questions are found again when they were reworded or moved, what is gone is archived, and an
    edit made in the portal stays. Without --yes it asks first where it is run on a terminal.
    """
    from app.content.document import ContentError
    from app.library.files import Reader, gather
    from app.library.slugs import is_slug

    if dry_run and yes:
        raise click.UsageError("--dry-run and --yes exclude each other.")
    if slug and not is_slug(slug):
        raise click.UsageError(f"“{slug}” is no slug: use lower-case letters, digits and hyphens.")
    try:
        batches = gather(paths, slug=slug, dialect=dialect)
        with Reader() as reader:
            if dry_run:
                _show_plan(batches, reader)
                click.echo("Nothing was written (--dry-run).")
            elif yes or not common.on_a_terminal():
                _report(_apply(batches, reader, ""))
            else:
                _ask_and_apply(batches, reader)
    except ContentError as error:
        fail(f"{error}\nNothing was written.")


def _show_plan(batches: tuple[Batch, ...], reader: Reader) -> ImportResult:
    from app.cli import plans
    from app.library.importing import preview_batches

    with writing_session() as session:
        result = preview_batches(session, batches=batches, reader=reader)
    plans.warn(result.warnings)
    plans.show(result.decks)
    return result


def _ask_and_apply(batches: tuple[Batch, ...], reader: Reader) -> None:
    from app.library.importing import StalePlan

    while True:
        planned = _show_plan(batches, reader)
        if not planned.changed:
            click.echo("Nothing to import: all is as it was.")
            return
        if not click.confirm("Apply this?"):
            fail("Nothing was written.")
        try:
            result = _apply(batches, reader, planned.mark)
        except StalePlan:
            click.echo("The decks were changed meanwhile. This is the new plan:")
            continue
        _conclude(result)
        return


def _apply(batches: tuple[Batch, ...], reader: Reader, expected: str) -> ImportResult:
    from app.library.importing import import_batches
    from app.web import clock

    with writing_session() as session:
        result = import_batches(session, batches=batches, now=clock.now(), expected=expected, reader=reader)
        if result.changed:
            slugs = ", ".join(deck.slug for deck in result.decks if deck.changed)
            common.note(session, "content.import", thing="import", guid=result.guid, label=slugs)
        return result


def _report(result: ImportResult) -> None:
    from app.cli import plans

    plans.warn(result.warnings)
    plans.show(result.decks)
    _conclude(result)


def _conclude(result: ImportResult) -> None:
    from app.cli import plans

    if not result.changed:
        click.echo("Nothing to import: all is as it was.")
        return
    click.echo(f"Imported: {plans.summary(result.decks) or 'the documents; no card changed'}.")
    if any(deck.pending or deck.conflicts for deck in result.decks):
        click.echo("`reprise content pending` lists what is left to decide.")
    click.echo(f"`reprise content undo {result.guid}` takes it back.")


@content.command()
@click.argument("deck")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def cards(deck: str, as_json: bool) -> None:
    """List the cards of DECK, archived ones too, in their order."""
    from app.cli.plans import in_one_line
    from app.library.listing import deck_listing

    with writing_session() as session:
        listing = deck_listing(session, deck)
    if listing is None:
        fail(f"There is no deck “{deck}”. `reprise content decks` lists all.")
    if as_json:
        shown = [
            {"id": card.guid, "question": card.question, "line": card.line, "archived": card.archived}
            for card in listing.cards
        ]
        click.echo(json.dumps({"cards": shown, "pending": listing.pending}, ensure_ascii=False, indent=2))
        return
    for number, card in enumerate(listing.cards, 1):
        state = " (archived)" if card.archived else ""
        click.echo(f"{number:>5}  {card.guid}  {in_one_line(card.question, 80)}{state}")
    if listing.pending:
        click.echo(f"{listing.pending} to confirm: `reprise content pending {deck}` lists them.")


@content.command()
def decks() -> None:
    """List all decks."""
    from app.library.listing import all_decks

    with writing_session() as session:
        rows = all_decks(session)
    for row in rows:
        click.echo(f"{row.slug}  {row.cards} cards  “{row.title}”{' (archived)' if row.archived else ''}")
    if not rows:
        click.echo("There is no deck yet. `reprise content import PATH` brings some in.")


for command in (
    pending,
    confirm,
    resolve,
    undo,
    imports,
    export,
    preview,
    add_source,
    sync,
    list_sources,
    remove_source,
):
    content.add_command(command)
