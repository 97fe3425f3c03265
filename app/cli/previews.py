"""What was read in a document, as JSON and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.cli.plans import in_one_line, warn

if TYPE_CHECKING:
    from app.content.document import Card, Deck


def as_values(deck: Deck) -> dict[str, Any]:
    """A deck as JSON tells it; question and answer are Markdown."""
    return {
        "title": deck.title,
        "dialect": deck.dialect,
        "cards": [_card(card) for card in deck.cards],
        "warnings": [
            {"file": one.file, "line": one.line, "message": one.message, "remedy": one.remedy} for one in deck.warnings
        ],
    }


def as_table(deck: Deck) -> None:
    """Print a deck: its reading, its rivals, its questions, and what deserves a look."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drafts = sum(card.draft for card in deck.cards)
    table = Table(
        title=escape(deck.title), caption=f"{deck.file}: {len(deck.cards)} questions, {drafts} of them drafts"
    )
    for name in ("Line", "Question", "Section", "Tags", "Kind", "Status"):
        table.add_column(name, justify="right" if name == "Line" else "left")
    for card in deck.cards:
        section, tags = " › ".join(card.section), ", ".join(card.tags)
        table.add_row(
            str(card.line),
            escape(in_one_line(card.question)),
            escape(section),
            escape(tags),
            card.kind.value,
            card.status,
        )
    Console().print(table)
    rivals = ", ".join(f"{name} ({count})" for name, count in deck.readings)
    click.echo(f"Read as {deck.dialect}. Readings: {rivals}")
    warn(deck.warnings, shown=None)


def _card(card: Card) -> dict[str, Any]:
    found: dict[str, Any] = {
        "question": card.question,
        "answer": card.answer,
        "section": list(card.section),
        "tags": list(card.tags),
        "kind": card.kind.value,
        "status": card.status,
        "line": card.line,
    }
    if card.options:
        found["options"] = [{"key": option.key, "text": option.text, "right": option.right} for option in card.options]
    return found
