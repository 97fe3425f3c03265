"""Sessions beside the daily plan: started, answered, taken back. They are logged apart and move no schedule.

Where the learner asked for it, each answer is an ordinary review as well, with all that follows from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.db.base import new_guid
from app.db.models import Practice, PracticeAnswer
from app.db.session import write
from app.library.texts import options_of
from app.scheduling.state import Grade
from app.study import service
from app.study.asking import share_done
from app.study.picking import Mode, Wish, pick, still_there
from app.study.queries import ChosenDeck, study_day_of
from app.study.question import Question, ask_question
from app.web.sessions import Viewer


class NothingFits(Exception):
    """No card of the learner's decks is what was asked for."""


class UnknownPractice(Exception):
    """There is no such session of this learner, or it has no such card."""


class AnsweredAlready(Exception):
    """The card needs nothing more in this session: it was answered elsewhere. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class PracticeScreen:
    """What the page of a session shows; no question once all its cards are answered.

    A card counts among the `left` ones until it was recalled, in a quiz until it was answered.
    """

    guid: str
    mode: Mode
    counts: bool
    study_day: date
    question: Question | None
    again: bool
    """The question was failed in this session."""
    total: int
    left: int
    undo: int | None
    """The number of the answer that Undo takes back, and …"""
    redo: int | None
    """… of the one that Redo puts back."""

    @property
    def done(self) -> int:
        """How many of the cards need nothing more."""
        return self.total - self.left

    @property
    def percent(self) -> float:
        """How much of the session is done."""
        return share_done(self.done, self.total)


@dataclass(frozen=True, slots=True)
class Failed:
    """A card that was not known at first."""

    guid: str
    deck_slug: str
    question_text: str


@dataclass(frozen=True, slots=True)
class PracticeResult:
    """What a session came to: `right` of `answered` cards were known at first."""

    guid: str
    mode: Mode
    counts: bool
    study_day: date
    answered: int
    right: int
    total: int
    left: int
    seconds: int | None
    failed: tuple[Failed, ...]
    undo: int | None
    """As of `PracticeScreen`."""


def start(session: Session, *, viewer: Viewer, wish: Wish, counts: bool, now: datetime) -> str:
    """Start a session with the cards that fit now; gives its guid. Raises `NothingFits`."""
    guid = new_guid()
    cards = pick(session, viewer, wish, now=now, seed=guid)
    if not cards:
        raise NothingFits
    write(session)
    values = {"guid": guid, "user_id": viewer.id, "mode": wish.mode.value, "counts": counts}
    session.execute(insert(Practice).values(**values, cards=cards, started_at=now))
    return guid


def answer(
    session: Session,
    *,
    viewer: Viewer,
    practice: str,
    card: str,
    grade: Grade | None,
    choice: Sequence[str] = (),
    key: str,
    version: int,
    elapsed_ms: int | None,
    now: datetime,
    device: str = "",
) -> None:
    """Note a grade for a card of a session; in a quiz, the options that were chosen.

    The same `key` again changes nothing. Raises `UnknownPractice`, `AnsweredAlready`, and where answers count what
    `service.answer` raises.
    """
    write(session)
    found = _found(session, viewer, practice, lock=True)
    there = still_there(session, viewer, found.cards, study_day_of(viewer, now))
    row = next((row for row in there.values() if row.guid == card), None)
    if row is None:
        raise UnknownPractice
    ever = _ever_given(session, found.id)
    if any(one.idempotency_key == key for one in ever):
        return
    if row.id not in _left(found, there, _standing(ever)):
        raise AnsweredAlready
    if grade is None or found.mode == Mode.QUIZ:
        grade = _grade_of(row, choice)
    event_id = None
    if found.counts:
        values: Any = {"grade": grade, "key": key, "version": version, "elapsed_ms": elapsed_ms, "device": device}
        event_id = service.answer(session, viewer=viewer, card=card, now=now, **values).event_id
    session.execute(
        insert(PracticeAnswer).values(
            practice_id=found.id,
            number=_next_number(ever),
            card_id=row.id,
            grade=int(grade),
            answered_at=now,
            elapsed_ms=None if elapsed_ms is None else min(elapsed_ms, service.LONGEST_ELAPSED_MS),
            idempotency_key=key,
            event_id=event_id,
        )
    )


def undo(session: Session, *, viewer: Viewer, practice: str, number: int, now: datetime) -> str | None:
    """Take back an answer of a session, its last, and the review it was; gives its card's guid, None if it is not asked any more.

    Taken back already, nothing changes. Raises `UnknownPractice`, `service.NotLast`.
    """
    write(session)
    found = _found(session, viewer, practice, lock=True)
    ever = _ever_given(session, found.id)
    one = _numbered(ever, number)
    if one.undone_before is None:
        if one is not _standing(ever)[-1]:
            raise service.NotLast
        if one.event_id is not None:
            service.undo(session, viewer=viewer, event=one.event_id, now=now)
        _set_undone(session, found.id, one.number, _next_number(ever))
    row = still_there(session, viewer, [one.card_id], study_day_of(viewer, now)).get(one.card_id)
    return None if row is None else str(row.guid)


def redo(session: Session, *, viewer: Viewer, practice: str, number: int, now: datetime) -> bool:
    """Put back an answer of a session that was taken back, and the review it was; says whether it stands now.

    It does not where another one was given since, or its card has changed: then those taken back stay so for good.
    Raises `UnknownPractice`.
    """
    write(session)
    found = _found(session, viewer, practice, lock=True)
    ever = _ever_given(session, found.id)
    one = _numbered(ever, number)
    if one.undone_before is None:
        return True
    if one is not _to_redo(ever):
        return False
    try:
        if one.event_id is not None:
            service.redo(session, viewer=viewer, event=one.event_id, now=now)
    except service.NotLast:
        for other in ever:
            if other.undone_before is not None:
                _set_undone(session, found.id, other.number, _FOR_GOOD)
        return False
    _set_undone(session, found.id, one.number, None)
    return True


def screen(
    session: Session, viewer: Viewer, practice: str, *, now: datetime, card: str = "", after: str = ""
) -> PracticeScreen:
    """The page of a session: the card with guid `card` if it is still to be answered, else the next one.

    Where the card with guid `after` is shown already, the one that comes after it, if there is one. Raises
    `UnknownPractice`.
    """
    found = _found(session, viewer, practice)
    there = still_there(session, viewer, found.cards, study_day_of(viewer, now))
    ever = _ever_given(session, found.id)
    given = _standing(ever)
    left = _left(found, there, given)
    wanted = (
        [one for one in left if there[one].guid == card] or [one for one in left if there[one].guid != after] or left
    )
    today = study_day_of(viewer, now)
    question = None
    if wanted:
        row = there[wanted[0]]
        decks = {row.deck_id: ChosenDeck(row.deck_id, row.slug, row.title)}
        question = ask_question(session, viewer, row.id, decks=decks, standing="", today=today)()
    return PracticeScreen(
        guid=practice,
        mode=Mode(found.mode),
        counts=found.counts,
        study_day=today,
        question=question,
        again=bool(wanted) and any(one.card_id == wanted[0] for one in given),
        total=len(there),
        left=len(left),
        undo=given[-1].number if given else None,
        redo=one.number if (one := _to_redo(ever)) else None,
    )


def result(session: Session, viewer: Viewer, practice: str, *, now: datetime) -> PracticeResult:
    """What a session came to so far. Raises `UnknownPractice`."""
    found = _found(session, viewer, practice)
    there = still_there(session, viewer, found.cards, study_day_of(viewer, now))
    given = _standing(_ever_given(session, found.id))
    first: dict[int, int] = {}
    for one in given:
        first.setdefault(one.card_id, one.grade)
    times = [one.elapsed_ms for one in given if one.elapsed_ms is not None]
    missed = [there[card] for card, grade in first.items() if grade < 3 and card in there]
    return PracticeResult(
        guid=practice,
        mode=Mode(found.mode),
        counts=found.counts,
        study_day=study_day_of(viewer, now),
        answered=len(first),
        right=sum(grade >= 3 for grade in first.values()),
        total=len(there),
        left=len(_left(found, there, given)),
        seconds=round(sum(times) / 1000) if times else None,
        failed=tuple(Failed(row.guid, row.slug, row.question_text) for row in missed),
        undo=given[-1].number if given else None,
    )


def _found(session: Session, viewer: Viewer, guid: str, *, lock: bool = False) -> Any:
    mine = select(Practice.id, Practice.mode, Practice.counts, Practice.cards)
    mine = mine.where(Practice.guid == guid, Practice.user_id == viewer.id)
    row = session.execute(mine.with_for_update() if lock else mine).one_or_none()
    if row is None:
        raise UnknownPractice
    return row


def _ever_given(session: Session, practice_id: int) -> Sequence[Any]:
    """The answers of a session in their order, those that were taken back among them."""
    columns = PracticeAnswer.__table__.c
    return session.execute(
        select(
            columns.number,
            columns.card_id,
            columns.grade,
            columns.elapsed_ms,
            columns.idempotency_key,
            columns.event_id,
            columns.undone_before,
        )
        .where(columns.practice_id == practice_id)
        .order_by(columns.number)
    ).all()


def _standing(ever: Sequence[Any]) -> Sequence[Any]:
    return [one for one in ever if one.undone_before is None]


def _numbered(ever: Sequence[Any], number: int) -> Any:
    found = next((one for one in ever if one.number == number), None)
    if found is None:
        raise UnknownPractice
    return found


_FOR_GOOD = 0
"""No answer has this number: what is taken back until it is given stays so."""


def _next_number(ever: Sequence[Any]) -> int:
    return ever[-1].number + 1 if ever else 1


def _to_redo(ever: Sequence[Any]) -> Any:
    """The answer to put back: of those taken back since the last one was given, the earliest."""
    coming = _next_number(ever)
    return next((one for one in ever if one.undone_before == coming), None)


def _set_undone(session: Session, practice_id: int, number: int, before: int | None) -> None:
    one = update(PracticeAnswer).where(PracticeAnswer.practice_id == practice_id, PracticeAnswer.number == number)
    session.execute(one.values(undone_before=before).execution_options(synchronize_session=False))


def _left(found: Any, there: Mapping[int, Any], given: Sequence[Any]) -> list[int]:
    """The cards still to be answered: first those never asked, in their order, then those failed, the longest ago first."""
    least = 0 if found.mode == Mode.QUIZ else 3
    known = {one.card_id for one in given if one.grade >= least}
    asked = {one.card_id: one.number for one in given}
    left = [card for card in found.cards if card in there and card not in known]
    return sorted(left, key=lambda card: asked.get(card, 0))


def _grade_of(row: Any, choice: Sequence[str]) -> Grade:
    """The grade of a choice: Good where exactly the right options were chosen, else Again."""
    right = {option.key for option in options_of(row.options) if option.right}
    return Grade(4) if right and set(choice) == right else Grade(1)
