"""Pages are the same on every database: they are tested on the embedded one."""

from datetime import UTC, datetime, timedelta

import pytest

from app.web import clock


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A fresh SQLite database."""
    return sqlite_url


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
