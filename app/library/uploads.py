"""Files and texts that an editor brings in by the browser: read at once, kept until imported or given up.

What cannot be read is not kept. An import happens in one transaction, in the request where it is short, else in a job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.content.document import ContentError
from app.content.text import MAX_BYTES
from app.db.models import Deck, Upload
from app.db.session import write
from app.library import archives, deck_editing, media, own, slugs
from app.library.archives import Archive
from app.library.deck_editing import DeckFields
from app.library.files import ENDINGS, Batch, Reader, SourceFile, resolved
from app.library.importing import ImportResult, import_batches
from app.library.outcome import numbers
from app.library.wishes import BY_NAME, NEW, OWN, Then, Wish
from app.web.jobs import Running

ANKI = "anki"
"""The `dialect` of uploads that are packages from Anki: `app.study.anki.uploads` deals with them."""
SHORT = 300
"""Questions that are imported while the editor waits; more are a job."""
MAX_UNFINISHED = 20
"""Uploads kept for one editor; the oldest goes when another comes."""
KEPT = timedelta(days=30)
KEPT_IMPORTED = timedelta(days=1)
log = structlog.get_logger()


class NoSuchUpload(Exception):
    """There is no upload of this name that is this editor's and not imported yet."""


@dataclass(frozen=True, slots=True)
class Found:
    """An upload: what it is called, its bytes, what is known of it, and the job that imports it (empty for none)."""

    guid: str
    filename: str
    content: bytes = field(repr=False)
    summary: Mapping[str, Any]
    deck_slug: str
    created_at: datetime
    imported_at: datetime | None
    opened: bytes | None = field(default=None, repr=False)
    """The deck's document as an editor opened it to change it; None for what comes from outside."""

    @property
    def is_text(self) -> bool:
        """Whether it is one text that can be mended in the browser."""
        return not archives.is_zip(self.filename, self.content)


def receive(
    session: Session,
    *,
    user_id: int,
    filename: str,
    data: bytes,
    now: datetime,
    goes_to: str = BY_NAME,
    opened: bytes | None = None,
) -> str:
    """Keep an uploaded file or archive; gives its guid. Raises ContentError for one that cannot be read.

    `opened` is what it was made of, where it is the document of the deck `goes_to`, edited here.
    """
    name = _tidy(filename)
    summary = _read(name, data, goes_to)
    upload = Upload(
        user_id=user_id,
        filename=name,
        content=data,
        opened=opened,
        deck_slug=goes_to,
        summary=summary,
        created_at=now,
        dialect="",
    )
    return keep(session, upload)


def keep(session: Session, upload: Upload) -> str:
    """Keep an upload of whoever it is of, in the place of their oldest where they have too many; gives its guid."""
    write(session)
    own = select(Upload.id).where(Upload.user_id == upload.user_id)
    old = own.order_by(Upload.id.desc()).offset(MAX_UNFINISHED - 1)
    session.execute(delete(Upload).where(Upload.id.in_(session.scalars(old).all())))
    session.add(upload)
    session.flush()
    return upload.guid


def paste(session: Session, *, user_id: int, text: str, now: datetime, goes_to: str = BY_NAME) -> str:
    """Keep a pasted text, as a file named after its title. Raises ContentError."""
    data = text.replace("\r\n", "\n").encode("utf-8", "replace")
    batch = batch_of("pasted.md", data)
    with Reader() as reader:
        title = reader.deck(batch.files[0]).title
    return receive(
        session, user_id=user_id, filename=f"{slugs.slugify(title)[:60]}.md", data=data, now=now, goes_to=goes_to
    )


def rewrite(session: Session, *, guid: str, user_id: int, text: str) -> None:
    """Put another text in the place of an upload's. Raises NoSuchUpload, and ContentError for one that cannot be read."""
    found = find(session, guid, user_id)
    if found is None or found.imported_at is not None or not found.is_text:
        raise NoSuchUpload
    data = text.replace("\r\n", "\n").encode("utf-8", "replace")
    summary = _read(found.filename, data, found.deck_slug)
    write(session)
    upload = session.scalars(select(Upload).where(Upload.guid == guid, Upload.user_id == user_id)).one()
    upload.content, upload.summary = data, summary
    session.flush()


def discard(session: Session, *, guid: str, user_id: int) -> None:
    """Give an upload up. Nothing of it stays."""
    write(session)
    session.execute(delete(Upload).where(Upload.guid == guid, Upload.user_id == user_id))


def find(session: Session, guid: str, user_id: int) -> Found | None:
    """An editor's own upload; None for anybody else's."""
    if "\0" in guid:
        return None
    mine = select(Upload).where(Upload.guid == guid, Upload.user_id == user_id, Upload.dialect != ANKI)
    row = session.scalar(mine)
    return None if row is None else _found(row)


