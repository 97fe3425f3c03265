"""Gunicorn's worker with threads, where a new connection goes to the process that has the fewest.

All processes hear of a new connection, and whichever is quickest takes it. A browser keeps its connections, so one that
was quick at the start, or started first, would have most of the work, and another core nothing to do.
"""

import mmap
import selectors
import struct
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

MOST_PROCESSES = 256
GIVE_WAY_S = 0.005
"""So long one with more connections leaves a new one to the others; if none takes it, it does."""
LOOK_EVERY_S = 0.001
"""So often it looks meanwhile whether it may listen again."""
_ONE = struct.Struct("=i")
_counts = mmap.mmap(-1, MOST_PROCESSES * _ONE.size)
"""How many connections each process has, and 1 more; 0: there is no such process. Made before the processes, and shared by them."""


def _place(age: int) -> int:
    return age % MOST_PROCESSES * _ONE.size


def forget(worker: Any) -> None:
    """Count a process no more that has ended, however it did."""
    _ONE.pack_into(_counts, _place(worker.age), 0)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """Leaves new connections to processes that have fewer."""

    def __init__(self, *how: Any, **named: Any) -> None:
        super().__init__(*how, **named)
        self._left: list[Any] = []
        """Where new connections are left to the others."""
        self._until = 0.0
        """And until when: by `time.monotonic`."""

    def set_accept_enabled(self, enabled: bool) -> None:
        """Be counted while it takes connections: not before it has loaded, nor when it ends."""
        self._listen_again()
        super().set_accept_enabled(enabled)
        self._tell()

    def accept(self, listener: Any) -> None:
        """Take a new connection, unless another process has fewer and may be there to take it.

        The system tells nobody that a connection was taken, so this one stops listening for a moment.
        """
        if self._has_more():
            self.poller.unregister(listener)
            self._left.append(listener)
            self._until = time.monotonic() + GIVE_WAY_S
        else:
            self._take(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do as ever, but listen again once no other process has fewer, or that moment is over: then nobody was quicker."""
        if not self._left:
            super().wait_for_and_dispatch_events(timeout)
            return
        super().wait_for_and_dispatch_events(LOOK_EVERY_S)
        if not self._has_more():
            self._listen_again()
        elif time.monotonic() >= self._until:
            for listener in self._listen_again():
                self._take(listener)  # does nothing where there is none

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Count what is closed no more."""
        super().finish_request(conn, fs)
        self._tell()

    def murder_keepalived(self, *how: Any, **named: Any) -> None:
        """Count what has been idle for too long no more."""
        super().murder_keepalived(*how, **named)
        self._tell()

    def _take(self, listener: Any) -> None:
        super().accept(listener)
        self._tell()

    def _listen_again(self) -> list[Any]:
        left, self._left = self._left, []
        for listener in left:
            self.poller.register(listener, selectors.EVENT_READ, self.accept)
        return left

    def _tell(self) -> None:
        _ONE.pack_into(_counts, _place(self.age), self.nr_conns + 1 if self._accepting else 0)

    def _has_more(self) -> bool:
        own = _place(self.age) // _ONE.size
        others = [count for place, (count,) in enumerate(_ONE.iter_unpack(_counts)) if count and place != own]
        return bool(others) and self.nr_conns + 1 > min(others)
