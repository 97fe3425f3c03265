"""Several processes serve: a new connection goes to the one that has the fewest."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

WHO = """
import os

def application(environ, start_response):
    said = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]
"""
PROCESSES = 3


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a gunicorn whose processes say who they are."""
    (tmp_path / "who.py").write_text(WHO)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--worker-class", "app.gunicorn_worker.Worker", "--threads", "4"]
        command += ["--workers", str(PROCESSES), "--keep-alive", "60", "--no-control-socket"]
        command += ["--bind", f"fd://{listener.fileno()}", "--chdir", str(tmp_path), "who:application"]
        process = subprocess.Popen(
            command, pass_fds=[listener.fileno()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield port
        finally:
            process.terminate()
            process.wait(30)


def asked(connection: socket.socket, *, keep: bool) -> bytes:
    """The number of the process that answers."""
    end = b"" if keep else b"Connection: close\r\n"
    connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + end + b"\r\n")
    said = b""
    while b"\r\n\r\n" not in said or not said.rpartition(b"\r\n\r\n")[2]:
        more = connection.recv(4096)
        assert more, "it hung up"
        said += more
    return said.rpartition(b"\r\n\r\n")[2]


def all_there(port: int, *, but: bytes = b"") -> set[bytes]:
    """Every process once it serves: while others start, one that is alone has to take all."""
    seen: set[bytes] = set()
    while len(seen) < PROCESSES:
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            seen |= {asked(connection, keep=False)} - {but}
    return seen


def shared(port: int) -> Counter[bytes]:
    """How many of 24 connections that are kept each process has."""
    with ExitStack() as kept:
        connections = [kept.enter_context(socket.create_connection(("127.0.0.1", port), 60)) for _ in range(24)]
        return Counter(asked(connection, keep=True) for connection in connections)


def test_connections_that_are_kept_are_shared_evenly(port: int) -> None:
    seen = all_there(port)
    counts = shared(port)
    assert set(counts) == seen
    assert max(counts.values()) <= 2 * min(counts.values())


def test_what_a_process_had_that_was_killed_is_counted_no_more(port: int) -> None:
    dies = min(all_there(port))
    os.kill(int(dies), signal.SIGKILL)
    seen = all_there(port, but=dies)
    counts = shared(port)
    assert set(counts) == seen
    assert max(counts.values()) <= 2 * min(counts.values())
