"""Decks and what is remembered of them, as a package: read as a file, and imported by Anki itself."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.document import CardText, Option
from app.db.models import Card, CardMark, CardState, Deck, User
from app.library import editing, media
from app.scheduling.study_day import study_day
from app.study.anki import exporting
from app.web.sessions import Viewer
from tests.anki import run_anki
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user
from tests.integration.study.people import give, viewer_of

NOW = datetime.now(UTC).replace(microsecond=0)  # Anki asks the machine what day it is
Row = dict[str, Any]


@pytest.fixture
def learner(session: Session) -> Viewer:
    return viewer_of(make_user(session, zone="Asia/Tokyo", rollover_hour=4))


@pytest.fixture
def deck(session: Session, learner: Viewer) -> Deck:
    """Five cards: one well known, one forgotten, one suspended and flagged, a choice, and one with all there is."""
    deck = make_deck(session, slug="maths", title="Maths", cards=3)
    options = (Option("A", "`sum`", False), Option("B", "the $n$-th", True))
    make_card(session, deck, question="Which?", answer="It is.", options=options)
    rich = "It is $$\\int p(x<z)$$\n\n```python\nreturn 1 < 2\n```\n\n![plot](img/plot.png)"
    make_card(session, deck, question="What is $p$?", answer=rich, section=("Part A",), tags=("two words",))
    make_card(session, deck, question="A draft?", answer="")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    media.store_for_deck(session, deck_id=deck.id, files={"img/plot.png": picture.getvalue()}, now=LONG_AGO)
    media.show(session, deck.id)
    choose(session, session.get_one(User, learner.id), deck)
    cards = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position)).all()
    session.add(CardMark(user_id=learner.id, card_id=cards[2].id, suspended_at=NOW, flagged_at=NOW))
    session.commit()
    for day, card, grade in ((40, 0, 5), (39, 0, 4), (33, 0, 4), (30, 1, 4), (20, 1, 1), (20, 1, 3), (12, 2, 3)):
        state = session.get(CardState, (learner.id, cards[card].id), populate_existing=True)
        now = NOW - timedelta(days=day) + timedelta(minutes=grade)
        give(session, learner, cards[card], grade, now=now, version=state.version if state else 0)
    return deck


def export(session: Session, viewer: Viewer | None, **wishes: Any) -> exporting.Exported:
    return exporting.export(session, viewer=viewer, named=["maths"], now=NOW, **wishes)


def rows(data: bytes, query: str) -> list[tuple[Any, ...]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        connection = sqlite3.connect(":memory:")
        connection.deserialize(archive.read("collection.anki2"))
        found = connection.execute(query).fetchall()
        connection.close()
        return found


def test_a_package_has_cards_states_marks_and_answers(session: Session, learner: Viewer, deck: Deck) -> None:
    made = export(session, learner)
    assert (made.filename, made.decks, made.cards, made.reviews) == ("maths.apkg", 1, 5, 7)
    states = rows(made.data, "SELECT type, queue, ivl, factor, reps, lapses, flags FROM cards ORDER BY id")
    assert states == [
        (2, 2, 16, 2600, 3, 0, 0),
        (2, 2, 1, 2500, 3, 1, 0),
        (2, -1, 1, 2360, 1, 0, 1),
        (0, 0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 0, 0),
    ]
    assert [ease for (ease,) in rows(made.data, "SELECT ease FROM revlog ORDER BY id")] == [4, 3, 3, 3, 1, 2, 2]
    assert b"mathml" not in made.data


def test_without_progress_all_is_new(session: Session, learner: Viewer, deck: Deck) -> None:
    made = export(session, learner, progress=False)
    assert {kind for (kind,) in rows(made.data, "SELECT type FROM cards")} == {0}
    assert rows(made.data, "SELECT * FROM revlog") == []


def test_nobody_exports_what_they_may_not_study(session: Session, learner: Viewer, deck: Deck) -> None:
    stranger = viewer_of(make_user(session))
    deck.visibility, deck.owner_id = "private", learner.id
    session.commit()
    with pytest.raises(exporting.NothingToExport):
        export(session, stranger)
    assert export(session, learner).cards == 5


def test_answers_of_others_stay_theirs(session: Session, learner: Viewer, deck: Deck) -> None:
    other = make_user(session)
    choose(session, other, deck)
    session.commit()
    made = export(session, viewer_of(other))
    assert (made.cards, made.reviews) == (5, 0)
    assert {kind for (kind,) in rows(made.data, "SELECT type FROM cards")} == {0}


@pytest.mark.anki
def test_anki_imports_it_and_the_next_one_brings_it_up_to_date(
    session: Session, learner: Viewer, deck: Deck, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.apkg", tmp_path / "second.apkg"
    first.write_bytes(export(session, learner).data)
    card = session.scalars(select(Card).where(Card.deck_id == deck.id, Card.position == 0)).one()
    editing.edit_card(
        session, guid=card.guid, version=1, text=CardText("Reworded?", "Yes."), author_id=learner.id, now=NOW
    )
    make_card(session, deck, question="Added?")
    session.commit()
    second.write_bytes(export(session, learner).data)
    before, again, after = json.loads(run_anki("imports", first, first, second))
    assert (before["new"], again["new"], again["updated"]) == (5, 0, 0)
    assert (after["new"], after["updated"], len(after["cards"])) == (1, 1, 6)
    assert after["cards"][card.guid]["fields"]["Question"] == "Reworded?"
    _compare(session, learner, deck, before["cards"])
    assert len(before["media"]) == 1


def _compare(session: Session, learner: Viewer, deck: Deck, shown: dict[str, Row]) -> None:
    """Anki has the days, intervals, ease and answers that are here, and shows formulas, code, images and choices."""
    today = study_day(datetime.now(UTC), "UTC", 4)  # the day of the machine that runs Anki
    cards = session.scalars(select(Card).where(Card.deck_id == deck.id, ~Card.draft).order_by(Card.position)).all()
    for card in cards[:2]:
        state, seen = session.get_one(CardState, (learner.id, card.id)), shown[card.guid]
        assert state.due is not None
        assert (seen["type"], seen["queue"], seen["deck"]) == (2, 2, "Maths")
        assert seen["due_in"] == (state.due - today).days
        assert (seen["interval"], seen["ease"], seen["reps"]) == (state.interval, state.ease * 10, state.reviews)
        assert len(seen["log"]) == state.reviews
    choice, rich = shown[cards[3].guid], shown[cards[4].guid]
    assert "<code>sum</code>" in choice["question"]
    assert choice["answer"].endswith("<b>B</b> the \\(n\\)-th</li></ol><p>It is.</p></div>")
    assert "\\(p\\)" in rich["question"]
    assert "\\[\\int p(x&lt;z)\\]" in rich["answer"]
    assert '<span class="k">return</span>' in rich["answer"]
    assert 'alt="plot"' in rich["answer"]
    assert rich["tags"] == ["two_words"]
