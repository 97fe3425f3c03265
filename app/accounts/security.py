"""Flask-Security, set up for this portal, and the way into and out of a browser's session.

Of Flask-Security come the user model's mixins, the login state, its signals, and later its second factors and passkeys.
Its own views are not registered: ours check limits before hashing, hash before they write, and end in one commit.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_login import UserMixin
from flask_security import FSQLALiteUserDatastore, MailUtil, PasswordUtil, Security
from flask_security.utils import login_user, logout_user
from sqlalchemy.orm import Session

from app.accounts import addresses, by_mail, counters, erasing, factors, oidc, passkeys, passwords, queries, service
from app.accounts.counters import Key
from app.accounts.factors import WrongCode
from app.accounts.links import OpenLink
from app.accounts.passkeys import BadPasskey, Site
from app.accounts.service import AccountDisabled, Proof, WrongPassword
from app.config import Settings
from app.db.models import Role, User
from app.web import clock, jobs, mail, sessions
from app.web.database import db, session, transact
from app.web.sessions import Viewer, viewer

log = structlog.get_logger()


class _Person(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """The signed-in person as Flask-Login knows them: taken from the request's one statement, no ORM user."""

    def __init__(self, person: Viewer, uniquifier: str) -> None:
        self.id = person.id
        self.email = person.email
        self.fs_uniquifier = uniquifier

    def get_id(self) -> str:
        return self.fs_uniquifier


class _Addresses(MailUtil):
    """Addresses in our normal form, wherever Flask-Security asks for one."""

    def normalize(self, email: str) -> str:
        return addresses.normalise(email)

    def validate(self, email: str) -> str:
        return addresses.normalise(email)


class _Passwords(PasswordUtil):
    """Our rules for passwords, wherever Flask-Security asks for one."""

    def normalize(self, password: str) -> str:
        return passwords.normalised(password)

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        words = [queries.portal(session()).name, "reprise", str(kwargs.get("email") or "")]
        found = passwords.fault(password, words=words)
        return ([found] if found else None), passwords.normalised(password)


def init_app(app: Flask) -> None:
    """Set Flask-Security up: Argon2id alone, no tokens, no mail, no cookie of its own, no views."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  # the name of the algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__time_cost": passwords.TIME_COST,
            "argon2__memory_cost": passwords.MEMORY_KIB,
            "argon2__parallelism": passwords.PARALLELISM,
        },
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    security = Security(
        app,
        FSQLALiteUserDatastore(db, User, Role),
        register_blueprint=False,
        mail_util_cls=_Addresses,
        password_util_cls=_Passwords,
    )
    security.principal.identity_loaders.clear()  # it would load the user on every request, style sheets included
    manager = security.login_manager
    manager.session_protection = None
    manager.user_loader(_load)
    manager.request_loader(lambda _request: None)
    passwords.prepare()
    oidc.init_app(app, app.config["REPRISE_SETTINGS"])
    app.jinja_env.globals["organisation"] = oidc.name
    jobs.periodically(app, "accounts", every=timedelta(hours=1), chore=erasing.keep_house)
    keys = app.config["REPRISE_SETTINGS"].secret_keys
    jobs.periodically(
        app, "second factors", every=timedelta(hours=1), chore=lambda s, _now: factors.renew(s, keys=keys)
    )
    mail.kind(app, "register", by_mail.write_registration, at_most=3)
    mail.kind(app, "reset", by_mail.write_reset, at_most=3)
    mail.kind(app, "address", by_mail.write_address, at_most=3)
    mail.kind(app, "notice", by_mail.write_notice)


def _load(uniquifier: str) -> _Person | None:
    person = viewer()
    return None if person is None else _Person(person, uniquifier)


def settings() -> Settings:
    """The portal's settings."""
    found: Settings = current_app.config["REPRISE_SETTINGS"]
    return found


def client() -> str:
    """The address of whoever asks; a forwarded one only where a proxy is trusted."""
    return request.remote_addr or ""


