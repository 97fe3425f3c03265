"""What a card's log comes to: first grades and repeats, undo, reschedules, seeds, and answers that arrive late."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.replay import BrokenLog, Event, EventKind, Projection, replay
from app.scheduling.sm2 import review
from app.scheduling.state import GRADES, Grade, MemoryState

FIRST = date(2026, 3, 1)
MORNING = datetime(2026, 3, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


class Log:
    """Writes a card's events, a minute apart, on day 0, 1, 2 … of a learner in UTC."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._ids = count(1)

    def _add(self, kind: EventKind, on: int, at: datetime | None, **said: Any) -> int:
        number = next(self._ids)
        instant = at or MORNING + timedelta(days=on) + number * MINUTE
        self.events.append(Event(number, kind, instant, day(on), **said))
        return number

    def grade(self, q: int, *, on: int = 0, at: datetime | None = None) -> int:
        return self._add(EventKind.REVIEW, on, at, grade=Grade(q))

    def void(self, target: int, *, on: int = 0) -> int:
        return self._add(EventKind.VOID, on, None, target=target)

    def reschedule(self, due: int, *, on: int = 0) -> int:
        return self._add(EventKind.RESCHEDULE, on, None, due=day(due), reason="postpone")

    def seed(self, state: MemoryState | None, *, on: int = 0) -> int:
        return self._add(EventKind.SEED, on, None, seed=state)

    def at(self, number: int) -> datetime:
        return self.events[number - 1].answered_at

    @property
    def now(self) -> Projection:
        return replay(self.events)


@pytest.fixture
def log() -> Log:
    return Log()


def graded(*by_day: tuple[int, int]) -> MemoryState:
    """The state after these (day, grade), each a first of its day."""
    state = MemoryState.new()
    for on, q in by_day:
        state = review(state, q, day(on))
    return state


def test_no_events_are_a_new_card() -> None:
    assert replay([]) == Projection.empty()
    assert replay([]).state == MemoryState.new()


# The first grade of a day, and its repeats


def test_the_first_grade_of_each_day_makes_the_state(log: Log) -> None:
    log.grade(4, on=0)
    log.grade(5, on=1)
    log.grade(2, on=7)
    assert log.now.state == graded((0, 4), (1, 5), (7, 2))
    assert (log.now.last_study_day, log.now.reviews) == (day(7), 3)


def test_repeats_of_the_day_change_nothing(log: Log) -> None:
    first = log.grade(1)
    repeats = [log.grade(3), log.grade(5)]
    assert log.now.state == graded((0, 1))
    assert log.now.reviews == 3
    assert log.now.facts[first].counted
    for repeat in repeats:
        facts = log.now.facts[repeat]
        assert (facts.live, facts.counted, facts.before == facts.after, facts.was_due) == (True, False, True, False)


@pytest.mark.parametrize("q", [0, 1, 2, 3])
def test_below_four_the_card_waits_to_be_repeated_that_day(log: Log, q: int) -> None:
    first = log.grade(q)
    assert (log.now.repeat_from, log.now.repeat_day) == (log.at(first), day(0))
    assert log.now.repeat_at(day(0), [5 * MINUTE]) == log.at(first) + 5 * MINUTE


def test_it_waits_until_graded_four_or_five(log: Log) -> None:
    log.grade(1)
    second = log.grade(3)
    assert log.now.repeat_from == log.at(second)
    log.grade(4)
    assert log.now.repeat_at(day(0)) is None
    assert log.now.repeat_day is None


def test_waiting_lapses_at_rollover(log: Log) -> None:
    log.grade(1)
    assert log.now.repeat_at(day(1)) is None


def test_a_good_first_grade_needs_no_repeat(log: Log) -> None:
    log.grade(4)
    assert log.now.repeat_from is None


def test_an_extra_grade_below_four_makes_it_wait_though_it_counts_for_nothing(log: Log) -> None:
    log.grade(5)
    extra = log.grade(2)
    assert log.now.state == graded((0, 5))
    assert log.now.repeat_from == log.at(extra)


def test_a_grade_says_beforehand_whether_it_counts(log: Log) -> None:
    assert log.now.counts(day(0))
    log.grade(4)
    assert [log.now.counts(day(n)) for n in (-1, 0, 1)] == [False, False, True]


def test_a_day_before_the_cards_last_one_is_a_repeat(log: Log) -> None:
    log.grade(4, on=1, at=MORNING)
    log.grade(1, on=0, at=MORNING + MINUTE)  # flew over the date line
    assert log.now.state == graded((1, 4))
    assert log.now.repeat_day == day(1)


def test_a_lapse_is_a_fact_of_the_grade_that_made_it(log: Log) -> None:
    log.grade(4)
    missed = log.grade(0, on=1)
    log.grade(0, on=2)
    assert [number for number, facts in log.now.facts.items() if facts.lapse] == [missed]


def test_only_a_due_card_counts_for_retention(log: Log) -> None:
    new = log.grade(4, on=0)
    due = log.grade(4, on=1)
    early = log.grade(4, on=2)
    overdue = log.grade(4, on=40)
    assert [log.now.facts[number].was_due for number in (new, due, early, overdue)] == [False, True, False, True]


