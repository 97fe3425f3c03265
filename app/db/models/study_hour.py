"""What a learner's log adds up to by hour: kept with the log, so that years of answers need not be read again."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Small

_ZERO = "0"
_PRIME = 1_000_003


class _Sums:
    """The sums of `app.scheduling.statistics.Totals`, as columns."""

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


class StudyHour(_Sums, Base):
    """One hour of the learner's clock on one study day.

    Exactly what the live events give (see `app.study.totals`); a row whose answers were all taken back has zeros.
    """

    __tablename__ = "study_hour"
    __table_args__ = (CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    study_day: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)
    """Of the wall clock in the zone the learner had then."""


class DeckHour(_Sums, Base):
    """A `StudyHour` of one deck alone. What it holds counts only while `DeckStudied` says of which cards it is."""

    __tablename__ = "deck_hour"
    __table_args__ = (CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    deck_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("deck.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    study_day: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[Small] = mapped_column(primary_key=True, autoincrement=False)


class DeckStudied(Base):
    """The cards that a learner has a state of and whose answers are in the `DeckHour` rows of a deck.

    Cards move between decks, by many ways. Who reads the sums compares these two with the cards that are in the deck now.
    """

    __tablename__ = "deck_studied"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    deck_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("deck.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    cards: Mapped[int]
    """How many they are."""
    digest: Mapped[int] = mapped_column(BigInteger)
    """The sum of their `digest_of`."""


def digest_of(card_id: Any) -> Any:
    """What a card adds to `DeckStudied.digest`, of a number or a column: sums of it tell sets of cards apart."""
    return card_id + card_id * card_id % _PRIME
