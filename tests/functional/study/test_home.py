"""The first page: what there is to read, what is due, and what to do when there is nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db.models import Portal
from app.web.database import db
from tests.builders import choose, make_card, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of


def _words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_a_visitor_sees_the_public_decks_and_gets_no_cookie(client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="gen", title="Generative AI", description="Models, training", cards=2)
    make_deck(session, slug="inner", title="Inner circle", visibility="members", cards=1)
    session.commit()
    page = client.get("/")
    assert "Generative AI" in page.text
    assert "1 deck, 2 questions" in _words(page.text)
    assert "Models, training" in page.text
    assert "Inner circle" not in page.text
    assert "Question 1?" in page.text, "one to try"
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "private, no-cache"
    again = client.get("/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304


def test_a_visitor_of_an_empty_portal_is_told_so(client: FlaskClient) -> None:
    assert "No decks yet. An editor adds them; they appear here." in _words(client.get("/").text)


def test_registration_is_offered_only_while_it_is_open(client: FlaskClient, session: Session) -> None:
    assert 'href="/register"' in client.get("/").text
    session.get_one(Portal, 1).registration = "closed"
    session.commit()
    assert 'href="/register"' not in client.get("/").text


def test_a_learner_without_a_deck_is_sent_to_choose_one(client: FlaskClient, session: Session) -> None:
    make_deck(session, title="Only one", cards=3)
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    page = client.get("/")
    said = _words(page.text)
    assert "You have chosen no deck. 1 deck, 3 questions are here to read and study." in said
    assert 'href="/choose"' in page.text
    assert "Only one" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_on_an_empty_portal_an_editor_adds_a_deck(client: FlaskClient, session: Session) -> None:
    editor = make_user(session, role="editor")
    session.commit()
    sign_in(client, editor)
    page = client.get("/")
    assert "No decks yet." in page.text
    assert 'href="/edit/decks/new"' in page.text


def test_what_is_due_today_is_said_in_a_sentence_and_by_deck(client: FlaskClient, session: Session) -> None:
    user = make_user(session, new_per_day=2)
    deck = make_deck(session, slug="gen", title="Generative AI")
    cards = [make_card(session, deck, question=f"Question {n}?") for n in range(1, 6)]
    choose(session, user, deck)
    session.commit()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    give(session, viewer_of(user), cards[0], 4, now=yesterday)
    sign_in(client, user)
    page = client.get("/")
    said = _words(page.text)
    assert "3 cards today. 1 review and 2 new." in said
    assert "1 due 2 new" in said
    assert "5 questions · studied yesterday" in said
    assert "1 of 5 learned" in said
    assert "1 day in a row. Study one card to make it 2." in said
    assert 'href="/study?deck=gen"' in page.text
    assert page.text.count("btn primary") == 1


def test_when_nothing_is_due_the_next_cards_are_announced(client: FlaskClient, session: Session) -> None:
    user = make_user(session, new_per_day=1, rollover_hour=5)
    deck = make_deck(session)
    cards = [make_card(session, deck, question=f"Question {n}?") for n in range(1, 4)]
    choose(session, user, deck)
    session.commit()
    give(session, viewer_of(user), cards[0], 4, now=datetime.now(UTC))
    sign_in(client, user)
    said = _words(client.get("/").text)
    assert "Nothing is due. Next: 2 cards tomorrow after 05:00. You studied 1 card today." in said


def test_new_cards_are_not_promised_for_tomorrow_where_they_wait_longer(client: FlaskClient, session: Session) -> None:
    user = make_user(session, new_per_day=1)
    choose(session, user, make_deck(session, cards=1), make_deck(session, cards=1))
    session.commit()
    sign_in(client, user)
    assert "New cards tomorrow" in _words(client.get("/").text)
    user.no_new_before = datetime.now(UTC).date() + timedelta(days=5)
    session.commit()
    said = _words(client.get("/").text)
    assert "New cards wait" in said
    assert "New cards tomorrow" not in said


def test_a_card_failed_again_and_again_is_named_and_opens_where_it_is_linked(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session)
    deck = make_deck(session, slug="gen")
    card = make_card(session, deck, question="Cats & *dogs*?", answer="This.")
    choose(session, user, deck)
    session.commit()
    for n in range(3):
        give(session, viewer_of(user), card, 1, now=datetime.now(UTC) - timedelta(days=3 - n), version=n)
    sign_in(client, user)
    page = client.get("/")
    assert "Cats &amp; dogs?" in page.text
    assert "missed 3 times" in page.text
    link = re.search(rf'href="(/decks/gen\?card={card.guid})#q-{card.guid}"', page.text)
    assert link
    assert f'id="q-{card.guid}" open' in client.get(link[1]).text


def test_the_navigation_says_where_one_is_and_offers_what_one_may_do(client: FlaskClient, session: Session) -> None:
    learner, editor = make_user(session), make_user(session, role="editor")
    session.commit()
    sign_in(client, learner)
    page = client.get("/").text
    assert re.search(r'<a href="/"[^>]* aria-current="page">Library</a>', page)
    assert 'href="/edit"' in page, "for decks of one's own"
    assert '<a class="skip" href="#main">' in page
    other = client.application.test_client()
    sign_in(other, editor)
    assert 'href="/edit"' in other.get("/").text
    assert '<a href="/settings" aria-current="page">' in other.get("/settings").text


def test_a_database_that_is_away_is_said_to_be_away(client: FlaskClient, session: Session, database_url: str) -> None:
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    session.close()
    with client.application.app_context():
        db.engine.dispose()
    Path(database_url.removeprefix("sqlite:///")).unlink()
    page = client.get("/")
    assert page.status_code == 503
    assert "Reprise cannot reach its database." in page.text
    assert page.headers["Retry-After"] == "20"
    assert page.headers["X-Request-Id"] in page.text
    assert 'href="/sign-in"' not in page.text, "who is signed in cannot be told"
