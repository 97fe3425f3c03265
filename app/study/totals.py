"""The sums of each hour of study, of all decks and of each: what an event adds, and what it no longer does.

Whoever writes events or what follows from them says so here in the same transaction; `reprise verify` compares. The sums
of a deck are those of the cards it had when they were made, which `DeckStudied` tells: whoever moves cards need not know of
them. Those of other cards than a deck has now count for nothing until `keep_house` makes them anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from operator import add, sub
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, DeckHour, DeckStudied, Event, StudyHour, User
from app.db.models.study_hour import digest_of
from app.db.prepared import Prepared, connected
from app.db.session import write
from app.scheduling.replay import EventKind
from app.scheduling.state import Grade
from app.scheduling.statistics import GRADES, Answer, Totals, alone, hour_of

NUMBERS = (
    "cards",
    *(f"grade_{grade}" for grade in range(GRADES)),
    "elapsed",
    "timed",
    "young_passed",
    "young",
    "mature_passed",
    "mature",
    "learned",
)
"""The columns that are added up."""

FACTS = ("live", "counted", "was_due", "interval_before", "repetitions_before")
"""What follows from the log and is added up."""

Key = tuple[int, date, int]
"""A card (or its deck), a study day and an hour."""
Numbers = tuple[int, ...]
Sums = dict[Key, Numbers]

ENOUGH = 50_000
"""Events that `keep_house` reads in one go, and those of one learner more."""

_NOTHING: Numbers = (0,) * len(NUMBERS)
_HOUR: Any = StudyHour.__table__
_DECK_HOUR: Any = DeckHour.__table__
_STUDIED: Any = DeckStudied.__table__
_DIALECTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ONE_CARD = Card.id == bindparam("card")


def _adding(
    table: Any, keys: Collection[str], numbers: Collection[str], values: Mapping[str, Any]
) -> dict[str, Prepared]:
    """An insert of `values` that adds `numbers` where there is such a row; what a card's deck is, it looks up itself."""
    found = {}
    for dialect, insert_ in _DIALECTS.items():
        columns = [value.label(name) for name, value in values.items()]
        rows = select(*columns).where(_ONE_CARD) if "deck_id" in values else None
        statement: Any = insert_(table)
        statement = statement.values(dict(values)) if rows is None else statement.from_select(list(values), rows)
        risen = {name: table.c[name] + statement.excluded[name] for name in numbers}
        found[dialect] = Prepared(statement.on_conflict_do_update(index_elements=list(keys), set_=risen))
    return found


def _bound(table: Any, *names: str) -> dict[str, Any]:
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


_KEYS = ("user_id", "study_day", "hour")
_ADD = _adding(_HOUR, _KEYS, NUMBERS, _bound(_HOUR, *_KEYS, *NUMBERS))
_ADD_TO_DECK = _adding(
    _DECK_HOUR,
    (*_KEYS, "deck_id"),
    NUMBERS,
    _bound(_DECK_HOUR, *_KEYS, *NUMBERS) | {"deck_id": Card.deck_id},
)
_ADD_CARD = _adding(
    _STUDIED,
    ("user_id", "deck_id"),
    ("cards", "digest"),
    _bound(_STUDIED, "user_id", "digest") | {"cards": literal(1), "deck_id": Card.deck_id},
)


