"""Limits on guessing: rows, so that they survive a restart and are exact over all processes.

A try is counted before the password is hashed and taken back when it was right. What makes somebody wait is the pair
of account and client address, and the client address alone. The account alone never does: whoever guesses at an account
from everywhere only lowers the free tries of each new address to one, so that its owner always has a try of their own.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.models import SignInCounter
from app.db.session import write

Kind = Literal["account", "address", "pair", "register"]

WINDOW = timedelta(hours=1)
FREE = {"pair": 10, "address": 100, "register": 20}
"""Tries of one window that nobody has to wait for."""
FIRST_WAIT_S = 15
LONGEST_WAIT_S = 300
PRESSURE = 50
"""Tries at one account from anywhere, after which each address has one free try at it instead of ten."""


class TooManyTries(Exception):
    """Wait before the next try: `wait` seconds. Nothing was tried, and nothing is locked."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Wait {wait} s.")
        self.wait = wait

    @property
    def after(self) -> timedelta:
        """The wait as a duration."""
        return timedelta(seconds=self.wait)


@dataclass(frozen=True, slots=True)
class Key:
    """One counter: its kind, and an HMAC of what it counts."""

    kind: Kind
    hash: bytes


def network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one household of IPv6 has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _key(secret: str, kind: Kind, *parts: str) -> Key:
    text = "\x00".join((kind, *parts))
    return Key(kind, hmac.new(secret.encode(), text.encode("utf-8", "replace"), hashlib.sha256).digest())


def sign_in_keys(secret: str, *, account: str, address: str) -> tuple[Key, ...]:
    """The counters of one try to sign in. `account` is what was typed, in its normal form, known here or not."""
    client = network(address)
    return (
        _key(secret, "account", account),
        _key(secret, "address", client),
        _key(secret, "pair", account, client),
    )


def register_keys(secret: str, *, address: str) -> tuple[Key, ...]:
    """The counter of one try to register: it could ask which addresses have accounts."""
    return (_key(secret, "register", network(address)),)


def reset_keys(secret: str, *, address: str) -> tuple[Key, ...]:
    """The counter of one try to have a link sent: each brings a mail to somebody."""
    return (_key(secret, "register", "reset", network(address)),)


def enter(session: Session, keys: Sequence[Key], *, now: datetime) -> None:
    """Count one try. Raises `TooManyTries`, counting nothing, when it must wait. Commit before hashing."""
    rows = _locked(session, keys, now)
    waits = [row.blocked_until - now for row in rows if row.blocked_until is not None and row.blocked_until > now]
    if waits:
        raise TooManyTries(ceil(max(waits).total_seconds()))
    pressed = False
    for row in rows:
        if now - row.window_start >= WINDOW:
            row.window_start, row.failures = now, 0
        row.failures += 1
        row.blocked_until = None
        pressed = pressed or (row.kind == "account" and row.failures > PRESSURE)
    for row in rows:
        free = 1 if pressed and row.kind == "pair" else FREE.get(row.kind)
        if free is not None and row.failures >= free:
            row.blocked_until = now + timedelta(seconds=_wait(row.failures - free))
    session.flush()


def leave(session: Session, keys: Sequence[Key], *, now: datetime) -> None:
    """The try was right: take it back. The pair starts anew; an address keeps what it did to other accounts."""
    for row in _locked(session, keys, now):
        row.failures = 0 if row.kind == "pair" else max(0, row.failures - 1)
        if row.failures < FREE.get(row.kind, 0):
            row.blocked_until = None
    session.flush()


def sweep(session: Session, *, now: datetime) -> int:
    """Remove counters whose time is over; gives how many."""
    write(session)
    gone = session.execute(delete(SignInCounter).where(SignInCounter.window_start < now - 2 * WINDOW))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]


def _wait(beyond: int) -> int:
    return min(LONGEST_WAIT_S, FIRST_WAIT_S << min(beyond, 10))


def _locked(session: Session, keys: Sequence[Key], now: datetime) -> list[SignInCounter]:
    """The rows of `keys`, made where missing and locked, in one order so that two tries cannot block each other."""
    write(session)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows: list[SignInCounter] = []
    for key in sorted(keys, key=lambda key: (key.kind, key.hash)):
        session.execute(
            insert(SignInCounter)
            .values(kind=key.kind, key_hash=key.hash, failures=0, window_start=now)
            .on_conflict_do_nothing()
        )
        rows.append(
            session.execute(
                select(SignInCounter)
                .where(SignInCounter.kind == key.kind, SignInCounter.key_hash == key.hash)
                .with_for_update()
                .execution_options(populate_existing=True)
            ).scalar_one()
        )
    return rows
