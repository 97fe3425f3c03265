"""Small changes of many requests in one transaction, for SQLite.

Each commit waits until the disk has it, and SQLite has one writer: on a slow disk many small commits one after the other
would have everybody wait for everybody. So while one commit is under way, the changes that come in are collected, and
the next commit has them all. Each request is answered after the commit that has its change, never before.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.db.session import LOCK_WAIT_S, DatabaseBusy, write

T = TypeVar("T")
MOST = 32
"""So many changes go into one transaction at most, so that the first of them does not wait for long."""


@dataclass(slots=True, eq=False)
class _Task(Generic[T]):
    """One change, and what became of it."""

    work: Callable[[Session], T]
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    started: bool = False
    result: T | None = None
    error: BaseException | None = None

    def outcome(self) -> T:
        """What the change gave. Raises what it raised, or what kept its commit from happening."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


class _Batches:
    """The changes that wait to be made, in the order they came. One thread makes them at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Task[Any]] = []
        self._led = False

    def run(self, sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
        task = _Task(work)
        with self._lock:
            self._waiting.append(task)
            task.leads = not self._led
            self._led = True
        if not task.leads:
            self._wait(task)
        if task.leads:
            self._lead(sessions)
        return task.outcome()

    def _wait(self, task: _Task[Any]) -> None:
        if task.woken.wait(2 * LOCK_WAIT_S):
            return
        with self._lock:
            if task.woken.is_set() or task.started:
                waits = True
            else:
                self._waiting.remove(task)
                waits = False
        if not waits:
            raise DatabaseBusy("Another change took too long.")
        task.woken.wait()

    def _lead(self, sessions: sessionmaker[Session]) -> None:
        """Make the changes that wait, then leave the lead to the first one that came meanwhile."""
        with self._lock:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            for task in batch:
                task.started = True
        try:
            _make(sessions, batch)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                if following is not None:
                    following.leads = True
                    following.woken.set()
                else:
                    self._led = False
            for task in batch:
                task.woken.set()


def _make(sessions: sessionmaker[Session], batch: Sequence[_Task[Any]]) -> None:
    """Make the changes of a batch and commit them; where one fails, each one by itself."""
    try:
        with sessions() as session:
            write(session)
            for task in batch:
                task.result = task.work(session)
            session.commit()
    except BaseException as error:
        if len(batch) == 1:
            batch[0].error = error
        else:
            for task in batch:
                _make(sessions, [task])


_batches: WeakKeyDictionary[Engine, _Batches] = WeakKeyDictionary()
_batches_lock = threading.Lock()


def together(engine: Engine, sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    """Run `work` in a transaction that it may share with others, commit it, and give what `work` gave.

    Whatever `work` or the commit raises is raised, and nothing of this change stays. `work` may be run again, in another
    thread; it must depend on nothing but its session and what it was given.
    """
    with _batches_lock:
        batches = _batches.setdefault(engine, _Batches())
    return batches.run(sessions, work)
