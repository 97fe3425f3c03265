"""What a learner's log adds up to by hour: kept with the log, so that years of answers need not be read again."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Small

_ZERO = "0"


class StudyHour(Base):
    """One hour of the learner's clock on one study day: the sums of `app.scheduling.statistics.Totals`.

    Exactly what the live events give (see `app.study.totals`); a row whose answers were all taken back has zeros.
    """

    __tablename__ = "study_hour"
    __table_args__ = (CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    study_day: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    """Of the wall clock in the zone the learner had then."""
    cards: Mapped[int] = mapped_column(server_default=_ZERO)
    grade_0: Mapped[int] = mapped_column(server_default=_ZERO)
    grade_1: Mapped[int] = mapped_column(server_default=_ZERO)
    grade_2: Mapped[int] = mapped_column(server_default=_ZERO)
    grade_3: Mapped[int] = mapped_column(server_default=_ZERO)
    grade_4: Mapped[int] = mapped_column(server_default=_ZERO)
    grade_5: Mapped[int] = mapped_column(server_default=_ZERO)
    elapsed: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    """Milliseconds, each answer capped as everywhere."""
    timed: Mapped[int] = mapped_column(server_default=_ZERO)
    young_passed: Mapped[int] = mapped_column(server_default=_ZERO)
    young: Mapped[int] = mapped_column(server_default=_ZERO)
    mature_passed: Mapped[int] = mapped_column(server_default=_ZERO)
    mature: Mapped[int] = mapped_column(server_default=_ZERO)
    learned: Mapped[int] = mapped_column(server_default=_ZERO)
    """Cards that became learned less those that were forgotten; below zero where more were forgotten."""
