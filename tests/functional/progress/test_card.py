"""The page of one card: its life for whoever looks, and every version of its text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.models import Card, CardRevision, Deck, User
from app.study import service
from app.web import clock
from tests.builders import choose, make_card, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of


@pytest.fixture
def card(session: Session) -> Card:
    """A card with two versions of its text, the second about cold."""
    deck = make_deck(session, slug="physics", title="Physics")
    card = make_card(session, deck, question="What is `<b>` heat?", answer="Energy that moves.", section=("Basics",))
    second = {"question": "What is `<b>` heat?", "answer": "Energy that moves to the cold.", "section": ["Basics"]}
    session.add(
        CardRevision(card_id=card.id, number=2, action="edited", tags=[], options=[], created_at=clock.now(), **second)
    )
    session.commit()
    return card


def _learner(session: Session, client: FlaskClient, card: Card) -> User:
    user = make_user(session)
    choose(session, user, card_deck(session, card))
    session.commit()
    sign_in(client, user)
    return user


def card_deck(session: Session, card: Card) -> Deck:
    return session.get_one(Deck, card.deck_id)


def test_a_card_never_answered_has_its_text_and_its_versions(client: FlaskClient, session: Session, card: Card) -> None:
    _learner(session, client, card)
    page = client.get(f"/cards/{card.guid}").text
    assert "What is &lt;b&gt; heat?" in page
    assert "You have not been asked this card yet." in page
    assert "2 versions." in page
    assert "<ins>" in page
    assert " to the cold" in page
    assert "Restore this version" not in page
    assert "/edit/cards/" not in page


def test_a_life_has_each_answer_but_nobody_elses_and_none_undone(
    client: FlaskClient, session: Session, card: Card
) -> None:
    user, other = _learner(session, client, card), make_user(session)
    choose(session, other, card_deck(session, card))
    session.commit()
    now = clock.now() - timedelta(days=10)
    first = give(session, viewer_of(user), card, 5, now=now)
    give(session, viewer_of(other), card, 1, now=now)
    second = give(session, viewer_of(user), card, 1, version=first.version, now=now + timedelta(days=1))
    third = give(session, viewer_of(user), card, 4, version=second.version, now=now + timedelta(days=1, minutes=10))
    give(session, viewer_of(user), card, 3, version=third.version, now=now + timedelta(days=3))
    service.undo(session, viewer=viewer_of(user), event="last", now=now + timedelta(days=3))
    session.commit()
    page = client.get(f"/cards/{card.guid}").text
    assert page.count('<tr><th scope="row">') == 2
    assert page.count('class="note g') == 4, "two of the life, two of the legend"
    assert "Repeats:" in page
    assert "You forgot it once." in page
    assert "Due since" in page


def test_lists_lead_to_the_card(client: FlaskClient, session: Session, card: Card) -> None:
    user = _learner(session, client, card)
    give(session, viewer_of(user), card, 4, now=clock.now())
    assert f"/cards/{card.guid}" in client.get("/decks/physics").text
    assert f"/cards/{card.guid}" in client.get("/progress").text


def test_cards_one_may_not_read_are_not_there(client: FlaskClient, session: Session, card: Card) -> None:
    _learner(session, client, card)
    assert client.get("/cards/nothing").status_code == 404
    assert client.get("/cards/nothing%00").status_code == 404
    session.execute(update(Card).where(Card.id == card.id).values(archived_at=clock.now(), archived_reason="editor"))
    session.commit()
    assert client.get(f"/cards/{card.guid}").status_code == 404


def test_marks_are_put_on_from_here(client: FlaskClient, session: Session, card: Card) -> None:
    _learner(session, client, card)
    page = client.get(f"/cards/{card.guid}").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "card": card.guid, "do": "suspend"}
    assert client.post("/set-aside?list=suspended", data=form).status_code == 303
    assert "Suspended: it is not asked until you bring it back." in client.get(f"/cards/{card.guid}").text
