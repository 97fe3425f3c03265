"""HTML of older renderers made again, some cards at a time."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.content.render import RENDERER_VERSION
from app.db.models import Card
from app.db.session import write
from app.library.media import of_deck
from app.library.texts import of_stored, render_text, rendered_columns


def rerender_outdated(session: Session, *, most: int = 500) -> int:
    """Render up to `most` cards again whose HTML another renderer made; gives how many those were, 0 when all is new.

    Flushes; call it again after each commit until nothing is left. A card that is edited meanwhile keeps what its
    editor's save rendered.
    """
    found = select(Card).where(Card.renderer != RENDERER_VERSION).order_by(Card.id).limit(most)
    cards = session.scalars(found).all()
    images = {deck_id: of_deck(session, deck_id) for deck_id in {card.deck_id for card in cards}}
    fresh = [
        (card.id, card.version, rendered_columns(render_text(of_stored(card), images[card.deck_id].get)))
        for card in cards
    ]
    if not fresh:
        return 0
    write(session)
    for card_id, version, columns in fresh:
        session.execute(
            update(Card)
            .where(Card.id == card_id, Card.version == version)
            .values(**columns)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
    return len(fresh)
