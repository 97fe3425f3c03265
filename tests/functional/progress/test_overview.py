"""The progress page: what it says, for whom, and how large it is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.web import clock
from tests.builders import choose, make_card, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of

LARGEST = 60_000


@pytest.fixture
def learner_page(session: Session, client: FlaskClient) -> FlaskClient:
    """A learner who has answered one card well and one badly, signed in."""
    deck = make_deck(session, slug="physics", title="Physics")
    user = make_user(session)
    choose(session, user, deck)
    good, bad = make_card(session, deck, question="What is heat?"), make_card(session, deck, question="What is `<b>`?")
    session.commit()
    now = clock.now() - timedelta(hours=1)
    give(session, viewer_of(user), good, 5, now=now)
    give(session, viewer_of(user), bad, 1, now=now)
    sign_in(client, user)
    return client


def test_the_page_says_what_was_done(learner_page: FlaskClient) -> None:
    page = learner_page.get("/progress").text
    assert "What is heat?" in page
    assert "new → 1 d" in page
    assert "What is &lt;b&gt;?" in page
    assert "Easy" in page
    assert len(page.encode()) < LARGEST


def test_deck_and_range_are_in_the_address(learner_page: FlaskClient) -> None:
    page = learner_page.get("/progress?deck=physics&range=3").text
    assert ">3 months<" in page
    assert "Physics. Days start at" in page


@pytest.mark.parametrize(
    "query", ["range=7", "before=-1", f"before={9**30}", "deck=", "to=0001-01-01", "from=0001-01-01&to=9999-12-31"]
)
def test_odd_addresses_are_answered_with_the_whole_page(learner_page: FlaskClient, query: str) -> None:
    assert learner_page.get(f"/progress?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-03-02&to=2026-03-01", "These days end before they begin."),
        ("from=<b>", "“&lt;b&gt;” is no date."),
        ("from=2999-01-01", "These days have not come yet."),
    ],
)
def test_days_that_are_none_are_told_and_the_usual_ones_shown(learner_page: FlaskClient, query: str, said: str) -> None:
    answer = learner_page.get(f"/progress?{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert "What is heat?" in answer.text


def test_days_and_forecast_are_kept_by_the_links_of_the_page(learner_page: FlaskClient) -> None:
    page = learner_page.get("/progress?deck=physics&range=0&to=2999-01-01").text
    assert "/progress?deck=physics&amp;range=0&amp;to=2999-01-01&amp;ahead=90#p2" in page
    assert "Next 90 days" in learner_page.get("/progress?ahead=90").text


def test_every_chart_is_one_stop_for_the_keyboard_and_has_its_values(learner_page: FlaskClient) -> None:
    page = learner_page.get("/progress").text
    for chart in re.findall(r'<svg class="chart" .*?</svg>', page, re.DOTALL):
        assert 'tabindex="0"' in chart
        assert chart.count("<g>") == chart.count('class="v')
    assert page.count("View as table") == page.count('<svg class="chart') == 10
    days = re.search(r"<caption.*?|Cards by day.*?</table>", page, re.DOTALL)
    assert days
    assert days[0].count("<td>2</td>") == 1
    assert re.search(r'class="v on"[^>]*>2<', page)


def test_somebody_elses_deck_is_not_there(learner_page: FlaskClient) -> None:
    assert learner_page.get("/progress?deck=nothing").status_code == 404


def test_who_is_not_signed_in_is_asked_to(client: FlaskClient) -> None:
    answer = client.get("/progress")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


def test_a_newcomer_is_told_what_will_be_here(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    page = client.get("/progress").text
    assert "You study no deck yet." in page
    assert "No answers yet." in page
