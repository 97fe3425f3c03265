"""sums of each hour of study

Revision: 0018, after 0017.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBERS = (
    "cards",
    *(f"grade_{grade}" for grade in range(6)),
    "timed",
    "young_passed",
    "young",
    "mature_passed",
    "mature",
    "learned",
)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EVENT = sa.table(
    "event",
    sa.column("user_id", ID),
    sa.column("kind", sa.String()),
    sa.column("grade", sa.SmallInteger()),
    sa.column("answered_at", sa.DateTime(timezone=True)),
    sa.column("zone", sa.String()),
    sa.column("study_day", sa.Date()),
    sa.column("elapsed_ms", sa.Integer()),
    sa.column("seed_repetitions", sa.Integer()),
    sa.column("live", sa.Boolean()),
    sa.column("counted", sa.Boolean()),
    sa.column("was_due", sa.Boolean()),
    sa.column("interval_before", sa.BigInteger()),
    sa.column("repetitions_before", sa.Integer()),
)


def upgrade() -> None:
    """Forward: the table, and what the events there are add up to."""
    op.create_table(
        "study_hour",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("study_day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in NUMBERS[:7]),
        sa.Column("elapsed", sa.BigInteger(), server_default="0", nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in NUMBERS[7:]),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_study_hour_hour")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_study_hour_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "study_day", "hour", name=op.f("pk_study_hour")),
    )
    if op.get_context().as_sql:
        return
    connection = op.get_bind()
    columns: list[Any] = [sa.column(name) for name in ("user_id", "study_day", "hour", "elapsed", *NUMBERS)]
    columns[1] = sa.column("study_day", sa.Date())
    into = sa.insert(sa.table("study_hour", *columns))
    for (user_id,) in connection.execute(sa.select(EVENT.c.user_id).distinct()).all():
        rows = list(_hours(connection, user_id))
        if rows:
            connection.execute(into, rows)


def downgrade() -> None:
    """Back."""
    op.drop_table("study_hour")


def _hours(connection: sa.Connection, user_id: int) -> Iterator[dict[str, Any]]:
    """The sums of one learner, by study day and hour: quarters of an hour, which no zone cuts in two, put together."""
    sums: dict[tuple[Any, int], dict[str, int]] = {}
    for row in connection.execute(_statement().where(EVENT.c.user_id == user_id)):
        at = row.at if row.at.tzinfo else row.at.replace(tzinfo=ZoneInfo("UTC"))
        hour = sums.setdefault((row.study_day, at.astimezone(ZoneInfo(row.zone)).hour), {})
        for name in ("elapsed", *NUMBERS):
            hour[name] = hour.get(name, 0) + int(getattr(row, name))
    for (study_day, hour_of_day), found in sums.items():
        yield {"user_id": user_id, "study_day": study_day, "hour": hour_of_day, **found}


def _statement() -> sa.Select[Any]:
    event = EVENT.c
    review = event.kind == "review"
    passed = sa.func.coalesce(event.grade, 0) >= 3
    mature = sa.func.coalesce(event.interval_before, 0) >= 21
    before = sa.func.coalesce(event.repetitions_before, 0) >= 1
    after = sa.case((review, passed), else_=sa.func.coalesce(event.seed_repetitions, 0) >= 1)
    changes = sa.or_(event.counted, event.kind == "seed")
    elapsed = sa.case((event.elapsed_ms > 300_000, 300_000), else_=sa.func.coalesce(event.elapsed_ms, 0))
    hour, minute = sa.extract("hour", event.answered_at), sa.extract("minute", event.answered_at)
    return (
        sa.select(
            event.study_day,
            event.zone,
            sa.func.min(event.answered_at).label("at"),
            sa.func.sum(elapsed).label("elapsed"),
            _count(event.counted).label("cards"),
            *(_count(event.grade == grade).label(f"grade_{grade}") for grade in range(6)),
            _count(sa.and_(review, event.elapsed_ms.is_not(None))).label("timed"),
            _count(sa.and_(event.was_due, ~mature, passed)).label("young_passed"),
            _count(sa.and_(event.was_due, ~mature)).label("young"),
            _count(sa.and_(event.was_due, mature, passed)).label("mature_passed"),
            _count(sa.and_(event.was_due, mature)).label("mature"),
            (_count(sa.and_(changes, after, ~before)) - _count(sa.and_(changes, ~after, before))).label("learned"),
        )
        .where(sa.or_(review, event.kind == "seed"), event.live)
        .group_by(event.study_day, event.zone, sa.func.date(event.answered_at), hour, minute - minute % 15)
    )


def _count(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))
