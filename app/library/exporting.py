"""A deck as a Markdown file again: what nobody touched comes back byte for byte. Its images come along in an archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.content import parsing, writer
from app.db.models import Card, Deck, DeckMedia, Document, Media, Question
from app.library.files import resolved
from app.library.stored import read_cards, read_portal
from app.library.texts import of_stored


@dataclass(frozen=True, slots=True)
class Exported:
    """A deck's file. `left_out` names, by their questions, the cards whose edits its form could not take.

    `images` are the ids of the images it names, by their paths; with any, `pack` makes an archive of both.
    """

    filename: str
    data: bytes = field(repr=False)
    left_out: tuple[str, ...] = ()
    images: Mapping[str, int] = field(default_factory=dict)
    place: str = ""
    """Where the document lay in its folder, if that is known: its images' paths begin there."""

    @property
    def archive(self) -> str:
        """The name of the archive that `pack` writes."""
        return f"{PurePosixPath(self.filename).stem or 'deck'}.zip"


def pack(session: Session, exported: Exported, out: IO[bytes]) -> None:
    """Write the document and its images to an archive that an import reads. An image at a time is in memory."""
    name = exported.filename
    if exported.place and any(resolved(name, path) is None for path in exported.images):
        name = resolved("", exported.place) or name
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, exported.data)
        written = {name}
        for path, media_id in exported.images.items():
            place = resolved(name, path)
            content = session.scalar(select(Media.content).where(Media.id == media_id))
            if place is not None and place not in written and content is not None:
                written.add(place)
                archive.writestr(place, content, ZIP_STORED)


def images_in(session: Session, deck_id: int, text: str) -> dict[str, int]:
    """The ids of a deck's images that a text names, by their paths in it."""
    rows = session.execute(
        select(DeckMedia.path, DeckMedia.media_id).where(DeckMedia.deck_id == deck_id).order_by(DeckMedia.path)
    )
    return {row.path: row.media_id for row in rows if row.path in text or quote(row.path) in text}


def export_deck(session: Session, slug: str, *, idents: bool = False, archived: bool = True) -> Exported | None:
    """The deck as its document has it, with the edits made here; None where there is no such deck.

    With `idents` each card's id stands beside its question in a comment, so that it is found again however it is edited.
    Without `archived` the lines of cards that an editor archived are left out.
    """
    deck = session.scalar(select(Deck).where(Deck.slug == slug))
    if deck is None:
        return None
    document = session.scalar(select(Document).where(Document.deck_id == deck.id).options(undefer(Document.content)))
    if document is None:
        living = select(Card).where(Card.deck_id == deck.id, Card.archived_at.is_(None))
        cards = session.scalars(living.order_by(Card.position, Card.id)).all()
        return _composed(session, deck, cards, idents=idents)
    return _patched(session, deck, document, idents=idents, archived=archived)


def _composed(session: Session, deck: Deck, cards: Sequence[Card], *, idents: bool) -> Exported:
    """A file for a deck that was made here."""
    texts = [of_stored(card) for card in cards]
    guids = [card.guid if idents else None for card in cards]
    text = writer.compose(deck.title, texts, idents=guids, description=deck.description)
    return Exported(f"{deck.slug}.md", text.encode(), images=images_in(session, deck.id, text))


def _patched(session: Session, row: Deck, document: Document, *, idents: bool, archived: bool) -> Exported:
    """The document with what was edited and added here."""
    deck = parsing.read(document.content, document.filename, dialect=document.dialect or None)
    here = [one for one in read_portal(session, [row.slug]).decks if one.id == row.id]
    stored = [row.card for row in read_cards(session, here).values()]
    guids = document.cards or ()
    colliding = select(Card.guid).join(Question, Question.card_id == Card.id)
    undecided = session.scalars(
        colliding.where(Question.deck_id == row.id, Question.kind == "conflict", Question.decided_at.is_(None))
    ).all()
    written = writer.export(
        document.content.decode(), deck, stored, ids=idents, guids=guids, undecided=undecided, archived=archived
    )
    own = sorted(
        (card for card in stored if card.archived is None and (card.guid not in guids if guids else card.base is None)),
        key=lambda card: card.position,
    )
    left = [deck.cards[index].question for index in (*written.kept_out, *written.unmarked)]
    left += [own[number].text.question for number in written.left]
    name = document.filename.replace("\\", "/").rpartition("/")[2]
    images = images_in(session, row.id, written.text)
    return Exported(name, written.text.encode(), tuple(left), images, document.filename.replace("\\", "/").lstrip("/"))
