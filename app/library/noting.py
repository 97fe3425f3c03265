"""What an import leaves to a person, as rows: texts that collide, and cards that may be the same."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.plan import PlannedCard
from app.db.models import Question
from app.library.changing import Draft
from app.library.texts import text_columns


def note(
    session: Session,
    draft: Draft,
    import_id: int,
    deck_ids: Mapping[str, int],
    new_ids: Mapping[int, int],
    now: datetime,
) -> None:
    """Add what is open now, and close what the documents have settled by themselves.

    `new_ids` has the new cards by the identity of the plan's `NewCard`.
    """
    stored = {planned.stored.guid: planned for planned in draft.plan.cards if planned.stored is not None}
    conflicts = {draft.rows[guid].id: planned for guid, planned in stored.items()}
    _conflicts(session, conflicts, import_id, deck_ids, now)
    session.flush()


def open_questions(session: Session, card_ids: list[int]) -> list[Question]:
    """The questions about these cards that nobody has answered."""
    found = select(Question).where(Question.decided_at.is_(None), Question.card_id.in_(card_ids))
    return list(session.scalars(found.order_by(Question.id)))


def _conflicts(
    session: Session, kept: Mapping[int, PlannedCard], import_id: int, deck_ids: Mapping[str, int], now: datetime
) -> None:
    asked = {
        question.card_id: question for question in open_questions(session, list(kept)) if question.kind == "conflict"
    }
    for card_id, planned in kept.items():
        question = asked.get(card_id)
        theirs = text_columns(planned.new.card.text)
        if planned.conflict and question is not None:
            question.theirs = theirs
        elif planned.conflict:
            deck_id = deck_ids[planned.new.deck]
            session.add(
                Question(
                    kind="conflict",
                    import_id=import_id,
                    deck_id=deck_id,
                    card_id=card_id,
                    theirs=theirs,
                    created_at=now,
                )
            )
        elif question is not None:
            question.decided_at = now
            question.decision = "theirs" if planned.text == planned.new.card.text else "ours"
