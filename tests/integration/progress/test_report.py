"""The progress report adds up what was answered, whatever the database."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, Event
from app.progress.period import Wanted
from app.progress.queries import PAGE, days_studied, totals_by_hour
from app.progress.report import NoSuchDeck, Report, report
from app.scheduling import statistics
from app.scheduling.state import Grade
from app.scheduling.statistics import Answer, Tally
from app.study import service
from app.study import totals as sums
from app.study.service import Answered
from app.study.verify import verify
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
    assert (found.done.totals.answers, found.learned, found.cards, found.streak.current) == (0, 0, 3, 0)
    assert found.done.retention is None
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
    assert found.done.totals.answers == 4
    assert (found.recalled.passed, found.recalled.total) == (1, 1)
    assert found.streak.current == 2
    assert found.done.pieces[-1].totals.elapsed_ms == 124_000
    assert found.done.by_month[-1].totals.cards == 3
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
    assert (found.done.totals.answers, found.learned, len(found.reviews)) == (0, 0, 0)


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
    assert (found.done.totals.answers, found.learned, [row.deck_slug for row in found.reviews]) == (1, 1, ["one"])
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
    assert [day.total for day in found.ahead.days[:3]] == [0, 2, 0]
    assert found.ahead.days[1].day == date(2026, 3, 11)
    assert (found.memory.median_interval, found.memory.intervals[0].cards) == (1, 2)


def test_answers_are_listed_page_by_page(session: Session) -> None:
    deck = make_deck(session)
    cards = _cards(session, deck, PAGE + 3)
    learner = _learner(session, deck)
    for place in reversed(range(len(cards))):  # the last first, as a history that is brought may come in any order
        give(session, learner, cards[place], 4, now=NOW + timedelta(minutes=place - 600 * (place < PAGE // 2)))
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
    assert _report(session, learner, wanted=Wanted(1)).done.totals.answers == 1
    assert _report(session, learner, wanted=Wanted(3)).done.totals.answers == 2
    assert _report(session, learner, wanted=Wanted(1)).calendar.studied == 2


def test_sums_of_the_database_are_those_of_the_pure_functions(session: Session) -> None:
    deck, other = make_deck(session), make_deck(session)
    cards = [*_cards(session, deck, 3), *_cards(session, other, 2)]
    learner = _learner(session, deck, other)
    chance = random.Random(7)
    given: list[Answered] = []
    versions = dict.fromkeys((card.id for card in cards), 0)
    for _ in range(60):
        card, now = chance.choice(cards), NOW + timedelta(minutes=37 * len(given) * chance.choice((1, 9)))
        zone = chance.choice(("UTC", "Asia/Kathmandu", "America/St_Johns"))
        elapsed, person = chance.choice((None, 900, 400_000)), replace(learner, zone=zone)
        answered = give(
            session, person, card, chance.randint(0, 5), now=now, version=versions[card.id], elapsed_ms=elapsed
        )
        versions[card.id] = answered.version
        given.append(answered)
        if chance.random() < 0.2:
            service.undo(session, viewer=person, event="last", now=now)
            versions[card.id] += 1
            session.commit()
    rows = session.scalars(select(Event).where(Event.live, Event.kind == "review")).all()
    own = {row.id for row in rows if row.card_id in [card.id for card in cards[:3]]}
    for deck_id, events in ((None, rows), (deck.id, [row for row in rows if row.id in own])):
        slow = statistics.by_hour(map(_pure, events))
        found = totals_by_hour(session, learner.id, date.min, date.max, deck_id=deck_id)
        assert dict(sorted(found.items())) == slow
        counted = select(func.count()).select_from(CardState).join(Card, Card.id == CardState.card_id)
        if deck_id is not None:
            counted = counted.where(Card.deck_id == deck_id)
        learned = session.scalar(counted.where(CardState.repetitions >= 1))
        assert sum(totals.learned for totals in found.values()) == learned


def _pure(row: Event) -> Answer:
    grade = Grade(row.grade or 0)
    before = (row.repetitions_before or 0) >= 1
    learned = (grade.passed - before) if row.counted else 0
    return Answer(
        row.study_day,
        row.answered_at,
        grade,
        row.counted,
        row.was_due,
        row.interval_before,
        row.elapsed_ms,
        learned,
        row.zone,
    )


def test_decks_are_added_up_without_a_look_at_the_events(session: Session, engine: Engine) -> None:
    deck = make_deck(session)
    learner = _learner(session, deck)
    for card in _cards(session, deck, 3):
        give(session, learner, card)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for deck_id in (None, deck.id):
        totals = totals_by_hour(session, learner.id, date.min, date.max, deck_id=deck_id)
        assert sum(one.answers for one in totals.values()) == 3
        assert days_studied(session, learner.id, deck_id=deck_id) == (NOW.date(),)
    assert asked
    assert not [one for one in asked if "FROM event" in one]


def test_a_card_that_is_moved_takes_its_answers_along(session: Session) -> None:
    old, new = make_deck(session), make_deck(session)
    learner = _learner(session, old, new)
    cards = _cards(session, old, 3)
    for card in cards:
        give(session, learner, card)
    session.execute(update(Card).where(Card.id == cards[0].id).values(deck_id=new.id))
    session.commit()

    def counted() -> list[int]:
        found = (totals_by_hour(session, learner.id, date.min, date.max, deck_id=one.id) for one in (old, new))
        return [sum(one.answers for one in totals.values()) for totals in found]

    assert counted() == [2, 1]
    assert verify(session).differences == []
    answered = give(session, learner, cards[0], version=1, now=NOW + timedelta(days=1))
    assert counted() == [2, 2]
    # until then the log is read, so that nothing wrong is ever shown
    assert sums.keep_house(session, NOW) == {"outdated sums of decks": 2}
    session.commit()
    assert counted() == [2, 2]
    assert not sums.outdated(session)
    give(session, learner, cards[0], version=answered.version, now=NOW + timedelta(days=9))
    assert counted() == [2, 3]
    assert verify(session).differences == []


def test_hardest_cards_come_first_and_leeches_are_counted(session: Session) -> None:
    deck = make_deck(session)
    cards = _cards(session, deck, 3)
    learner = _learner(session, deck)
    for card, (lapses, ease) in zip(cards, ((2, 180), (9, 250), (2, 130)), strict=True):
        give(session, learner, card)
        session.execute(update(CardState).where(CardState.card_id == card.id).values(lapses=lapses, ease=ease))
        session.commit()
    found = _report(session, learner, deck=deck.slug).memory
    assert [card.guid for card in found.hardest] == [cards[n].guid for n in (1, 2, 0)]
    assert found.leeches == 1
    assert found.hardest[0].leech


def test_a_deck_has_its_sections_and_its_retention(session: Session) -> None:
    deck = make_deck(session)
    one = make_card(session, deck, question="One?", section=("Heat", "Basics"))
    make_card(session, deck, question="Two?", section=("Heat", "Basics"))
    make_card(session, deck, question="Three?")
    learner = _learner(session, deck)
    first = give(session, learner, one)
    give(session, learner, one, 1, version=first.version, now=NOW + timedelta(days=1))
    found = _report(session, learner, deck=deck.slug, now=NOW + timedelta(days=1))
    assert [(part.path, part.cards, part.learning) for part in found.sections] == [
        (("Heat", "Basics"), 2, 1),
        ((), 1, 0),
    ]
    assert found.recalled_by_deck[deck.id] == Tally(0, 1)
    assert found.done.learned[-1] == 0
