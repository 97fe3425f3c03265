"""instants as all others

Revision: 0022, after 0021.

On SQLite what answers wrote was “2026-01-02 03:04:05.000006+00:00”, and without a fraction “2026-01-02 03:04:05+00:00”, where
everything else writes “2026-01-02 03:04:05.000006”. They compare as texts there, so the same instants were not equal.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANTS = {"event": ("answered_at", "received_at"), "card_state": ("repeat_from",)}


def upgrade() -> None:
    """Forward: instants that answers wrote are written as all others are."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, columns in INSTANTS.items():
        for column in columns:
            op.execute(
                f"UPDATE {table} SET {column} = substr(substr({column}, 1, length({column}) - 6) || '.000000', 1, 26) "  # noqa: S608
                f"WHERE {column} LIKE '%+00:00'"
            )


def downgrade() -> None:
    """Back: they were read as well."""