def prove(email: str, password: str) -> Proof:
    """Check a password: first the limits, then the hash, with nothing locked meanwhile.

    Known and unknown accounts take the same steps. Raises `TooManyTries` or `WrongPassword`.
    """
    try:
        address = addresses.normalise(email)
    except addresses.BadAddress:
        address = email.strip().lower()[:254]
    keys = counters.sign_in_keys(settings().secret_key, account=address, address=client())
    now = clock.now()
    transact(lambda s: counters.enter(s, keys, now=now))
    found = queries.credentials(session(), address.replace("\x00", ""))
    session().rollback()
    kept = found.kept if found else None
    if not passwords.matches(password, kept) or found is None or kept is None:
        failed("password", "wrong", account_known=found is not None)
        raise WrongPassword
    renewed = passwords.hashed(password) if passwords.outdated(kept) else None
    return Proof(user_id=found.user_id, kept=kept, renewed=renewed, keys=keys, leaving=found.leaving)


def failed(how: str, why: str, **facts: Any) -> None:
    """Log that somebody did not get in: what they tried it with (a word of `lately.HOW`), and why it was not enough."""
    log.info("sign-in failed", how=how, why=why, address=client(), **facts)


def count_registration() -> Sequence[Key]:
    """Count a try to register, which could ask who has an account; gives the counters. Raises `TooManyTries`."""
    keys, now = counters.register_keys(settings().secret_key, address=client()), clock.now()
    transact(lambda current: counters.enter(current, keys, now=now))
    return keys


def count_reset() -> None:
    """Count a try to have a link sent. Raises `TooManyTries`."""
    keys, now = counters.reset_keys(settings().secret_key, address=client()), clock.now()
    transact(lambda current: counters.enter(current, keys, now=now))


def prove_registration(link: OpenLink, password: str) -> tuple[Key, ...]:
    """Check the password that a registration was asked for with; gives the counters it was counted in.

    Whoever opens the link has the mailbox; whoever asked knows the password. Only one who is both gets the account: a
    stranger cannot have somebody confirm an account that the stranger has the password of.
    """
    keys = counters.sign_in_keys(settings().secret_key, account=link.email, address=client())
    transact(lambda s: counters.enter(s, keys, now=clock.now()))
    session().rollback()
    if not passwords.matches(password, str(link.payload.get("password", ""))):
        failed("register", "wrong")
        raise WrongPassword
    return keys


def enter(work: Callable[[Session], User], *, remembered: bool, how: str = "password") -> User:
    """Run `work`, which says who it is, and begin a new session of this browser for them; one commit.

    `how` is a word of `lately.HOW`.
    """

    def whole(current: Session) -> tuple[User, str]:
        user = work(current)
        return user, sessions.start(current, user_id=user.id, remembered=remembered, how=how)

    try:
        user, token = transact(whole)
    except AccountDisabled:
        failed(how, "disabled")
        raise
    sessions.forget()
    login_user(user, remember=False)
    sessions.hand_out(token, remembered=remembered)
    return user


def leave() -> None:
    """End this browser's session and empty its cookie."""
    transact(sessions.end_current)
    empty()


def empty() -> None:
    """Empty the cookie of a browser whose session has ended."""
    logout_user()
    sessions.forget()
    g.pop("_login_user", None)


WAITS_FOR_CODE = timedelta(minutes=5)
CHALLENGE_HOLDS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who gave the right password and is to give a code."""

    user_id: int
    kept: str
    """A mark of the password's hash: a new password ends the waiting."""
    remembered: bool
    target: str


def wait_for_code(proof: Proof, *, remembered: bool, target: str) -> None:
    """Note in this browser's cookie that the password was right; nobody is signed in yet."""
    sessions.forget()
    mark = _mark(proof.kept)
    cookie["waiting"] = [proof.user_id, mark, clock.now().timestamp(), remembered, target]


def waiting() -> Waiting | None:
    """Who is to give a code in this browser, if that is not long ago."""
    kept = cookie.get("waiting")
    if not isinstance(kept, list) or clock.now().timestamp() - kept[2] > WAITS_FOR_CODE.total_seconds():
        return None
    return Waiting(kept[0], kept[1], bool(kept[3]), str(kept[4]))


def enter_by_code(who: Waiting, code: str) -> int | None:
    """Sign in with the second factor; gives how many recovery codes are left if one was used.

    A try is counted like one at the password, before anything is hashed. Raises `TooManyTries`, `WrongCode`,
    `WrongPassword` or `AccountDisabled`.
    """
    found = queries.credentials_of(session(), who.user_id)
    if found is None or found.kept is None or _mark(found.kept) != who.kept:
        raise WrongPassword
    keys = counters.sign_in_keys(settings().secret_key, account=found.email, address=client())
    now = clock.now()
    transact(lambda s: counters.enter(s, keys, now=now))
    recovery = None if factors.is_app_code(code) else factors.code_hash(found.guid, code)
    proof = Proof(user_id=who.user_id, kept=found.kept, renewed=None, keys=keys)
    how = "recovery code" if recovery else "code"

    def work(current: Session) -> User:
        user = service.proven(current, proof=proof, now=now)
        factors.take(current, user=user, code=code, recovery=recovery, now=now, keys=settings().secret_keys)
        return service.let_in(current, user, now=now, how=how)

    try:
        enter(work, remembered=who.remembered, how=how)
    except WrongCode:
        failed("code", "wrong", user=who.user_id)
        raise
    return factors.facts(session(), who.user_id).codes_left if recovery else None


