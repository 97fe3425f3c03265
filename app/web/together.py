"""Small changes of many requests in one transaction.

Each commit waits until the disk has it. SQLite has one writer: on a slow disk many small commits one after the other
would have everybody wait for everybody. PostgreSQL has many, but waking it up for each statement takes it longer than
most of them run. So while one commit is under way, the changes that come in are collected, and the next commit has them
all. Each request is answered after the commit that has its change, never before.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.db.prepared import as_one_question, committed_in_one_go
from app.db.session import LOCK_WAIT_S, DatabaseBusy, write
from app.db.steps import Steps, finish

T = TypeVar("T")
Ask = Callable[[], Callable[[], T]]
"""Asks for something that is had by calling what it gives (`Prepared.ask`)."""
Course = Steps[Ask[T]]
"""A change under way."""
Work = Callable[[Session, bool], Course[T]]
"""A change, told whether it is in line already; it comes to what asks for that which is read last."""
Claim = Callable[[Session, Sequence[int]], Callable[[], set[int]]]
"""Gets in some lines where that takes no wait; gives what says which ones, once it is read."""
MOST = 32
"""So many changes go into one transaction at most, so that the first of them does not wait for long; …"""
MOST_IN_ORDER = 8
"""… and so many where they are made one after the other, and another process may wait for all of them."""
_log = logging.getLogger(__name__)


class Alone(Exception):
    """This change was not made with those of others: it is to be made by itself.

    Where the reply to a commit was lost it may have been made all the same, so it has to find by itself what it has done.
    """


class Unchanged(Exception):
    """What work raises that has changed nothing, so that it keeps no other change from being made."""


@dataclass(slots=True, eq=False)
class _Task(Generic[T]):
    """One change, and what became of it."""

    work: Work[T]
    line: int
    claim: Claim
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    result: T | None = None
    error: BaseException | None = None

    def outcome(self) -> T:
        """What the change gave. Raises what it raised, or what kept its commit from happening."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


class _Batches:
    """The changes that wait to be made, in the order they came. One thread makes them at a time."""

    def __init__(self, *, mixes: bool) -> None:
        """With `mixes` the steps of a batch's changes are mixed, so none may depend on another one's."""
        self._mixes = mixes
        self._most = MOST if mixes else MOST_IN_ORDER
        self._lock = threading.Lock()
        self._waiting: list[_Task[Any]] = []
        self._led = False

    def run(self, sessions: sessionmaker[Session], task: _Task[T]) -> T:
        with self._lock:
            self._waiting.append(task)
            task.leads, self._led = not self._led, True
        if not task.leads:
            self._wait(task)
        if task.leads:
            self._lead(sessions, task)
        return task.outcome()

    def _wait(self, task: _Task[Any]) -> None:
        if task.woken.wait(2 * LOCK_WAIT_S):
            return
        with self._lock:
            if task in self._waiting and not task.woken.is_set():
                self._waiting.remove(task)
                raise DatabaseBusy("Another change took too long.")
        task.woken.wait()

    def _lead(self, sessions: sessionmaker[Session], own: _Task[Any]) -> None:
        """Make this change with those that wait, then leave the lead to the first one that came meanwhile."""
        batch = [own]

        def take() -> list[_Task[Any]]:
            with self._lock:
                batch[:] = self._taken(own)
            return batch

        try:
            (_make_mixed if self._mixes else _make)(sessions, take)
        except BaseException as error:
            own.error = error
        finally:
            with self._lock:
                if own in self._waiting:
                    self._waiting.remove(own)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].woken.set()
                else:
                    self._led = False
            for task in batch:
                task.woken.set()

    def _taken(self, own: _Task[Any]) -> list[_Task[Any]]:
        """Take what is made now from what waits: of one line one at most where steps are mixed."""
        now, lines, later = [own], {own.line}, []
        for task in self._waiting:
            if task is own:
                continue
            if len(now) == self._most or (self._mixes and task.line in lines):
                later.append(task)
            else:
                now.append(task)
                lines.add(task.line)
        self._waiting = later
        return now


def _make(sessions: sessionmaker[Session], take: Callable[[], Sequence[_Task[Any]]]) -> None:
    """Make the changes of a batch one after the other and commit them; where one fails that may have changed something, each by itself.

    It is taken once nobody else writes, so that those have a part in it that came meanwhile. Raises what keeps it from that.
    """
    batch: Sequence[_Task[Any]] = ()
    try:
        with sessions() as session:
            write(session)
            batch = take()
            for task in batch:
                task.error = None
                try:
                    task.result = finish(task.work(session, False))()()
                except Unchanged as error:
                    task.error = error
            session.commit()
    except BaseException as error:
        if not batch:
            raise
        if len(batch) == 1:
            batch[0].error = error
            return
        for task in batch:
            _make_alone(sessions, task)


def _make_alone(sessions: sessionmaker[Session], task: _Task[Any]) -> None:
    try:
        _make(sessions, lambda: [task])
    except BaseException as error:
        task.error = error


def _make_mixed(sessions: sessionmaker[Session], take: Callable[[], Sequence[_Task[Any]]]) -> None:
    """Make the changes of a batch, each step of all of them in one go, and commit them.

    A change whose line is not free, and each one where any fails, is left to be made alone: there it fails by itself, or is
    found to be made already. One that is `Unchanged` keeps the others from nothing.
    """
    batch = take()
    for task in batch:
        task.error = Alone()
    try:
        with sessions() as session:
            with committed_in_one_go(session):
                claimed = batch[0].claim(session, [task.line for task in batch])
                begun = [(task, task.work(session, True)) for task in batch]
                with as_one_question(session):
                    for _, steps in begun:
                        next(steps)
                free = claimed()
                ended = _ended(session, [(task, steps) for task, steps in begun if task.line in free])
                with as_one_question(session):
                    asked = [(task, ask()) for task, ask in ended]
            made = [(task, had()) for task, had in asked]
            session.commit()
    except Exception:
        for task in batch:
            task.error = Alone()
        _log.warning("The changes of %d requests are made one by one.", len(batch), exc_info=True)
        return
    for task, result in made:
        task.error, task.result = None, result


def _ended(session: Session, begun: list[tuple[_Task[Any], Steps[Any]]]) -> list[tuple[_Task[Any], Any]]:
    """What each change comes to; those that are further on wait for the others at each step."""
    ended = []
    while begun:
        going = []
        with as_one_question(session):
            for task, steps in begun:
                try:
                    next(steps)
                except StopIteration as end:
                    ended.append((task, end.value))
                except Unchanged as error:
                    task.error = error
                else:
                    going.append((task, steps))
        begun = going
    return ended


_batches: WeakKeyDictionary[Engine, _Batches] = WeakKeyDictionary()
_batches_lock = threading.Lock()


def together(engine: Engine, sessions: sessionmaker[Session], work: Work[T], line: int, claim: Claim) -> T:
    """Run `work` in a transaction that it may share with others, commit it, and give what `work` gave.

    Whatever `work` or the commit raises is raised, and nothing of this change stays; on PostgreSQL `Alone` is raised
    instead of all but `Unchanged`. `work` may be run again, in another thread; it must depend on nothing but its session and what it was
    given. `line`: whoever changes the same has the same one; `claim` is the same function for all.
    """
    with _batches_lock:
        batches = _batches.get(engine)
        if batches is None:
            batches = _batches[engine] = _Batches(mixes=engine.dialect.name == "postgresql")
    return batches.run(sessions, _Task(work, line, claim))
