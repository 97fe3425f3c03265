"""Learning steps: how long a card graded below 4 waits until it is shown again the same day.

They order only the waiting. How long a card stays away once it is known is the scheduler's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Final

DEFAULT: Final = "10m"
MOST_STEPS: Final = 8
LONGEST: Final = timedelta(hours=12)

_STEP = re.compile(r"([1-9][0-9]{0,3})(m|h)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


class UnknownSteps(ValueError):
    """Text that is no list of steps. `text` is what was given."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no list of 1 to {MOST_STEPS} steps such as '1m 10m', each 12 hours at most.")
        self.text = text


@cache
def steps_named(text: str) -> tuple[timedelta, ...]:
    """The steps that `text` names, such as `10m` or `1m 10m 1h`. Raises `UnknownSteps`."""
    found = [_STEP.fullmatch(part) for part in text.lower().split()]
    steps = tuple(int(one[1]) * _UNITS[one[2]] for one in found if one is not None)
    if not 1 <= len(found) <= MOST_STEPS or len(steps) != len(found) or max(steps) > LONGEST:
        raise UnknownSteps(text)
    return steps


def wait(steps: Sequence[timedelta], step: int) -> timedelta:
    """How long the step with number `step` (from 0) lasts; past the last one it is the last."""
    return steps[min(step, len(steps) - 1)]
