"""Packages from Anki brought in: cards, history and state; twice is once; and from here to Anki's engine and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.anki.reading import read_package
from app.content.document import CardText, ContentError
from app.db.models import Card, CardMark, CardState, Deck, DeckChoice, Event
from app.library import editing
from app.study import service, verify
from app.study.anki import exporting, importing
from app.web.sessions import Viewer
from tests.anki import run_anki
from tests.anki.packages import BASIC, CLOZE, package
from tests.builders import make_user
from tests.integration.study.people import give, make_learner, viewer_of
from tests.integration.study.test_anki_export import deck, learner

__all__ = ["deck", "learner"]  # fixtures: a deck with all kinds of cards and a history
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
AIM = importing.Aim(most_decks=5, most_cards=50)
BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOTES = {"Maths::Sets": [("g1", BASIC, ("What is 1?", "One.")), ("g2", BASIC, ("What is 2?", "Two."))]}
SET_UP = (
    f"UPDATE col SET crt = {int(BEGAN.timestamp())}, conf = '{{\"creationOffset\": 0}}'",
    "UPDATE cards SET type = 2, queue = 2, due = 80, ivl = 20, factor = 2300, reps = 3, lapses = 1 WHERE ord = 0",
)


def answer(card: int, days_ago: int, button: int, kind: int = 1) -> str:
    """A line of Anki's log for the card of the so-maniest note, from 0."""
    at = int((NOW - timedelta(days=days_ago)).timestamp() * 1000) + card
    which = f"(SELECT id FROM cards ORDER BY id LIMIT 1 OFFSET {card})"
    return f"INSERT INTO revlog VALUES ({at}, {which}, -1, {button}, 1, 1, 2500, 7000, {kind})"


def bring(
    session: Session, viewer: Viewer, data: bytes, aim: importing.Aim = AIM, *, now: datetime = NOW
) -> importing.Outcome:
    read = read_package("my.apkg", data)
    planned = importing.plan(session, package=read, viewer=viewer, aim=aim, now=now)
    done = importing.prepare(session, package=read, viewer=viewer, aim=aim, now=now)(session)
    session.commit()
    assert (planned.answers, planned.seeds) == (done.answers, done.seeds)
    assert [one.counts for one in planned.decks] == [one.counts for one in done.decks]
    assert not verify.verify(session).differences
    return done


def own_cards(session: Session, viewer: Viewer) -> Sequence[Card]:
    found = select(Card).join(Deck).where(Deck.owner_id == viewer.id, Deck.visibility == "private")
    return session.scalars(found.order_by(Card.position)).all()


def state(session: Session, viewer: Viewer, card: Card) -> CardState | None:
    return session.get(CardState, (viewer.id, card.id), populate_existing=True)


def test_cards_come_with_their_history_and_the_state_anki_gave_them(session: Session) -> None:
    learner = make_learner(session)
    log = (
        answer(0, 30, 3, 0),
        answer(0, 29, 4),
        answer(0, 20, 1),
        answer(0, 19, 3, 3),
        answer(0, 18, 0, 4),
    )
    done = bring(
        session, learner, package(NOTES, *SET_UP, *log, answer(0, -3, 3), "UPDATE cards SET flags = 1, queue = -1")
    )
    assert (done.answers, done.seeds) == (3, 2)  # practice, what was set by hand, and the future stay out
    first, second = own_cards(session, learner)
    assert (first.question, first.answer, first.section) == ("What is 1?", "One.", ["Sets"])
    for card in (first, second):
        now = state(session, learner, card)
        assert now is not None
        assert (now.due, now.interval, now.ease, now.lapses) == (date(2026, 3, 22), 20, 230, 1)
        mark = session.get_one(CardMark, (learner.id, card.id))
        assert mark.suspended_at == mark.flagged_at == NOW
    grades = session.scalars(select(Event.grade).where(Event.card_id == first.id).order_by(Event.id)).all()
    assert grades == [4, 5, 1, None]
    assert session.scalar(select(func.count()).select_from(DeckChoice).where(DeckChoice.user_id == learner.id)) == 1


