"""What learners take with them, or bring: an archive of all that is theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words


class Takeout(Base):
    """An archive that a job writes (`export`), or that was brought to be read (`import`). It is kept for some days."""

    __tablename__ = "takeout"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        Index(None, "user_id"),
        Index(None, "expires_at"),
        {"sqlite_autoincrement": True, "info": {"backup": False}},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(words("export", "import", name="kind"))
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes of all parts together; 0 until they are all there."""
    job: Mapped[str] = mapped_column(String(32), default="")
    """The guid of the job that works on it."""
    plan: Mapped[dict[str, Any] | None]
    """Of an import: what it would bring, and once it has been applied, what it brought."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """When it was complete: written, or applied."""


class TakeoutPart(Base):
    """A piece of an archive, so that nobody has to hold all of it."""

    __tablename__ = "takeout_part"
    __table_args__ = ({"info": {"backup": False}},)

    takeout_id: Mapped[int] = mapped_column(BigId, ForeignKey("takeout.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
