"""What was done by whom: rows that are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Id, words

AREAS = ("content", "people", "account", "system")
"""Editing; who may do what; people's own accounts; the portal itself."""


class Audit(Base):
    """One thing that was done. Triggers refuse to change or remove a row; address and browser of whoever is erased go."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(None, "subject_id", "id"),
        Index(None, "area", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(64))
    """The endpoint that did it, or a name of its own, such as `people.role`."""
    area: Mapped[str] = mapped_column(words(*AREAS, name="area"))
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    """Who did it; None for a visitor, the command line and the portal by itself."""
    role: Mapped[str] = mapped_column(String(16))
    """What they were then: a role, `visitor`, `command` or `portal`."""
    address: Mapped[str] = mapped_column(String(64), default="")
    """Where the request came from; empty once its user is erased."""
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    """Whose account it was done to."""
    thing: Mapped[str] = mapped_column(String(16), default="")
    """The kind of what it was done to, where that is no account: card, deck, source, upload, import."""
    guid: Mapped[str] = mapped_column(String(200), default="")
    """The name of the thing in addresses."""
    label: Mapped[str] = mapped_column(String(200), default="")
    """What the thing was called then. Never an address of a person: that could not be erased."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What changed, `before` and `after`, a version, an editor's note; `agent`: what the browser called itself, gone once its
    user is erased. Never a secret."""
