"""What people do with their own account. Passwords come in hashed or proven: nobody waits in line for a hash."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import counters, invitations, links, roles
from app.accounts.counters import Key
from app.accounts.roles import LastAdmin
from app.db.models import AccountLink, LoginSession, SetupLink, User
from app.db.session import write
from app.web import audit, mail
from app.web.agents import in_words

KEPT_FOR = timedelta(days=7)
"""How long an account whose deletion was asked for can still be brought back by signing in."""


class WrongPassword(Exception):
    """The address or the password is not right; it is not said which."""


class AccountDisabled(Exception):
    """The password was right, but an administrator has disabled the account."""


class EmailTaken(Exception):
    """Another account has this address."""


class NoSuchAccount(Exception):
    """There is no account of this address, or it has been deleted."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A password that was found right: whose, against which hash, and the counters the try was counted in."""

    user_id: int
    kept: str
    renewed: str | None
    """The hash to keep from now on, when parameters have risen since."""
    keys: Sequence[Key]
    leaving: bool = False
    """Its deletion was asked for; signing in keeps the account."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A session whose user showed a short while ago that it is them; it stands for the password while it lives."""

    user_id: int
    session_id: int


def register(
    session: Session,
    *,
    email: str,
    password: str | None,
    zone: str,
    now: datetime,
    role: str = "learner",
    keys: Sequence[Key] = (),
    invitation: str = "",
) -> User:
    """Make an account; `email` in its normal form, `password` hashed, or None for one that only a provider opens.

    Raises `EmailTaken`. `invitation` is the guid of one, which says the role. Raises `InvitationSpent`.

    The try is taken back from the counters `keys`: only asking which addresses have accounts makes anybody wait.
    """
    write(session)
    if session.scalar(select(exists().where(User.email == email))):
        raise EmailTaken
    invited = invitations.take(session, invitation, now=now) if invitation else None
    role = invited.role if invited is not None else role
    user = User(
        email=email,
        password=password,
        active=True,
        fs_uniquifier=new_uniquifier(),
        created_at=now,
        password_changed_at=now,
        zone=zone,
        roles=[roles.named(session, role)],
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    counters.leave(session, keys, now=now)
    guid = invited.guid if invited is not None else ""
    audit.note(
        session,
        "account.register",
        area="account",
        by=user.id,
        role=role,
        subject=user.id,
        thing="invitation" if guid else "",
        guid=guid,
    )
    return user


def sign_in(session: Session, *, proof: Proof, now: datetime) -> User:
    """Let in whoever proved the password; an account that was to be deleted is kept from then on.

    Raises `AccountDisabled`, or `WrongPassword` when the password was changed a moment ago.
    """
    return let_in(session, proven(session, proof=proof, now=now), now=now)


def let_in(session: Session, user: User, *, now: datetime, how: str = "password") -> User:
    """Let in a user, locked, who proved who they are. Raises `AccountDisabled`."""
    if not user.active:
        raise AccountDisabled
    if user.deletion_asked_at is not None:
        user.deletion_asked_at = None
        audit.note(session, "account.kept", area="account", by=user.id, role=roles.of(user), subject=user.id)
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.expires_at <= now))
    new = audit.is_new_browser(session, user.id)
    role = roles.of(user)
    audit.note(
        session, "account.sign_in", area="account", by=user.id, role=role, subject=user.id, how=how, new=new or None
    )
    if new:
        agent, address = audit.whence()
        time = f"{now:%Y-%m-%d %H:%M} UTC"
        notice(session, user, "sign_in", browser=in_words(agent), address=address, time=time)
    return user


def proven(session: Session, *, proof: Proof | Fresh, now: datetime) -> User:
    """The user of a proof, locked, with the try taken back from the counters. Raises `WrongPassword`."""
    user = locked_user(session, proof.user_id)
    if isinstance(proof, Fresh):
        living = (LoginSession.id == proof.session_id) & (LoginSession.user_id == proof.user_id)
        if user is None or session.scalar(select(LoginSession.id).where(living)) is None:
            raise WrongPassword
        return user
    if user is None or user.password != proof.kept:
        raise WrongPassword
    counters.leave(session, proof.keys, now=now)
    if proof.renewed is not None:
        user.password = proof.renewed
    return user


def change_password(session: Session, *, proof: Proof | Fresh, password: str, now: datetime) -> User:
    """Keep another password (hashed) and end every session; the caller begins a new one for the present browser."""
    user = proven(session, proof=proof, now=now)
    set_password(session, user, password=password, now=now)
    audit.note(session, "account.password", area="account", subject=user.id)
    return user


def change_email(session: Session, *, proof: Proof | Fresh, email: str, now: datetime) -> User:
    """Keep another address, in its normal form. Raises `EmailTaken`."""
    user = proven(session, proof=proof, now=now)
    if user.email != email:
        keep_address(session, user, email=email)
    return user


