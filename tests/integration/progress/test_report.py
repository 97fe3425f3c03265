"""The progress report adds up what was answered, whatever the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.db.models import Card, Deck
from app.progress.queries import PAGE
from app.progress.report import NoSuchDeck, Report, report
from app.study import service
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of


def _learner(session: Session, *decks: Deck) -> Viewer:
    user = make_user(session)
    choose(session, user, *decks)
    session.commit()
    return viewer_of(user)


def _cards(session: Session, deck: Deck, count: int) -> list[Card]:
    return [make_card(session, deck, question=f"{deck.slug} {n}?") for n in range(count)]


def _report(session: Session, learner: Viewer, now: datetime = NOW, **options: object) -> Report:
    return report(session, learner, now=now, **options)  # type: ignore[arg-type]


def test_a_learner_without_answers_gets_an_empty_report(session: Session) -> None:
    deck = make_deck(session, cards=3)
    found = _report(session, _learner(session, deck))
    assert (found.answers, found.learned, found.cards, found.streak.current) == (0, 0, 3, 0)
    assert found.retention is None
    assert len(found.calendar.cells) == 365
    assert not found.reviews


def test_answers_are_added_up_by_day_and_by_what_was_due(session: Session) -> None:
    deck = make_deck(session)
    one, two = _cards(session, deck, 2)
    learner = _learner(session, deck)
    first = give(session, learner, one, 4, elapsed_ms=30_000)
    missed = give(session, learner, two, 1, elapsed_ms=30_000)
    give(session, learner, two, 4, version=missed.version, now=NOW + timedelta(minutes=20), elapsed_ms=60_000)
    later = NOW + timedelta(days=1)
    give(session, learner, one, 4, version=first.version, now=later)
    found = _report(session, learner, now=later)
    assert found.answers == 4
    assert (found.recalled.passed, found.recalled.total) == (1, 1)
    assert found.streak.current == 2
    assert found.minutes[-2][1] == pytest.approx(2.0)
    assert found.by_month[-1].totals.cards == 3
    assert [cell.cards for cell in found.calendar.cells[-2:]] == [2, 1]


def test_undone_answers_and_other_people_count_for_nothing(session: Session) -> None:
    deck = make_deck(session)
    (card,) = _cards(session, deck, 1)
    learner, other = _learner(session, deck), _learner(session, deck)
    answered = give(session, learner, card, 5)
    give(session, other, card, 5)
    service.undo(session, viewer=learner, event=answered.event_id, now=NOW)
    session.commit()
    found = _report(session, learner)
    assert (found.answers, found.learned, len(found.reviews)) == (0, 0, 0)


def test_each_deck_says_where_its_cards_stand(session: Session) -> None:
    deck, other = make_deck(session, slug="one"), make_deck(session, slug="two")
    learned, learning, _ = _cards(session, deck, 3)
    make_card(session, deck, answer="")
    make_card(session, deck, archived_at=NOW, archived_reason="editor")
    learner = _learner(session, deck, other)
    give(session, learner, learned, 4)
    give(session, learner, learning, 1)
    rows = {row.slug: row for row in _report(session, learner).decks}
    assert "two" not in rows or rows["two"].cards == 0
    assert (rows["one"].cards, rows["one"].young, rows["one"].learning, rows["one"].new) == (3, 1, 1, 1)


def test_a_deck_that_is_named_is_reported_alone(session: Session) -> None:
    decks = [make_deck(session, slug=slug) for slug in ("one", "two")]
    cards = [_cards(session, deck, 1)[0] for deck in decks]
    learner = _learner(session, *decks)
    for card in cards:
        give(session, learner, card, 4)
    found = _report(session, learner, deck="one")
    assert (found.answers, found.learned, [row.deck_slug for row in found.reviews]) == (1, 1, ["one"])
    with pytest.raises(NoSuchDeck):
        _report(session, learner, deck="three")


def test_a_hidden_deck_is_no_deck_to_report_on(session: Session) -> None:
    deck = make_deck(session, slug="gone", cards=1)
    learner = _learner(session, deck)
    deck.archived_at = NOW
    session.commit()
    with pytest.raises(NoSuchDeck):
        _report(session, learner, deck="gone")


def test_the_forecast_and_the_intervals_come_from_the_states(session: Session) -> None:
    deck = make_deck(session)
    one, two = _cards(session, deck, 2)
    learner = _learner(session, deck)
    for card in (one, two):
        give(session, learner, card, 4)
    found = _report(session, learner)
    assert [day.total for day in found.coming[:3]] == [0, 2, 0]
    assert found.coming[1].day == date(2026, 3, 11)
    assert (found.median_interval, found.histogram[0].cards) == (1, 2)


def test_answers_are_listed_page_by_page(session: Session) -> None:
    deck = make_deck(session)
    cards = _cards(session, deck, PAGE + 3)
    learner = _learner(session, deck)
    for minute, card in enumerate(cards):
        give(session, learner, card, 4, now=NOW + timedelta(minutes=minute))
    first = _report(session, learner, now=NOW + timedelta(hours=2))
    assert first.older is not None
    second = _report(session, learner, now=NOW + timedelta(hours=2), before=first.older)
    asked = [row.question for row in (*first.reviews, *second.reviews)]
    assert asked == [card.question for card in reversed(cards)]
    assert second.older is None
    assert first.reviews[0].interval_before is None
    assert first.reviews[0].interval_after == 1


def test_a_range_limits_what_is_counted_but_not_the_calendar(session: Session) -> None:
    deck = make_deck(session)
    one, two = _cards(session, deck, 2)
    learner = _learner(session, deck)
    give(session, learner, one, 4, now=NOW - timedelta(days=60))
    give(session, learner, two, 4)
    assert _report(session, learner, months=1).answers == 1
    assert _report(session, learner, months=3).answers == 2
    assert _report(session, learner, months=1).calendar.studied == 2
