"""Changes that share a commit: each one is in the database before its caller goes on, and no one's error is another's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from app.db.models import Collection
from app.db.prepared import Steps
from app.db.session import make_engine, session_factory
from app.study.line import claim, get_in_line
from app.web.together import Alone, Ask, Work, together
from tests.builders import LONG_AGO, make_user


class Refused(Exception):
    """What one change may raise."""


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


def _all_free(_session: Session, lines: Sequence[int]) -> Callable[[], set[int]]:
    return lambda: {*lines}


def _adding(name: str, wait: Callable[[], object] = lambda: None) -> Work[str]:
    def work(session: Session, in_line: bool) -> Steps[Ask[str]]:
        yield
        wait()
        row = Collection(slug=name, title=name, created_at=LONG_AGO)
        session.add(row)
        session.flush()
        yield
        if name.endswith("bad"):
            raise Refused(name)
        return lambda: lambda: row.slug

    return work


def _there(sessions: sessionmaker[Session], name: str) -> bool:
    with sessions() as session:
        return session.scalar(select(Collection.id).where(Collection.slug == name)) is not None


def test_a_change_is_committed_when_its_caller_goes_on(engine: Engine, sessions: sessionmaker[Session]) -> None:
    def change(number: int) -> tuple[str, bool]:
        given = together(engine, sessions, _adding(f"c{number}"), number, _all_free)
        return given, _there(sessions, f"c{number}")

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(change, range(60))) == [(f"c{number}", True) for number in range(60)]


def test_one_error_is_its_callers_alone(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """Where steps are mixed nothing is kept of those that an error came among: each caller makes its own alone then."""

    def change(number: int) -> str:
        name = f"c{number}{'bad' if number % 5 == 0 else ''}"
        while True:
            try:
                return together(engine, sessions, _adding(name), number, _all_free)
            except Alone:
                assert engine.dialect.name == "postgresql"
                if _there(sessions, name):
                    return "kept all the same"
                if name.endswith("bad"):
                    return f"refused {name}"
            except Refused as error:
                return f"refused {error}"

    names = [f"c{n}{'bad' if n % 5 == 0 else ''}" for n in range(40)]
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(change, range(40)))
    assert outcomes == [f"refused {name}" if name.endswith("bad") else name for name in names]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Collection)) == 32


def test_changes_that_wait_share_a_commit(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """While one change is held up, the others gather; then one transaction has them all."""
    begun, go_on, commits = threading.Event(), threading.Event(), []
    event.listen(engine, "commit", lambda _: commits.append(1))

    def hold() -> None:
        begun.set()
        assert go_on.wait(30)

    gathered = threading.Barrier(9)

    def change(number: int) -> str:
        gathered.wait(30)
        return together(engine, sessions, _adding(f"c{number}"), number, _all_free)

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together, engine, sessions, _adding("first", hold), 9, _all_free)
        assert begun.wait(30)
        others = [pool.submit(change, number) for number in range(8)]
        gathered.wait(30)
        _until(lambda: _waiting(engine) == 8)
        go_on.set()
        assert [one.result() for one in [first, *others]] == ["first", *(f"c{n}" for n in range(8))]
    assert len(commits) == 2


def test_who_is_not_in_line_at_once_holds_nobody_up(postgresql_url: str) -> None:
    """One learner's log is held, by an import, say: the answers of others are made meanwhile."""
    engine = make_engine(postgresql_url)
    sessions = session_factory(engine)
    with sessions() as session:
        held, free = make_user(session).id, make_user(session).id
        session.commit()
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go_on.wait(30)

    def change(name: str, line: int) -> str:
        try:
            return together(engine, sessions, _adding(name), line, claim)
        except Alone:
            return "alone"

    with sessions() as importing, ThreadPoolExecutor(3) as pool:
        get_in_line(importing, held)
        first = pool.submit(together, engine, sessions, _adding("first", hold), 0, _all_free)
        assert begun.wait(30)
        both = [pool.submit(change, "held", held), pool.submit(change, "free", free)]
        _until(lambda: _waiting(engine) == 2)
        go_on.set()
        assert [one.result() for one in (first, *both)] == ["first", "alone", "free"]
    assert [_there(sessions, name) for name in ("first", "held", "free")] == [True, False, True]
    engine.dispose()


def test_changes_of_one_line_are_never_mixed(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """What the second one of a line reads first has what the first one did."""
    seen: list[int] = []

    def counting(number: int) -> Work[int]:
        def work(session: Session, in_line: bool) -> Steps[Ask[int]]:
            count = session.scalar(select(func.count()).select_from(Collection)) or 0
            yield
            session.add(Collection(slug=f"c{number}", title="C", created_at=LONG_AGO))
            session.flush()
            yield
            seen.append(count)
            return lambda: lambda: count

        return work

    def change(number: int) -> None:
        with suppress(Alone):
            together(engine, sessions, counting(number), 7, _all_free)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(change, range(30)))
    assert seen == [*range(30)]


def _waiting(engine: Engine) -> int:
    from app.web import together as module

    return len(module._batches[engine]._waiting)


def _until(condition: Callable[[], bool]) -> None:
    ticks = threading.Event()
    while not condition():
        ticks.wait(0.005)
