"""Accounts: made, proven, changed, deleted and erased."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.accounts import erasing, service
from app.accounts.service import AccountDisabled, EmailTaken, WrongPassword
from app.db.models import LoginSession, User
from tests.builders import make_user
from tests.integration.accounts.helpers import NOW, proof, together

register = partial(service.register, password="a hash", zone="Europe/Berlin", now=NOW)


def add_session(session: Session, user: User, name: bytes = b"1", **values: object) -> LoginSession:
    row = LoginSession(token_hash=name * 32, user_id=user.id, created_at=NOW, seen_at=NOW, remembered=False)
    row.expires_at = NOW + timedelta(days=1)
    for key, value in values.items():
        setattr(row, key, value)
    session.add(row)
    session.flush()
    return row


def count_sessions(session: Session) -> int:
    return session.scalar(select(func.count(LoginSession.id))) or 0


def test_a_new_account_is_a_learner_of_its_zone(session: Session) -> None:
    user = register(session, email="ada@example.org")
    assert [role.name for role in user.roles] == ["learner"]
    assert (user.zone, user.active, user.created_at) == ("Europe/Berlin", True, NOW)


def test_an_address_has_one_account(session: Session) -> None:
    register(session, email="ada@example.org")
    session.commit()
    with pytest.raises(EmailTaken):
        register(session, email="ada@example.org")


def test_two_that_register_one_address_at_once_make_one_account(session: Session, engine: Engine) -> None:
    def work(current: Session) -> str:
        return register(current, email="ada@example.org").guid

    outcomes = together(engine, *[work] * 4)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 3
    assert session.scalar(select(func.count(User.id))) == 1


def test_a_proof_is_worth_nothing_once_the_password_is_another(session: Session) -> None:
    user = make_user(session)
    old = proof(user)
    service.set_password(session, user, password="another hash", now=NOW)
    session.commit()
    for change in (
        partial(service.sign_in, session, proof=old, now=NOW),
        partial(service.change_password, session, proof=old, password="x", now=NOW),
        partial(service.change_email, session, proof=old, email="x@example.org", now=NOW),
        partial(service.ask_deletion, session, proof=old, now=NOW),
    ):
        with pytest.raises(WrongPassword):
            change()
        session.rollback()


def test_a_renewed_hash_is_kept_at_sign_in(session: Session) -> None:
    """SECURITY.md 1: rehashed at sign-in when parameters have risen; nothing else about the account changes."""
    user = make_user(session)
    session.commit()
    changed = user.password_changed_at
    service.sign_in(session, proof=replace(proof(user), renewed="a dearer hash"), now=NOW)
    session.commit()
    assert (user.password, user.password_changed_at) == ("a dearer hash", changed)


def test_another_password_ends_every_session(session: Session) -> None:
    """SECURITY.md 6: also what a copied cookie might revive."""
    user, other = make_user(session), make_user(session)
    add_session(session, user, b"1")
    add_session(session, user, b"2", remembered=True)
    add_session(session, other, b"3")
    before = user.fs_uniquifier
    service.change_password(session, proof=proof(user), password="another hash", now=NOW)
    assert user.fs_uniquifier != before
    assert user.password_changed_at == NOW
    assert [row.user_id for row in session.scalars(select(LoginSession))] == [other.id]


def test_an_address_in_use_is_refused_and_ones_own_is_no_change(session: Session) -> None:
    user, other = make_user(session, email="ada@example.org"), make_user(session, email="bea@example.org")
    session.commit()
    with pytest.raises(EmailTaken):
        service.change_email(session, proof=proof(user), email=other.email, now=NOW)
    session.rollback()
    assert service.change_email(session, proof=proof(user), email="ada@example.org", now=NOW).email == "ada@example.org"
    assert (
        service.change_email(session, proof=proof(user), email="ada2@example.org", now=NOW).email == "ada2@example.org"
    )


def test_a_disabled_account_is_kept_out_until_it_is_enabled(session: Session) -> None:
    """SECURITY.md 6: disabling ends every session at once."""
    user = make_user(session)
    add_session(session, user)
    before = user.fs_uniquifier
    service.disable(session, user_id=user.id)
    assert (count_sessions(session), user.fs_uniquifier == before) == (0, False)
    session.commit()
    with pytest.raises(AccountDisabled):
        service.sign_in(session, proof=proof(user), now=NOW)
    session.rollback()
    service.enable(session, user_id=user.id)
    assert service.sign_in(session, proof=proof(user), now=NOW).id == user.id


def test_signing_in_within_seven_days_keeps_the_account(session: Session) -> None:
    user = make_user(session)
    add_session(session, user)
    service.ask_deletion(session, proof=proof(user), now=NOW)
    session.commit()
    assert count_sessions(session) == 0
    later = NOW + service.KEPT_FOR - timedelta(seconds=1)
    assert erasing.erase_due(session, later) == 0
    service.sign_in(session, proof=proof(user), now=later)
    session.commit()
    assert erasing.erase_due(session, NOW + timedelta(days=400)) == 0
    assert user.deletion_asked_at is None


def test_a_disabled_account_does_not_come_back_by_asking_for_deletion(session: Session) -> None:
    user = make_user(session)
    service.ask_deletion(session, proof=proof(user), now=NOW)
    service.disable(session, user_id=user.id)
    session.commit()
    with pytest.raises(AccountDisabled):
        service.sign_in(session, proof=proof(user), now=NOW)
    session.rollback()
    assert erasing.erase_due(session, NOW + service.KEPT_FOR) == 1


def test_whoever_is_over_is_swept(session: Session) -> None:
    user = make_user(session)
    add_session(session, user, b"1", expires_at=NOW)
    kept = add_session(session, user, b"2")
    assert service.sweep(session, NOW) == 1
    assert session.scalars(select(LoginSession)).all() == [kept]


def test_the_id_of_an_ended_session_is_not_used_again(session: Session) -> None:
    """SECURITY.md 6: nor is that of any account."""
    user = make_user(session)
    first = add_session(session, user).id
    service.end_everything(session, user)
    session.commit()
    assert add_session(session, user).id > first
