"""how sessions were opened

Revision: 0014, after 0013.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward."""
    op.add_column("login_session", sa.Column("how", sa.String(length=16), server_default="", nullable=False))


def downgrade() -> None:
    """Back."""
    op.drop_column("login_session", "how")
