"""an audit log

Revision: 0002, after 0001.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEPT = ("id", "at", "action", "area", "role", "thing", "guid", "label", "detail")
"""Columns that nothing changes. Those naming people may lose the name, and the address may be emptied, no more."""
UNNAMED = "(NEW.user_id IS NULL OR NEW.user_id = OLD.user_id) AND (NEW.subject_id IS NULL OR NEW.subject_id = OLD.subject_id) AND (NEW.address = '' OR NEW.address = OLD.address)"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column(
            "area",
            sa.Enum(
                "content",
                "people",
                "account",
                "system",
                name="area",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("thing", sa.String(length=16), nullable=False),
        sa.Column("guid", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column(
            "detail",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["user.id"], name=op.f("fk_audit_subject_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_audit_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    for columns in (["area", "id"], ["subject_id", "id"], ["user_id", "id"]):
        op.create_index(op.f(f"ix_audit_{'_'.join(columns)}"), "audit", columns)
    for statement in _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def _sqlite() -> list[str]:
    refuse = "SELECT RAISE(ABORT, 'audit rows are only added');"
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)
    return [
        f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit WHEN {changed} OR NOT coalesce({UNNAMED}, 0) BEGIN {refuse} END",
        f"CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN {refuse} END",
    ]


def _postgresql() -> list[str]:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
    return [
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit rows are only added'; END $$",
        f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit FOR EACH ROW WHEN ({changed} OR NOT coalesce({UNNAMED}, false)) EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_kept BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    ]


def downgrade() -> None:
    """Back."""
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")
