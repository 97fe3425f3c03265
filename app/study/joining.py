"""What two cards becoming one, or two again, means for those who learn them."""

from collections.abc import Collection

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session, aliased

from app.content import render
from app.db.models import Card, CardMark, CardState, Event, Note
from app.db.session import write
from app.study.service import replay_card


def replay_everyone(session: Session, *, card_ids: Collection[int]) -> int:
    """Make the states of these cards again from the logs, for everybody who has learned one; gives how many states.

    Call it when cards were joined or parted: a card that lives on answers for the logs of those joined to it, and a card
    that was joined to another has no state, marks or notes of its own. Flushes.
    """
    if not card_ids:
        return 0
    write(session)
    card, joined = aliased(Card), aliased(Card)
    _hand_on_marks(session, card_ids)
    _hand_on_notes(session, card_ids)
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


def _hand_on_marks(session: Session, card_ids: Collection[int]) -> None:
    """Give what learners marked of cards that were joined to others to those. What stands there already stays.

    A flag always goes on. A card stays suspended only for who never began the one that lives on: they said they do not
    want it, and of the other they said nothing.
    """
    theirs = select(CardMark, Card.merged_into_id, CardState.user_id.label("begun"))
    theirs = theirs.join(Card, Card.id == CardMark.card_id).outerjoin(
        CardState, and_(CardState.card_id == Card.merged_into_id, CardState.user_id == CardMark.user_id)
    )
    rows = session.execute(
        theirs.where(Card.id.in_(card_ids), Card.merged_into_id.is_not(None)).order_by(CardMark.card_id)
    )
    for mark, root, begun in rows.all():
        wanted = {"flagged_at": mark.flagged_at, "suspended_at": mark.suspended_at if begun is None else None}
        other = session.get(CardMark, (mark.user_id, root))
        if other is None and any(wanted.values()):
            session.add(CardMark(user_id=mark.user_id, card_id=root, **wanted))
        elif other is not None:
            other.flagged_at = other.flagged_at or wanted["flagged_at"]
        session.delete(mark)
        session.flush()


def _hand_on_notes(session: Session, card_ids: Collection[int]) -> None:
    """Give what learners wrote on cards that were joined to others to those, below what they wrote there."""
    theirs = select(Note, Card.merged_into_id).join(Card, Card.id == Note.card_id)
    gone = theirs.where(Card.id.in_(card_ids), Card.merged_into_id.is_not(None)).order_by(Note.card_id)
    for note, root in session.execute(gone).all():
        other = session.get(Note, (note.user_id, root))
        if other is None:
            kept = {name: getattr(note, name) for name in ("text", "text_html", "renderer", "version", "saved_at")}
            session.add(Note(user_id=note.user_id, card_id=root, **kept))
        else:
            other.text = f"{other.text}\n\n{note.text}"
            other.text_html, other.renderer = render.render(other.text), render.RENDERER_VERSION
            other.version += 1
        session.delete(note)
        session.flush()