# Undo and redo


def test_undo_takes_the_last_grade_back(log: Log) -> None:
    log.grade(4)
    before = log.now
    grade = log.grade(1, on=1)
    void = log.void(grade, on=1)
    assert replace(log.now, facts={}) == replace(before, facts={})
    assert not log.now.facts[grade].live
    assert log.now.facts[void].live


def test_redo_voids_the_void(log: Log) -> None:
    grade = log.grade(2)
    before = log.now
    void = log.void(grade)
    log.void(void)
    assert replace(log.now, facts={}) == replace(before, facts={})
    assert log.now.facts[grade] == before.facts[grade]
    assert not log.now.facts[void].live


def test_undo_of_the_first_grade_makes_the_next_repeat_the_one_that_counts(log: Log) -> None:
    first = log.grade(1)
    repeat = log.grade(5)
    log.void(first)
    assert log.now.state == graded((0, 5))
    assert log.now.facts[repeat].counted
    assert not log.now.facts[first].counted


def test_undo_of_a_repeat_brings_the_waiting_back(log: Log) -> None:
    first = log.grade(1)
    log.void(log.grade(4))
    assert (log.now.repeat_from, log.now.repeat_day) == (log.at(first), day(0))


def test_undoing_everything_leaves_a_new_card(log: Log) -> None:
    log.void(log.grade(4))
    assert replace(log.now, facts={}) == Projection(MemoryState.new(), None, None, None, None, 0, None, {})


def test_two_voids_of_one_event_need_both_to_be_voided(log: Log) -> None:
    grade = log.grade(4)
    one, two = log.void(grade), log.void(grade)
    log.void(one)
    assert not log.now.facts[grade].live
    log.void(two)
    assert log.now.facts[grade].live


def test_the_last_live_event_is_the_one_to_undo(log: Log) -> None:
    first, second = log.grade(4), log.grade(4, on=1)
    assert log.now.last_live == second
    log.void(second, on=1)
    assert log.now.last_live == first
    log.void(first, on=1)
    assert log.now.last_live is None


# Other due days, other beginnings


def test_a_reschedule_changes_the_due_day_and_nothing_else(log: Log) -> None:
    log.grade(4)
    log.grade(4, on=1)
    before = log.now.state
    log.reschedule(3, on=1)
    assert log.now.state == replace(before, due=day(3))


def test_a_reschedule_does_not_end_the_waiting(log: Log) -> None:
    first = log.grade(1)
    log.reschedule(4)
    assert log.now.repeat_from == log.at(first)


def test_a_card_already_reviewed_that_day_is_asked_again_on_the_next(log: Log) -> None:
    log.grade(4)
    log.grade(4, on=1)
    log.reschedule(0, on=1)
    assert log.now.state.due == day(2)


def test_a_card_can_be_asked_again_today_when_it_was_not_reviewed_today(log: Log) -> None:
    log.grade(4)
    log.grade(4, on=1)
    log.reschedule(3, on=3)
    again = log.grade(4, on=3)
    assert log.now.facts[again].counted
    assert log.now.facts[again].was_due


def test_a_new_card_has_no_due_day_to_change(log: Log) -> None:
    log.reschedule(3)
    assert log.now.state == MemoryState.new()


def test_a_seed_of_nothing_starts_over_even_on_the_same_day(log: Log) -> None:
    log.grade(4)
    log.grade(1, on=1)
    log.seed(None, on=1)
    assert (log.now.state, log.now.repeat_from, log.now.last_study_day) == (MemoryState.new(), None, None)
    log.grade(5, on=1)
    assert log.now.state == graded((1, 5))


def test_a_seed_brings_a_state_from_elsewhere(log: Log) -> None:
    brought = MemoryState(ease=210, repetitions=4, interval=30, due=day(2), lapses=3)
    log.seed(brought)
    assert log.now.state == brought
    log.grade(4, on=2)
    assert log.now.state == review(brought, 4, day(2))


def test_starting_over_can_be_undone(log: Log) -> None:
    log.grade(4)
    before = log.now.state
    log.void(log.seed(None))
    assert log.now.state == before


# Late answers and joined cards


def test_a_late_answer_takes_its_place_in_time(log: Log) -> None:
    here = log.grade(5, at=MORNING + 60 * MINUTE)
    offline = log.grade(2, at=MORNING)
    assert log.now.state == graded((0, 2))
    assert log.now.facts[offline].counted
    assert not log.now.facts[here].counted
    assert log.now.repeat_from is None


def test_a_late_answer_becomes_a_repeat(log: Log) -> None:
    log.grade(5, at=MORNING)
    offline = log.grade(2, at=MORNING + 60 * MINUTE)
    assert not log.now.facts[offline].counted
    assert log.now.repeat_from == log.at(offline)


def test_of_one_instant_the_lower_id_comes_first(log: Log) -> None:
    first, second = log.grade(5, at=MORNING), log.grade(1, at=MORNING)
    assert (log.now.facts[first].counted, log.now.facts[second].counted) == (True, False)


