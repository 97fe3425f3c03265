"""One card made of two, two made of one, and the way back.

Nothing of anybody's log is rewritten: a joined card points to the one that lives on, which answers for both logs from then
on; parted again, each has its own. What follows from that for those who learn them is `app.study.joining`'s.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.db.models import Card, Question
from app.library.editing import Conflict, NotThere, Saved, insert_card, locked_card, render_for, revise
from app.library.texts import is_draft, put

Half = Literal["first", "second"]


class NotTogether(Exception):
    """These are not two cards of one deck that are both in use."""


class StillOpen(Exception):
    """An import has left a question about one of these cards open; it is decided first."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The card that lives on, and the ids of the cards whose learners' states follow anew from their logs."""

    saved: Saved
    replay: tuple[int, ...]


def split_card(
    session: Session,
    *,
    guid: str,
    version: int,
    first: CardText,
    second: CardText,
    history: Half = "first",
    author_id: int,
    now: datetime,
    note: str = "",
) -> tuple[Saved, Saved]:
    """Make two cards of one, `second` right behind `first`; gives both in their order.

    The card itself, with all histories, becomes the half that `history` says; the other half is new to everybody.
    Raises `NotThere` or `Conflict`.
    """
    deck_id = session.scalar(select(Card.deck_id).where(Card.guid == guid)) if "\0" not in guid else None
    keeps, starts = (first, second) if history == "first" else (second, first)
    kept_html, new_html = render_for(session, deck_id, keeps), render_for(session, deck_id, starts)
    card, deck = locked_card(session, guid)
    if card.version != version or card.archived_at is not None:
        raise Conflict
    put(card, keeps, kept_html)
    card.draft = is_draft(keeps)
    card.version += 1
    revise(session, card, deck, "edited", author_id, now, note)
    place = card.position + (1 if history == "first" else 0)
    made = insert_card(session, deck, starts, new_html, place=place, author_id=author_id, now=now, note=note)
    kept = Saved(card.id, card.guid, card.version, True)
    return (kept, made) if history == "first" else (made, kept)


def join_cards(
    session: Session,
    *,
    guid: str,
    version: int,
    other: str,
    other_version: int,
    text: CardText,
    author_id: int,
    now: datetime,
    note: str = "",
) -> Joined:
    """Make one card of two: `guid` lives on with `text` and both histories, `other` is archived and points to it.

    Raises `NotThere`, `Conflict`, `NotTogether` and `StillOpen`.
    """
    deck_id = session.scalar(select(Card.deck_id).where(Card.guid == guid)) if "\0" not in guid else None
    rendered = render_for(session, deck_id, text)
    card, deck = locked_card(session, guid)
    gone, other_deck = locked_card(session, other)
    if card.id == gone.id or deck.id != other_deck.id or card.archived_at or gone.archived_at:
        raise NotTogether
    if (card.version, gone.version) != (version, other_version):
        raise Conflict
    _nothing_open(session, card.id, gone.id)
    put(card, text, rendered)
    card.draft = is_draft(text)
    card.version += 1
    revise(session, card, deck, "edited", author_id, now, note)
    gone.merged_into_id = card.id
    gone.archived_at, gone.archived_reason = now, "editor"
    gone.version += 1
    revise(session, gone, deck, "archived", author_id, now, note)
    session.execute(update(Card).where(Card.merged_into_id == gone.id).values(merged_into_id=card.id))
    return Joined(Saved(card.id, card.guid, card.version, True), (card.id, gone.id))


def part_card(session: Session, *, guid: str, from_guid: str, author_id: int, now: datetime, note: str = "") -> Joined:
    """Let the card `guid`, which was joined to `from_guid`, be a card of its own again, with its own text and history.

    The text of the card it was joined to stays. Raises `NotThere`.
    """
    whole, deck = locked_card(session, from_guid)
    found = select(Card).where(Card.guid == guid, Card.merged_into_id == whole.id, Card.archived_reason == "editor")
    if "\0" in guid:
        raise NotThere
    card = session.scalars(
        found.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if card is None:
        raise NotThere
    card.merged_into_id = card.archived_at = card.archived_reason = None
    card.version += 1
    revise(session, card, deck, "restored", author_id, now, note)
    return Joined(Saved(card.id, card.guid, card.version, True), (card.id, whole.id))


def _nothing_open(session: Session, *card_ids: int) -> None:
    about = or_(Question.card_id.in_(card_ids), Question.old_card_id.in_(card_ids))
    if session.scalar(select(Question.id).where(Question.decided_at.is_(None), about).limit(1)) is not None:
        raise StillOpen
