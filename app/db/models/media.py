"""Images that belong to decks, stored once by their content."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Id


class Media(Base):
    """One image, named by the SHA-256 of its bytes."""

    __tablename__ = "media"
    __table_args__ = (CheckConstraint("size > 0", name="size"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """In hexadecimal; part of the image's address."""
    mime: Mapped[str] = mapped_column(String(32))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class DeckMedia(Base):
    """A deck shows this image; whoever may read the deck may see it."""

    __tablename__ = "deck_media"
    __table_args__ = (Index(None, "media_id"),)

    deck_id: Mapped[int] = mapped_column(BigId, ForeignKey("deck.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(String(400), primary_key=True)
    """As the document names it, relative to the document's folder."""
    media_id: Mapped[int] = mapped_column(BigId, ForeignKey("media.id", ondelete="CASCADE"))
