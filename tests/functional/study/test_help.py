"""Help, and what every page has around it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import choose, make_deck, make_user, sign_in


def test_help_names_the_keys_and_is_there_for_everybody(client: FlaskClient) -> None:
    page = client.get("/help")
    assert page.status_code == 200
    assert "only the new cards of the day, or with only its reviews" in page.text
    keys = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="end">(.*?)</td>', page.text))
    assert re.findall(r"<kbd>([^<]+)", keys["Show answer; then Good"]) == ["Space", "Enter"]
    assert re.findall(r"<kbd>([^<]+)", keys["Again, Hard, Good, Easy"]) == ["1", "2", "3", "4"]
    assert "<kbd>U</kbd>" in keys["Undo the last grade"]
    assert "<kbd>?</kbd>" in keys["List of keys"]
    assert "Set-Cookie" not in page.headers


def rows(page: str) -> dict[str, list[str]]:
    found = re.findall(r'<th scope="row">([^<]+)</th><td class="end">(.*?)</td>', page)
    return {does: re.findall(r"<kbd>([^<]+)", keys) for does, keys in found}


@pytest.mark.parametrize("scale", ["four", "six"])
def test_the_list_of_a_session_and_help_say_the_same(client: FlaskClient, session: Session, scale: str) -> None:
    user = make_user(session, grade_scale=scale, keys={"undo": "z"})
    choose(session, user, make_deck(session, cards=1))
    session.commit()
    sign_in(client, user)
    of_session, of_help = rows(client.get("/study").text), rows(client.get("/help").text)
    assert of_session.items() <= of_help.items()
    assert of_help.keys() - of_session.keys() == {
        "Next card",
        "Previous card",
        "Search",
        "To the library",
        "To your progress",
    }
    assert of_session["Tick an option"] == ["1", "…", "9"]
    assert of_session["Show answer, from the box for yours"] == ["Ctrl", "Enter"]
    assert of_session["Undo the last grade"] == ["Z"]
    assert ("Again, Hard, Good, Easy" in of_session, "The grades, with 0 to 5" in of_session) == (
        scale == "four",
        scale == "six",
    )


def test_no_link_of_the_frame_leads_nowhere(client: FlaskClient, session: Session) -> None:
    editor = make_user(session, role="admin")
    session.commit()
    for signed_in in (False, True):
        if signed_in:
            sign_in(client, editor)
        for path in ("/", "/help", "/nowhere"):
            for link in set(re.findall(r'href="(/[^"#]*)', client.get(path).text)):
                assert client.get(link, follow_redirects=True, buffered=True).status_code == 200, link


def test_a_page_that_is_not_there_offers_to_sign_in_and_come_back(client: FlaskClient, session: Session) -> None:
    page = client.get("/decks/nowhere?q=1")
    assert page.status_code == 404
    assert "There is nothing here for you to read." in page.text
    assert 'href="/sign-in?next=/decks/nowhere?q%3D1"' in page.text
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    assert 'href="/sign-in' not in client.get("/decks/nowhere").text
    assert client.get("/edit/people").status_code == 404, "what is not allowed is not there"
