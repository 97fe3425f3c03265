"""notes of learners on cards

Revision: 0015, after 0014.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "note",
        sa.Column("user_id", _BIG, nullable=False),
        sa.Column("card_id", _BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_html", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_note_text")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_note_card_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_note_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "card_id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_card_id"), "note", ["card_id"])


def downgrade() -> None:
    """Back. Notes are lost."""
    op.drop_table("note")
