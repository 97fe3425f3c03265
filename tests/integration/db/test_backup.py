"""Backups: everything of one moment, checked, into an empty place only."""

from __future__ import annotations

import hashlib
import json
import resource
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from app.db import backup
from app.db.backup.place import filling
from app.db.base import Base, new_guid
from app.db.models import Card, Event, LoginSession, Media
from app.db.session import make_engine, session_factory
from app.scheduling.state import Grade
from app.study import service
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import LONG_AGO, choose, make_deck, make_user
from tests.conftest import _administer, _named
from tests.integration.study.people import NOW, give, viewer_of


@pytest.fixture
def empty(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database without tables, of the kind of `database_url`."""
    if database_url.startswith("sqlite"):
        engine = make_engine(f"sqlite:///{tmp_path}/elsewhere/restored.db")
        yield engine
        engine.dispose()
        return
    server, name = request.getfixturevalue("postgresql_server"), f"empty_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name}")
    engine = make_engine(_named(server, name))
    yield engine
    engine.dispose()
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def learner(session: Session) -> Viewer:
    """Somebody who studies a deck of thirty cards, has an image in it, and is signed in."""
    user = make_user(session)
    deck = make_deck(session, cards=30, slug="deck")
    choose(session, user, deck)
    data = bytes(range(256)) * 4
    session.add(Media(sha256="ab" * 32, mime="image/png", size=len(data), content=data, created_at=LONG_AGO))
    session.add(
        LoginSession(
            token_hash=b"session-token-hash-of-32-bytes!!",
            user_id=user.id,
            created_at=NOW,
            seen_at=NOW,
            expires_at=NOW,
            remembered=False,
        )
    )
    viewer = viewer_of(user)
    session.commit()
    return viewer


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that are backed up, but for who rendered them."""
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in backup.left_out():
                columns = [column for column in table.columns if column.name != "renderer"]
                found[table.name] = sorted(map(tuple, connection.execute(select(*columns))), key=repr)
    return found


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_everything_comes_back_and_numbers_go_on_where_they_were(
    engine: Engine, session: Session, learner: Viewer, empty: Engine, tmp_path: Path
) -> None:
    for card in session.scalars(select(Card).limit(5)):
        give(session, learner, card)
    make_user(session)
    last = make_user(session)
    session.commit()
    gone = last.id
    session.delete(last)
    session.commit()
    made = backup.backup(engine, tmp_path / "all.zip", NOW)
    assert (made.rows["event"], made.rows["card"], made.rows["media"]) == (5, 30, 1)
    assert backup.check(tmp_path / "all.zip") == made
    assert backup.restore(empty, tmp_path / "all.zip") == made
    assert rows(empty) == rows(engine)
    with session_factory(empty)() as restored:
        assert not verify(restored, repair=False).differences
        assert not restored.scalars(select(LoginSession)).all(), "everybody signs in again"
        assert make_user(restored).id > gone, "an id is never given twice"
        assert set(restored.scalars(select(Card.renderer))) == {0}, "what a file brings is rendered again"


def test_what_opens_doors_is_not_in_the_file(engine: Engine, learner: Viewer, tmp_path: Path) -> None:
    assert learner.id
    backup.backup(engine, tmp_path / "all.zip", NOW)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        for name in archive.namelist():
            data = archive.read(name)
            assert b"session-token-hash" not in data
            assert b"session-token-hash".hex().encode() not in data
    assert (tmp_path / "all.zip").stat().st_mode & 0o077 == 0, "nobody else may read password hashes"


def test_a_table_that_is_left_out_is_named_by_none_that_is_not() -> None:
    for table in Base.metadata.tables.values():
        if table.name not in backup.left_out():
            assert not {key.column.table.name for key in table.foreign_keys} & backup.left_out()


def test_under_load_every_answer_acknowledged_before_is_there(
    engine: Engine, session: Session, learner: Viewer, empty: Engine, tmp_path: Path
) -> None:
    cards = [(card.guid, new_guid()) for card in session.scalars(select(Card))]
    session.rollback()
    done: list[str] = []
    warm, stop = threading.Event(), threading.Event()

    def study() -> None:
        sessions = session_factory(engine)
        for guid, key in cards:
            with sessions() as own:
                service.answer(
                    own, viewer=learner, card=guid, grade=Grade(4), key=key, version=0, elapsed_ms=1, now=NOW, device=""
                )
                own.commit()
            done.append(key)
            if len(done) == 8:
                warm.set()
            if stop.is_set():
                break

    thread = threading.Thread(target=study)
    thread.start()
    warm.wait(60)
    before = list(done)
    backup.backup(engine, tmp_path / "busy.zip", NOW)
    stop.set()
    thread.join()
    backup.restore(empty, tmp_path / "busy.zip")
    with session_factory(empty)() as restored:
        kept = list(restored.scalars(select(Event.idempotency_key)))
        assert len(kept) == len(set(kept))
        assert set(before) <= set(kept) <= set(done)
        assert not verify(restored, repair=False).differences


def test_a_restore_never_overwrites(engine: Engine, session: Session, learner: Viewer, tmp_path: Path) -> None:
    assert learner.id
    backup.backup(engine, tmp_path / "all.zip", NOW)
    make_deck(session, slug="made-since")
    session.commit()
    before = rows(engine)
    with pytest.raises(backup.BackupError, match="not empty"):
        backup.restore(engine, tmp_path / "all.zip")
    with pytest.raises(backup.BackupError, match="there already"):
        backup.backup(engine, tmp_path / "all.zip", NOW)
    session.rollback()
    assert rows(engine) == before


def test_a_restore_that_was_cut_off_is_seen_and_done_again(
    engine: Engine, learner: Viewer, empty: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert learner.id
    made = backup.backup(engine, tmp_path / "all.zip", NOW)

    def cut_off(_engine: Engine) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backup, "_distrust_html", cut_off)
        with pytest.raises(KeyboardInterrupt):
            backup.restore(empty, tmp_path / "all.zip")
    with empty.connect() as connection:
        assert backup.is_unfinished(connection), "no portal may start on what is there"
    with pytest.raises(backup.BackupError, match="cut off"):
        backup.backup(empty, tmp_path / "part.zip", NOW)
    assert backup.restore(empty, tmp_path / "all.zip") == made
    assert rows(empty) == rows(engine)
    with empty.connect() as connection:
        assert not backup.is_unfinished(connection)


def test_of_two_restores_at_once_one_is_refused(engine: Engine, empty: Engine, tmp_path: Path) -> None:
    backup.backup(engine, tmp_path / "all.zip", NOW)
    with filling(empty), pytest.raises(backup.BackupError, match="Another restore"):
        backup.restore(empty, tmp_path / "all.zip")
    backup.restore(empty, tmp_path / "all.zip")


def test_a_full_disk_is_not_taken_for_a_damaged_backup(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(sqlite_url)
    with session_factory(engine)() as session:
        make_deck(session, cards=2, slug="deck")
        session.commit()
    backup.backup(engine, tmp_path / "all.zip", NOW)
    for folder in ("temporary", "place"):
        (tmp_path / folder).mkdir()
    target = make_engine(f"sqlite:///{tmp_path}/place/new.db")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    with room(128 * 1024):
        acts: tuple[Callable[[], object], ...] = (
            lambda: backup.backup(engine, tmp_path / "more.zip", NOW),
            lambda: backup.check(tmp_path / "all.zip"),
            lambda: backup.restore(target, tmp_path / "all.zip"),
        )
        for act in acts:
            with pytest.raises(backup.BackupError, match="room") as refused:
                act()
            assert "damaged" not in str(refused.value)
    assert not (tmp_path / "more.zip").exists()
    assert not list(tmp_path.rglob(".*")), "nothing half is left behind"
    backup.restore(target, tmp_path / "all.zip")
    assert rows(target) == rows(engine)
    for each in (engine, target):
        each.dispose()


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


Change = Callable[[dict[str, bytes]], None]


def _manifest(**changes: Any) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes).encode()

    return change


def _flip(members: dict[str, bytes]) -> None:
    name = max(members, key=lambda name: len(members[name]))
    data = bytearray(members[name])
    data[len(data) // 2] ^= 1
    members[name] = bytes(data)


def _lie_about_rows(members: dict[str, bytes]) -> None:
    said = json.loads(members["manifest.json"])
    said["rows"]["card"] += 1
    members["manifest.json"] = json.dumps(said).encode()


def _outside(members: dict[str, bytes]) -> None:
    said = json.loads(members["manifest.json"])
    name = next(iter(said["members"]))
    said["members"]["../../outside"] = said["members"].pop(name)
    members["../../outside"] = members.pop(name)
    members["manifest.json"] = json.dumps(said).encode()


def _drop(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name != "manifest.json")]


@pytest.mark.parametrize(
    "change",
    [
        _flip,
        _lie_about_rows,
        _outside,
        _drop,
        _manifest(format=2),
        _manifest(product="something else"),
        _manifest(revision="9999"),
        _manifest(members={"database.sqlite3": "many"}),
        _manifest(rows=[1]),
    ],
)
def test_what_is_damaged_or_foreign_is_refused_and_the_place_stays_empty(
    engine: Engine, learner: Viewer, empty: Engine, tmp_path: Path, change: Change
) -> None:
    assert learner.id
    backup.backup(engine, tmp_path / "all.zip", NOW)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(tmp_path / "changed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(backup.BackupError) as refused:
        backup.restore(empty, tmp_path / "changed.zip")
    assert "changed.zip" in str(refused.value) or "backup" in str(refused.value)
    assert tables(empty) == set()
    assert not (tmp_path.parent / "outside").exists()


def test_what_has_gone_wrong_on_a_disk_is_seen(sqlite_url: str, tmp_path: Path) -> None:
    engine = make_engine(sqlite_url)
    made = backup.backup(engine, tmp_path / "all.zip", NOW)
    engine.dispose()
    whole = (tmp_path / "all.zip").read_bytes()
    assert backup.check(tmp_path / "all.zip") == made
    directory = whole.index(b"PK\x01\x02")  # from here on, and before the first member, there are headers alone
    anywhere, headers = range(50, directory, directory // 40), [*range(4, 60, 3), *range(directory, len(whole), 5)]
    for place in [*anywhere, *headers, whole.rindex(b"PK\x05\x06") + 20]:
        for changes in (0x55, whole[place]):
            changed = bytearray(whole)
            changed[place] ^= changes or 1
            (tmp_path / "changed.zip").write_bytes(changed)
            with pytest.raises(backup.BackupError, match=r"damaged|only a part"):
                backup.check(tmp_path / "changed.zip")
    for size in (1, len(whole) // 2, len(whole) - 1):
        (tmp_path / "changed.zip").write_bytes(whole[:size])
        with pytest.raises(backup.BackupError, match=r"damaged|only a part"):
            backup.check(tmp_path / "changed.zip")


@pytest.mark.parametrize("content", [b"", b"no archive at all", None])
def test_a_file_that_is_no_backup_is_said_to_be_none(empty: Engine, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "some.zip"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(backup.BackupError, match=r"some\.zip"):
        backup.restore(empty, file)
    assert tables(empty) == set()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("how", ["a member twice", "encrypted"])
def test_an_archive_that_could_be_read_in_two_ways_is_refused(sqlite_url: str, tmp_path: Path, how: str) -> None:
    engine = make_engine(sqlite_url)
    backup.backup(engine, tmp_path / "all.zip", NOW)
    engine.dispose()
    data = bytearray((tmp_path / "all.zip").read_bytes())
    if how == "encrypted":
        data[data.index(b"PK\x01\x02") + 8] |= 1
        (tmp_path / "all.zip").write_bytes(data)
    else:
        with zipfile.ZipFile(tmp_path / "all.zip", "a") as archive:
            archive.writestr("database.sqlite3", archive.read("database.sqlite3"))
    with pytest.raises(backup.BackupError, match="no backup"):
        backup.check(tmp_path / "all.zip")


def test_an_archive_that_grows_without_end_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * (64 * 1024 * 1024))
    with pytest.raises(backup.BackupError, match="no backup"):
        backup.check(tmp_path / "bomb.zip")


def test_a_schema_that_acts_comes_to_nothing(tmp_path: Path, sqlite_url: str) -> None:
    """Tables under their own names that are views, and triggers, are what a hostile SQLite file would try."""
    engine = make_engine(sqlite_url)
    with session_factory(engine)() as session:
        make_deck(session, cards=2, slug="deck")
        session.commit()
    backup.backup(engine, tmp_path / "all.zip", NOW)
    engine.dispose()
    hostile = tmp_path / "hostile.db"
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        hostile.write_bytes(archive.read("database.sqlite3"))
        said = json.loads(archive.read("manifest.json"))
    with sqlite3.connect(hostile) as connection:
        connection.execute("CREATE TRIGGER act AFTER INSERT ON user BEGIN DELETE FROM deck; END")
        connection.execute("ALTER TABLE card_mark RENAME TO other")
        connection.execute("CREATE VIEW card_mark AS SELECT * FROM other")
    connection.close()
    data = hostile.read_bytes()
    said["members"]["database.sqlite3"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    with zipfile.ZipFile(tmp_path / "hostile.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("database.sqlite3", data)
        archive.writestr("manifest.json", json.dumps(said))
    target = make_engine(f"sqlite:///{tmp_path}/target.db")
    with pytest.raises(backup.BackupError, match="card_mark"):
        backup.restore(target, tmp_path / "hostile.zip")
    assert tables(target) == set()
    target.dispose()


@pytest.mark.parametrize("change", ["UPDATE deck SET version = -5", "DELETE FROM deck"])
def test_rows_that_break_a_rule_of_the_schema_are_refused(tmp_path: Path, sqlite_url: str, change: str) -> None:
    engine = make_engine(sqlite_url)
    with session_factory(engine)() as session:
        make_user(session)
        make_deck(session, cards=1, slug="deck")
        session.commit()
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(change)
    backup.backup(engine, tmp_path / "all.zip", NOW)
    engine.dispose()
    target = make_engine(f"sqlite:///{tmp_path}/target.db")
    with pytest.raises(backup.BackupError):
        backup.restore(target, tmp_path / "all.zip")
    assert tables(target) == set()
    target.dispose()


def test_a_database_without_tables_has_nothing_to_back_up(empty: Engine, tmp_path: Path) -> None:
    with pytest.raises(backup.BackupError, match="DATABASE_URL"):
        backup.backup(empty, tmp_path / "nothing.zip", NOW)
    assert not list(tmp_path.glob("*nothing*"))
