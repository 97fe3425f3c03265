"""A deck edited as one document: written from its cards, changed by an editor, planned and applied like an import."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.text import MAX_BYTES
from app.db.models import Deck, Document, Source
from app.library import uploads
from app.library.editing import NotThere
from app.library.exporting import export_deck

MAX_SHOWN = min(900_000, MAX_BYTES)
"""Bytes of a document that a browser is given to edit."""


class TooLarge(Exception):
    """The document is larger than a browser should be given to edit."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A deck's document to change, its lines ended as forms send them.

    `left_out` are cards that have no form in it, by question. `followed` says that a source is followed, whose order of
    questions comes back with the next sync.
    """

    text: str = field(repr=False)
    filename: str
    left_out: tuple[str, ...]
    followed: bool


def opened(session: Session, slug: str) -> Opened:
    """The document of a deck as its cards are now. Raises NotThere and TooLarge."""
    exported = export_deck(session, slug, archived=False) if "\0" not in slug else None
    if exported is None:
        raise NotThere
    if len(exported.data) > MAX_SHOWN:
        raise TooLarge
    followed = select(Source.id).join(Deck, Deck.collection_id == Source.collection_id).where(Deck.slug == slug)
    text = exported.data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return Opened(text, exported.filename, exported.left_out, session.scalar(followed) is not None)


def changed(session: Session, *, slug: str, text: str, was: str, user_id: int, now: datetime) -> str:
    """Keep a changed document, to be looked at as a plan; gives the upload's guid. Flushes.

    `was` is the text as it was opened: the change is what lies between the two. Raises NotThere, and ContentError for a
    text that cannot be read.
    """
    found = session.execute(
        select(Document.filename, Document.content)
        .select_from(Deck)
        .outerjoin(Document, Document.deck_id == Deck.id)
        .where(Deck.slug == slug)
    ).one_or_none()
    if found is None:
        raise NotThere
    filename = (found.filename or f"{slug}.md").replace("\\", "/").rpartition("/")[2]
    before = found.content or b""
    return uploads.receive(
        session,
        user_id=user_id,
        filename=filename,
        data=_encoded(text, before),
        opened=_encoded(was, before),
        goes_to=slug,
        now=now,
    )


def _encoded(text: str, like: bytes) -> bytes:
    """A text in bytes, with the line ends and the mark at the beginning that the document has."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if b"\r\n" in like:
        lines = lines.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if like.startswith(b"\xef\xbb\xbf") else b""
    return mark + lines.encode("utf-8", "replace")
