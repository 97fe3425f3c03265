"""goals of a day

Revision: 0017, after 0016.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GOALS = {"goal_cards": 9999, "goal_minutes": 999}


def upgrade() -> None:
    """Forward. Written out: with its CHECK a column is added in place on SQLite too, and nothing is copied."""
    for name, most in GOALS.items():
        check = f"CONSTRAINT ck_user_{name} CHECK ({name} BETWEEN 1 AND {most})"
        op.execute(f'ALTER TABLE "user" ADD COLUMN {name} INTEGER {check}')


def downgrade() -> None:
    """Back."""
    for name in GOALS:
        op.drop_column("user", name)
