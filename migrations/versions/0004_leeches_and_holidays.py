"""leeches and holidays

Revision: 0004, after 0003.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward."""
    op.add_column("user", sa.Column("suspend_leeches", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "rest",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_rest_days")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_rest_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "first", name=op.f("pk_rest")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("rest")
    op.drop_column("user", "suspend_leeches")
