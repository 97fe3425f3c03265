"""Reminders by mail and the calendar of due cards: who wants which, and when one is due.

A reminder goes out within `WINDOW` after the hour of the learner's wall clock that they chose, once a study day at most:
the row of that day, unique for learner and day, is written in the transaction that puts the mail into the outbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.models import Card, CardMark, CardState, Deck, DeckChoice, Event, Mail, Reminder, ReminderSent, User
from app.db.session import write
from app.library.queries import studyable
from app.scheduling.study_day import study_day, zone_named
from app.web import mail
from app.web.sessions import token_hash
from app.web.signing import signed, unsigned
from app.web.smtp import Letter

DAY = timedelta(days=1)
WINDOW = timedelta(hours=4)
"""A reminder that could not go out for so long is left out: at night it would only annoy."""
KEPT_FOR = timedelta(days=60)
DAYS_AHEAD = 30
"""How far the calendar looks."""
STOP = "stop reminders"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a learner asked for."""

    daily: bool = False
    weekly: bool = False
    hour: int = 8
    calendar_at: datetime | None = None
    """When the calendar's address was made; None where there is none."""


@dataclass(frozen=True, slots=True)
class DueDay:
    """A study day and how many cards come due on it; what is overdue counts on the first."""

    day: date
    cards: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a calendar shows."""

    guid: str
    days: tuple[DueDay, ...]


def choice_of(session: Session, user_id: int) -> Choice:
    """What a learner asked for."""
    row = session.get(Reminder, user_id)
    return Choice() if row is None else Choice(row.daily, row.weekly, row.hour, row.calendar_at)


def choose(session: Session, *, user_id: int, daily: bool, weekly: bool, hour: int) -> None:
    """Remind a learner so from now on."""
    row = _row(session, user_id)
    row.daily, row.weekly, row.hour = daily, weekly, hour
    session.flush()


def make_calendar(session: Session, *, user_id: int, now: datetime) -> str:
    """Make the private address of a learner's calendar, ending the one before; gives its token, of which a hash is kept."""
    token = secrets.token_urlsafe(24)
    row = _row(session, user_id)
    row.calendar_hash, row.calendar_at = token_hash(token), now
    session.flush()
    return token


def end_calendar(session: Session, *, user_id: int) -> None:
    """End the address of a learner's calendar."""
    write(session)
    gone = {"calendar_hash": None, "calendar_at": None}
    session.execute(update(Reminder).where(Reminder.user_id == user_id).values(gone))


def stop(session: Session, *, token: str) -> bool:
    """Send no more reminders to whom a mail's token names; False for a token that is none."""
    guid = unsigned(STOP, token)
    if guid is None:
        return False
    write(session)
    whose = select(User.id).where(User.guid == guid).scalar_subquery()
    session.execute(update(Reminder).where(Reminder.user_id == whose).values(daily=False, weekly=False))
    return True


def is_stop(token: str) -> bool:
    """Whether a token is one of a mail."""
    return unsigned(STOP, token) is not None


def calendar(session: Session, token: str, *, now: datetime) -> Calendar | None:
    """The calendar of a private address; None where that is none."""
    user = session.execute(
        select(User.id, User.guid, User.zone, User.rollover_hour)
        .join(Reminder, Reminder.user_id == User.id)
        .where(Reminder.calendar_hash == token_hash(token), User.active, User.deletion_asked_at.is_(None))
    ).one_or_none()
    if user is None:
        return None
    today = study_day(now, user.zone, user.rollover_hour)
    return Calendar(user.guid, due_days(session, user.id, today, DAYS_AHEAD))


def due_days(session: Session, user_id: int, today: date, days: int) -> tuple[DueDay, ...]:
    """The days from `today` on with cards due in the decks a learner chose, as things stand now."""
    mark = and_(CardMark.user_id == CardState.user_id, CardMark.card_id == CardState.card_id)
    rows = session.execute(
        select(CardState.due, func.count())
        .join(Card, Card.id == CardState.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == CardState.user_id))
        .outerjoin(CardMark, mark)
        .where(
            CardState.user_id == user_id,
            CardState.due < today + days * DAY,
            studyable(),
            Deck.archived_at.is_(None),
            CardMark.suspended_at.is_(None),
        )
        .group_by(CardState.due)
    ).all()
    counts: dict[date, int] = {}
    for due, cards in rows:
        day = max(due or today, today)
        counts[day] = counts.get(day, 0) + cards
    return tuple(DueDay(day, counts[day]) for day in sorted(counts))


