"""Changes that share a commit: each one is in the database before its caller goes on, and no one's error is another's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from app.db.models import Collection
from app.db.session import session_factory
from app.web.together import together
from tests.builders import LONG_AGO


class Refused(Exception):
    """What one change may raise."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Only SQLite has one writer."""
    return sqlite_url


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


def _add(name: str, session: Session) -> str:
    session.add(Collection(slug=name, title=name, created_at=LONG_AGO))
    session.flush()
    if name.endswith("bad"):
        raise Refused(name)
    return name


def _there(sessions: sessionmaker[Session], name: str) -> bool:
    with sessions() as session:
        return session.scalar(select(Collection.id).where(Collection.slug == name)) is not None


def test_a_change_is_committed_when_its_caller_goes_on(engine: Engine, sessions: sessionmaker[Session]) -> None:
    def change(name: str) -> tuple[str, bool]:
        given = together(engine, sessions, partial(_add, name))
        return given, _there(sessions, name)

    names = [f"c{n}" for n in range(60)]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(change, names)) == [(name, True) for name in names]


def test_one_error_is_its_callers_alone(engine: Engine, sessions: sessionmaker[Session]) -> None:
    def change(name: str) -> str:
        try:
            return together(engine, sessions, partial(_add, name))
        except Refused as error:
            return f"refused {error}"

    names = [f"c{n}{'bad' if n % 5 == 0 else ''}" for n in range(40)]
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(change, names))
    assert outcomes == [f"refused {name}" if name.endswith("bad") else name for name in names]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Collection)) == 32


def test_changes_that_wait_share_a_commit(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """While one change is held up, the others gather; then one transaction has them all."""
    begun, go_on, commits = threading.Event(), threading.Event(), []
    event.listen(engine, "commit", lambda _: commits.append(1))

    def slow(session: Session) -> str:
        given = _add("first", session)
        begun.set()
        assert go_on.wait(30)
        return given

    gathered = threading.Barrier(9)

    def change(name: str) -> str:
        gathered.wait(30)
        return together(engine, sessions, partial(_add, name))

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together, engine, sessions, slow)
        assert begun.wait(30)
        others = [pool.submit(change, f"c{n}") for n in range(8)]
        gathered.wait(30)
        _until(lambda: _waiting(engine) == 8)
        go_on.set()
        assert [one.result() for one in [first, *others]] == ["first", *(f"c{n}" for n in range(8))]
    assert len(commits) == 2


def _waiting(engine: Engine) -> int:
    from app.web import together as module

    return len(module._batches[engine]._waiting)


def _until(condition: Callable[[], bool]) -> None:
    ticks = threading.Event()
    while not condition():
        ticks.wait(0.005)
