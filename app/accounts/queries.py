"""Reading accounts: frozen values out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.accounts.service import KEPT_FOR
from app.config import Settings
from app.db.models import Identity, LoginSession, Passkey, Portal, User
from app.web.sessions import FRESH_FOR, Viewer, living


@dataclass(frozen=True, slots=True)
class PortalFacts:
    """The portal's own choices."""

    name: str
    registration: str
    """open, invited or closed."""
    welcome: str
    """Markdown for whoever is not signed in."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose password is to be checked, and against what."""

    user_id: int
    kept: str | None
    leaving: bool
    """Its deletion was asked for."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """One signed-in browser of a user."""

    guid: str
    agent: str
    """As the browser named itself; `app.web.agents` says it in words."""
    address: str
    created_at: datetime
    seen_at: datetime
    remembered_until: datetime | None
    how: str
    """How it was opened: a word of `lately.HOW`; empty for one older than such notes."""
    current: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody who is signed in can show that it is them, and whether they just did."""

    has_password: bool
    passkeys: int
    organisation: bool
    """A provider's identity is connected."""
    proved: bool
    """They did, a short while ago: that stands for the password. With a password, having signed in does not."""


@dataclass(frozen=True, slots=True)
class SecuritySummary:
    """What the settings page says of the account."""

    email: str
    password_changed_at: datetime | None
    sessions: tuple[SessionFacts, ...]
    """The present one first, then the last used."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """How far the deletion of an account has come; both None where it is kept after all."""

    erases_on: datetime | None
    erased_at: datetime | None


def deletion(session: Session, guid: str) -> Deletion | None:
    """When the account with this guid is or was erased; None where there is none."""
    found = select(User.deletion_asked_at, User.erased_at).where(User.guid == guid)
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    asked = row.deletion_asked_at
    return Deletion(None if asked is None else asked + KEPT_FOR, row.erased_at)


def portal(session: Session) -> PortalFacts:
    """The portal's name and who may register."""
    row = session.execute(select(Portal.name, Portal.registration, Portal.welcome)).one()
    return PortalFacts(name=row.name, registration=row.registration, welcome=row.welcome)


def credentials(session: Session, email: str) -> Credentials | None:
    """The kept password of an address in its normal form."""
    row = session.execute(
        select(User.id, User.password, User.deletion_asked_at).where(User.email == email)
    ).one_or_none()
    if row is None:
        return None
    return Credentials(user_id=row.id, kept=row.password, leaving=row.deletion_asked_at is not None)


def credentials_of(session: Session, user_id: int) -> Any:
    """Address, guid and kept password of a user who is being signed in; None where there is none."""
    return session.execute(
        select(User.email, User.guid, User.password.label("kept")).where(User.id == user_id, User.erased_at.is_(None))
    ).one_or_none()


def standing(session: Session, person: Viewer, *, now: datetime) -> Standing:
    """How `person` stands with what shows that it is them."""
    keys = select(func.count(Passkey.id)).where(Passkey.user_id == User.id).scalar_subquery()
    identity = exists().where(Identity.user_id == User.id)
    row = session.execute(
        select(User.password.is_not(None), keys, identity, LoginSession.proved_at, LoginSession.created_at)
        .join_from(User, LoginSession, LoginSession.user_id == User.id)
        .where(LoginSession.id == person.session_id)
    ).one()
    has_password, passkeys, organisation, proved_at, created_at = row
    at = proved_at if has_password else proved_at or created_at
    return Standing(has_password, passkeys, organisation, at is not None and at > now - FRESH_FOR)


def user_id(session: Session, email: str) -> int | None:
    """The id of the account of an address in its normal form."""
    return session.scalar(select(User.id).where(User.email == email))


def sessions_of(session: Session, person: Viewer, *, now: datetime, settings: Settings) -> tuple[SessionFacts, ...]:
    """The living sessions of `person`, the present one first, then the last used."""
    rows = session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == person.id, living(now, settings))
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    ).all()
    facts = [
        SessionFacts(
            guid=row.guid,
            agent=row.agent,
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
            remembered_until=row.expires_at if row.remembered else None,
            how=row.how,
            current=row.id == person.session_id,
        )
        for row in rows
    ]
    return tuple(sorted(facts, key=lambda fact: not fact.current))


def security_summary(session: Session, person: Viewer, *, now: datetime, settings: Settings) -> SecuritySummary:
    """What the settings page says of password, address and sessions."""
    return SecuritySummary(
        email=person.email,
        password_changed_at=session.scalar(select(User.password_changed_at).where(User.id == person.id)),
        sessions=sessions_of(session, person, now=now, settings=settings),
    )
