"""A package from Anki into decks here: planned and rendered first, then written in one transaction, or nothing.

Decks and cards have guids made of Anki's names for them and of whose they are, so that they are found again by the next package.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.content.anki.reading import Brought, BroughtDeck, Package
from app.content.document import CardText, ContentError
from app.content.rendered import Rendered
from app.db.models import Card, CardMark, CardRevision, CardState, Deck, DeckChoice
from app.library import deck_editing, media, own
from app.library.deck_editing import DeckFields
from app.library.texts import is_draft, of_stored, put, render_text, text_columns
from app.study.anki import history
from app.study.anki.recording import Additions, record
from app.study.line import get_in_line
from app.study.projection import as_event, read_log
from app.web import audit
from app.web.access import can
from app.web.sessions import Viewer

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ASKED = 500
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a package goes. `shared`: into decks for all members, as an editor may; else into private ones.

    `progress`: with what was learned. At most `most_decks` and `most_cards` private ones are had by one learner.
    """

    shared: bool = False
    progress: bool = True
    most_decks: int = 0
    most_cards: int = 0
    by_command: bool = False
    """Whether an operator brings it, and not the learner."""


@dataclass(slots=True)
class PlannedDeck:
    """A deck, whether it is new, and how many cards are `new`, `changed`, the `same`, or `kept` as they were edited here."""

    title: str
    slug: str
    fresh: bool
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import would do, or did: decks, answers that are new here, and cards whose present state comes from Anki.

    `impossible` answers stay out: they are of a time or a button that cannot be.
    """

    decks: Sequence[PlannedDeck]
    answers: int
    seeds: int
    impossible: int


@dataclass(slots=True)
class _Step:
    """What is to be done with one card that a package brings."""

    brought: Brought
    guid: str
    card: Card | None
    what: str
    rendered: Rendered | None = None
    card_id: int = 0


@dataclass(slots=True)
class _DeckSteps:
    planned: PlannedDeck
    guid: str
    deck: Deck | None
    steps: list[_Step]
    pictures: dict[str, media.Picture]


def plan(session: Session, *, package: Package, viewer: Viewer, aim: Aim, now: datetime) -> Outcome:
    """What `bring` would do. Nothing is written. Raises ContentError where it cannot be done."""
    parts = list(_compared(session, package, viewer, aim))
    _check_room(session, package, viewer, aim, parts)
    answers = seeds = 0
    if aim.progress:
        for one in _additions(session, package, viewer, parts, now):
            seeds += sum(event.seed is not None for event in one.events)
            answers += sum(event.grade is not None for event in one.events)
    return Outcome([part.planned for part in parts], answers, seeds, _impossible(parts, now) if aim.progress else 0)


def prepare(
    session: Session, *, package: Package, viewer: Viewer, aim: Aim, now: datetime, progress: Progress | None = None
) -> Callable[[Session], Outcome]:
    """Render all that is new, and give what then writes it, in a session that commits. Raises ContentError."""
    parts = list(_compared(session, package, viewer, aim))
    _check_room(session, package, viewer, aim, parts)
    done = 0
    for part in parts:
        part.pictures = _pictures(package, part)
        images = {name: picture.url for name, picture in part.pictures.items()}
        for step in part.steps:
            if step.what in ("new", "changed"):
                step.rendered = render_text(step.brought.text, images.get)
            done += 1
            if progress is not None and done % 200 == 0:
                progress(done, package.cards, part.planned.title)
    rendered = {step.guid: step.rendered for part in parts for step in part.steps if step.rendered is not None}
    pictures = {part.guid: part.pictures for part in parts}
    return partial(_bring, package=package, viewer=viewer, aim=aim, now=now, rendered=rendered, pictures=pictures)


def _bring(
    session: Session,
    *,
    package: Package,
    viewer: Viewer,
    aim: Aim,
    now: datetime,
    rendered: Mapping[str, Rendered],
    pictures: Mapping[str, Mapping[str, media.Picture]],
) -> Outcome:
    """Write what was rendered. What somebody else has changed meanwhile is compared anew. Flushes."""
    get_in_line(session, viewer.id)
    parts = list(_compared(session, package, viewer, aim))
    _check_room(session, package, viewer, aim, parts)
    for part in parts:
        part.pictures = dict(pictures.get(part.guid, {}))
        _store_deck(session, part, viewer, aim, now, rendered)
    answers = seeds = 0
    if aim.progress:
        wanted = list(_additions(session, package, viewer, parts, now, stored=True))
        record(session, viewer, wanted, now=now)
        seeds = sum(event.seed is not None for one in wanted for event in one.events)
        answers = sum(event.grade is not None for one in wanted for event in one.events)
        _mark(session, viewer, parts, now)
    if aim.shared and any(part.planned.counts["new"] + part.planned.counts["changed"] for part in parts):
        by, role = (None, "command") if aim.by_command else (viewer.id, audit.ROLES[viewer.rank])
        audit.note(session, "content.anki", area="content", by=by, role=role, label=package.name)
    return Outcome([part.planned for part in parts], answers, seeds, _impossible(parts, now) if aim.progress else 0)


def _impossible(parts: Sequence[_DeckSteps], now: datetime) -> int:
    return sum(history.impossible(step.brought.answers, now) for part in parts for step in part.steps)


def _compared(session: Session, package: Package, viewer: Viewer, aim: Aim) -> Iterator[_DeckSteps]:
    scope = "" if aim.shared else viewer.guid
    for brought in package.decks:
        guid = _guid("deck", scope, brought.title.casefold())
        deck = session.scalar(select(Deck).where(Deck.guid == guid))
        if deck is not None and deck.archived_at is not None:
            problem = f"The deck “{deck.title}”, where it went before, is archived."
            raise ContentError(package.name, 1, problem, "Restore it first, or rename the deck in Anki.")
        guids = [_guid("card", scope, one.guid, str(one.ord)) for one in brought.cards]
        known = _known(session, viewer, brought, guids)
        texts = _last_imported(session, [card.id for card in known.values()])
        title = deck.title if deck is not None else brought.title
        planned = PlannedDeck(title, deck.slug if deck is not None else "", deck is None)
        steps = []
        for one, own_guid in zip(brought.cards, guids, strict=True):
            card = known.get(one.guid) or known.get(own_guid)
            what = _what(card, one.text, texts, made_here=card is not None and card.guid == one.guid)
            planned.counts[what] += 1
            steps.append(_Step(one, own_guid, card, what, card_id=_living(card)))
        yield _DeckSteps(planned, guid, deck, steps, {})


def _known(session: Session, viewer: Viewer, brought: BroughtDeck, guids: Sequence[str]) -> dict[str, Card]:
    """Cards that are here already, by guid: those of earlier imports, and those that went to Anki from here."""
    wanted = [*guids, *(one.guid for one in brought.cards if len(one.guid) <= 32 and "\0" not in one.guid)]
    found: dict[str, Card] = {}
    decks: dict[int, bool] = {}
    for first in range(0, len(wanted), _ASKED):
        rows = session.scalars(select(Card).where(Card.guid.in_(wanted[first : first + _ASKED])))
        found |= {card.guid: card for card in rows}
    for card in list(found.values()):
        if card.deck_id not in decks:
            decks[card.deck_id] = can(viewer, "study", session.get_one(Deck, card.deck_id))
        if not decks[card.deck_id]:
            del found[card.guid]
    return found


def _last_imported(session: Session, cards: Sequence[int]) -> dict[int, CardText]:
    """What the last import brought of each card, by which an edit made here is known."""
    found: dict[int, CardText] = {}
    for first in range(0, len(cards), _ASKED):
        some = select(CardRevision).where(CardRevision.card_id.in_(cards[first : first + _ASKED]))
        rows = session.scalars(some.where(CardRevision.action == "imported").order_by(CardRevision.number))
        found |= {row.card_id: of_stored(row) for row in rows}
    return found


def _what(card: Card | None, text: CardText, imported: Mapping[int, CardText], *, made_here: bool) -> str:
    if card is None:
        return "new"
    if made_here:
        return "same"  # its text is this portal's; only what was learned of it comes back
    now = of_stored(card)
    if now == text or imported.get(card.id) == text:
        return "same"
    return "changed" if card.archived_at is None and imported.get(card.id) == now else "kept"


def _living(card: Card | None) -> int:
    return 0 if card is None else card.merged_into_id or card.id


def _check_room(session: Session, package: Package, viewer: Viewer, aim: Aim, parts: Sequence[_DeckSteps]) -> None:
    if aim.shared:
        return
    decks, cards = own.count_decks(session, viewer.id), own.count_cards(session, viewer.id)
    fresh = sum(part.deck is None and part.planned.counts["new"] > 0 for part in parts)
    added = sum(part.planned.counts["new"] for part in parts)
    if fresh and decks + fresh > aim.most_decks:
        problem = f"You may have {aim.most_decks:,} decks of your own; with these it would be {decks + fresh:,}."
        raise ContentError(package.name, 1, problem, "In Anki, put decks into one, or export fewer of them.")
    if added and cards + added > aim.most_cards:
        problem = f"Your own decks may have {aim.most_cards:,} cards in all; with these it would be {cards + added:,}."
        raise ContentError(package.name, 1, problem, "Export fewer decks from Anki.")


def _pictures(package: Package, part: _DeckSteps) -> dict[str, media.Picture]:
    names = dict.fromkeys(name for step in part.steps if step.what != "same" for name in step.brought.images)
    found = ((name, package.files.read(name)) for name in names)
    made = ((name, media.picture(data)) for name, data in found if data is not None and len(name) <= media.MAX_PATH)
    return {name: picture for name, picture in made if picture is not None}


def _store_deck(
    session: Session, part: _DeckSteps, viewer: Viewer, aim: Aim, now: datetime, rendered: Mapping[str, Rendered]
) -> None:
    new = [step for step in part.steps if step.what == "new" and step.guid in rendered]
    changed = [step for step in part.steps if step.what == "changed" and step.guid in rendered]
    if part.deck is None and new:
        part.deck = _make_deck(session, part, viewer, aim, now)
    if part.deck is None:
        return
    part.planned.slug = part.deck.slug
    files = {name: picture.data for name, picture in part.pictures.items()}
    media.store_for_deck(session, deck_id=part.deck.id, files=files, now=now)
    last = session.scalar(select(func.max(Card.position)).where(Card.deck_id == part.deck.id))
    for place, step in enumerate(new, 0 if last is None else last + 1):
        text = step.brought.text
        kind = "cloze" if step.brought.cloze else "basic"
        step.card = Card(
            guid=step.guid,
            deck_id=part.deck.id,
            position=place,
            kind=kind,
            draft=is_draft(text),
            created_at=now,
            updated_at=now,
        )
        put(step.card, text, rendered[step.guid])
        session.add(step.card)
    for step in changed:
        if step.card is not None:
            put(step.card, step.brought.text, rendered[step.guid])
            step.card.draft, step.card.updated_at = is_draft(step.brought.text), now
            step.card.version += 1
    if new or changed:
        part.deck.updated_at = now
    session.flush()
    for step in (*new, *changed):
        step.card_id = _living(step.card)
    revisions = [_revision(step.card, viewer, now) for step in (*new, *changed) if step.card is not None]
    if revisions:
        session.execute(insert(CardRevision), revisions)


def _revision(card: Card, viewer: Viewer, now: datetime) -> dict[str, Any]:
    own = {"card_id": card.id, "number": card.version, "action": "imported", "author_id": viewer.id}
    return own | {"created_at": now, "note": "Anki"} | text_columns(of_stored(card))


def _make_deck(session: Session, part: _DeckSteps, viewer: Viewer, aim: Aim, now: datetime) -> Deck:
    """The deck that is missing, under the guid by which it is found again; whoever imports it studies it."""
    if aim.shared:
        fields = DeckFields(part.planned.title, visibility="members")
        made = deck_editing.create_deck(session, fields=fields, author_id=viewer.id, now=now)
    else:
        fields = DeckFields(part.planned.title)
        made = own.make_deck(session, fields=fields, owner_id=viewer.id, most=aim.most_decks, now=now)
    deck = session.scalars(select(Deck).where(Deck.slug == made.slug)).one()
    deck.guid = part.guid
    if aim.shared and aim.progress:
        session.add(DeckChoice(user_id=viewer.id, deck_id=deck.id, chosen_at=now))
    session.flush()
    return deck


def _additions(
    session: Session,
    package: Package,
    viewer: Viewer,
    parts: Sequence[_DeckSteps],
    now: datetime,
    *,
    stored: bool = False,
) -> Iterator[Additions]:
    """What Anki's answers and states add to the learner's log; once the cards are `stored`, of those that were."""
    days = history.days_of(package, viewer.zone, viewer.rollover_hour)
    begun = set(session.scalars(select(CardState.card_id).where(CardState.user_id == viewer.id)))
    seen: set[int] = set()
    for part in parts:
        for step in part.steps:
            if step.card_id in seen or (stored and not step.card_id):
                continue
            if step.card_id:
                seen.add(step.card_id)
            log = read_log(session, viewer.id, step.card_id) if step.card_id in begun else ()
            one = step.brought
            key = step.card.guid if step.card is not None else step.guid
            new = history.additions(one.state, one.answers, [*map(as_event, log)], key=key, days=days, now=now)
            if new:
                yield Additions(step.card_id, log, new)


def _mark(session: Session, viewer: Viewer, parts: Sequence[_DeckSteps], now: datetime) -> None:
    """Suspend and flag new cards that Anki has so."""
    rows: list[dict[str, Any]] = []
    for part in parts:
        for step in part.steps:
            suspended, flagged = step.brought.state.queue == -1, step.brought.state.flags & 7 > 0
            if step.what == "new" and step.card_id and (suspended or flagged):
                marks: dict[str, Any] = {
                    "suspended_at": now if suspended else None,
                    "flagged_at": now if flagged else None,
                }
                rows.append({"user_id": viewer.id, "card_id": step.card_id, "buried_on": None} | marks)
    if rows:
        session.execute(insert(CardMark), rows)


def _guid(*parts: str) -> str:
    """A guid that follows from names: of the form of those that are random."""
    number = int.from_bytes(hashlib.sha256("\x1f".join(("anki", *parts)).encode("utf-8", "replace")).digest()[:10])
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
