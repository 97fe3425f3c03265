"""Writing on SQLite: writers queue, read what is true by then, and nobody fails at random."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from app.db import session as writing
from app.db import turns, wal
from app.db.base import Base
from app.db.models import Portal
from app.db.session import DatabaseBusy, make_engine, session_factory, write


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path}/portal.db")
    Base.metadata.create_all(engine)
    with session_factory(engine)() as session:
        session.add(Portal(id=1, name="0", registration="open"))
        session.commit()
    yield engine
    engine.dispose()


def test_connections_keep_what_was_acknowledged_and_check_keys(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_read_then_write_counts_every_writer(engine: Engine) -> None:
    factory = session_factory(engine)
    failures: list[BaseException] = []

    def count_up() -> None:
        try:
            for _ in range(10):
                with factory() as session:
                    session.execute(select(Portal.name)).scalar_one()
                    write(session)
                    portal = session.get_one(Portal, 1)
                    portal.name = str(int(portal.name) + 1)
                    session.commit()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with factory() as session:
        assert session.get_one(Portal, 1).name == "80"


def test_what_was_read_before_is_read_again(engine: Engine) -> None:
    factory = session_factory(engine)
    with factory() as slow, factory() as quick:
        assert slow.get_one(Portal, 1).name == "0"
        quick.get_one(Portal, 1).name = "changed meanwhile"
        quick.commit()
        write(slow)
        assert slow.get_one(Portal, 1).name == "changed meanwhile"


def test_a_change_before_write_is_a_mistake_that_shows(engine: Engine) -> None:
    with session_factory(engine)() as session:
        session.get_one(Portal, 1).name = "too early"
        with pytest.raises(RuntimeError, match="before the first change"):
            write(session)


def test_a_writer_that_waits_too_long_changes_nothing_and_the_next_one_may(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LOCK_WAIT_S", 0.01)
    factory = session_factory(engine)
    with factory() as first, factory() as second:
        write(first)
        with pytest.raises(DatabaseBusy):
            write(second)
        first.get_one(Portal, 1).name = "first"
        first.commit()
        second.rollback()
        write(second)
        second.get_one(Portal, 1).name = "second"
        second.commit()
    with factory() as session:
        assert session.get_one(Portal, 1).name == "second"


def test_a_place_that_cannot_be_written_is_busy_and_no_fault(engine: Engine) -> None:
    """A disk that the system has made read-only refuses the lock file first; requests answer 503, and go on later."""
    lock = Path(f"{engine.url.database}.lock")
    lock.unlink()
    lock.mkdir()
    factory = session_factory(engine)
    with factory() as session, pytest.raises(DatabaseBusy, match="cannot be opened"):
        write(session)
    lock.rmdir()
    with factory() as session:
        write(session)
        session.get_one(Portal, 1).name = "1"
        session.commit()


def test_who_has_just_written_does_not_come_before_who_waits(tmp_path: Path) -> None:
    """One process with many writers would else keep the others out, a hundred times in a row."""
    file, order = str(tmp_path / "lock"), []

    def come(name: str) -> None:
        held = turns.turn(file, wait_s=10)
        order.append(name)
        os.close(held)

    first = turns.turn(file, wait_s=10)
    assert fcntl.fcntl(first, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY, "another user may have made the file"
    waiting = threading.Thread(target=come, args=("who waited",))
    waiting.start()
    while waiting.is_alive():  # until it stands at the door
        try:
            os.close(turns._locked(f"{file}-next", 0, 0))
        except turns.NotInTime:
            break
    os.close(first)
    come("who was there before")
    waiting.join()
    assert order == ["who waited", "who was there before"]


def test_a_rolled_back_writer_leaves_the_line(engine: Engine) -> None:
    factory = session_factory(engine)
    with factory() as session:
        write(session)
        session.get_one(Portal, 1).name = "never"
        session.rollback()
    with factory() as session:
        write(session)
        assert session.get_one(Portal, 1).name == "0"
        session.rollback()


def test_a_flush_without_write_gets_in_line_by_itself(engine: Engine) -> None:
    factory = session_factory(engine)
    with factory() as ours, factory() as library:
        library.get_one(Portal, 1)
        ours.get_one(Portal, 1).name = "ours"
        ours.commit()
        library.get_one(Portal, 1).registration = "closed"
        library.commit()
    with factory() as session:
        portal = session.get_one(Portal, 1)
        assert (portal.name, portal.registration) == ("ours", "closed")


def test_the_journal_is_brought_in_beside_the_writers_and_begins_anew(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit appends to it from its beginning again, so it stays as long as some commits make it."""
    monkeypatch.setattr(wal, "COMMITS", 10)
    factory = session_factory(engine)

    def commit(times: int) -> int:
        for number in range(times):
            with factory() as session:
                write(session)
                session.get_one(Portal, 1).name = f"{number} " + "x" * 60
                session.commit()
            for thread in threading.enumerate():
                if thread.name == "journal":
                    thread.join()
        return (tmp_path / "portal.db-wal").stat().st_size

    longest = commit(2 * wal.COMMITS + 1)
    assert commit(3 * wal.COMMITS) <= longest
    with closing(sqlite3.connect(tmp_path / "portal.db")) as other:
        assert other.execute("SELECT name FROM portal").fetchone()[0].startswith("29 ")
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_one_process_brings_the_journal_in_and_another_only_once_it_is_gone(tmp_path: Path) -> None:
    """Two at once, or one right after the other, may lose commits."""
    database = tmp_path / "portal.db"
    brought: list[str] = []
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    journal = wal.Journal(str(database), lambda _work: brought.append("this one"))

    def grow() -> list[str]:
        for _ in range(wal.COMMITS):
            journal.grown()
        for thread in threading.enumerate():
            if thread.name == "journal":
                thread.join()
        return brought

    another = turns.taken(f"{database}.journal.lock")
    assert another is not None
    assert grow() == grow() == []
    os.close(another)
    assert grow() == [], "the other one may just have done it"
    assert grow() == ["this one"]
    assert turns.taken(f"{database}.journal.lock") is None


def test_a_journal_whose_file_is_gone_makes_none(engine: Engine, tmp_path: Path) -> None:
    journal = wal.Journal(str(tmp_path / "gone.db"), lambda work: None)
    for _ in range(2 * wal.COMMITS):
        journal.grown()
    for thread in threading.enumerate():
        if thread.name == "journal":
            thread.join()
    assert not (tmp_path / "gone.db").exists()


def test_a_commit_counts_where_no_thread_can_be_had_and_the_journal_waits(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wal, "COMMITS", 2)

    def commit(name: str) -> None:
        with session_factory(engine)() as session:
            write(session)
            session.get_one(Portal, 1).name = name
            session.commit()

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    commit("first")
    commit("second")
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", refuse)
        commit("third")
        commit("fourth")
    begun: list[str] = []
    start = threading.Thread.start

    def note(thread: threading.Thread) -> None:
        begun.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", note)
    commit("fifth")
    commit("sixth")
    assert begun == ["journal"]
    with closing(sqlite3.connect(tmp_path / "portal.db")) as other:
        assert other.execute("SELECT name FROM portal").fetchone() == ("sixth",)
