"""People: users, their roles and their study settings."""

from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, String
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
    grade_scale: Mapped[str] = mapped_column(words("four", "six", name="grade_scale"), default="four")
    type_answer: Mapped[bool] = mapped_column(default=True)
    """Whether the study page offers a box to type the answer before it is shown."""
    shortcuts: Mapped[bool] = mapped_column(default=True)
    """Whether single keys act on the study page (WCAG 2.1.4)."""
    theme: Mapped[str] = mapped_column(words("system", "light", "dark", name="theme"), default="system")

    roles: Mapped[list[Role]] = relationship(Role, secondary="user_role", lazy="selectin")  # type: ignore[assignment]
