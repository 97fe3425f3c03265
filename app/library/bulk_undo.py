"""Undoing a change of many cards as a whole, but for the cards of which somebody changed the same since.

What else was changed in them, another answer say, stays.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.rendered import searched
from app.db.models import BulkChange, Card, Deck
from app.db.session import write
from app.library import media
from app.library.bulk import Done, as_done, locked, saved, touched
from app.library.editing import NotThere
from app.library.places import place_again
from app.library.texts import of_stored
from app.web import audit
from app.web.access import can
from app.web.sessions import Viewer


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did; `left` are the questions of the cards of which somebody changed the same since; they stay as they are."""

    put_back: int
    left: tuple[str, ...]


def find(session: Session, viewer: Viewer, guid: str) -> Done | None:
    """A change that this person may look at and undo: their own, and as an editor any without private decks."""
    row = _row(session, viewer, guid)
    return None if row is None else as_done(row)


def undo(session: Session, *, guid: str, viewer: Viewer, now: datetime, note: str = "") -> Undone:
    """Put back what the change changed, where that is as it left it; nothing where it was undone already. Raises `NotThere`."""
    write(session)
    row = _row(session, viewer, guid, lock=True)
    if row is None:
        raise NotThere
    if row.undone_at is not None:
        return Undone(0, ())
    homes = {one["columns"]["deck_id"] for one in row.before.values() if "deck_id" in one["columns"]}
    decks, cards = locked(session, list(row.before), viewer, more=tuple(homes))
    left: list[str] = []
    came: defaultdict[int, list[Card]] = defaultdict(list)
    gone: set[int] = set()
    for card in cards:
        kept = row.before[card.guid]
        home = decks.get(kept["columns"].get("deck_id", card.deck_id))
        if touched(card, row.action) != kept["after"] or home is None or not can(viewer, "edit", home):
            left.append(card.question_text)
            continue
        from_id = card.deck_id
        _put_back(card, kept["columns"])
        _save(session, card, row.action, decks, from_id, viewer.id, now, note)
        if from_id != home.id or card.position != kept["columns"].get("position", card.position):
            came[home.id].append(card)
            gone.add(from_id)
    _settle(session, row.before, came, gone)
    if cards or not row.before:  # else nothing of it is this person's to change any more: whoever may, can undo it
        row.undone_at = now
    session.flush()
    shared = sum(decks[card.deck_id].visibility != "private" for card in cards)
    if shared:
        thing = "" if row.private else "bulk"
        audit.note(session, "edit.undo_bulk", area="content", thing=thing, guid=guid, label=f"{shared} × {row.action}")
    return Undone(len(cards) - len(left), tuple(left))


def _row(session: Session, viewer: Viewer, guid: str, *, lock: bool = False) -> BulkChange | None:
    if "\0" in guid:
        return None
    wanted = select(BulkChange).where(BulkChange.guid == guid)
    row = session.scalar(wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted)
    mine = row is not None and (row.user_id == viewer.id or (viewer.is_editor and not row.private))
    return row if mine else None


def _put_back(card: Card, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        if name == "archived_at" and value is not None:
            card.archived_at = datetime.fromisoformat(value)
        elif name != "position":
            setattr(card, name, value)
    if "tags" in columns:
        card.search_title, card.search_text = searched(of_stored(card))


def _save(
    session: Session,
    card: Card,
    action: str,
    decks: Mapping[int, Deck],
    from_id: int,
    author_id: int,
    now: datetime,
    note: str,
) -> None:
    decks[from_id].updated_at = now
    again = {"archived": "restored", "restored": "archived", "moved": "moved"}.get(action, "edited")
    if again == "restored" and card.archived_at is not None:  # its source had archived it before
        again = "archived"
    saved(session, card, decks[card.deck_id], again, author_id, now, note)


def _settle(session: Session, before: Mapping[str, Any], came: Mapping[int, list[Card]], gone: set[int]) -> None:
    for deck_id in sorted({*came, *gone}):
        back = came.get(deck_id, [])
        place_again(session, deck_id, back, {card.id: before[card.guid]["columns"]["position"] for card in back})
        for card in back:
            media.show_card(session, card)
