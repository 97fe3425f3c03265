"""What people do with their account by mail.

What is asked for an address is the same row whether an account has it or not: only the sender, later and out of sight,
looks. So the answer cannot tell, nor can the time it takes.
"""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import links, roles, service
from app.accounts.counters import Key
from app.accounts.invitations import InvitationSpent
from app.accounts.links import LinkSpent
from app.accounts.service import Fresh, NoSuchAccount, Proof
from app.db.models import Mail, Portal, User
from app.web import audit, mail
from app.web.smtp import Letter

log = structlog.get_logger()


def ask_registration(
    session: Session, *, email: str, password: str, zone: str, target: str, invitation: str = ""
) -> None:
    """Have a link sent that finishes a registration; whoever has an account already is told so. `password` is hashed.

    `invitation` is the guid of one; it is used up when the account is made.
    """
    mail.put(session, kind="register", to=email, password=password, zone=zone, target=target, invitation=invitation)
    log.info("registration asked")


def finish_registration(session: Session, *, token: str, now: datetime, keys: tuple[Key, ...]) -> User:
    """Make the account that a link confirms.

    Raises `LinkSpent`, also when the address got an account meanwhile, or nobody may register any more.
    """
    link = links.use(session, "register", token, now=now)
    invitation = str(link.payload.get("invitation", ""))
    if not invitation and session.scalar(select(Portal.registration)) != "open":
        raise LinkSpent
    try:
        return service.register(
            session,
            email=link.email,
            password=link.payload["password"],
            zone=link.payload["zone"],
            now=now,
            keys=keys,
            invitation=invitation,
        )
    except (service.EmailTaken, InvitationSpent) as error:
        raise LinkSpent from error


def ask_reset(session: Session, *, email: str) -> None:
    """Have a link sent that sets a new password, if the address has an account."""
    mail.put(session, kind="reset", to=email)
    log.info("reset asked")


def reset(session: Session, *, token: str, password: str, now: datetime) -> User:
    """Set a new password (hashed) by a link; every session ends. Raises `LinkSpent`."""
    link = links.use(session, "reset", token, now=now)
    user = _of(session, link)
    service.set_password(session, user, password=password, now=now)
    audit.note(session, "account.reset", area="account", by=user.id, role=roles.of(user), subject=user.id)
    return user


def ask_address(session: Session, *, proof: Proof | Fresh, email: str, now: datetime) -> None:
    """Have a link sent to a new address that makes it the account's. Raises `WrongPassword`."""
    user = service.proven(session, proof=proof, now=now)
    if user.email != email:
        mail.put(session, kind="address", to=email, user_id=user.id)
        log.info("address change asked", user=user.guid)


def change_address(session: Session, *, token: str, now: datetime) -> User:
    """Make the address that a link confirms the account's; the old one is told. Raises `LinkSpent` or `EmailTaken`."""
    link = links.use(session, "address", token, now=now)
    user = _of(session, link)
    old = user.email
    service.keep_address(session, user, email=link.email)
    service.notice(session, user, "address", to=old, new=link.email)
    return user


def _of(session: Session, link: links.OpenLink) -> User:
    user = service.locked_user(session, link.user_id or 0)
    if user is None or user.erased_at is not None:
        raise NoSuchAccount
    return user


def _account(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email, User.active, User.erased_at.is_(None)))


def write_registration(session: Session, row: Mail, now: datetime) -> Letter | None:
    """The mail that finishes a registration, or says that there is an account already."""
    user = _account(session, row.to_address)
    if user is not None:
        token = links.make(session, "reset", email=user.email, user=user, now=now)
        return mail.written("registered", reset=mail.link("accounts.reset", token=token), sign_in=_sign_in())
    if session.scalar(select(User.id).where(User.email == row.to_address)) is not None:
        return None
    token = links.make(session, "register", email=row.to_address, payload=row.details, now=now)
    return mail.written("register", link=mail.link("accounts.confirm", token=token), email=row.to_address)


def write_reset(session: Session, row: Mail, now: datetime) -> Letter | None:
    """The mail with the link to a new password; none where no account has the address."""
    user = _account(session, row.to_address)
    if user is None:
        return None
    token = links.make(session, "reset", email=user.email, user=user, now=now)
    return mail.written("reset", link=mail.link("accounts.reset", token=token), email=user.email)


def write_address(session: Session, row: Mail, now: datetime) -> Letter | None:
    """The mail that confirms a new address, or says that another account has it."""
    user = session.get(User, row.user_id) if row.user_id else None
    if user is None or not user.active:
        return None
    if session.scalar(select(User.id).where(User.email == row.to_address)) is not None:
        return mail.written("address_taken", email=row.to_address, sign_in=_sign_in())
    token = links.make(session, "address", email=row.to_address, user=user, now=now)
    return mail.written("address", link=mail.link("accounts.confirm_address", token=token), new=row.to_address)


def write_notice(_session: Session, row: Mail, _now: datetime) -> Letter:
    """A notice of something that happened to an account."""
    return mail.written(
        f"notice_{row.details['what']}",
        reset=mail.link("accounts.forgot"),
        security=mail.link("accounts.security"),
        **{name: value for name, value in row.details.items() if name != "what"},
    )


def _sign_in() -> str:
    return mail.link("security.login")
