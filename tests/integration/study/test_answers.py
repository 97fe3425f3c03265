"""Answers: one event and one state each, counted once, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, Event
from app.scheduling.state import Grade
from app.study import service
from app.study.asking import screen
from app.study.queries import today_plan
from app.study.service import KeyReused, NotAsked, NotLast, StaleCard, UnknownCard, UnknownEvent
from app.web.sessions import Viewer
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, make_learner, viewer_of

DAY = timedelta(days=1)
TODAY = date(2026, 3, 10)


@pytest.fixture
def deck(session: Session) -> Deck:
    return make_deck(session, cards=3)


@pytest.fixture
def learner(session: Session, deck: Deck) -> Viewer:
    user = make_user(session)
    choose(session, user, deck)
    session.commit()
    return viewer_of(user)


@pytest.fixture
def card(session: Session, deck: Deck) -> Card:
    return session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position)).first() or make_card(
        session, deck
    )


def state(session: Session, learner: Viewer, card: Card) -> CardState:
    session.expire_all()
    return session.get_one(CardState, (learner.id, card.id))


def events(session: Session, learner: Viewer) -> list[Event]:
    session.expire_all()
    return list(session.scalars(select(Event).where(Event.user_id == learner.id).order_by(Event.id)))


def test_an_answer_is_one_event_with_its_facts_and_the_state_they_give(
    session: Session, learner: Viewer, card: Card
) -> None:
    answered = give(session, learner, card, 5, key="key-one-of-many")
    [event] = events(session, learner)
    assert (event.id, event.kind, event.grade, event.card_id) == (answered.event_id, "review", 5, card.id)
    assert (event.answered_at, event.received_at, event.study_day) == (NOW, NOW, TODAY)
    assert (event.zone, event.rollover_hour, event.elapsed_ms, event.device) == ("UTC", 4, 4000, "Test")
    assert (event.live, event.counted, event.was_due, event.lapse) == (True, True, False, False)
    assert (event.interval_before, event.interval_after, event.due_after) == (None, 1, TODAY + DAY)
    kept = state(session, learner, card)
    assert (kept.version, kept.ease, kept.repetitions, kept.interval) == (1, 260, 1, 1)
    assert (kept.due, kept.last_study_day, kept.repeat_from, kept.reviews) == (TODAY + DAY, TODAY, None, 1)


def test_a_grade_below_four_has_the_card_wait_and_its_repeat_changes_nothing_else(
    session: Session, learner: Viewer, card: Card
) -> None:
    give(session, learner, card, 1)
    waits = state(session, learner, card)
    assert (waits.repeat_from, waits.repeat_step, waits.repeat_day) == (NOW, 0, TODAY)
    before = (waits.ease, waits.repetitions, waits.interval, waits.due)
    give(session, learner, card, 4, now=NOW + timedelta(minutes=12), version=1)
    kept = state(session, learner, card)
    assert (kept.ease, kept.repetitions, kept.interval, kept.due) == before
    assert (kept.repeat_from, kept.version, kept.reviews) == (None, 2, 2)
    assert [event.counted for event in events(session, learner)] == [True, False]


def test_a_page_left_open_counts_as_a_minute(session: Session, learner: Viewer, card: Card) -> None:
    give(session, learner, card, 4, elapsed_ms=3_600_000)
    assert events(session, learner)[0].elapsed_ms == 60_000


def test_the_same_key_gives_the_same_answer_and_writes_nothing(session: Session, learner: Viewer, card: Card) -> None:
    first = give(session, learner, card, 3, key="the-same-key", elapsed_ms=10)
    again = give(session, learner, card, 3, key="the-same-key", elapsed_ms=999)
    assert (again.event_id, again.again) == (first.event_id, True)
    assert len(events(session, learner)) == 1


def test_the_same_key_for_something_else_is_refused(session: Session, learner: Viewer, deck: Deck, card: Card) -> None:
    other = make_card(session, deck)
    give(session, learner, card, 3, key="the-same-key", version=0)
    session.commit()
    for another, grade, version in ((card, 4, 0), (other, 3, 0), (card, 3, 1)):
        with pytest.raises(KeyReused):
            give(session, learner, another, grade, key="the-same-key", version=version)
        session.rollback()
    assert len(events(session, learner)) == 1


def test_keys_of_different_learners_do_not_meet(session: Session, learner: Viewer, deck: Deck, card: Card) -> None:
    other = make_user(session)
    choose(session, other, deck)
    session.commit()
    give(session, learner, card, 4, key="the-same-key")
    assert give(session, viewer_of(other), card, 5, key="the-same-key").again is False


def test_a_stale_card_is_refused_with_its_present_version(session: Session, learner: Viewer, card: Card) -> None:
    give(session, learner, card, 1)
    with pytest.raises(StaleCard) as error:
        give(session, learner, card, 4, version=0)
    session.rollback()
    assert error.value.version == 1
    assert len(events(session, learner)) == 1


def test_what_is_not_asked_is_not_answered(session: Session, learner: Viewer, deck: Deck) -> None:
    draft = make_card(session, deck, answer="")
    archived = make_card(session, deck, archived_at=NOW, archived_reason="source")
    joined = make_card(session, deck, merged_into_id=draft.id)
    elsewhere = make_card(session, make_deck(session))
    session.commit()
    for card, why in ((draft, "draft"), (archived, "archived"), (joined, "archived"), (elsewhere, "unchosen")):
        with pytest.raises(NotAsked) as error:
            give(session, learner, card)
        session.rollback()
        assert error.value.why == why
    assert events(session, learner) == []


def test_a_card_that_may_not_be_read_is_as_unknown_as_none(session: Session, learner: Viewer) -> None:
    hidden = make_card(session, make_deck(session, visibility="group"))
    gone = make_card(session, make_deck(session, archived_at=NOW))
    session.commit()
    for card in (hidden, gone, Card(guid="0" * 16)):
        with pytest.raises(UnknownCard):
            give(session, learner, card)
        session.rollback()


def test_a_deck_that_was_closed_to_a_learner_who_studies_it_takes_no_answers(
    session: Session, learner: Viewer, deck: Deck, card: Card
) -> None:
    deck.archived_at = NOW
    session.commit()
    with pytest.raises(NotAsked):
        give(session, learner, card)
    session.rollback()
    deck.archived_at, deck.visibility = None, "group"
    session.commit()
    with pytest.raises(UnknownCard):
        give(session, learner, card)
    session.rollback()


def test_a_study_day_is_never_before_the_cards_last_one(session: Session, learner: Viewer, card: Card) -> None:
    east = viewer_of_zone(learner, "Pacific/Kiritimati")
    west = viewer_of_zone(learner, "Pacific/Pago_Pago")
    give(session, east, card, 4)
    give(session, west, card, 5, version=1, now=NOW + timedelta(hours=1))
    assert [(event.study_day, event.counted) for event in events(session, learner)] == [(TODAY, True), (TODAY, False)]


def viewer_of_zone(learner: Viewer, zone: str) -> Viewer:
    return Viewer(**{name: getattr(learner, name) for name in Viewer.__slots__} | {"zone": zone})


def test_a_clock_set_back_does_not_put_an_answer_before_the_last(session: Session, learner: Viewer, card: Card) -> None:
    give(session, learner, card, 1)
    give(session, learner, card, 4, version=1, now=NOW - timedelta(minutes=5))
    assert state(session, learner, card).repeat_from is None


def test_answers_between_grade_and_due_day_follow_sm2_over_days(session: Session, learner: Viewer, card: Card) -> None:
    give(session, learner, card, 5)
    give(session, learner, card, 5, version=1, now=NOW + DAY)
    give(session, learner, card, 4, version=2, now=NOW + 7 * DAY)
    kept = state(session, learner, card)
    assert (kept.ease, kept.interval, kept.due) == (270, 17, TODAY + 24 * DAY)
    assert [event.was_due for event in events(session, learner)] == [False, True, True]


def test_undo_gives_the_state_back_and_takes_the_card_up_again(session: Session, learner: Viewer, card: Card) -> None:
    give(session, learner, card, 5)
    before = state(session, learner, card)
    kept = (before.ease, before.repetitions, before.interval, before.due, before.reviews)
    lapsed = give(session, learner, card, 1, version=1, now=NOW + DAY)
    undone = service.undo(session, viewer=learner, event=lapsed.event_id, now=NOW + DAY)
    session.commit()
    after = state(session, learner, card)
    assert undone.card_guid == card.guid
    assert (after.ease, after.repetitions, after.interval, after.due, after.reviews) == kept
    assert (after.version, after.repeat_from) == (3, None)
    assert [(event.kind, event.live) for event in events(session, learner)][1:] == [("review", False), ("void", True)]
    assert [item.card_id for item in today_plan(session, learner, NOW + DAY).plan.reviews] == [card.id]


def test_undoing_twice_is_undoing_once(session: Session, learner: Viewer, card: Card) -> None:
    answered = give(session, learner, card, 5)
    for _ in range(2):
        service.undo(session, viewer=learner, event=answered.event_id, now=NOW)
        session.commit()
    assert len(events(session, learner)) == 2
    assert state(session, learner, card).due is None


def test_an_answer_with_a_later_one_is_not_undone(session: Session, learner: Viewer, card: Card) -> None:
    first = give(session, learner, card, 1)
    give(session, learner, card, 4, version=1)
    with pytest.raises(NotLast):
        service.undo(session, viewer=learner, event=first.event_id, now=NOW)


def test_the_last_answer_of_all_is_undone_by_name_or_as_the_last(session: Session, learner: Viewer, deck: Deck) -> None:
    cards = list(session.scalars(select(Card).where(Card.deck_id == deck.id)))
    for card in cards:
        give(session, learner, card)
    assert today_plan(session, learner, NOW).plan.counts.total == 0
    assert service.undo(session, viewer=learner, event="last", now=NOW).card_guid == cards[-1].guid
    session.commit()
    assert today_plan(session, learner, NOW).plan.counts.new == 1


def test_redo_puts_the_answer_back_until_something_else_happens(session: Session, learner: Viewer, card: Card) -> None:
    answered = give(session, learner, card, 5)
    service.undo(session, viewer=learner, event=answered.event_id, now=NOW)
    for _ in range(2):
        service.redo(session, viewer=learner, event=answered.event_id, now=NOW)
        session.commit()
    assert (state(session, learner, card).due, len(events(session, learner))) == (TODAY + DAY, 3)
    service.undo(session, viewer=learner, event=answered.event_id, now=NOW)
    session.commit()
    give(session, learner, card, 4, version=4)
    with pytest.raises(NotLast):
        service.redo(session, viewer=learner, event=answered.event_id, now=NOW)


def test_nobody_undoes_what_another_learner_did(session: Session, learner: Viewer, card: Card) -> None:
    answered = give(session, learner, card)
    with pytest.raises(UnknownEvent):
        service.undo(session, viewer=make_learner(session), event=answered.event_id, now=NOW)


def test_asking_again_makes_the_card_due_for_those_who_learned_it(
    session: Session, learner: Viewer, deck: Deck
) -> None:
    learned, failed, unseen = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position))
    give(session, learner, learned, 5)
    give(session, learner, learned, 5, version=1, now=NOW + DAY)
    give(session, learner, failed, 1, now=NOW + DAY)
    later = NOW + 3 * DAY
    assert [service.ask_again(session, card_id=card.id, now=later) for card in (learned, failed, unseen)] == [1, 0, 0]
    session.commit()
    kept = state(session, learner, learned)
    assert (kept.due, kept.interval, kept.repetitions, kept.version) == (TODAY + 3 * DAY, 6, 2, 3)
    assert learned.id in [item.card_id for item in today_plan(session, learner, later).plan.reviews]
    asked = events(session, learner)[-1]
    assert (asked.kind, asked.reason, asked.chosen_due) == ("reschedule", "asked", TODAY + 3 * DAY)


def test_the_log_of_a_joined_card_counts_for_the_one_it_was_joined_to(
    session: Session, learner: Viewer, deck: Deck
) -> None:
    old, new, _ = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position))
    give(session, learner, old, 5)
    old.merged_into_id, old.archived_at, old.archived_reason = new.id, NOW, "source"
    session.commit()
    service.replay_card(session, learner.id, new.id)
    session.commit()
    give(session, learner, new, 5, version=state(session, learner, new).version, now=NOW + DAY)
    kept = state(session, learner, new)
    assert (kept.repetitions, kept.interval, kept.version) == (2, 6, 2)


def test_what_a_button_promises_is_what_is_stored(session: Session, learner: Viewer, card: Card) -> None:
    now, version = NOW, 0
    for grade in (3, 4, 1, 5, 0, 4, 5, 2, 4):
        page = screen(session, learner, now=now, card=card.guid)
        assert page.question is not None
        assert page.question.guid == card.guid
        promised = page.question.outcomes[Grade(grade)]
        version = give(session, learner, card, grade, version=version, now=now).version
        kept = state(session, learner, card)
        assert promised.again == (kept.repeat_from is not None)
        assert promised.due == kept.due
        if promised.interval is not None:
            assert promised.interval == kept.interval
        if not promised.again and kept.due is not None:
            now = datetime.combine(kept.due, NOW.time(), UTC)


def test_a_days_limits_hold_over_all_decks(session: Session, deck: Deck) -> None:
    second = make_deck(session, cards=3)
    user = make_user(session, new_per_day=4)
    choose(session, user, deck, second)
    session.commit()
    learner = viewer_of(user)
    counts = today_plan(session, learner, NOW).plan.by_deck()
    assert [counts[deck.id].new, counts[second.id].new] == [2, 2]
    card = session.scalars(select(Card).where(Card.deck_id == deck.id)).first()
    assert card is not None
    give(session, learner, card, 5)
    today = today_plan(session, learner, NOW)
    assert (today.plan.counts.new, today.answered()) == (3, 1)
    assert today_plan(session, learner, NOW + DAY).plan.counts.new == 4


def test_only_chosen_decks_bring_cards(session: Session, learner: Viewer, deck: Deck) -> None:
    make_deck(session, cards=2)
    archived = make_deck(session, cards=2, archived_at=NOW)
    choose(session, make_user(session), archived)
    session.commit()
    assert set(today_plan(session, learner, NOW).plan.by_deck()) == {deck.id}


def test_a_waiting_card_comes_after_its_ten_minutes_or_when_nothing_else_is_left(
    session: Session, learner: Viewer, deck: Deck
) -> None:
    first, second, third = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position))
    give(session, learner, first, 1)
    soon, late = NOW + timedelta(minutes=9), NOW + timedelta(minutes=10)
    assert asked(session, learner, soon) == second.guid
    assert asked(session, learner, late) == first.guid
    give(session, learner, second, 5, now=soon)
    give(session, learner, third, 5, now=soon)
    assert asked(session, learner, soon) == first.guid
    assert today_plan(session, learner, NOW + DAY).plan.counts.waiting == 0


def asked(session: Session, learner: Viewer, now: datetime) -> str | None:
    question = screen(session, learner, now=now).question
    return question.guid if question else None


def test_the_session_counts_each_card_once(session: Session, learner: Viewer, deck: Deck) -> None:
    first, *_ = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position))
    assert progress(session, learner) == (0, 3)
    give(session, learner, first, 1)
    assert progress(session, learner) == (0, 3)
    give(session, learner, first, 3, version=1)
    assert progress(session, learner) == (0, 3)
    give(session, learner, first, 4, version=2)
    assert progress(session, learner) == (1, 3)


def progress(session: Session, learner: Viewer) -> tuple[int, int]:
    page = screen(session, learner, now=NOW)
    return page.done, page.total


def test_event_ids_rise_within_a_learner(session: Session, learner: Viewer, deck: Deck) -> None:
    for card in session.scalars(select(Card).where(Card.deck_id == deck.id)).all():
        give(session, learner, card)
    assert [event.id for event in events(session, learner)] == [1, 2, 3]
    assert session.scalar(select(func.count()).select_from(CardState)) == 3
