"""Writing what was planned: a few statements for any number of cards, and beside them what undoing needs."""

import base64
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.content.document import Deck as ReadDeck
from app.content.plan import PlannedCard
from app.db.base import new_guid
from app.db.bulk import insert_rows
from app.db.models import Card, CardRevision, Collection, Deck, DeckRevision, Document, Import
from app.library.changing import Change, Draft, changes, draft_and_kind, positions
from app.library.deck_editing import fields_of
from app.library.noting import Noting, note
from app.library.opened import opened_deck
from app.library.stored import StoredDeck
from app.library.targets import Target
from app.library.texts import Rendered, base_columns, rendered_columns, text_columns, without_place

REVISED = ("question", "answer", "section", "tags", "options")
_CHUNK = 1000


@dataclass(slots=True)
class Before:
    """How things were, by guid: what an import changed, and nothing else."""

    new_decks: list[str] = field(default_factory=list)
    new_cards: list[str] = field(default_factory=list)
    decks: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Questions of earlier imports that this one closed or put anew."""
    after: dict[str, int] = field(default_factory=dict)
    """The version each changed card was left at: one that has another since was edited here."""
    edited: bool = False
    """Whether an editor wrote the document here."""

    def values(self) -> dict[str, Any]:
        """As a column keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Writing:
    """What every step of an import needs to know."""

    session: Session
    rendered: Mapping[CardText, Rendered]
    now: datetime
    author_id: int | None
    record: Import
    before: Before = field(default_factory=Before)


def apply(writing: Writing, draft: Draft) -> None:
    """Write one group's plan."""
    ids = _decks(writing, draft)
    writing.before.edited = draft.edited
    found = changes(draft, ids, writing.now)
    slugs = {deck_id: slug for slug, deck_id in ids.items()}
    _documents(writing, draft, ids)
    _update(writing, found, {deck.id: deck.guid for deck in draft.group.decks})
    new = _insert(writing, draft, ids)
    notes = Noting(writing.session, writing.record.id, writing.now, writing.before.questions, draft.edited)
    note(notes, draft, ids, new)
    if draft.edited:
        _place_cards(writing.session, draft, ids, new)
    touched = {slugs[change.columns.get("deck_id", change.row.columns["deck_id"])] for change in found if change.action}
    touched |= {slugs[change.row.columns["deck_id"]] for change in found if "deck_id" in change.columns}
    touched |= {planned.new.deck for planned in draft.plan.cards if planned.stored is None}
    writing.session.execute(
        update(Deck).where(Deck.id.in_([ids[slug] for slug in touched])).values(updated_at=writing.now)
    )


def _decks(writing: Writing, draft: Draft) -> dict[str, int]:
    """Make what is new and put every deck into its collection; ids by slug."""
    session, group = writing.session, draft.group
    collection_id = group.collection.id if group.collection is not None else None
    if group.new_collection is not None:
        slug, title = group.new_collection
        collection = Collection(slug=slug, title=title, created_at=writing.now)
        session.add(collection)
        session.flush()
        collection_id = collection.id
    made = {target.slug: _deck(writing, target, collection_id) for target in group.targets if target.deck is None}
    session.add_all(made.values())
    session.flush()
    for deck in made.values():
        revise_deck(session, deck, writing.now, writing.author_id)
        writing.before.new_decks.append(deck.guid)
    for target in group.targets:
        if target.deck is not None:
            _adopt(writing, target.deck, target, collection_id)
    session.flush()
    return {deck.slug: deck.id for deck in group.decks} | {slug: deck.id for slug, deck in made.items()}


def deck_fields(target: Target) -> dict[str, str]:
    """What a document says of itself, as a deck's columns keep it."""
    return said_by(target.document.deck)


def said_by(deck: ReadDeck) -> dict[str, str]:
    """The same of a document that was read."""
    source = deck.meta.get("source", "") or deck.meta.get("source_url", "")
    return {
        "title": deck.title[:200],
        "description": deck.meta.get("description", ""),
        "source_url": source if source.startswith(("https://", "http://")) else "",
        "author": deck.meta.get("author", "")[:200],
        "licence": (deck.meta.get("licence", "") or deck.meta.get("license", ""))[:200],
    }


