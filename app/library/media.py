"""Images of decks: kept once by their content, shown to whoever may read a deck that shows them.

A document names its images by paths relative to itself. `bring` looks them up beside the document when it is imported and
keeps, for each deck, which path means which image; cards are rendered with that.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.content import render
from app.content.document import CardText
from app.content.render.decorate import MEDIA
from app.db.models import Card, Deck, DeckMedia, Media
from app.db.session import write
from app.library.files import MAX_IMAGE_BYTES
from app.library.texts import of_stored, options_of, put_rendered, render_text, rendered_columns
from app.web.access import can, refused
from app.web.sessions import Viewer

MAX_PATH = 400
_ELSEWHERE = re.compile(
    r"!\[[^\[\]\n]*\]\(\s*<?(?:https?:)?//|<img\b[^<>]*?\bsrc\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE
)
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
"""The kinds of images that are kept, by what their bytes say, and how their addresses end."""

Beside = Callable[[str], bytes | None]
"""From an image's path, relative to a document, to its bytes; None where there is none."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image whose kind is known from its bytes."""

    mime: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Its name, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def url(self) -> str:
        """Its address in the portal."""
        return address(self.sha256, self.mime)


def address(sha256: str, mime: str) -> str:
    """The address of an image in the portal."""
    return f"{MEDIA}{sha256}.{ENDINGS[mime]}"


