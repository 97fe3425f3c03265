"""What a learner typed beside the points of a card's answer."""

from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.keypoints import Answer, Comparison, compare, points_of
from app.db.models import Card, Deck
from app.library.texts import safe_html
from app.web.access import readable
from app.web.sessions import Viewer


def answer_of(session: Session, viewer: Viewer, card: str) -> str | None:
    """The answer of the card with guid `card`, as safe HTML; None where this person may not read it."""
    row = session.execute(
        select(Card.answer_html, Card.renderer)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Card.guid == card, Card.archived_at.is_(None), readable(viewer))
    ).one_or_none()
    return None if row is None else safe_html(row.answer_html, row.renderer)


def beside(answer_html: str, typed: str) -> Comparison | None:
    """The comparison; None where there is nothing to compare."""
    points = _points(answer_html)
    return compare(points, typed) if typed.strip() and points.points else None


def is_more(answer_html: str) -> bool:
    """Whether an answer holds more than its points: code, a table, a formula, a picture."""
    return _points(answer_html).whole


@lru_cache(maxsize=256)
def _points(answer_html: str) -> Answer:
    """The same answer is asked for again and again while somebody types."""
    return points_of(answer_html)
