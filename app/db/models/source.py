"""Repositories that the portal follows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id


class Source(Base):
    """A git repository whose files become the decks of one collection."""

    __tablename__ = "source"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Id]
    guid: Mapped[Guid]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    url: Mapped[str]
    branch: Mapped[str] = mapped_column(String(200), default="")
    """Empty for the repository's default one."""
    glob: Mapped[str] = mapped_column(String(200), default="**/*.md")
    collection_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("collection.id", ondelete="SET NULL"))
    commit: Mapped[str] = mapped_column(String(64), default="")
    """The commit that was imported last."""
    commit_title: Mapped[str] = mapped_column(String(200), default="")
    """The first line of its message."""
    guarded: Mapped[bool] = mapped_column(default=False)
    """Added in the browser: addresses that lead into the private network are refused at every sync."""
    synced_at: Mapped[datetime | None]
    """When a sync last came to an end without an error."""
    tried_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    """Why the last sync failed and what to do; empty when it did not."""
    error_detail: Mapped[str] = mapped_column(default="")
    """What git said."""
    failures: Mapped[int] = mapped_column(default=0)
    """Failed syncs since the last good one."""
    outcome: Mapped[dict[str, Any] | None]
    """What the last sync changed, in numbers."""
    lease_until: Mapped[datetime | None]
    """While a sync runs, until then others step aside."""
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
