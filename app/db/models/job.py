"""Long work as rows: whoever runs it holds a lease, and it is safe to run twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words


class Job(Base):
    """Something that takes longer than a request may."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("done >= 0 AND total >= 0", name="progress"),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"),
        Index(None, "state", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(words("queued", "running", "done", "failed", name="state"), default="queued")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    """How much there is to do, in the unit of `step`; 0 while that is not known."""
    step: Mapped[str] = mapped_column(String(200), default="")
    """What is being done, for the reader."""
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(default="")
    """Of a failed job: what happened and what to do, for the reader."""
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    """Past it, whoever ran the job is taken to be gone, and another may run it."""
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
