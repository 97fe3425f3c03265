"""A deck as Markdown again: what nobody touched comes back as it was, and an edited card changes only its own lines. Pure.

A document is not written from its cards: edits are patched into its text. Every patch is tried, by reading the outcome
again: what would not be read as it was meant is left out and named, so that an export never loses or garbles a card.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.content.document import CardText, Deck
from app.content.matching import StoredCard
from app.content.writer.changes import Added, Change, Edit, Mark, Removal
from app.content.writer.compose import compose
from app.content.writer.export import placed, wanted
from app.content.writer.trial import Trial

__all__ = ["NewText", "Written", "compose", "export", "write"]


@dataclass(frozen=True, slots=True)
class NewText:
    """A card made in the portal: what it says, and its guid where ids are wanted."""

    text: CardText
    ident: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A document that was written.

    `kept_out` are the indices of cards whose edit could not be expressed in this document, so that its lines say what
    they said before; `unmarked` those without an id comment though one was wanted; `left` the new cards, by their place
    among those given, that have no form here.
    """

    text: str
    kept_out: tuple[int, ...] = ()
    unmarked: tuple[int, ...] = ()
    left: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all that was wanted is in the text."""
        return not (self.kept_out or self.unmarked or self.left)


def export(
    source: str,
    deck: Deck,
    stored: Sequence[StoredCard],
    *,
    ids: bool = False,
    guids: Sequence[str] = (),
    undecided: Collection[str] = (),
    archived: bool = True,
) -> Written:
    """The document of a deck as its cards are now.

    `source` is the document as last imported and `deck` how it is read, `stored` the deck's cards, archived ones included.
    `ids` puts a comment with its guid at every card, so that it is found again however much is rewritten. Importing what
    comes out changes nothing. `guids` says which card each question is, where that is known, and `undecided` which cards
    wait for somebody to decide between two texts; without `archived` the lines of archived cards are left out.
    """
    known = bool(guids) and len(guids) == len(deck.cards)
    found = placed(deck, stored, guids, undecided) if known else wanted(deck, stored)
    return write(
        source,
        deck,
        edits=found.edits,
        idents=found.idents if ids else {},
        added=[NewText(card.text, card.guid if ids else None) for card in found.added],
        removed=() if archived else found.archived,
    )


def write(
    source: str,
    deck: Deck,
    *,
    edits: Mapping[int, CardText] | None = None,
    idents: Mapping[int, str] | None = None,
    added: Sequence[NewText] = (),
    removed: Collection[int] = (),
) -> Written:
    """The document `source`, which `deck` was read from, with edits and new cards.

    `edits` and `idents` name cards by their index in the deck; an edit that says what the card says changes nothing, and
    sections and tags stay as they are. `added` go to the end of their section, `removed` cards lose their lines. A BOM,
    line ends and trailing blanks stay; with nothing to change the text comes back as it was.
    """
    body = source.removeprefix("\ufeff")
    bom = source[: len(source) - len(body)]
    cards = deck.cards
    wanted: list[Change] = [Removal(index) for index in sorted(removed)]
    for index, text in sorted((edits or {}).items()):
        if index not in removed and _says_else(cards[index].text, text):
            wanted.append(Edit(index, text))
    wanted.extend(
        Mark(index, ident)
        for index, ident in sorted((idents or {}).items())
        if index not in removed and cards[index].ident != ident
    )
    wanted.extend(Added(number, one.text, one.ident) for number, one in enumerate(added))
    trial = Trial(body, deck)
    left = trial.run(wanted)
    return Written(
        bom + trial.text,
        tuple(change.index for change in left if isinstance(change, Edit | Removal)),
        tuple(change.index for change in left if isinstance(change, Mark)),
        tuple(change.number for change in left if isinstance(change, Added)),
    )


def _says_else(before: CardText, after: CardText) -> bool:
    return (before.question, before.answer, before.options) != (after.question, after.answer, after.options)
