"""sums of each deck

Revision: 0019, after 0018.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERS = (
    "cards",
    *(f"grade_{grade}" for grade in range(6)),
    "elapsed",
    "timed",
    "young_passed",
    "young",
    "mature_passed",
    "mature",
    "learned",
)


def upgrade() -> None:
    """Forward: empty tables. Until they are filled, which the portal does by itself, the log is read instead."""
    op.create_table(
        "deck_hour",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("deck_id", ID, autoincrement=False, nullable=False),
        sa.Column("study_day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.BigInteger() if name == "elapsed" else sa.Integer(), server_default="0", nullable=False)
            for name in NUMBERS
        ),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_deck_hour_hour")),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_deck_hour_deck_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_deck_hour_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "deck_id", "study_day", "hour", name=op.f("pk_deck_hour")),
    )
    op.create_index(op.f("ix_deck_hour_deck_id"), "deck_hour", ["deck_id"])
    op.create_table(
        "deck_studied",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("deck_id", ID, autoincrement=False, nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_deck_studied_deck_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_deck_studied_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "deck_id", name=op.f("pk_deck_studied")),
    )
    op.create_index(op.f("ix_deck_studied_deck_id"), "deck_studied", ["deck_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("deck_studied")
    op.drop_table("deck_hour")
