"""Imports: what was uploaded, what was applied and can be undone, what is left to decide."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words


class Upload(Base):
    """A file, an archive or pasted text that was read but not imported yet."""

    __tablename__ = "upload"
    __table_args__ = (Index(None, "user_id"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    guid: Mapped[Guid]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(400))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    dialect: Mapped[str] = mapped_column(String(64), default="")
    """The reading an editor chose; empty for the one that was found."""
    deck_slug: Mapped[str] = mapped_column(String(100), default="")
    """The deck it goes to; empty for a new one named after the file."""
    summary: Mapped[dict[str, Any]]
    """Numbers for the list of unfinished imports."""
    created_at: Mapped[datetime]
    imported_at: Mapped[datetime | None]
    opened: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """A deck's document as it was when an editor began to change it into `content`; None for what comes from outside."""


class Import(Base):
    """One applied import, with what is needed to undo it."""

    __tablename__ = "import"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Id]
    guid: Mapped[Guid]
    label: Mapped[str] = mapped_column(String(400))
    """What was imported, for the reader."""
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    """None for the command line or a sync."""
    applied_at: Mapped[datetime]
    outcome: Mapped[dict[str, Any]]
    """What it changed, in numbers."""
    before: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """Decks, documents and cards as they were, by guid; enough to put them back."""
    undone_at: Mapped[datetime | None]


class Question(Base):
    """Something an import left to a person: is this card that one, or whose text stands."""

    __tablename__ = "import_question"
    __table_args__ = (
        CheckConstraint("(kind = 'match') = (old_card_id IS NOT NULL)", name="match_names_two"),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decided"),
        Index(None, "card_id"),
        Index(None, "old_card_id"),
        Index(None, "import_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    import_id: Mapped[int] = mapped_column(BigId, ForeignKey("import.id", ondelete="CASCADE"))
    """The import that left it open; undoing that one takes the question and its answer back."""
    kind: Mapped[str] = mapped_column(words("match", "conflict", name="kind"))
    deck_id: Mapped[int] = mapped_column(BigId, ForeignKey("deck.id", ondelete="CASCADE"))
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id"))
    """Of a match: the new card. Of a conflict: the card edited on both sides."""
    old_card_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("card.id"))
    reason: Mapped[str] = mapped_column(String(64), default="")
    score: Mapped[float | None] = mapped_column(Float)
    theirs: Mapped[dict[str, Any] | None]
    """Of a conflict: the text upstream has, by field; the base and ours are the card's own."""
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None] = mapped_column(
        words("same", "different", "ours", "theirs", "merged", name="decision")
    )
    decided_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
