"""A portal as an operator runs it: the real commands, the real gunicorn, on a free port of this machine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.db.session import make_engine, session_factory

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 60.0


@dataclass(slots=True)
class Portal:
    """A running portal: its address, its database, and what it has said."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[str]
    lines: list[str]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on its database that commits at the end."""
        engine = make_engine(self.environment["DATABASE_URL"])
        try:
            with session_factory(engine)() as session:
                yield session
                session.commit()
        finally:
            engine.dispose()

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """Let it be `instant` (and later) for the portal; only for one that is `CLOCKED`."""
        clock = Path(self.environment["CLOCK"])
        clock.write_text(str((instant - datetime.now(UTC)).total_seconds()), encoding="ascii")
        try:
            yield
        finally:
            clock.unlink()

    def command(self, *arguments: str) -> str:
        """What a `reprise` command prints, run beside the portal."""
        return command(self.environment, *arguments)


def command(environment: dict[str, str], *arguments: str) -> str:
    """What a `reprise` command prints; it must succeed."""
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"reprise {' '.join(arguments)} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def environment_of(database_url: str, **settings: str) -> dict[str, str]:
    """This process's environment with a portal's settings and a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"DATABASE_URL": database_url, "SECRET_KEY": "browser-" * 6, "HOST": "127.0.0.1", "PORT": str(port)}
    return os.environ | given | settings


SERVE = (sys.executable, "-m", "app.cli", "serve")
CLOCKED = (*SERVE[:2], "gunicorn", "--config", "python:app.gunicorn_conf", "tests.browser.clocked:create_app()")
"""The same gunicorn with a clock that can be set, by the file that CLOCK names."""


@contextmanager
def running(environment: dict[str, str], *, arguments: Sequence[str] = SERVE, folder: Path = ROOT) -> Iterator[Portal]:
    """Serve until the block ends, with `arguments` run in `folder`."""
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    portal = Portal(f"http://127.0.0.1:{environment['PORT']}", environment, process, [])
    listening = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            portal.lines.append(line)
            if re.search(r"Listening at", line):
                listening.set()
        listening.set()

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    try:
        assert listening.wait(STARTS_WITHIN_S), "".join(portal.lines)
        assert process.poll() is None, "".join(portal.lines)
        yield portal
    finally:
        process.terminate()
        process.wait(30)
        reader.join(5)
        if process.stdout is not None:
            process.stdout.close()
