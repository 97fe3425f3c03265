"""suggestions of learners

Revision: 0013, after 0012.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = ("waiting", "accepted", "settled", "declined", "withdrawn")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "suggestion",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("card_id", _BIG, nullable=False),
        sa.Column("user_id", _BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("credited", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", _BIG, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("accepted_version", sa.Integer(), nullable=True),
        sa.Column("amended", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(question IS NULL) = (answer IS NULL)", name=op.f("ck_suggestion_whole_text")),
        sa.CheckConstraint("question IS NOT NULL OR remark <> ''", name=op.f("ck_suggestion_says_something")),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_suggestion_decided_at")),
        sa.CheckConstraint(
            "accepted_version IS NULL OR state = 'accepted'", name=op.f("ck_suggestion_accepted_version")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_suggestion_card_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_suggestion_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_suggestion_decided_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
        sa.UniqueConstraint("guid", name=op.f("uq_suggestion_guid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_suggestion_user_id_sent_at"), "suggestion", ["user_id", "sent_at"])
    op.create_index(op.f("ix_suggestion_card_id_accepted_version"), "suggestion", ["card_id", "accepted_version"])
    op.create_index(op.f("ix_suggestion_state_id"), "suggestion", ["state", "id"])


def downgrade() -> None:
    """Back. What was suggested is lost; what was accepted stands in the cards."""
    op.drop_table("suggestion")
