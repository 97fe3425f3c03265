"""Changing many cards at once: one transaction, a revision of each, and one row by which all of it is undone.

What cannot be changed is left, and said; nobody's schedule is touched.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content import writer
from app.content.document import CardText
from app.content.rendered import searched
from app.db.base import new_guid
from app.db.models import BulkChange, Card, Deck
from app.db.session import write
from app.library import media
from app.library.editing import NotThere, bring_back, put_away, revision_of
from app.library.exporting import Exported, images_in
from app.library.places import place_again
from app.library.texts import base_columns, base_of, of_stored
from app.web import audit
from app.web.access import can, editable
from app.web.sessions import Viewer

log = structlog.get_logger()
MOST = 1_000
"""Cards that one change takes; more are for an import of the whole document."""
MAX_TAGS = 30

Action = Literal["tagged", "untagged", "moved", "archived", "restored"]
REVISED = {"tagged": "edited", "untagged": "edited", "moved": "moved", "archived": "archived", "restored": "restored"}
"""What the revisions of each change are called."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be done: with `tags` for tagging, with the deck `slug` and perhaps a `section` for moving."""

    action: Action
    tags: tuple[str, ...] = ()
    slug: str = ""
    section: tuple[str, ...] | None = None
    """None keeps the section that each card has."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card that was chosen, as far as the page that asks has to know it."""

    guid: str
    question_text: str
    deck_title: str
    private: bool
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What one change did. `left` are the cards it left as they were: why, and their question."""

    guid: str
    action: Action
    made_at: datetime
    undone_at: datetime | None
    cards: int
    left: tuple[tuple[str, str], ...]


def new_key() -> str:
    """A name for a form, by which it counts once."""
    return new_guid()


def is_key(text: str) -> bool:
    """Whether this may be one."""
    return re.fullmatch("[0-9a-z]{16}", text) is not None


def chosen(session: Session, viewer: Viewer, guids: Sequence[str]) -> list[Chosen]:
    """The cards of these names that this person may change, in the order of their decks."""
    rows = session.execute(
        select(Card.guid, Card.question_text, Deck.title, Deck.visibility, Card.tags)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Card.guid.in_(guids), Card.merged_into_id.is_(None), editable(viewer))
        .order_by(Deck.title, Deck.id, Card.position, Card.id)
    )
    return [
        Chosen(row.guid, row.question_text, row.title, row.visibility == "private", tuple(row.tags)) for row in rows
    ]


def change(
    session: Session, *, viewer: Viewer, key: str, wish: Wish, guids: Sequence[str], now: datetime, note: str = ""
) -> Done:
    """Do one thing to all these cards; the same `key` again gives what it did. Raises `NotThere` for a deck that is not."""
    done = session.scalar(select(BulkChange).where(BulkChange.guid == key, BulkChange.user_id == viewer.id))
    if done is not None:
        return as_done(done)
    ready = _searched_after(session, wish, guids)
    write(session)
    target = _target(session, wish, viewer)
    decks, cards = locked(session, guids, viewer, more=() if target is None else (target.id,))
    before: dict[str, Any] = {}
    left: list[tuple[str, str]] = []
    changed: list[Card] = []
    for card in cards:
        was, home = columns_of(card, wish.action), decks[card.deck_id]
        why = _apply(card, home, target, wish, now)
        if why is None:
            _put_searched(card, wish, ready)
            home.updated_at = now
            saved(session, card, decks[card.deck_id], REVISED[wish.action], viewer.id, now, note)
            before[card.guid] = {"after": touched(card, wish.action), "columns": was}
            changed.append(card)
        elif why:
            left.append((why, card.question_text))
    if target is not None:
        _settle(session, changed, before, target)
    shared = sum(decks[card.deck_id].visibility != "private" for card in changed)
    row = BulkChange(
        guid=key,
        user_id=viewer.id,
        action=wish.action,
        private=shared < len(changed),
        made_at=now,
        outcome={"cards": len(changed), "left": left},
        before=before,
    )
    session.add(row)
    session.flush()
    _note(session, row, shared, wish, note)
    return as_done(row)


def export(session: Session, viewer: Viewer, guids: Sequence[str]) -> Exported | None:
    """These cards as one Markdown document, whose sections begin with their decks where they are of several."""
    cards = list(session.scalars(_editable(guids, viewer)))
    if not cards:
        return None
    titles = {row.id: row for row in session.scalars(select(Deck).where(Deck.id.in_({card.deck_id for card in cards})))}
    cards.sort(key=lambda card: (titles[card.deck_id].title, card.deck_id, card.position))
    texts = [of_stored(card) for card in cards]
    one = titles[cards[0].deck_id] if len(titles) == 1 else None
    if one is None:
        pairs = zip(cards, texts, strict=True)
        texts = [replace(text, section=(titles[card.deck_id].title, *text.section)) for card, text in pairs]
    images: dict[str, int] = {}
    for deck in (titles[deck_id] for deck_id in dict.fromkeys(card.deck_id for card in cards)):
        here = [at for at, card in enumerate(cards) if card.deck_id == deck.id]
        for path, media_id in images_in(session, deck.id, writer.compose("", [texts[at] for at in here])).items():
            if images.setdefault(path, media_id) != media_id:  # another deck has another image of this name
                images[f"{deck.slug}/{path}"] = media_id
                for at in here:
                    texts[at] = _renamed(texts[at], path, f"{deck.slug}/{path}")
    text = writer.compose("Questions" if one is None else one.title, texts)
    return Exported("questions.md" if one is None else f"{one.slug}-questions.md", text.encode(), images=images)


def _renamed(text: CardText, path: str, name: str) -> CardText:
    """A text that shows the same image under another name."""

    def put(words: str) -> str:
        return words.replace(f"]({path}", f"]({name}").replace(f"]({quote(path)}", f"]({quote(name)}")

    options = tuple(replace(one, text=put(one.text)) for one in text.options)
    return replace(text, question=put(text.question), answer=put(text.answer), options=options)


def as_done(row: BulkChange) -> Done:
    """A change as pages show it."""
    left = tuple((why, question) for why, question in row.outcome["left"])
    action: Any = row.action
    return Done(row.guid, action, row.made_at, row.undone_at, row.outcome["cards"], left)


def locked(
    session: Session, guids: Sequence[str], viewer: Viewer, *, more: Sequence[int] = ()
) -> tuple[dict[int, Deck], list[Card]]:
    """The decks (`more` too) and then the cards of these names that this person may change, locked, in their order."""
    ids = {*more, *session.scalars(select(Card.deck_id).where(Card.guid.in_(guids)))}
    fresh: Mapping[str, Any] = {"populate_existing": True}
    rows = select(Deck).where(Deck.id.in_(sorted(ids))).order_by(Deck.id).with_for_update(key_share=True)
    decks = {deck.id: deck for deck in session.scalars(rows.execution_options(**fresh))}
    mine = {key for key, deck in decks.items() if can(viewer, "edit", deck)}
    found = select(Card).where(Card.guid.in_(guids), Card.merged_into_id.is_(None)).order_by(Card.id)
    cards = session.scalars(found.with_for_update(key_share=True).execution_options(**fresh))
    kept = [card for card in cards if card.deck_id in mine]
    return decks, sorted(kept, key=lambda card: (decks[card.deck_id].title, card.deck_id, card.position))


def columns_of(card: Card, action: str) -> dict[str, Any]:
    """The columns that an action changes, as they are now, to be put back."""
    if action in ("tagged", "untagged"):
        return {"tags": list(card.tags)}
    if action == "moved":
        return {"deck_id": card.deck_id, "position": card.position, "section": list(card.section)}
    archived = None if card.archived_at is None else card.archived_at.isoformat()
    found: dict[str, Any] = {"archived_at": archived, "archived_reason": card.archived_reason}
    if action == "restored" and card.archived_reason == "source":
        found |= base_columns(base_of(card)) | {"source_line": card.source_line}
    return found


def touched(card: Card, action: str) -> dict[str, Any]:
    """What tells whether somebody has done otherwise since with what an action changes; a place in a deck does not."""
    columns = columns_of(card, action)
    columns.pop("position", None)
    return columns | ({"base_question": card.base_question} if action == "restored" else {})


def _editable(guids: Sequence[str], viewer: Viewer) -> Any:
    mine = Card.deck_id.in_(select(Deck.id).where(editable(viewer)))
    return select(Card).where(Card.guid.in_(guids), Card.merged_into_id.is_(None), mine)


def _target(session: Session, wish: Wish, viewer: Viewer) -> Deck | None:
    """The deck that cards shall go to. Raises `NotThere`."""
    if wish.action != "moved":
        return None
    deck = session.scalar(select(Deck).where(Deck.slug == wish.slug)) if "\0" not in wish.slug else None
    if deck is None or deck.archived_at is not None or not can(viewer, "edit", deck):
        raise NotThere
    return deck


def _searched_after(session: Session, wish: Wish, guids: Sequence[str]) -> dict[str, tuple[int, tuple[str, str]]]:
    """What the cards will be found by, worked out before the database is made to wait, each with the version it is of."""
    if wish.action not in ("tagged", "untagged"):
        return {}
    cards = session.scalars(select(Card).where(Card.guid.in_(guids)))
    return {card.guid: (card.version, searched(replace(of_stored(card), tags=_tags(card, wish)))) for card in cards}


def _tags(card: Card, wish: Wish) -> tuple[str, ...]:
    there, named = {tag.casefold() for tag in card.tags}, {tag.casefold() for tag in wish.tags}
    if wish.action == "tagged":
        return (*card.tags, *(tag for tag in wish.tags if tag.casefold() not in there))
    return tuple(tag for tag in card.tags if tag.casefold() not in named)


def _apply(card: Card, deck: Deck, target: Deck | None, wish: Wish, now: datetime) -> str | None:
    """Change a card's columns; gives why it must not be, an empty word where it is so already, and None where it was."""
    if wish.action in ("tagged", "untagged"):
        tags = _tags(card, wish)
        if len(tags) > MAX_TAGS and wish.action == "tagged":
            return "full"
        changed = list(tags) != card.tags
        card.tags = list(tags)
    elif target is not None:
        if (deck.visibility == "private") != (target.visibility == "private"):
            return "private"
        if deck.id != target.id and card.base_question is not None:
            return "document"
        section = list(wish.section) if wish.section is not None else card.section
        changed = deck.id != target.id or section != card.section
        card.deck_id, card.section = target.id, section
    else:
        changed = put_away(card, now) if wish.action == "archived" else bring_back(card)
    return None if changed else ""


