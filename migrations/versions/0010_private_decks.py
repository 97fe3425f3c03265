"""private decks

Revision: 0010, after 0009.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward."""
    _visibilities("'public', 'members', 'group', 'private'")


def downgrade() -> None:
    """Back. Private decks become those of a group, which only editors see."""
    op.execute("UPDATE deck SET visibility = 'group' WHERE visibility = 'private'")
    _visibilities("'public', 'members', 'group'")


def _visibilities(words: str) -> None:
    with op.batch_alter_table("deck") as deck:
        deck.drop_constraint(op.f("ck_deck_visibility"), type_="check")
        deck.create_check_constraint(op.f("ck_deck_visibility"), f"visibility IN ({words})")
