"""Pages are the same on every database: they are tested on the embedded one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords
from app.config import Settings
from app.web import clock
from tests.mailbox import Mailbox, mail_server


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A fresh SQLite database."""
    return sqlite_url


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes of little cost, as each test signs somebody in; what they cost is tested in `tests/unit/accounts`."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def server() -> Iterator[Mailbox]:
    """A mail server on the loopback address."""
    with mail_server() as box:
        yield box


@pytest.fixture
def box(server: Mailbox) -> Mailbox:
    """What the mail server takes from now on."""
    server.mails.clear()
    server.answers.clear()
    return server


@pytest.fixture
def mailing(database_url: str, server: Mailbox) -> Settings:
    """Settings of a portal that sends mail: a module whose portal does makes them its `settings`."""
    return Settings(
        secret_key="test-" * 10,
        database_url=database_url,
        base_url="http://study.example.org",
        mail_url=server.url,
        mail_from="Reprise <portal@example.org>",
    )


class Watch:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        """Let so much time pass."""
        self.ahead += timedelta(**by)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The portal's clock, to be moved."""
    watch = Watch()
    monkeypatch.setattr(clock, "now", watch.now)
    return watch
