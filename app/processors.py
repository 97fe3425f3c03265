"""Which of the machine's processors a process runs on.

A process of Python runs one of its threads at a time. Where they may be on any processor, each hands over to one that has to
be woken up elsewhere and finds nothing in its caches: an answer took a fifth longer. So of several processes that serve each
keeps to a processor of its own.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ALL = frozenset(os.sched_getaffinity(0))
"""Those that this process may run on, seen before it kept to one of them."""


class Shares:
    """Which processor each of several processes has, named by a number of its own."""

    def __init__(self, processors: frozenset[int] = ALL) -> None:
        ordered = sorted(processors)
        first = random.randrange(len(ordered))  # noqa: S311  # another portal on this machine begins with another one
        self._ordered = ordered[first:] + ordered[:first]
        self._of: dict[int, int] = {}

    def give(self, process: int) -> int:
        """The processor that the fewest have so far is this one's from now on."""
        had = Counter(self._of.values())
        self._of[process] = min(self._ordered, key=had.__getitem__)
        return self._of[process]

    def take_back(self, process: int) -> None:
        """The process has ended."""
        self._of.pop(process, None)


def keep_to(processor: int) -> None:
    """Have this thread run on one processor, and the threads that it starts from now on."""
    _set(frozenset((processor,)))


def give_way() -> None:
    """Have this thread cut in on nobody when it is woken up, and so the threads that it starts from now on.

    Of many threads of a process one runs at a time. One that is woken and cuts in takes the processor from the one that the
    others wait for, or from the database's server. A policy that the operator chose stays.
    """
    with suppress(OSError):  # a system that does not let us knows why
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@contextmanager
def on_all_of_them() -> Iterator[None]:
    """Have processes and threads that are started here run on any processor."""
    before = frozenset(os.sched_getaffinity(0))
    _set(ALL)
    try:
        yield
    finally:
        _set(before)


def _set(processors: frozenset[int]) -> None:
    if os.sched_getaffinity(0) != processors:
        with suppress(OSError):  # a system that does not let us knows why
            os.sched_setaffinity(0, processors)