def _deck(writing: Writing, target: Target, collection_id: int | None) -> Deck:
    return Deck(
        guid=new_guid(),
        slug=target.slug,
        visibility="private" if target.private else "public",
        collection_id=collection_id,
        owner_id=writing.author_id,
        version=1,
        created_at=writing.now,
        updated_at=writing.now,
        **deck_fields(target),
    )


def revise_deck(session: Session, deck: Deck, now: datetime, author_id: int | None) -> None:
    """Note a deck's own fields as its newest revision has them."""
    fields = {**asdict(fields_of(deck)), "archived": deck.archived_at is not None}
    session.add(
        DeckRevision(deck_id=deck.id, number=deck.version, fields=fields, author_id=author_id, created_at=now, note="")
    )


def _adopt(writing: Writing, deck: StoredDeck, target: Target, collection_id: int | None) -> None:
    """A deck that stood alone joins the folder's collection; one whose import was undone is there again.

    What the document now says of the deck is taken over where nobody had changed what it said before.
    """
    values: dict[str, Any] = {}
    if collection_id is not None and deck.collection_id != collection_id:
        values["collection_id"] = collection_id
    if deck.archived and deck.sha256 is None:
        values["archived_at"] = None
    fields = _news(deck, target)
    if not values and not fields:
        return
    old = {name: [getattr(deck, name), value] for name, value in fields.items()}
    writing.before.decks[deck.guid] = {"collection_id": deck.collection_id, "archived": deck.archived, "fields": old}
    stored = writing.session.get_one(Deck, deck.id)
    for name, value in (values | fields).items():
        setattr(stored, name, value)
    if fields:
        stored.version += 1
        stored.updated_at = writing.now
        revise_deck(writing.session, stored, writing.now, writing.author_id)


def _news(deck: StoredDeck, target: Target) -> dict[str, str]:
    """What a document says anew of its deck: where nobody changed that here, or where an editor wrote it."""
    opened = opened_deck(target)
    said = deck.said or {} if opened is None else said_by(opened)
    return {
        name: value
        for name, value in deck_fields(target).items()
        if name in said and (said[name] == getattr(deck, name) if opened is None else said[name] != value)
        if getattr(deck, name) != value
    }


def _place_cards(session: Session, draft: Draft, ids: Mapping[str, int], new: Mapping[int, int]) -> None:
    """Note which card each question of an edited document is: it was written from them, so that is known."""
    made = {row.id: row.guid for row in session.execute(select(Card.id, Card.guid).where(Card.id.in_(new.values())))}
    for target in draft.group.targets:
        guids = [""] * len(target.document.deck.cards)
        for planned in draft.plan.cards:
            if planned.new.deck == target.slug:
                stored = planned.stored
                guids[planned.new.position] = made[new[id(planned.new)]] if stored is None else stored.guid
        document = session.scalars(select(Document).where(Document.deck_id == ids[target.slug])).one()
        document.cards = guids
    session.flush()


def _documents(writing: Writing, draft: Draft, ids: Mapping[str, int]) -> None:
    session = writing.session
    replaced = [target for target in draft.group.targets if _is_other(target)]
    renamed = [t for t in draft.group.targets if t not in replaced and t.deck and t.filename != t.deck.filename]
    old_ids = [t.deck.id for t in (*replaced, *renamed) if t.deck is not None] + [d.id for d in draft.group.gone]
    old = {row.deck_id: row for row in session.scalars(select(Document).where(Document.deck_id.in_(old_ids)))}
    for target in (*replaced, *renamed):
        if target.deck is not None:
            document = old.get(target.deck.id)
            writing.before.documents[target.deck.guid] = None if document is None else _kept_document(document)
    for target in replaced:
        deck_id = ids[target.slug]
        document = old.get(deck_id) or Document(deck_id=deck_id)
        document.filename = target.filename[-400:]
        document.content = target.document.file.data
        document.sha256 = target.document.file.sha256
        document.dialect = target.document.dialect
        document.said = document.said if draft.edited and document.said is not None else deck_fields(target)
        document.cards = None
        document.imported_at = writing.now
        session.add(document)
    for target in renamed:
        if target.deck is not None:
            old[target.deck.id].filename = target.filename[-400:]
    for deck in draft.group.gone:
        writing.before.documents[deck.guid] = _kept_document(old[deck.id])
        session.delete(old[deck.id])
    session.flush()


