"""Pages are the same on every database: they are tested on the embedded one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords
from app.web import clock


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
