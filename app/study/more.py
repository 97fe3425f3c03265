"""A little more today: what a learner may ask for once the day's limits are reached. It raises today's limits alone."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from app.db.models import User
from app.db.session import write
from app.study.queries import study_day_of
from app.study.scopes import EVERYTHING, Scope, scoped
from app.web.sessions import Viewer

NEW, REVIEWS = 10, 50
"""By how many cards a day's limits are raised at once."""
MOST_EXTRA = 9999


@dataclass(frozen=True, slots=True)
class More:
    """How many cards more a scope brings when the limits of `day` are raised once, and what was added to them so far."""

    day: date
    new: int
    reviews: int
    extra_new: int
    extra_reviews: int

    def __bool__(self) -> bool:
        """Whether there is more to be had."""
        return self.new > 0 or self.reviews > 0


def more_of(session: Session, viewer: Viewer, *, now: datetime, scope: Scope = EVERYTHING) -> More:
    """What a little more would be for this learner. To be asked where nothing is left."""
    day = study_day_of(viewer, now)
    new, reviews = (viewer.extra_new, viewer.extra_reviews) if viewer.extra_on == day else (0, 0)
    wished = replace(viewer, extra_on=day, extra_new=new + NEW, extra_reviews=reviews + REVIEWS)
    counts = scoped(session, wished, scope, now=now).today.plan.counts
    return More(day, counts.new, counts.reviews, new, reviews)


def ask_for_more(
    session: Session, *, viewer: Viewer, what: Literal["new", "reviews"], day: date, seen: int, now: datetime
) -> bool:
    """Raise the limit of new cards or reviews of study day `day`, to which `seen` cards were added when it was asked for.

    Asked for twice, or for a day that is over, nothing more is added; gives whether it was.
    """
    if day != study_day_of(viewer, now) or seen > MOST_EXTRA:
        return False
    write(session)
    today: Any = User.extra_on == day
    extra = {"new": case((today, User.extra_new), else_=0), "reviews": case((today, User.extra_reviews), else_=0)}
    raised = extra | {what: extra[what] + (NEW if what == "new" else REVIEWS)}
    done = session.execute(
        update(User)
        .where(User.id == viewer.id, extra[what] == seen)
        .values(extra_on=day, extra_new=raised["new"], extra_reviews=raised["reviews"])
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]
