"""Each of several processes that serve keeps the threads that answer to one processor; what runs beside them may be anywhere."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app import processors
from tests.browser.portals import Portal, command, environment_of, running


def allowed(task: Path) -> set[int]:
    """The processors that a process or thread may run on."""
    found = re.search(r"Cpus_allowed_list:\s*(\S+)", (task / "status").read_text())
    assert found
    ranges = [[int(end) for end in part.split("-")] for part in found[1].split(",")]
    return {one for first, *last in ranges for one in range(first, (last or [first])[0] + 1)}


def serving(portal: Portal) -> list[list[set[int]]]:
    """Where the threads of each of its two processes may run, the one that listens first, once both of them serve."""
    below = Path(f"/proc/{portal.process.pid}/task/{portal.process.pid}/children")
    for _ in range(1000):
        with ExitStack() as kept:  # connections that are kept are shared by both
            for _ in range(2):
                connection = kept.enter_context(closing(HTTPConnection(urlsplit(portal.url).netloc)))
                connection.request("GET", "/health/live")
                assert connection.getresponse().read()
            processes = [Path(f"/proc/{one}") for one in below.read_text().split()]
            tasks = [sorted((one / "task").iterdir(), key=lambda task: int(task.name)) for one in processes]
            if (
                len(tasks) == 2 and min(map(len, tasks)) > 3
            ):  # beside it what runs jobs, what sends mails, and what answers
                return [[allowed(task) for task in some] for some in tasks]
    raise AssertionError("They did not both start.")


@pytest.mark.parametrize(("settings", "own"), [({}, True), ({"OWN_PROCESSORS": "no"}, False)])
def test_processes_share_the_processors(tmp_path: Path, settings: dict[str, str], own: bool) -> None:
    environment = environment_of(f"sqlite:///{tmp_path}/portal.db", WEB_CONCURRENCY="2", **settings)
    command(environment, "db", "upgrade")
    with running(environment) as portal:
        first, second = serving(portal)
    if own:
        assert len(first[0]) == len(second[0]) == 1
        assert len(first[0] | second[0]) == min(2, len(processors.ALL))
        assert first.count(first[0]) > 1  # what answers
    else:
        assert first[0] == second[0] == processors.ALL
    assert processors.ALL in first
    assert processors.ALL in second
