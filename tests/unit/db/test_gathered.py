"""What several threads want to know at once: one look for those who gathered, each one's own value, and errors by each alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.db.gathered import Gathered


class Slow:
    """Looks up the square of a number. The first look waits until it is let go."""

    def __init__(self) -> None:
        self.looks: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, keys: Sequence[int]) -> list[int]:
        self.looks.append(list(keys))
        if len(self.looks) == 1:
            self.begun.set()
            assert self.go_on.wait(30)
        if 13 in keys:
            raise LookupError(13)
        return [key * key for key in keys]


def until(gathered: Gathered[int, int], waiting: int) -> None:
    """Wait until so many wait for their look."""
    ticks = threading.Event()
    while len(gathered._waiting) < waiting:
        ticks.wait(0.002)


def shared(gathered: Gathered[int, int], slow: Slow, keys: Sequence[int]) -> list[int | BaseException]:
    """What comes of those who want these keys while the first look, for 1, is under way."""
    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(gathered.get, 1)
        assert slow.begun.wait(30)
        others = [pool.submit(gathered.get, key) for key in keys]
        until(gathered, len(keys))
        slow.go_on.set()
        assert first.result(30) == 1
        return [one.exception(30) or one.result(30) for one in others]


def test_those_who_come_during_a_look_share_the_next_one() -> None:
    slow = Slow()
    gathered = Gathered(slow)
    assert shared(gathered, slow, (2, 3, 2, 4)) == [4, 9, 4, 16]
    assert slow.looks[0] == [1]
    assert sorted(slow.looks[1]) == [2, 2, 3, 4]
    assert len(slow.looks) == 2
    assert gathered.get(7) == 49  # who is alone looks at once


def test_where_a_look_for_several_fails_each_one_looks_by_itself() -> None:
    """But the one who looked for them."""
    slow = Slow()
    gathered = Gathered(slow)
    came = shared(gathered, slow, (13, 2, 13, 3))
    errors = [one for one in came if isinstance(one, LookupError)]
    assert len({id(one) for one in errors}) == len(errors) >= 2
    assert {4, 9} & {one for one in came if isinstance(one, int)}
    assert gathered.get(2) == 4


def test_many_threads_have_their_own_values() -> None:
    gathered: Gathered[int, int] = Gathered(lambda keys: [key * key for key in keys])
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(gathered.get, range(3000))) == [key * key for key in range(3000)]
