"""`reprise content preview`: how files will be read, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import fail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from app.content.document import Card, Deck, Warning
    from app.library.files import Batch

MAX_CELL = 200
COLUMNS = ("Line", "Section", "Question", "Answer", "Kind", "Status", "Tags")
WIDE = {"Section": 2, "Question": 4, "Answer": 4}


def _known(_: click.Context, __: click.Parameter, value: str) -> str:
    from app.content.parsing import dialects

    if value and value not in dialects():
        raise click.BadParameter(f"there is no dialect “{value}”. Choose one of: {', '.join(dialects())}.")
    return value


@click.command("preview")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: an object for a file, a list under “decks” for a folder."
)
@click.option("--dialect", default="", callback=_known, help="Read it this way; else the best reading is found.")
def preview(path: Path, as_json: bool, dialect: str) -> None:
    """Show the cards in a file or folder as they will look, with what deserves a look. Writes nothing."""
    from app.content.document import ContentError
    from app.library.files import Reader, gather

    try:
        (batch,) = gather([path], dialect=dialect)
        documents, warnings = Reader().batch(batch)
    except ContentError as error:
        fail(str(error))
    decks = [document.deck for document in documents]
    if as_json:
        click.echo(json.dumps(_data(batch, decks, warnings), ensure_ascii=False, indent=2))
    else:
        _show(decks, warnings)


def _data(batch: Batch, decks: list[Deck], warnings: Iterable[Warning]) -> dict[str, object]:
    from app.content.parsing.preview import deck_data, warning_data

    if not batch.folder:
        return deck_data(decks[0])
    of_decks = {id(warning) for deck in decks for warning in deck.warnings}
    others = [warning for warning in warnings if id(warning) not in of_decks]
    return {
        "decks": [{"file": deck.file, **deck_data(deck)} for deck in decks],
        "warnings": warning_data(others),
    }


def _show(decks: list[Deck], warnings: Iterable[Warning]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    for deck in decks:
        _show_deck(console, deck)
    found = list(warnings)
    for warning in found:
        console.print(f"[yellow]{escape(warning.file)}:{warning.line}[/yellow]", end=" ")
        console.print(f"{warning.message} {warning.remedy}", markup=False)
    count = sum(len(deck.cards) for deck in decks)
    console.print(f"{count} cards, {len(found)} warnings. Nothing was written.")


def _show_deck(console: Console, deck: Deck) -> None:
    from rich.markup import escape
    from rich.table import Table

    others = ", ".join(f"{name} ({cards})" for name, cards in deck.readings if name != deck.dialect)
    console.print(f"[bold]{escape(deck.title)}[/bold]  {escape(deck.file)}")
    console.print(f"Read as {deck.dialect}{f'; other readings: {others}' if others else ''}")
    rows = [_row(card) for card in deck.cards]
    told = [index for index in range(len(COLUMNS)) if any(row[index] for row in rows)]
    table = Table(expand=True)
    for index in told:
        name = COLUMNS[index]
        table.add_column(name, no_wrap=True, ratio=WIDE.get(name), justify="right" if name == "Line" else "left")
    for card, row in zip(deck.cards, rows, strict=True):
        table.add_row(*(escape(row[index]) for index in told), style="dim" if card.draft else None)
    console.print(table)


def _row(card: Card) -> tuple[str, ...]:
    """The cells of a card; a column that is empty all the way down is not shown."""
    kind = card.kind.value if card.options or card.kind.value != "basic" else ""
    texts = map(_short, (" › ".join(card.section), card.question, card.answer))
    return (str(card.line), *texts, kind, card.status, ", ".join(card.tags))


def _short(markdown: str) -> str:
    from app.content.parsing.titles import plain

    line = plain(markdown)
    return line if len(line) <= MAX_CELL else line[: MAX_CELL - 1].rstrip() + "…"
