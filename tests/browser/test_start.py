"""The first minutes of an operator: a folder with nothing in it but what is checked out, and no setting at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.config import Settings
from tests.browser.portals import ROOT, environment_of, running

SETTINGS = {name.upper() for name in Settings.__dataclass_fields__}
START = ("tools/start",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `make run` starts in, fresh: the start script and the content that ships with the portal."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "start", tmp_path / "tools" / "start")
    shutil.copytree(ROOT / "content", tmp_path / "content")
    return tmp_path


def bare(**settings: str) -> dict[str, str]:
    """An environment with these settings only, a free port, and `reprise` in its path."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "PORT": environment_of("")["PORT"]} | settings


def read(url: str) -> str:
    """A page."""
    with urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def test_without_any_setting_the_portal_serves_what_it_imported_and_prints_a_link(folder: Path) -> None:
    with running(bare(), arguments=START, folder=folder) as portal:
        assert f"{portal.url}/setup/" in "".join(portal.lines)
        assert "12 questions" in read(portal.url)
        assert '"ready"' in read(f"{portal.url}/health/ready")
    assert {path.name for path in (folder / "var").iterdir()} >= {"reprise.db", "secret-key"}


def test_two_starts_at_once_on_one_database_both_serve_it(folder: Path) -> None:
    environments = [bare(), bare()]
    with (
        running(environments[0], arguments=START, folder=folder) as one,
        running(environments[1], arguments=START, folder=folder) as two,
    ):
        for portal in (one, two):
            assert "12 questions" in read(portal.url)


def test_a_setting_that_is_not_understood_stops_the_start_and_is_named(folder: Path) -> None:
    ran = subprocess.run(
        START, cwd=folder, env=bare(SESSION_DAYS="many"), capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode != 0
    assert "SESSION_DAYS" in ran.stderr
    assert "many" in ran.stderr
    assert not (folder / "var").exists()
