"""The benches by name, and how one says what it measured.

A bench is a function with `@bench("name")` in a module that `MODULES` names. It says figures with `say`, and what is
promised with `at_least` and `at_most`: a promise that is not kept fails the run, and the rest is measured all the same.
"""

import sys
from collections.abc import Callable

MODULES = tuple(
    f"tools.bench.{name}"
    for name in ("feel", "importing", "matching", "progress", "searching", "study", "history", "takeouts")
)
BENCHES: dict[str, Callable[[], None]] = {}
broken: list[str] = []
"""Promises that were not kept."""


def bench(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a bench under the name it is asked for by."""

    def register(run: Callable[[], None]) -> Callable[[], None]:
        BENCHES[name] = run
        return run

    return register


def say(text: str) -> None:
    """Print a line about the bench that runs."""
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def at_least(what: str, value: float, bound: float) -> None:
    """Say a figure of which more is better, and hold it to its bound."""
    _promise(f"{what}: {value:,.4g} (at least {bound:,g})", kept=value >= bound)


def at_most(what: str, value: float, bound: float) -> None:
    """Say a figure of which less is better, and hold it to its bound."""
    _promise(f"{what}: {value:,.4g} (at most {bound:,g})", kept=value <= bound)


def _promise(line: str, *, kept: bool) -> None:
    if not kept:
        broken.append(line)
    say(f"{'ok  ' if kept else 'FAIL'} {line}")
