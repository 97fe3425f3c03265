"""A learner's due cards as an iCalendar feed: one event for each day with cards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar as Feed
from icalendar import Event

from app.study.reminders import Calendar


def feed(calendar: Calendar, *, name: str, host: str, address: str, label: Callable[[int], str], today: date) -> bytes:
    """The feed. Its events keep their names, so that a calendar changes them instead of adding others.

    `label` says a number of cards; `address` is where to study; `today` stamps the events, so that the feed of one day is
    the same each time it is asked for.
    """
    made = Feed()
    made.add("prodid", "-//Reprise//Due cards//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    stamp = datetime.combine(today, time(), UTC)
    for one in calendar.days:
        event = Event()
        event.add("uid", f"{calendar.guid}-{one.day:%Y%m%d}@{host}")
        event.add("dtstamp", stamp)
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        event.add("summary", label(one.cards))
        event.add("url", address)
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())
