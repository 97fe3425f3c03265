"""Decks and cards as the command line lists them, whoever may read them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Card, Deck, Question


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card of a deck, archived or not; `line` is its question's in the document, if it has one."""

    guid: str
    question: str
    line: int | None
    archived: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The cards of a deck in their order, and how many of them may be another one: a person has to say."""

    cards: tuple[ListedCard, ...]
    pending: int


@dataclass(frozen=True, slots=True)
class ListedDeck:
    """A deck and how many cards of it can be read."""

    slug: str
    title: str
    archived: bool
    cards: int


def all_decks(session: Session) -> list[ListedDeck]:
    """Every deck, by slug."""
    cards = func.count(Card.id).filter(Card.archived_at.is_(None))
    columns = select(Deck.slug, Deck.title, Deck.archived_at.is_not(None).label("archived"), cards.label("cards"))
    rows = session.execute(columns.outerjoin(Card, Card.deck_id == Deck.id).group_by(Deck.id).order_by(Deck.slug))
    return [ListedDeck(**row._mapping) for row in rows]


def deck_listing(session: Session, slug: str) -> Listing | None:
    """The cards of a deck, those left out that were joined to another; None where there is no such deck."""
    deck_id = session.scalar(select(Deck.id).where(Deck.slug == slug))
    if deck_id is None:
        return None
    columns = select(
        Card.guid, Card.question, Card.source_line.label("line"), Card.archived_at.is_not(None).label("archived")
    )
    cards = session.execute(
        columns.where(Card.deck_id == deck_id, Card.merged_into_id.is_(None)).order_by(Card.position, Card.id)
    )
    pending = select(func.count()).where(
        Question.deck_id == deck_id, Question.kind == "match", Question.decided_at.is_(None)
    )
    return Listing(tuple(ListedCard(**row._mapping) for row in cards), session.scalar(pending) or 0)
