"""A portal that lives in memory: enough of it to import documents one on top of the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.content.document import CardText, Deck
from app.content.matching import NewCard, StoredCard
from app.content.parsing import parse
from app.content.plan import ImportPlan, plan


@dataclass(slots=True)
class Memory:
    """The cards of one collection by guid, and the line each was last read in."""

    cards: dict[str, StoredCard] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def import_text(self, text: str, file: str = "deck.md", deck: str = "deck") -> ImportPlan:
        """Read `text` and apply what is certain, as `--yes` does."""
        return self.import_deck(parse(text, file), deck)

    def import_deck(self, read: Deck, deck: str = "deck") -> ImportPlan:
        """Apply what is certain of a document that was read; cards of other decks are left as they are."""
        stored = [replace(card, held=card.deck != deck) for card in self.cards.values()]
        planned = plan(stored, questions(read, deck))
        self.apply(planned)
        return planned

    def apply(self, planned: ImportPlan) -> None:
        """Write a plan down."""
        for card in planned.archived:
            self.cards[card.guid] = replace(card, archived="source")
        for one in planned.cards:
            old = one.stored
            guid = old.guid if old is not None else f"card-{len(self.cards)}"
            archived = old.archived if old is not None and not one.restored else None
            self.cards[guid] = StoredCard(guid, one.new.deck, one.new.position, one.text, one.base, archived)
            self.lines[guid] = one.new.card.line

    def edit(self, guid: str, text: CardText) -> None:
        """What an editor saves in the portal."""
        self.cards[guid] = replace(self.cards[guid], text=text)

    def add(self, guid: str, text: CardText, deck: str = "deck") -> None:
        """What an editor makes in the portal, at the end of a deck."""
        self.cards[guid] = StoredCard(guid, deck, len(self.cards), text)

    @property
    def living(self) -> Sequence[StoredCard]:
        """The cards that are not archived, in the order of their deck."""
        found = [card for card in self.cards.values() if card.archived is None]
        return sorted(found, key=lambda card: (card.deck, card.position))


def questions(read: Deck, deck: str = "deck") -> list[NewCard]:
    """The cards of a document as matching takes them."""
    return [NewCard(deck, position, card, read.file) for position, card in enumerate(read.cards)]
