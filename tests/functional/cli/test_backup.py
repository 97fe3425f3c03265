"""`reprise backup`, `restore` and `housekeeping`, as an operator or cron runs them."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import backup
from app.db.models import Audit, Card, Job, LoginSession, User
from app.db.session import make_engine, session_factory
from tests.browser.portals import command, environment_of
from tests.builders import make_deck, make_user
from tests.functional.cli.conftest import Run


@pytest.fixture
def filled(session: Session) -> Session:
    """A portal with a deck."""
    make_user(session)
    make_deck(session, cards=3, slug="deck")
    session.commit()
    return session


def test_a_backup_is_made_checked_and_restored(
    reprise: Run, filled: Session, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    assert filled.scalars(select(Card)).first()
    result = reprise("backup", "night.zip")
    assert result.exit_code == 0, result.output
    assert reprise("backup", "--check", "night.zip").stdout.startswith("night.zip is whole")
    again = reprise("backup", "night.zip")
    assert (again.exit_code, "never replaces" in again.stderr) == (1, True)
    full = reprise("restore", "night.zip")
    assert (full.exit_code, "not empty" in full.stderr) == (1, True)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    restored = reprise("restore", "night.zip")
    assert restored.exit_code == 0, restored.output
    engine = make_engine(f"sqlite:///{tmp_path}/new.db")
    with session_factory(engine)() as new:
        assert all(card.renderer > 0 and "<p>" in card.answer_html for card in new.scalars(select(Card)))
        assert new.scalars(select(Audit.action)).all() == ["system.restore"]
    engine.dispose()


def test_what_opens_doors_stays_out_when_the_command_runs_by_itself(
    session: Session, database_url: str, tmp_path: Path
) -> None:
    """A process of its own has loaded only what the command loads."""
    now, user = datetime.now(UTC), make_user(session)
    times = {"created_at": now, "seen_at": now, "expires_at": now + timedelta(days=1)}
    session.add(LoginSession(token_hash=b"t" * 32, user_id=user.id, remembered=True, **times))
    session.commit()
    command(environment_of(database_url), "backup", str(tmp_path / "night.zip"))
    with zipfile.ZipFile(tmp_path / "night.zip") as archive:
        rows = json.loads(archive.read("manifest.json"))["rows"]
    assert rows["user"] == 1
    assert {rows.get(name, 0) for name in backup.left_out()} == {0}


@pytest.mark.usefixtures("filled")
def test_a_damaged_backup_is_said_in_a_line(reprise: Run) -> None:
    assert reprise("backup", "night.zip").exit_code == 0
    data = bytearray(Path("night.zip").read_bytes())
    data[len(data) // 2] ^= 1
    Path("night.zip").write_bytes(data)
    for arguments in (("backup", "--check", "night.zip"), ("restore", "night.zip")):
        result = reprise(*arguments)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("filled")
def test_old_backups_make_room_and_nothing_else_goes(reprise: Run) -> None:
    folder = Path("backups")
    folder.mkdir()
    names = [f"reprise-2026010{day}T020000Z.zip" for day in range(1, 5)]
    for name in [*names, "reprise-mine.zip", "notes.txt"]:
        (folder / name).touch()
    assert reprise("backup", "--into", "backups", "--keep", "3").exit_code == 0
    left = {path.name for path in folder.iterdir()}
    assert {"reprise-mine.zip", "notes.txt", *names[2:]} < left
    assert len(left) == 5


def test_a_damaged_database_pushes_no_good_backup_out(
    reprise: Run, filled: Session, monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    good = Path("backups/reprise-20260101T020000Z.zip")
    assert reprise("backup", str(good)).exit_code == 0
    root = filled.connection().exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'card'").scalar_one()
    filled.rollback()
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with Path(sqlite_url.removeprefix("sqlite:///")).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    night = reprise("backup", "--into", "backups", "--keep", "1")
    assert night.exit_code == 1, night.output
    assert "damaged" in night.stderr or "malformed" in night.stderr
    assert list(Path("backups").iterdir()) == [good]


@pytest.mark.parametrize("arguments", [(), ("a.zip", "--into", "b"), ("--check",), ("a.zip", "--keep", "3")])
def test_what_cannot_be_meant_is_a_wrong_usage(reprise: Run, arguments: tuple[str, ...]) -> None:
    assert reprise("backup", *arguments).exit_code == 2


def test_housekeeping_removes_what_is_over_and_says_so(reprise: Run, session: Session) -> None:
    user, now = make_user(session), datetime.now(UTC)
    gone = make_user(session, deletion_asked_at=now - timedelta(days=8))
    for token, expires in ((b"o", now - timedelta(days=1)), (b"n", now + timedelta(days=1))):
        times = {"created_at": now, "seen_at": now, "expires_at": expires}
        session.add(LoginSession(token_hash=token * 32, user_id=user.id, remembered=True, **times))
    for ended in (now - timedelta(days=40), now):
        session.add(Job(kind="any", payload={}, state="done", created_at=ended, finished_at=ended))
    session.commit()
    dry = reprise("housekeeping", "--dry-run")
    assert "erased accounts: 1 would go" in dry.stdout
    assert len(session.scalars(select(LoginSession)).all()) == 2
    session.rollback()
    done = reprise("housekeeping")
    assert done.exit_code == 0
    assert {"erased accounts: 1", "finished jobs: 1", "sessions, counters and links: 1"} <= set(
        done.stdout.splitlines()
    )
    session.expire_all()
    assert [each.token_hash for each in session.scalars(select(LoginSession))] == [b"n" * 32]
    assert session.scalars(select(User.erased_at).where(User.id == gone.id)).one() is not None
    assert all(line.endswith(": 0") for line in reprise("housekeeping").stdout.splitlines())
