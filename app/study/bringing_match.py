"""Which card of this portal is which card of an archive: by its guid, by its text, by likeness, as on any import.

A card that an earlier archive brought answers to stays the one they went to, whatever its text and those around it say now.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.content import matching
from app.content.document import Card as ReadCard
from app.content.document import CardKind, Span
from app.content.matching import NewCard
from app.db.models import Card, Deck, Event
from app.library.stored import read_cards, read_portal
from app.study.brought_values import Brought, BroughtCard, BroughtDeck
from app.study.export_cards import readable_by, reads_all
from app.study.export_log import BROUGHT

T = TypeVar("T")
_CHUNK = 500


@dataclass(slots=True)
class Group:
    """Cards of one deck that this portal has not: they go to a private deck, `slug` where there is one already."""

    deck: BroughtDeck | None
    cards: list[BroughtCard]
    slug: str = ""

    @property
    def title(self) -> str:
        """What the deck is called."""
        return self.deck.title if self.deck else "Brought cards"


@dataclass(slots=True)
class Matched:
    """`targets`: the card of this portal for each card of the archive, by guid; cards that were joined are left out.

    `nowhere` are cards whose text the archive does not have.
    """

    targets: dict[str, int] = field(default_factory=dict)
    how: Counter[str] = field(default_factory=Counter)
    groups: list[Group] = field(default_factory=list)
    nowhere: list[BroughtCard] = field(default_factory=list)


def match_cards(session: Session, *, user_id: int, brought: Brought) -> Matched:
    """Find each card among the decks that this account may read; own ones among its own decks. Reads only."""
    open_decks = readable_by(user_id, reads_all(session, user_id))
    mine = (Deck.visibility == "private") & (Deck.owner_id == user_id)
    found = Matched()
    roots = [card for card in brought.cards.values() if card.joined_to is None]
    for some in chunks(roots):
        known = select(Card.guid, Card.id).join(Deck, Deck.id == Card.deck_id)
        for guid, card_id in session.execute(known.where(open_decks, Card.guid.in_([card.guid for card in some]))):
            found.targets[guid] = card_id
    found.how["guid"] = len(found.targets)
    _by_events(session, user_id, open_decks, brought, found)
    own = {deck.guid for deck in brought.decks.values() if deck.own}
    for condition, is_own in ((mine, True), (open_decks, False)):
        left = [card for card in roots if card.guid not in found.targets and (card.deck in own) == is_own]
        _by_text(session, condition, [card for card in left if card.text is not None], brought, found)
    _group(session, user_id, roots, brought, found)
    return found


def _by_events(
    session: Session, user_id: int, open_decks: ColumnElement[bool], brought: Brought, found: Matched
) -> None:
    """The cards that the first event of a card went to, where it came before."""
    first: dict[str, str] = {}
    for event in brought.events:
        first.setdefault(brought.cards[event.card].root, BROUGHT + event.origin)
    left = {key: guid for guid, key in first.items() if guid not in found.targets}
    for some in chunks(list(left)):
        known = select(Event.idempotency_key, Event.card_id).join(Card, Card.id == Event.card_id)
        known = known.join(Deck, Deck.id == Card.deck_id).where(open_decks, Event.user_id == user_id)
        for key, card_id in session.execute(known.where(Event.idempotency_key.in_(some))):
            found.targets[left[key]] = card_id
            found.how["events"] += 1


def _by_text(
    session: Session, open_decks: object, cards: Sequence[BroughtCard], brought: Brought, found: Matched
) -> None:
    decks = {card.deck: brought.decks.get(card.deck) for card in cards}
    names = [deck for deck in decks.values() if deck is not None]
    named = or_(
        Deck.guid.in_(list(decks)),
        Deck.slug.in_([deck.slug for deck in names]),
        Deck.title.in_([deck.title for deck in names]),
    )
    candidates = set(session.scalars(select(Deck.id).where(open_decks, named))) if cards else set()  # type: ignore[arg-type]
    for some in chunks(cards):
        asked = select(Card.deck_id).join(Deck, Deck.id == Card.deck_id).distinct()
        texts = [card.text.question for card in some if card.text is not None]
        candidates.update(session.scalars(asked.where(open_decks, Card.question.in_(texts))))  # type: ignore[arg-type]
    if not candidates:
        return
    slugs = session.scalars(select(Deck.slug).where(Deck.id.in_(candidates))).all()
    here = [deck for deck in read_portal(session, slugs).decks if deck.id in candidates]
    taken = set(found.targets.values())
    rows = {guid: row for guid, row in read_cards(session, here).items() if row.id not in taken}
    new = [_as_new(card, number, decks[card.deck]) for number, card in enumerate(cards)]
    for pair in matching.match([row.card for row in rows.values()], new).pairs:
        found.targets[cards[pair.new.position].guid] = rows[pair.stored.guid].id
        found.how["similar" if pair.reason is matching.Reason.SIMILAR else "text"] += 1


def _as_new(card: BroughtCard, number: int, deck: BroughtDeck | None) -> NewCard:
    text, nothing = card.text, Span(0, 0)
    if text is None:
        raise AssertionError("only cards with a text are compared")
    read = ReadCard(
        text.question,
        text.answer,
        number + 1,
        nothing,
        nothing,
        section=text.section,
        tags=text.tags,
        kind=CardKind(card.kind),
        options=text.options,
    )
    return NewCard(deck.slug if deck else card.deck, number, read, "cards.jsonl")


def _group(session: Session, user_id: int, roots: Sequence[BroughtCard], brought: Brought, found: Matched) -> None:
    """What is left, by the decks it comes from; a deck that came before gets what it has not yet."""
    private: dict[int, str] = {}
    for some in chunks(list(found.targets.values())):
        rows = select(Card.id, Deck.slug).join(Deck, Deck.id == Card.deck_id)
        rows = rows.where(Card.id.in_(some), Deck.visibility == "private", Deck.owner_id == user_id)
        private.update({row.id: row.slug for row in session.execute(rows)})
    homes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    left: defaultdict[str, list[BroughtCard]] = defaultdict(list)
    for card in roots:
        target = found.targets.get(card.guid)
        if target is not None:
            homes[card.deck].update([private[target]] if target in private else [])
        elif card.text is None or not card.text.question.strip():
            found.nowhere.append(card)
        else:
            left[card.deck].append(card)
    for guid, cards in left.items():
        home = homes[guid].most_common(1)
        found.groups.append(Group(brought.decks.get(guid), cards, home[0][0] if home else ""))


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Items in portions that a statement can name."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
