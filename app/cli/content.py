"""`reprise content …`: Markdown in and out."""

from __future__ import annotations

import click


@click.group()
def content() -> None:
    """Decks: import, list, preview."""
