"""Days off as pages: the backlog, a holiday, easy days, postponing; each form counts once and can be undone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Event, User
from app.study import moving
from app.web import clock
from tests.builders import choose, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture
def browser(client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Signed in as somebody with 30 overdue cards and a limit of 10."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    user = make_user(session, reviews_per_day=10)
    choose(session, user, make_deck(session, slug="nets", title="Nets", cards=30))
    for card in session.scalars(select(Card)).all():
        give(session, viewer_of(user), card, now=NOW - 20 * DAY)
    sign_in(client, user, keep=True)
    return client


def form(browser: FlaskClient, path: str, action: str) -> dict[str, str]:
    """The hidden fields of the form on that page that is sent to `action`."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', browser.get(path).text, re.DOTALL)
    assert found, f"{path} has no form for {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0]))


def due(session: Session) -> set[date | None]:
    session.rollback()
    return set(session.scalars(select(CardState.due)))


def moves(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(Event.kind == "reschedule", Event.live)) or 0


def test_home_offers_what_is_overdue_and_the_page_draws_and_spreads_it(browser: FlaskClient, session: Session) -> None:
    assert "30 cards are overdue." in browser.get("/").text
    page = browser.get("/backlog?days=6").text
    assert "Spread over 6 days, they add about 5 a day." in page
    assert "10, your limit a day" in page
    sent = form(browser, "/backlog", "/backlog") | {"days": "6", "how": "spread", "no_new": "y"}
    assert browser.post("/backlog", data=sent | {"draw": "again"}).location == "/backlog?days=6"
    assert moves(session) == 0
    home = browser.post("/backlog", data=sent, follow_redirects=True)
    browser.post("/backlog", data=sent)
    assert moves(session) == 30
    assert "30 cards got a new day." in home.text
    assert "are overdue" not in home.text
    assert browser.post("/backlog", data=sent | {"days": "9"}).status_code == 422
    undo = f"/moved/{sent['key']}/undo"
    back = browser.post(undo, data=form(browser, f"/?moved={sent['key']}", undo), follow_redirects=True)
    assert "30 cards have their days back." in back.text
    assert (moves(session), due(session)) == (0, {TODAY - 19 * DAY})


@pytest.mark.parametrize("wrong", [{"how": "burn"}, {"key": "short"}])
def test_what_cannot_be_is_refused(browser: FlaskClient, session: Session, wrong: dict[str, str]) -> None:
    sent = form(browser, "/backlog", "/backlog") | {"days": "6", "how": "spread"} | wrong
    assert browser.post("/backlog", data=sent).status_code == 422
    assert browser.post("/backlog", data=sent | {"days": "1000"}).location == "/backlog?days=1000"
    assert moves(session) == 0
    assert "Over 90 days" in browser.get("/backlog?days=1000").text
    assert browser.post("/moved/none/undo", data=sent).status_code == 404


def test_all_today_and_leaving_them(browser: FlaskClient, session: Session) -> None:
    sent = form(browser, "/backlog", "/backlog") | {"days": "6", "how": "today"}
    assert "30 cards today" in browser.post("/backlog", data=sent, follow_redirects=True).text
    browser.post("/backlog", data=sent | {"how": "leave", "no_new": "y"})
    session.rollback()
    assert session.scalar(select(User.no_new_before)) == TODAY + 2 * DAY
    assert moves(session) == 0


def test_a_holiday_is_set_shown_and_called_off(browser: FlaskClient, session: Session) -> None:
    sent = form(browser, "/settings/days", "/settings/holiday") | {"first": "2026-03-10", "last": "2026-03-20"}
    done = browser.post("/settings/holiday", data=sent, follow_redirects=True)
    assert "30 cards come back after it." in done.text
    assert "Holiday until Fri 20 Mar" in browser.get("/").text
    assert "10 Mar 2026 to 20 Mar 2026" in browser.get("/settings").text
    assert browser.get("/study", follow_redirects=True).request.path == "/study/done"
    over = browser.post(
        "/settings/holiday/end", data=form(browser, "/settings/days", "/settings/holiday/end"), follow_redirects=True
    )
    assert "30 cards have their days back." in over.text
    assert due(session) == {TODAY - 19 * DAY}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "2026-03-20", "Enter a date, such as"),
        ("tomorrow", "2026-03-20", "Enter a date, such as"),
        ("2026-03-20", "2026-03-10", "Choose a last day on or after the first"),
        ("9999-01-01", "9999-12-31", "Choose a last day on or after the first"),
    ],
)
def test_a_holiday_that_cannot_be_says_why(browser: FlaskClient, first: str, last: str, said: str) -> None:
    sent = form(browser, "/settings/days", "/settings/holiday") | {"first": first, "last": last}
    refused = browser.post("/settings/holiday", data=sent)
    assert (refused.status_code, said in refused.text) == (422, True)


def test_easy_days_balance_and_leeches_are_saved(browser: FlaskClient, session: Session) -> None:
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "2")
    sent = form(browser, "/settings/days", "/settings/days") | days | {"saturday": "0", "sunday": "1"}
    browser.post("/settings/days", data=sent | {"balance": "y", "suspend_leeches": "y"})
    session.rollback()
    row = session.execute(select(User.easy_days, User.balance, User.suspend_leeches)).one()
    assert tuple(row) == ("2222201", True, True)
    assert "Easy: Saturday, Sunday. Balance: on." in browser.get("/settings").text
    assert browser.post("/settings/days", data=sent | {"monday": "7"}).status_code == 422


def test_postponing_by_the_form_and_its_undo(
    browser: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = form(browser, "/settings/days", "/settings/postpone") | {"days": "4", "deck": "nets"}
    home = browser.post("/settings/postpone", data=sent, follow_redirects=True)
    assert "30 cards got a new day." in home.text
    assert due(session) == {TODAY + 4 * DAY}
    assert browser.post("/settings/postpone", data=sent | {"days": "0"}).status_code == 422
    monkeypatch.setattr(moving, "MOST_MOVED", 7)
    page = browser.post("/settings/postpone", data=sent | {"key": "f" * 32})
    assert (page.status_code, "At most 7 cards are postponed at once." in page.text) == (422, True)
    assert browser.post("/settings/postpone", data=sent | {"deck": "other"}).status_code == 422
