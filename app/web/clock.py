"""The one clock. Everything that needs the present asks here and passes it on as a value."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
