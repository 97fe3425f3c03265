"""What the tests of accounts share."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.accounts.service import Proof
from app.db.models import User
from app.db.session import session_factory

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def proof(user: User) -> Proof:
    """The proof that a user's password was found right."""
    assert user.password is not None
    return Proof(user_id=user.id, kept=user.password, renewed=None, keys=())


def together(engine: Engine, *works: Callable[[Session], object]) -> list[object]:
    """Start all at once, each in a session of its own that commits; gives what each gave or the error it raised."""
    factory = session_factory(engine)
    start = threading.Barrier(len(works))

    def one(work: Callable[[Session], object]) -> object:
        start.wait()
        try:
            with factory() as session:
                result = work(session)
                session.commit()
                return result
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))
