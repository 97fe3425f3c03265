"""Work shared with helper processes gives what doing it here would give, whatever happens to a helper."""

import os
import signal
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from app.library.files import Batch, Reader, SourceFile
from app.library.workers import WORTHWHILE, Workers
from tests.integration.library.shelf import document

NAMES = [f"a/b-{number}.md" for number in range(50)]
SUFFIXES = [".md"] * 50


def suffix(name: str) -> str:
    """Not known to another process by its name: it has to be done here."""
    return PurePosixPath(name).suffix


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the machine had two processors, and this process threads."""
    monkeypatch.setattr("app.processors.ALL", frozenset((0, 1)))
    monkeypatch.setattr("app.library.workers._has_one_thread", lambda: False)


def test_results_come_in_the_order_of_the_items() -> None:
    with Workers() as found:
        assert found.map(PurePosixPath, NAMES, size=WORTHWHILE) == [PurePosixPath(name) for name in NAMES]
        assert found.map(PurePosixPath, NAMES[:1], size=WORTHWHILE) == [PurePosixPath(NAMES[0])]
        assert found.map(PurePosixPath, [], size=WORTHWHILE) == []


def test_what_a_helper_cannot_do_is_done_here() -> None:
    with Workers() as found:
        assert found.map(suffix, NAMES, size=WORTHWHILE) == SUFFIXES


def test_an_error_comes_from_here() -> None:
    with Workers() as found, pytest.raises(ValueError, match="invalid literal"):
        found.map(int, ["1", "2", "not a number", "4"], size=WORTHWHILE)


def test_a_helper_that_dies_costs_nothing_but_time() -> None:
    with Workers() as found:
        found.map(PurePosixPath, NAMES, size=WORTHWHILE)
        for helper in found._helpers:
            os.kill(helper._process.pid, signal.SIGKILL)
        assert found.map(PurePosixPath, NAMES, size=WORTHWHILE) == [PurePosixPath(name) for name in NAMES]


def test_where_no_process_can_be_had_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with Workers() as found:
        assert found.map(suffix, NAMES, size=WORTHWHILE) == SUFFIXES


def test_small_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", None)
    with Workers() as found:
        assert found.map(suffix, NAMES, size=WORTHWHILE - 1) == SUFFIXES


def test_a_reader_with_helpers_reads_and_renders_the_same() -> None:
    texts = [document(*(f"What is number {number} of {part}?" for number in range(600))) for part in range(3)]
    batch = Batch(
        tuple(SourceFile(f"{n}.md", f"{n}.md", text.encode()) for n, text in enumerate(texts)), "many", "many"
    )
    assert sum(map(len, texts)) >= WORTHWHILE
    outcomes = []
    for processes in (1, 2):
        with Reader(Workers(most=processes)) as reader:
            reader.read([batch])
            documents, _ = reader.batch(batch)
            cards = [card for one in documents for card in one.deck.cards]
            outcomes.append((cards, dict(reader.render(card.text for card in cards))))
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0][0]) == 1800


def test_what_was_rendered_ahead_is_the_same_and_is_given_with_what_is_asked_for_later() -> None:
    text = document(*(f"What is number {number} of all?" for number in range(2400)))
    batch = Batch((SourceFile("all.md", "all.md", text.encode()),), "all", "all")
    outcomes = []
    for processes in (1, 2):
        with Reader(Workers(most=processes)) as reader:
            texts = [card.text for card in reader.batch(batch)[0][0].deck.cards]
            assert sum(len(text.question) + len(text.answer) for text in texts[100:]) >= WORTHWHILE
            if processes == 2:
                reader.render_ahead(texts[100:])
                reader.render_ahead(texts[50:])
            outcomes.append(dict(reader.render(texts)))
    assert outcomes[0] == outcomes[1]
    assert set(outcomes[0]) == set(texts)


def test_work_that_nobody_waits_for_ends_with_the_helpers_and_with_other_work() -> None:
    with Workers() as found:
        left = found.begin(PurePosixPath, NAMES * 100, size=WORTHWHILE)
        assert found.map(int, ["1", "2"], size=WORTHWHILE) == [1, 2]
        assert left.finish() == [PurePosixPath(name) for name in NAMES * 100]
        found.begin(PurePosixPath, NAMES * 100, size=WORTHWHILE, neighbours=True)
    assert not found._helpers


def test_neighbours_come_in_the_order_of_the_items_too() -> None:
    with Workers() as found:
        done = found.map(PurePosixPath, NAMES, size=WORTHWHILE, neighbours=True)
    assert done == [PurePosixPath(name) for name in NAMES]


_COMMAND = """
import fcntl, os, signal, sys, threading
from pathlib import PurePosixPath

from app import processors
from app.library.workers import WORTHWHILE, Workers

processors.ALL = frozenset((0, 1, 2))
names = [f"a/b-{number}.md" for number in range(500)]


class Loud:
    def __del__(self):
        print("tidied up in", "the copy" if os.getpid() != own else "the command")


def helped(found):
    assert found.map(PurePosixPath, names, size=WORTHWHILE) == [PurePosixPath(name) for name in names]
    return [helper._process.pid for helper in found._helpers]


own = os.getpid()
garbage = Loud()
garbage.itself = garbage
del garbage
line = open(sys.argv[1], "w")
fcntl.flock(line, fcntl.LOCK_EX)
with Workers() as found:
    pids = helped(found)
    assert len(pids) == 2
    command = [open(f"/proc/{pid}/cmdline").read() for pid in (own, *pids)]
    assert len(set(command)) == 1, command
    line.close()
    fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert all(os.getsid(pid) != os.getsid(own) for pid in pids)
    os.kill(pids[0], signal.SIGKILL)
    helped(found)
    pids = helped(found)
    assert len(pids) == 2
    children = {int(pid) for pid in open(f"/proc/{own}/task/{own}/children").read().split()}
    assert children == set(pids)
assert not open(f"/proc/{own}/task/{own}/children").read()
with Workers() as found:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert all("app.library.workers" in open(f"/proc/{pid}/cmdline").read() for pid in helped(found))
    stop.set()
    thread.join()
print("the end")
"""


def test_a_command_is_helped_by_copies_of_itself_that_keep_nothing_of_it_open(tmp_path: Path) -> None:
    """With a second thread it is helped by new processes."""
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, str(tmp_path / "lock")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[-2] == "the end"
    assert "the copy" not in done.stdout