def _mark(kept: str) -> str:
    return hashlib.sha256(kept.encode()).hexdigest()[:32]


def _tell(current: Session, user_id: int) -> None:
    user = current.get(User, user_id)
    if user is not None:
        service.notice(current, user, "factor")


def turn_factor_on(
    current: Session, *, user_id: int, code: str, hashes: Sequence[bytes], now: datetime, keys: Sequence[str]
) -> None:
    """Ask for codes from now on, and keep recovery codes. Raises `WrongCode`."""
    factors.confirm(current, user_id=user_id, code=code, now=now, keys=keys)
    keep_codes(current, user_id=user_id, hashes=hashes, now=now)


def keep_codes(current: Session, *, user_id: int, hashes: Sequence[bytes], now: datetime) -> None:
    """Keep new recovery codes, and tell their owner."""
    factors.keep_codes(current, user_id=user_id, hashes=hashes, now=now)
    _tell(current, user_id)


def turn_factor_off(current: Session, *, user_id: int, by_admin: bool = False) -> bool:
    """Ask for no codes any more, and tell the owner; gives whether that changed anything."""
    changed = factors.turn_off(current, user_id=user_id, by_admin=by_admin)
    if changed:
        _tell(current, user_id)
    return changed


def add_passkey(current: Session, *, user_id: int, **made: Any) -> None:
    """Keep a passkey, and tell its owner. Raises `BadPasskey`."""
    passkeys.add(current, user_id=user_id, **made)
    _tell(current, user_id)


def remove_passkey(current: Session, *, user_id: int, guid: str) -> bool:
    """Take a passkey's right away, and tell its owner; gives whether there was one."""
    gone = passkeys.remove(current, user_id=user_id, guid=guid)
    if gone:
        _tell(current, user_id)
    return gone


def site() -> Site:
    """The host that passkeys belong to: the one that readers use, not one that a request claims."""
    parts = urlsplit(settings().base_url or request.host_url)
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def remember_challenge(challenge: bytes) -> None:
    """Keep what a passkey is to sign, in this browser's signed cookie, for a few minutes."""
    cookie["challenge"] = [base64.b64encode(challenge).decode(), clock.now().timestamp()]


def challenge() -> bytes:
    """What the passkey of this browser was to sign, once; nothing that any could have signed if that is long ago."""
    kept = cookie.pop("challenge", None)
    if not isinstance(kept, list) or clock.now().timestamp() - kept[1] > CHALLENGE_HOLDS.total_seconds():
        raise BadPasskey
    return base64.b64decode(kept[0])


def enter_by_passkey(credential: str, *, remembered: bool) -> None:
    """Sign in with a passkey. Raises `BadPasskey` or `AccountDisabled`."""
    signed = _signed(credential)
    enter(lambda s: service.let_in(s, signed(s), now=clock.now(), how="passkey"), remembered=remembered, how="passkey")


def prove_by_passkey(credential: str, person: Viewer) -> None:
    """Note that whoever is signed in has just proved it with a passkey of their own. Raises `BadPasskey`."""
    signed = _signed(credential)

    def work(current: Session) -> None:
        if signed(current).id != person.id:
            failed("passkey", "another's", user=person.id)
            raise BadPasskey
        sessions.prove(current, person)

    transact(work)


def _signed(credential: str) -> Callable[[Session], User]:
    """What says whose passkey signed this browser's challenge; it raises `BadPasskey`, as this does."""
    here, now = site(), clock.now()
    try:
        wanted = challenge()
    except BadPasskey:
        failed("passkey", "too late")
        raise

    def whose(current: Session) -> User:
        try:
            return passkeys.proven(current, site=here, credential=credential, challenge=wanted, now=now)
        except BadPasskey:
            failed("passkey", "wrong")
            raise

    return whose
