"""Many rows at once: the same values stand there, and the same is refused, as by SQLAlchemy's own way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.db.base import new_guid
from app.db.bulk import insert_rows
from app.db.models import Card
from app.db.session import write
from tests.builders import LONG_AGO, make_deck

OPTIONS = [{"key": "A", "text": "„a“ \u2028 ' \" \\ %s ? :x", "right": True}]
SAME = {
    "archived_at": None,
    "archived_reason": None,
    "merged_into_id": None,
    "version": 1,
    "created_at": LONG_AGO,
    "updated_at": LONG_AGO,
}


def _row(deck_id: int, number: int) -> dict[str, Any]:
    made_here = number % 2 == 0
    return {
        "guid": new_guid(),
        "deck_id": deck_id,
        "position": number,
        "section": ["a", "ä"][: number % 3],
        "kind": "choice",
        "question": f"{number}? :x % ß",
        "answer": "",
        "tags": [],
        "options": OPTIONS,
        "draft": made_here,
        "base_question": None if made_here else "q",
        "base_answer": None if made_here else "",
        "base_section": None if made_here else [],
        "base_tags": None if made_here else ["x" * 200],
        "base_options": None if made_here else OPTIONS,
        "source_line": None if made_here else number,
        "question_html": "",
        "answer_html": "",
        "options_html": ["<p>A</p>"],
        "renderer": 1,
        "question_text": "",
        "search_title": "",
        "search_text": "",
    }


def test_rows_are_those_that_sqlalchemy_would_write(session: Session) -> None:
    write(session)
    deck = make_deck(session)
    rows = [_row(deck.id, number) for number in range(450)]
    others = [row | {"guid": new_guid()} for row in rows]
    given = dict(insert_rows(session, Card, rows, same=SAME, give=("guid", "id")))
    session.connection().execute(insert(Card), [row | SAME for row in others])

    assert given == {row.guid: row.id for row in session.execute(select(Card.guid, Card.id)) if row.guid in given}
    assert given.keys() == {row["guid"] for row in rows}
    table = Card.__table__
    columns = [column for column in table.c if column.name not in ("id", "guid")]
    stored = session.execute(select(table.c.guid, *columns).order_by(table.c.position)).all()
    ours, theirs = ([tuple(row[1:]) for row in stored if (row.guid in given) is one] for one in (True, False))
    assert ours == theirs
    assert len(ours) == 450


def test_nothing_is_written_for_no_rows(session: Session) -> None:
    assert insert_rows(session, Card, [], same=SAME, give=("id",)) == []


def test_what_no_column_takes_is_refused(session: Session) -> None:
    write(session)
    deck = make_deck(session)
    row = _row(deck.id, 1)
    with pytest.raises((StatementError, LookupError)):
        insert_rows(session, Card, [row | {"kind": "riddle"}], same=SAME)
    with pytest.raises((StatementError, ValueError)):
        insert_rows(session, Card, [row], same=SAME | {"created_at": LONG_AGO.replace(tzinfo=None)})
    with pytest.raises(IntegrityError):
        insert_rows(session, Card, [row, row], same=SAME)
