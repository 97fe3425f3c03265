"""The portal as it is served, with a clock that tests can set: the file named CLOCK says how many seconds it is ahead."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.factory import create_app
from app.web import clock

__all__ = ["create_app"]

_ahead = Path(os.environ["CLOCK"])


def _now() -> datetime:
    try:
        seconds = float(_ahead.read_text(encoding="ascii"))
    except OSError:
        seconds = 0.0
    return datetime.now(UTC) + timedelta(seconds=seconds)


clock.now = _now