def test_joined_cards_have_one_history(log: Log) -> None:
    other = Log()
    other._ids = count(100)
    log.grade(4, on=0)
    other.grade(1, on=0, at=MORNING + 300 * MINUTE)
    other.grade(4, on=1)
    log.grade(5, on=7)
    assert replay(log.events + other.events).state == graded((0, 4), (1, 4), (7, 5))


# Logs that cannot be


@pytest.mark.parametrize("target", [2, 3, 99])
def test_a_void_names_an_earlier_event(log: Log, target: int) -> None:
    log.grade(4)
    log.void(target)
    log.grade(4)
    with pytest.raises(BrokenLog, match=rf"Event 2 undoes event {target}, which is no earlier event") as caught:
        replay(log.events)
    assert caught.value.event_id == 2


def test_an_id_comes_once(log: Log) -> None:
    log.grade(4)
    with pytest.raises(BrokenLog, match="Event 1 is in the log twice"):
        replay([*log.events, *log.events])


@pytest.mark.parametrize(
    ("kind", "lacks"), [(EventKind.REVIEW, "grade"), (EventKind.VOID, "target"), (EventKind.RESCHEDULE, "due")]
)
def test_an_event_has_what_its_kind_needs(kind: EventKind, lacks: str) -> None:
    with pytest.raises(BrokenLog, match=f"Event 7 is a {kind} without its {lacks}"):
        Event(7, kind, MORNING, FIRST)


def test_an_event_has_an_instant() -> None:
    with pytest.raises(BrokenLog, match="Event 7 has an instant without an offset"):
        Event(7, EventKind.REVIEW, datetime(2026, 3, 1), FIRST, grade=Grade(4))


# Of any log


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    log, on = Log(), 0
    for _ in range(draw(st.integers(0, 25))):
        on += draw(st.sampled_from([0, 0, 1, 6]))
        moves = ["grade", "grade", "grade", "reschedule", "seed"] + ["void"] * bool(log.events)
        match draw(st.sampled_from(moves)):
            case "grade":
                late = draw(st.one_of(st.none(), st.integers(0, 5000)))
                at = None if late is None else MORNING + timedelta(days=on) - late * MINUTE
                log.grade(draw(st.sampled_from(GRADES)), on=on, at=at)
            case "reschedule":
                log.reschedule(on + draw(st.integers(-3, 10)), on=on)
            case "seed":
                log.seed(draw(st.sampled_from([None, graded((0, 4), (1, 4))])), on=on)
            case "void":
                log.void(draw(st.integers(1, len(log.events))), on=on)
    return log.events


@given(logs(), st.randoms())
def test_the_order_events_are_handed_in_does_not_matter(events: list[Event], chance: random.Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert replay(shuffled) == replay(events)


@given(logs())
def test_what_was_undone_leaves_no_trace(events: list[Event]) -> None:
    whole = replay(events)
    live = [event for event in events if whole.facts[event.id].live and event.kind is not EventKind.VOID]
    kept = replay(live)
    assert replace(kept, facts={}) == replace(whole, facts={})
    assert all(kept.facts[event.id] == whole.facts[event.id] for event in live)


@given(logs(), st.data())
def test_void_and_redo_of_any_event_restore_everything(events: list[Event], data: st.DataObject) -> None:
    if not events:
        return
    before, last = replay(events), events[-1]
    target = data.draw(st.sampled_from(events)).id
    at = last.answered_at + timedelta(days=1)
    void = Event(last.id + 1, EventKind.VOID, at, last.study_day, target=target)
    redo = Event(last.id + 2, EventKind.VOID, at, last.study_day, target=void.id)
    after = replay([*events, void, redo])
    assert replace(after, facts={}) == replace(before, facts={})
    assert {number: after.facts[number] for number in before.facts} == before.facts


@given(logs())
def test_the_facts_of_a_log_agree_with_each_other(events: list[Event]) -> None:
    projection = replay(events)
    in_order = sorted(events, key=lambda event: (event.answered_at, event.id))
    state = MemoryState.new()
    for event in in_order:
        facts = projection.facts[event.id]
        assert facts.before == state
        state = facts.after
        if facts.counted and event.grade is not None:
            assert facts.after == review(facts.before, event.grade, event.study_day)
        elif event.kind in (EventKind.REVIEW, EventKind.VOID) or not facts.live:
            assert facts.after == facts.before
        assert facts.live or not facts.counted
        assert facts.counted or not (facts.lapse or facts.was_due)
    assert projection.state == state


@given(logs())
def test_a_card_is_never_due_on_a_day_it_was_reviewed(events: list[Event]) -> None:
    now = replay(events)
    if now.last_study_day is not None:
        assert not now.state.is_due(now.last_study_day)


@given(st.lists(st.sampled_from(GRADES), max_size=8), st.lists(st.sampled_from(GRADES), max_size=8))
def test_dropping_repeats_gives_the_same_state(first: list[Grade], second: list[Grade]) -> None:
    log, firsts = Log(), Log()
    for on, day_grades in enumerate([first, second]):
        for q in day_grades:
            log.grade(q, on=on)
        for q in day_grades[:1]:
            firsts.grade(q, on=on)
    assert log.now.state == firsts.now.state
