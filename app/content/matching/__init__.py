"""Which stored card is which question of a document. Pure.

The steps run from the surest on: an id in a comment; the same question, with its code and options, in the same section,
then anywhere; the same answer; then, over all that is left, the arrangement that is likeliest as a whole. What is likely
but not certain stays apart as a doubt.
"""

from collections.abc import Sequence

from app.content.matching.exact import Left, by_ident, by_text
from app.content.matching.profile import Memo
from app.content.matching.similar import by_likeness
from app.content.matching.values import Doubt, Match, Matching, NewCard, Reason, StoredCard
from app.content.matching.words import normal

__all__ = ["Doubt", "Match", "Matching", "NewCard", "Reason", "StoredCard", "match", "normal"]


def match(stored: Sequence[StoredCard], new: Sequence[NewCard]) -> Matching:
    """Find each question of `new` among `stored`, which is the whole collection, archived cards included."""
    left = Left.of(stored, new)
    refused = by_ident(left)
    read = Memo()
    by_text(left, read)
    doubts = by_likeness(left, stored, new, read)
    return Matching(
        pairs=tuple(left.pairs[index] for index in sorted(left.pairs)),
        added=tuple(left.new[index] for index in sorted(left.new)),
        gone=tuple(left.stored.values()),
        refused=tuple(new[index] for index in refused),
        doubts=tuple(doubts),
    )
