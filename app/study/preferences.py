"""How a learner studies: their day, their limits, their buttons, their theme."""

from dataclasses import asdict, dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.models import User
from app.db.session import write
from app.scheduling.steps import steps_named
from app.scheduling.study_day import zone_named

MOST_NEW = 999
MOST_REVIEWS = 9999
MOST_GOAL_CARDS = 9999
MOST_GOAL_MINUTES = 999


@dataclass(frozen=True, slots=True)
class Preferences:
    """A learner's study settings, named as the columns of `User`."""

    zone: str
    rollover_hour: int
    new_per_day: int
    reviews_per_day: int
    new_order: str
    review_order: str
    learning_steps: str
    grade_scale: str
    type_answer: bool
    shortcuts: bool
    theme: str
    reading_size: str
    measure: str
    swipes: bool
    goal_cards: int | None = None
    """Cards a day; None or 0: no such goal."""
    goal_minutes: int | None = None


def save(session: Session, *, user_id: int, preferences: Preferences) -> None:
    """Study by `preferences` from now on.

    A change of zone or rollover hour touches no answer given before: each keeps the study day it had. Raises
    `UnknownZone`, `UnknownSteps`.
    """
    zone_named(preferences.zone)
    steps_named(preferences.learning_steps)
    values = asdict(preferences)
    goals = {name: values[name] or None for name in ("goal_cards", "goal_minutes")}
    write(session)
    session.execute(update(User).where(User.id == user_id).values(**values | goals))


def save_days(session: Session, *, user_id: int, easy_days: str, balance: bool, suspend_leeches: bool) -> None:
    """Let due days and leeches be as wished from now on; days that are set stay."""
    write(session)
    wished = {"easy_days": easy_days, "balance": balance, "suspend_leeches": suspend_leeches}
    session.execute(update(User).where(User.id == user_id).values(**wished))
