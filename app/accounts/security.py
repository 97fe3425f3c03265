"""Flask-Security, set up for this portal, and the way into and out of a browser's session.

Of Flask-Security come the user model's mixins, the login state, its signals, and later its second factors and passkeys.
Its own views are not registered: ours check limits before hashing, hash before they write, and end in one commit.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from flask_login import UserMixin
from flask_security import FSQLALiteUserDatastore, MailUtil, PasswordUtil, Security
from flask_security.utils import login_user, logout_user
from sqlalchemy.orm import Session

from app.accounts import addresses, by_mail, counters, passwords, queries, service
from app.accounts.counters import Key
from app.accounts.links import OpenLink
from app.accounts.service import Proof, WrongPassword
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
    jobs.periodically(app, "accounts", every=timedelta(hours=1), chore=service.keep_house)
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
        log.info("sign-in failed", account_known=found is not None, address=client())
        raise WrongPassword
    renewed = passwords.hashed(password) if passwords.outdated(kept) else None
    return Proof(user_id=found.user_id, kept=kept, renewed=renewed, keys=keys, leaving=found.leaving)


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
        raise WrongPassword
    return keys


def enter(work: Callable[[Session], User], *, remembered: bool) -> User:
    """Run `work`, which says who it is, and begin a new session of this browser for them; one commit."""

    def whole(current: Session) -> tuple[User, str]:
        user = work(current)
        return user, sessions.start(current, user_id=user.id, remembered=remembered)

    user, token = transact(whole)
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
