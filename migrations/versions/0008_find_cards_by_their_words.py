"""find cards by their words

Revision: 0008, after 0007. The index itself is made by `app.db.search_index` after the migrations.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward."""
    op.add_column("card", sa.Column("search_title", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Back."""
    of_card = " ON card" if op.get_bind().dialect.name == "postgresql" else ""
    for name in ("card_search_insert", "card_search_delete", "card_search_update"):
        op.execute(f"DROP TRIGGER IF EXISTS {name}{of_card}")
    op.execute("DROP TABLE IF EXISTS card_search")
    if of_card:
        op.execute("DROP FUNCTION IF EXISTS card_search_keep, card_search_words, card_search_terms")
    op.drop_column("card", "search_title")
