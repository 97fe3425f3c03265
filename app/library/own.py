"""A learner's own decks: private, theirs alone, and not without bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import CardText, ContentError
from app.db.base import new_guid
from app.db.models import Card, CardRevision, Deck, DeckChoice, User
from app.db.session import write
from app.library import deck_editing, editing, media, parting
from app.library.deck_editing import DeckFields, SavedDeck
from app.library.editing import Saved
from app.library.slugs import MAX_SLUG
from app.library.texts import Rendered, is_draft, put, text_columns
from app.library.wishes import OWN, Wish

_CHUNK = 500
_SUFFIX = 8
"""Letters of chance at the end of an address."""


class TooManyDecks(Exception):
    """They have as many decks of their own as the portal allows."""


class TooManyCards(Exception):
    """Their own decks would have more cards than the portal allows."""


def make_deck(session: Session, *, fields: DeckFields, owner_id: int, most: int, now: datetime) -> SavedDeck:
    """Make an empty private deck, which its owner studies from the start. Raises `TooManyDecks`.

    Its address ends at random: that of a private deck is nobody else's business and must keep no name from others.
    """
    _in_line(session, owner_id)
    if count_decks(session, owner_id) >= most:
        raise TooManyDecks
    private = replace(fields, visibility="private")
    made = deck_editing.create_deck(session, fields=private, author_id=owner_id, now=now, suffix=new_guid()[:_SUFFIX])
    deck_id = session.scalars(select(Deck.id).where(Deck.slug == made.slug)).one()
    study(session, deck_id=deck_id, owner_id=owner_id, now=now)
    return made


def slug_of(slug: str, guid: str) -> str:
    """The address of a private deck that an upload of this guid makes: it ends at random, too, and stays the same."""
    return f"{slug[: MAX_SLUG - 20]}-{guid[:_SUFFIX]}"


def study(session: Session, *, deck_id: int, owner_id: int, now: datetime) -> None:
    """Have its owner study a deck that they just made."""
    session.add(DeckChoice(user_id=owner_id, deck_id=deck_id, chosen_at=now))
    session.flush()


def restore_deck(session: Session, *, most: int, slug: str, author_id: int, **values: Any) -> SavedDeck:
    """Bring an archived private deck back, as `deck_editing.restore_deck` does. Raises `TooManyDecks`."""
    restored = deck_editing.restore_deck(session, slug=slug, author_id=author_id, **values)
    _in_line(session, author_id)
    if restored.changed and count_decks(session, author_id) > most:
        raise TooManyDecks
    return restored


def create_card(session: Session, *, most: int, author_id: int, **values: Any) -> Saved:
    """Add a card to a private deck, as `editing.create_card` does. Raises `TooManyCards`."""
    made = editing.create_card(session, author_id=author_id, **values)
    check_room(session, owner_id=author_id, most=most)
    return made


def split_card(session: Session, *, most: int, author_id: int, **values: Any) -> tuple[Saved, Saved]:
    """Make two cards of one of a private deck, as `parting.split_card` does. Raises `TooManyCards`."""
    made = parting.split_card(session, author_id=author_id, **values)
    check_room(session, owner_id=author_id, most=most)
    return made


@dataclass(frozen=True, slots=True)
class Ready:
    """A card that is to be added: its text, rendered, and the guid it had elsewhere."""

    guid: str
    kind: str
    text: CardText
    rendered: Rendered = field(repr=False)


def add_cards(
    session: Session, *, slug: str, cards: Sequence[Ready], images: Mapping[str, bytes], author_id: int, now: datetime
) -> dict[str, int]:
    """Add many cards with their images at the end of a private deck; gives their ids by the guids they had elsewhere.

    A guid that is free here is kept, so that the card is found again. Call `check_room` afterwards.
    """
    deck = editing.locked_deck(session, slug)
    guids = [card.guid for card in cards]
    taken: set[str] = set()
    for start in range(0, len(guids), _CHUNK):
        taken.update(session.scalars(select(Card.guid).where(Card.guid.in_(guids[start : start + _CHUNK]))))
    place = session.scalar(select(func.max(Card.position)).where(Card.deck_id == deck.id))
    made = []
    for position, ready in enumerate(cards, 0 if place is None else place + 1):
        card = Card(deck_id=deck.id, position=position, kind="basic", created_at=now, updated_at=now)
        card.guid = new_guid() if ready.guid in taken else ready.guid
        card.draft = is_draft(ready.text)
        put(card, ready.text, ready.rendered)
        if ready.kind == "cloze" and card.kind == "basic":
            card.kind = ready.kind
        card.version = 1
        made.append(card)
    session.add_all(made)
    session.flush()
    session.add_all(
        CardRevision(
            card_id=card.id,
            number=1,
            action="created",
            author_id=author_id,
            created_at=now,
            **text_columns(ready.text),
        )
        for card, ready in zip(made, cards, strict=True)
    )
    deck.updated_at = now
    session.flush()
    if media.store_for_deck(session, deck_id=deck.id, files=images, now=now):
        media.show(session, deck.id)
    return {ready.guid: card.id for card, ready in zip(made, cards, strict=True)}


def check_room(session: Session, *, owner_id: int, most: int) -> None:
    """Raise `TooManyCards` where the owner's private decks have more cards than `most`; call it after adding some."""
    _in_line(session, owner_id)
    if count_cards(session, owner_id) > most:
        raise TooManyCards


def check_import(session: Session, *, owner_id: int, wish: Wish, filename: str) -> None:
    """The same after an import, in its words: raises ContentError, and nothing of the import is stored."""
    most = wish.most_cards or 0
    try:
        check_room(session, owner_id=owner_id, most=most)
    except TooManyCards as error:
        remedy = "Delete questions from the file, or import it in place of what is there."
        raise ContentError(filename, 1, f"Your own decks may have {most:,} questions in all.", remedy) from error
    if wish.goes_to == OWN and count_decks(session, owner_id) > wish.most_decks:
        remedy = "Choose a deck that is there, or archive one you no longer need."
        raise ContentError(filename, 1, f"You may have {wish.most_decks:,} decks of your own.", remedy)


def count_decks(session: Session, owner_id: int) -> int:
    """How many private decks somebody has; archived ones take no place."""
    owned = select(func.count(Deck.id)).where(*_owned_by(owner_id), Deck.archived_at.is_(None))
    return session.scalar(owned) or 0


def count_cards(session: Session, owner_id: int) -> int:
    """How many cards all their private decks have, archived ones too: those are kept."""
    cards = select(func.count(Card.id)).join(Deck, Deck.id == Card.deck_id).where(*_owned_by(owner_id))
    return session.scalar(cards) or 0


def _owned_by(owner_id: int) -> tuple[Any, ...]:
    return Deck.visibility == "private", Deck.owner_id == owner_id


def _in_line(session: Session, owner_id: int) -> None:
    """Two requests of one person count one after the other."""
    write(session)
    session.execute(select(User.id).where(User.id == owner_id).with_for_update(key_share=True))
