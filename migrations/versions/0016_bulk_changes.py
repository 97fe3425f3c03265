"""changes of many cards at once

Revision: 0016, after 0015.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_ACTIONS = ("tagged", "untagged", "moved", "archived", "restored")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "bulk_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column(
            "action",
            sa.Enum(*_ACTIONS, name="action", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", _JSON, nullable=False),
        sa.Column("before", _JSON, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_bulk_change_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_change")),
        sa.UniqueConstraint("guid", name=op.f("uq_bulk_change_guid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_bulk_change_user_id"), "bulk_change", ["user_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("bulk_change")
