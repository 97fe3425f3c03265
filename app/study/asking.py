"""The question to ask now, with all that its page says: the answer, what each grade brings, how far the day has come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from app.content.document import Option
from app.content.heading import parted
from app.db.models import Card, CardMark, CardState, Deck, Event, Note
from app.db.prepared import Prepared
from app.library.texts import options_of, safe_html
from app.scheduling import sm2
from app.scheduling.queue import Due, Item, New
from app.scheduling.state import GRADES, LEECH_LAPSES, Grade
from app.scheduling.study_day import never_before
from app.study import near, notes
from app.study.begun import TAGGED
from app.study.notes import NONE, Written
from app.study.projection import memory_of
from app.study.queries import ChosenDeck, Reading, Today
from app.study.scopes import EVERYTHING, Scope, Scoped, reading_of, scoped
from app.study.service import Answered
from app.web.access import can
from app.web.sessions import Viewer

Standing: TypeAlias = Literal["due", "new", "again", ""]
"""Why a card is asked today; empty in a session beside the plan."""
UNDO_FOR = timedelta(days=1)
"""How long the last answer is offered to be undone."""
MOST_STEPS_BACK = 200
"""So many steps back and forward are looked at for the one to redo."""

FOUR = (Grade(1), Grade(3), Grade(4), Grade(5))
"""The grades of the four buttons."""


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
    standing: Standing
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
    flagged: bool = False
    lapses: int = 0
    note: Written = NONE
    may_edit: bool = False
    """Whether who is asked may change the card."""

    @property
    def leech(self) -> bool:
        """Forgotten so often that the card itself may be at fault."""
        return self.lapses >= LEECH_LAPSES

    @property
    def right(self) -> tuple[str, ...]:
        """The keys of the right options."""
        return tuple(option.key for option in self.options if option.right)


@dataclass(frozen=True, slots=True)
class Screen:
    """What the study page shows. `title` says what is studied ("": everything); `undo`, `redo`: the events for these.

    Of the day's `total` cards, `left` are to be answered yet; both count a card once, however often it is repeated.
    """

    study_day: date
    scope: Scope
    title: str
    question: Question | None
    total: int
    left: int
    undo: int | None
    redo: int | None = None
    behind: tuple[int, ...] = ()
    """The decks of which `service.remember_places` should be told."""

    @property
    def done(self) -> int:
        """How many of the day's cards need nothing more today."""
        return self.total - self.left

    @property
    def percent(self) -> float:
        """How much of the day is done."""
        return share_done(self.done, self.total)


def share_done(done: int, total: int) -> float:
    """How much of a session is done, in percent."""
    return round(100 * done / total, 1) if total else 0


def screen(
    session: Session,
    viewer: Viewer,
    *,
    now: datetime,
    scope: Scope = EVERYTHING,
    card: str = "",
    after: str = "",
    answered: Answered | None = None,
) -> Screen:
    """The page of this learner at `now` in a scope.

    The card with guid `card` is asked if it is part of what is left today, else the next one; where
    the card with guid `after` is shown already, the one that comes after it, if there is one. `answered` is the answer
    that was given just now. Raises `UnknownScope` and `NotChosen`.
    """
    return screen_to_ask(session, viewer, now=now, scope=scope, card=card, after=after, answered=answered)()()


