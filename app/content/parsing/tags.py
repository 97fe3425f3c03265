"""Which of the tags in the titles of a document tell something."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.content.document import Card

ONE_STAR = "1 star"
DECORATION = 0.6
"""A symbol on more than this share of the cards is there for looks."""


def telling_tags(cards: Sequence[Card]) -> list[Card]:
    """`cards` without the emoji that nearly all of them carry; a lone star is a level where others are in words."""
    counts = Counter(tag for card in cards for tag in card.tags)
    dropped = {
        tag
        for tag, count in counts.items()
        if len(cards) > 2 and count > DECORATION * len(cards) and not any(map(str.isalnum, tag))
    }
    levels = ONE_STAR in counts and not any(tag.endswith(" stars") for tag in counts) and len(counts) > 1
    found = []
    for card in cards:
        tags = ["medium" if levels and tag == ONE_STAR else tag for tag in card.tags if tag not in dropped]
        found.append(replace(card, tags=tuple(tags)) if tuple(tags) != card.tags else card)
    return found