def kept_for(session: Session, guid: str, user_id: int) -> str | None:
    """Where a person's upload was to go when it came; None where there is none of this name that is theirs."""
    there = select(Upload.deck_slug).where(Upload.guid == guid, Upload.user_id == user_id, Upload.dialect != ANKI)
    return None if "\0" in guid else session.scalar(there)


def unfinished(session: Session, user_id: int) -> list[Found]:
    """An editor's uploads that are not imported, the newest first; without their bytes."""
    rows = session.scalars(
        select(Upload)
        .where(Upload.user_id == user_id, Upload.imported_at.is_(None), Upload.dialect != ANKI)
        .order_by(Upload.id.desc())
    )
    return [_found(row, content=b"") for row in rows]


def batch_of(filename: str, data: bytes, *, goes_to: str = BY_NAME, dialect: str = "", new_slug: str = "") -> Batch:
    """The documents in an upload. An archive with one document is that document, with its images.

    `new_slug` is what a deck is called that is to be new in any case. Raises ContentError, also for more documents than
    the deck `goes_to` takes.
    """
    slug = new_slug if goes_to in (NEW, OWN) else goes_to
    private = goes_to == OWN
    if not archives.is_zip(filename, data):
        if PurePosixPath(filename).suffix.lower() not in ENDINGS:
            raise ContentError(
                filename, 1, "It is no text with questions.", "Choose a .md, .csv, .tsv, .txt or .zip file."
            )
        only = SourceFile(filename, filename, data)
        return Batch((only,), shown=filename, slug=slug, dialect=dialect, private=private)
    archive = archives.look_through(filename, data)
    names = [name for name in archive.names if PurePosixPath(name).suffix.lower() in ENDINGS]
    if not names:
        raise ContentError(filename, 1, "It holds no Markdown, CSV or TSV file.", "Pack the folder with the questions.")
    files = []
    size = 0
    for name in names:
        content = archive.read(name) or b""
        size += len(content)
        if size > MAX_BYTES:
            raise ContentError(
                filename, 1, f"Its documents have more than {MAX_BYTES:,} bytes together.", "Split the folder."
            )
        shown = f"{archive.folder}/{name}"
        files.append(SourceFile(name, shown, content, beside=partial(_beside, archive, name)))
    if len(files) == 1:
        alone = SourceFile(PurePosixPath(names[0]).name, files[0].shown, files[0].data, beside=files[0].beside)
        return Batch((alone,), shown=filename, slug=slug, dialect=dialect, private=private)
    if goes_to not in (BY_NAME, NEW):  # a folder finds its decks by their names, which may be anybody's
        problem = f"It holds {len(files)} documents, and a deck is made of one."
        raise ContentError(filename, 1, problem, "Choose one document, or a .zip with one and its images.")
    return Batch(tuple(files), folder=archive.folder, shown=filename, dialect=dialect)


def wished_batch(session: Session, found: Found, wish: Wish) -> Batch:
    """The documents of an upload, to go where it is wished."""
    if found.opened is not None:
        batch = batch_of(found.filename, found.content, goes_to=found.deck_slug, dialect=wish.dialect)
        return replace(batch, files=tuple(replace(file, opened=found.opened) for file in batch.files))
    name = free_slug(session, found.filename) if wish.goes_to == NEW else ""
    if wish.goes_to == OWN:
        name = own.slug_of(slugs.of_file(found.filename), found.guid)
    return batch_of(found.filename, found.content, goes_to=wish.goes_to, dialect=wish.dialect, new_slug=name)


def free_slug(session: Session, filename: str) -> str:
    """What a deck of this file is called that must not be one that is there."""
    wanted = slugs.of_file(filename)
    like = select(Deck.slug).where(Deck.slug.startswith(wanted[: slugs.MAX_SLUG - 8], autoescape=True))
    return slugs.free(wanted, set(session.scalars(like)))


def is_long(found: Found) -> bool:
    """Whether importing it takes longer than an editor should wait for a page."""
    return int(found.summary.get("questions", 0)) > SHORT


def import_now(
    session: Session, *, guid: str, user_id: int, wish: Wish, now: datetime, then: Then | None = None
) -> None:
    """Import an upload and keep what it brought with it. Flushes; doing it again does nothing.

    Raises NoSuchUpload, ContentError and StalePlan.
    """
    found = find(session, guid, user_id)
    if found is None:
        raise NoSuchUpload
    if found.imported_at is None:
        with Reader() as reader:
            store(session, found, user_id, wish, reader, now, then=then)


