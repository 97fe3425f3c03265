"""One-time links: the one that makes an administrator."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import roles, service
from app.accounts.links import LinkSpent
from app.db.models import Portal, SetupLink, User
from app.web import audit
from app.web.sessions import token_hash

LINK_LIVES = timedelta(hours=1)


def make_setup_link(session: Session, now: datetime) -> str:
    """Make a one-time link, valid for an hour, and give its token; only the token's hash is kept."""
    roles.lock_admins(session)
    token = secrets.token_urlsafe(32)
    session.add(SetupLink(token_hash=token_hash(token), created_at=now, expires_at=now + LINK_LIVES))
    session.flush()
    audit.note(session, "system.setup_link", area="system")
    return token


def has_admin(session: Session) -> bool:
    """Whether anybody can administer this portal."""
    return roles.count_admins(session) > 0


def expiry(session: Session, token: str, *, now: datetime) -> datetime:
    """Until when a link holds. Raises `LinkSpent`."""
    found = session.scalar(
        select(SetupLink.expires_at).where(
            SetupLink.token_hash == token_hash(token), SetupLink.used_at.is_(None), SetupLink.expires_at > now
        )
    )
    if found is None:
        raise LinkSpent
    return found


def set_up(
    session: Session, *, token: str, site: str, registration: str, email: str, password: str, now: datetime
) -> User:
    """Use a link: name the portal, say who may register, and make the administrator.

    Whoever holds the link runs the portal, so an account that has the address already becomes the administrator with
    the new password, and its sessions end: that is the way back when the last password is lost. Every other open
    link ends too. `password` is hashed. Raises `LinkSpent`.
    """
    roles.lock_admins(session)
    expiry(session, token, now=now)
    session.execute(update(SetupLink).where(SetupLink.used_at.is_(None)).values(used_at=now))
    session.execute(update(Portal).values(name=site, registration=registration))
    user = _administrator(session, email, password, now)
    audit.note(session, "system.set_up", area="system", by=user.id, role="admin", subject=user.id)
    return user


def _administrator(session: Session, email: str, password: str, now: datetime) -> User:
    user_id = session.scalar(select(User.id).where(User.email == email))
    user = None if user_id is None else service.locked_user(session, user_id)
    if user is None:
        return service.register(session, email=email, password=password, zone="UTC", now=now, role="admin")
    user.active, user.deletion_asked_at = True, None
    service.set_password(session, user, password=password, now=now)
    roles.set_only(session, user, "admin")
    return user
