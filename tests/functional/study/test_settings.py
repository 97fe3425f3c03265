"""A learner's settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db.models import User
from app.web import clock
from tests.builders import choose, csrf_token, make_card, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of

WISHED: dict[str, Any] = {
    "new_per_day": "7",
    "reviews_per_day": "90",
    "new_order": "first",
    "review_order": "random",
    "learning_steps": "1m 10m",
    "rollover_hour": "3",
    "zone": "Europe/Berlin",
    "grade_scale": "six",
    "theme": "dark",
    "reading_size": "large",
    "measure": "normal",
}


def _signed_in(client: FlaskClient, session: Session) -> User:
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    return user


def _save(client: FlaskClient, **changes: str) -> Any:
    return client.post("/settings", data=WISHED | changes | {"csrf_token": csrf_token(client, "/settings")})


def test_todays_goals_are_on_the_first_page(client: FlaskClient, session: Session) -> None:
    user = _signed_in(client, session)
    deck = make_deck(session)
    choose(session, user, deck)
    card = make_card(session, deck)
    session.commit()
    assert _save(client, goal_cards="2", goal_minutes="1").status_code == 303
    session.refresh(user)
    give(session, viewer_of(user), card, now=clock.now(), elapsed_ms=60_000)
    page = client.get("/").text
    assert "1 of 2 cards today" in page
    assert 'stroke-dasharray="50 100"' in page
    assert "1 of 1 minute today: <strong>goal reached" in page
    assert 'value="2"' in client.get("/settings").text
    assert _save(client, goal_cards="0", goal_minutes="").status_code == 303
    assert "of 2 cards" not in client.get("/").text
    assert "Enter a number from 0 to 999." in _save(client, goal_minutes="-5").text


def test_settings_are_saved_and_shown_again(client: FlaskClient, session: Session) -> None:
    user = _signed_in(client, session)
    answer = _save(client)
    assert (answer.status_code, answer.location) == (303, "/settings")
    session.refresh(user)
    assert (user.new_per_day, user.reviews_per_day, user.rollover_hour) == (7, 90, 3)
    assert (user.new_order, user.review_order, user.learning_steps) == ("first", "random", "1m 10m")
    assert (user.zone, user.grade_scale, user.theme) == ("Europe/Berlin", "six", "dark")
    assert (user.type_answer, user.shortcuts) == (False, False), "what is not ticked is off"
    page = client.get("/settings").text
    assert "Your study settings are saved." in page
    assert '<html lang="en" data-theme="dark" data-size="large">' in page
    assert re.search(r'<option selected value="Europe/Berlin">', page)
    assert re.search(r'<option selected value="3">03:00', page)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("new_per_day", "1000", "Enter a number from 0 to 999."),
        ("new_per_day", "-1", "Enter a number from 0 to 999."),
        ("new_per_day", "", "Enter a number from 0 to 999."),
        ("reviews_per_day", "10000", "Enter a number from 0 to 9999."),
        ("reviews_per_day", "1e3", "Enter a number from 0 to 9999."),
        ("reviews_per_day", "٣", "Enter a number from 0 to 9999."),
        ("rollover_hour", "24", "Choose one of those offered."),
        ("zone", "Mars/Olympus", "Choose one of those offered."),
        ("learning_steps", "", "Enter 1 to 8 steps in minutes or hours"),
        ("learning_steps", "10 min", "Enter 1 to 8 steps in minutes or hours"),
        ("learning_steps", "1m, 10m", "Enter 1 to 8 steps in minutes or hours"),
        ("learning_steps", "0m", "Enter 1 to 8 steps in minutes or hours"),
        ("learning_steps", "13h", "Enter 1 to 8 steps in minutes or hours"),
        ("new_order", "never", "Choose one of those offered."),
        ("review_order", "newest", "Choose one of those offered."),
        ("grade_scale", "seven", "Choose one of those offered."),
        ("theme", "sepia", "Choose one of those offered."),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_field(
    client: FlaskClient, session: Session, field: str, value: str, message: str
) -> None:
    user = _signed_in(client, session)
    answer = _save(client, **{field: value})
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-e">{re.escape(message)}', answer.text)
    assert 'aria-invalid="true"' in answer.text
    session.refresh(user)
    assert (user.new_per_day, user.theme) == (20, "system"), "nothing of it is saved"
    kept = "90" if field != "reviews_per_day" else "7"
    assert f'value="{kept}"' in answer.text, "the rest stays filled in"


def test_steps_are_read_however_they_are_written(client: FlaskClient, session: Session) -> None:
    user = _signed_in(client, session)
    assert _save(client, learning_steps="  1M   10m 2H ").status_code == 303
    session.refresh(user)
    assert user.learning_steps == "1m 10m 2h"


def test_fields_that_are_not_offered_are_not_taken(client: FlaskClient, session: Session) -> None:
    user = _signed_in(client, session)
    _save(client, active="", email="other@example.org", roles="admin")
    session.refresh(user)
    assert user.active
    assert user.email != "other@example.org"
    assert [role.name for role in user.roles] == ["learner"]


def test_settings_lead_to_the_account_and_out(client: FlaskClient, session: Session) -> None:
    user = _signed_in(client, session)
    page = client.get("/settings").text
    for path in ("/account/email", "/account/password", "/account/security", "/account/delete", "/help"):
        assert f'href="{path}"' in page
    assert 'action="/sign-out"' in page
    assert user.email in page


def test_settings_without_a_form_token_or_an_account_are_refused(client: FlaskClient, session: Session) -> None:
    assert client.get("/settings").location == "/sign-in?next=/settings"
    user = _signed_in(client, session)
    assert client.post("/settings", data=WISHED).status_code == 400
    session.refresh(user)
    assert user.theme == "system"
