"""Roles: learner, editor, admin. Each user has one, and somebody can always administer."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Role, User, UserRole
from app.db.models.user import ROLES
from app.db.session import write


class LastAdmin(Exception):
    """The portal would be left without an administrator."""


def lock_admins(session: Session) -> None:
    """One change at a time to who administers: two at once could each count on the other. Comes before other locks."""
    write(session)
    session.execute(select(Role.id).where(Role.name == "admin").with_for_update())


def of(user: User) -> str:
    """The highest role a user has."""
    return max((role.name for role in user.roles), key=ROLES.index, default="learner")


def is_admin(user: User) -> bool:
    """Whether a user has the role, whatever else is true of the account."""
    return any(role.name == "admin" for role in user.roles)


def count_admins(session: Session, *, but: int | None = None) -> int:
    """How many administrators can sign in and mean to stay, leaving out the user `but`."""
    condition = (Role.name == "admin") & User.active & User.password.is_not(None) & User.deletion_asked_at.is_(None)
    if but is not None:
        condition &= User.id != but
    found = session.scalar(
        select(func.count(User.id)).join(UserRole, UserRole.user_id == User.id).join(Role).where(condition)
    )
    return found or 0


def set_only(session: Session, user: User, role: str) -> None:
    """Give a user one role in place of what they had."""
    user.roles = [named(session, role)]
    session.flush()


def named(session: Session, name: str) -> Role:
    """The role of this name, one of `app.db.models.user.ROLES`."""
    return session.scalars(select(Role).where(Role.name == name)).one()