def _is_other(target: Target) -> bool:
    """Whether the document is not the one that was imported last, or is to be read in another way."""
    here, deck = target.document, target.deck
    return deck is None or (here.file.sha256, here.dialect) != (deck.sha256, deck.dialect)


def _kept_document(document: Document) -> dict[str, Any]:
    return {
        "filename": document.filename,
        "content": base64.b64encode(zlib.compress(document.content)).decode("ascii"),
        "dialect": document.dialect,
        "said": document.said,
        "cards": document.cards,
        "imported_at": document.imported_at.isoformat(),
    }


def _update(writing: Writing, found: Sequence[Change], guids: Mapping[int, str]) -> None:
    """Change stored cards, those with the same columns in one statement."""
    alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    revisions = []
    for change in found:
        columns = dict(change.columns)
        before = writing.before
        old = {name: change.row.columns[name] for name in change.columns}
        before.cards[change.row.card.guid] = jsonable(old, guids)
        before.after[change.row.card.guid] = change.row.columns["version"]
        if change.text is not None:
            columns |= rendered_columns(writing.rendered[without_place(change.text)])
        if change.action:
            version = change.row.columns["version"] + 1
            before.after[change.row.card.guid] = version
            columns |= {"version": version, "updated_at": writing.now}
            revisions.append(_revision(change.row.id, version, change.action, {**change.row.columns, **columns}))
        alike[tuple(sorted(columns))].append(columns | {"row_id": change.row.id})
    for names, rows in alike.items():
        update_cards(writing.session, names, rows)
    _revise(writing, revisions)


def jsonable(columns: Mapping[str, Any], guids: Mapping[int, str]) -> dict[str, Any]:
    """Values of a card's columns as JSON keeps them: a deck by its guid, an instant as text."""
    values = dict(columns)
    if "deck_id" in values:
        values["deck"] = guids[values.pop("deck_id")]
    if values.get("archived_at") is not None:
        values["archived_at"] = values["archived_at"].isoformat()
    return values


def update_cards(session: Session, names: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the columns `names` of many cards; each row has them, and the card's id as `row_id`."""
    statement = update(Card).where(Card.id == bindparam("row_id")).values({name: bindparam(name) for name in names})
    for start in range(0, len(rows), _CHUNK):
        session.connection().execute(statement, list(rows[start : start + _CHUNK]))


def _revise(writing: Writing, rows: Sequence[Mapping[str, Any]]) -> None:
    same = {"author_id": writing.author_id, "created_at": writing.now, "note": ""}
    insert_rows(writing.session, CardRevision, rows, same=same)


def _revision(card_id: int, number: int, action: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {"card_id": card_id, "number": number, "action": action, **{name: columns[name] for name in REVISED}}


def _insert(writing: Writing, draft: Draft, ids: Mapping[str, int]) -> dict[int, int]:
    """Add the new cards with their first revisions; their ids by the identity of the plan's `NewCard`."""
    places = positions(draft)
    added = [planned for planned in draft.plan.cards if planned.stored is None]
    rows = [
        _new_row(writing, planned, ids[planned.new.deck], places[id(planned.new)], edited=draft.edited)
        for planned in added
    ]
    made: dict[str, int] = dict(insert_rows(writing.session, Card, rows, same=_new(writing), give=("guid", "id")))
    guids = [row["guid"] for row in rows]
    action = "created" if draft.edited else "imported"
    _revise(writing, [_revision(made[row["guid"]], 1, action, row) for row in rows])
    writing.before.new_cards.extend(guids)
    return {id(planned.new): made[guid] for planned, guid in zip(added, guids, strict=True)}


def _new_row(writing: Writing, planned: PlannedCard, deck_id: int, position: int, *, edited: bool) -> dict[str, Any]:
    return {
        "guid": new_guid(),
        "deck_id": deck_id,
        "position": position,
        **text_columns(planned.text),
        **base_columns(None if edited else planned.base),
        **draft_and_kind(planned.text, planned, None),
        **rendered_columns(writing.rendered[without_place(planned.text)]),
        "source_line": planned.new.card.line,
    }


def _new(writing: Writing) -> dict[str, Any]:
    """What is the same of all new cards."""
    return {
        "archived_at": None,
        "archived_reason": None,
        "merged_into_id": None,
        "version": 1,
        "created_at": writing.now,
        "updated_at": writing.now,
    }
