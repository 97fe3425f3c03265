"""the first schema

Revision: 0001, after .
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "collection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("guid", name=op.f("uq_collection_guid")),
        sa.UniqueConstraint("slug", name=op.f("uq_collection_slug")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_media_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("sha256", name=op.f("uq_media_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "portal",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "registration",
            sa.Enum(
                "open", "invited", "closed", name="registration", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_portal_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal")),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
    )
    op.create_table(
        "scheduler",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column(
            "parameters",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduler")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "setup_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_setup_link_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sign_in_counter",
        sa.Column(
            "kind",
            sa.Enum(
                "account",
                "address",
                "pair",
                "register",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_sign_in_counter_failures")),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("pk_sign_in_counter")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rollover_hour", sa.SmallInteger(), nullable=False),
        sa.Column("new_per_day", sa.Integer(), nullable=False),
        sa.Column("reviews_per_day", sa.Integer(), nullable=False),
        sa.Column("extra_on", sa.Date(), nullable=True),
        sa.Column("extra_new", sa.Integer(), nullable=False),
        sa.Column("extra_reviews", sa.Integer(), nullable=False),
        sa.Column("no_new_before", sa.Date(), nullable=True),
        sa.Column(
            "new_order",
            sa.Enum("mixed", "first", "last", name="new_order", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "review_order",
            sa.Enum(
                "overdue",
                "random",
                "relative",
                name="review_order",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("learning_steps", sa.String(length=64), nullable=False),
        sa.Column("balance", sa.Boolean(), nullable=False),
        sa.Column("easy_days", sa.String(length=7), nullable=False),
        sa.Column("holiday_from", sa.Date(), nullable=True),
        sa.Column("holiday_to", sa.Date(), nullable=True),
        sa.Column(
            "grade_scale",
            sa.Enum("four", "six", name="grade_scale", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("type_answer", sa.Boolean(), nullable=False),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column(
            "keys",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("swipes", sa.Boolean(), nullable=False),
        sa.Column(
            "theme",
            sa.Enum("system", "light", "dark", name="theme", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "reading_size",
            sa.Enum(
                "small",
                "normal",
                "large",
                "largest",
                name="reading_size",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "measure",
            sa.Enum("narrow", "normal", "wide", name="measure", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.CheckConstraint("new_per_day BETWEEN 0 AND 999", name=op.f("ck_user_new_per_day")),
        sa.CheckConstraint("reviews_per_day BETWEEN 0 AND 9999", name=op.f("ck_user_reviews_per_day")),
        sa.CheckConstraint("rollover_hour BETWEEN 0 AND 23", name=op.f("ck_user_rollover_hour")),
        sa.CheckConstraint("length(easy_days) = 7", name=op.f("ck_user_easy_days")),
        sa.CheckConstraint("(holiday_from IS NULL) = (holiday_to IS NULL)", name=op.f("ck_user_holiday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_user_fs_uniquifier")),
        sa.UniqueConstraint("guid", name=op.f("uq_user_guid")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deck",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "public", "members", "group", name="visibility", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_deck_version")),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_deck_collection_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_deck_owner_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deck")),
        sa.UniqueConstraint("guid", name=op.f("uq_deck_guid")),
        sa.UniqueConstraint("slug", name=op.f("uq_deck_slug")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("deck", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deck_collection_id"), ["collection_id"], unique=False)

    op.create_table(
        "import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=400), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column(
            "before",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_import_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        sa.UniqueConstraint("guid", name=op.f("uq_import_guid")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "payload",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column(
            "result",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=True,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_job_lease_while_running")),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("ck_job_progress")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_job_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("guid", name=op.f("uq_job_guid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_state_id"), ["state", "id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_login_session_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("guid", name=op.f("uq_login_session_guid")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("branch", sa.String(length=200), nullable=False),
        sa.Column("glob", sa.String(length=200), nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("commit", sa.String(length=64), nullable=False),
        sa.Column("commit_title", sa.String(length=200), nullable=False),
        sa.Column("guarded", sa.Boolean(), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=True,
        ),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_source_collection_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_source_created_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("guid", name=op.f("uq_source_guid")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("filename", sa.String(length=400), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("dialect", sa.String(length=64), nullable=False),
        sa.Column("deck_slug", sa.String(length=100), nullable=False),
        sa.Column(
            "summary",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_upload_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("guid", name=op.f("uq_upload_guid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_role",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_user_role_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_role_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_role")),
    )
    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("deck_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "section",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum("basic", "choice", "cloze", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column(
            "tags",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column(
            "options",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "archived_reason",
            sa.Enum("source", "editor", name="archived_reason", native_enum=False, create_constraint=True, length=24),
            nullable=True,
        ),
        sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("base_question", sa.Text(), nullable=True),
        sa.Column("base_answer", sa.Text(), nullable=True),
        sa.Column(
            "base_section",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=True,
        ),
        sa.Column(
            "base_tags",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=True,
        ),
        sa.Column(
            "base_options",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=True,
        ),
        sa.Column("source_line", sa.Integer(), nullable=True),
        sa.Column("question_html", sa.Text(), nullable=False),
        sa.Column("answer_html", sa.Text(), nullable=False),
        sa.Column(
            "options_html",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("question_text", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(archived_at IS NULL) = (archived_reason IS NULL)", name=op.f("ck_card_archived_has_reason")
        ),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_card_not_merged_into_itself")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_card_version")),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_card_deck_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["card.id"], name=op.f("fk_card_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("guid", name=op.f("uq_card_guid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_deck_id_position"), ["deck_id", "position"], unique=False)
        batch_op.create_index(batch_op.f("ix_card_merged_into_id"), ["merged_into_id"], unique=False)

    op.create_table(
        "deck_choice",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deck_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_per_day", sa.Integer(), nullable=True),
        sa.Column("reviews_per_day", sa.Integer(), nullable=True),
        sa.Column("new_from", sa.Integer(), nullable=False),
        sa.Column("new_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("new_per_day BETWEEN 0 AND 999", name=op.f("ck_deck_choice_new_per_day")),
        sa.CheckConstraint("reviews_per_day BETWEEN 0 AND 9999", name=op.f("ck_deck_choice_reviews_per_day")),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_deck_choice_deck_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_deck_choice_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "deck_id", name=op.f("pk_deck_choice")),
    )
    with op.batch_alter_table("deck_choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deck_choice_deck_id"), ["deck_id"], unique=False)

    op.create_table(
        "deck_media",
        sa.Column("deck_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("media_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_deck_media_deck_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_deck_media_media_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("deck_id", "path", name=op.f("pk_deck_media")),
    )
    with op.batch_alter_table("deck_media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deck_media_media_id"), ["media_id"], unique=False)

    op.create_table(
        "deck_revision",
        sa.Column("deck_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "fields",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_deck_revision_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_deck_revision_deck_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("deck_id", "number", name=op.f("pk_deck_revision")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deck_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("filename", sa.String(length=400), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("dialect", sa.String(length=64), nullable=False),
        sa.Column(
            "said",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_document_deck_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_deck_id"), ["deck_id"], unique=True)

    op.create_table(
        "card_revision",
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "created",
                "edited",
                "imported",
                "archived",
                "restored",
                "moved",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column(
            "section",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column(
            "tags",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column(
            "options",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_card_revision_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_revision_card_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id", "number", name=op.f("pk_card_revision")),
    )
    op.create_table(
        "card_mark",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("buried_on", sa.Date(), nullable=True),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_mark_card_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_card_mark_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "card_id", name=op.f("pk_card_mark")),
    )
    with op.batch_alter_table("card_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_mark_card_id"), ["card_id"], unique=False)

    op.create_table(
        "card_state",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scheduler_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("ease", sa.Integer(), nullable=False),
        sa.Column("repetitions", sa.Integer(), nullable=False),
        sa.Column("interval", sa.BigInteger(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("last_study_day", sa.Date(), nullable=True),
        sa.Column("repeat_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repeat_step", sa.SmallInteger(), nullable=True),
        sa.Column("repeat_day", sa.Date(), nullable=True),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.CheckConstraint("(repeat_from IS NULL) = (repeat_day IS NULL)", name=op.f("ck_card_state_repeat")),
        sa.CheckConstraint("ease >= 130", name=op.f("ck_card_state_ease")),
        sa.CheckConstraint("interval >= 0", name=op.f("ck_card_state_interval")),
        sa.CheckConstraint("lapses >= 0", name=op.f("ck_card_state_lapses")),
        sa.CheckConstraint("repetitions >= 0", name=op.f("ck_card_state_repetitions")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_card_state_version")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_state_card_id")),
        sa.ForeignKeyConstraint(["scheduler_id"], ["scheduler.id"], name=op.f("fk_card_state_scheduler_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_card_state_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "card_id", name=op.f("pk_card_state")),
    )
    with op.batch_alter_table("card_state", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_state_card_id"), ["card_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_card_state_user_id_due_card_id"), ["user_id", "due", "card_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_card_state_user_id_repeat_day"), ["user_id", "repeat_day"], unique=False)

    op.create_table(
        "event",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "review",
                "void",
                "reschedule",
                "seed",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("grade", sa.SmallInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rollover_hour", sa.SmallInteger(), nullable=False),
        sa.Column("study_day", sa.Date(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        sa.Column("chosen_due", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("seed_ease", sa.Integer(), nullable=True),
        sa.Column("seed_repetitions", sa.Integer(), nullable=True),
        sa.Column("seed_interval", sa.BigInteger(), nullable=True),
        sa.Column("seed_due", sa.Date(), nullable=True),
        sa.Column("seed_lapses", sa.Integer(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("lapse", sa.Boolean(), nullable=False),
        sa.Column("was_due", sa.Boolean(), nullable=False),
        sa.Column("interval_before", sa.BigInteger(), nullable=True),
        sa.Column("interval_after", sa.BigInteger(), nullable=True),
        sa.Column("ease_before", sa.Integer(), nullable=True),
        sa.Column("ease_after", sa.Integer(), nullable=True),
        sa.Column("repetitions_before", sa.Integer(), nullable=True),
        sa.Column("due_after", sa.Date(), nullable=True),
        sa.CheckConstraint("(kind = 'review') = (grade IS NOT NULL)", name=op.f("ck_event_grade_of_review")),
        sa.CheckConstraint("(kind = 'void') = (target_id IS NOT NULL)", name=op.f("ck_event_target_of_void")),
        sa.CheckConstraint("kind <> 'reschedule' OR chosen_due IS NOT NULL", name=op.f("ck_event_due_of_reschedule")),
        sa.CheckConstraint("elapsed_ms >= 0", name=op.f("ck_event_elapsed")),
        sa.CheckConstraint("grade BETWEEN 0 AND 5", name=op.f("ck_event_grade")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_event_card_id")),
        sa.ForeignKeyConstraint(["user_id", "target_id"], ["event.user_id", "event.id"], name="fk_event_target"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_event_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_event")),
        sa.UniqueConstraint("user_id", "idempotency_key", name=op.f("uq_event_user_id_idempotency_key")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_card_id"), ["card_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_event_user_id_card_id_answered_at_id"),
            ["user_id", "card_id", "answered_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_event_user_id_study_day_counted_card_id_interval_before"),
            ["user_id", "study_day", "counted", "card_id", "interval_before"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_event_user_id_target_id"),
            ["user_id", "target_id"],
            unique=False,
            sqlite_where=sa.text("target_id IS NOT NULL"),
            postgresql_where=sa.text("target_id IS NOT NULL"),
        )

    op.create_table(
        "import_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("match", "conflict", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("deck_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column(
            "theirs",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "same",
                "different",
                "ours",
                "theirs",
                "merged",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(kind = 'match') = (old_card_id IS NOT NULL)", name=op.f("ck_import_question_match_names_two")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name=op.f("ck_import_question_decided")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_import_question_card_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_import_question_decided_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["deck_id"], ["deck.id"], name=op.f("fk_import_question_deck_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_import_question_import_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["old_card_id"], ["card.id"], name=op.f("fk_import_question_old_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_question")),
        sa.UniqueConstraint("guid", name=op.f("uq_import_question_guid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("import_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_question_card_id"), ["card_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_question_import_id"), ["import_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_question_old_card_id"), ["old_card_id"], unique=False)

    op.create_table(
        "practice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "tag",
                "forgotten",
                "ahead",
                "quiz",
                name="practice_mode",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column(
            "cards",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_practice_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("guid", name=op.f("uq_practice_guid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("practice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_practice_user_id"), ["user_id"], unique=False)

    op.create_table(
        "practice_answer",
        sa.Column("practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("grade BETWEEN 0 AND 5", name=op.f("ck_practice_answer_grade")),
        sa.CheckConstraint("elapsed_ms >= 0", name=op.f("ck_practice_answer_elapsed")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_practice_answer_card_id")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_practice_answer_practice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("practice_id", "number", name=op.f("pk_practice_answer")),
        sa.UniqueConstraint(
            "practice_id", "idempotency_key", name=op.f("uq_practice_answer_practice_id_idempotency_key")
        ),
    )
    with op.batch_alter_table("practice_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_practice_answer_card_id"), ["card_id"], unique=False)

    _first_rows()


def _first_rows() -> None:
    op.bulk_insert(
        sa.table("role", sa.column("id", sa.BigInteger()), sa.column("name", sa.String())),
        [{"id": 1, "name": "learner"}, {"id": 2, "name": "editor"}, {"id": 3, "name": "admin"}],
    )
    op.bulk_insert(
        sa.table(
            "portal",
            sa.column("id", sa.Integer()),
            sa.column("name", sa.String()),
            sa.column("registration", sa.String()),
        ),
        [{"id": 1, "name": "Reprise", "registration": "open"}],
    )
    scheduler = sa.table(
        "scheduler",
        sa.column("name", sa.String()),
        sa.column("parameters", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    op.execute(scheduler.insert().values(name="sm2", parameters={}, created_at=sa.func.current_timestamp()))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("practice_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_practice_answer_card_id"))

    op.drop_table("practice_answer")
    with op.batch_alter_table("practice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_practice_user_id"))

    op.drop_table("practice")
    with op.batch_alter_table("import_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_question_old_card_id"))
        batch_op.drop_index(batch_op.f("ix_import_question_import_id"))
        batch_op.drop_index(batch_op.f("ix_import_question_card_id"))

    op.drop_table("import_question")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_user_id_target_id"))
        batch_op.drop_index(batch_op.f("ix_event_user_id_study_day_counted_card_id_interval_before"))
        batch_op.drop_index(batch_op.f("ix_event_user_id_card_id_answered_at_id"))
        batch_op.drop_index(batch_op.f("ix_event_card_id"))

    op.drop_table("event")
    with op.batch_alter_table("card_state", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_state_user_id_repeat_day"))
        batch_op.drop_index(batch_op.f("ix_card_state_user_id_due_card_id"))
        batch_op.drop_index(batch_op.f("ix_card_state_card_id"))

    op.drop_table("card_state")
    with op.batch_alter_table("card_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_mark_card_id"))

    op.drop_table("card_mark")
    op.drop_table("card_revision")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_deck_id"))

    op.drop_table("document")
    op.drop_table("deck_revision")
    with op.batch_alter_table("deck_media", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deck_media_media_id"))

    op.drop_table("deck_media")
    with op.batch_alter_table("deck_choice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deck_choice_deck_id"))

    op.drop_table("deck_choice")
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_merged_into_id"))
        batch_op.drop_index(batch_op.f("ix_card_deck_id_position"))

    op.drop_table("card")
    op.drop_table("user_role")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_upload_user_id"))

    op.drop_table("upload")
    op.drop_table("source")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_user_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_state_id"))

    op.drop_table("job")
    op.drop_table("import")
    with op.batch_alter_table("deck", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deck_collection_id"))

    op.drop_table("deck")
    op.drop_table("user")
    op.drop_table("sign_in_counter")
    op.drop_table("setup_link")
    op.drop_table("scheduler")
    op.drop_table("role")
    op.drop_table("portal")
    op.drop_table("media")
    op.drop_table("collection")
