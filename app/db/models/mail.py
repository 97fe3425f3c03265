"""Mail: the outbox, and the one-time links that mails carry."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words


class Mail(Base):
    """A mail to be sent, written in the transaction of what it tells of. Its text is written when it is sent."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease_while_sending"),
        Index(None, "state", "next_try_at"),
        Index(None, "to_address", "kind"),
        Index(None, "user_id"),
        {"sqlite_autoincrement": True, "info": {"backup": False}},  # a restored portal sends nothing twice
    )

    id: Mapped[Id]
    guid: Mapped[Guid]
    """Its Message-ID, too: the same over all tries, so that a receiver can see that two are one."""
    kind: Mapped[str] = mapped_column(String(32))
    to_address: Mapped[str] = mapped_column(String(254))
    details: Mapped[dict[str, Any]]
    """What its writer needs to know; emptied once it is done with."""
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    """Whose mail it is, where that was known; what was asked for an address names nobody."""
    state: Mapped[str] = mapped_column(
        words("queued", "sending", "sent", "dropped", "failed", "doubt", name="state"), default="queued"
    )
    """dropped: there was nothing to send; failed: given up; doubt: handed over, but nobody knows whether taken."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    """Past it, whoever was sending is taken to be gone."""
    offered_at: Mapped[datetime | None]
    """When its text was about to be handed to the server: from then on it may have been taken."""
    error: Mapped[str] = mapped_column(String(200), default="")
    """What went wrong at the last try, for the operator."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class AccountLink(Base):
    """A one-time link to an account's page, such as a reset. Only the token's SHA-256 is kept."""

    __tablename__ = "account_link"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "expires_at"),
        {"sqlite_autoincrement": True, "info": {"backup": False}},
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(words("register", "reset", "address", name="kind"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    """The account it acts on; None for one that is yet to be made."""
    email: Mapped[str] = mapped_column(String(254))
    """The address that the link confirms."""
    state_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 of the account's address and password hash: when either changes, the link is dead."""
    payload: Mapped[dict[str, Any]]
    """Of a registration: the password's hash, the zone, and where the person was going."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
