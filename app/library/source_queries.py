"""Reading sources: what editors are told of the repositories that are followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Card, Deck, Question, Source
from app.library import git


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as its page shows it. `address` hides a password; `outcome` is in numbers, by kind.

    `failures` counts the failed syncs since the last good one; `running` says that a sync holds the lease now or did.
    """

    name: str
    address: str
    files: str
    branch: str
    guarded: bool
    commit: str
    commit_title: str
    synced_at: datetime | None
    tried_at: datetime | None
    error: str
    error_detail: str
    failures: int
    outcome: Mapping[str, Any]
    lease_until: datetime | None
    decks: int
    cards: int
    conflicts: int
    matches: int
    first_deck: str

    @property
    def pending(self) -> int:
        """How many decisions wait for an editor."""
        return self.conflicts + self.matches


def followed(session: Session) -> tuple[SourceRow, ...]:
    """All sources, those that need somebody first, then by name."""
    decks = _per_collection(session, select(Deck.collection_id, func.count()).where(Deck.archived_at.is_(None)))
    cards = _per_collection(
        session,
        select(Deck.collection_id, func.count(Card.id))
        .join(Card, Card.deck_id == Deck.id)
        .where(Deck.archived_at.is_(None), Card.archived_at.is_(None)),
    )
    open_ = {
        kind: _per_collection(
            session,
            select(Deck.collection_id, func.count(Question.id))
            .join(Question, Question.deck_id == Deck.id)
            .where(Question.decided_at.is_(None), Question.kind == kind),
        )
        for kind in ("conflict", "match")
    }
    first = dict(
        session.execute(
            select(Deck.collection_id, func.min(Deck.slug))
            .where(Deck.collection_id.is_not(None))
            .group_by(Deck.collection_id)
        ).all()
    )
    rows = [
        SourceRow(
            name=source.name,
            address=git.Remote(source.url, "").shown,
            files=source.glob,
            branch=source.branch,
            guarded=source.guarded,
            commit=source.commit,
            commit_title=source.commit_title,
            synced_at=source.synced_at,
            tried_at=source.tried_at,
            error=source.error,
            error_detail=source.error_detail,
            failures=source.failures,
            outcome=source.outcome or {},
            lease_until=source.lease_until,
            decks=decks.get(source.collection_id, 0),
            cards=cards.get(source.collection_id, 0),
            conflicts=open_["conflict"].get(source.collection_id, 0),
            matches=open_["match"].get(source.collection_id, 0),
            first_deck=str(first.get(source.collection_id, "")),
        )
        for source in session.scalars(select(Source).order_by(Source.name))
    ]
    return tuple(sorted(rows, key=lambda row: (not row.error, not row.pending, row.name)))


def source_by_name(session: Session, name: str) -> SourceRow | None:
    """The source of this name."""
    return next((row for row in followed(session) if row.name == name), None)


def _per_collection(session: Session, counted: Any) -> dict[int | None, int]:
    rows = session.execute(counted.where(Deck.collection_id.is_not(None)).group_by(Deck.collection_id))
    return dict(rows.all())