def keep_house(session: Session, now: datetime) -> dict[str, int]:
    """Forget uploads that were imported a day ago, those that nobody finished, and images that no deck shows."""
    old = or_(Upload.imported_at < now - KEPT_IMPORTED, Upload.created_at < now - KEPT)
    uploads = 0
    if session.scalar(select(Upload.id).where(old).limit(1)) is not None:
        write(session)
        uploads = session.execute(delete(Upload).where(old)).rowcount  # type: ignore[attr-defined]
    return {"uploads": uploads, "images": media.forget_unused(session)}


def store(
    session: Session,
    found: Found,
    user_id: int,
    wish: Wish,
    reader: Reader,
    now: datetime,
    *,
    then: Then | None = None,
    running: Running | None = None,
) -> None:
    """Import an upload by a reader that may have read its files already, in the transaction of a job if that is `running`."""
    batch = wished_batch(session, found, wish)
    result = import_batches(session, batches=[batch], now=now, author_id=user_id, expected=wish.expected, reader=reader)
    write(session)
    if running is not None:
        running.hold(session)
    upload = session.scalars(select(Upload).where(Upload.guid == found.guid).with_for_update()).one()
    if upload.imported_at is not None:
        return
    if wish.most_cards is not None:
        own.check_import(session, owner_id=user_id, wish=wish, filename=found.filename)
    _describe(session, result, user_id, wish, now)
    upload.imported_at = now
    upload.summary = {**upload.summary, "result": _outcome(session, result)}
    session.flush()
    if then is not None:
        then(session, result, wish, user_id, now)
    log.info("upload imported", upload=found.guid, decks=len(result.decks))


def _describe(session: Session, result: ImportResult, user_id: int, wish: Wish, now: datetime) -> None:
    """What the editor said of the one deck that is new."""
    if len(result.decks) != 1 or not result.decks[0].new:
        return
    deck = session.scalars(select(Deck).where(Deck.slug == result.decks[0].slug)).one()
    said = deck_editing.fields_of(deck)
    if wish.goes_to == OWN:
        own.study(session, deck_id=deck.id, owner_id=user_id, now=now)
    fields = DeckFields(
        title=wish.title or said.title,
        description=said.description,
        visibility=said.visibility if wish.goes_to == OWN else wish.visibility,
        source_url=said.source_url,
        author=wish.author or said.author,
        licence=wish.licence or said.licence,
    )
    deck_editing.edit_deck(session, slug=deck.slug, version=deck.version, fields=fields, author_id=user_id, now=now)


def _outcome(session: Session, result: ImportResult) -> dict[str, Any]:
    """What an import brought, for the page that says so."""
    brought = numbers(result.decks)
    titles = {row.slug: row.title for row in session.execute(select(Deck.slug, Deck.title))}
    decks = [{"slug": plan.slug, "title": titles.get(plan.slug, plan.title)} for plan in result.decks if plan.file]
    return {**brought, "decks": decks, "import": result.guid}


def _read(filename: str, data: bytes, goes_to: str) -> dict[str, Any]:
    """Read everything once, and say how much it is. Raises ContentError."""
    batch = batch_of(filename, data, goes_to=goes_to)
    with Reader() as reader:
        reader.read([batch])
        documents, warnings = reader.batch(batch)
    cards = [card for document in documents for card in document.deck.cards]
    return {
        "size": len(data),
        "documents": len(documents),
        "questions": len(cards),
        "drafts": sum(card.draft for card in cards),
        "warnings": len(warnings),
    }


def image(found: Found, document: str, path: str) -> media.Picture | None:
    """An image of an archive, by its path relative to one of its documents; None where there is none to be shown."""
    if found.is_text:
        return None
    for file in batch_of(found.filename, found.content).files:
        if file.name == document and file.beside is not None:
            data = file.beside(path)
            return media.picture(data) if data is not None else None
    return None


def _beside(archive: Archive, document: str, path: str) -> bytes | None:
    """An image of the archive by its path relative to a document."""
    name = resolved(document, path)
    return None if name is None else archive.read(name)


def _tidy(filename: str) -> str:
    """A file's own name, whatever path a browser put before it."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    name = "".join(letter for letter in name if letter.isprintable())
    return (name[-200:] if len(name) > 200 else name) or "questions.md"


def _found(row: Upload, content: bytes | None = None) -> Found:
    return Found(
        guid=row.guid,
        filename=row.filename,
        content=row.content if content is None else content,
        summary=row.summary,
        deck_slug=row.deck_slug,
        created_at=row.created_at,
        imported_at=row.imported_at,
        opened=row.opened if content is None else None,
    )
