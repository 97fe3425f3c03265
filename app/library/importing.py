"""Importing documents: read, match, plan and render first; then write all of it in one transaction, or nothing.

What was planned is written only where the database still is as it was when the plan was made; else it is planned anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.content.document import CardText, Warning
from app.content.plan import ImportPlan
from app.db.models import Collection
from app.library.applying import DeckOutcome, Target
from app.library.files import Batch, Document, read_batch
from app.library.texts import Rendered

_ATTEMPTS = 5
_ADVISORY_LOCK = 0x5245_5052
"""PostgreSQL: imports stand in one line, so that two cannot plan the same new deck."""


class ImportBusy(Exception):
    """The decks changed again and again while the import was planned; nothing was written. Trying again is safe."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, deck by deck in the order of the files, and what deserves a look."""

    decks: tuple[DeckOutcome, ...]
    warnings: tuple[Warning, ...]

    @property
    def changed(self) -> bool:
        """Whether anything is different from before."""
        return any(deck.changed for deck in self.decks)


@dataclass(frozen=True, slots=True)
class _Read:
    """A batch, parsed once however often it is planned."""

    batch: Batch
    documents: tuple[Document, ...]
    warnings: tuple[Warning, ...]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """One batch, ready to be written: its decks, its plan, what was rendered, and the state it was planned on."""

    collection: Collection | None
    new_collection: tuple[str, str] | None
    targets: tuple[Target, ...]
    plan: ImportPlan
    scope: tuple[int, ...]
    seen: tuple[Any, ...]


def import_batches(
    session: Session, *, batches: Sequence[Batch], now: datetime, author_id: int | None = None
) -> ImportResult:
    """Import every file of `batches`: all of them, or none. Importing the same again changes nothing.

    Flushes; the edge commits. Raises ContentError where a file cannot be read, and ImportBusy where others keep
    changing the same decks.
    """
    reads = [_Read(batch, *read_batch(batch)) for batch in batches]
    rendered: dict[CardText, Rendered] = {}
    outcomes: list[DeckOutcome] = []
    warnings: list[Warning] = []
    claimed: set[str] = set()
    for read in reads:
        if not claimed:
            _prepare(session, read, claimed, rendered)
    _lock(session)
    for read in reads:
        prepared = _settled(session, read, claimed, rendered)
        outcomes.extend(_apply(session, prepared, rendered, now, author_id))
        claimed.update(outcome.slug for outcome in outcomes)
        warnings.extend((*read.warnings, *prepared.plan.warnings))
    return ImportResult(tuple(outcomes), tuple(warnings))
