"""A study page filled into a kept shape says, byte for byte, what its template says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask, g, render_template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.content.document import Option
from app.scheduling.state import GRADES, Grade
from app.study.asking import Screen
from app.study.notes import NONE, Written
from app.study.queries import ChosenDeck
from app.study.question import FOUR, Outcome, Past, Question
from app.study.scopes import Scope
from app.study.views.shapes import TEMPLATE, session_part
from app.web.moulds import Hole, Moulds, Shaped
from app.web.sessions import Viewer

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
PERSON = Viewer(
    id=1,
    guid="a",
    email="ada@example.org",
    rank=1,
    zone="UTC",
    rollover_hour=4,
    new_per_day=20,
    reviews_per_day=200,
    grade_scale="four",
    type_answer=False,
    shortcuts=True,
    theme="system",
    session_id=1,
    signed_in_at=NOW,
)

texts = st.sampled_from(["", "Nets", "<b>\"x\" & 'y'</b>", "Ärger über Öl", "%(n)s {{ x }}"])
html = st.sampled_from(["", "<p>One &amp; <em>two</em></p>", "100 % {{ x }}"])
numbers = st.sampled_from([0, 1, 2, 500])
days = st.sampled_from([TODAY, date(2026, 3, 11), date(2026, 4, 2), date(2025, 1, 1)])
outcomes = st.builds(Outcome, st.booleans(), st.none() | days, st.none() | st.sampled_from([1, 6, 90, 900]))
options = st.lists(st.booleans(), max_size=3).map(
    lambda right: tuple(Option("ABC"[place], "text", yes) for place, yes in enumerate(right))
)
questions = st.builds(
    Question,
    guid=st.sampled_from(["q1", "abc234"]),
    deck=st.builds(ChosenDeck, st.just(1), st.sampled_from(["nets", "größe-1"]), texts),
    number=st.sampled_from([1, 2, 300]),
    standing=st.sampled_from(["due", "new", "again"]),
    title_html=html,
    body_html=html,
    answer_html=html,
    options=options,
    options_html=st.lists(html, min_size=3, max_size=3).map(tuple),
    tags=st.sampled_from([(), ("a b",), ("x&y", "ü/?")]),
    version=numbers,
    outcomes=st.fixed_dictionaries(dict.fromkeys(GRADES, outcomes)),
    past=st.none() | st.builds(Past, st.sampled_from([1, 2, 9]), numbers, st.sampled_from(GRADES), days),
    flagged=st.booleans(),
    lapses=st.sampled_from([0, 1, 8, 12]),
    note=st.sampled_from([NONE, Written("a <b>", "<p>a</p>", 3), Written("only", "", 1)]),
    may_edit=st.booleans(),
)
screens = st.builds(
    Screen,
    study_day=st.just(TODAY),
    scope=st.sampled_from([Scope(), Scope(deck="nets"), Scope(collection="c", tag="x & y"), Scope("nets", only="new")]),
    title=texts,
    question=questions,
    total=st.sampled_from([7, 30]),
    left=st.sampled_from([1, 2, 7]),
    undo=st.none() | st.integers(1, 9),
    redo=st.none() | st.integers(1, 9),
)
people = st.builds(
    lambda typed, scale, keys: replace(PERSON, type_answer=typed, grade_scale=scale, keys=keys),
    st.booleans(),
    st.sampled_from(["four", "six"]),
    st.sampled_from([{}, {"again": "<", "undo": "z"}]),
)


def plainly(page: Screen, person: Viewer, grades: tuple[Grade, ...]) -> str:
    values: dict[str, Any] = {"revealed": False, "notice": "", "marked": None, "typed": "", "chosen": []}
    values |= {"page": page, "person": person, "grades": grades, "key": "k1", "scope": page.scope.address}
    return render_template(TEMPLATE, **values)


def test_a_filled_shape_says_what_the_template_says(app: Flask) -> None:
    """Three pages in a row, so that shapes are used again with other texts in them."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(screens, min_size=1, max_size=3), people)
    def same(pages: list[Screen], person: Viewer) -> None:
        g.viewer = person
        grades = FOUR if person.grade_scale == "four" else GRADES
        for page in pages:
            assert session_part(page, person, grades, "k1") == plainly(page, person, grades)

    with app.test_request_context("/study"):
        same()


def test_a_template_cannot_decide_by_what_is_filled_in_later() -> None:
    hole = Hole("left")
    for decides in (bool, len, list, int, hash, lambda one: one == 1, lambda one: one < 2, lambda one: one + 1):
        with pytest.raises(TypeError):
            decides(hole)
    with pytest.raises(LookupError, match="colour"):
        Shaped(left=hole).colour  # noqa: B018


def test_texts_are_escaped_and_shapes_kept_apart() -> None:
    moulds, hole = Moulds(), Hole("name")
    assert moulds.filled("b", lambda: f"<b>{hole}</b>", {"name": "<&>"}) == "<b>&lt;&amp;&gt;</b>"
    assert moulds.filled("i", lambda: f"<i>{hole}</i>", {"name": "x"}) == "<i>x</i>"
    assert moulds.filled("b", lambda: "never rendered again", {"name": "y"}) == "<b>y</b>"
