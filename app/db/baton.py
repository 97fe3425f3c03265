"""Small requests of one process one at a time, as they do not run faster side by side.

The threads of a process share one interpreter. SQLite gives it up at each statement, so whoever holds the lock of writers
would come back to it behind those who read a form or write a page, and all who wait for that lock, in the other processes
too, would wait for them as well. Small requests therefore pass a baton: who has it runs, who waits for something puts it down.

It is courtesy, no lock: who does not get it in time goes on without it, so nobody can be kept from anything by it.
"""

import threading
from types import TracebackType

PATIENCE_S = 0.25
"""So long somebody waits for it: many times as long as a small request takes."""

_baton = threading.Lock()
_next = threading.Lock()
"""The door before it, where those wait who have not begun: whoever waits behind it comes before them."""
_own = threading.local()


def take() -> None:
    """Wait for the baton before something small is begun."""
    if not _next.acquire(timeout=PATIENCE_S):
        return
    try:
        _own.has = _baton.acquire(timeout=PATIENCE_S)
    finally:
        _next.release()


def pass_on() -> None:
    """Give the baton to the next one, if this thread has it."""
    if getattr(_own, "has", False):
        _own.has = False
        _baton.release()


class Resting:
    """`with Resting():` puts the baton down while this thread waits for something, if it has it."""

    __slots__ = ("_had",)

    def __enter__(self) -> None:
        """Put it down."""
        self._had = getattr(_own, "has", False)
        if self._had:
            _own.has = False
            _baton.release()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it up again."""
        if self._had:
            _own.has = _baton.acquire(timeout=PATIENCE_S)