def beside_an_answer(session: Session, viewer: Viewer, *, now: datetime, scope: Scope) -> Reading | None:
    """What `service.answer` may read for the next screen of a scope; None on SQLite, where that would save no wait."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    return reading_of(session, viewer, scope, now=now, foremost=True)


def screen_to_ask(
    session: Session,
    viewer: Viewer,
    *,
    now: datetime,
    scope: Scope = EVERYTHING,
    card: str = "",
    after: str = "",
    answered: Answered | None = None,
    reading: Reading | None = None,
) -> Callable[[], Callable[[], Screen]]:
    """`screen`, all but its question: that is asked for by calling what is given, and had by calling what that gives.

    What the `reading` beside an answer has is not read again.
    """
    part = scoped(session, viewer, scope, now=now, foremost=not card, reading=reading)
    today = part.today
    if answered is not None and answered.deck_id in part.decks:
        last: Last | None = Last(answered.event_id, answered.card_id)
    else:
        last = last_answer(session, viewer.id, part, now)
    item = _after(session, today, now, after) or _item(session, today, now, card, last)
    left = today.plan.counts
    bare = Screen(
        study_day=today.study_day,
        scope=scope,
        title=part.title,
        question=None,
        total=max(answered_in(session, viewer, part) + left.reviews + left.new, left.total),
        left=left.total,
        undo=last.event_id if last else None,
        redo=None if answered or after else to_redo(session, viewer.id, part, now),
        behind=today.behind,
    )

    def ask() -> Callable[[], Screen]:
        if item is None:
            return lambda: bare
        question = _ask_question(session, viewer, today, item)
        return lambda: replace(bare, question=question())

    if near.wishes_of(viewer).any:  # then a question needs more than the one statement that it is asked for with
        whole = ask()()
        return lambda: lambda: whole
    return ask


_ANSWERED = (
    select(func.count())
    .select_from(Event)
    .join(Card, Card.id == Event.card_id)
    .where(
        Event.user_id == bindparam("user"),
        Event.study_day == bindparam("today"),
        Event.counted,
        Card.deck_id.in_(bindparam("decks", expanding=True)),
        TAGGED,
    )
)


def answered_in(session: Session, viewer: Viewer, part: Scoped) -> int:
    """How many cards of a scope were answered today; repeats are not counted again."""
    if not part.scope.tag:
        return part.today.answered(part.decks)
    values = {"user": viewer.id, "today": part.today.study_day, "decks": part.decks, "tag": part.scope.tag}
    return session.connection().execute(_ANSWERED, values).scalar_one()


class Last(NamedTuple):
    """A learner's last answer that stands, and the card it was given to."""

    event_id: int
    card_id: int


_LAST = Prepared(
    select(Event.id, Event.card_id)
    .join(Card, Card.id == Event.card_id)
    .where(
        Event.user_id == bindparam("user"),
        Event.kind == "review",
        Event.live,
        Event.answered_at > bindparam("since"),
        Card.deck_id.in_(bindparam("decks", expanding=True)),
    )
    .order_by(Event.id.desc())
    .limit(1)
)


_LAST_WITH_TAG = _LAST.where(TAGGED)


def last_answer(session: Session, user_id: int, part: Scoped, now: datetime) -> Last | None:
    """The learner's last answer that stands, if it is not long ago and was given in this scope."""
    values = {"user": user_id, "since": now - UNDO_FOR, "decks": part.decks, "tag": part.scope.tag}
    row = (_LAST_WITH_TAG if part.scope.tag else _LAST).one_or_none(session, values)
    return None if row is None else Last(*row)


_TARGET = aliased(Event)
_TAKEN_BACK = (
    select(
        Event.id, Event.kind, Event.target_id, Event.answered_at, _TARGET.kind.label("what"), Card.deck_id, Card.tags
    )
    .outerjoin(_TARGET, and_(_TARGET.user_id == Event.user_id, _TARGET.id == Event.target_id))
    .outerjoin(Card, Card.id == _TARGET.card_id)
    .where(Event.user_id == bindparam("user"), Event.kind.in_(("review", "void")))
    .order_by(Event.id.desc())
    .limit(MOST_STEPS_BACK)
)


def to_redo(session: Session, user_id: int, part: Scoped, now: datetime) -> int | None:
    """The answer of this scope that was taken back last, as long as nothing was answered since; None if there is none.

    What was put back since is left out, so that as many steps lead forward as were gone back.
    """
    rows = session.connection().execute(_TAKEN_BACK, {"user": user_id}).all()
    put_back: set[int] = set()
    for row in takewhile(lambda row: row.kind == "void", rows):
        if row.what == "void":
            put_back.add(row.target_id)
        elif row.what == "review" and row.id not in put_back:
            here = row.deck_id in part.decks and (not part.scope.tag or part.scope.tag in row.tags)
            return row.target_id if here and row.answered_at > now - UNDO_FOR else None
    return None


def _item(session: Session, today: Today, now: datetime, card: str, last: Last | None) -> Item | None:
    if card:
        card_id = _id_of(session, card)
        wanted = next((item for item in today.plan.in_order(now) if item.card_id == card_id), None)
        if wanted is not None:
            return wanted
    return today.plan.next(now, last.card_id if last else None)


def _after(session: Session, today: Today, now: datetime, shown: str) -> Item | None:
    """The first card of the plan that is not the `shown` one, if one is shown and another is left."""
    if not shown:
        return None
    card_id = _id_of(session, shown)
    return next((item for item in today.plan.in_order(now) if item.card_id != card_id), None)


_ID = Prepared(select(Card.id).where(Card.guid == bindparam("guid")))


