"""What people do with their own account. Passwords come in hashed or proven: nobody waits in line for a hash."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import counters
from app.accounts.counters import Key
from app.db.models import CardState, DeckChoice, Event, LoginSession, Role, User, UserRole
from app.db.session import write

KEPT_FOR = timedelta(days=7)
"""How long an account whose deletion was asked for can still be brought back by signing in."""

log = structlog.get_logger()


class WrongPassword(Exception):
    """The address or the password is not right; it is not said which."""


class AccountDisabled(Exception):
    """The password was right, but an administrator has disabled the account."""


class EmailTaken(Exception):
    """Another account has this address."""


class LastAdmin(Exception):
    """The portal would be left without an administrator."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A password that was found right: whose, against which hash, and the counters the try was counted in."""

    user_id: int
    kept: str
    renewed: str | None
    """The hash to keep from now on, when parameters have risen since."""
    keys: Sequence[Key]


def register(session: Session, *, email: str, password: str, zone: str, now: datetime, role: str = "learner") -> User:
    """Make an account; `email` in its normal form, `password` hashed. Raises `EmailTaken`."""
    write(session)
    if session.scalar(select(exists().where(User.email == email))):
        raise EmailTaken
    user = User(
        email=email,
        password=password,
        active=True,
        fs_uniquifier=new_uniquifier(),
        created_at=now,
        password_changed_at=now,
        zone=zone,
        roles=[_role(session, role)],
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    log.info("account made", user=user.guid, role=role)
    return user


def sign_in(session: Session, *, proof: Proof, now: datetime) -> User:
    """Let in whoever proved the password; an account that was to be deleted is kept from then on.

    Raises `AccountDisabled`, or `WrongPassword` when the password was changed a moment ago.
    """
    user = proven(session, proof=proof, now=now)
    if user.deletion_asked_at is not None:
        user.deletion_asked_at, user.active = None, True
        log.info("account kept", user=user.guid)
    if not user.active:
        raise AccountDisabled
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.expires_at <= now))
    log.info("signed in", user=user.guid)
    return user


def proven(session: Session, *, proof: Proof, now: datetime) -> User:
    """The user of a proof, locked, with the try taken back from the counters. Raises `WrongPassword`."""
    user = locked_user(session, proof.user_id)
    if user is None or user.password != proof.kept:
        raise WrongPassword
    counters.leave(session, proof.keys, now=now)
    if proof.renewed is not None:
        user.password = proof.renewed
    return user


def change_password(session: Session, *, proof: Proof, password: str, now: datetime) -> User:
    """Keep another password (hashed) and end every session; the caller begins a new one for the present browser."""
    user = proven(session, proof=proof, now=now)
    set_password(session, user, password=password, now=now)
    log.info("password changed", user=user.guid)
    return user


def change_email(session: Session, *, proof: Proof, email: str, now: datetime) -> User:
    """Keep another address, in its normal form. Raises `EmailTaken`."""
    user = proven(session, proof=proof, now=now)
    if user.email == email:
        return user
    if session.scalar(select(exists().where(User.email == email))):
        raise EmailTaken
    user.email = email
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    log.info("address changed", user=user.guid)
    return user


def ask_deletion(session: Session, *, proof: Proof, now: datetime) -> None:
    """Disable the account and end its sessions now; `erase_due` removes its history later. Raises `LastAdmin`."""
    lock_admins(session)
    user = proven(session, proof=proof, now=now)
    if not other_admin(session, user.id) and is_admin(user):
        raise LastAdmin
    user.active, user.deletion_asked_at = False, now
    end_everything(session, user)
    log.info("deletion asked", user=user.guid)


def erase_due(session: Session, now: datetime) -> int:
    """Erase accounts whose deletion was asked for seven days ago; gives how many. Safe to run at any time, and twice.

    Answers, states, choices and sessions go; the row stays without name or address, for what it wrote as an editor.
    """
    write(session)
    due = session.scalars(
        select(User)
        .where(User.deletion_asked_at <= now - KEPT_FOR, User.erased_at.is_(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for user in due:
        for table in (Event, CardState, DeckChoice, LoginSession, UserRole):
            session.execute(delete(table).where(table.user_id == user.id))
        session.expire(user, ["roles"])
        user.email = f"deleted-{user.guid}@deleted.invalid"
        user.password, user.active, user.erased_at = None, False, now
        user.zone, user.fs_uniquifier = "UTC", new_uniquifier()
        log.info("account erased", user=user.guid)
    session.flush()
    return len(due)


def sweep(session: Session, now: datetime) -> int:
    """Remove sessions and counters whose time is over; gives how many rows."""
    write(session)
    gone = session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    return counters.sweep(session, now=now) + gone.rowcount  # type: ignore[attr-defined, no-any-return]


def set_password(session: Session, user: User, *, password: str, now: datetime) -> None:
    """Give a user another password (hashed); every session of theirs ends."""
    user.password, user.password_changed_at = password, now
    end_everything(session, user)


def end_everything(session: Session, user: User) -> int:
    """End every session of a user, also ones that a copied cookie might revive; gives how many."""
    user.fs_uniquifier = new_uniquifier()
    ended = session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    session.flush()
    return ended.rowcount  # type: ignore[attr-defined, no-any-return]


def new_uniquifier() -> str:
    """A fresh name for an account in signed cookies; changing it ends all sessions at once."""
    return secrets.token_hex(32)


def locked_user(session: Session, user_id: int) -> User | None:
    """A user as the database has it now, locked until the end of the transaction."""
    write(session)
    return session.scalars(
        select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def lock_admins(session: Session) -> None:
    """One change at a time to who administers: two at once could each count on the other. Comes before other locks."""
    write(session)
    session.execute(select(Role.id).where(Role.name == "admin").with_for_update())


def is_admin(user: User) -> bool:
    """Whether a user has the role, whatever else is true of the account."""
    return any(role.name == "admin" for role in user.roles)


def other_admin(session: Session, user_id: int) -> bool:
    """Whether somebody else could administer: an active administrator with a password."""
    return admins(session, but=user_id) > 0


def admins(session: Session, *, but: int | None = None) -> int:
    """How many administrators can sign in, leaving out the user `but`."""
    condition = (Role.name == "admin") & User.active & User.password.is_not(None)
    if but is not None:
        condition &= User.id != but
    found = session.scalar(
        select(func.count(User.id)).join(UserRole, UserRole.user_id == User.id).join(Role).where(condition)
    )
    return found or 0


def set_only_role(session: Session, user: User, role: str) -> None:
    """Give a user one role in place of what they had."""
    user.roles = [_role(session, role)]
    session.flush()


def _role(session: Session, name: str) -> Role:
    return session.scalars(select(Role).where(Role.name == name)).one()
