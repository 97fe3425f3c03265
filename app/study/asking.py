"""The question to ask now, with all that its page says: the answer, what each grade brings, how far the day has come."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.content.document import Option
from app.db.models import Card, CardState, Event
from app.library.queries import deck_by_slug
from app.library.texts import options_of, safe_html
from app.scheduling import sm2
from app.scheduling.queue import Due, Item, New
from app.scheduling.state import GRADES, Grade
from app.scheduling.study_day import never_before
from app.study.projection import memory_of
from app.study.queries import ChosenDeck, Today, chosen_decks, study_day_of, today_plan
from app.web.sessions import Viewer

UNDO_FOR = timedelta(days=1)
"""How long the last answer is offered to be undone."""

FOUR = (Grade(1), Grade(3), Grade(4), Grade(5))
"""The grades of the four buttons."""

_BLOCK = re.compile(r"<(?:p|pre|ul|ol|table|div|h\d|blockquote|hr|dl|figure|details)\b")
_FIRST = re.compile(r"\s*<p>(.*?)</p>", re.DOTALL)


class UnknownDeck(Exception):
    """There is no such deck, or none that this person may read."""


class NotChosen(Exception):
    """The deck is there to read, but this learner does not study it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a grade brings: the card `again` today, or on day `due` after `interval` days (None: a repeat, set before)."""

    again: bool
    due: date | None
    interval: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """The answers to a card that stand: how many, how many below 3, and the last one."""

    seen: int
    missed: int
    last_grade: Grade
    last_day: date


@dataclass(frozen=True, slots=True)
class Question:
    """A card to ask. `number` is what readers call it; `version` is that of its state, 0 where it has none."""

    guid: str
    deck: ChosenDeck
    number: int
    standing: Literal["due", "new", "again"]
    title_html: str
    """The question's first paragraph, phrasing only; empty where it starts with something else."""
    body_html: str
    """The rest of the question."""
    answer_html: str
    options: tuple[Option, ...]
    options_html: tuple[str, ...]
    tags: tuple[str, ...]
    version: int
    outcomes: Mapping[Grade, Outcome]
    past: Past | None

    @property
    def right(self) -> tuple[str, ...]:
        """The keys of the right options."""
        return tuple(option.key for option in self.options if option.right)


@dataclass(frozen=True, slots=True)
class Screen:
    """What the study page shows. `deck` is the only one that is studied (None: all); `undo` the event to take back.

    Of the day's `total` cards, `left` are to be answered yet; both count a card once, however often it is repeated.
    """

    study_day: date
    deck: ChosenDeck | None
    question: Question | None
    total: int
    left: int
    undo: int | None

    @property
    def done(self) -> int:
        """How many of the day's cards need nothing more today."""
        return self.total - self.left


def screen(session: Session, viewer: Viewer, *, now: datetime, deck: str = "", card: str = "") -> Screen:
    """The page of this learner at `now`: of the deck with slug `deck` ("": of all they study).

    The card with guid `card` is asked if it is part of what is left today, else the next one. Raises `UnknownDeck` and
    `NotChosen`.
    """
    today, only = scope(session, viewer, now=now, deck=deck)
    decks = [one.id for one in today.decks] if only is None else [only.id]
    item = _item(session, today, now, card)
    left = today.plan.counts
    return Screen(
        study_day=today.study_day,
        deck=only,
        question=None if item is None else _question(session, viewer, today, item, now),
        total=max(today.answered(decks) + left.reviews + left.new, left.total),
        left=left.total,
        undo=last_answer(session, viewer.id, decks, now),
    )


def scope(session: Session, viewer: Viewer, *, now: datetime, deck: str) -> tuple[Today, ChosenDeck | None]:
    """Today's plan of one deck or of all, and which deck that is. Raises `UnknownDeck` and `NotChosen`."""
    if not deck:
        return today_plan(session, viewer, now), None
    chosen = chosen_decks(session, viewer)
    only = next((one for one in chosen if one.slug == deck), None)
    if only is None:
        raise UnknownDeck if deck_by_slug(session, deck, viewer) is None else NotChosen
    return today_plan(session, viewer, now, decks=(only.id,), chosen=chosen), only


