"""Splitting and joining cards on their pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Card
from tests.builders import make_deck
from tests.functional.admin.conftest import hidden, post


@pytest.fixture
def cards(session: Session) -> list[Card]:
    make_deck(session, slug="ai", cards=3)
    session.commit()
    return list(session.scalars(select(Card).order_by(Card.position)))


def asked(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Card.question).where(Card.archived_at.is_(None)).order_by(Card.position)))


def test_a_card_is_split_once_however_often_it_is_sent(
    editor: FlaskClient, session: Session, cards: list[Card]
) -> None:
    path = f"/edit/cards/{cards[0].guid}/split"
    values = {
        "question": "A?",
        "answer": "a",
        "second_question": "B?",
        "second_answer": "b",
        "history": "second",
        "version": hidden(editor.get(path).text, "version"),
    }
    assert post(editor, path, values).status_code == 303
    assert asked(session) == ["A?", "B?", "Question 2?", "Question 3?"]
    assert session.get_one(Card, cards[0].id).question == "B?"
    assert post(editor, path, values).status_code == 409
    assert len(asked(session)) == 4


def test_a_half_without_a_question_is_asked_for_and_nothing_is_lost(editor: FlaskClient, cards: list[Card]) -> None:
    path = f"/edit/cards/{cards[0].guid}/split"
    page = post(editor, path, {"question": "A?", "answer": "Typed.", "second_question": " ", "history": "first"})
    assert page.status_code == 422
    assert "Typed.</textarea>" in page.text
    assert "Enter a question." in page.text


@pytest.mark.parametrize("what", ["split", "join?number=2"])
def test_what_a_colleague_saved_meanwhile_costs_nothing_that_was_typed(
    editor: FlaskClient, colleague: FlaskClient, session: Session, cards: list[Card], what: str
) -> None:
    path = f"/edit/cards/{cards[0].guid}"
    values = {"answer": "Typed.", "second_question": "B?", "history": "first", "lives": "first", "question": "A?"}
    carried = {"version": "1", "other_version": "1"}
    post(colleague, path, {"question": "Theirs?", "answer": "Theirs."})

    page = post(editor, f"{path}/{what}", values | carried)
    assert page.status_code == 409
    assert "Your text is safe here" in page.text
    assert "Typed.</textarea>" in page.text
    assert asked(session)[0] == "Theirs?"
    assert post(
        editor, f"{path}/{what}", values | {"version": hidden(page.text, "version"), "other_version": "1"}
    ).location
    assert asked(session)[0] == "A?"


def test_two_are_joined_and_parted_again(editor: FlaskClient, session: Session, cards: list[Card]) -> None:
    path = f"/edit/cards/{cards[0].guid}/join?number=3"
    page = editor.get(path).text
    assert "Answer 1.\n\nAnswer 3.</textarea>" in page
    values = {name: hidden(page, name) for name in ("version", "other_version")}
    done = post(editor, path, values | {"question": "Both?", "answer": "Both.", "lives": "second"})
    assert done.location == f"/edit/cards/{cards[2].guid}"
    assert asked(session) == ["Question 2?", "Both?"]
    page = editor.get(done.location).text
    assert "Part them again" in page
    assert editor.get(f"/edit/cards/{cards[0].guid}").status_code == 404
    parted = post(editor, f"{done.location}/part", {"other": cards[0].guid}, form=done.location)
    assert parted.location == f"/edit/cards/{cards[0].guid}"
    assert asked(session) == ["Question 1?", "Question 2?", "Both?"]
    again = post(editor, f"{done.location}/part", {"other": cards[0].guid}, form=done.location)
    assert again.status_code == 404


@pytest.mark.parametrize("number", ["1", "0", "4", "x", "-1", "99999999", "²"])
def test_a_number_that_names_no_other_card_is_refused_with_a_way_back(
    editor: FlaskClient, cards: list[Card], number: str
) -> None:
    page = editor.get(f"/edit/cards/{cards[0].guid}/join?number={number}")
    assert page.status_code == 409
    assert "Enter the number of another question" in page.text
    assert editor.get(f"/edit/cards/{cards[0].guid}/join").status_code == 302
