"""Changing cards by hand. Every save is a revision; a save made on an older version is refused, and nothing is lost.

A text is rendered before the database is made to wait. Nothing here touches anybody's schedule.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.db.models import Card, CardRevision, Deck
from app.db.session import write
from app.library import media
from app.library.texts import Rendered, is_draft, of_stored, put, put_base, render_text, text_columns

log = structlog.get_logger()


class NotThere(Exception):
    """There is no such deck, card or version."""


class Conflict(Exception):
    """Somebody saved a newer version than the one this change was made on. Nothing was changed."""


class PlaceIsGiven(Exception):
    """The card comes from a document, which decides where it stands: a move would not outlast the next import."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A card after a save. `changed` is False where the text was the same already: then there is no new version."""

    card_id: int
    guid: str
    version: int
    changed: bool


def create_card(session: Session, *, slug: str, text: CardText, author_id: int, now: datetime, note: str = "") -> Saved:
    """Add a card to the deck `slug`: behind the last one of its section, or at the end. Raises `NotThere`."""
    deck_id = session.scalar(select(Deck.id).where(Deck.slug == _name(slug)))
    rendered = render_for(session, deck_id, text)
    deck = locked_deck(session, slug)
    place = _place_in_section(session, deck.id, text.section)
    return insert_card(session, deck, text, rendered, place=place, author_id=author_id, now=now, note=note)


def insert_card(
    session: Session,
    deck: Deck,
    text: CardText,
    rendered: Rendered,
    *,
    place: int,
    author_id: int,
    now: datetime,
    note: str = "",
) -> Saved:
    """Put a new card at the position `place` (from 0) of a deck that is locked; those behind it move down."""
    _make_room(session, deck.id, place)
    card = Card(deck_id=deck.id, position=place, kind="basic", draft=is_draft(text), created_at=now, updated_at=now)
    put(card, text, rendered)
    session.add(card)
    session.flush()
    revise(session, card, deck, "created", author_id, now, note)
    return Saved(card.id, card.guid, 1, True)


def edit_card(
    session: Session, *, guid: str, version: int, text: CardText, author_id: int, now: datetime, note: str = ""
) -> Saved:
    """Save another text, made on `version` of the card. Raises `NotThere` or `Conflict`.

    The text that is there already is no change and no conflict: a form that is sent twice saves once.
    """
    deck_id = session.scalar(select(Card.deck_id).where(Card.guid == _name(guid)))
    rendered = render_for(session, deck_id, text)
    card, deck = locked_card(session, guid)
    if of_stored(card) == text:
        return Saved(card.id, card.guid, card.version, False)
    if card.version != version:
        raise Conflict
    put(card, text, rendered)
    card.draft = is_draft(text)
    card.version += 1
    revise(session, card, deck, "edited", author_id, now, note)
    return Saved(card.id, card.guid, card.version, True)


def revert_card(
    session: Session, *, guid: str, version: int, number: int, author_id: int, now: datetime, note: str = ""
) -> Saved:
    """Save the text that version `number` had, as a new version. Raises `NotThere` or `Conflict`."""
    revision = session.scalar(
        select(CardRevision)
        .join(Card, Card.id == CardRevision.card_id)
        .where(Card.guid == _name(guid), CardRevision.number == number)
    )
    if revision is None:
        raise NotThere
    return edit_card(
        session, guid=guid, version=version, text=of_stored(revision), author_id=author_id, now=now, note=note
    )


def archive_card(session: Session, *, guid: str, author_id: int, now: datetime, note: str = "") -> Saved:
    """Take a card out of study and reading; an import does not bring it back. Raises `NotThere`."""
    card, deck = locked_card(session, guid)
    if not put_away(card, now):
        return Saved(card.id, card.guid, card.version, False)
    card.version += 1
    revise(session, card, deck, "archived", author_id, now, note)
    return Saved(card.id, card.guid, card.version, True)


def restore_card(session: Session, *, guid: str, author_id: int, now: datetime, note: str = "") -> Saved:
    """Bring an archived card back. Raises `NotThere`.

    One that its document no longer has becomes the portal's own, or the next import would archive it again.
    """
    card, deck = locked_card(session, guid)
    if not bring_back(card):
        return Saved(card.id, card.guid, card.version, False)
    card.version += 1
    revise(session, card, deck, "restored", author_id, now, note)
    return Saved(card.id, card.guid, card.version, True)


def put_away(card: Card, now: datetime) -> bool:
    """Archive a card for an editor; gives whether that changes anything."""
    if card.archived_reason == "editor":
        return False
    card.archived_at, card.archived_reason = card.archived_at or now, "editor"
    return True


