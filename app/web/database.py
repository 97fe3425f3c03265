"""A request's session and its one commit.

Views read through `session()` and change things through `transact(work)`: services flush at most, the edge commits.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from flask import Flask, current_app, g
from flask_sqlalchemy_lite import SQLAlchemy
from flask_sqlalchemy_lite._extension import _close_async_sessions
from sqlalchemy.orm import Session, sessionmaker

from app.config import Settings
from app.db.prepared import ask_last
from app.db.session import engine_options, is_retryable, located, prepare
from app.db.steps import finish
from app.web.together import Alone, Claim, Work, together

db = SQLAlchemy(session_options={"expire_on_commit": False})
T = TypeVar("T")
Witness = Callable[[Session], AbstractContextManager[Callable[[], None]]]
"""Watches a transaction; what it gives is called before the commit."""
ATTEMPTS = 3
"""How often a transaction is run when PostgreSQL asks for it again."""


def init_app(app: Flask, settings: Settings) -> None:
    """Make the engine of this portal and set its connections up."""
    app.config["SQLALCHEMY_ENGINES"] = {
        "default": {"url": located(settings.database_url), **engine_options(settings.database_url)}
    }
    db.init_app(app)
    # It closes sessions of asyncio in a thread that it starts for every request; there are none here.
    app.teardown_appcontext_funcs.remove(_close_async_sessions)
    with app.app_context():
        prepare(db.engine, create=False)


def session() -> Session:
    """The session of this request; closed with it."""
    return db.session


def witness_with(app: Flask, witness: Witness) -> None:
    """Have every `transact` of this portal watched."""
    app.extensions["witness"] = witness


@contextmanager
def _unseen(_session: Session) -> Iterator[Callable[[], None]]:
    yield lambda: None


def _witness() -> Witness:
    found: Witness = current_app.extensions.get("witness", _unseen)
    return found


def transact(work: Callable[[Session], T]) -> T:
    """Run `work` and commit what it did; on any error nothing of it stays.

    PostgreSQL's serialisation failures and deadlocks are retried a few times; `work` must be safe to run again.
    """

    def run(current: Session) -> T:
        with _witness()(current) as sign:
            result = work(current)
            sign()
        current.commit()
        return result

    return _retried(run)


def transact_together(work: Work[T], line: int, claim: Claim) -> T:
    """`transact` for small changes that come often: one commit has those of many requests.

    `work` is done in steps (`app.db.steps.Steps`) behind `line`, in which `claim` gets, or `work` itself if it is not told
    that it is `in_line`. It gives what asks for that which is read last and given, once committed: on PostgreSQL that takes
    no time of its own (`ask_last`). `work` may run in another thread and more than once, so it takes all it needs as values.
    """
    if "_sqlalchemy_sessions" in g:
        db.session.rollback()  # what this request has read is over; what it reads next has the change
    try:
        return together(db.engine, db.sessionmaker, work, line, claim)
    except Alone:
        pass

    def run(current: Session) -> T:
        result = ask_last(current, finish(work(current, False)))
        current.commit()
        return result

    return _retried(run)


def _retried(run: Callable[[Session], T]) -> T:
    current = db.session
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return run(current)
        except Exception as error:
            current.rollback()
            if attempt == ATTEMPTS or not is_retryable(error):
                raise
    raise AssertionError("unreachable")


def apart(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    """Run `work` in a transaction of its own and commit it: for long work that is done in steps."""
    with sessions() as own:
        result = work(own)
        own.commit()
        return result