def test_twice_is_once_and_more_is_added_later(session: Session) -> None:
    learner = make_learner(session)
    log = (answer(0, 30, 3), answer(1, 12, 3))
    bring(session, learner, package(NOTES, *SET_UP, *log))
    again = bring(session, learner, package(NOTES, *SET_UP, *log), now=NOW + timedelta(days=2))
    assert (again.answers, again.seeds, again.decks[0].counts) == (0, 0, {"same": 2})
    later = bring(session, learner, package(NOTES, *SET_UP, *log, answer(1, 2, 4), "UPDATE cards SET due = 90"))
    assert (later.answers, later.seeds) == (1, 1)
    first, second = own_cards(session, learner)
    assert [one and one.due for one in (state(session, learner, first), state(session, learner, second))] == [
        date(2026, 3, 22),
        date(2026, 4, 1),
    ]


def test_what_was_answered_here_since_is_not_undone(session: Session) -> None:
    learner = make_learner(session)
    bring(session, learner, package(NOTES, *SET_UP, answer(0, 30, 3)))
    card = own_cards(session, learner)[0]
    before = state(session, learner, card)
    assert before is not None
    give(session, learner, card, 1, now=NOW, version=before.version)
    done = bring(
        session, learner, package(NOTES, *SET_UP, answer(0, 30, 3), answer(0, 25, 3)), now=NOW + timedelta(hours=1)
    )
    after = state(session, learner, card)
    assert after is not None
    assert (done.answers, done.seeds, after.interval, after.due) == (1, 0, 1, date(2026, 3, 11))
    undone = service.undo(session, viewer=learner, event="last", now=NOW + timedelta(hours=2))
    assert undone.card_guid == card.guid


def test_texts_follow_anki_until_they_are_edited_here(session: Session) -> None:
    learner = make_learner(session)
    bring(session, learner, package(NOTES))
    first = own_cards(session, learner)[0]
    text = CardText("My own words?", "Yes.")
    editing.edit_card(session, guid=first.guid, version=1, text=text, author_id=learner.id, now=NOW)
    session.commit()
    changed = {"Maths::Sets": [("g1", BASIC, ("Reworded 1?", "1")), ("g2", BASIC, ("Reworded 2?", "2"))]}
    done = bring(session, learner, package(changed))
    assert done.decks[0].counts == {"kept": 1, "changed": 1}
    assert [card.question for card in own_cards(session, learner)] == ["My own words?", "Reworded 2?"]
    assert own_cards(session, learner)[1].version == 2


def test_two_learners_have_each_their_own_and_an_editor_may_share(session: Session) -> None:
    one, other = make_learner(session), make_learner(session)
    editor = viewer_of(make_user(session, role="editor"), rank=2)
    data = package({"Geo": [("g1", CLOZE, ("{{c1::Paris}}, {{c2::France}}", ""))]})
    for viewer in (one, other):
        bring(session, viewer, data)
    bring(session, editor, data, importing.Aim(shared=True, progress=False))
    decks = session.execute(select(Deck.visibility, Deck.owner_id).order_by(Deck.id)).all()
    assert [tuple(row) for row in decks] == [("private", one.id), ("private", other.id), ("members", editor.id)]
    assert session.scalar(select(func.count(Card.id))) == 6
    assert {card.kind for card in own_cards(session, one)} == {"cloze"}


@pytest.mark.parametrize("aim", [importing.Aim(most_decks=0, most_cards=50), importing.Aim(most_decks=5, most_cards=1)])
def test_what_does_not_fit_is_refused_as_a_whole(session: Session, aim: importing.Aim) -> None:
    learner = make_learner(session)
    session.commit()
    with pytest.raises(ContentError, match="You"):
        bring(session, learner, package(NOTES), aim)
    session.rollback()
    assert session.scalar(select(func.count(Deck.id))) == 0


ABSURD = (
    "due = 2000000000, ivl = 2000000000, factor = 99999999, lapses = -5",
    "due = -2000000000, ivl = -5, factor = -5",
    "type = 3, queue = 1, due = 1700000000",
    "type = 77, queue = 9",
)


