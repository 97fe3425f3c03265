"""One look at the database for what several threads want to know at the same time."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Gathered(Generic[K, V]):
    """Looks up values for many keys at once: while one look is under way, those who come gather for the next one.

    Whoever comes first looks at once, so that nobody waits who is alone. A look begins after those came that it is for.
    """

    def __init__(self, look: Callable[[Sequence[K]], Sequence[V]]) -> None:
        """`look` gives a value for each of some keys, in their order; in the thread of one of those who want them."""
        self._look = look
        self._lock = threading.Lock()
        self._waiting: list[_Want[K, V]] = []
        self._led = False

    def get(self, key: K) -> V:
        """The value of a key. Where a look for several fails, each one looks by itself, and raises what that raises."""
        want: _Want[K, V] = _Want(key)
        with self._lock:
            self._waiting.append(want)
            want.leads, self._led = not self._led, True
        if not want.leads:
            want.woken.wait()
        if want.leads:
            self._lead()
        if not want.found:
            (want.value,) = self._look([key])
        return want.value

    def _lead(self) -> None:
        """Look for all who wait, then leave the lead to the first one that came meanwhile."""
        with self._lock:
            wants, self._waiting = self._waiting, []
        try:
            for want, value in zip(wants, self._look([want.key for want in wants]), strict=True):
                want.value, want.found = value, True
        finally:
            with self._lock:
                self._led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].woken.set()
            for want in wants:
                want.woken.set()


class _Want(Generic[K, V]):
    """One who wants a value, and what came of it."""

    __slots__ = ("found", "key", "leads", "value", "woken")

    value: V

    def __init__(self, key: K) -> None:
        self.key = key
        self.woken = threading.Event()
        self.leads = self.found = False
