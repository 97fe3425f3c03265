"""Work in a transaction that may wait for others between its steps."""

from collections.abc import Callable, Generator
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work in a transaction that pauses before it needs what it asked for (`Prepared.ask`), so that others may ask meanwhile."""


def finish(steps: Steps[T]) -> T:
    """Do work in steps without a pause, and give what it comes to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what the generator returned


def at_once(work: Callable[P, Steps[T]]) -> Callable[P, T]:
    """The same work without a pause."""

    @wraps(work)
    def done(*given: P.args, **named: P.kwargs) -> T:
        return finish(work(*given, **named))

    return done
