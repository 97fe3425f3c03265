"""What an editor wants of an upload: how it is read, where it goes, what was decided on its plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.library.importing import ImportResult

BY_NAME, NEW, OWN = "", "+", "@"
"""Where a document may go, besides a deck's slug: to the deck that its name says, to a new one in any case, or to a new
private one of whoever imports."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How an upload is to be imported: the reading, where it goes, and what a new deck is to say of itself.

    `expected` is the mark of the plan that was seen, `decided` what was decided on it, for whoever acts on that after the
    import; empty fields of a new deck are the document's own.
    """

    dialect: str = ""
    goes_to: str = BY_NAME
    expected: str = ""
    title: str = ""
    visibility: str = "public"
    author: str = ""
    licence: str = ""
    decided: Mapping[str, Any] = field(default_factory=dict)
    most_cards: int | None = None
    """Cards that the private decks of whoever imports may have; None where it goes to no private deck."""
    most_decks: int = 0
    """Private decks that they may have."""

    def values(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}


Then = Callable[[Session, ImportResult, Wish, int, datetime], object]
"""What else is to happen in the transaction of an import: it is given the result, the wish, and whose it is."""
