"""What an import does to each deck, for whoever reads the plan or the result."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.content.matching import Doubt, StoredCard
from app.content.plan import CardsByKind, PlannedCard
from app.library.changing import Draft, changes
from app.library.stored import StoredDeck

_NOT_YET = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeckPlan(CardsByKind):
    """One deck of an import. `file` is what readers call its document, empty for one that has left its folder.

    `cards` are the document's questions in their order, `archived` what it no longer has, `pending` the pairs of an
    archived card and a new one that a person has to confirm. `touched` says that anything
    at all is written, though it may be nothing a reader sees.
    """

    slug: str
    title: str
    file: str
    new: bool
    cards: tuple[PlannedCard, ...] = ()
    archived: tuple[StoredCard, ...] = ()
    pending: tuple[Doubt, ...] = ()
    touched: bool = False

    @property
    def edited(self) -> tuple[PlannedCard, ...]:
        """Cards whose text changes for learners."""
        return tuple(card for card in self.cards if card.changed)

    @property
    def drafts(self) -> int:
        """How many of the document's questions have no answer yet."""
        return sum(card.new.card.draft for card in self.cards)

    @property
    def changed(self) -> bool:
        """Whether anything is different from before."""
        return self.touched or self.new

    def numbers(self) -> dict[str, int]:
        """How many cards of each kind, those that are none left out."""
        counts = {
            "added": len(self.added),
            "changed": len(self.edited),
            "moved": len(self.moved),
            "restored": len(self.restored),
            "archived": len(self.archived),
            "conflicts": len(self.conflicts),
            "pending": len(self.pending),
        }
        return {name: count for name, count in counts.items() if count}


def deck_plans(draft: Draft) -> tuple[DeckPlan, ...]:
    """A group's plan, deck by deck in the order of the files; decks that only lose cards come last."""
    group = draft.group
    ids = {target.slug: 0 for target in group.targets} | {deck.slug: deck.id for deck in group.decks}
    slugs = {deck.id: deck.slug for deck in group.decks}
    touched = {deck.slug for deck in group.gone}
    for change in changes(draft, ids, _NOT_YET):
        touched.add(slugs[change.row.columns["deck_id"]])
    touched |= {planned.new.deck for planned in draft.plan.cards if planned.stored is None}
    plans = []
    for target in group.targets:
        deck, document = target.deck, target.document
        now = (document.file.sha256, target.filename, document.dialect)
        rewritten = deck is None or (deck.sha256, deck.filename, deck.dialect) != now
        plans.append(
            DeckPlan(
                slug=target.slug,
                title=document.deck.title if deck is None else deck.title,
                file=document.file.shown,
                new=deck is None,
                cards=tuple(card for card in draft.plan.cards if card.new.deck == target.slug),
                archived=tuple(card for card in draft.plan.archived if card.deck == target.slug),
                pending=tuple(doubt for doubt in draft.plan.pending if doubt.new.deck == target.slug),
                touched=rewritten or target.slug in touched,
            )
        )
    for deck in group.others:
        archived = tuple(card for card in draft.plan.archived if card.deck == deck.slug)
        if archived or deck.slug in touched:
            plans.append(DeckPlan(deck.slug, deck.title, "", new=False, archived=archived, touched=True))
    return tuple(plans)


def unchanged(deck: StoredDeck, file: str) -> DeckPlan:
    """A deck whose document is the one imported last."""
    return DeckPlan(deck.slug, deck.title, file, new=False)


def numbers(plans: tuple[DeckPlan, ...]) -> dict[str, Any]:
    """What an import changed, as its row keeps it: cards of each kind, and the decks by slug."""
    total: Counter[str] = Counter()
    for plan in plans:
        total.update(plan.numbers())
    return {**total, "decks": [plan.slug for plan in plans if plan.changed]}
