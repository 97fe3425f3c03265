"""Which stored card is which question of a document. Pure."""

from app.content.matching.exact import match, normal
from app.content.matching.values import Match, Matching, NewCard, Reason, StoredCard

__all__ = ["Match", "Matching", "NewCard", "Reason", "StoredCard", "match", "normal"]
