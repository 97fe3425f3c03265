"""The cards of a chosen deck that a learner has not begun, and the place from which it is searched for them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, DeckChoice
from app.db.prepared import Prepared
from app.library.queries import studyable

NEW_BEHIND = 50
"""The place from which a deck is searched for new cards is written down again when it is so many cards behind."""

_USER: Any = bindparam("user")
_DECKS: Any = bindparam("decks", expanding=True)

START = case((DeckChoice.new_as_of == Deck.updated_at, DeckChoice.new_from), else_=0)
"""The position from which a chosen deck is searched for new cards."""


def cards(*columns: Any) -> Select[Any]:
    """The cards of a chosen deck that were never reviewed, or not since the learner started them over, in order."""
    return (
        select(*columns)
        .select_from(Card)
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == DeckChoice.user_id))
        .where(Card.deck_id == DeckChoice.deck_id, Card.position >= START, studyable(), CardState.due.is_(None))
        .order_by(Card.position, Card.id)
        .correlate(Deck, DeckChoice)
    )


def _first() -> ColumnElement[int]:
    """The position of the first card of a chosen deck that the learner has not begun; the one after the last card."""
    end = select(func.coalesce(func.max(Card.position), -1) + 1).where(Card.deck_id == DeckChoice.deck_id)
    first = cards(Card.position).limit(1).scalar_subquery()
    return func.coalesce(first, end.correlate(DeckChoice).scalar_subquery())


_LAST = select(func.max(Card.position)).where(Card.deck_id == DeckChoice.deck_id).scalar_subquery()
FAR = _LAST > START + NEW_BEHIND
"""Whether a chosen deck goes on so far behind that place that another one may be worth writing down."""
FIRST_UNBEGUN = Prepared(
    select(DeckChoice.deck_id, _first().label("first"), START.label("start"), Deck.updated_at)
    .join(Deck, Deck.id == DeckChoice.deck_id)
    .where(DeckChoice.user_id == _USER, DeckChoice.deck_id.in_(_DECKS))
)
"""The first card of each of `:decks` that learner `:user` has not begun, where its search starts, and the deck's state."""


def far_behind(session: Session, user_id: int, decks: Sequence[int]) -> tuple[int, ...]:
    """Those decks whose first card that was never begun lies far behind the place that is written down."""
    rows = FIRST_UNBEGUN.all(session, {"user": user_id, "decks": decks}) if decks else ()
    return tuple(row.deck_id for row in rows if row.first - row.start > NEW_BEHIND)
