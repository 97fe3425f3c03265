"""Decks, their collections and documents, and which learner studies what."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words

VISIBILITIES = ("public", "members", "group", "private")
"""A private deck is its owner's alone."""


class Collection(Base):
    """The decks of one folder or source."""

    __tablename__ = "collection"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Id]
    guid: Mapped[Guid]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Deck(Base):
    """The cards of one document, and what readers are told about it."""

    __tablename__ = "deck"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        Index(None, "collection_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    """Its file's name without ending, lower case, hyphens: what the command line and addresses call it."""
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    visibility: Mapped[str] = mapped_column(words(*VISIBILITIES, name="visibility"), default="public")
    source_url: Mapped[str] = mapped_column(default="")
    author: Mapped[str] = mapped_column(String(200), default="")
    licence: Mapped[str] = mapped_column(String(200), default="")
    collection_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("collection.id", ondelete="SET NULL"))
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    """Rises with every save of the deck's own fields; a save made against an older one is a conflict."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    """When a reader last saw something change: the deck's fields or one of its cards."""


class DeckRevision(Base):
    """The deck's own fields as one save left them."""

    __tablename__ = "deck_revision"

    deck_id: Mapped[int] = mapped_column(BigId, ForeignKey("deck.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fields: Mapped[dict[str, Any]]
    """title, description, visibility, source_url, author, licence, archived."""
    author_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    """None for an import or the command line."""
    created_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class Document(Base):
    """The bytes a deck was last imported from, kept so that it can be written back exactly."""

    __tablename__ = "document"
    __table_args__ = (Index(None, "deck_id", unique=True), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    deck_id: Mapped[int] = mapped_column(BigId, ForeignKey("deck.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(400))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    dialect: Mapped[str] = mapped_column(String(64), default="")
    """The reading that a person chose; empty for the one that was found."""
    said: Mapped[dict[str, Any]]
    """What it said of itself, as the deck's fields of the same names; what an editor changed since is not reverted."""
    imported_at: Mapped[datetime]
    cards: Mapped[list[str] | None]
    """Where the document was last edited as a whole in the portal: the guid of each question's card, in order ("" for a
    question that is no card of its own). None for one that came from outside, whose cards are found by their texts."""


class DeckChoice(Base):
    """A learner studies this deck. Only chosen decks bring new cards."""

    __tablename__ = "deck_choice"
    __table_args__ = (
        CheckConstraint("new_per_day BETWEEN 0 AND 999", name="new_per_day"),
        CheckConstraint("reviews_per_day BETWEEN 0 AND 9999", name="reviews_per_day"),
        Index(None, "deck_id"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    deck_id: Mapped[int] = mapped_column(BigId, ForeignKey("deck.id", ondelete="CASCADE"), primary_key=True)
    chosen_at: Mapped[datetime]
    new_per_day: Mapped[int | None]
    """New cards a day of this deck at most; None: only the learner's own limit holds."""
    reviews_per_day: Mapped[int | None]
    new_from: Mapped[int] = mapped_column(default=0)
    """The learner has begun all cards before this position, as long as the deck is what it was at `new_as_of`."""
    new_as_of: Mapped[datetime | None]
    """The deck's `updated_at` when `new_from` was found; None: not found yet."""
