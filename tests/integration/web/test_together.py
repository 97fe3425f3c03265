"""Changes that share a commit: each one is in the database before its caller goes on, and no one's error is another's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from app.db.models import Collection
from app.db.prepared import Prepared
from app.db.session import make_engine, session_factory
from app.db.wire import Wire
from app.study.line import claim, get_in_line
from app.web.together import MOST_IN_ORDER, Alone, Course, Unchanged, Work, together
from tests.builders import LONG_AGO, make_user


class Refused(Exception):
    """What one change may raise."""


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


def _all_free(_session: Session, lines: Sequence[int]) -> Callable[[], set[int]]:
    return lambda: {*lines}


def _adding(name: str, wait: Callable[[], object] = lambda: None) -> Work[str]:
    def work(session: Session, in_line: bool) -> Course[str]:
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


@contextmanager
def _held_up(engine: Engine, sessions: sessionmaker[Session], pool: ThreadPoolExecutor) -> Iterator[Future[str]]:
    """A change that goes on at the end; those that come meanwhile have to wait."""
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go_on.wait(30)

    first = pool.submit(together, engine, sessions, _adding("first", hold), -1, _all_free)
    assert begun.wait(30)
    try:
        yield first
    finally:
        go_on.set()


def test_changes_that_wait_share_a_commit(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """While one is held up, the others gather; then one transaction has them all."""
    commits: list[int] = []
    event.listen(engine, "commit", lambda _: commits.append(1))

    def change(number: int) -> str:
        return together(engine, sessions, _adding(f"c{number}"), number, _all_free)

    with ThreadPoolExecutor(10) as pool:
        with _held_up(engine, sessions, pool) as first:
            others = [pool.submit(change, number) for number in range(1, MOST_IN_ORDER + 1)]
            _until(lambda: _waiting(engine) == MOST_IN_ORDER)
        assert [one.result() for one in others] == [f"c{n}" for n in range(1, MOST_IN_ORDER + 1)]
        assert first.result() == "first"
    assert len(commits) == 2


def test_who_is_not_in_line_at_once_holds_nobody_up(postgresql_url: str) -> None:
    """One learner's log is held, by an import, say: the answers of others are made meanwhile."""
    engine = make_engine(postgresql_url)
    sessions = session_factory(engine)
    with sessions() as session:
        held, free = make_user(session).id, make_user(session).id
        session.commit()

    def change(name: str, line: int) -> str:
        try:
            return together(engine, sessions, _adding(name), line, claim)
        except Alone:
            return "alone"

    with sessions() as importing, ThreadPoolExecutor(4) as pool:
        get_in_line(importing, held)
        with _held_up(engine, sessions, pool):
            both = [pool.submit(change, "held", held), pool.submit(change, "free", free)]
            _until(lambda: _waiting(engine) == 2)
        assert [one.result() for one in both] == ["alone", "free"]
    assert [_there(sessions, name) for name in ("held", "free")] == [False, True]
    engine.dispose()


def test_changes_of_one_line_are_never_mixed(engine: Engine, sessions: sessionmaker[Session]) -> None:
    """What the second one of a line reads first has what the first one did."""
    with sessions() as session:
        line = make_user(session).id
        session.commit()
    seen: list[int] = []

    def counting(number: int) -> Work[int]:
        def work(session: Session, in_line: bool) -> Course[int]:
            count = session.scalar(select(func.count()).select_from(Collection)) or 0
            yield
            session.add(Collection(slug=f"c{number}", title="C", created_at=LONG_AGO))
            session.flush()
            yield
            seen.append(count)
            return lambda: lambda: count

        return work

    def change(number: int) -> int:
        try:
            together(engine, sessions, counting(number), line, claim)
        except Alone:  # it was in another's line just then
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        made = sum(pool.map(change, range(30)))
    assert seen == [*range(made)]


def test_what_changes_nothing_keeps_the_others_from_nothing(engine: Engine, sessions: sessionmaker[Session]) -> None:
    class Stale(Unchanged):
        """What a change may find."""

    def stale(session: Session, in_line: bool) -> Course[str]:
        yield
        raise Stale

    def change(number: int) -> str:
        work = stale if number % 3 == 0 else _adding(f"c{number}")
        try:
            return together(engine, sessions, work, number, _all_free)
        except Stale:
            return "stale"

    commits: list[int] = []
    event.listen(engine, "commit", lambda _: commits.append(1))
    with ThreadPoolExecutor(10) as pool:
        with _held_up(engine, sessions, pool):
            others = [pool.submit(change, number) for number in range(MOST_IN_ORDER)]
            _until(lambda: _waiting(engine) == MOST_IN_ORDER)
        assert [one.result() == "stale" for one in others] == [number % 3 == 0 for number in range(MOST_IN_ORDER)]
    assert len(commits) == 2
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(change, range(MOST_IN_ORDER, 48)))
    assert outcomes == ["stale" if number % 3 == 0 else f"c{number}" for number in range(MOST_IN_ORDER, 48)]


_SLUGS = Prepared(select(Collection.slug).where(Collection.title == bindparam("title")))


def test_a_batch_is_waited_for_as_often_as_one_change(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of all of them goes in one packet, by as many statements, and the commit with what is read last."""
    pushed: list[int] = []
    sent: list[str] = []
    flush, send = Wire._flush, Wire.send

    def counted(self: Wire) -> None:
        pushed.append(1)
        flush(self)

    def noted(self: Wire, sql: str, *what: Any, **named: Any) -> Any:
        sent.append(sql)
        return send(self, sql, *what, **named)

    monkeypatch.setattr(Wire, "_flush", counted)
    monkeypatch.setattr(Wire, "send", noted)

    def reading(session: Session, in_line: bool) -> Course[int]:
        values = {"title": "C"}
        first = [_SLUGS.ask(session, values) for _ in range(2)]
        yield
        assert [rows() for rows in first] == [[], []]
        second = [_SLUGS.ask(session, values) for _ in range(2)]
        yield
        assert [rows() for rows in second] == [[], []]
        last = _SLUGS.ask(session, values)
        return lambda: lambda: len(last())

    engine = make_engine(postgresql_url)
    sessions = session_factory(engine)
    with sessions() as session:
        lines = [make_user(session).id for _ in range(8)]
        session.commit()
    assert together(engine, sessions, reading, lines[0], claim) == 0
    alone, pushed[:] = len(pushed), []
    with ThreadPoolExecutor(10) as pool:
        with _held_up(engine, sessions, pool) as first:
            others = [pool.submit(together, engine, sessions, reading, line, claim) for line in lines]
            _until(lambda: _waiting(engine) == 8)
            pushed.clear()
            sent.clear()
        assert [one.result() for one in others] == [0] * 8
        assert first.result() == "first"
    held = 4  # of the one that was held up: its row, its flush, the end
    assert alone == 3
    assert len(pushed) <= held + alone
    assert sum("collection.slug" in one for one in sent) == 3  # what all of them ask in a step is asked once
    engine.dispose()


def _waiting(engine: Engine) -> int:
    from app.web import together as module

    return len(module._batches[engine]._waiting)


def _until(condition: Callable[[], bool]) -> None:
    ticks = threading.Event()
    while not condition():
        ticks.wait(0.005)
