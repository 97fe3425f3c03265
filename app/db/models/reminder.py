"""Reminders: what a learner wants to be told, what they were told, and the private address of their calendar."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Small


class Reminder(Base):
    """What a learner asked for; without a row, nothing."""

    __tablename__ = "reminder"
    __table_args__ = (CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    daily: Mapped[bool] = mapped_column(default=False)
    """A mail on days with cards due."""
    weekly: Mapped[bool] = mapped_column(default=False)
    """A summary of the week before, on Mondays, in place of that day's mail."""
    hour: Mapped[Small] = mapped_column(default=8)
    """The hour of the learner's wall clock from which on it is sent."""
    calendar_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the token in the calendar's address; None where there is none."""
    calendar_at: Mapped[datetime | None]
    """When that address was made."""


class ReminderSent(Base):
    """One reminder of one study day: its key makes a second one impossible."""

    __tablename__ = "reminder_sent"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    study_day: Mapped[date] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]
