"""SM-2, exactly: the vectors, and each rule on its own."""

import copy
import json
import pickle
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.sm2 import due_after, preview, review
from app.scheduling.state import GRADES, MAX_INTERVAL, Grade, MemoryState, Stage

DAY = date(2026, 3, 1)
VECTORS = json.loads((Path(__file__).parents[2] / "data" / "sm2_vectors.json").read_text("utf-8"))["vectors"]

states = st.builds(
    MemoryState,
    ease=st.integers(130, 1000),
    repetitions=st.integers(0, 50),
    interval=st.integers(1, MAX_INTERVAL),
    due=st.dates(),
    lapses=st.integers(0, 50),
)
grades = st.sampled_from(GRADES)


def learned(*, ease: int = 250, repetitions: int = 3, interval: int = 15, lapses: int = 0) -> MemoryState:
    return MemoryState(ease, repetitions, interval, DAY, lapses)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_agrees_with_the_reference_vector(vector: dict[str, Any]) -> None:
    state, day = MemoryState.new(), DAY
    for step in vector["steps"]:
        grade = Grade(step["q"])
        state = review(state, grade, day)
        ease = round(float(step["ef"]) * 100)
        assert (state.ease, state.repetitions, state.interval) == (ease, step["n"], step["interval"])
        assert grade.again_today is step["repeat_same_day"]
        assert state.due == due_after(day, step["interval"])
        day = state.due


def test_a_new_card_has_the_starting_ease_and_no_due_day() -> None:
    assert MemoryState.new() == MemoryState(ease=250, repetitions=0, interval=0, due=None, lapses=0)


@pytest.mark.parametrize(("grade", "ease"), [(0, 250), (1, 250), (2, 250), (3, 236), (4, 250), (5, 260)])
def test_the_grade_moves_the_ease_only_when_passed(grade: int, ease: int) -> None:
    assert review(learned(ease=250), grade, DAY).ease == ease


def test_the_ease_stops_at_its_floor() -> None:
    assert review(learned(ease=135), 3, DAY).ease == 130


def test_intervals_are_one_then_six_then_by_the_new_ease_rounded_up() -> None:
    first = review(MemoryState.new(), 5, DAY)
    second = review(first, 5, DAY)
    third = review(second, 5, DAY)
    assert [first.interval, second.interval, third.interval] == [1, 6, 17]  # 6 × 2.80 = 16.8


def test_an_exact_product_is_not_rounded_up() -> None:
    assert review(learned(ease=290, repetitions=4, interval=50), 5, DAY).interval == 150  # floats give 151


@pytest.mark.parametrize("grade", [0, 1, 2])
def test_a_failed_grade_starts_the_card_again_tomorrow(grade: int) -> None:
    state = review(learned(interval=15, repetitions=3), grade, DAY)
    assert (state.repetitions, state.interval, state.due) == (0, 1, DAY + timedelta(days=1))


def test_forgetting_a_learned_card_is_a_lapse() -> None:
    assert review(learned(lapses=2), 2, DAY).lapses == 3


def test_failing_a_card_that_is_not_learned_is_no_lapse() -> None:
    once = review(MemoryState.new(), 0, DAY)
    assert review(once, 0, DAY).lapses == 0


def test_the_interval_stays_exact_where_the_due_day_is_capped() -> None:
    state = review(learned(interval=30_000, ease=250), 4, DAY)
    assert (state.interval, state.due) == (75_000, DAY + timedelta(days=36_500))


def test_the_interval_stops_at_what_can_be_stored() -> None:
    assert review(learned(interval=MAX_INTERVAL), 5, DAY).interval == MAX_INTERVAL


def test_a_due_day_never_passes_the_last_date() -> None:
    assert review(learned(interval=30_000), 4, date(9999, 12, 1)).due == date.max
    assert review(learned(), 0, date.max).due == date.max


@given(states, grades, st.dates())
def test_every_review_gives_a_valid_state(state: MemoryState, grade: Grade, day: date) -> None:
    after = review(state, grade, day)
    assert after.due is not None
    assert after.due >= day
    assert not after.is_new
    assert after.learned is grade.passed
    assert after.lapses - state.lapses == (state.learned and not grade.passed)


@given(states, st.dates())
def test_better_grades_never_bring_a_card_sooner(state: MemoryState, day: date) -> None:
    intervals = [after.interval for after in preview(state, day).values()]
    assert intervals == sorted(intervals)


@given(states, st.dates())
def test_preview_says_what_review_does(state: MemoryState, day: date) -> None:
    assert preview(state, day) == {grade: review(state, grade, day) for grade in range(6)}


@pytest.mark.parametrize("wrong", [-1, 6, True, False, 4.0, "4", None, b"4"])
def test_what_is_no_grade_is_refused_by_name(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"whole number from 0 to 5, not"):
        Grade(wrong)
    with pytest.raises(ValueError, match=r"whole number from 0 to 5, not"):
        review(MemoryState.new(), wrong, DAY)


def test_an_instant_is_no_study_day() -> None:
    with pytest.raises(TypeError, match="is a date, not the instant"):
        review(MemoryState.new(), 4, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize("q", range(6))
def test_a_grade_is_its_number(q: int) -> None:
    grade = Grade(q)
    assert (grade == q, grade.passed, grade.again_today) == (True, q >= 3, q < 4)
    assert (str(grade), f"{grade}", json.dumps(grade), repr(grade)) == (str(q), str(q), str(q), f"Grade({q})")
    assert pickle.loads(pickle.dumps(grade)) == copy.deepcopy(grade) == grade


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (MemoryState.new(), Stage.NEW),
        (MemoryState(250, 0, 1, DAY, 0), Stage.LEARNING),
        (MemoryState(250, 1, 20, DAY, 0), Stage.YOUNG),
        (MemoryState(250, 1, 21, DAY, 0), Stage.MATURE),
    ],
)
def test_each_state_is_in_one_stage(state: MemoryState, stage: Stage) -> None:
    assert state.stage is stage
    flags = [state.is_new, not state.is_new and not state.learned, state.young, state.mature]
    assert flags == [stage is one for one in (Stage.NEW, Stage.LEARNING, Stage.YOUNG, Stage.MATURE)]


def test_eight_lapses_make_a_leech() -> None:
    assert not learned(lapses=7).leech
    assert learned(lapses=8).leech


@pytest.mark.parametrize(
    "values",
    [(129, 0, 0, None, 0), (250, -1, 0, None, 0), (250, 0, -1, DAY, 0), (250, 0, 0, None, -1), (250, 1, 1, None, 0),
     (250, 1, 0, DAY, 0), (250, 0, MAX_INTERVAL + 1, DAY, 0)],
)  # fmt: skip
def test_a_state_that_contradicts_itself_is_refused(values: tuple[int, int, int, date | None, int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        MemoryState(*values)


def test_a_state_takes_no_instant_for_its_due_day() -> None:
    with pytest.raises(TypeError, match="is a study day"):
        MemoryState(250, 1, 1, datetime(2026, 3, 1, tzinfo=UTC), 0)
