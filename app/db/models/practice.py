"""Sessions of one's own beside the daily plan: which cards, and the answers, logged apart from the log of studying."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, Json, Small, words

PRACTICE_MODES = ("tag", "forgotten", "ahead", "quiz")


class Practice(Base):
    """A session that a learner put together. Its cards are picked once, when it starts."""

    __tablename__ = "practice"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Id]
    guid: Mapped[Guid]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    mode: Mapped[str] = mapped_column(words(*PRACTICE_MODES, name="practice_mode"))
    counts: Mapped[bool]
    """Whether each answer is an ordinary review as well, which moves the schedule."""
    cards: Mapped[list[int]] = mapped_column(Json)
    """Ids of cards, in the order they are asked."""
    started_at: Mapped[datetime]


class PracticeAnswer(Base):
    """The `number`-th answer of a session. It changes no schedule; where it counts, `event_id` is the review it is too."""

    __tablename__ = "practice_answer"
    __table_args__ = (
        UniqueConstraint("practice_id", "idempotency_key"),
        CheckConstraint("grade BETWEEN 0 AND 5", name="grade"),
        CheckConstraint("elapsed_ms >= 0", name="elapsed"),
    )

    practice_id: Mapped[int] = mapped_column(BigId, ForeignKey("practice.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id"), index=True)
    grade: Mapped[Small]
    answered_at: Mapped[datetime]
    elapsed_ms: Mapped[int | None]
    """From question to grade, as the browser measured it."""
    idempotency_key: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    undone_before: Mapped[int | None]
    """It was taken back, and can be put back until the session has an answer with this number. None: it stands."""
