"""How else somebody proves who they are: codes of an app, recovery codes, passkeys."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id


class SecondFactor(Base):
    """The app that gives a user's codes (TOTP, RFC 6238: SHA-1, 6 digits, 30 s)."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """The key that the app has too, encrypted with one made of SECRET_KEY."""
    started_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """None while it is being set up: until then nothing asks for codes."""
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The 30 seconds, counted from 1970, of the last code taken: none is taken twice."""


class RecoveryCode(Base):
    """A code that stands in for the app, once. Used up, its row is gone."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Argon2id of the code with a salt of the user's own, so that one hash finds it."""
    created_at: Mapped[datetime]


class Passkey(Base):
    """A key pair that a device keeps; the portal has the public key."""

    __tablename__ = "passkey"
    __table_args__ = (Index(None, "user_id"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    guid: Mapped[Guid]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """How often the device says it was used; going back means a copy."""
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Identity(Base):
    """Who somebody is at an organisation's provider (OpenID Connect)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    """The provider's name for them, which never changes; an address may."""
    created_at: Mapped[datetime]
