"""A request's session and its one commit.

Views read through `session()` and change things through `transact(work)`: services flush at most, the edge commits.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.orm import Session, sessionmaker

from app.config import Settings
from app.db.session import engine_options, is_retryable, located, prepare

db = SQLAlchemy(session_options={"expire_on_commit": False})
T = TypeVar("T")
ATTEMPTS = 3
"""How often a transaction is run when PostgreSQL asks for it again."""


def init_app(app: Flask, settings: Settings) -> None:
    """Make the engine of this portal and set its connections up."""
    app.config["SQLALCHEMY_ENGINES"] = {
        "default": {"url": located(settings.database_url), **engine_options(settings.database_url)}
    }
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def session() -> Session:
    """The session of this request; closed with it."""
    return db.session


def transact(work: Callable[[Session], T]) -> T:
    """Run `work` and commit what it did; on any error nothing of it stays.

    PostgreSQL's serialisation failures and deadlocks are retried a few times; `work` must be safe to run again.
    """
    current = db.session
    for attempt in range(1, ATTEMPTS + 1):
        try:
            result = work(current)
            current.commit()
        except Exception as error:
            current.rollback()
            if attempt == ATTEMPTS or not is_retryable(error):
                raise
        else:
            return result
    raise AssertionError("unreachable")


def apart(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    """Run `work` in a transaction of its own and commit it: for long work that is done in steps."""
    with sessions() as own:
        result = work(own)
        own.commit()
        return result
