"""Taking an applied import back in one step: cards, texts and archiving as they were; reviews made since stay."""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.db.models import Card, CardRevision, Collection, Deck, Document, Import, Question
from app.db.session import write
from app.library.applying import revise_deck
from app.library.media import show_card
from app.library.texts import of_stored, render_text, rendered_columns, text_columns, without_place

_PLACE = ("deck_id", "position", "source_line")
"""Columns that are put back even in a card that was edited since."""


class NoSuchImport(Exception):
    """There is no import of this name that could be taken back."""


class LaterImport(Exception):
    """A later import, named by `guid` and `label`, changed the same decks: it has to be taken back first."""

    def __init__(self, guid: str, label: str) -> None:
        super().__init__(f"A later import ({guid}, {label}) changed the same decks: undo that one first.")
        self.guid = guid
        self.label = label


class JoinedSince(Exception):
    """A card of this import was joined to another one because of another import; putting it back would part them."""


@dataclass(frozen=True, slots=True)
class ListedImport:
    """An applied import."""

    guid: str
    label: str
    applied_at: datetime
    undone: bool
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking an import back did: how many cards were put back, and how many new ones archived.

    `kept` are the questions of the cards that were edited since and keep their text. The states of the cards `replay`
    are to be made again from their logs.
    """

    guid: str
    label: str
    put_back: int
    archived: int
    kept: tuple[str, ...]
    replay: tuple[int, ...]


def imports(session: Session, *, most: int = 50) -> list[ListedImport]:
    """The last applied imports, the newest first."""
    rows = session.scalars(select(Import).order_by(Import.id.desc()).limit(most))
    return [ListedImport(row.guid, row.label, row.applied_at, row.undone_at is not None, row.outcome) for row in rows]


def undo_import(session: Session, *, now: datetime, guid: str = "", by_id: int | None = None) -> Undone:
    """Take an import back; the last one where none is named.

    A card that was edited since keeps its text. Flushes; the caller has the states of `Undone.replay` made again. Raises
    NoSuchImport, LaterImport and JoinedSince.
    """
    write(session)
    record = _record(session, guid)
    before = record.before
    parted = _part(session, record)
    _questions(session, record)
    decks = {deck.guid: deck for deck in session.scalars(select(Deck).where(Deck.guid.in_(_deck_guids(before))))}
    kept = _cards(session, before, decks, now, by_id)
    archived = _new_cards(session, before["new_cards"], now, by_id)
    _documents(session, before, decks)
    _decks(session, before, decks, now, by_id)
    record.undone_at = now
    session.flush()
    put_back = len(before["cards"]) - len(kept)
    return Undone(record.guid, record.label, put_back, archived, tuple(kept), parted)


def _record(session: Session, guid: str) -> Import:
    statement = select(Import).where(Import.undone_at.is_(None)).order_by(Import.id.desc()).limit(1)
    record = session.scalar((statement.where(Import.guid == guid) if guid else statement).with_for_update())
    if record is None:
        raise NoSuchImport
    decks = set(record.outcome["decks"])
    later = select(Import).where(Import.id > record.id, Import.undone_at.is_(None)).order_by(Import.id.desc())
    for other in session.scalars(later):
        if decks & set(other.outcome["decks"]):
            raise LaterImport(other.guid, other.label)
    return record


def _part(session: Session, record: Import) -> tuple[int, ...]:
    """Undo what was joined because of this import; the ids of the cards that were one."""
    joined = session.scalars(select(Question).where(Question.import_id == record.id, Question.decision == "same")).all()
    ids: list[int] = []
    for question in joined:
        session.execute(update(Card).where(Card.id == question.card_id).values(merged_into_id=None))
        ids.extend(one for one in (question.card_id, question.old_card_id) if one is not None)
    session.expire_all()
    return tuple(ids)


def _questions(session: Session, record: Import) -> None:
    session.execute(delete(Question).where(Question.import_id == record.id))
    for guid, old in record.before["questions"].items():
        session.execute(
            update(Question)
            .where(Question.guid == guid)
            .values(theirs=old["theirs"], decided_at=None, decision=None, decided_by_id=None)
        )


def _deck_guids(before: Mapping[str, Any]) -> set[str]:
    moved = {old["deck"] for old in before["cards"].values() if "deck" in old}
    return {*before["new_decks"], *before["decks"], *before["documents"], *moved}


def _cards(
    session: Session, before: Mapping[str, Any], decks: Mapping[str, Deck], now: datetime, by_id: int | None
) -> list[str]:
    """Put columns back; the questions of the cards that were edited since."""
    kept: list[str] = []
    cards = _by_guid(session, before["cards"])
    for guid, old in before["cards"].items():
        card = cards[guid]
        if card.merged_into_id is not None and card.archived_reason != "editor":
            raise JoinedSince
        columns = dict(old)
        if "deck" in columns:
            columns["deck_id"] = decks[columns.pop("deck")].id
        if columns.get("archived_at") is not None:
            columns["archived_at"] = datetime.fromisoformat(columns["archived_at"])
        if card.version != before["after"][guid]:
            kept.append(card.question_text)
            columns = {name: value for name, value in columns.items() if name in _PLACE or name.startswith("base_")}
        _put_back(session, card, columns, now, by_id)
    session.flush()
    return kept


def _put_back(session: Session, card: Card, columns: Mapping[str, Any], now: datetime, by_id: int | None) -> None:
    was = of_stored(card)
    for name, value in columns.items():
        setattr(card, name, value)
    if all(name in _PLACE or name.startswith("base_") for name in columns):
        return
    if without_place(of_stored(card)) != without_place(was):
        for name, value in rendered_columns(render_text(of_stored(card))).items():
            setattr(card, name, value)
        show_card(session, card)
    _revise(session, card, "restored" if card.archived_at is None else "archived", now, by_id)


def _new_cards(session: Session, guids: list[str], now: datetime, by_id: int | None) -> int:
    """Archive what the import brought: it comes back, history and all, should the document come again."""
    living = [card for card in _by_guid(session, guids).values() if card.archived_at is None]
    for card in living:
        card.archived_at, card.archived_reason = now, "source"
        _revise(session, card, "archived", now, by_id)
    return len(living)


def _by_guid(session: Session, guids: Any) -> dict[str, Card]:
    wanted = list(guids)
    found: dict[str, Card] = {}
    for start in range(0, len(wanted), 500):
        cards = session.scalars(select(Card).where(Card.guid.in_(wanted[start : start + 500])))
        found.update({card.guid: card for card in cards})
    return found


def _revise(session: Session, card: Card, action: str, now: datetime, by_id: int | None) -> None:
    card.version += 1
    card.updated_at = now
    session.add(
        CardRevision(
            card_id=card.id,
            number=card.version,
            action=action,
            author_id=by_id,
            created_at=now,
            note="",
            **text_columns(of_stored(card)),
        )
    )


def _documents(session: Session, before: Mapping[str, Any], decks: Mapping[str, Deck]) -> None:
    for guid, old in before["documents"].items():
        deck_id = decks[guid].id
        if old is None:
            session.execute(delete(Document).where(Document.deck_id == deck_id))
            continue
        document = session.scalar(select(Document).where(Document.deck_id == deck_id)) or Document(deck_id=deck_id)
        document.filename, document.dialect, document.said = old["filename"], old["dialect"], old["said"]
        document.cards = old.get("cards")
        document.content = zlib.decompress(base64.b64decode(old["content"]))
        document.sha256 = hashlib.sha256(document.content).digest()
        document.imported_at = datetime.fromisoformat(old["imported_at"])
        session.add(document)


def _deck_fields(
    session: Session, deck: Deck, fields: Mapping[str, list[str]], now: datetime, by_id: int | None
) -> None:
    """What the document said of the deck, where nobody changed it since."""
    again = {name: was for name, (was, became) in fields.items() if getattr(deck, name) == became}
    for name, was in again.items():
        setattr(deck, name, was)
    if again:
        deck.version += 1
        revise_deck(session, deck, now, by_id)


def _decks(
    session: Session, before: Mapping[str, Any], decks: Mapping[str, Deck], now: datetime, by_id: int | None
) -> None:
    for guid, old in before["decks"].items():
        there = session.get(Collection, old["collection_id"]) if old["collection_id"] is not None else None
        decks[guid].collection_id = None if there is None else there.id
        if old["archived"]:
            decks[guid].archived_at = now
        _deck_fields(session, decks[guid], old["fields"], now, by_id)
    for guid in before["new_decks"]:
        deck = decks[guid]
        session.execute(delete(Document).where(Document.deck_id == deck.id))
        living = select(Card.id).where(Card.deck_id == deck.id, Card.archived_at.is_(None)).limit(1)
        if session.scalar(living) is None:
            deck.archived_at = now
    for deck in decks.values():
        deck.updated_at = now