@pytest.mark.parametrize("began", [-99999999999999, 99999999999999])
def test_absurd_values_make_no_absurd_state_and_answers_of_no_time_are_said(session: Session, began: int) -> None:
    learner = make_learner(session)
    notes = {"Maths": [(f"g{n}", BASIC, (f"What is {n}?", f"{n}.")) for n in range(6)]}
    changes = [f"UPDATE cards SET {values} WHERE nid % 6 = {n}" for n, values in enumerate(ABSURD)]
    changes += [
        f"UPDATE col SET crt = {began}",
        "INSERT INTO revlog SELECT 9223372036854775807, id, -1, 3, 1, 1, 2500, -7000, 1 FROM cards LIMIT 1",
        "INSERT INTO revlog SELECT -5, id, -1, 3, 1, 1, 2500, 99999999999, 1 FROM cards LIMIT 1",
        "INSERT INTO revlog SELECT 1700000000123, id, -1, 9, 1, 1, 2500, 4000, 1 FROM cards LIMIT 1",
        answer(1, -5, 3),
        "UPDATE notes SET guid = char(0) || 'x' || char(55357) WHERE guid = 'g5'",
    ]
    done = bring(session, learner, package(notes, *SET_UP, answer(0, 5, 3), *changes))
    assert (done.answers, done.impossible) == (1, 4)
    assert len(own_cards(session, learner)) == 6
    for card in own_cards(session, learner):
        now = state(session, learner, card)
        assert now is None or now.due is None or date(2006, 1, 1) <= now.due <= date(2130, 1, 1)


@pytest.mark.anki
def test_from_here_to_anki_and_back_nothing_is_lost(
    session: Session, learner: Viewer, deck: Deck, tmp_path: Path
) -> None:
    """In each form that Anki writes, into another learner's decks: the same cards, days, intervals and ease."""
    now = datetime.now(UTC)
    out = tmp_path / "out.apkg"
    out.write_bytes(exporting.export(session, viewer=learner, named=["maths"], now=now).data)
    made = [tmp_path / name for name in ("new.apkg", "legacy.apkg", "new.colpkg", "legacy.colpkg")]
    run_anki("exports", out, *made)
    before = session.scalars(select(Card).where(Card.deck_id == deck.id, ~Card.draft).order_by(Card.position)).all()
    for card in before:  # as if the package went to another portal
        card.guid = f"moved-{card.guid}"[:32]
    session.commit()
    for path in made:
        user = make_user(session, zone=learner.zone, rollover_hour=learner.rollover_hour)
        other = viewer_of(user)
        data = path.read_bytes()
        done = bring(session, other, data, now=now)
        assert (done.decks[0].title, done.answers, done.seeds) == ("Maths", 7, 0)
        for old, new in zip(before, own_cards(session, other), strict=True):
            assert (old.question, old.options, old.section, old.tags) == (
                new.question,
                new.options,
                new.section,
                new.tags,
            )
            assert old.answer.partition("![")[0] == new.answer.partition("![")[0]
            assert old.answer_html.partition("<img")[2] == new.answer_html.partition("<img")[2]
            was, now_is = state(session, learner, old), state(session, other, new)
            names = ("due", "interval", "ease", "repetitions", "lapses", "reviews")
            assert [getattr(was, name, None) for name in names] == [getattr(now_is, name, None) for name in names]
        assert bring(session, other, data, now=now).answers == 0


@pytest.mark.anki
def test_what_came_back_to_its_own_portal_is_found(
    session: Session, learner: Viewer, deck: Deck, tmp_path: Path
) -> None:
    out, back = tmp_path / "out.apkg", tmp_path / "back.apkg"
    out.write_bytes(exporting.export(session, viewer=learner, named=["maths"], now=datetime.now(UTC)).data)
    run_anki("exports", out, back)
    done = bring(session, learner, back.read_bytes(), now=datetime.now(UTC))
    assert (done.answers, done.seeds, done.decks[0].counts) == (0, 0, {"same": 5})
    assert own_cards(session, learner) == []