def _id_of(session: Session, guid: str) -> int | None:
    row = _ID.one_or_none(session, {"guid": guid})
    return None if row is None else row.id


def _ask_question(session: Session, viewer: Viewer, today: Today, item: Item) -> Callable[[], Question]:
    standing: Standing = "new" if isinstance(item, New) else "due" if isinstance(item, Due) else "again"
    decks = {deck.id: deck for deck in today.decks}
    return ask_question(session, viewer, item.card_id, decks=decks, standing=standing, today=today.study_day)


def question_of(
    session: Session,
    viewer: Viewer,
    card_id: int,
    *,
    decks: Mapping[int, ChosenDeck],
    standing: Standing,
    today: date,
) -> Question:
    """All that a page says of a card of one of these decks, by deck id."""
    return ask_question(session, viewer, card_id, decks=decks, standing=standing, today=today)()


def ask_question(
    session: Session,
    viewer: Viewer,
    card_id: int,
    *,
    decks: Mapping[int, ChosenDeck],
    standing: Standing,
    today: date,
) -> Callable[[], Question]:
    """`question_of`, to be had later (`Prepared.ask`)."""
    rows = _ROW.ask(session, {"user": viewer.id, "card": card_id})
    return lambda: _question(session, viewer, rows()[0], decks=decks, standing=standing, today=today)


def _question(
    session: Session, viewer: Viewer, row: Any, *, decks: Mapping[int, ChosenDeck], standing: Standing, today: date
) -> Question:
    title, body = parted(safe_html(row.question_html, row.renderer))
    grade = row.last_grade if row.reviews else None
    return Question(
        guid=row.guid,
        deck=decks[row.deck_id],
        number=row.position + 1,
        standing=standing,
        title_html=title,
        body_html=body,
        answer_html=safe_html(row.answer_html, row.renderer),
        options=options_of(row.options),
        options_html=tuple(safe_html(html, row.renderer) for html in row.options_html),
        tags=tuple(row.tags),
        version=row.version or 0,
        outcomes=_outcomes(session, viewer, row, today),
        past=None if grade is None else Past(row.reviews, row.missed, Grade(grade), row.last_day),
        flagged=row.flagged_at is not None,
        lapses=row.lapses or 0,
        note=notes.written(row.note, row.note_html, row.note_renderer, row.note_version),
        may_edit=can(viewer, "edit", row),
    )


_LIVE = and_(Event.user_id == bindparam("user"), Event.card_id == Card.id, Event.kind == "review", Event.live)


def _latest(column: Any) -> Any:
    return select(column).where(_LIVE).order_by(Event.answered_at.desc(), Event.id.desc()).limit(1).scalar_subquery()


_ROW = Prepared(
    select(
        Card.id,
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
        CardMark.flagged_at,
        Note.text.label("note"),
        Note.text_html.label("note_html"),
        Note.renderer.label("note_renderer"),
        Note.version.label("note_version"),
        Deck.visibility,
        Deck.owner_id,
        Deck.archived_at,
        _latest(Event.grade).label("last_grade"),
        _latest(Event.study_day).label("last_day"),
        select(func.count()).where(_LIVE, Event.grade < 3).scalar_subquery().label("missed"),
    )
    .select_from(Card)
    .join(Deck, Deck.id == Card.deck_id)
    .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == bindparam("user")))
    .outerjoin(CardMark, and_(CardMark.card_id == Card.id, CardMark.user_id == bindparam("user")))
    .outerjoin(Note, and_(Note.card_id == Card.id, Note.user_id == bindparam("user")))
    .where(Card.id == bindparam("card"))
)
"""A card with all that its page says of it, in one statement that is built once."""


def _outcomes(session: Session, viewer: Viewer, row: Any, today: date) -> dict[Grade, Outcome]:
    """What each grade brings, as `service.answer` will have it. A card that counted today already keeps the day it got then."""
    day = never_before(today, row.last_study_day)
    state = memory_of(row)
    if row.last_study_day == day:
        return {grade: Outcome(grade.again_today, state.due, None) for grade in GRADES}
    after = sm2.preview(state, day)
    days = near.days_of(session, viewer, row.id, state, day)
    if days is None:
        return {grade: Outcome(grade.again_today, after[grade].due, after[grade].interval) for grade in GRADES}
    return {
        grade: Outcome(grade.again_today, due, after[grade].interval if due == after[grade].due else (due - day).days)
        for grade, due in days.items()
    }
