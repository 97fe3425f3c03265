"""People: users, their roles and their study settings."""

from datetime import date, datetime
from typing import Any

from flask_security import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base, BigId, Guid, Id, Small, words

ROLES = ("learner", "editor", "admin")
"""Each role may do what the ones before it may."""


class UserRole(Base):
    """Who has which role."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[int] = mapped_column(BigId, ForeignKey("role.id", ondelete="CASCADE"), primary_key=True)


class Role(Base, RoleMixin):
    """One of `ROLES`."""

    __tablename__ = "role"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(32), unique=True)


class User(Base, UserMixin):
    """A person with an account, and how they study."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("rollover_hour BETWEEN 0 AND 23", name="rollover_hour"),
        CheckConstraint("new_per_day BETWEEN 0 AND 999", name="new_per_day"),
        CheckConstraint("reviews_per_day BETWEEN 0 AND 9999", name="reviews_per_day"),
        CheckConstraint("length(easy_days) = 7", name="easy_days"),
        CheckConstraint("goal_cards BETWEEN 1 AND 9999", name="goal_cards"),
        CheckConstraint("goal_minutes BETWEEN 1 AND 999", name="goal_minutes"),
        CheckConstraint("(holiday_from IS NULL) = (holiday_to IS NULL)", name="holiday"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """The address in the one form it is compared in: NFKC, lower case, trimmed."""
    password: Mapped[str | None] = mapped_column(String(255))
    """Argon2id hash; None for a deleted user."""
    active: Mapped[bool]
    """False when an administrator has disabled the account, and once it is erased."""
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    """Names the account in a signed session; changing it ends all sessions at once."""
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]
    deletion_asked_at: Mapped[datetime | None]
    """Signed out from then on, and seven days later erased for good; signing in before then keeps it."""
    erased_at: Mapped[datetime | None]
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    """IANA name of the learner's time zone."""
    rollover_hour: Mapped[Small] = mapped_column(default=4)
    """The hour of the wall clock at which a study day starts."""
    new_per_day: Mapped[int] = mapped_column(default=20)
    reviews_per_day: Mapped[int] = mapped_column(default=200)
    extra_on: Mapped[date | None]
    """The study day on which the learner wanted a little more than the limits."""
    extra_new: Mapped[int] = mapped_column(default=0)
    extra_reviews: Mapped[int] = mapped_column(default=0)
    no_new_before: Mapped[date | None]
    """No new cards come before this study day."""
    new_order: Mapped[str] = mapped_column(words("mixed", "first", "last", name="new_order"), default="mixed")
    review_order: Mapped[str] = mapped_column(
        words("overdue", "random", "relative", name="review_order"), default="overdue"
    )
    learning_steps: Mapped[str] = mapped_column(String(64), default="10m")
    """How long cards graded below 4 wait, such as `1m 10m`."""
    balance: Mapped[bool] = mapped_column(default=False)
    """Whether a longer interval may be shifted a little to a day with fewer reviews."""
    easy_days: Mapped[str] = mapped_column(String(7), default="2222222")
    """What each weekday takes, from Monday: 2 its full share, 1 half of it, 0 as little as possible."""
    holiday_from: Mapped[date | None]
    holiday_to: Mapped[date | None]
    """The last study day of a holiday."""
    grade_scale: Mapped[str] = mapped_column(words("four", "six", name="grade_scale"), default="four")
    type_answer: Mapped[bool] = mapped_column(default=True)
    """Whether the study page offers a box to type the answer before it is shown."""
    shortcuts: Mapped[bool] = mapped_column(default=True)
    """Whether single keys act on the study page (WCAG 2.1.4)."""
    keys: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The keys this learner chose, by what they do; the others are as `app.study.keys` has them."""
    swipes: Mapped[bool] = mapped_column(default=True)
    """Whether a swipe acts on the study page."""
    theme: Mapped[str] = mapped_column(words("system", "light", "dark", name="theme"), default="system")
    reading_size: Mapped[str] = mapped_column(
        words("small", "normal", "large", "largest", name="reading_size"), default="normal"
    )
    measure: Mapped[str] = mapped_column(words("narrow", "normal", "wide", name="measure"), default="normal")
    """How long the lines of questions and answers are."""
    suspend_leeches: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a card that becomes a leech is suspended at once."""

    goal_cards: Mapped[int | None]
    """How many cards a day the learner means to answer; None without such a goal."""
    goal_minutes: Mapped[int | None]

    roles: Mapped[list[Role]] = relationship(Role, secondary="user_role", lazy="selectin")  # type: ignore[assignment]


class Rest(Base):
    """A holiday that a learner had, has or will have: study days that break no streak."""

    __tablename__ = "rest"
    __table_args__ = (CheckConstraint("last >= first", name="days"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[date]
