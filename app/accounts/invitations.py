"""Invitations: links with which accounts can be made."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.db.models import Invitation, Portal
from app.db.session import write
from app.web import audit
from app.web.sessions import token_hash

MOST_USES = 500
DAYS = (1, 7, 30, 90)


class InvitationSpent(Exception):
    """The link was used up, has expired, was taken back, or never was one; or nobody may register at present."""


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """An invitation as administrators see it; its link is known to nobody any more."""

    guid: str
    role: str
    note: str
    uses: int
    used: int
    created_at: datetime
    expires_at: datetime


def invite(
    session: Session, *, role: str, uses: int, days: int, now: datetime, by_id: int | None = None, note: str = ""
) -> str:
    """Make an invitation to `role` (learner or editor) for `uses` accounts and `days`; gives its token."""
    write(session)
    token = secrets.token_urlsafe(24)
    made = Invitation(
        token_hash=token_hash(token),
        role=role,
        uses=uses,
        note=note,
        created_by_id=by_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    audit.note(
        session,
        "people.invite",
        thing="invitation",
        guid=made.guid,
        label=note,
        invited_as=role,
        uses=uses,
        days=days,
    )
    return token


def revoke(session: Session, *, guid: str, now: datetime) -> bool:
    """End an invitation; gives whether it was open until now."""
    write(session)
    found = session.scalars(
        select(Invitation).where(Invitation.guid == guid, _open(now)).with_for_update()
    ).one_or_none()
    if found is None:
        return False
    found.revoked_at = now
    audit.note(session, "people.revoke_invitation", thing="invitation", guid=guid)
    return True


def open_ones(session: Session, now: datetime) -> tuple[InvitationFacts, ...]:
    """The invitations that still hold, the newest first."""
    rows = session.scalars(select(Invitation).where(_open(now)).order_by(Invitation.id.desc()))
    return tuple(
        InvitationFacts(
            guid=row.guid,
            role=row.role,
            note=row.note,
            uses=row.uses,
            used=row.used,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows
    )


def facts(session: Session, token: str, *, now: datetime) -> InvitationFacts:
    """What an invitation is to, by the token of its link. Raises `InvitationSpent`."""
    return _facts(session, Invitation.token_hash == token_hash(token), now)


def _facts(session: Session, which: ColumnElement[bool], now: datetime) -> InvitationFacts:
    row = session.scalar(select(Invitation).where(which, _open(now)))
    if row is None or session.scalar(select(Portal.registration)) == "closed":
        raise InvitationSpent
    return InvitationFacts(row.guid, row.role, row.note, row.uses, row.used, row.created_at, row.expires_at)


def take(session: Session, guid: str, *, now: datetime) -> InvitationFacts:
    """Use an invitation for one account. Two at once cannot have the same last place. Raises `InvitationSpent`."""
    write(session)
    lock = select(Invitation).where(Invitation.guid == guid).with_for_update()
    row = session.scalars(lock.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise InvitationSpent
    found = _facts(session, Invitation.guid == guid, now)
    row.used += 1
    session.flush()
    return found


def _open(now: datetime) -> ColumnElement[bool]:
    return (Invitation.expires_at > now) & Invitation.revoked_at.is_(None) & (Invitation.used < Invitation.uses)
