"""The second factor: codes of an app (TOTP, RFC 6238), and recovery codes that stand in for it.

The app's key is kept encrypted with a key made of SECRET_KEY, older ones of which still decrypt; where none does, an
administrator turns the second factor off. Recovery codes are kept as slow hashes.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from argon2.low_level import Type, hash_secret_raw
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts import passwords, roles
from app.db.models import RecoveryCode, SecondFactor, User
from app.db.session import write
from app.web import audit

CODES = 10
STEP_S = 30
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _LENGTH = 3, 4


class WrongCode(Exception):
    """The code is not right, or was used before."""


@dataclass(frozen=True, slots=True)
class FactorFacts:
    """How an account's second factor stands."""

    on: bool
    since: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A second factor that is being set up."""

    key: str
    """In base 32, in groups of four, to be typed."""
    uri: str
    """For the QR code."""


def facts(session: Session, user_id: int) -> FactorFacts:
    """Whether codes are asked for, and how many recovery codes are left."""
    codes = select(func.count(RecoveryCode.id)).where(RecoveryCode.user_id == user_id).scalar_subquery()
    row = session.execute(select(SecondFactor.confirmed_at, codes).where(SecondFactor.user_id == user_id)).one_or_none()
    if row is None or row[0] is None:
        return FactorFacts(on=False, since=None, codes_left=0)
    return FactorFacts(on=True, since=row[0], codes_left=row[1])


def start(session: Session, *, user_id: int, now: datetime, keys: Sequence[str]) -> None:
    """Begin to set an app up, with a new key; one that is on stays as it is."""
    write(session)
    row = session.get(SecondFactor, user_id)
    if row is not None and row.confirmed_at is not None:
        return
    secret = _box(keys).encrypt(secrets.token_bytes(20))
    if row is None:
        session.add(SecondFactor(user_id=user_id, secret=secret, started_at=now))
    else:
        row.secret, row.started_at = secret, now
    session.flush()


def pending(session: Session, *, user_id: int, email: str, portal: str, keys: Sequence[str]) -> Pending | None:
    """What the app needs to know while it is being set up; None where nothing is."""
    row = session.get(SecondFactor, user_id)
    secret = None if row is None or row.confirmed_at is not None else _opened(row, keys)
    if secret is None:
        return None
    text = base64.b32encode(secret).decode()
    label = quote(f"{portal}:{email}")
    uri = f"otpauth://totp/{label}?secret={text}&issuer={quote(portal)}&algorithm=SHA1&digits=6&period={STEP_S}"
    return Pending(" ".join(text[at : at + 4] for at in range(0, len(text), 4)), uri)


def confirm(session: Session, *, user_id: int, code: str, now: datetime, keys: Sequence[str]) -> None:
    """Ask for codes from now on: the app has just shown one. Raises `WrongCode`."""
    row = _locked(session, user_id)
    if row is None or row.confirmed_at is not None or not _takes(row, code, now, keys):
        raise WrongCode
    row.confirmed_at = now
    session.flush()
    audit.note(session, "account.factor_on", area="account", subject=user_id)


def check(session: Session, *, user_id: int, code: str, now: datetime, keys: Sequence[str]) -> None:
    """Raise `WrongCode` unless `confirm` would take the code: recovery codes are too dear to make for nothing."""
    row = session.get(SecondFactor, user_id)
    if row is None or row.confirmed_at is not None or _step_of(row, code, now, keys) is None:
        raise WrongCode


def make_codes(user_guid: str) -> tuple[list[str], list[bytes]]:
    """New recovery codes and their hashes; takes a second, so before anything is locked."""
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS))
        for _ in range(CODES)
    ]
    return codes, [code_hash(user_guid, code) for code in codes]


def keep_codes(session: Session, *, user_id: int, hashes: Sequence[bytes], now: datetime) -> None:
    """Keep new recovery codes; the ones before end."""
    write(session)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=one, created_at=now) for one in hashes)
    audit.note(session, "account.recovery_codes", area="account", subject=user_id)


def turn_off(session: Session, *, user_id: int, by_admin: bool = False) -> bool:
    """Ask for no codes any more; gives whether any were asked for, or were about to be."""
    write(session)
    gone = session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id)).rowcount  # type: ignore[attr-defined]
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    if gone:
        action, area = ("people.factor_off", "people") if by_admin else ("account.factor_off", "account")
        audit.note(session, action, area=area, subject=user_id)
    return bool(gone)


def code_hash(user_guid: str, code: str) -> bytes:
    """What is kept of a recovery code, however it was typed. As slow as a password's."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    salt = hashlib.sha256(f"recovery {user_guid}".encode()).digest()[:16]
    return hash_secret_raw(
        plain.encode(), salt, passwords.TIME_COST, passwords.MEMORY_KIB, passwords.PARALLELISM, 32, Type.ID
    )


