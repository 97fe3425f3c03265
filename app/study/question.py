"""A card as a question: all that a page says of it, the answer, and what each grade brings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.content.document import Option
from app.content.heading import parted
from app.db.models import Card, CardMark, CardState, Deck, Event, Note
from app.db.prepared import Prepared
from app.library.texts import options_of, safe_html
from app.scheduling import sm2
from app.scheduling.state import GRADES, LEECH_LAPSES, Grade
from app.scheduling.study_day import never_before
from app.study import near, notes
from app.study.notes import NONE, Written
from app.study.projection import memory_of
from app.study.queries import ChosenDeck
from app.web.access import can
from app.web.sessions import Viewer

Standing: TypeAlias = Literal["due", "new", "again", ""]
"""Why a card is asked today; empty in a session beside the plan."""

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


def ask_question(
    session: Session,
    viewer: Viewer,
    card_id: int,
    *,
    decks: Mapping[int, ChosenDeck],
    standing: Standing,
    today: date,
) -> Callable[[], Question]:
    """All that a page says of a card of one of these decks, by deck id, to be had later (`Prepared.ask`)."""
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
