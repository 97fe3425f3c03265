"""One-time links to pages of an account: to finish a registration, to set a new password, to confirm an address.

A link is bound to the id of its account and to the account's state: once the address or the password is another, it is
dead. Only the SHA-256 of its token is kept.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.db.models import AccountLink, User
from app.db.session import write
from app.web.sessions import token_hash

Kind = Literal["register", "reset", "address"]
LIVES: Mapping[Kind, timedelta] = {
    "register": timedelta(hours=24),
    "reset": timedelta(minutes=30),
    "address": timedelta(hours=2),
}
"""How long links of each kind hold."""


class LinkSpent(Exception):
    """The link was used, has expired, or never was one."""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that holds: the address it confirms, and the account it acts on, if that is there yet."""

    id: int
    email: str
    user_id: int | None
    account: str
    """The account's present address; the confirmed one where the account is yet to be made."""
    payload: Mapping[str, Any]
    expires_at: datetime


def make(
    session: Session,
    kind: Kind,
    *,
    email: str,
    now: datetime,
    user: User | None = None,
    payload: Mapping[str, Any] | None = None,
    lives: timedelta | None = None,
) -> str:
    """Make a link and give its token, which is nowhere else. `user` is the account it acts on."""
    write(session)
    token = secrets.token_urlsafe(32)
    session.add(
        AccountLink(
            kind=kind,
            token_hash=token_hash(token),
            user_id=user.id if user else None,
            email=email,
            state_hash=_state(user) if user else None,
            payload=dict(payload or {}),
            created_at=now,
            expires_at=now + (lives or LIVES[kind]),
        )
    )
    session.flush()
    return token


def look_up(session: Session, kind: Kind, token: str, *, now: datetime) -> OpenLink:
    """What a link is for; it stays as it is. Raises `LinkSpent`."""
    statement = (
        select(AccountLink, User)
        .outerjoin(User, User.id == AccountLink.user_id)
        .where(
            AccountLink.token_hash == token_hash(token),
            AccountLink.kind == kind,
            AccountLink.expires_at > now,
        )
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise LinkSpent
    link, user = found
    if link.user_id is not None and (user is None or not user.active or link.state_hash != _state(user)):
        raise LinkSpent
    account = link.email if link.user_id is None else user.email
    return OpenLink(link.id, link.email, link.user_id, account, link.payload, link.expires_at)


def use(session: Session, kind: Kind, token: str, *, now: datetime) -> OpenLink:
    """Use a link up, with every other one of its kind for the same account or address. Raises `LinkSpent`."""
    write(session)
    session.execute(select(AccountLink.id).where(AccountLink.token_hash == token_hash(token)).with_for_update())
    link = look_up(session, kind, token, now=now)
    same = AccountLink.email == link.email if link.user_id is None else AccountLink.user_id == link.user_id
    session.execute(delete(AccountLink).where(AccountLink.kind == kind, or_(same, AccountLink.id == link.id)))
    return link


def _state(user: User) -> bytes:
    return hashlib.sha256(f"{user.email}\x00{user.password or ''}".encode()).digest()
