"""Which account belongs to whom at the organisation's provider.

An account that is there already is connected only by its owner, signed in to it: an address alone, verified or not, opens
no account that somebody else may have made with it. A verified address makes a new one where anybody may register.
"""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import roles, service
from app.accounts.oidc import Claims
from app.accounts.service import EmailTaken
from app.db.models import Identity, Passkey, Portal, User
from app.db.session import write
from app.web import audit


class NotConnected(Exception):
    """No account is opened by this identity: `why` is taken, another's, unverified or closed."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class OnlyWayIn(Exception):
    """The account has neither password nor passkey: without the provider nobody could sign in to it."""


def connected(session: Session, user_id: int) -> bool:
    """Whether the provider signs somebody in."""
    return bool(session.scalar(select(exists().where(Identity.user_id == user_id))))


def disconnect(session: Session, *, user_id: int) -> bool:
    """Have the provider open an account no more; gives whether it did. Raises `OnlyWayIn`."""
    user = service.locked_user(session, user_id)
    if user is None:
        return False
    if user.password is None and not session.scalar(select(exists().where(Passkey.user_id == user_id))):
        raise OnlyWayIn
    gone = session.execute(delete(Identity).where(Identity.user_id == user_id)).rowcount  # type: ignore[attr-defined]
    if gone:
        audit.note(session, "account.identity_off", area="account", subject=user_id)
        service.notice(session, user, "factor")
    return bool(gone)


def owner(session: Session, claims: Claims) -> int | None:
    """The id of the account that belongs to an identity."""
    condition = (Identity.issuer == claims.issuer) & (Identity.subject == claims.subject)
    return session.scalar(select(Identity.user_id).where(condition))


def enter(session: Session, claims: Claims, *, now: datetime) -> User:
    """Let in whoever the provider names, making their account if they have none. Raises `NotConnected`, `AccountDisabled`."""
    write(session)
    user_id = owner(session, claims)
    if user_id is not None:
        user = service.locked_user(session, user_id)
        if user is not None and user.erased_at is None:
            return service.let_in(session, user, now=now, how="identity")
    if not claims.email:
        raise NotConnected("unverified")
    if session.scalar(select(User.id).where(User.email == claims.email)) is not None:
        raise NotConnected("taken")
    if session.scalar(select(Portal.registration)) != "open":
        raise NotConnected("closed")
    try:
        user = service.register(session, email=claims.email, password=None, zone="UTC", now=now)
    except EmailTaken as error:
        raise NotConnected("taken") from error
    connect(session, claims, user_id=user.id, now=now)
    return service.let_in(session, user, now=now, how="identity")


def connect(session: Session, claims: Claims, *, user_id: int, now: datetime) -> None:
    """Have an identity open an account from now on. Raises `NotConnected` when it opens another one."""
    write(session)
    found = owner(session, claims)
    if found == user_id:
        return
    if found is not None:
        raise NotConnected("another's")
    session.add(Identity(user_id=user_id, issuer=claims.issuer, subject=claims.subject, created_at=now))
    try:
        session.flush()
    except IntegrityError as error:
        raise NotConnected("another's") from error
    user = session.get_one(User, user_id)
    role = roles.of(user)
    audit.note(session, "account.identity_on", area="account", by=user_id, role=role, subject=user_id)
    service.notice(session, user, "factor")
