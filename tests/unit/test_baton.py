"""The baton of small requests: one runs at a time, and nobody is kept by one who does not pass it on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.db import baton


@pytest.fixture(autouse=True)
def free() -> Iterator[None]:
    yield
    baton.pass_on()


def begun() -> threading.Event:
    """Another thread that takes the baton, and passes it on; what says that it had begun."""
    runs = threading.Event()

    def run() -> None:
        baton.take()
        runs.set()
        baton.pass_on()

    threading.Thread(target=run, daemon=True).start()
    return runs


def test_the_next_one_begins_when_the_one_before_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "PATIENCE_S", 30)
    baton.take()
    other = begun()
    assert not other.wait(0.05)
    baton.pass_on()
    assert other.wait(10)


def test_who_waits_for_something_lets_another_one_run_and_has_the_baton_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "PATIENCE_S", 30)
    baton.take()
    with baton.Resting():
        assert begun().wait(10)
    later = begun()
    assert not later.wait(0.05)
    baton.pass_on()
    assert later.wait(10)


def test_who_had_it_has_it_again_before_anybody_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "PATIENCE_S", 30)
    rests, goes_on, queued, came = threading.Event(), threading.Event(), threading.Semaphore(0), list[str]()

    def had() -> None:
        baton.take()
        with baton.Resting():
            rests.set()
            goes_on.wait(10)
        came.append("had")
        baton.pass_on()

    def new() -> None:
        baton.take()
        came.append("new")
        baton.pass_on()

    threads = [threading.Thread(target=run, daemon=True) for run in (had, new)]
    threads[0].start()
    assert rests.wait(10)
    baton.take()
    lock = threading.Lock

    def noted() -> threading.Lock:
        queued.release()
        return lock()

    monkeypatch.setattr(threading, "Lock", noted)  # who waits makes one, and is in the queue before others may move
    threads[1].start()
    assert queued.acquire(timeout=10)
    goes_on.set()
    assert queued.acquire(timeout=10)
    baton.pass_on()
    for thread in threads:
        thread.join(10)
    assert came == ["had", "new"]


def test_a_failure_while_it_was_down_leaves_it_with_who_had_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "PATIENCE_S", 30)
    baton.take()
    with pytest.raises(KeyError), baton.Resting():
        raise KeyError
    baton.pass_on()
    assert begun().wait(10)


def test_one_that_never_passes_it_on_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "PATIENCE_S", 0.01)
    baton.take()
    assert begun().wait(10)
    assert begun().wait(10)


def test_resting_without_it_is_nothing() -> None:
    with baton.Resting():
        pass
    assert begun().wait(10)
