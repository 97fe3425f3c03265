"""The one-time link that makes an administrator."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.accounts import queries, roles, service, setup
from app.accounts.links import LinkSpent
from app.accounts.setup import LINK_LIVES
from app.db.models import SetupLink, User
from tests.builders import make_user
from tests.integration.accounts.helpers import NOW, together

set_up = partial(setup.set_up, site="Notes", registration="closed", email="ada@example.org", password="a hash", now=NOW)


def link(session: Session) -> str:
    token = setup.make_setup_link(session, NOW)
    session.commit()
    return token


def test_a_fresh_portal_has_no_account_at_all(session: Session) -> None:
    """SECURITY.md 5: no default administrator, no default password."""
    assert session.scalars(select(User)).all() == []
    assert not setup.has_admin(session)


def test_a_link_makes_the_administrator_and_names_the_portal(session: Session) -> None:
    """SECURITY.md 5."""
    user = set_up(session, token=link(session))
    assert roles.is_admin(user)
    assert setup.has_admin(session)
    assert queries.portal(session) == queries.PortalFacts(name="Notes", registration="closed", welcome="")


def test_a_link_is_random_and_kept_only_as_a_hash(session: Session) -> None:
    """SECURITY.md 5: 256 bits, of which the database could give nothing away."""
    first, second = link(session), link(session)
    assert first != second
    assert min(len(first), len(second)) >= 43
    kept = session.scalars(select(SetupLink)).all()
    assert all(first.encode() not in row.token_hash and len(row.token_hash) == 32 for row in kept)


def test_a_link_works_once_and_ends_the_others(session: Session) -> None:
    """SECURITY.md 4."""
    other, token = link(session), link(session)
    set_up(session, token=token)
    session.commit()
    for spent in (token, other):
        with pytest.raises(LinkSpent):
            set_up(session, token=spent, email="bea@example.org")
        session.rollback()
    assert roles.count_admins(session) == 1


def test_a_link_ends_after_an_hour(session: Session) -> None:
    """SECURITY.md 4."""
    token = link(session)
    assert setup.expiry(session, token, now=NOW + LINK_LIVES - timedelta(seconds=1)) == NOW + LINK_LIVES
    with pytest.raises(LinkSpent):
        setup.expiry(session, token, now=NOW + LINK_LIVES)
    with pytest.raises(LinkSpent):
        set_up(session, token=token, now=NOW + LINK_LIVES)
    service.sweep(session, NOW + LINK_LIVES)
    assert session.scalars(select(SetupLink)).all() == []


def test_one_link_used_twice_at_once_makes_one_administrator(session: Session, engine: Engine) -> None:
    """SECURITY.md 4."""
    token = link(session)
    works = [partial(set_up, token=token, email=f"user{n}@example.org") for n in range(3)]
    outcomes = together(engine, *works)
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LinkSpent) for outcome in outcomes) == 2
    assert roles.count_admins(session) == 1


@pytest.mark.parametrize("values", [{}, {"active": False}, {"deletion_asked_at": NOW}, {"role": "admin"}])
def test_a_link_is_the_way_back_for_an_account_that_is_there(session: Session, values: dict[str, object]) -> None:
    user = make_user(session, email="ada@example.org", **values)  # type: ignore[arg-type]
    before = user.fs_uniquifier
    token = link(session)
    assert set_up(session, token=token).id == user.id
    assert (user.active, user.deletion_asked_at, user.password, roles.is_admin(user)) == (True, None, "a hash", True)
    assert user.fs_uniquifier != before
