"""archives that learners take with them

Revision: 0012, after 0011.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "takeout",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("export", "import", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column(
            "plan",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("size >= 0", name=op.f("ck_takeout_size")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_takeout_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeout")),
        sa.UniqueConstraint("guid", name=op.f("uq_takeout_guid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_takeout_user_id"), "takeout", ["user_id"])
    op.create_index(op.f("ix_takeout_expires_at"), "takeout", ["expires_at"])
    op.create_table(
        "takeout_part",
        sa.Column("takeout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["takeout_id"], ["takeout.id"], name=op.f("fk_takeout_part_takeout_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("takeout_id", "number", name=op.f("pk_takeout_part")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("takeout_part")
    op.drop_table("takeout")
