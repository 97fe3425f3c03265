"""Invitations: links with which accounts can be made. Of a token only its hash is kept."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words


class Invitation(Base):
    """A link with which so many accounts can be made."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("used BETWEEN 0 AND uses", name="uses"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    guid: Mapped[Guid]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    role: Mapped[str] = mapped_column(words("learner", "editor", name="role"), default="learner")
    note: Mapped[str] = mapped_column(String(100), default="")
    """What it is for, in the words of who made it."""
    uses: Mapped[int]
    """How many accounts it makes at most."""
    used: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
