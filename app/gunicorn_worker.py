"""Gunicorn's worker with threads, where a new connection goes to the process that has the fewest.

All processes hear of a new connection, and whichever is quickest takes it. A browser keeps its connections, so one that
was quick at the start, or started first, would have most of the work, and another core nothing to do.
"""

import mmap
import select
import struct
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

MOST_PROCESSES = 256
GIVE_WAY_S = 0.003
"""So long one with more connections leaves a new one to the others; if none takes it, it does."""
LOOK_EVERY_S = 0.0005
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

    def set_accept_enabled(self, enabled: bool) -> None:
        """Be counted while it takes connections: not before it has loaded, nor when it ends."""
        super().set_accept_enabled(enabled)
        self._tell()

    def accept(self, listener: Any) -> None:
        """Take a new connection, unless another process has fewer and is there to take it."""
        if not self._has_more() or self._is_left(listener):
            super().accept(listener)
            self._tell()

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Count what is closed no more."""
        super().finish_request(conn, fs)
        self._tell()

    def murder_keepalived(self, *how: Any, **named: Any) -> None:
        """Count what has been idle for too long no more."""
        super().murder_keepalived(*how, **named)
        self._tell()

    def _tell(self) -> None:
        _ONE.pack_into(_counts, _place(self.age), self.nr_conns + 1 if self._accepting else 0)

    @staticmethod
    def _is_left(listener: Any) -> bool:
        """Give way; whether nobody has taken the connection meanwhile.

        The system tells nobody that a connection was taken, so it is looked for again and again.
        """
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        until = time.monotonic() + GIVE_WAY_S
        while poll.poll(0):
            if time.monotonic() > until:
                return True
            time.sleep(LOOK_EVERY_S)
        return False

    def _has_more(self) -> bool:
        own = _place(self.age) // _ONE.size
        others = [count for place, (count,) in enumerate(_ONE.iter_unpack(_counts)) if count and place != own]
        return bool(others) and self.nr_conns + 1 > min(others)
