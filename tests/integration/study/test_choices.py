"""Choosing decks to study, and leaving them out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import CardState, DeckChoice, Event
from app.study import choices
from app.study.choices import Change, NotToStudy
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, make_learner, viewer_of


def _chosen(session: Session, learner: Viewer) -> set[int]:
    return set(session.scalars(select(DeckChoice.deck_id).where(DeckChoice.user_id == learner.id)))


def test_ticked_decks_are_studied_and_unticked_ones_left_out(session: Session) -> None:
    user = make_user(session)
    kept, left, added, never = (make_deck(session) for _ in range(4))
    choose(session, user, kept, left)
    session.commit()
    learner = viewer_of(user)
    change = choices.choose(
        session,
        viewer=learner,
        offered={deck.guid for deck in (kept, left, added, never)},
        chosen={kept.guid, added.guid},
        now=NOW,
    )
    session.commit()
    assert change == Change(added=1, removed=1, chosen=2)
    assert _chosen(session, learner) == {kept.id, added.id}


def test_saving_again_changes_nothing(session: Session) -> None:
    learner, deck = make_learner(session), make_deck(session)
    session.commit()
    for when, expected in ((NOW, Change(1, 0, 1)), (NOW + timedelta(days=1), Change(0, 0, 1))):
        change = choices.choose(session, viewer=learner, offered={deck.guid}, chosen={deck.guid}, now=when)
        session.commit()
        assert change == expected
    assert session.scalar(select(DeckChoice.chosen_at)) == NOW, "its turn among the decks stays"


def test_a_deck_that_was_not_offered_stays_as_it_is(session: Session) -> None:
    user = make_user(session)
    elsewhere, deck = make_deck(session), make_deck(session)
    choose(session, user, elsewhere)
    session.commit()
    learner = viewer_of(user)
    choices.choose(session, viewer=learner, offered={deck.guid}, chosen={deck.guid}, now=NOW)
    session.commit()
    assert _chosen(session, learner) == {elsewhere.id, deck.id}


def test_what_may_not_be_studied_cannot_be_chosen(session: Session) -> None:
    learner = make_learner(session)
    group = make_deck(session, slug="group", visibility="group")
    old = make_deck(session, slug="old", archived_at=datetime(2026, 1, 1, tzinfo=UTC))
    session.commit()
    guids = {group.guid, old.guid, "nothing"}
    assert choices.choose(session, viewer=learner, offered=guids, chosen=guids, now=NOW) == Change(0, 0, 0)
    for slug in ("group", "old", "nothing", "no\0thing"):
        with pytest.raises(NotToStudy):
            choices.choose_one(session, viewer=learner, slug=slug, study=True, now=NOW)
    session.commit()
    assert _chosen(session, learner) == set()


def test_leaving_a_deck_out_keeps_what_was_learned(session: Session) -> None:
    learner, deck = make_learner(session), make_deck(session, slug="deck", title="Deck")
    card = make_card(session, deck)
    session.commit()
    assert choices.choose_one(session, viewer=learner, slug="deck", study=True, now=NOW) == "Deck"
    session.commit()
    give(session, learner, card)
    for _ in range(2):
        choices.choose_one(session, viewer=learner, slug="deck", study=False, now=NOW)
        session.commit()
    assert _chosen(session, learner) == set()
    assert session.scalar(select(func.count()).select_from(Event)) == 1
    assert session.scalars(select(CardState.repetitions)).all() == [1]


def test_choosing_touches_nobody_elses_choice(session: Session) -> None:
    other = make_user(session)
    deck = make_deck(session, slug="deck")
    choose(session, other, deck)
    learner = make_learner(session)
    session.commit()
    choices.choose_one(session, viewer=learner, slug="deck", study=True, now=NOW)
    choices.choose_one(session, viewer=learner, slug="deck", study=False, now=NOW)
    session.commit()
    assert _chosen(session, viewer_of(other)) == {deck.id}
