"""An import's plan as its page shows it: what happens to which card, and what there is to decide. Nothing is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.content.document import CardText, Warning
from app.content.matching import StoredCard
from app.content.plan import PlannedCard, conflict_warning
from app.library import deciding, history
from app.library.deciding import Choice, one_line
from app.library.files import Reader
from app.library.history import Changed
from app.library.importing import ImportResult, preview_batches
from app.library.outcome import DeckPlan
from app.library.uploads import Found, wished_batch
from app.library.wishes import Wish

SHOWN = 200
"""Cards of one kind that are listed; of more, their number."""
MOST_CHOICES = 50
"""Decisions that the page asks for; the rest are open after the import."""


@dataclass(frozen=True, slots=True)
class Line:
    """A card in a list: `place` is where its question stands in the document, or its deck where it stands in none.

    `changes` is what readers will see of it otherwise; `learners` have a history of it.
    """

    guid: str
    title: str
    place: str
    changes: tuple[Changed, ...] = ()
    learners: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A card that changes its place: from where to where, in words, and its number before and after."""

    title: str
    place: str
    before: str
    after: str
    number_before: int
    number_after: int


@dataclass(frozen=True, slots=True)
class Added:
    """New questions of one deck."""

    title: str
    new_deck: bool
    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """Everything the plan's page shows. Of each kind at most `SHOWN` are listed; `count` has the whole numbers.

    `choices` are what the form asks, `choices_total` all that is open; `mark` names the state it was planned on.
    """

    mark: str
    decks: tuple[DeckPlan, ...]
    choices: tuple[Choice, ...]
    choices_total: int
    warnings: tuple[Warning, ...]
    edited: tuple[Line, ...]
    moved: tuple[Move, ...]
    restored: tuple[Line, ...]
    archived: tuple[Line, ...]
    added: tuple[Added, ...]

    @property
    def changed(self) -> bool:
        """Whether applying it changes anything at all."""
        return any(deck.changed for deck in self.decks)

    @property
    def all_new(self) -> bool:
        """Whether it goes to new decks alone: then there is nothing to compare."""
        return all(deck.new for deck in self.decks)

    @property
    def changes(self) -> int:
        """How many cards will be different."""
        return sum(len(deck.archived) + sum(card.visible for card in deck.cards) for deck in self.decks)

    def count(self, kind: str) -> int:
        """How many cards there are of a kind, by its name in `DeckPlan.numbers`."""
        return sum(deck.numbers().get(kind, 0) for deck in self.decks)


def planned(session: Session, found: Found, wish: Wish, viewer_id: int) -> PlanView:
    """What importing an upload as wished would do. Raises ContentError."""
    batch = wished_batch(session, found, wish)
    with Reader() as reader:
        result = preview_batches(session, batches=[batch], reader=reader)
    return view(session, result, viewer_id)


def view(session: Session, result: ImportResult, viewer_id: int) -> PlanView:
    """A plan as its page shows it."""
    decks = result.decks
    edited = [card for deck in decks for card in deck.edited][:SHOWN]
    archived = [card for deck in decks for card in deck.archived][:SHOWN]
    restored = [card for deck in decks for card in deck.restored][:SHOWN]
    guids = {card.stored.guid for card in (*edited, *restored) if card.stored} | {card.guid for card in archived}
    learning = deciding.learners(session, guids)
    titles = {deck.slug: deck.title for deck in decks}
    choices = deciding.on_plan(decks)
    shown = {conflict_warning(card) for deck in decks for card in deck.conflicts}
    return PlanView(
        mark=result.mark,
        decks=decks,
        choices=tuple(deciding.with_people(session, deciding.fitting(choices, MOST_CHOICES), viewer_id)),
        choices_total=len(choices),
        warnings=tuple(one for one in dict.fromkeys(result.warnings) if one not in shown),
        edited=tuple(_edited(card, learning) for card in edited),
        moved=tuple(_moves([card for deck in decks for card in deck.moved][:SHOWN], titles)),
        restored=tuple(_edited(card, learning) for card in restored),
        archived=tuple(_archived(card, titles, learning) for card in archived),
        added=tuple(_added(deck) for deck in decks if deck.added),
    )


def _edited(card: PlannedCard, learning: dict[str, int]) -> Line:
    guid = card.stored.guid if card.stored is not None else ""
    was = card.stored.text if card.stored is not None else CardText("", "")
    before, after = history.card_fields(was), history.card_fields(card.text)
    changes = tuple(change for change in history.compared(before, after) if change.field != "section")
    return Line(guid, one_line(card.text.question), _place(card), changes, learning.get(guid, 0))


def _archived(card: StoredCard, titles: dict[str, str], learning: dict[str, int]) -> Line:
    fields = history.card_fields(card.text)
    gone = {"answer": fields["answer"], "options": fields["options"]}
    changes = history.compared(gone, dict.fromkeys(gone, ""))
    return Line(
        card.guid, one_line(card.text.question), titles.get(card.deck, card.deck), changes, learning.get(card.guid, 0)
    )


def _moves(cards: Iterable[PlannedCard], titles: dict[str, str]) -> Iterator[Move]:
    for card in cards:
        stored = card.stored
        if stored is None:
            continue
        before, after = " › ".join(stored.text.section), " › ".join(card.text.section)
        if stored.deck != card.new.deck:
            before = " › ".join(part for part in (titles.get(stored.deck, stored.deck), before) if part)
            after = " › ".join(part for part in (titles.get(card.new.deck, card.new.deck), after) if part)
        yield Move(
            one_line(card.text.question), _place(card), before, after, stored.position + 1, card.new.position + 1
        )


def _added(deck: DeckPlan) -> Added:
    lines = tuple(Line("", one_line(card.text.question), _place(card)) for card in deck.added[:SHOWN])
    return Added(deck.title, deck.new, lines, len(deck.added))


def _place(card: PlannedCard) -> str:
    return f"{card.new.file}:{card.new.card.line}"
