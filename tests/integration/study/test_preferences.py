"""A learner's study settings."""

from dataclasses import asdict, replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Event, User
from app.scheduling.study_day import UnknownZone, study_day
from app.study import preferences
from app.study.preferences import Preferences
from tests.builders import choose, make_card, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

WISHED = Preferences(
    zone="Pacific/Auckland",
    rollover_hour=0,
    new_per_day=0,
    reviews_per_day=9999,
    new_order="last",
    review_order="relative",
    learning_steps="1m 10m",
    grade_scale="six",
    type_answer=False,
    shortcuts=False,
    theme="dark",
    reading_size="large",
    measure="wide",
    swipes=False,
)


def test_settings_are_saved_for_one_learner(session: Session) -> None:
    user, other = make_user(session), make_user(session)
    session.commit()
    before = {name: getattr(other, name) for name in asdict(WISHED)}
    preferences.save(session, user_id=user.id, preferences=WISHED)
    session.commit()
    session.expire_all()
    assert {name: getattr(user, name) for name in asdict(WISHED)} == asdict(WISHED)
    assert {name: getattr(other, name) for name in asdict(WISHED)} == before


def test_an_unknown_zone_is_refused_before_anything_is_written(session: Session) -> None:
    user = make_user(session)
    session.commit()
    with pytest.raises(UnknownZone):
        preferences.save(session, user_id=user.id, preferences=replace(WISHED, zone="Mars/Olympus"))
    assert session.scalar(select(User.zone).where(User.id == user.id)) == "UTC"


def test_a_new_zone_moves_no_answer_given_before(session: Session) -> None:
    user = make_user(session)
    deck = make_deck(session)
    first, second = make_card(session, deck), make_card(session, deck)
    choose(session, user, deck)
    session.commit()
    give(session, viewer_of(user), first)
    preferences.save(session, user_id=user.id, preferences=WISHED)
    session.commit()
    session.expire_all()
    give(session, viewer_of(user), second)
    days = session.execute(select(Event.zone, Event.study_day).order_by(Event.id)).all()
    assert [tuple(row) for row in days] == [
        ("UTC", NOW.date()),
        ("Pacific/Auckland", study_day(NOW, "Pacific/Auckland", 0)),
    ]
    assert days[0].study_day < days[1].study_day
