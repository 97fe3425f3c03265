"""instants as all others

Revision: 0022, after 0021.

On SQLite what answers wrote was “2026-01-02 03:04:05.000006+00:00”, and without a fraction “2026-01-02 03:04:05+00:00”, where
everything else writes “2026-01-02 03:04:05.000006”. They compare as texts there, so the same instants were not equal.

What the release before writes beside this one, while a portal is replaced, stays as it is: both read it.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WITH_OFFSET = "? LIKE '%+00:00'"
WITHOUT = "substr(substr(?, 1, length(?) - 6) || '.000000', 1, 26)"
INSTANTS = {"event": ("answered_at", "received_at"), "card_state": ("repeat_from",)}


def upgrade() -> None:
    """Forward: instants that answers wrote are written as all others are."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, columns in INSTANTS.items():
        mended = ", ".join(
            f"{name} = CASE WHEN {WITH_OFFSET} THEN {WITHOUT} ELSE {name} END".replace("?", name) for name in columns
        )
        some = " OR ".join(WITH_OFFSET.replace("?", name) for name in columns)
        op.execute(f"UPDATE {table} SET {mended} WHERE {some}")  # noqa: S608  # our own names


def downgrade() -> None:
    """Back: they were read as well."""
