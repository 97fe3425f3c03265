"""undone practice

Revision: 0021, after 0020.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward: what is taken back stays, so that it can be put back."""
    op.add_column("practice_answer", sa.Column("undone_before", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Back: there, what is taken back is gone."""
    op.execute("DELETE FROM practice_answer WHERE undone_before IS NOT NULL")
    op.drop_column("practice_answer", "undone_before")