def changed(sums: Sums, event: Mapping[str, Any], before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    """Note in `sums` that of an event other `FACTS` hold now; `before` is None for an event that is new."""
    if before is not None and all(before[name] == after[name] for name in FACTS):
        return
    old = _NOTHING if before is None else _numbers(event, before)
    new = _numbers(event, after)
    if old != new:
        key = (event["card_id"], event["study_day"], hour_of(event["answered_at"], event["zone"]))
        sums[key] = tuple(map(add, sums.get(key, _NOTHING), map(sub, new, old)))


def begun(session: Session, user_id: int, card_id: int) -> None:
    """Note that a learner has a state of a card from now on."""
    values = {"user_id": user_id, "card": card_id, "digest": digest_of(card_id)}
    _ADD_CARD[connected(session).dialect.name].run(session, values)


def put(session: Session, user_id: int, sums: Sums) -> None:
    """Add what was noted to what is stored."""
    dialect = connected(session).dialect.name
    sums = _something(sums)
    for (_, day, hour), numbers in _together(sums, dict.fromkeys((card for card, _, _ in sums), 0)).items():
        keys = {"user_id": user_id, "study_day": day, "hour": hour}
        _ADD[dialect].run(session, keys | dict(zip(NUMBERS, numbers, strict=True)))
    for (card, day, hour), numbers in _together(
        sums, _one_of_each_deck(session, {card for card, _, _ in sums})
    ).items():
        keys = {"user_id": user_id, "card": card, "study_day": day, "hour": hour}
        _ADD_TO_DECK[dialect].run(session, keys | dict(zip(NUMBERS, numbers, strict=True)))


def _together(sums: Sums, places: Mapping[int, int]) -> Sums:
    """The sums of cards put together where their places are the same one."""
    found: Sums = {}
    for (card, day, hour), numbers in sums.items():
        key = (places[card], day, hour)
        found[key] = tuple(map(add, found.get(key, _NOTHING), numbers))
    return _something(found)


def _one_of_each_deck(session: Session, cards: Collection[int]) -> dict[int, int]:
    """For each card one that stands for all of its deck."""
    if len(cards) == 1:
        return {card: card for card in cards}
    found: dict[int, int] = {}
    first: dict[int, int] = {}
    ids = sorted(cards)
    for start in range(0, len(ids), 500):
        rows = session.execute(select(Card.id, Card.deck_id).where(Card.id.in_(ids[start : start + 500])))
        found.update({card: first.setdefault(deck, card) for card, deck in rows})
    return found


def of_log(session: Session, user_id: int, *, decks: Collection[int] | None = None) -> Sums:
    """What the stored events of a learner add up to, by deck (of `decks`, or all); hours without anything are left out."""
    sums: Sums = {}
    names = ("study_day", "answered_at", "zone", "kind", "grade", "elapsed_ms", "seed_repetitions", *FACTS)
    columns = [getattr(Event, name) for name in names]
    graded = Event.kind.in_([EventKind.REVIEW, EventKind.SEED])
    mine = select(Card.deck_id.label("card_id"), *columns).join(Card, Card.id == Event.card_id)
    mine = mine.where(Event.user_id == user_id, Event.live, graded)
    if decks is not None:
        mine = mine.where(Card.deck_id.in_(decks))
    for row in session.execute(mine.execution_options(yield_per=2000)):
        values = row._asdict()
        changed(sums, values, None, values)
    return _something(sums)


def of_all_decks(sums: Sums) -> Sums:
    """The same sums for all decks together, under the number 0."""
    return _together(sums, dict.fromkeys((deck for deck, _, _ in sums), 0))


def stored(session: Session, user_id: int) -> Sums:
    """What is stored of a learner for all decks, under the number 0; hours without anything are left out."""
    columns = [_HOUR.c[name] for name in ("study_day", "hour", *NUMBERS)]
    rows = session.execute(select(*columns).where(_HOUR.c.user_id == user_id))
    return _something({(0, day, hour): tuple(numbers) for day, hour, *numbers in rows})


def stored_of_decks(session: Session, user_id: int) -> Sums:
    """What is stored of a learner by deck; hours without anything are left out."""
    columns = [_DECK_HOUR.c[name] for name in ("deck_id", "study_day", "hour", *NUMBERS)]
    rows = session.execute(select(*columns).where(_DECK_HOUR.c.user_id == user_id))
    return _something({(deck, day, hour): tuple(numbers) for deck, day, hour, *numbers in rows})


def rebuild(session: Session, user_id: int, *, decks: Collection[int] | None = None) -> None:
    """Write a learner's sums anew from their events, or those of `decks` alone. For repairs, and for events in bulk."""
    found = of_log(session, user_id, decks=decks)
    if decks is None:
        session.execute(delete(_HOUR).where(_HOUR.c.user_id == user_id))
        _insert(session, user_id, _HOUR, of_all_decks(found))
    for table in (_DECK_HOUR, _STUDIED):
        mine = table.c.user_id == user_id
        session.execute(delete(table).where(mine if decks is None else and_(mine, table.c.deck_id.in_(decks))))
    _insert(session, user_id, _DECK_HOUR, found)
    names = ("user_id", "deck_id", "cards", "digest")
    there = _there().where(CardState.user_id == user_id)
    session.execute(
        insert(_STUDIED).from_select(names, there if decks is None else there.where(Card.deck_id.in_(decks)))
    )


def _insert(session: Session, user_id: int, table: Any, sums: Sums) -> None:
    rows = [
        {"user_id": user_id, "study_day": day, "hour": hour, **dict(zip(NUMBERS, numbers, strict=True))}
        | ({"deck_id": deck} if "deck_id" in table.c else {})
        for (deck, day, hour), numbers in sums.items()
    ]
    if rows:
        session.execute(insert(table), rows)


def _there() -> Any:
    """Which cards of each deck each learner has a state of, as `DeckStudied` says it."""
    columns = (func.count().label("cards"), func.sum(digest_of(Card.id)).label("digest"))
    states = select(CardState.user_id, Card.deck_id, *columns).join(Card, Card.id == CardState.card_id)
    return states.group_by(CardState.user_id, Card.deck_id)


def outdated(session: Session, user_id: int | None = None) -> dict[int, list[int]]:
    """The decks, by learner, whose sums are of other cards than they have now, or are missing."""
    there = _there()
    if user_id is not None:
        there = there.where(CardState.user_id == user_id)
    now = there.subquery()
    same = and_(_STUDIED.c.user_id == now.c.user_id, _STUDIED.c.deck_id == now.c.deck_id)
    differs = or_(_STUDIED.c.user_id.is_(None), _STUDIED.c.cards != now.c.cards, _STUDIED.c.digest != now.c.digest)
    rows = select(now.c.user_id, now.c.deck_id).outerjoin(_STUDIED, same).where(differs)
    found: dict[int, list[int]] = {}
    for user, deck in session.execute(rows.order_by(now.c.user_id, now.c.deck_id)):
        found.setdefault(user, []).append(deck)
    return found


def keep_house(session: Session, now: datetime) -> dict[str, int]:
    """Make sums of decks anew that are of other cards by now; some each time, so that nobody waits long."""
    count = events = 0
    for user_id, decks in outdated(session).items():
        if events >= ENOUGH:
            break
        write(session)
        session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
        rebuild(session, user_id, decks=decks)
        reviews = select(func.sum(CardState.reviews)).join(Card, Card.id == CardState.card_id)
        events += session.scalar(reviews.where(CardState.user_id == user_id, Card.deck_id.in_(decks))) or 0
        count += len(decks)
    return {"outdated sums of decks": count}


def differences(kept: Sums, given: Sums, names: Mapping[int, str]) -> Iterable[str]:
    """What is stored and what the log gives, an hour that differs a sentence; `names` says what a number is called."""
    for key in sorted(kept.keys() | given.keys()):
        pairs = zip(NUMBERS, kept.get(key, _NOTHING), given.get(key, _NOTHING), strict=True)
        wrong = [f"{name} is {old}, the log gives {new}" for name, old, new in pairs if old != new]
        if wrong:
            of, day, hour = key
            where = f" in “{names[of]}”" if of in names else ""
            yield f"sums of {day}, {hour:02}:00{where}: {'; '.join(wrong)}."


def wrong(session: Session, user_id: int) -> Iterable[str]:
    """What is wrong with the sums of a learner, a sentence each; outdated ones of decks are not, as nobody reads them."""
    given = of_log(session, user_id)
    yield from differences(stored(session, user_id), of_all_decks(given), {})
    old = set(outdated(session, user_id).get(user_id, ()))
    studied = set(session.scalars(select(_STUDIED.c.deck_id).where(_STUDIED.c.user_id == user_id))) - old
    names: dict[int, str] = {
        row.id: row.slug for row in session.execute(select(Deck.id, Deck.slug).where(Deck.id.in_(studied)))
    }
    kept = {key: numbers for key, numbers in stored_of_decks(session, user_id).items() if key[0] in studied}
    yield from differences(kept, {key: numbers for key, numbers in given.items() if key[0] in studied}, names)


def _something(sums: Sums) -> Sums:
    return {key: numbers for key, numbers in sums.items() if any(numbers)}


def _numbers(event: Mapping[str, Any], facts: Mapping[str, Any]) -> Numbers:
    """What one event adds to the columns `NUMBERS`."""
    if not facts["live"] or event["kind"] not in (EventKind.REVIEW, EventKind.SEED):
        return _NOTHING
    grade = None if event["grade"] is None else Grade(event["grade"])
    learned_before = (facts["repetitions_before"] or 0) >= 1
    learned = (event["seed_repetitions"] or 0) >= 1 if grade is None else grade.passed
    totals = alone(
        Answer(
            study_day=event["study_day"],
            answered_at=event["answered_at"],
            grade=grade,
            counted=facts["counted"],
            was_due=facts["was_due"],
            interval_before=facts["interval_before"],
            elapsed_ms=event["elapsed_ms"],
            learned=learned - learned_before if facts["counted"] or grade is None else 0,
        )
    )
    return _as_numbers(totals)


def _as_numbers(totals: Totals) -> Numbers:
    young, mature = totals.young, totals.mature
    dues = (young.passed, young.total, mature.passed, mature.total)
    return (totals.cards, *totals.grades, totals.elapsed_ms, totals.timed, *dues, totals.learned)
