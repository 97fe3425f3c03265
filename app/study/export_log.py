"""The log of a learner's archive, and what stands beside it: events, marks, practice, and the table of reviews."""

import csv
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import IO, Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.db.models import CardMark, Event, Practice, PracticeAnswer, User
from app.study.export_cards import Cards

BATCH = 1000
"""Rows that are read at a time."""
BROUGHT = "from:"
"""How the key of an event begins that was brought from elsewhere; its origin follows."""


def origin_of(user_guid: str, event_id: int, key: str) -> str:
    """Where an event was written first, as `account:number`: what makes it the same one in every portal."""
    return key.removeprefix(BROUGHT) if key.startswith(BROUGHT) else f"{user_guid}:{event_id}"


def said(value: Any) -> Any:
    """A value as JSON has it: days and instants in ISO 8601."""
    return value.isoformat() if isinstance(value, date) else value


def events(session: Session, user: User, guids: dict[int, str]) -> Iterator[dict[str, Any]]:
    """The events of an account in the order they were written, read some at a time; `guids` has the names of cards."""
    table: Any = Event.__table__
    mine = select(table).where(table.c.user_id == user.id).order_by(table.c.id)
    for row in session.execute(mine.execution_options(yield_per=BATCH)):
        seed = None
        if row.seed_ease is not None:
            seed = {
                "ease": row.seed_ease,
                "repetitions": row.seed_repetitions,
                "interval": row.seed_interval,
                "due": said(row.seed_due),
                "lapses": row.seed_lapses,
            }
        yield {
            "id": row.id,
            "origin": origin_of(user.guid, row.id, row.idempotency_key),
            "card": guids[row.card_id],
            "kind": row.kind,
            "grade": row.grade,
            "answered_at": said(row.answered_at),
            "received_at": said(row.received_at),
            "zone": row.zone,
            "rollover_hour": row.rollover_hour,
            "study_day": said(row.study_day),
            "elapsed_ms": row.elapsed_ms,
            "device": row.device,
            "target": row.target_id,
            "due": said(row.chosen_due),
            "reason": row.reason,
            "seed": seed,
            "outcome": {
                "live": row.live,
                "counted": row.counted,
                "lapse": row.lapse,
                "interval": row.interval_after,
                "ease": row.ease_after,
                "due": said(row.due_after),
            },
        }


def marks(session: Session, user_id: int, guids: dict[int, str]) -> Iterator[dict[str, Any]]:
    """The marks an account has put on cards."""
    for mark in session.scalars(select(CardMark).where(CardMark.user_id == user_id).order_by(CardMark.card_id)):
        yield {
            "card": guids[mark.card_id],
            "suspended_at": said(mark.suspended_at),
            "buried_on": said(mark.buried_on),
            "flagged_at": said(mark.flagged_at),
        }


def sessions(session: Session, user_id: int, guids: dict[int, str]) -> Iterator[dict[str, Any]]:
    """The practice sessions of an account, each with its answers."""
    rows = (
        select(Practice, PracticeAnswer)
        .outerjoin(
            PracticeAnswer, and_(PracticeAnswer.practice_id == Practice.id, PracticeAnswer.undone_before.is_(None))
        )
        .where(Practice.user_id == user_id)
        .order_by(Practice.id, PracticeAnswer.number)
        .execution_options(yield_per=BATCH)
    )
    for practice, found in groupby(session.execute(rows), key=lambda row: row[0]):
        answers = [row[1] for row in found if row[1] is not None]
        yield {
            "guid": practice.guid,
            "mode": practice.mode,
            "counts": practice.counts,
            "started_at": said(practice.started_at),
            "cards": [guids[card] for card in practice.cards if card in guids],
            "answers": [_answer(answer, guids) for answer in answers],
        }


def taken_back(session: Session, user_id: int, guids: dict[int, str]) -> Iterator[dict[str, Any]]:
    """The answers of practice sessions that do not count any more."""
    rows = (
        select(Practice.guid, PracticeAnswer)
        .join(PracticeAnswer, PracticeAnswer.practice_id == Practice.id)
        .where(Practice.user_id == user_id, PracticeAnswer.undone_before.is_not(None))
        .order_by(Practice.id, PracticeAnswer.number)
        .execution_options(yield_per=BATCH)
    )
    for practice, answer in session.execute(rows):
        yield {"practice": practice, **_answer(answer, guids)}


def _answer(answer: PracticeAnswer, guids: dict[int, str]) -> dict[str, Any]:
    return {
        "number": answer.number,
        "card": guids[answer.card_id],
        "grade": answer.grade,
        "answered_at": said(answer.answered_at),
        "elapsed_ms": answer.elapsed_ms,
        "event": answer.event_id,
    }


_REVIEW = (
    "answered_at",
    "study_day",
    "deck",
    "card",
    "question",
    "grade",
    "seconds",
    "counted",
    "taken_back",
    "interval_before",
    "interval_after",
    "ease_after",
    "due_after",
)
"""The columns of `reviews.csv`."""


def write_reviews(session: Session, user_id: int, cards: Cards, text: IO[str]) -> None:
    """The reviews as a table for spreadsheets."""
    table = csv.writer(text)
    table.writerow(_REVIEW)
    named = cards.names(session)
    event: Any = Event.__table__
    mine = select(event).where(event.c.user_id == user_id, event.c.kind == "review").order_by(event.c.id)
    for row in session.execute(mine.execution_options(yield_per=BATCH)):
        deck, question = named[row.card_id]
        table.writerow(
            (
                row.answered_at.isoformat(),
                row.study_day.isoformat(),
                _cell(deck),
                cards.guids[row.card_id],
                _cell(question),
                row.grade,
                "" if row.elapsed_ms is None else row.elapsed_ms / 1000,
                int(row.counted),
                int(not row.live),
                row.interval_before,
                row.interval_after,
                None if row.ease_after is None else f"{row.ease_after / 100:.2f}",
                said(row.due_after),
            )
        )


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