def remind(session: Session, now: datetime) -> int:
    """Put the reminders that are due into the outbox; gives how many. Safe to run at any time, twice, and at once."""
    if not mail.is_set_up():
        return 0
    found = [
        (user, day, details)
        for user, day in _asked(session, now)
        if (details := _details(session, user, day)) is not None
    ]
    if not found:
        return 0
    write(session)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    sent = 0
    for user, day, details in found:
        row = insert(ReminderSent).values(user_id=user.id, study_day=day, sent_at=now).on_conflict_do_nothing()
        if session.execute(row).rowcount:  # type: ignore[attr-defined]
            mail.put(session, kind="reminder", to=user.email, user_id=user.id, **details)
            sent += 1
    session.execute(delete(ReminderSent).where(ReminderSent.sent_at < now - KEPT_FOR))
    return sent


def is_time(now: datetime, *, zone: str, rollover_hour: int, hour: int) -> date | None:
    """The study day whose reminder may go out at `now`, or None: from the chosen hour of the wall clock on, for a while."""
    local = now.astimezone(zone_named(zone)).replace(tzinfo=None)
    day = (local - timedelta(hours=rollover_hour)).date()
    start = datetime.combine(day if hour >= rollover_hour else day + DAY, time(hour))
    return day if start <= local < start + WINDOW else None


def _asked(session: Session, now: datetime) -> list[tuple[Any, date]]:
    """Who is to be reminded now, and of which study day; who was already, or is on holiday, is left out."""
    rows = session.execute(
        select(
            User.id,
            User.email,
            User.zone,
            User.rollover_hour,
            User.holiday_from,
            User.holiday_to,
            Reminder.daily,
            Reminder.weekly,
            Reminder.hour,
            func.max(ReminderSent.study_day).label("last"),
        )
        .join(Reminder, Reminder.user_id == User.id)
        .outerjoin(ReminderSent, ReminderSent.user_id == User.id)
        .where(User.active, User.deletion_asked_at.is_(None), or_(Reminder.daily, Reminder.weekly))
        .group_by(User.id, Reminder.user_id)
    ).all()
    asked = []
    for row in rows:
        day = is_time(now, zone=row.zone, rollover_hour=row.rollover_hour, hour=row.hour)
        away = day is not None and row.holiday_from is not None and row.holiday_from <= day <= row.holiday_to
        if day is not None and not away and (row.last is None or row.last < day):
            asked.append((row, day))
    return asked


def _details(session: Session, user: Any, day: date) -> Mapping[str, Any] | None:
    """What the mail of a day says; None where there is nothing to say."""
    due = sum(one.cards for one in due_days(session, user.id, day, 1))
    if user.weekly and day.weekday() == 0:
        answers, cards, days = _week(session, user.id, day)
        if answers or due:
            return {"what": "weekly", "due": due, "answers": answers, "cards": cards, "days": days}
        return None
    return {"what": "daily", "due": due} if user.daily and due else None


def _week(session: Session, user_id: int, monday: date) -> tuple[int, int, int]:
    """Answers, cards and days of the seven study days before `monday`."""
    row = session.execute(
        select(func.count(), func.count(Event.card_id.distinct()), func.count(Event.study_day.distinct())).where(
            Event.user_id == user_id,
            Event.kind == "review",
            Event.live,
            Event.study_day >= monday - 7 * DAY,
            Event.study_day < monday,
        )
    ).one()
    return row[0], row[1], row[2]


def write_reminder(session: Session, row: Mail, now: datetime) -> Letter | None:
    """A reminder's mail; none when it was stopped meanwhile, or could not be sent for hours."""
    user = session.get(User, row.user_id) if row.user_id else None
    wanted = session.get(Reminder, row.user_id) if row.user_id else None
    if user is None or wanted is None or not user.active or now - row.created_at > WINDOW:
        return None
    what = row.details["what"]
    if not (wanted.weekly if what == "weekly" else wanted.daily):
        return None
    stop_at = mail.link("study.stop_reminders", token=signed(STOP, user.guid))
    return mail.written(
        f"reminder_{what}",
        headers={"List-Unsubscribe": f"<{stop_at}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        study=mail.link("study.study"),
        stop=stop_at,
        **{name: value for name, value in row.details.items() if name != "what"},
    )


def _row(session: Session, user_id: int) -> Reminder:
    write(session)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"user_id": user_id, "daily": False, "weekly": False, "hour": 8}
    session.execute(insert(Reminder).values(values).on_conflict_do_nothing())
    return session.get_one(Reminder, user_id, with_for_update=True, populate_existing=True)
