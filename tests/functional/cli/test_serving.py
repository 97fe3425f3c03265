"""`reprise serve` and `reprise db`: what is wrong with a setting or a database is said in one line, and nothing starts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from app.cli import serving
from app.db.session import make_engine
from tests.functional.cli.conftest import Run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMITS_STORAGE", "elsewhere://"),
        ("LIMITS_STORAGE", "redis://127.0.0.1"),
        ("HOST", "192.0.2.1"),
        ("HOST", "no address"),
    ],
)
def test_a_setting_that_only_a_start_can_check_is_named(
    reprise: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    result = reprise("serve")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Setting {name}: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_named(reprise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE_S", 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        result = reprise("serve")
    assert result.exit_code == 1
    assert "is in use" in result.stderr


def test_a_file_that_is_no_database_and_a_server_that_is_away_are_said_in_a_line(
    reprise: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.db"
    notes.write_text("These are notes and no database at all.\n" * 40)
    for url in (f"sqlite:///{notes}", f"sqlite:///{tmp_path}", "postgresql://a:b@127.0.0.1:1/c"):
        monkeypatch.setenv("DATABASE_URL", url)
        result = reprise("db", "upgrade")
        assert result.exit_code == 1, url
        assert result.stderr.startswith("The database said: "), url
        assert "Traceback" not in result.output
    assert notes.read_text().startswith("These are notes")


def test_a_place_that_cannot_be_made_is_named(reprise: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file/portal.db")
    result = reprise("db", "upgrade")
    assert result.exit_code == 1
    assert result.stderr.startswith("Setting DATABASE_URL: ")


def test_a_database_of_a_newer_portal_is_left_alone(reprise: Run, database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for command in (("db", "upgrade"), ("serve",)):
        result = reprise(*command)
        assert result.exit_code == 1
        assert "newer Reprise (schema 9999). Install that" in result.stderr


def test_a_database_that_is_not_up_to_date_yet_is_said_to_be(reprise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///fresh.db")
    result = reprise("serve")
    assert result.exit_code == 1
    assert "reprise db upgrade" in result.stderr