def picture(data: bytes) -> Picture | None:
    """An image by what its first bytes say; None for anything else (SVG can act, so it is no image here), or too much."""
    if len(data) > MAX_IMAGE_BYTES:
        return None
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture("image/png", data)
    if data.startswith(b"\xff\xd8\xff"):
        return Picture("image/jpeg", data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Picture("image/gif", data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Picture("image/webp", data)
    return None


def store_for_deck(session: Session, *, deck_id: int, files: Mapping[str, bytes], now: datetime) -> Mapping[str, str]:
    """Keep the images that a deck's document names by the paths `files`; gives the address of each that is one.

    What is no image, or too large, is left out. Flushes.
    """
    found = {path: made for path, data in files.items() if len(path) <= MAX_PATH and (made := picture(data))}
    if not found:
        return {}
    write(session)
    ids = _store(session, found.values(), now)
    there = {row.path: row for row in session.scalars(select(DeckMedia).where(DeckMedia.deck_id == deck_id))}
    for path, made in found.items():
        if path in there:
            there[path].media_id = ids[made.sha256]
        else:
            session.add(DeckMedia(deck_id=deck_id, path=path, media_id=ids[made.sha256]))
    session.flush()
    return {path: made.url for path, made in found.items()}


def of_deck(session: Session, deck_id: int) -> dict[str, str]:
    """The addresses of a deck's images, by the paths its cards name them with."""
    found = select(DeckMedia.path, Media.sha256, Media.mime).join(Media, Media.id == DeckMedia.media_id)
    rows = session.execute(found.where(DeckMedia.deck_id == deck_id))
    return {row.path: address(row.sha256, row.mime) for row in rows}


def bring(session: Session, *, slug: str, beside: Beside, now: datetime) -> bool:
    """Take in what the cards of a deck name and their document has `beside` it, and show it; True where anything is new.

    Nothing is written where all is there already. Flushes.
    """
    deck_id, files, any_here = _new_beside(session, slug, beside)
    if deck_id is None or not (files or any_here):
        return False
    store_for_deck(session, deck_id=deck_id, files=files, now=now)
    return bool(show(session, deck_id)) or bool(files)


def count_new(session: Session, *, slug: str, beside: Beside) -> int:
    """How many images `bring` would take in for the cards that a deck has now."""
    return len(_new_beside(session, slug, beside)[1])


def _new_beside(session: Session, slug: str, beside: Beside) -> tuple[int | None, dict[str, bytes], bool]:
    """A deck with cards that name images, those beside its document that it does not have, and whether it has any."""
    columns = (Card.deck_id, Card.question, Card.answer, Card.options)
    cards = session.execute(
        select(*columns).join(Deck, Deck.id == Card.deck_id).where(Deck.slug == slug, _pictured())
    ).all()
    if not cards:
        return None, {}, False
    here = of_deck(session, cards[0].deck_id)
    files: dict[str, bytes] = {}
    for path in named(CardText(card.question, card.answer, options=options_of(card.options)) for card in cards):
        data = beside(path)
        made = picture(data) if data is not None else None
        if made is not None and here.get(path) != made.url:
            files[path] = made.data
    return cards[0].deck_id, files, bool(here)


def show(session: Session, deck_id: int) -> int:
    """Render anew the cards of a deck that name images and do not show what the deck has now; gives how many. Flushes."""
    images = of_deck(session, deck_id)
    stale = []
    for card in session.scalars(select(Card).where(Card.deck_id == deck_id, _pictured())):
        columns = rendered_columns(render_text(of_stored(card), images.get))
        if any(getattr(card, name) != value for name, value in columns.items()):
            stale.append((card.id, columns))
    if stale:
        write(session)
    for card_id, columns in stale:
        session.execute(update(Card).where(Card.id == card_id).values(**columns))
    session.flush()
    return len(stale)


def show_card(session: Session, card: Card) -> None:
    """Render a card that was just written with the images of its deck; what names none stays as it is. Flushes."""
    text = of_stored(card)
    if named([text]):
        session.flush()
        put_rendered(card, render_text(text, of_deck(session, card.deck_id).get))
        session.flush()


def take_along(session: Session, card: Card, *, from_deck_id: int) -> None:
    """Give a card's new deck the images that the card shows, where it has none by these names. Flushes."""
    if card.deck_id == from_deck_id or not (paths := named([of_stored(card)])):
        return
    here = set(session.scalars(select(DeckMedia.path).where(DeckMedia.deck_id == card.deck_id)))
    missing = [path for path in paths if path not in here]
    old = select(DeckMedia).where(DeckMedia.deck_id == from_deck_id, DeckMedia.path.in_(missing))
    for row in session.scalars(old).all():
        session.add(DeckMedia(deck_id=card.deck_id, path=row.path, media_id=row.media_id))
    show_card(session, card)


def named(texts: Iterable[CardText]) -> Sequence[str]:
    """The paths of images that texts name, as the renderer asks for them, in order."""
    found: dict[str, None] = {}

    def note(path: str) -> None:
        if 0 < len(path) <= MAX_PATH and "\0" not in path:
            found[path] = None

    for text in texts:
        for part in (text.question, text.answer, *(option.text for option in text.options)):
            if _may_be_beside(part):
                render.render(part, images=note)
    return tuple(found)


def _may_be_beside(text: str) -> bool:
    """Whether a text has an image that may be one of its document's: not all of them lead to other sites."""
    tags = text.lower().count("<img") if "<i" in text or "<I" in text else 0
    count = text.count("![") + tags
    return count > 0 and count > len(_ELSEWHERE.findall(text))


def image(session: Session, *, sha256: str, ending: str, person: Viewer | None) -> Picture | None:
    """The image of this name, for one who may read a deck that shows it; None for everybody else."""
    kept = session.scalar(select(Media).where(Media.sha256 == sha256))
    if kept is None or ENDINGS[kept.mime] != ending:
        return None
    decks = session.scalars(
        select(Deck).join(DeckMedia, DeckMedia.deck_id == Deck.id).where(DeckMedia.media_id == kept.id)
    )
    if not any(can(person, "read", deck) for deck in decks):
        refused(person)
        return None
    return Picture(kept.mime, kept.content)


def forget_unused(session: Session) -> int:
    """Delete images that no deck shows any more; gives how many. Flushes.

    One that is just being brought for a deck again is held by whoever brings it, and stays.
    """
    unshown = ~select(DeckMedia.deck_id).where(DeckMedia.media_id == Media.id).exists()
    if session.scalar(select(Media.id).where(unshown).limit(1)) is None:
        return 0
    write(session)
    held = session.scalars(select(Media.id).where(unshown).with_for_update(skip_locked=True)).all()
    # Asked again now that nobody can show them: before they were held, somebody could.
    gone = delete(Media).where(Media.id.in_(held), unshown).execution_options(synchronize_session=False)
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def _store(session: Session, pictures: Iterable[Picture], now: datetime) -> dict[str, int]:
    """The id of each image by its name. Until this transaction is over, no housekeeping takes what it found or made."""
    by_name = {one.sha256: one for one in pictures}
    ids = _held(session, by_name)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    missing = sorted(by_name.keys() - ids.keys())
    for sha256 in missing:
        one = by_name[sha256]
        kept = {"sha256": sha256, "mime": one.mime, "size": len(one.data), "content": one.data, "created_at": now}
        session.execute(insert(Media).values(kept).on_conflict_do_nothing())  # two may bring the same one at once
    return ids | _held(session, missing)


def _held(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of these images as far as they are there, held against being deleted."""
    if not names:
        return {}
    known = select(Media.sha256, Media.id).where(Media.sha256.in_(names)).order_by(Media.id)
    return {row.sha256: row.id for row in session.execute(known.with_for_update(read=True, key_share=True))}


def _pictured() -> ColumnElement[bool]:
    """Cards that may name an image."""
    sides = (Card.question, Card.answer)
    return or_(*(side.contains("![", autoescape=True) for side in sides), *(side.icontains("<img") for side in sides))