def keep_address(session: Session, user: User, *, email: str) -> None:
    """Give a user another address, in its normal form. Raises `EmailTaken`."""
    if session.scalar(select(exists().where(User.email == email, User.id != user.id))):
        raise EmailTaken
    user.email = email
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    audit.note(session, "account.email", area="account", by=user.id, role=roles.of(user), subject=user.id)


def ask_deletion(session: Session, *, proof: Proof | Fresh, now: datetime) -> None:
    """End the account's sessions now, for good unless it signs in; `erasing.erase_due` erases it later. Raises `LastAdmin`."""
    roles.lock_admins(session)
    user = proven(session, proof=proof, now=now)
    _keep_one_admin(session, user)
    user.deletion_asked_at = now
    end_everything(session, user)
    audit.note(session, "account.delete", area="account", subject=user.id)


def set_role(session: Session, *, user_id: int, role: str) -> User:
    """Give a user one role in place of what they had; it holds from their next request on.

    Raises `NoSuchAccount`, or `LastAdmin` when nobody would be left to administer.
    """
    roles.lock_admins(session)
    user = _living_user(session, user_id)
    if role != "admin":
        _keep_one_admin(session, user)
    before = roles.of(user)
    if before != role:
        roles.set_only(session, user, role)
        audit.note(session, "people.role", subject=user.id, before=before, after=role)
    return user


def disable(session: Session, *, user_id: int) -> User:
    """Keep a user out until they are enabled, and end their sessions. Raises `NoSuchAccount` or `LastAdmin`."""
    roles.lock_admins(session)
    user = _living_user(session, user_id)
    _keep_one_admin(session, user)
    if user.active:
        user.active = False
        audit.note(session, "people.disable", subject=user.id)
    end_everything(session, user)
    return user


def enable(session: Session, *, user_id: int) -> User:
    """Let a disabled user sign in again, and keep an account that was to be deleted. Raises `NoSuchAccount`."""
    user = _living_user(session, user_id)
    if not user.active or user.deletion_asked_at is not None:
        user.active, user.deletion_asked_at = True, None
        audit.note(session, "people.enable", subject=user.id)
    return user


def end_sessions(session: Session, *, user_id: int) -> int:
    """End every session of a user, who can sign in again; gives how many. Raises `NoSuchAccount`."""
    user = _living_user(session, user_id)
    ended = end_everything(session, user)
    audit.note(session, "people.end_sessions", subject=user.id, count=ended)
    return ended


def reset_link(session: Session, *, user_id: int, now: datetime) -> str:
    """Make a one-time link to a new password, to be handed on; gives its token. Raises `NoSuchAccount`."""
    user = _living_user(session, user_id)
    token = links.make(session, "reset", email=user.email, user=user, now=now)
    audit.note(session, "people.reset_link", subject=user.id)
    return token


def delete_person(session: Session, *, user_id: int, now: datetime) -> User:
    """Keep a user out from now on, and have the account erased in seven days; `enable` takes that back.

    Raises `NoSuchAccount` or `LastAdmin`.
    """
    roles.lock_admins(session)
    user = _living_user(session, user_id)
    _keep_one_admin(session, user)
    user.active, user.deletion_asked_at = False, user.deletion_asked_at or now
    end_everything(session, user)
    audit.note(session, "people.delete", subject=user.id)
    return user


def _living_user(session: Session, user_id: int) -> User:
    user = locked_user(session, user_id)
    if user is None or user.erased_at is not None:
        raise NoSuchAccount
    return user


def _keep_one_admin(session: Session, user: User) -> None:
    if roles.is_admin(user) and not roles.count_admins(session, but=user.id):
        raise LastAdmin


def sweep(session: Session, now: datetime) -> int:
    """Remove sessions, counters and set-up links whose time is over; gives how many rows."""
    write(session)
    gone = counters.sweep(session, now=now)
    gone += mail.sweep(session, now)
    for table in (LoginSession, SetupLink, AccountLink):
        gone += session.execute(delete(table).where(table.expires_at <= now)).rowcount  # type: ignore[attr-defined]
    return gone


def set_password(session: Session, user: User, *, password: str, now: datetime) -> None:
    """Give a user another password (hashed); every session of theirs ends."""
    user.password, user.password_changed_at = password, now
    end_everything(session, user)
    notice(session, user, "password")


def notice(session: Session, user: User, what: str, *, to: str = "", **details: str) -> None:
    """Tell a user by mail of something that happened to their account: `templates/mail/notice_<what>.txt`."""
    mail.put(session, kind="notice", to=to or user.email, user_id=user.id, what=what, **details)


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
