"""Roles, and the last administrator."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.accounts import roles, service
from app.accounts.roles import LastAdmin
from app.accounts.service import NoSuchAccount
from app.db.models import User
from tests.builders import make_user
from tests.integration.accounts.helpers import NOW, proof, together

Leaving = Callable[[Session, User], object]
WAYS: dict[str, Leaving] = {
    "demoted": lambda session, user: service.set_role(session, user_id=user.id, role="editor"),
    "disabled": lambda session, user: service.disable(session, user_id=user.id),
    "deleted": lambda session, user: service.ask_deletion(session, proof=proof(user), now=NOW),
}


@pytest.mark.parametrize("role", ["editor", "admin", "learner"])
def test_a_role_takes_the_place_of_the_one_before(session: Session, role: str) -> None:
    make_user(session, role="admin")
    user = make_user(session, role="editor")
    service.set_role(session, user_id=user.id, role=role)
    session.commit()
    session.expire_all()
    assert [each.name for each in user.roles] == [role]


@pytest.mark.parametrize("way", WAYS)
def test_the_last_administrator_stays(session: Session, way: str) -> None:
    admin = make_user(session, role="admin")
    session.commit()
    with pytest.raises(LastAdmin):
        WAYS[way](session, admin)
    session.rollback()
    session.expire_all()
    assert (admin.active, admin.deletion_asked_at, roles.count_admins(session)) == (True, None, 1)


@pytest.mark.parametrize("other", [{"active": False}, {"password": None}, {"deletion_asked_at": NOW}])
def test_who_cannot_sign_in_or_is_leaving_does_not_count(session: Session, other: dict[str, object]) -> None:
    admin, absent = make_user(session, role="admin"), make_user(session, role="admin")
    for name, value in other.items():
        setattr(absent, name, value)
    session.flush()
    with pytest.raises(LastAdmin):
        service.set_role(session, user_id=admin.id, role="learner")


@pytest.mark.parametrize("way", WAYS)
def test_of_two_administrators_one_may_go(session: Session, way: str) -> None:
    make_user(session, role="admin")
    WAYS[way](session, make_user(session, role="admin"))
    assert roles.count_admins(session) == 1


@pytest.mark.parametrize("way", WAYS)
def test_of_two_that_leave_at_once_one_stays(session: Session, engine: Engine, way: str) -> None:
    ids = [make_user(session, role="admin").id for _ in range(2)]
    session.commit()

    def leave(current: Session, user_id: int) -> object:
        user = current.get_one(User, user_id)
        return WAYS[way](current, user)

    outcomes = together(engine, *[partial(leave, user_id=user_id) for user_id in ids])
    assert sum(isinstance(outcome, LastAdmin) for outcome in outcomes) == 1
    assert roles.count_admins(session) == 1


def test_an_account_that_is_not_there_has_no_role(session: Session) -> None:
    gone = make_user(session, erased_at=NOW)
    for user_id in (gone.id, gone.id + 1):
        for change in (
            partial(service.set_role, role="editor"),
            service.disable,
            service.enable,
        ):
            with pytest.raises(NoSuchAccount):
                change(session, user_id=user_id)
