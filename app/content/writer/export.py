"""From the cards of a portal to the changes in the document they came from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.content.document import CardText, Deck
from app.content.matching import NewCard, StoredCard, match


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be written into a document: texts and guids by the card's index, and the cards it does not have."""

    edits: dict[int, CardText]
    idents: dict[int, str]
    added: tuple[StoredCard, ...]
    archived: tuple[int, ...] = ()
    """Questions whose cards are archived."""


def placed(deck: Deck, stored: Sequence[StoredCard], guids: Sequence[str], undecided: Collection[str]) -> Wanted:
    """The same for a document that was written here as a whole: `guids` has the card of each question, "" for none.

    Cards whose texts collide, `undecided`, stay as the document has them.
    """
    cards = {card.guid: card for card in stored}
    pairs = {place: cards[guid] for place, guid in enumerate(guids) if guid in cards}
    there = {card.guid for card in pairs.values()}
    added = [card for card in stored if card.archived is None and card.guid not in there]
    return Wanted(
        {place: card.text for place, card in pairs.items() if card.archived is None and card.guid not in undecided},
        {place: card.guid for place, card in pairs.items()},
        tuple(sorted(added, key=lambda card: card.position)),
        tuple(place for place, card in pairs.items() if card.archived is not None),
    )


def wanted(deck: Deck, stored: Sequence[StoredCard]) -> Wanted:
    """What the living cards of one deck say that its document, as last imported, does not.

    A card whose texts collide (its base is not what the document says) stays as the document has it until somebody
    decides; one that an editor archived stays too. Cards that the source archived are no part of the document.
    """
    based = [replace(card, text=card.base, held=False) for card in stored if card.base and card.archived != "source"]
    originals = {card.guid: card for card in stored}
    questions = [
        NewCard(based[0].deck if based else "", place, card, deck.file) for place, card in enumerate(deck.cards)
    ]
    pairs = match(based, questions).pairs
    edits = {
        pair.new.position: originals[pair.stored.guid].text
        for pair in pairs
        if pair.stored.base == pair.new.card.text and pair.stored.archived is None
    }
    added = [card for card in stored if card.base is None and card.archived is None]
    return Wanted(
        edits,
        {pair.new.position: pair.stored.guid for pair in pairs},
        tuple(sorted(added, key=lambda card: card.position)),
        tuple(pair.new.position for pair in pairs if originals[pair.stored.guid].archived is not None),
    )
