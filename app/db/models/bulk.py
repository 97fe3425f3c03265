"""What was done to many cards at once, and can be undone as a whole."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words

BULK_ACTIONS = ("tagged", "untagged", "moved", "archived", "restored")


class BulkChange(Base):
    """One change of many cards. Its `guid` is the key of the form that asked for it, so that a form counts once."""

    __tablename__ = "bulk_change"
    __table_args__ = (Index(None, "user_id"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    guid: Mapped[Guid]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(words(*BULK_ACTIONS, name="action"))
    private: Mapped[bool]
    """Whether a card of a private deck is among them; then only who did it sees it."""
    made_at: Mapped[datetime]
    outcome: Mapped[dict[str, Any]]
    """How many were changed ("cards"), and by their questions what was left and why ("left": [[reason, question], …])."""
    before: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """By guid of a card: the columns as they were before the change, and what tells whether they are as it left them."""
    undone_at: Mapped[datetime | None]
