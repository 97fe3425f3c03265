"""A deck as a Markdown file again: what nobody touched comes back byte for byte."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.content import parsing, writer
from app.content.document import Card as Parsed
from app.content.document import CardText
from app.content.writer import NewText
from app.db.models import Card, Deck, Document
from app.library.texts import base_of, of_stored


@dataclass(frozen=True, slots=True)
class Exported:
    """A deck's file. `left_out` names, by their questions, the cards whose edits its form could not take."""

    filename: str
    data: bytes = field(repr=False)
    left_out: tuple[str, ...] = ()


def export_deck(session: Session, slug: str, *, idents: bool = False) -> Exported | None:
    """The deck as its document has it, with the edits made here; None where there is no such deck.

    With `idents` each card's id stands beside its question in a comment, so that it is found again however it is edited.
    """
    deck = session.scalar(select(Deck).where(Deck.slug == slug))
    if deck is None:
        return None
    cards = session.scalars(
        select(Card).where(Card.deck_id == deck.id, Card.merged_into_id.is_(None)).order_by(Card.position, Card.id)
    ).all()
    document = session.scalar(select(Document).where(Document.deck_id == deck.id).options(undefer(Document.content)))
    if document is None:
        return _composed(deck, [card for card in cards if card.archived_at is None], idents=idents)
    return _patched(document, cards, idents=idents)


def _composed(deck: Deck, cards: Sequence[Card], *, idents: bool) -> Exported:
    """A file for a deck that was made here."""
    texts = [of_stored(card) for card in cards]
    guids = [card.guid if idents else None for card in cards]
    text = writer.compose(deck.title, texts, idents=guids, description=deck.description)
    return Exported(f"{deck.slug}.md", text.encode())


def _patched(document: Document, cards: Sequence[Card], *, idents: bool) -> Exported:
    source = document.content.decode()
    deck = parsing.read(document.content, document.filename, dialect=document.dialect or None)
    found = _stored_of(deck.cards, cards)
    own = [card for card in cards if card.base_question is None and card.archived_at is None]
    own = [card for card in own if card.id not in {one.id for one in found.values()}]
    living = {index: card for index, card in found.items() if card.archived_at is None}
    written = writer.write(
        source,
        deck,
        edits={index: of_stored(card) for index, card in living.items() if _edited(card, deck.cards[index])},
        idents={index: card.guid for index, card in living.items()} if idents else {},
        added=[NewText(of_stored(card), card.guid if idents else None) for card in own],
        removed=[index for index, card in found.items() if card.archived_reason == "editor"],
    )
    left = [deck.cards[index].question for index in (*written.kept_out, *written.unmarked)]
    left += [own[number].question for number in written.left]
    name = document.filename.replace("\\", "/").rpartition("/")[2]
    return Exported(name, written.text.encode(), tuple(left))


def _edited(card: Card, parsed: Parsed) -> bool:
    """Whether the portal's text is another than the document's, which the card's base is unless they collide."""
    return of_stored(card) not in (base_of(card), parsed.text)


def _stored_of(parsed: Sequence[Parsed], cards: Sequence[Card]) -> dict[int, Card]:
    """Which card each of a document's questions is, by its index: found by line and text, then by text, then by line."""
    left = {card.id: card for card in cards if card.archived_reason != "source" and card.source_line is not None}
    found: dict[int, Card] = {}
    for by_line, by_text in ((True, True), (False, True), (True, False)):
        keyed: defaultdict[tuple[int | None, CardText | None], list[Card]] = defaultdict(list)
        for card in left.values():
            keyed[card.source_line if by_line else None, base_of(card) if by_text else None].append(card)
        for index, one in enumerate(parsed):
            fitting = keyed.get((one.line if by_line else None, one.text if by_text else None))
            if index not in found and fitting:
                found[index] = fitting.pop(0)
                del left[found[index].id]
    return found
