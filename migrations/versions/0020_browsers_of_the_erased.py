"""browsers of the erased

Revision: 0020, after 0019.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEPT = ("id", "at", "action", "area", "role", "thing", "guid", "label")
UNNAMED = "(NEW.user_id IS NULL OR NEW.user_id = OLD.user_id) AND (NEW.subject_id IS NULL OR NEW.subject_id = OLD.subject_id) AND (NEW.address = '' OR NEW.address = OLD.address)"
REFUSE = "SELECT RAISE(ABORT, 'audit rows are only added');"
FORGET = {
    "postgresql": """UPDATE audit SET detail = detail - 'agent'
        WHERE user_id IN (SELECT id FROM "user" WHERE erased_at IS NOT NULL)""",
    "sqlite": """UPDATE audit SET detail = json_remove(detail, '$.agent')
        WHERE user_id IN (SELECT id FROM "user" WHERE erased_at IS NOT NULL)""",
}


def upgrade() -> None:
    """Forward: what the browser called itself may leave a row, too, and leaves those of whoever is erased already."""
    if op.get_bind().dialect.name == "postgresql":
        _postgresql("NEW.detail IS DISTINCT FROM OLD.detail AND NEW.detail IS DISTINCT FROM OLD.detail - 'agent'")
    else:
        _sqlite("NEW.detail IS NOT OLD.detail AND json(NEW.detail) IS NOT json_remove(OLD.detail, '$.agent')")
    op.execute(FORGET[op.get_bind().dialect.name])


def downgrade() -> None:
    """Back."""
    if op.get_bind().dialect.name == "postgresql":
        _postgresql("NEW.detail IS DISTINCT FROM OLD.detail")
    else:
        _sqlite("NEW.detail IS NOT OLD.detail")


def _sqlite(more: str) -> None:
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)
    op.execute("DROP TRIGGER audit_unchanged")
    op.execute(
        f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit WHEN {changed} OR ({more}) OR NOT coalesce({UNNAMED}, 0) BEGIN {REFUSE} END"
    )


def _postgresql(more: str) -> None:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
    op.execute("DROP TRIGGER audit_unchanged ON audit")
    op.execute(
        f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit FOR EACH ROW WHEN ({changed} OR ({more}) OR NOT coalesce({UNNAMED}, false)) EXECUTE FUNCTION audit_refuse()"
    )
