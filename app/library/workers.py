"""Slow pure work spread over the machine's processors.

Reading and rendering a few thousand cards takes seconds of one processor. Helpers are started for it. A process that has
but one thread, as commands have, is copied, and the copy is ready at once. One that serves is not: another thread may hold
a lock that nobody in the copy would give back. There helpers start from scratch, which takes a fifth of a second, and do
not run the main module again. Where the work is small, or no process can be had, it is simply done here.
"""

import gc
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from app import processors

T = TypeVar("T")
R = TypeVar("R")

WORTHWHILE = 150_000
"""Characters from which on starting a helper costs less than it saves."""
MOST = 4
"""Processes at work, this one included."""
_SELDOM = (100_000, 10, 10)


class Workers:
    """Helpers that are started when first needed and end with the `with` block."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = min(most, len(processors.ALL))
        self._helpers: list[_Helper] = []
        self._begun: Work[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the helpers."""
        self._stop()
        while self._helpers:
            self._helpers.pop().close()

    def map(self, function: Callable[[T], R], items: Sequence[T], *, size: int, neighbours: bool = False) -> list[R]:
        """`function` of each item, in their order; `size` is the amount of work in characters.

        Items are begun in that order, but where `neighbours` are better done by one process helpers begin at the end.
        The function is known by its name to other processes, and depends on nothing but its argument. What it raises
        is raised here.
        """
        return self.begin(function, items, size=size, neighbours=neighbours).finish()

    def begin(
        self, function: Callable[[T], R], items: Sequence[T], *, size: int, neighbours: bool = False
    ) -> "Work[T, R]":
        """Have helpers begin with what `map` does, while this process does something else. Ends what was begun before."""
        self._stop()
        if len(items) > 1 and size >= WORTHWHILE:
            self._start()
        work = Work(self._helpers, function, items, neighbours=neighbours)
        self._begun = work
        return work

    def _stop(self) -> None:
        if self._begun is not None:
            self._begun.stop()
            self._begun = None
        for helper in [helper for helper in self._helpers if not helper.alive]:
            self._helpers.remove(helper)
            helper.close()

    def _start(self) -> None:
        try:
            with processors.on_all_of_them():
                while len(self._helpers) < self._most - 1:
                    self._helpers.append(_Helper())
        except OSError:
            self._most = len(self._helpers) + 1


class _Helper:
    """One process, told over a socket what to do."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = _Copy(theirs.fileno()) if _has_one_thread() else _from_scratch(theirs.fileno())
            self._connection = Connection(ours.detach())
        self.alive = True

    def do(self, function: Callable[[T], R], item: T) -> R | None:
        """The function's result; None where it raised or the process is gone: doing it here then shows why."""
        try:
            self._connection.send((function, item))
            done, result = self._connection.recv()
        except (OSError, EOFError):
            self.alive = False
            return None
        return result if done else None

    def close(self) -> None:
        self._connection.close()
        self._process.wait()


class _Copy:
    """A copy of this process, as it is now, that helps and does nothing else."""

    def __init__(self, socket_number: int) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                # What is open here is not the copy's: a lock on a file would be kept, an end of a helper's socket too.
                os.closerange(3, socket_number)
                os.closerange(socket_number + 1, os.sysconf("SC_OPEN_MAX"))
                gc.freeze()  # nor is what is garbage here, and would tidy up after itself
                _help(Connection(socket_number))
            finally:
                os._exit(0)

    def wait(self) -> object:
        """Wait for its end."""
        return os.waitpid(self.pid, 0)


def _from_scratch(socket_number: int) -> subprocess.Popen[bytes]:
    """A new process that helps."""
    return subprocess.Popen(  # noqa: S603 — this program itself
        [sys.executable, "-m", __name__, str(socket_number)],
        pass_fds=[socket_number],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _has_one_thread() -> bool:
    """Whether this process has certainly no second thread, whoever would have started it."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


class Work(Generic[T, R]):
    """Items that helpers take one by one, and this process too once it waits for them."""

    def __init__(
        self, helpers: Sequence[_Helper], function: Callable[[T], R], items: Sequence[T], *, neighbours: bool
    ) -> None:
        self._function = function
        self._items = items
        self._left = deque(range(len(items)))
        self._next_for_helper = self._left.pop if neighbours else self._left.popleft
        self._done: dict[int, R] = {}
        self._threads = [threading.Thread(target=self._serve, args=(helper,)) for helper in helpers]
        for thread in self._threads:
            thread.start()

    def finish(self) -> list[R]:
        """The results of all items, in their order. Raises what the function does."""
        try:
            while (index := _next(self._left.popleft)) is not None:
                self._done[index] = self._function(self._items[index])
        finally:
            done = self.stop()
        return [done[index] if index in done else self._function(item) for index, item in enumerate(self._items)]

    def stop(self) -> dict[int, R]:
        """Begin with no other item, and give the results there are, by the item's place."""
        self._left.clear()
        for thread in self._threads:
            thread.join()
        return self._done

    def _serve(self, helper: _Helper) -> None:
        while helper.alive and (index := _next(self._next_for_helper)) is not None:
            result = helper.do(self._function, self._items[index])
            if result is not None:
                self._done[index] = result


def _next(take: Callable[[], int]) -> int | None:
    """The next thing to do; None at the end."""
    try:
        return take()
    except IndexError:
        return None


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for garbage less often while many objects are made that all stay: a seventh of the time goes into it."""
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _help(connection: Connection) -> None:
    """What a helper does until it is let go."""
    gc.set_threshold(*_SELDOM)
    while True:
        try:
            function, item = connection.recv()
        except EOFError:
            return
        answer: tuple[bool, Any]
        try:
            answer = True, function(item)
        except Exception:
            answer = False, None
        connection.send(answer)


if __name__ == "__main__":
    _help(Connection(int(sys.argv[1])))
    os._exit(0)  # there is nothing to tidy up, and somebody waits for the end of this process
