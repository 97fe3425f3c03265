"""What a learner's log adds up to for each card: the projection that study reads."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Id, Small


class Scheduler(Base):
    """A scheduler's configuration; a row is never changed, a new choice is a new row."""

    __tablename__ = "scheduler"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class CardState(Base):
    """One learner's memory of one card, exactly what replaying their events gives."""

    __tablename__ = "card_state"
    __table_args__ = (
        CheckConstraint("ease >= 130", name="ease"),
        CheckConstraint("repetitions >= 0", name="repetitions"),
        CheckConstraint("interval >= 0", name="interval"),
        CheckConstraint("lapses >= 0", name="lapses"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(repeat_from IS NULL) = (repeat_day IS NULL)", name="repeat"),
        # With the day of a repeat, so that what is due is counted without a look at the states.
        Index(None, "user_id", "due", "card_id", "repeat_day"),
        Index(None, "user_id", "repeat_day"),
        Index(None, "card_id"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id"), primary_key=True)
    scheduler_id: Mapped[int] = mapped_column(BigId, ForeignKey("scheduler.id"))
    version: Mapped[int]
    """Rises with every event, an undo included; a form shown against an older one is stale."""
    due: Mapped[date | None]
    """A study day; None for a card never reviewed (all its reviews were taken back)."""
    ease: Mapped[int]
    """SM-2's ease factor in hundredths."""
    repetitions: Mapped[int]
    interval: Mapped[int] = mapped_column(BigInteger)
    lapses: Mapped[int]
    last_study_day: Mapped[date | None]
    repeat_from: Mapped[datetime | None]
    """When a card was graded below 4 that is to come again, on `repeat_day` only; at rollover that lapses."""
    repeat_step: Mapped[Small | None]
    """Which of the learner's steps it waits for, from 0; past the last it is the last."""
    repeat_day: Mapped[date | None]
    reviews: Mapped[int] = mapped_column(default=0)
    """Live grades, repeats included."""


class Note(Base):
    """What a learner wrote on a card for themselves. Nobody else reads it, whoever they are."""

    __tablename__ = "note"
    __table_args__ = (CheckConstraint("text <> ''", name="text"), Index(None, "card_id"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str]
    """Markdown."""
    text_html: Mapped[str]
    renderer: Mapped[int]
    """The renderer's version that made the HTML."""
    version: Mapped[int]
    """Goes up with each save, so that one of two windows does not overwrite the other."""
    saved_at: Mapped[datetime]


class CardMark(Base):
    """What a learner said of a card beside grading it. It is no memory, so no replay touches it."""

    __tablename__ = "card_mark"
    __table_args__ = (Index(None, "card_id"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id"), primary_key=True)
    suspended_at: Mapped[datetime | None]
    """Not asked until the learner takes that back."""
    buried_on: Mapped[date | None]
    """The study day on which the card is not asked any more."""
    flagged_at: Mapped[datetime | None]
    """Marked to be found again."""
