"""Cards and the revisions of their text."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words

KINDS = ("basic", "choice", "cloze")
REVISION_ACTIONS = ("created", "edited", "imported", "archived", "restored", "moved")


class Card(Base):
    """A question and its answer. Its id never depends on its text, and is never given again."""

    __tablename__ = "card"
    __table_args__ = (
        CheckConstraint("(archived_at IS NULL) = (archived_reason IS NULL)", name="archived_has_reason"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        Index(None, "deck_id", "position"),
        Index(None, "merged_into_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    deck_id: Mapped[int] = mapped_column(BigId, ForeignKey("deck.id"))
    position: Mapped[int]
    """Its place in the deck, from 0; archived cards keep theirs."""
    section: Mapped[list[str]]
    """The headings above it, outermost first."""
    kind: Mapped[str] = mapped_column(words(*KINDS, name="kind"), default="basic")
    question: Mapped[str]
    """Markdown, as learners see it now."""
    answer: Mapped[str]
    """Markdown; empty for a draft without any answer."""
    tags: Mapped[list[str]]
    options: Mapped[list[dict[str, Any]]]
    """Of a choice card: [{"key": "A", "text": Markdown, "right": bool}, …]; else empty."""
    draft: Mapped[bool]
    """No usable answer yet: readable, never scheduled."""
    archived_at: Mapped[datetime | None]
    archived_reason: Mapped[str | None] = mapped_column(words("source", "editor", name="archived_reason"))
    """Only what the source removed comes back by itself."""
    merged_into_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("card.id"))
    base_question: Mapped[str | None]
    """The text as last imported; None for a card made in the portal."""
    base_answer: Mapped[str | None]
    base_section: Mapped[list[str] | None]
    base_tags: Mapped[list[str] | None]
    base_options: Mapped[list[dict[str, Any]] | None]
    source_line: Mapped[int | None]
    """The question's line in the document, from 1."""
    question_html: Mapped[str]
    answer_html: Mapped[str]
    options_html: Mapped[list[str]]
    """One for each of `options`."""
    renderer: Mapped[int]
    """The renderer's version that made the HTML."""
    question_text: Mapped[str]
    """The question as one line of plain text, for titles, lists and logs."""
    search_text: Mapped[str]
    """The terms (see `content.terms`) of question, options, answer and tags."""
    version: Mapped[int] = mapped_column(default=1)
    """The number of its last revision; a save made against an older one is a conflict."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    search_title: Mapped[str] = mapped_column(server_default="")
    """The terms of the question and the tags; what they mention is found first."""


class CardRevision(Base):
    """A card's text as one save left it."""

    __tablename__ = "card_revision"

    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(words(*REVISION_ACTIONS, name="action"))
    question: Mapped[str]
    answer: Mapped[str]
    section: Mapped[list[str]]
    tags: Mapped[list[str]]
    options: Mapped[list[dict[str, Any]]]
    author_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    """None for an import or the command line."""
    created_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(500), default="")
