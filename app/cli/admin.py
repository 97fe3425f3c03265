"""`reprise admin …`: who administers this portal."""

from __future__ import annotations

import click


@click.group()
def admin() -> None:
    """Administrators."""
