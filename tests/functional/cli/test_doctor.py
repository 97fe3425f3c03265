"""`reprise doctor` says what is wrong and what to do, and ends with 1 only then."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db.models import Job, Mail
from tests.builders import make_user
from tests.functional.cli.conftest import Run
from tests.mailbox import mail_server

KEY = "0123456789abcdef" * 3


@pytest.fixture
def well(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A portal with an administrator and a good secret."""
    make_user(session, role="admin")
    session.commit()
    monkeypatch.setenv("SECRET_KEY", KEY)
    return session


def test_of_a_portal_that_is_well_it_finds_nothing(reprise: Run, well: Session) -> None:
    with mail_server() as box:
        ran = reprise("doctor", env={"MAIL_URL": box.url, "MAIL_FROM": "a@example.org"})
    assert ran.exit_code == 0, ran.output
    assert "problem" not in ran.output
    for subject in ("Settings", "Secrets", "disk", "Database", "Schema", "Clock", "Jobs", "Mail"):
        assert subject in ran.output


@pytest.mark.parametrize(
    ("env", "says", "remedy"),
    [
        ({"PORT": "abc"}, "Setting PORT", "Correct it"),
        ({"SECRET_KEY": "x" * 40}, "can be guessed", "token_hex"),
        ({"DATABASE_URL": "sqlite:///nowhere/x.db"}, "not there", "DATABASE_URL"),
        ({"MAIL_URL": "smtp://u:hush-hush@127.0.0.1:1", "MAIL_FROM": "a@example.org"}, "let us in", "MAIL_URL"),
        ({"LIMITS_STORAGE": "nonsense://x"}, "LIMITS_STORAGE", "memory://"),
    ],
)
def test_it_names_a_setting_that_is_wrong(
    reprise: Run, well: Session, env: dict[str, str], says: str, remedy: str
) -> None:
    ran = reprise("doctor", env=env)
    assert ran.exit_code == 1
    assert says in ran.output
    assert remedy in ran.output
    assert "hush-hush" not in ran.output


def test_it_names_what_waits_for_nobody(reprise: Run, well: Session) -> None:
    then = datetime.now(UTC) - timedelta(hours=1)
    well.add(Job(kind="x", payload={}, state="queued", created_at=then))
    common = {"kind": "notice", "to_address": "a@example.org", "details": {}, "created_at": then, "next_try_at": then}
    well.add(Mail(state="queued", error="450 not now", **common))
    well.add(Mail(state="doubt", finished_at=then, **common))
    well.commit()
    ran = reprise("doctor")
    assert ran.exit_code == 1
    for words in ("one has waited", "reprise worker", "1 wait", "450 not now", "1 in doubt", "reprise mail retry"):
        assert words in ran.output


def test_it_asks_for_the_schema_and_for_an_administrator(reprise: Run, session: Session) -> None:
    assert "reprise admin link" in reprise("doctor").output
    reprise("db", "downgrade", "0001")
    assert "Run `reprise db upgrade`" in reprise("doctor").output


def test_it_changes_nothing(reprise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name)
    ran = reprise("doctor")
    assert (ran.exit_code, "reprise db upgrade" in ran.output) == (1, True)
    assert not list(Path.cwd().iterdir())


def test_a_new_database_is_its_owners_alone_and_one_that_is_not_is_named(
    reprise: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "portal.db")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
        assert reprise("db", "upgrade").exit_code == 0
        assert file.stat().st_mode & 0o077 == 0
        file.chmod(0o644)
        assert "can read" not in reprise("doctor").output, "its folder keeps others out"
        Path(folder).chmod(0o755)
        assert f"chmod 600 {file}" in reprise("doctor").output
