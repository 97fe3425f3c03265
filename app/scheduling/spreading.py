"""What is overdue, taken in portions: so many days from today on, the most urgent cards first, easy days less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from app.scheduling.balance import FULL, Wishes

MOST_DAYS: Final = 90
"""Over so many days at most; longer, and the last ones wait for a season."""

DAY: Final = timedelta(days=1)
NONE: Final = Wishes()


class Overdue(NamedTuple):
    """A card that was due on `due`, `interval` days after its last review, and was not reviewed since."""

    card_id: int
    due: date
    interval: int


def portions(cards: int, days: int, today: date, wishes: Wishes = NONE) -> list[tuple[date, int]]:
    """How many of so many cards each of the `days` days from `today` on takes.

    Days of a holiday are none of them. Each takes its share by its weekday's weight (all the same where none has any);
    together they take all cards, whole ones, no two days of one weight more than one apart.
    """
    if days < 1 or cards < 0:
        raise ValueError(f"Neither {days} days nor {cards} cards can be spread.")
    taken: list[date] = []
    day = today
    while len(taken) < days:
        if wishes.holiday is not None and day in wishes.holiday:
            day = wishes.holiday.last
        else:
            taken.append(day)
        day += DAY
    weights = [wishes.weight(one) for one in taken]
    if not any(weights):
        weights = [FULL] * days
    total, so_far, given = sum(weights), 0, 0
    found: list[tuple[date, int]] = []
    for one, weight in zip(taken, weights, strict=True):
        so_far += weight
        until = -(-cards * so_far // total)
        found.append((one, until - given))
        given = until
    return found


def by_urgency(cards: Iterable[Overdue], today: date) -> list[Overdue]:
    """Those first that are overdue by the most of their interval: they are the likeliest to be forgotten."""
    return sorted(cards, key=lambda one: (-((today - one.due).days + 1) / max(one.interval, 1), one.due, one.card_id))


def spread(cards: Iterable[Overdue], days: int, today: date, wishes: Wishes = NONE) -> dict[int, date]:
    """The day that each card is to be asked on, by its id."""
    order = by_urgency(cards, today)
    found: dict[int, date] = {}
    place = 0
    for day, number in portions(len(order), days, today, wishes):
        found.update((one.card_id, day) for one in order[place : place + number])
        place += number
    return found


def days_for(cards: int, today: date, planned: Mapping[date, int], a_day: int, wishes: Wishes = NONE) -> int:
    """Over how many days to spread so many cards, so that no day has more than `a_day` with what it has anyway.

    From 2 to `MOST_DAYS`, which is the answer too where nothing is enough.
    """
    for days in range(2, MOST_DAYS):
        if all(planned.get(day, 0) + number <= a_day for day, number in portions(cards, days, today, wishes) if number):
            return days
    return MOST_DAYS
