"""Bringing a learner's archive: what it would come to, and doing it, in one transaction and only once for each event.

An event keeps its origin as its key, so an archive that is brought twice, or back to where it came from, adds nothing.
Reviews join the log that is there and the cards are replayed, as if all had been answered here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.content import render
from app.content.document import ContentError
from app.content.rendered import render_text
from app.db.models import Card, CardState, Event, User
from app.library import media, own
from app.library.archives import Archive
from app.library.deck_editing import DeckFields
from app.library.own import Ready
from app.library.slugs import MAX_SLUG
from app.scheduling import replay
from app.scheduling.replay import BrokenLog, EventKind
from app.scheduling.state import Grade
from app.study import totals
from app.study.bringing_beside import choose, write_marks, write_notes, write_practice, write_rests
from app.study.bringing_match import Group, Matched, chunks, match_cards
from app.study.brought_values import Brought, BroughtEvent
from app.study.export_log import BROUGHT
from app.study.line import get_in_line
from app.study.projection import as_event, fact_columns, read_log, store_facts, store_state

_EVENT: Any = Event.__table__
_ROWS = 1000
_SUMS = 20_000
"""So many sums of cards are held until they are written: a long history has one of almost every answer."""
SHOWN = 50
"""How many cards are named that cannot come."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many private decks an account may have, and how many cards in all of them."""

    decks: int
    cards: int


class _Log:
    """The learner's log as it is: which events of the archive are there already, and the next number."""

    def __init__(self, session: Session, user_id: int, events: Sequence[BroughtEvent]) -> None:
        guid = session.scalars(select(User.guid).where(User.id == user_id)).one()
        self.known: dict[str, int] = {}
        keys = select(Event.idempotency_key, Event.id).where(Event.user_id == user_id)
        for key, number in session.execute(keys.where(Event.idempotency_key.startswith(BROUGHT))):
            self.known[key.removeprefix(BROUGHT)] = number
        ours = {event.origin: event for event in events if event.origin.startswith(f"{guid}:")}
        if ours:
            rows = select(Event.id, Event.answered_at, Event.kind).where(Event.user_id == user_id)
            for row in session.execute(rows):
                event = ours.get(f"{guid}:{row.id}")
                if event is not None and (event.answered_at, event.kind) == (row.answered_at, row.kind):
                    self.known[event.origin] = row.id
        self.next = (session.scalar(select(func.max(Event.id)).where(Event.user_id == user_id)) or 0) + 1


def plan(session: Session, *, user_id: int, brought: Brought, room: Room) -> dict[str, Any]:
    """What bringing it would come to, for the reader. Reads only."""
    matched = match_cards(session, user_id=user_id, brought=brought)
    log = _Log(session, user_id, brought.events)
    groups, no_room = _with_room(session, user_id, matched, room)
    coming = {*matched.targets, *(card.guid for group in groups for card in group.cards)}
    known = sum(event.origin in log.known for event in brought.events)
    roots = {guid: card.root for guid, card in brought.cards.items()}
    new = [event for event in brought.events if event.origin not in log.known and roots[event.card] in coming]
    empty = not session.scalar(select(Event.id).where(Event.user_id == user_id).limit(1))
    return {
        "portal": brought.portal,
        "exported_at": brought.exported_at.isoformat(),
        "matched": dict(matched.how),
        "cards": len(coming),
        "decks": [{"title": group.title, "cards": len(group.cards), "there": bool(group.slug)} for group in groups],
        "events": len(new),
        "reviews": sum(event.kind == "review" for event in new),
        "known": known,
        "lost": len(brought.events) - known - len(new),
        "nowhere": len(matched.nowhere),
        "no_room": [{"title": group.title, "cards": len(group.cards)} for group in no_room],
        "practice": len(brought.practice),
        "settings": empty,
    }


def _with_room(session: Session, user_id: int, matched: Matched, room: Room) -> tuple[list[Group], list[Group]]:
    """The groups for which there is room among the private decks, and those for which there is none."""
    decks, cards = own.count_decks(session, user_id), own.count_cards(session, user_id)
    fitting, rest = [], []
    for group in matched.groups:
        if cards + len(group.cards) <= room.cards and (group.slug or decks < room.decks):
            decks, cards = decks + (not group.slug), cards + len(group.cards)
            fitting.append(group)
        else:
            rest.append(group)
    return fitting, rest


def bring(
    session: Session,
    *,
    user_id: int,
    brought: Brought,
    archive: Archive,
    room: Room,
    settings: bool,
    now: datetime,
) -> dict[str, Any]:
    """Do it; with `settings` those of the archive are taken over, too. Flushes. Gives what came, as `plan` does.

    Raises ContentError where its log cannot be one.
    """
    matched = match_cards(session, user_id=user_id, brought=brought)
    groups, no_room = _with_room(session, user_id, matched, room)
    ready = [[_ready(card) for card in group.cards] for group in groups]
    notes = [(note, render.render(note.text)) for note in brought.notes]
    get_in_line(session, user_id)
    targets = dict(matched.targets)
    for group, cards in zip(groups, ready, strict=True):
        targets |= _add(session, user_id, group, cards, archive, room, now)
    targets = _living(session, targets)
    log = _Log(session, user_id, brought.events)
    roots = {guid: targets.get(card.root) for guid, card in brought.cards.items()}
    ids = {event.id: log.known[event.origin] for event in brought.events if event.origin in log.known}
    known = len(ids)
    new = _number(brought.events, roots, ids, log)
    _write_events(session, user_id, new, ids)
    write_marks(session, user_id, brought, roots)
    choose(session, user_id, brought, targets, now)
    practice = write_practice(session, user_id, brought, roots, ids)
    write_rests(session, user_id, brought)
    write_notes(session, user_id, notes, roots)
    if settings:
        session.execute(update(User).where(User.id == user_id).values(brought.settings))
    session.flush()
    reviews = sum(event.kind == "review" for events in new.values() for event in events)
    events = sum(map(len, new.values()))
    return {
        "portal": brought.portal,
        "exported_at": brought.exported_at.isoformat(),
        "matched": dict(matched.how),
        "cards": len(targets),
        "decks": [{"title": group.title, "cards": len(group.cards), "there": bool(group.slug)} for group in groups],
        "events": events,
        "reviews": reviews,
        "known": known,
        "lost": len(brought.events) - known - events,
        "nowhere": len(matched.nowhere),
        "no_room": [{"title": group.title, "cards": len(group.cards)} for group in no_room],
        "practice": practice,
        "settings": settings,
    }


