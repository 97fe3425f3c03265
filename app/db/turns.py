"""One process at a time, by locks on files: a lock goes with the process that holds it, however it ends.

The system wakes nobody who waits with an end to their patience, so whoever waits looks again and again. Of many who look,
the one that has just left would nearly always be the first one back: `turn` has them wait before a second door, where
nobody stands who is at work, so that one who came later comes in later.
"""

import fcntl
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LOOK_EVERY_S = 0.001
"""How often one who waits for a turn looks: shorter than what is done in one."""


class NotInTime(Exception):
    """Another process holds the lock."""


def turn(path: str, *, wait_s: float) -> int:
    """A descriptor of the file at `path`, locked; the lock goes when it is closed. The file's neighbour is the first door.

    Raises `NotInTime`, and `OSError` where a file cannot be opened.
    """
    until = time.monotonic() + wait_s
    door = _locked(f"{path}-next", until, _LOOK_EVERY_S)
    try:
        return _locked(path, until, _LOOK_EVERY_S)
    finally:
        os.close(door)


def taken(path: str) -> int | None:
    """A descriptor of the file at `path`, locked, or None where another process has it. Raises `OSError`."""
    try:
        return _locked(path, -math.inf, _LOOK_EVERY_S)
    except NotInTime:
        return None


@contextmanager
def alone(path: str, *, wait_s: float = math.inf) -> Iterator[None]:
    """Hold the lock on the file at `path` during seldom and long work. Raises as `turn` does."""
    descriptor = _locked(path, time.monotonic() + wait_s, 0.05)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(path: str, until: float, look_every_s: float) -> int:
    # To be read alone: another user, such as root by a command, may have made the file.
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise NotInTime from None
                time.sleep(look_every_s)
            else:
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise
