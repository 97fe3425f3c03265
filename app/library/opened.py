"""A deck's document that an editor changed here: what its cards are compared with.

It was written from the cards as they stood when it was opened. So the text it had then, not the text last imported, is what
both the editor's changes and everybody else's since have in common.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.content import parsing
from app.content.document import CardText, ContentError, Deck
from app.content.matching import NewCard, match
from app.library.stored import CardRow
from app.library.targets import Group, Target


def opened_deck(target: Target) -> Deck | None:
    """What the document asked when it was opened; None for one from outside. What cannot be read asked nothing."""
    file = target.document.file
    if file.opened is None:
        return None
    try:
        return parsing.read(file.opened, file.shown, dialect=target.document.dialect or None)
    except ContentError:
        return Deck("", file.shown, "", ())


def rebased(group: Group, rows: Mapping[str, CardRow]) -> dict[str, CardRow]:
    """Stored cards with the text their edited document had as their base.

    Cards it did not show have none: they stay, whatever becomes of the document. Other decks are as they were.
    """
    found = dict(rows)
    for target in group.targets:
        opened = opened_deck(target)
        if opened is None:
            continue
        bases = dict(_pairs(target, opened, rows)[0])
        for guid, row in rows.items():
            if row.card.deck == target.slug:
                found[guid] = replace(row, card=replace(row.card, base=bases.get(guid)))
    return found


def without_phantoms(group: Group, rows: Mapping[str, CardRow], new: Sequence[NewCard]) -> list[NewCard]:
    """The questions of a document without those it had when it was opened though no card asks them.

    A heading inside an answer may read as a question; nobody wrote a new card there.
    """
    found = list(new)
    for target in group.targets:
        opened = opened_deck(target)
        if opened is None:
            continue
        phantoms = Counter(_pairs(target, opened, rows)[1])
        for one in list(found):
            if one.deck == target.slug and phantoms[one.card.text] > 0:
                phantoms[one.card.text] -= 1
                found.remove(one)
    return found


def _pairs(
    target: Target, opened: Deck, rows: Mapping[str, CardRow]
) -> tuple[list[tuple[str, CardText]], list[CardText]]:
    """Which stored card each question of the opened document was, and the questions that were none."""
    cards = [
        replace(row.card, held=False)
        for row in rows.values()
        if row.card.deck == target.slug and row.card.archived != "source"
    ]
    asked = [NewCard(target.slug, place, card, opened.file) for place, card in enumerate(opened.cards)]
    pairs = match(cards, asked).pairs
    known = {pair.new.position for pair in pairs}
    lost = [one.card.text for one in asked if one.position not in known]
    return [(pair.stored.guid, pair.new.card.text) for pair in pairs], lost
