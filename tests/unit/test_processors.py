"""Processors of their own: shared evenly, kept by the threads that answer, and given up for helpers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from app import processors
from app.db.wal import COMMITS, Journal
from app.processors import Shares

SAY = "import os; print(*sorted(os.sched_getaffinity(0)))"


def test_processors_are_shared_evenly_and_given_again_when_a_process_has_ended() -> None:
    shares = Shares(frozenset((2, 3, 7)))
    had = [shares.give(process) for process in range(1, 8)]
    assert sorted(Counter(had).values()) == [2, 2, 3]
    assert set(had[:3]) == {2, 3, 7}
    for process, processor in enumerate(had[:6], start=1):
        if processor == had[1]:
            shares.take_back(process)
    assert shares.give(8) == had[1]
    shares.take_back(99)


def in_a_thread(work: Callable[[], None]) -> None:
    """Run it where it can keep to a processor without a trace here. What it raises is raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def test_a_thread_that_gives_way_cuts_in_on_nobody_nor_do_those_it_starts() -> None:
    had: list[int] = []

    def work() -> None:
        processors.give_way()
        in_a_thread(lambda: had.append(os.sched_getscheduler(0)))

    def work_of_no_hurry() -> None:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # what an operator chose stays
        work()

    in_a_thread(work)
    in_a_thread(work_of_no_hurry)
    assert had == [os.SCHED_BATCH, os.SCHED_IDLE]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_a_thread_keeps_to_one_and_has_helpers_started_on_all() -> None:
    def work() -> None:
        one = max(processors.ALL)
        processors.keep_to(one)
        assert os.sched_getaffinity(0) == {one}
        with processors.on_all_of_them():
            said = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True).stdout
        assert {*map(int, said.split())} == processors.ALL
        assert os.sched_getaffinity(0) == {one}
        processors.keep_to(10**4)  # there is none: that is left to the system
        assert os.sched_getaffinity(0) == {one}

    before = os.sched_getaffinity(0)
    in_a_thread(work)
    assert os.sched_getaffinity(0) == before


def test_the_journal_is_brought_in_on_any_processor(tmp_path: Path) -> None:
    database = tmp_path / "portal.db"
    database.touch()
    seen: list[set[int]] = []
    done = threading.Event()

    def alone(_work: Callable[[], object]) -> None:
        seen.append(os.sched_getaffinity(0))
        done.set()

    def work() -> None:
        processors.keep_to(min(processors.ALL))
        journal = Journal(str(database), alone)
        for _ in range(2 * COMMITS):
            journal.grown()

    in_a_thread(work)
    assert done.wait(30)
    assert seen == [processors.ALL]
