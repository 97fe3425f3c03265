"""Changing what readers are told about a deck, and making and archiving decks, by hand. Every save is a revision."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.models import Deck, DeckRevision
from app.db.session import write
from app.library import slugs
from app.library.editing import Conflict, NotThere, locked_deck

log = structlog.get_logger()


class SlugTaken(Exception):
    """Another deck took the same address at this moment. Trying again finds a free one."""


@dataclass(frozen=True, slots=True)
class DeckFields:
    """What an editor may change of a deck itself."""

    title: str
    description: str = ""
    visibility: str = "public"
    source_url: str = ""
    author: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class SavedDeck:
    """A deck after a save. `changed` is False where everything was so already: then there is no new version."""

    slug: str
    version: int
    changed: bool


def fields_of(deck: Deck) -> DeckFields:
    """A deck's own fields as they are now."""
    return DeckFields(deck.title, deck.description, deck.visibility, deck.source_url, deck.author, deck.licence)


def fields_in(stored: dict[str, Any]) -> DeckFields:
    """The fields as a revision has them; what an older portal did not write is taken as empty."""
    known = {name: str(stored[name]) for name in DeckFields.__dataclass_fields__ if name in stored}
    return DeckFields(**{"title": "", **known})


def create_deck(
    session: Session, *, fields: DeckFields, author_id: int, now: datetime, note: str = "", suffix: str = ""
) -> SavedDeck:
    """Make an empty deck; its address is made of its title, and of `suffix`. Raises `SlugTaken`."""
    write(session)
    wanted = slugs.slugify(fields.title)
    if suffix:
        wanted = f"{wanted[: slugs.MAX_SLUG - 20]}-{suffix}"
    like = select(Deck.slug).where(Deck.slug.startswith(wanted[: slugs.MAX_SLUG - 8], autoescape=True))
    deck = Deck(
        slug=slugs.free(wanted, set(session.scalars(like))),
        owner_id=author_id,
        version=1,
        created_at=now,
        updated_at=now,
        **asdict(fields),
    )
    session.add(deck)
    try:
        session.flush()
    except IntegrityError as error:
        raise SlugTaken from error
    _revise(session, deck, author_id, now, note)
    return SavedDeck(deck.slug, 1, True)


def edit_deck(
    session: Session, *, slug: str, version: int, fields: DeckFields, author_id: int, now: datetime, note: str = ""
) -> SavedDeck:
    """Save other fields, made on `version` of the deck. Raises `NotThere` or `Conflict`.

    The fields that are there already are no change and no conflict. The address stays, whatever the title.
    """
    deck = locked_deck(session, slug)
    if fields_of(deck) == fields:
        return SavedDeck(slug, deck.version, False)
    if deck.version != version:
        raise Conflict
    for name, value in asdict(fields).items():
        setattr(deck, name, value)
    return _saved(session, deck, author_id, now, note)


def revert_deck(
    session: Session, *, slug: str, version: int, number: int, author_id: int, now: datetime, note: str = ""
) -> SavedDeck:
    """Save the fields that version `number` had, as a new version. Raises `NotThere` or `Conflict`."""
    stored = session.scalar(
        select(DeckRevision.fields)
        .join(Deck, Deck.id == DeckRevision.deck_id)
        .where(Deck.slug == slug, DeckRevision.number == number)
    )
    if stored is None:
        raise NotThere
    return edit_deck(
        session, slug=slug, version=version, fields=fields_in(stored), author_id=author_id, now=now, note=note
    )


def archive_deck(session: Session, *, slug: str, author_id: int, now: datetime, note: str = "") -> SavedDeck:
    """Take a deck out of study and reading; its cards and everybody's history stay. Raises `NotThere`."""
    deck = locked_deck(session, slug)
    if deck.archived_at is not None:
        return SavedDeck(slug, deck.version, False)
    deck.archived_at = now
    return _saved(session, deck, author_id, now, note)


def restore_deck(session: Session, *, slug: str, author_id: int, now: datetime, note: str = "") -> SavedDeck:
    """Bring an archived deck back as it was. Raises `NotThere`."""
    deck = locked_deck(session, slug)
    if deck.archived_at is None:
        return SavedDeck(slug, deck.version, False)
    deck.archived_at = None
    return _saved(session, deck, author_id, now, note)


def _saved(session: Session, deck: Deck, author_id: int, now: datetime, note: str) -> SavedDeck:
    deck.version += 1
    deck.updated_at = now
    _revise(session, deck, author_id, now, note)
    return SavedDeck(deck.slug, deck.version, True)


def _revise(session: Session, deck: Deck, author_id: int, now: datetime, note: str) -> None:
    session.add(
        DeckRevision(
            deck_id=deck.id,
            number=deck.version,
            fields={**asdict(fields_of(deck)), "archived": deck.archived_at is not None},
            author_id=author_id,
            created_at=now,
            note=note,
        )
    )
    session.flush()
    log.info("deck saved", deck=deck.guid, version=deck.version, author=author_id)
