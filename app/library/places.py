"""The order of a deck's cards after many of them came or went."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.models import Card


def place_again(session: Session, deck_id: int, came: Sequence[Card], at: Mapping[int, int] | None = None) -> None:
    """Number a deck's cards anew, from 0, without gaps.

    Those that `came`, whose deck it is already, go behind the last card of their section, or to the end; where `at` has a
    place for them, by their id, there. Flushes.
    """
    session.flush()
    new = {card.id for card in came}
    rows = session.execute(
        select(Card.id, Card.position, Card.section).where(Card.deck_id == deck_id).order_by(Card.position, Card.id)
    )
    old = {row.id: (row.position, tuple(row.section)) for row in rows if row.id not in new}
    order = list(old)
    if at is None:
        order = _behind_their_sections(order, old, came)
    else:
        for card in sorted(came, key=lambda card: (at[card.id], card.id)):
            order.insert(min(at[card.id], len(order)), card.id)
    places = {key: place for place, key in enumerate(order)}
    for card in came:
        card.position = places[card.id]
    session.flush()
    stay = [{"id": key, "position": places[key]} for key, (was, _) in old.items() if was != places[key]]
    if stay:
        session.execute(update(Card), stay)


def _behind_their_sections(
    order: Sequence[int], old: Mapping[int, tuple[int, tuple[str, ...]]], came: Sequence[Card]
) -> list[int]:
    last = {section: key for key, (_, section) in old.items()}
    behind: dict[int | None, list[int]] = {}
    for card in came:
        behind.setdefault(last.get(tuple(card.section)), []).append(card.id)
    return [one for key in order for one in (key, *behind.get(key, ()))] + behind.get(None, [])