def is_app_code(code: str) -> bool:
    """Whether this is what an app shows, and no recovery code."""
    return len(_digits(code)) == 6 and code.isascii()


def take(
    session: Session, *, user: User, code: str, recovery: bytes | None, now: datetime, keys: Sequence[str]
) -> None:
    """Take a code of the app, or a recovery code by its hash, once. Raises `WrongCode`."""
    if recovery is not None:
        condition = (RecoveryCode.user_id == user.id) & (RecoveryCode.code_hash == recovery)
        if not session.execute(delete(RecoveryCode).where(condition)).rowcount:  # type: ignore[attr-defined]
            raise WrongCode
        audit.note(session, "account.recovery_used", area="account", by=user.id, role=roles.of(user), subject=user.id)
        return
    row = _locked(session, user.id)
    if row is None or row.confirmed_at is None or not _takes(row, code, now, keys):
        raise WrongCode
    session.flush()


def renew(session: Session, *, keys: Sequence[str]) -> dict[str, int]:
    """Encrypt with the present SECRET_KEY what only a former one opens, so that the former can be forgotten."""
    renewed = 0
    write(session)
    for row in session.scalars(select(SecondFactor).with_for_update(skip_locked=True)) if keys[1:] else ():
        if _opened(row, keys[:1]) is None and _opened(row, keys) is not None:
            row.secret, renewed = _box(keys).rotate(row.secret), renewed + 1
    session.flush()
    return {"second factors encrypted anew": renewed}


def _takes(row: SecondFactor, code: str, now: datetime, keys: Sequence[str]) -> bool:
    """Take a code that the app shows now, once."""
    step = _step_of(row, code, now, keys)
    if step is not None:
        row.last_step = step
    return step is not None


def _step_of(row: SecondFactor, code: str, now: datetime, keys: Sequence[str]) -> int | None:
    """The half-minute of this code: now, the one before or the next; the clock of a phone may be off."""
    secret, step = _opened(row, keys), int(now.timestamp()) // STEP_S
    if secret is None or not is_app_code(code):
        return None
    hotp = HOTP(secret, 6, SHA1())  # noqa: S303  # what every app computes; HMAC does not need more
    for one in (step - 1, step, step + 1):
        if one > row.last_step and hmac.compare_digest(hotp.generate(one), _digits(code).encode()):
            return one
    return None


def _digits(code: str) -> str:
    return "".join(letter for letter in code if letter.isdigit()) if not any(map(str.isalpha, code)) else ""


def _locked(session: Session, user_id: int) -> SecondFactor | None:
    write(session)
    return session.scalars(
        select(SecondFactor)
        .where(SecondFactor.user_id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _opened(row: SecondFactor, keys: Sequence[str]) -> bytes | None:
    try:
        return _box(keys).decrypt(row.secret)
    except InvalidToken:
        return None


def _box(keys: Sequence[str]) -> MultiFernet:
    made = (hmac.new(key.encode(), b"second factor", hashlib.sha256).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in made])
