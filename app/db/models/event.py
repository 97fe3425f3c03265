"""The log: one append-only row for each thing that happened between a learner and a card."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Small, words

KINDS = ("review", "void", "reschedule", "seed")
_VOIDS = text("target_id IS NOT NULL")


class Event(Base):
    """A fact, never changed, and beside it what follows from it, rewritten by replay.

    Facts: everything down to `seed_lapses`. Projection: `live` and what comes after it.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        ForeignKeyConstraint(["user_id", "target_id"], ["event.user_id", "event.id"], name="fk_event_target"),
        CheckConstraint("(kind = 'review') = (grade IS NOT NULL)", name="grade_of_review"),
        CheckConstraint("grade BETWEEN 0 AND 5", name="grade"),
        CheckConstraint("(kind = 'void') = (target_id IS NOT NULL)", name="target_of_void"),
        CheckConstraint("kind <> 'reschedule' OR chosen_due IS NOT NULL", name="due_of_reschedule"),
        CheckConstraint("elapsed_ms >= 0", name="elapsed"),
        Index(None, "user_id", "card_id", "answered_at", "id"),
        # Wide, so that what was done of a day is counted without a look at the events.
        Index(None, "user_id", "study_day", "counted", "card_id", "interval_before"),
        Index(None, "card_id"),
        # Without it, removing a learner's events looks through all of them for each one that goes.
        Index(None, "user_id", "target_id", sqlite_where=_VOIDS, postgresql_where=_VOIDS),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Rises with time within a user; made by the service, so that the table can be spread by user."""
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id"))
    kind: Mapped[str] = mapped_column(words(*KINDS, name="kind"))
    grade: Mapped[Small | None]
    answered_at: Mapped[datetime]
    received_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    rollover_hour: Mapped[Small]
    study_day: Mapped[date]
    elapsed_ms: Mapped[int | None]
    """From question to grade, as the browser measured it."""
    idempotency_key: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of what was asked: the same key with another body is refused."""
    device: Mapped[str] = mapped_column(String(64), default="")
    target_id: Mapped[int | None] = mapped_column(BigInteger)
    """The event a void takes back."""
    chosen_due: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(32))
    seed_ease: Mapped[int | None]
    """Hundredths; a seed without an ease starts the card over."""
    seed_repetitions: Mapped[int | None]
    seed_interval: Mapped[int | None] = mapped_column(BigInteger)
    seed_due: Mapped[date | None]
    seed_lapses: Mapped[int | None]

    live: Mapped[bool]
    """Not taken back."""
    counted: Mapped[bool]
    """The first live grade of its study day: it changed the memory state."""
    lapse: Mapped[bool]
    was_due: Mapped[bool]
    """Asked when it was due; true retention counts these."""
    interval_before: Mapped[int | None] = mapped_column(BigInteger)
    """Days; None for a card never reviewed before."""
    interval_after: Mapped[int | None] = mapped_column(BigInteger)
    ease_before: Mapped[int | None]
    ease_after: Mapped[int | None]
    repetitions_before: Mapped[int | None]
    due_after: Mapped[date | None]
