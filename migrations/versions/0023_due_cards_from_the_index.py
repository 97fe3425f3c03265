"""due cards from the index

Revision: 0023, after 0022.

The index by which due cards are found has the day of a repeat, too: whether a card waits to be repeated was looked up in
the row of each due one, with every answer.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NARROW = "ix_card_state_user_id_due_card_id"
WIDE = "ix_card_state_user_id_due_card_id_repeat_day"
COLUMNS = ["user_id", "due", "card_id"]


def upgrade() -> None:
    """Forward: the wider index takes the place of the other one."""
    op.create_index(WIDE, "card_state", [*COLUMNS, "repeat_day"])
    op.drop_index(NARROW, "card_state")


def downgrade() -> None:
    """Back."""
    op.create_index(NARROW, "card_state", COLUMNS)
    op.drop_index(WIDE, "card_state")
