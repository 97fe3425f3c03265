"""The portal itself: its name, who may register, and the one-time links that make administrators."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, words


class Portal(Base):
    """The one row of this portal's own choices."""

    __tablename__ = "portal"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(80), default="Reprise")
    registration: Mapped[str] = mapped_column(words("open", "invited", "closed", name="registration"), default="open")
    welcome: Mapped[str] = mapped_column(default="", server_default="")
    """Markdown for whoever is not signed in."""


class SetupLink(Base):
    """A one-time link that makes an administrator. Only the token's SHA-256 is kept."""

    __tablename__ = "setup_link"
    __table_args__ = ({"sqlite_autoincrement": True, "info": {"backup": False}},)

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
