"""What readers see: decks, and the cards of one deck to read and search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.content.document import Option
from app.db.models import Card, CardMark, Collection, Deck
from app.library import search
from app.library.texts import options_of, safe_html
from app.web.access import allows, readable
from app.web.sessions import Viewer


@dataclass(frozen=True, slots=True)
class DeckRow:
    """A deck as lists and titles show it. `questions` counts what can be read: ready cards and `drafts`."""

    id: int
    guid: str
    slug: str
    title: str
    description: str
    visibility: str
    owner_id: int | None
    source_url: str
    author: str
    licence: str
    archived_at: datetime | None
    version: int
    updated_at: datetime
    collection: str | None
    """The title of the collection it belongs to."""
    collection_slug: str | None
    questions: int
    drafts: int

    @property
    def ready(self) -> int:
        """How many of its questions can be studied."""
        return self.questions - self.drafts


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card to read. `number` is what readers call it, from 1; all HTML is safe to serve."""

    id: int
    guid: str
    deck_id: int
    number: int
    section: tuple[str, ...]
    kind: str
    question_text: str
    question_html: str
    answer_html: str
    tags: tuple[str, ...]
    options: tuple[Option, ...]
    options_html: tuple[str, ...]
    draft: bool
    archived_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CardLine:
    """What a deck's page must know of each of its cards to filter, count and number them; no HTML."""

    id: int
    guid: str
    number: int
    section: tuple[str, ...]
    question_text: str
    tags: tuple[str, ...]
    draft: bool


def studyable() -> ColumnElement[bool]:
    """Cards that are asked: neither draft, nor archived, nor joined to another. A condition on `Card`."""
    return and_(Card.draft.is_(False), Card.archived_at.is_(None), Card.merged_into_id.is_(None))


def unsuspended(user_id: int) -> ColumnElement[bool]:
    """Cards that this learner has not suspended. A condition on `Card`."""
    suspended = select(CardMark.card_id).where(CardMark.user_id == user_id, CardMark.suspended_at.is_not(None))
    return Card.id.not_in(suspended)


def living_cards() -> Any:
    """Cards that are in a deck to be read: not archived. A condition on `Card`."""
    return Card.archived_at.is_(None)


def readable_decks(session: Session, viewer: Viewer | None) -> list[DeckRow]:
    """The decks this person may read, archived ones left out, by title."""
    return [_deck_row(row) for row in session.execute(_decks().where(readable(viewer)).order_by(Deck.title, Deck.id))]


def deck_by_slug(session: Session, slug: str, viewer: Viewer | None) -> DeckRow | None:
    """The deck of this address; None when there is none or this person may not read it."""
    if "\0" in slug:  # PostgreSQL refuses it in any text
        return None
    row = session.execute(_decks().where(Deck.slug == slug)).one_or_none()
    deck = None if row is None else _deck_row(row)
    return deck if deck is not None and allows(viewer, "read", deck) else None


def deck_by_id(session: Session, deck_id: int) -> DeckRow:
    """A deck that is known to be there; who may see it is decided by the caller."""
    return _deck_row(session.execute(_decks().where(Deck.id == deck_id)).one())


def deck_lines(session: Session, deck_id: int) -> tuple[CardLine, ...]:
    """The cards of a deck in its order, without their HTML: quick for decks of thousands."""
    columns = (Card.id, Card.guid, Card.position, Card.section, Card.question_text, Card.tags, Card.draft)
    rows = session.execute(select(*columns).where(*_of_deck(deck_id)).order_by(Card.position, Card.id))
    return tuple(
        CardLine(row.id, row.guid, row.position + 1, tuple(row.section), row.question_text, tuple(row.tags), row.draft)
        for row in rows
    )


def mentioning(session: Session, deck_id: int, query: str) -> frozenset[int]:
    """The ids of the deck's cards in which `query` finds what it asks for, in question, answer, options or tags."""
    return frozenset(session.scalars(search.of_deck(session, deck_id, query).where(living_cards())))


def first_card(session: Session, deck_id: int) -> CardRow | None:
    """The first plain card of a deck that has an answer, for a visitor to try."""
    plain = select(Card).where(*_of_deck(deck_id), Card.draft.is_(False), Card.kind == "basic")
    card = session.scalar(plain.order_by(Card.position, Card.id).limit(1))
    return None if card is None else _card_row(card)


def card_by_guid(session: Session, guid: str, viewer: Viewer | None) -> tuple[CardRow, DeckRow] | None:
    """A card and its deck; None when there is no such card or this person may not read it there.

    An archived card is there for editors only.
    """
    card = session.scalar(select(Card).where(Card.guid == guid))
    if card is None:
        return None
    deck = deck_by_id(session, card.deck_id)
    if not allows(viewer, "read" if card.archived_at is None else "edit", deck):
        return None
    return _card_row(card), deck


def card_rows(session: Session, card_ids: Sequence[int]) -> dict[int, CardRow]:
    """Cards by their internal ids, archived ones too: for rooms that hold ids and show cards."""
    return {card.id: _card_row(card) for card in session.scalars(select(Card).where(Card.id.in_(card_ids)))}


def _decks() -> Select[*tuple[Any, ...]]:
    drafts = func.count(Card.id).filter(Card.draft)
    return (
        select(
            Deck.id,
            Deck.guid,
            Deck.slug,
            Deck.title,
            Deck.description,
            Deck.visibility,
            Deck.owner_id,
            Deck.source_url,
            Deck.author,
            Deck.licence,
            Deck.archived_at,
            Deck.version,
            Deck.updated_at,
            Collection.title.label("collection"),
            Collection.slug.label("collection_slug"),
            func.count(Card.id).label("questions"),
            drafts.label("drafts"),
        )
        .outerjoin(Collection, Collection.id == Deck.collection_id)
        .outerjoin(Card, (Card.deck_id == Deck.id) & living_cards())
        .group_by(Deck.id, Collection.id)
    )


def _of_deck(deck_id: int) -> tuple[Any, ...]:
    return Card.deck_id == deck_id, living_cards()


def _deck_row(row: Any) -> DeckRow:
    return DeckRow(**row._mapping)


def _card_row(card: Card) -> CardRow:
    return CardRow(
        id=card.id,
        guid=card.guid,
        deck_id=card.deck_id,
        number=card.position + 1,
        section=tuple(card.section),
        kind=card.kind,
        question_text=card.question_text,
        question_html=safe_html(card.question_html, card.renderer),
        answer_html=safe_html(card.answer_html, card.renderer),
        tags=tuple(card.tags),
        options=options_of(card.options),
        options_html=tuple(safe_html(html, card.renderer) for html in card.options_html),
        draft=card.draft,
        archived_at=card.archived_at,
        updated_at=card.updated_at,
    )
