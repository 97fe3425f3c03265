"""Reminders by mail, the link that stops them, and the calendar of due cards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.base import new_guid
from app.db.models import CardState, DeckChoice, Reminder, User
from app.scheduling.state import Grade
from app.study import reminders
from app.study import service as study
from app.web import clock, jobs, mail
from tests.builders import choose, csrf_token, make_card, make_deck, make_user, sign_in
from tests.functional.accounts.pages import send
from tests.integration.study.people import viewer_of
from tests.mailbox import Mailbox, link_in, text_of

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def settings(mailing: Settings) -> Settings:
    return mailing


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime]:
    """Set the clock: days after Monday 2 March 2026, hours and minutes in UTC."""

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        now = MONDAY + timedelta(days=day, hours=hour, minutes=minute)
        monkeypatch.setattr(clock, "now", lambda: now)
        return now

    return at


@pytest.fixture
def ada(session: Session) -> User:
    """Berlin, an hour ahead of UTC; three cards due from Tuesday 3 March on, one of a deck that was left."""
    user = make_user(session, email="ada@example.org", zone="Europe/Berlin")
    deck, left = make_deck(session), make_deck(session)
    cards = [make_card(session, deck, question=f"{n}?") for n in range(3)] + [make_card(session, left)]
    choose(session, user, deck, left)
    for card in cards:
        study.answer(
            session,
            viewer=viewer_of(user),
            card=card.guid,
            grade=Grade(4),
            key=new_guid(),
            version=0,
            elapsed_ms=1000,
            now=MONDAY + timedelta(hours=10),
        )
    session.execute(delete(DeckChoice).where(DeckChoice.deck_id == left.id))
    session.commit()
    return user


@pytest.fixture
def tick(app: Flask, box: Mailbox) -> Callable[[], list[EmailMessage]]:
    """What goes out now: the chore runs twice, as two processes would."""

    def tick() -> list[EmailMessage]:
        box.mails.clear()
        for _ in range(2):
            for one in app.extensions["jobs"].chores:
                one.due = clock.now() - timedelta(seconds=1) if one.name == "reminders" else clock.now() + timedelta(1)
            jobs.run_chores(app)
            mail.run_pending(app)
        return list(box.mails)

    return tick


def asks(session: Session, user: User, **wants: bool | int) -> None:
    reminders.choose(session, user_id=user.id, **({"daily": False, "weekly": False, "hour": 8} | wants))  # type: ignore[arg-type]
    session.commit()


def test_nobody_is_reminded_who_did_not_ask(
    ada: User, at: Callable[..., datetime], tick: Callable[[], list[EmailMessage]]
) -> None:
    at(1, 8)
    assert tick() == []


def test_a_learner_is_reminded_at_their_hour_once_a_day(
    session: Session, ada: User, at: Callable[..., datetime], tick: Callable[[], list[EmailMessage]]
) -> None:
    asks(session, ada, daily=True)
    at(1, 6, 59)
    assert tick() == []
    at(1, 7)
    (got,) = tick()
    assert got["Subject"] == "3 cards are due today"
    assert "http://study.example.org/study" in text_of(got)
    at(1, 9)
    assert tick() == []
    at(2, 7, 30)
    assert len(tick()) == 1
    at(3, 12)
    assert tick() == [], "four hours late it is left out"


def test_a_day_without_due_cards_or_on_holiday_brings_no_mail(
    session: Session, ada: User, at: Callable[..., datetime], tick: Callable[[], list[EmailMessage]]
) -> None:
    asks(session, ada, daily=True)
    ada.holiday_from, ada.holiday_to = date(2026, 3, 3), date(2026, 3, 3)
    session.commit()
    at(1, 8)
    assert tick() == []
    for state in session.scalars(select(CardState)):
        state.due = date(2026, 4, 1)
    session.commit()
    at(2, 8)
    assert tick() == []


def test_a_week_is_summed_up_on_monday_in_place_of_the_reminder(
    session: Session, ada: User, at: Callable[..., datetime], tick: Callable[[], list[EmailMessage]]
) -> None:
    asks(session, ada, daily=True, weekly=True)
    at(7, 8)
    (got,) = tick()
    assert got["Subject"] == "Your week at Reprise"
    assert "on one day: 4 cards, 4 answers." in text_of(got)
    assert "3 cards are due today." in text_of(got)


def test_one_click_stops_reminders_whatever_the_cookies_say(
    app: Flask,
    session: Session,
    ada: User,
    at: Callable[..., datetime],
    tick: Callable[[], list[EmailMessage]],
    box: Mailbox,
) -> None:
    """RFC 8058: a POST with nothing but the address; a GET changes nothing."""
    asks(session, ada, daily=True, weekly=True)
    at(1, 8)
    (got,) = tick()
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = link_in(got, "/reminders/stop/")
    assert got["List-Unsubscribe"] == f"<http://study.example.org{path}>"
    on_the_wire = f"\r\nList-Unsubscribe: <http://study.example.org{path}>\r\n"
    assert on_the_wire.encode() in box.raw[-1], "mail programs read it as it stands, neither folded nor encoded"
    somebody = app.test_client()
    bea = make_user(session)
    session.commit()
    asks(session, bea, daily=True)
    sign_in(somebody, bea)
    assert somebody.get(path).status_code == 200
    assert somebody.post(path[:-3]).status_code == 404
    session.rollback()
    assert session.get_one(Reminder, ada.id).daily
    assert somebody.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    session.rollback()
    session.expire_all()
    assert not session.get_one(Reminder, ada.id).daily
    assert not session.get_one(Reminder, ada.id).weekly
    assert session.get_one(Reminder, bea.id).daily


def test_what_was_stopped_meanwhile_is_not_sent(
    app: Flask, session: Session, ada: User, at: Callable[..., datetime], box: Mailbox
) -> None:
    asks(session, ada, daily=True)
    now = at(1, 8)
    with app.app_context():
        assert reminders.remind(session, now) == 1
        session.commit()
    asks(session, ada)
    mail.run_pending(app)
    assert box.mails == []


def test_a_token_signed_before_the_secret_changed_still_counts(app: Flask, settings: Settings) -> None:
    from dataclasses import replace

    from app.web.signing import signed, unsigned

    with app.app_context():
        token = signed("stop", "ada")
        assert unsigned("other", token) is None
    for fallbacks, expected in (((settings.secret_key,), "ada"), ((), None)):
        app.config["REPRISE_SETTINGS"] = replace(settings, secret_key="n" * 40, secret_key_fallbacks=fallbacks)
        with app.app_context():
            assert unsigned("stop", token) == expected


@pytest.mark.parametrize(
    ("zone", "rollover", "hour", "now", "day"),
    [
        ("UTC", 4, 8, "2026-03-03 08:00", date(2026, 3, 3)),
        ("UTC", 4, 8, "2026-03-03 12:00", None),
        ("UTC", 4, 2, "2026-03-04 02:30", date(2026, 3, 3)),
        ("UTC", 4, 2, "2026-03-04 04:30", None),
        ("Asia/Kathmandu", 4, 8, "2026-03-03 02:15", date(2026, 3, 3)),
        ("Asia/Kathmandu", 4, 8, "2026-03-03 02:14", None),
        ("Europe/Berlin", 0, 2, "2026-03-29 01:00", date(2026, 3, 29)),
    ],
)
def test_the_hour_is_one_of_the_learners_wall_clock(
    zone: str, rollover: int, hour: int, now: str, day: date | None
) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert reminders.is_time(instant, zone=zone, rollover_hour=rollover, hour=hour) == day


def calendar_path(client: FlaskClient) -> str:
    answer = send(client, "/settings/calendar", page="/settings/reminders")
    found = re.search(r"<code>http://study\.example\.org(/calendar/[^<]+)</code>", answer.text)
    assert found
    return found[1]


def test_a_calendar_shows_due_cards_to_whoever_has_its_address(
    app: Flask, client: FlaskClient, session: Session, ada: User
) -> None:
    today = clock.now().date()
    states = session.scalars(select(CardState).order_by(CardState.card_id)).all()
    for state, days in zip(states, (-5, 3, 3, 3), strict=True):
        state.due = today + timedelta(days=days)
    session.commit()
    sign_in(client, ada)
    path = calendar_path(client)
    visitor = app.test_client()
    answer = visitor.get(path)
    assert answer.mimetype == "text/calendar"
    events = Calendar.from_ical(answer.get_data()).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["One card due", "2 cards due"]
    first, second = (event.decoded("dtstart") for event in events)
    assert (second - first).days in (2, 3, 4)
    assert len({str(event["uid"]) for event in events}) == 2
    assert visitor.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    session.rollback()
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert token.encode() not in (session.get_one(Reminder, ada.id).calendar_hash or b"")


def test_the_address_of_a_calendar_ends_when_told_to_and_by_another(
    app: Flask, client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in(client, ada)
    first = calendar_path(client)
    second = calendar_path(client)
    assert app.test_client().get(first).status_code == 404
    assert app.test_client().get(second).status_code == 200
    assert first not in client.get("/settings/reminders").text
    send(client, "/settings/calendar/end", page="/settings/reminders")
    assert app.test_client().get(second).status_code == 404


def test_a_learner_chooses(client: FlaskClient, session: Session, ada: User) -> None:
    sign_in(client, ada)
    assert send(client, "/settings/reminders", daily="y", hour="21").status_code == 303
    row = session.get_one(Reminder, ada.id)
    assert (row.daily, row.weekly, row.hour) == (True, False, 21)
    wrong = {"csrf_token": csrf_token(client, "/settings/reminders"), "hour": "24", "weekly": "y"}
    assert client.post("/settings/reminders", data=wrong).status_code == 422
    session.rollback()
    session.expire_all()
    assert not session.get_one(Reminder, ada.id).weekly
