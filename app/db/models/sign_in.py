"""Sessions and sign-in counters: rows, so that they survive a restart and hold for every process."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, BigId, Guid, Id, words


class LoginSession(Base):
    """One signed-in browser. The cookie carries a random token, the row its SHA-256; without the row it is dead."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "user_id"), {"sqlite_autoincrement": True, "info": {"backup": False}})

    id: Mapped[Id]
    guid: Mapped[Guid]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last used, noted at most every five minutes."""
    expires_at: Mapped[datetime]
    """The end whatever happens; the idle limit may come before."""
    remembered: Mapped[bool]
    """“Keep me signed in”: no idle limit, and the cookie outlives the browser."""
    agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    proved_at: Mapped[datetime | None]
    """When the password was last asked for again, which what matters needs."""
    how: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """What it was opened with: a word of `accounts.lately.HOW`."""


class SignInCounter(Base):
    """Failed sign-ins of one account, one address, or the two together within one window of time."""

    __tablename__ = "sign_in_counter"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures"), {"info": {"backup": False}})

    kind: Mapped[str] = mapped_column(words("account", "address", "pair", "register", name="kind"), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """HMAC-SHA-256 of the account or the address, so that the table names nobody."""
    failures: Mapped[int]
    window_start: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
