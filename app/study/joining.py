"""What two cards becoming one, or two again, means for those who learn them."""

from collections.abc import Collection

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, aliased

from app.db.models import Card, CardState, Event
from app.db.session import write
from app.study.service import replay_card


def replay_everyone(session: Session, *, card_ids: Collection[int]) -> int:
    """Make the states of these cards again from the logs, for everybody who has learned one; gives how many states.

    Call it when cards were joined or parted: a card that lives on answers for the logs of those joined to it, and a card
    that was joined to another has no state of its own. Flushes.
    """
    if not card_ids:
        return 0
    write(session)
    card, joined = aliased(Card), aliased(Card)
    gone = select(card.id).where(card.id.in_(card_ids), card.merged_into_id.is_not(None))
    session.execute(delete(CardState).where(CardState.card_id.in_(gone)).execution_options(synchronize_session=False))
    pairs = (
        select(Event.user_id, card.id)
        .join(joined, joined.id == Event.card_id)
        .join(card, or_(card.id == joined.id, card.id == joined.merged_into_id))
        .where(card.id.in_(card_ids), card.merged_into_id.is_(None))
        .distinct()
    )
    found = [(row.user_id, row.id) for row in session.execute(pairs.order_by(Event.user_id, card.id))]
    known = set(found)
    for row in session.execute(select(CardState.user_id, CardState.card_id).where(CardState.card_id.in_(card_ids))):
        if (row.user_id, row.card_id) not in known:
            session.execute(delete(CardState).where(CardState.user_id == row.user_id, CardState.card_id == row.card_id))
    for user_id, card_id in found:
        replay_card(session, user_id, card_id)
    return len(found)