def _put_searched(card: Card, wish: Wish, ready: Mapping[str, tuple[int, tuple[str, str]]]) -> None:
    """What a card with other tags is found by; anew where somebody saved another text in the meantime."""
    if wish.action in ("tagged", "untagged"):
        version, columns = ready.get(card.guid, (0, ("", "")))
        card.search_title, card.search_text = columns if version == card.version else searched(of_stored(card))


def saved(session: Session, card: Card, deck: Deck, action: str, author_id: int, now: datetime, note: str) -> None:
    """Give a changed card its next version, with a revision."""
    card.version += 1
    card.updated_at = deck.updated_at = now
    session.add(revision_of(card, action, author_id, now, note))


def _settle(session: Session, moved: Sequence[Card], before: Mapping[str, Any], target: Deck) -> None:
    """Give moved cards their places behind the last of their section, their images, and close the gaps they leave.

    A card of a document stays where that has it.
    """
    moved = [card for card in moved if card.base_question is None]
    homes = {before[card.guid]["columns"]["deck_id"] for card in moved} - {target.id}
    place_again(session, target.id, moved)
    for home in sorted(homes):
        place_again(session, home, ())
    for card in moved:
        media.take_along(session, card, from_deck_id=before[card.guid]["columns"]["deck_id"])


def _note(session: Session, row: BulkChange, shared: int, wish: Wish, note: str) -> None:
    """What the audit log has of it: nothing of private decks."""
    if shared:
        named = ", ".join(wish.tags) or wish.slug
        label = f"{shared} × {named}" if named else f"{shared}"
        audit.note(
            session,
            f"bulk.{wish.action}",
            area="content",
            thing="" if row.private else "bulk",
            guid=row.guid,
            label=label,
            note=note or None,
        )
    log.info("cards changed at once", action=row.action, cards=row.outcome["cards"], author=row.user_id)
