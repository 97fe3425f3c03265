"""What an import leaves to a person, as rows: texts that collide, and cards that may be the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.plan import PlannedCard
from app.db.models import Question
from app.library.changing import Draft
from app.library.texts import text_columns


@dataclass(frozen=True, slots=True)
class Noting:
    """Where and when questions are noted. `before` gets what those that were open already said, by guid.

    `edited` here, a document says nothing about what is open between the portal and a source.
    """

    session: Session
    import_id: int
    now: datetime
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    edited: bool = False


def note(noting: Noting, draft: Draft, deck_ids: Mapping[str, int], new_ids: Mapping[int, int]) -> None:
    """Add what is open now, and close what the documents have settled by themselves.

    `new_ids` has the new cards by the identity of the plan's `NewCard`.
    """
    kept = {draft.rows[planned.stored.guid].id: planned for planned in draft.plan.cards if planned.stored is not None}
    asked = _open(noting.session, draft)
    conflicts = {question.card_id: question for question in asked if question.kind == "conflict"}
    for card_id, planned in kept.items():
        _conflict(noting, planned, card_id, deck_ids, conflicts.get(card_id))
    for question in asked:
        if question.old_card_id in kept:  # the document has the old card itself: it is not the new one
            _close(noting, question, "different")
    for doubt in draft.plan.pending:
        question = Question(
            kind="match",
            import_id=noting.import_id,
            deck_id=deck_ids[doubt.new.deck],
            card_id=new_ids[id(doubt.new)],
            old_card_id=draft.rows[doubt.stored.guid].id,
            reason=doubt.reason.value,
            score=doubt.certainty,
            created_at=noting.now,
        )
        noting.session.add(question)
    noting.session.flush()


def _open(session: Session, draft: Draft) -> Sequence[Question]:
    decks = [deck.id for deck in draft.group.decks]
    if not decks:
        return ()
    statement = select(Question).where(Question.decided_at.is_(None), Question.deck_id.in_(decks))
    return session.scalars(statement.order_by(Question.id)).all()


def _conflict(
    noting: Noting, planned: PlannedCard, card_id: int, deck_ids: Mapping[str, int], asked: Question | None
) -> None:
    theirs = text_columns(planned.new.card.text)
    if not planned.conflict:
        if asked is not None and not noting.edited:
            _close(noting, asked, "theirs" if planned.text == planned.new.card.text else "ours")
    elif asked is None:
        question = Question(
            kind="conflict",
            import_id=noting.import_id,
            deck_id=deck_ids[planned.new.deck],
            card_id=card_id,
            theirs=theirs,
            created_at=noting.now,
        )
        noting.session.add(question)
    elif asked.theirs != theirs:
        noting.before[asked.guid] = {"theirs": asked.theirs}
        asked.theirs = theirs


def _close(noting: Noting, question: Question, decision: str) -> None:
    noting.before[question.guid] = {"theirs": question.theirs}
    question.decided_at, question.decision = noting.now, decision
