"""What the portal has, as values an import can be planned on, and as one mark that tells whether it has changed."""

import hashlib
from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.content.matching import StoredCard
from app.db.models import Card, Collection, Deck, Document
from app.library.files import Batch
from app.library.texts import options_of

_COLUMNS = (
    Card.id,
    Card.guid,
    Card.deck_id,
    Card.position,
    Card.section,
    Card.kind,
    Card.question,
    Card.answer,
    Card.tags,
    Card.options,
    Card.draft,
    Card.archived_at,
    Card.archived_reason,
    Card.base_question,
    Card.base_answer,
    Card.base_section,
    Card.base_tags,
    Card.base_options,
    Card.source_line,
    Card.version,
)


@dataclass(frozen=True, slots=True)
class StoredDeck:
    """A deck and the document it was last imported from; `filename` and `sha256` are None where there is none."""

    id: int
    guid: str
    slug: str
    title: str
    description: str
    source_url: str
    author: str
    licence: str
    archived: bool
    version: int
    collection_id: int | None
    filename: str | None
    sha256: bytes | None
    dialect: str | None
    """How a person chose to have the document read; empty where that was left to the portal."""
    said: dict[str, str] | None
    """What the document said of the deck when it was last imported, by field."""


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """A collection, by what it is found again."""

    id: int
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Portal:
    """All decks and collections, before an import."""

    decks: tuple[StoredDeck, ...]
    collections: tuple[StoredCollection, ...]
    hidden: frozenset[str] = frozenset()
    """Slugs of the private decks that are left out: nothing is imported into them unless they are named."""

    def by_slug(self, slug: str) -> StoredDeck | None:
        """The deck of this slug."""
        return next((deck for deck in self.decks if deck.slug == slug), None)

    def of(self, collection_id: int) -> tuple[StoredDeck, ...]:
        """The decks of one collection."""
        return tuple(deck for deck in self.decks if deck.collection_id == collection_id)


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card's columns, those left out that follow from its text, and the same as the value matching works on."""

    id: int
    columns: dict[str, Any]
    card: StoredCard


def read_portal(session: Session, named: Several[str] = ()) -> Portal:
    """All decks with their documents' names and digests, and all collections; of private decks only those `named`."""
    columns = (
        Deck.id,
        Deck.guid,
        Deck.slug,
        Deck.title,
        Deck.description,
        Deck.source_url,
        Deck.author,
        Deck.licence,
        Deck.archived_at.is_not(None).label("archived"),
        Deck.version,
        Deck.collection_id,
        Document.filename,
        Document.sha256,
        Document.dialect,
        Document.said,
    )
    private = and_(Deck.visibility == "private", Deck.slug.not_in(named))
    decks = session.execute(
        select(*columns).outerjoin(Document, Document.deck_id == Deck.id).where(not_(private)).order_by(Deck.id)
    )
    collections = session.execute(select(Collection.id, Collection.slug, Collection.title).order_by(Collection.id))
    return Portal(
        tuple(StoredDeck(**row._mapping) for row in decks),
        tuple(StoredCollection(**row._mapping) for row in collections),
        frozenset(session.scalars(select(Deck.slug).where(private))),
    )


def read_cards(
    session: Session, decks: Sequence[StoredDeck], held: Several[int] = (), *, lock: bool = False
) -> dict[str, CardRow]:
    """The cards of `decks` by guid, archived ones too; those that were one with another from the start are left out.

    One that an editor joined to another is there as an archived one: its document still asks it, and shall not ask it anew.

    Cards of the decks whose ids are in `held` are marked so. `lock` keeps others from changing them on PostgreSQL; a
    learner's answer is not kept waiting.
    """
    if not decks:
        return {}
    slugs = {deck.id: deck.slug for deck in decks}
    statement: Select[Any] = select(*_COLUMNS).where(
        Card.deck_id.in_(slugs), or_(Card.merged_into_id.is_(None), _by_editor())
    )
    if lock:
        statement = statement.with_for_update(key_share=True, of=Card)
    rows = session.execute(statement.order_by(Card.id))
    return {row.guid: _card_row(row, slugs, held) for row in rows}


def joined_guids(session: Session, decks: Sequence[StoredDeck]) -> dict[str, str]:
    """Guids of cards that were joined to another one, and the guid of the card that lives on."""
    if not decks:
        return {}
    own = select(Card.id, Card.guid, Card.merged_into_id).where(
        Card.deck_id.in_([deck.id for deck in decks]), Card.merged_into_id.is_not(None), ~_by_editor()
    )
    joined = {row.id: (row.guid, row.merged_into_id) for row in session.execute(own)}
    targets = {into for _, into in joined.values()} - set(joined)
    living = {row.id: row.guid for row in session.execute(select(Card.id, Card.guid).where(Card.id.in_(targets)))}
    found = {}
    for guid, first in joined.values():
        into = first
        while into in joined:
            into = joined[into][1]
        found[guid] = living[into]
    return found


def _by_editor() -> ColumnElement[bool]:
    """Whether a card was archived by an editor; one that an import joined to another was not."""
    return and_(Card.archived_reason.is_not(None), Card.archived_reason == "editor")


def mark(portal: Portal, cards: Iterable[CardRow], batches: Iterable[Batch]) -> str:
    """A digest of what an import was planned on, files and cards: it differs as soon as any of it has changed."""
    digest = hashlib.sha256()
    for batch in batches:
        digest.update(repr((batch.folder, batch.slug, batch.dialect, batch.collection_id)).encode())
        for file in batch.files:
            digest.update(repr((file.name, file.sha256)).encode())
    for deck in portal.decks:
        digest.update(repr((deck.id, deck.slug, deck.version, deck.archived, deck.collection_id)).encode())
        digest.update(repr((deck.filename, deck.sha256)).encode())
    for row in cards:
        here = row.columns
        digest.update(repr((row.id, here["version"], here["deck_id"], here["position"])).encode())
        digest.update(
            repr(row.card.base).encode()
        )  # settling a conflict in favour of the portal's text changes no other
    return digest.hexdigest()


def _card_row(row: Any, slugs: dict[int, str], held: Several[int]) -> CardRow:
    columns = dict(row._mapping)
    card = StoredCard(
        guid=row.guid,
        deck=slugs[row.deck_id],
        position=row.position,
        text=CardText(row.question, row.answer, tuple(row.section), tuple(row.tags), options_of(row.options)),
        base=_base(row),
        archived=row.archived_reason,
        held=row.deck_id in held,
    )
    return CardRow(columns.pop("id"), columns, card)


def _base(row: Any) -> CardText | None:
    if row.base_question is None:
        return None
    return CardText(
        row.base_question,
        row.base_answer or "",
        tuple(row.base_section or ()),
        tuple(row.base_tags or ()),
        options_of(row.base_options or ()),
    )
