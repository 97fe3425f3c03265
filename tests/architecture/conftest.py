"""Promises are the same on every database: they are checked on the embedded one."""

import pytest


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A fresh SQLite database."""
    return sqlite_url
