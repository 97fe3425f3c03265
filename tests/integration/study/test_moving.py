"""A backlog spread, a holiday, everything postponed: written once, undone as a whole, and what replay gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Event, Rest, User
from app.study import backlog, moving, overview, rest
from app.study.moving import UnknownMove
from app.study.queries import today_plan
from app.study.service import KeyReused
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import choose, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

DAY = timedelta(days=1)
TODAY = NOW.date()
BACK = NOW - 40 * DAY
KEY, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def learner(session: Session) -> Viewer:
    """Somebody who answered 24 cards 40 days ago, and none since: all are overdue but for one that is due later."""
    user = make_user(session)
    deck = make_deck(session, slug="nets", cards=25)
    choose(session, user, deck)
    viewer = viewer_of(user)
    for n, card in enumerate(session.scalars(select(Card).order_by(Card.position)).all()):
        give(session, viewer, card, 4 + n % 2, now=BACK + timedelta(minutes=n))
    last = session.scalars(select(Card).order_by(Card.position.desc()).limit(1)).one()
    give(session, viewer, last, now=NOW - 2 * DAY, version=1)
    return viewer


def dues(session: Session) -> Counter[date | None]:
    session.expire_all()
    return Counter(session.scalars(select(CardState.due)))


def events(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Event)) or 0


def spread(session: Session, learner: Viewer, *, key: str = KEY, days: int = 4, how: backlog.How = "spread") -> int:
    values = {"viewer": learner, "days": days, "no_new": True, "key": key, "now": NOW}
    move = backlog.take(session, how=how, **values)  # type: ignore[arg-type]
    session.commit()
    return move.cards


def test_a_backlog_is_offered_drawn_and_spread_once(session: Session, learner: Viewer) -> None:
    few = replace(learner, reviews_per_day=10)
    assert overview.library(session, few, now=NOW).backlog == 24
    page = backlog.backlog(session, few, now=NOW, days=4)
    assert page is not None
    assert ([one.overdue for one in page.spread], page.cleared) == ([6, 6, 6, 6], TODAY + 2 * DAY)
    assert page.last_studied == TODAY - 2 * DAY
    before = dues(session)
    assert [spread(session, few), spread(session, few)] == [24, 24]
    assert {day: dues(session)[day] for day in (TODAY + n * DAY for n in range(4))} == dict.fromkeys(
        (TODAY + n * DAY for n in range(4)), 6
    )
    assert events(session) == 26 + 24
    assert set(session.scalars(select(Event.reason).where(Event.kind == "reschedule"))) == {"spread"}
    assert session.scalar(select(User.no_new_before)) == TODAY + 4 * DAY
    assert today_plan(session, few, NOW).plan.counts.reviews == 6
    assert overview.library(session, few, now=NOW).backlog == 0
    assert verify(session).differences == []
    with pytest.raises(KeyReused):
        spread(session, few, days=5)
    session.rollback()
    undone = backlog.take_back(session, viewer=few, key=KEY, now=NOW)
    session.commit()
    assert (undone.cards, dues(session)) == (24, before)
    assert session.scalar(select(User.no_new_before)) is None
    assert backlog.take_back(session, viewer=few, key=KEY, now=NOW).cards == 0
    session.commit()
    assert verify(session).differences == []


def test_undo_leaves_what_was_answered_since(session: Session, learner: Viewer) -> None:
    spread(session, learner)
    card = session.scalars(
        select(Card).where(Card.id.in_(select(CardState.card_id).where(CardState.due == TODAY)))
    ).first()
    assert card is not None
    give(session, learner, card, version=2)
    answered = session.scalar(select(CardState.due).where(CardState.card_id == card.id))
    moved = moving.moved(session, learner, KEY)
    assert moved is not None
    assert moved.cards == 24
    assert backlog.take_back(session, viewer=learner, key=KEY, now=NOW).cards == 23
    session.commit()
    session.expire_all()
    assert session.scalar(select(CardState.due).where(CardState.card_id == card.id)) == answered
    assert verify(session).differences == []


def test_all_today_raises_the_limit_of_today_alone(session: Session, learner: Viewer) -> None:
    few = replace(learner, reviews_per_day=10)
    assert spread(session, few, how="today") == 0
    user = session.get_one(User, learner.id)
    assert (user.extra_on, user.extra_reviews, user.no_new_before) == (TODAY, 14, TODAY + DAY)


def test_all_today_counts_what_was_done_and_takes_nothing_back(session: Session, learner: Viewer) -> None:
    few = replace(learner, reviews_per_day=10)
    card = session.scalars(select(Card).order_by(Card.position)).first()
    assert card is not None
    give(session, few, card, version=1)
    spread(session, few, how="today")
    user = session.get_one(User, learner.id)
    assert user.extra_reviews == 14
    raised = replace(few, extra_on=TODAY, extra_reviews=14)
    assert today_plan(session, raised, NOW).plan.counts.reviews == 23
    spread(session, replace(few, extra_on=TODAY, extra_reviews=50), how="today")
    session.expire_all()
    assert session.get_one(User, learner.id).extra_reviews == 50


def test_left_as_they_are_new_cards_wait_until_the_day_that_was_named(session: Session, learner: Viewer) -> None:
    few = replace(learner, reviews_per_day=10)
    page = backlog.backlog(session, few, now=NOW)
    assert page is not None
    spread(session, few, how="leave")
    assert session.get_one(User, learner.id).no_new_before == page.cleared


def test_no_more_cards_are_moved_at_once_than_others_can_wait_for(
    session: Session, learner: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "MOST_MOVED", 20)
    before = dues(session)
    with pytest.raises(rest.TooMany):
        rest.postpone(session, viewer=learner, days=3, deck="", key=OTHER, now=NOW)
    session.rollback()
    assert dues(session) == before
    monkeypatch.setattr(moving, "MOST_MOVED", 25)
    assert rest.postpone(session, viewer=learner, days=3, deck="", key=OTHER, now=NOW).cards == 25


def test_nothing_overdue_is_no_backlog(session: Session, learner: Viewer) -> None:
    spread(session, learner)
    assert backlog.backlog(session, learner, now=NOW) is None


def test_another_learners_move_is_not_there(session: Session, learner: Viewer) -> None:
    spread(session, learner)
    other = viewer_of(make_user(session))
    with pytest.raises(UnknownMove):
        backlog.take_back(session, viewer=other, key=KEY, now=NOW)


def test_postponing_moves_every_day_of_one_deck(session: Session, learner: Viewer) -> None:
    before = dues(session)
    nothing = rest.postpone(session, viewer=learner, days=3, deck="other", key=OTHER, now=NOW)
    assert nothing.cards == 0
    for _twice in range(2):
        assert rest.postpone(session, viewer=learner, days=3, deck="nets", key=KEY, now=NOW).cards == 25
        session.commit()
    assert dues(session)[TODAY + 3 * DAY] == 24
    assert today_plan(session, learner, NOW).plan.counts.reviews == 0
    assert verify(session).differences == []
    backlog.take_back(session, viewer=learner, key=KEY, now=NOW)
    session.commit()
    assert dues(session) == before
    with pytest.raises(ValueError, match="0 days"):
        rest.postpone(session, viewer=learner, days=0, deck="", key=OTHER, now=NOW)


def test_a_holiday_moves_what_is_due_past_it_and_ending_it_brings_it_back(session: Session, learner: Viewer) -> None:
    before = dues(session)
    first, last = TODAY, TODAY + 9 * DAY
    for _twice in range(2):
        assert rest.take_holiday(session, viewer=learner, first=first, last=last, key=KEY, now=NOW).cards == 25
        session.commit()
    assert all(day is not None and last < day <= last + 5 * DAY for day in dues(session))
    assert max(dues(session).values()) == 5
    user = session.get_one(User, learner.id)
    away = viewer_of(user, holiday_from=user.holiday_from, holiday_to=user.holiday_to)
    library = overview.library(session, away, now=NOW + DAY)
    assert (library.left.total, library.backlog) == (0, 0)
    assert verify(session).differences == []
    assert rest.end_holiday(session, viewer=away, now=NOW + DAY) == 25
    session.commit()
    assert dues(session) == before
    assert session.execute(select(Rest.first, Rest.last)).all() == [(TODAY, TODAY)]
    assert session.scalar(select(User.holiday_to)) is None
    assert verify(session).differences == []


def test_a_shorter_holiday_brings_back_what_the_longer_one_moved(session: Session, learner: Viewer) -> None:
    rest.take_holiday(session, viewer=learner, first=TODAY, last=TODAY + 29 * DAY, key=KEY, now=NOW)
    session.commit()
    away = replace(learner, holiday_from=TODAY, holiday_to=TODAY + 29 * DAY)
    last = TODAY + 3 * DAY
    for _twice in range(2):
        assert rest.take_holiday(session, viewer=away, first=TODAY, last=last, key=OTHER, now=NOW).cards == 24
        session.commit()
    assert dues(session).keys() == {last + DAY, last + 2 * DAY}
    assert session.execute(select(Rest.first, Rest.last)).all() == [(TODAY, last)]
    assert verify(session).differences == []


def test_over_a_holiday_the_streak_rests(session: Session, learner: Viewer) -> None:
    assert overview.library(session, learner, now=NOW + DAY).streak.current == 0
    rest.take_holiday(session, viewer=learner, first=TODAY - DAY, last=TODAY + 9 * DAY, key=KEY, now=NOW)
    session.commit()
    assert overview.library(session, learner, now=NOW + 10 * DAY).streak.current == 1
    assert overview.library(session, learner, now=NOW + 12 * DAY).streak.current == 0


@pytest.mark.parametrize(("first", "days"), [(-61, 1), (731, 1), (0, -1), (0, 400)])
def test_no_holiday_is_that_long_or_far(session: Session, learner: Viewer, first: int, days: int) -> None:
    start = TODAY + first * DAY
    with pytest.raises(rest.NoSuchHoliday):
        rest.take_holiday(session, viewer=learner, first=start, last=start + days * DAY, key=KEY, now=NOW)


def test_where_a_clock_was_set_back_moves_stay_in_order(session: Session, learner: Viewer) -> None:
    ahead = session.scalars(select(Event.answered_at).order_by(Event.id.desc()).limit(1)).one() + 9 * DAY
    session.execute(update(Event).where(Event.id == 1).values(answered_at=ahead))
    session.commit()
    spread(session, learner)
    assert verify(session).differences == []