def bring_back(card: Card) -> bool:
    """Restore a card, as `restore_card` does; gives whether that changes anything."""
    if card.archived_at is None:
        return False
    if card.archived_reason == "source":
        put_base(card, None)
        card.source_line = None
    card.archived_at = card.archived_reason = None
    return True


def move_card(
    session: Session, *, guid: str, slug: str, number: int, author_id: int, now: datetime, note: str = ""
) -> Saved:
    """Make a card question `number` (from 1) of the deck `slug`; a number beyond the last puts it at the end.

    Only cards made in the portal move. Raises `NotThere`, `PlaceIsGiven`, or `Conflict` when it was moved meanwhile.
    """
    target = locked_deck(session, slug)
    card, deck = locked_card(session, guid)
    if card.base_question is not None:
        raise PlaceIsGiven
    end = _end(session, target.id) - (1 if target.id == deck.id else 0)
    place = min(max(number, 1) - 1, end)
    if (deck.id, card.position) == (target.id, place):
        return Saved(card.id, card.guid, card.version, False)
    _close_gap(session, card)
    _make_room(session, target.id, place)
    card.deck_id, card.position = target.id, place
    media.take_along(session, card, from_deck_id=deck.id)
    card.version += 1
    deck.updated_at = now
    revise(session, card, target, "moved", author_id, now, note)
    return Saved(card.id, card.guid, card.version, True)


def render_for(session: Session, deck_id: int | None, text: CardText) -> Rendered:
    """Render a text as learners of a deck will see it, with the images that the deck has."""
    return render_text(text, None if deck_id is None else media.of_deck(session, deck_id).get)


def locked_deck(session: Session, slug: str) -> Deck:
    """A deck as the database has it now, locked until the end of the transaction. Raises `NotThere`."""
    write(session)
    deck = session.scalars(
        select(Deck)
        .where(Deck.slug == _name(slug))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if deck is None:
        raise NotThere
    return deck


def _name(guid_or_slug: str) -> str:
    """A name as it may be looked for: PostgreSQL refuses NUL in any text. Raises `NotThere`."""
    if "\0" in guid_or_slug:
        raise NotThere
    return guid_or_slug


def locked_card(session: Session, guid: str) -> tuple[Card, Deck]:
    """A card and its deck, locked in the order that all changes keep: the deck first. Raises `NotThere` and `Conflict`."""
    write(session)
    slug = session.scalar(
        select(Deck.slug)
        .join(Card, Card.deck_id == Deck.id)
        .where(Card.guid == _name(guid), Card.merged_into_id.is_(None))
    )
    if slug is None:
        raise NotThere
    deck = locked_deck(session, slug)
    card = session.scalars(
        select(Card).where(Card.guid == guid).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()
    if card.deck_id != deck.id:
        raise Conflict
    return card, deck


def _end(session: Session, deck_id: int) -> int:
    """The first position behind all cards of a deck."""
    last = session.scalar(select(func.max(Card.position)).where(Card.deck_id == deck_id))
    return 0 if last is None else last + 1


def _place_in_section(session: Session, deck_id: int, section: tuple[str, ...]) -> int:
    rows = session.execute(select(Card.section, Card.position).where(Card.deck_id == deck_id))
    places = [position for found, position in rows if tuple(found) == section]
    return max(places) + 1 if places else _end(session, deck_id)


def _make_room(session: Session, deck_id: int, place: int) -> None:
    behind = update(Card).where(Card.deck_id == deck_id, Card.position >= place)
    session.execute(behind.values(position=Card.position + 1))


def _close_gap(session: Session, card: Card) -> None:
    behind = update(Card).where(Card.deck_id == card.deck_id, Card.position > card.position)
    session.execute(behind.values(position=Card.position - 1))


def revise(session: Session, card: Card, deck: Deck, action: str, author_id: int, now: datetime, note: str) -> None:
    """Keep a card as it is now as its newest revision. Flushes."""
    card.updated_at = deck.updated_at = now
    session.add(revision_of(card, action, author_id, now, note))
    session.flush()
    log.info("card saved", card=card.guid, version=card.version, action=action, author=author_id)


def revision_of(card: Card, action: str, author_id: int, now: datetime, note: str) -> CardRevision:
    """A card as it is now, as the revision of its version."""
    return CardRevision(
        card_id=card.id,
        number=card.version,
        action=action,
        author_id=author_id,
        created_at=now,
        note=note,
        **text_columns(of_stored(card)),
    )
