"""Small requests of one process one at a time, as they do not run faster side by side.

The threads of a process share one interpreter. SQLite gives it up at each statement, so whoever holds the lock of writers
would come back to it behind those who read a form or write a page, and all who wait for that lock, in the other processes
too, would wait for them as well. Small requests therefore pass a baton: who has it runs, who waits for something puts it
down. It goes to those who ask for it in their order, as a lock would not, so that none is left behind for long.

It is courtesy, no lock: who does not get it in time goes on without it, so nobody can be kept from anything by it.
"""

import threading
from collections import deque
from types import TracebackType

PATIENCE_S = 0.1
"""So long somebody waits for it: many times as long as a small request takes."""

_mutex = threading.Lock()
_begun: deque[threading.Lock] = deque()
_new: deque[threading.Lock] = deque()
"""Who waits, each behind a lock of their own, what was begun before what is new. Somebody has the baton while anybody does."""
_own = threading.local()
_held = False


def take(*, again: bool = False) -> None:
    """Wait for the baton; `again`: who had it before comes before who is new.

    Whatever a client may be slow to send is to be there before.
    """
    _own.has = _got(_begun if again else _new)


def _got(waiting: deque[threading.Lock]) -> bool:
    global _held  # noqa: PLW0603  # one baton for the process
    with _mutex:
        if not _held:
            _held = True
            return True
        turn = threading.Lock()
        turn.acquire()
        waiting.append(turn)
    if turn.acquire(timeout=PATIENCE_S):
        return True
    with _mutex:
        if turn in waiting:
            waiting.remove(turn)
            return False
    return True  # it was handed over just now


def pass_on() -> None:
    """Give the baton to the next one, if this thread has it."""
    global _held  # noqa: PLW0603
    if getattr(_own, "has", False):
        _own.has = False
        with _mutex:
            if waiting := _begun or _new:
                waiting.popleft().release()
            else:
                _held = False


class Resting:
    """`with Resting():` puts the baton down while this thread waits for something, if it has it."""

    __slots__ = ("_had",)

    def __enter__(self) -> None:
        """Put it down."""
        self._had = getattr(_own, "has", False)
        if self._had:
            pass_on()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it up again."""
        if self._had:
            take(again=True)
