"""Limits on guessing: rows, exact, and never a lock on the owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.accounts import counters
from app.accounts.counters import FREE, LONGEST_WAIT_S, PRESSURE, Key, TooManyTries
from app.db.models import SignInCounter
from tests.integration.accounts.helpers import NOW, together

SECRET = "s" * 32


def keys(account: str = "ada@example.org", address: str = "192.0.2.1") -> tuple[Key, ...]:
    return counters.sign_in_keys(SECRET, account=account, address=address)


def tries(session: Session, count: int, of: Sequence[Key], now: datetime = NOW) -> int:
    """Try so often; gives how many tries were taken."""
    taken = 0
    for _ in range(count):
        try:
            counters.enter(session, of, now=now)
            taken += 1
        except TooManyTries:
            pass
        session.commit()
    return taken


def test_ten_tries_are_free_and_then_waits_grow(session: Session) -> None:
    assert tries(session, 30, keys()) == FREE["pair"]
    now, waits = NOW, []
    for _ in range(7):
        with pytest.raises(TooManyTries) as refused:
            counters.enter(session, keys(), now=now)
        waits.append(refused.value.wait)
        now += refused.value.after
        counters.enter(session, keys(), now=now)
        session.commit()
    assert waits == [15, 30, 60, 120, 240, LONGEST_WAIT_S, LONGEST_WAIT_S]


def test_limits_are_exact_over_processes(session: Session, engine: Engine) -> None:
    """SECURITY.md 18: tries of many workers at once are counted one by one."""

    def one(current: Session) -> bool:
        counters.enter(current, keys(), now=NOW)
        return True

    outcomes = together(engine, *[one] * 16)
    assert sum(outcome is True for outcome in outcomes) == FREE["pair"]
    assert sum(isinstance(outcome, TooManyTries) for outcome in outcomes) == 16 - FREE["pair"]


def test_a_right_password_takes_its_try_back(session: Session) -> None:
    tries(session, 9, keys())
    counters.enter(session, keys(), now=NOW)
    counters.leave(session, keys(), now=NOW)
    session.commit()
    assert tries(session, 30, keys()) == FREE["pair"]


def test_the_owner_is_not_locked_out_by_whoever_guesses(session: Session) -> None:
    """SECURITY.md 18: however many tries from however many places, another place has a try of its own."""
    for number in range(PRESSURE + 20):
        tries(session, 2, keys(address=f"198.51.100.{number}"))
    assert tries(session, 5, keys(address="203.0.113.9")) == 1
    assert tries(session, 5, keys(address="203.0.113.9"), NOW + timedelta(seconds=LONGEST_WAIT_S)) == 1


def test_one_place_that_tries_many_accounts_waits(session: Session) -> None:
    taken = sum(tries(session, 1, keys(account=f"user{n}@example.org")) for n in range(FREE["address"] + 20))
    assert taken == FREE["address"]
    assert tries(session, 1, keys(address="203.0.113.9")) == 1


def test_a_household_of_ipv6_is_one_place(session: Session) -> None:
    taken = sum(tries(session, 1, keys(address=f"2001:db8:1:2::{n:x}")) for n in range(30))
    assert taken == FREE["pair"]
    assert tries(session, 1, keys(address="2001:db8:1:3::1")) == 1


def test_after_an_hour_tries_are_free_again(session: Session) -> None:
    tries(session, 20, keys())
    assert tries(session, 20, keys(), NOW + counters.WINDOW) == FREE["pair"]


def test_counters_name_nobody_and_are_swept(session: Session) -> None:
    tries(session, 1, keys())
    kept = session.scalars(select(SignInCounter)).all()
    assert {row.kind for row in kept} == {"account", "address", "pair"}
    assert all(len(row.key_hash) == 32 for row in kept)
    assert counters.sweep(session, now=NOW + counters.WINDOW) == 0
    assert counters.sweep(session, now=NOW + 3 * counters.WINDOW) == 3
    assert session.scalar(select(func.count()).select_from(SignInCounter)) == 0
