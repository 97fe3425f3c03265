"""Reminders on both databases: asked for, put into the outbox once, and one-time links beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import links
from app.db.models import Mail
from app.scheduling.state import Grade
from app.study import reminders
from app.study import service as study
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of

NOW = datetime(2026, 3, 3, 8, 30, tzinfo=UTC)


def test_a_reminder_goes_into_the_outbox_once(app: Flask, session: Session) -> None:
    settings = app.config["REPRISE_SETTINGS"]
    app.config["REPRISE_SETTINGS"] = replace(settings, mail_url="smtp://localhost", mail_from="p@example.org")
    user, quiet = make_user(session), make_user(session)
    deck = make_deck(session)
    choose(session, user, deck)
    card = make_card(session, deck)
    study.answer(
        session,
        viewer=viewer_of(user),
        card=card.guid,
        grade=Grade(4),
        key="k" * 20,
        version=0,
        elapsed_ms=1000,
        now=NOW - timedelta(days=3),
    )
    session.commit()
    for one in (user, quiet):
        reminders.choose(session, user_id=one.id, daily=True, weekly=True, hour=8)
    session.commit()
    with app.app_context():
        assert reminders.remind(session, NOW) == 1
        session.commit()
        assert reminders.remind(session, NOW + timedelta(minutes=5)) == 0
        session.commit()
    assert session.scalars(select(Mail.user_id)).all() == [user.id]
    token = reminders.make_calendar(session, user_id=user.id, now=NOW)
    found = reminders.calendar(session, token, now=NOW)
    assert found is not None
    assert [(one.day, one.cards) for one in found.days] == [(date(2026, 3, 3), 1)]


def test_a_link_is_used_up_with_all_of_its_kind(session: Session) -> None:
    user = make_user(session)
    first, second = (links.make(session, "reset", email=user.email, user=user, now=NOW) for _ in range(2))
    session.commit()
    assert links.use(session, "reset", first, now=NOW).user_id == user.id
    session.commit()
    for token in (first, second):
        try:
            links.look_up(session, "reset", token, now=NOW)
        except links.LinkSpent:
            continue
        raise AssertionError("a link works twice")
