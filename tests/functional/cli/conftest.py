"""The command on a fresh database, as a script would run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main

Run = Callable[..., Result]


@pytest.fixture
def reprise(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`reprise …`, run in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEY", "x" * 40)

    def run(*arguments: str, input: str | None = None, env: dict[str, str] | None = None) -> Result:  # noqa: A002
        return CliRunner().invoke(main, list(arguments), input=input, env=env, catch_exceptions=False)

    return run
