"""Keys can be changed one by one; a key in use is refused at its row, and pages show the keys that hold."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.db.models import User
from app.study.keys import ORIGINAL, by_key, clashes, keymap
from tests.builders import choose, csrf_token, make_deck, make_user, sign_in


@pytest.fixture
def learner(client: FlaskClient, session: Session) -> User:
    user = make_user(session)
    choose(session, user, make_deck(session, cards=2))
    session.commit()
    sign_in(client, user)
    return user


def save(client: FlaskClient, **changes: str) -> Any:
    form = {"shortcuts": "y", "csrf_token": csrf_token(client, "/settings/keys")} | changes
    return client.post("/settings/keys", data=form)


def kept(session: Session, learner: User) -> dict[str, str]:
    session.rollback()
    session.refresh(learner)
    return learner.keys


def test_a_key_is_changed_and_shown_wherever_it_acts(client: FlaskClient, session: Session, learner: User) -> None:
    assert save(client, undo="Z", good=" g ").status_code == 303
    assert kept(session, learner) == {"undo": "z", "good": "g"}
    page = client.get("/study").text
    found = re.search(r'data-keymap="([^"]+)"', page)
    assert found
    assert json.loads(html.unescape(found[1])) == by_key({"undo": "z", "good": "g"}, "four")
    assert '<button class="grade g3" name="grade" value="4" data-act="good" aria-keyshortcuts="g"' in page
    assert "<kbd>Z</kbd>" in client.get("/help").text
    assert save(client, reset="yes").status_code == 303
    assert kept(session, learner) == {}


def test_a_key_in_use_is_refused_at_its_row_and_nothing_is_saved(
    client: FlaskClient, session: Session, learner: User
) -> None:
    answer = save(client, flag="u")
    assert answer.status_code == 422
    row = re.search(r'<p class="err small" id="k-flag-e">(.*?)</p>', answer.text)
    assert row
    assert row[1] == "U already does this: Undo the last grade. Choose another key."
    assert 'id="k-flag" name="flag" value="U"' in answer.text
    assert 'aria-invalid="true" aria-describedby="k-flag-e"' in answer.text
    assert kept(session, learner) == {}


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("?", "always opens the list"),
        ("5", "The digits 0 to 5 are for grades."),
        ("", "Enter one letter"),
        (" ", "Enter one letter"),
        ("ab", "Enter one letter"),
        ("\u200b", "Enter one letter"),
    ],
)
def test_what_is_no_free_key_is_refused(client: FlaskClient, learner: User, key: str, why: str) -> None:
    answer = save(client, undo=key)
    assert answer.status_code == 422
    assert why in answer.text


def test_two_keys_can_change_places(client: FlaskClient, session: Session, learner: User) -> None:
    assert save(client, undo="r", redo="u").status_code == 303
    assert kept(session, learner) == {"undo": "r", "redo": "u"}


def test_single_keys_are_turned_off_here_too(client: FlaskClient, session: Session, learner: User) -> None:
    client.post("/settings/keys", data={"csrf_token": csrf_token(client, "/settings/keys")})
    session.rollback()
    session.refresh(learner)
    assert not learner.shortcuts
    assert "data-keymap" not in client.get("/study").text


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(list(ORIGINAL)), st.sampled_from(list("abcdefu12345r?- "))))
def test_without_clashes_no_key_does_two_things(wanted: dict[str, str]) -> None:
    keys = keymap(wanted)
    wrong = clashes(keys)
    right = [key for act, key in keys.items() if act not in wrong]
    assert len(right) == len(set(right))
    assert "?" not in right
    assert all(act in wanted for act in wrong), "only what was changed is wrong"
    if not wrong:
        assert set(by_key(wanted, "six")) >= set("012345")