def _ready(card: Any) -> Ready:
    return Ready(card.guid, card.kind, card.text, render_text(card.text))


def _add(
    session: Session,
    user_id: int,
    group: Group,
    cards: Sequence[Ready],
    archive: Archive,
    room: Room,
    now: datetime,
) -> dict[str, int]:
    deck, slug = group.deck, group.slug
    if not slug:
        fields = DeckFields(group.title)
        if deck is not None:
            fields = DeckFields(group.title, deck.description, "private", deck.source_url, deck.author, deck.licence)
        slug = own.make_deck(session, fields=fields, owner_id=user_id, most=room.decks, now=now).slug
    images: dict[str, bytes] = {}
    if deck is not None and deck.folder:
        for path in media.named([ready.text for ready in cards]):
            data = archive.read(f"{deck.folder}/{path}")
            if data is not None:
                images[path] = data
    return own.add_cards(session, slug=slug[:MAX_SLUG], cards=cards, images=images, author_id=user_id, now=now)


def _living(session: Session, targets: Mapping[str, int]) -> dict[str, int]:
    """The cards that live on, where some were joined to others here."""
    roots: dict[int, int] = {}
    for some in chunks(list(set(targets.values()))):
        rows = select(Card.id, func.coalesce(Card.merged_into_id, Card.id).label("root")).where(Card.id.in_(some))
        roots.update({row.id: row.root for row in session.execute(rows)})
    return {guid: roots[number] for guid, number in targets.items() if number in roots}


def _number(
    events: Sequence[BroughtEvent], roots: Mapping[str, int | None], ids: dict[int, int], log: _Log
) -> dict[int, list[BroughtEvent]]:
    """The events that are new, by the card they belong to; each is given its number, in their own order."""
    new: defaultdict[int, list[BroughtEvent]] = defaultdict(list)
    for event in events:
        root = roots[event.card]
        if root is not None and event.id not in ids:
            ids[event.id], log.next = log.next, log.next + 1
            new[root].append(event)
    return new


def _write_events(
    session: Session, user_id: int, new: Mapping[int, Sequence[BroughtEvent]], ids: Mapping[int, int]
) -> None:
    states = select(CardState.card_id, CardState.version).where(CardState.user_id == user_id)
    versions = {row.card_id: row.version for row in session.execute(states)}
    rows: list[dict[str, Any]] = []
    sums: totals.Sums = {}
    for card_id, events in new.items():
        log = read_log(session, user_id, card_id) if card_id in versions else ()
        fresh = [_as_replayed(event, ids) for event in events]
        try:
            projection = replay.replay([*map(as_event, log), *fresh])
        except (BrokenLog, ValueError, OverflowError) as error:
            raise ContentError(
                "events.jsonl", 1, f"What happened to a card cannot be: {error}", "Export it again."
            ) from error
        store_facts(session, log, projection, sums)
        for event, row in zip(events, fresh, strict=True):
            values = _row(user_id, card_id, event, row) | fact_columns(projection.facts[row.id])
            totals.changed(sums, values, None, values)
            rows.append(values)
        if len(rows) >= _ROWS:
            _insert(session, rows)
        if len(sums) >= _SUMS:
            totals.put(session, user_id, sums)
            sums.clear()
        count = len(log) + len(events)
        store_state(
            session, user_id=user_id, card_id=card_id, version=versions.get(card_id), events=count, to=projection
        )
    _insert(session, rows)
    totals.put(session, user_id, sums)


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(_EVENT), rows)
        rows.clear()


def _as_replayed(event: BroughtEvent, ids: Mapping[int, int]) -> replay.Event:
    return replay.Event(
        id=ids[event.id],
        kind=EventKind(event.kind),
        answered_at=event.answered_at,
        study_day=event.study_day,
        grade=None if event.grade is None else Grade(event.grade),
        target=None if event.target is None else ids[event.target],
        due=event.due,
        reason=event.reason,
        seed=event.seed,
    )


def _row(user_id: int, card_id: int, event: BroughtEvent, row: replay.Event) -> dict[str, Any]:
    seed = event.seed
    return {
        "user_id": user_id,
        "id": row.id,
        "card_id": card_id,
        "kind": event.kind,
        "grade": event.grade,
        "answered_at": event.answered_at,
        "received_at": event.received_at,
        "zone": event.zone,
        "rollover_hour": event.rollover_hour,
        "study_day": event.study_day,
        "elapsed_ms": event.elapsed_ms,
        "idempotency_key": BROUGHT + event.origin,
        "request_hash": hashlib.sha256(event.origin.encode()).digest(),
        "device": event.device,
        "target_id": row.target,
        "chosen_due": event.due,
        "reason": event.reason,
        "seed_ease": seed and seed.ease,
        "seed_repetitions": seed and seed.repetitions,
        "seed_interval": seed and seed.interval,
        "seed_due": seed and seed.due,
        "seed_lapses": seed and seed.lapses,
    }