def last_answer(session: Session, user_id: int, decks: Collection[int], now: datetime) -> int | None:
    """The id of the learner's last answer that stands, if it is not long ago and was given in one of these decks."""
    return session.scalar(
        select(Event.id)
        .join(Card, Card.id == Event.card_id)
        .where(
            Event.user_id == user_id,
            Event.kind == "review",
            Event.live,
            Event.answered_at > now - UNDO_FOR,
            Card.deck_id.in_(decks),
        )
        .order_by(Event.id.desc())
        .limit(1)
    )


def _item(session: Session, today: Today, now: datetime, card: str) -> Item | None:
    if card:
        card_id = session.scalar(select(Card.id).where(Card.guid == card))
        wanted = next((item for item in today.plan.ordered(now) if item.card_id == card_id), None)
        if wanted is not None:
            return wanted
    return today.plan.next(now)


def _question(session: Session, viewer: Viewer, today: Today, item: Item, now: datetime) -> Question:
    row = _row(session, viewer.id, item.card_id)
    title, body = _parted(safe_html(row.question_html, row.renderer))
    decks = {deck.id: deck for deck in today.decks}
    return Question(
        guid=row.guid,
        deck=decks[row.deck_id],
        number=row.position + 1,
        standing="new" if isinstance(item, New) else "due" if isinstance(item, Due) else "again",
        title_html=title,
        body_html=body,
        answer_html=safe_html(row.answer_html, row.renderer),
        options=options_of(row.options),
        options_html=tuple(safe_html(html, row.renderer) for html in row.options_html),
        tags=tuple(row.tags),
        version=row.version or 0,
        outcomes=_outcomes(row, study_day_of(viewer, now)),
        past=_past(session, viewer.id, item.card_id) if row.reviews else None,
    )


def _parted(html: str) -> tuple[str, str]:
    """A question as what can be its heading, and what stands below it."""
    if not _BLOCK.search(html):
        return html, ""
    first = _FIRST.match(html)
    return (first[1], html[first.end() :].strip()) if first else ("", html)


def _row(session: Session, user_id: int, card_id: int) -> Any:
    return session.execute(
        select(
            Card.guid,
            Card.deck_id,
            Card.position,
            Card.question_html,
            Card.answer_html,
            Card.options,
            Card.options_html,
            Card.renderer,
            Card.tags,
            CardState.version,
            CardState.ease,
            CardState.repetitions,
            CardState.interval,
            CardState.due,
            CardState.lapses,
            CardState.last_study_day,
            CardState.reviews,
        )
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == user_id))
        .where(Card.id == card_id)
    ).one()


def _outcomes(row: Any, today: date) -> dict[Grade, Outcome]:
    """What each grade brings. A card that counted today already keeps the day it got then."""
    day = never_before(today, row.last_study_day)
    state = memory_of(row)
    if row.last_study_day == day:
        return {grade: Outcome(grade.again_today, state.due, None) for grade in GRADES}
    after = sm2.preview(state, day)
    return {grade: Outcome(grade.again_today, after[grade].due, after[grade].interval) for grade in GRADES}


def _past(session: Session, user_id: int, card_id: int) -> Past | None:
    live = and_(Event.user_id == user_id, Event.card_id == card_id, Event.kind == "review", Event.live)
    row = session.execute(
        select(
            Event.grade,
            Event.study_day,
            func.count().over().label("seen"),
            func.count().filter(Event.grade < 3).over().label("missed"),
        )
        .where(live)
        .order_by(Event.answered_at.desc(), Event.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None or row.grade is None else Past(row.seen, row.missed, Grade(row.grade), row.study_day)
