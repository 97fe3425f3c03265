"""Learners as services see them, and answers given on their behalf."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.base import new_guid
from app.db.models import Card, User
from app.scheduling.state import Grade
from app.study import service
from app.study.queries import Reading
from app.study.service import Answered
from app.web.sessions import Viewer
from tests.builders import make_user

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def viewer_of(user: User, *, rank: int = 1, **overrides: Any) -> Viewer:
    """A user as a signed-in request sees them."""
    values: dict[str, Any] = {
        name: getattr(user, name)
        for name in ("id", "guid", "email", "zone", "rollover_hour", "new_per_day", "reviews_per_day", "grade_scale")
    }
    values |= {"type_answer": True, "shortcuts": True, "theme": "system", "session_id": 1, "signed_in_at": NOW}
    return Viewer(rank=rank, **(values | overrides))


def make_learner(session: Session, **overrides: Any) -> Viewer:
    """A learner in UTC; flushed, not committed."""
    return viewer_of(make_user(session, **overrides))


def give(
    session: Session,
    learner: Viewer,
    card: Card,
    grade: int = 4,
    *,
    now: datetime = NOW,
    version: int = 0,
    key: str = "",
    elapsed_ms: int | None = 4000,
    reading: Reading | None = None,
) -> Answered:
    """One answer, committed."""
    answered = service.answer(
        session,
        viewer=learner,
        card=card.guid,
        grade=Grade(grade),
        key=key or new_guid(),
        version=version,
        elapsed_ms=elapsed_ms,
        now=now,
        device="Test",
        reading=reading,
    )
    session.commit()
    return answered
