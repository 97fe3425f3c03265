"""The library page's facts: what is due where, how far one has come, what is missed, what comes next."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.models import Card, DeckChoice
from app.scheduling.queue import Counts
from app.study import service
from app.study.overview import Coming, deck_progress, library
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, make_learner, viewer_of

TODAY = NOW.date()
DAY = timedelta(days=1)


def _learner_with(session: Session, *, new_per_day: int = 20) -> tuple[Viewer, list[Card]]:
    """A learner who chose a deck of four cards."""
    user = make_user(session, new_per_day=new_per_day)
    deck = make_deck(session, slug="chosen", title="Chosen")
    cards = [make_card(session, deck, question=f"Question {n}?") for n in range(1, 5)]
    choose(session, user, deck)
    session.commit()
    return viewer_of(user), cards


def _answer_daily(session: Session, learner: Viewer, card: Card, grades: list[int], *, until: int = 0) -> None:
    """One grade a day, the last one `until` days ago."""
    version = 0
    for n, grade in enumerate(grades):
        day = NOW - (len(grades) - 1 - n + until) * DAY
        version = give(session, learner, card, grade, now=day, version=version).version


def test_what_is_left_and_what_was_learned_is_counted_by_deck(session: Session) -> None:
    learner, cards = _learner_with(session, new_per_day=1)
    other = make_deck(session, slug="other", cards=2)
    session.commit()
    _answer_daily(session, learner, cards[0], [4], until=1)
    _answer_daily(session, learner, cards[1], [1], until=1)
    give(session, learner, cards[2], 4, now=NOW - 9 * DAY)
    page = library(session, learner, now=NOW)
    chosen = page.chosen[0]
    assert [one.deck.slug for one in page.decks] == ["chosen", "other"]
    assert [one.deck.id for one in page.others] == [other.id]
    assert page.left == chosen.today == Counts(reviews=3, new=1)
    assert (chosen.learning, chosen.young, chosen.mature, chosen.learned, chosen.due) == (1, 2, 0, 2, 3)
    assert chosen.last_studied == TODAY - DAY
    assert page.others[0].learned == 0
    assert page.others[0].last_studied is None


def test_a_card_waiting_to_be_repeated_counts_as_due(session: Session) -> None:
    learner, cards = _learner_with(session, new_per_day=1)
    give(session, learner, cards[0], 1)
    page = library(session, learner, now=NOW)
    assert page.left == Counts(waiting=1)
    assert page.chosen[0].due == 1
    assert page.answered == 1
    assert page.coming is None


def test_with_nothing_due_the_next_day_that_brings_cards_is_named(session: Session) -> None:
    learner, cards = _learner_with(session, new_per_day=2)
    for card in cards[:2]:
        give(session, learner, card, 4)
    done = library(session, learner, now=NOW)
    assert done.left.total == 0
    assert done.coming == Coming(TODAY + DAY, 4), "two come back, two are new"
    no_new = replace(learner, new_per_day=0)
    for card in cards[:2]:
        give(session, no_new, card, 4, now=NOW + DAY, version=1)
    assert library(session, no_new, now=NOW + DAY).coming == Coming(TODAY + 7 * DAY, 2), "six days later"


def test_without_decks_nothing_comes(session: Session) -> None:
    page = library(session, make_learner(session), now=NOW)
    assert (page.decks, page.left.total, page.coming, page.minutes, page.streak.current) == ((), 0, None, None, 0)
    assert [studied for _, studied in page.week] == [False] * 7


def test_the_week_and_the_streak_follow_the_learners_days(session: Session) -> None:
    learner, cards = _learner_with(session)
    for card, ago in zip(cards, (1, 2, 4, 6), strict=True):
        give(session, learner, card, 4, now=NOW - ago * DAY)
    page = library(session, learner, now=NOW)
    assert page.week == tuple((TODAY - n * DAY, n in (1, 2, 4, 6)) for n in range(6, -1, -1))
    assert (page.streak.current, page.streak.studied_today) == (2, False)
    service.undo(session, viewer=learner, event="last", now=NOW)
    session.commit()
    assert dict(library(session, learner, now=NOW).week)[TODAY - 6 * DAY] is False, "what was undone is no study"


def test_a_long_streak_is_counted_to_its_start(session: Session) -> None:
    learner, cards = _learner_with(session)
    _answer_daily(session, learner, cards[0], [4] * 70, until=1)
    assert library(session, learner, now=NOW).streak.current == 70


def test_minutes_are_told_from_the_usual_pace(session: Session) -> None:
    learner, cards = _learner_with(session)
    give(session, learner, cards[0], 4, now=NOW - DAY, elapsed_ms=60_000)
    assert library(session, learner, now=NOW).minutes == 4, "one review and three new cards, a minute each"


def test_only_cards_failed_on_three_days_of_late_are_missed(session: Session) -> None:
    learner, cards = _learner_with(session)
    _answer_daily(session, learner, cards[0], [1, 1, 1])
    _answer_daily(session, learner, cards[1], [1, 1, 4])
    _answer_daily(session, learner, cards[2], [0, 2, 1], until=120)
    for n in range(3):
        give(session, learner, cards[3], 1, now=NOW, version=n)
    missed = library(session, learner, now=NOW).missed
    assert [(card.question_text, card.times, card.deck_slug) for card in missed] == [("Question 1?", 3, "chosen")]


def test_a_deck_that_may_no_longer_be_read_is_left_out(session: Session) -> None:
    user = make_user(session)
    hidden = make_deck(session, cards=2, visibility="group")
    choose(session, user, hidden)
    session.commit()
    assert deck_progress(session, viewer_of(user), now=NOW) == ()


def test_decks_come_in_the_order_they_were_chosen(session: Session) -> None:
    user = make_user(session)
    last, first = make_deck(session, slug="a"), make_deck(session, slug="b")
    make_deck(session, slug="c")
    choose(session, user, first)
    choose(session, user, last)
    session.commit()
    session.execute(update(DeckChoice).where(DeckChoice.deck_id == last.id).values(chosen_at=NOW))
    session.commit()
    decks = deck_progress(session, viewer_of(user), now=NOW)
    assert [(one.deck.slug, one.chosen) for one in decks] == [("b", True), ("a", True), ("c", False)]
