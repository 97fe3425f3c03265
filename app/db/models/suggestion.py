"""Corrections that learners suggest."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words

STATES = ("waiting", "accepted", "settled", "declined", "withdrawn")


class Suggestion(Base):
    """A better text of a card, or a remark on it, and what became of it. It goes with the account that sent it."""

    __tablename__ = "suggestion"
    __table_args__ = (
        CheckConstraint("(question IS NULL) = (answer IS NULL)", name="whole_text"),
        CheckConstraint("question IS NOT NULL OR remark <> ''", name="says_something"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("accepted_version IS NULL OR state = 'accepted'", name="accepted_version"),
        Index(None, "user_id", "sent_at"),
        Index(None, "card_id", "accepted_version"),
        Index(None, "state", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    version: Mapped[int]
    """The version of the card that it was made on."""
    question: Mapped[str | None]
    """Markdown; None for a mere remark. Section, tags and options are those of `version`."""
    answer: Mapped[str | None]
    remark: Mapped[str] = mapped_column(default="")
    """What the learner says of it, as plain text."""
    credited: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether editors and the card's history say whose it is."""
    state: Mapped[str] = mapped_column(words(*STATES, name="state"), default="waiting")
    """A text is accepted, a remark settled; either may be declined by an editor or withdrawn by its learner."""
    sent_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    """What the editor says to the learner."""
    accepted_version: Mapped[int | None]
    """The version of the card that came of it; None where the card said so already."""
    amended: Mapped[bool] = mapped_column(default=False)
    """Whether the editor changed the text before accepting it."""
