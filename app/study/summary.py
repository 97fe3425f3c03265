"""What a session came to: the answers in order, what is worth rereading, and what the next days bring."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, Event, StudyHour
from app.library.queries import studyable, unsuspended
from app.scheduling.queue import Counts
from app.scheduling.state import Grade
from app.scheduling.statistics import LONGEST_ANSWER_MS, minutes_needed, streak, usual_pace
from app.study.asking import given_in, last_answer
from app.study.begun import TAGGED
from app.study.more import More, more_of
from app.study.overview import studied_days
from app.study.queries import limits_of, today_plan
from app.study.rest import resting
from app.study.scopes import EVERYTHING, Scope, Scoped, scoped
from app.web.sessions import Viewer

PAUSE = timedelta(minutes=30)
"""So long without an answer, and the next one starts another session."""

DAYS_AHEAD = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of the session. `counted`: the card's first of its day; `due`: the day the card comes back."""

    grade: Grade
    counted: bool
    elapsed_ms: int | None
    answered_at: datetime
    card_guid: str
    question_text: str
    deck_slug: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """A day to come: cards that fall due on it, new ones it may bring, and about how many minutes (None: unknown)."""

    day: date
    reviews: int
    new: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A learner's latest session of today in a scope. `answers` are in the order they were given."""

    study_day: date
    scope: Scope
    title: str
    """That of `Scoped`."""
    studies: bool
    """Whether the learner has chosen any deck."""
    left: Counts
    elsewhere: Counts
    """What is left of the day outside the scope."""
    more: More | None
    """What more could be had today; set where nothing is left."""
    answers: tuple[Given, ...]
    streak: int
    ahead: tuple[Ahead, ...]
    next_day: date | None
    """The first day after today on which cards reviewed before fall due."""
    next_cards: int
    undo: int | None

    @property
    def cards(self) -> tuple[Given, ...]:
        """The first answer to each card."""
        return tuple(one for one in self.answers if one.counted)

    @property
    def recalled(self) -> int | None:
        """The share of cards passed at the first try, in per cent."""
        passed = sum(one.grade.passed for one in self.cards)
        return round(100 * passed / len(self.cards)) if self.cards else None

    @property
    def seconds(self) -> int | None:
        """How long all answers took together; None where nothing was measured."""
        return _seconds(self.answers)

    @property
    def seconds_a_card(self) -> int | None:
        """How long a card took, repeats included."""
        return None if self.seconds is None or not self.cards else round(self.seconds / len(self.cards))

    @property
    def failed(self) -> tuple[Given, ...]:
        """The cards that were not recalled at the first try."""
        return tuple(one for one in self.cards if not one.grade.passed)

    def tally(self) -> list[tuple[Grade, int]]:
        """How many cards got each grade that was given, the lowest first."""
        return sorted(Counter(one.grade for one in self.cards).items())


def summary(session: Session, viewer: Viewer, *, now: datetime, scope: Scope = EVERYTHING) -> Summary:
    """The summary of this learner at `now`. Raises `UnknownScope` and `NotChosen`."""
    part = scoped(session, viewer, scope, now=now)
    today = part.today
    answers = _latest_run(_answers(session, viewer.id, part))
    due = _due(session, viewer.id, part)
    next_day = next((day for _deck, day, _cards in due if day > today.study_day), None)
    last = last_answer(session, viewer.id, part, now)
    whole = part.both.counts if scope.all_cards else today_plan(session, viewer, now).plan.counts
    return Summary(
        study_day=today.study_day,
        scope=scope,
        title=part.title,
        studies=bool(today.decks),
        left=today.plan.counts,
        elsewhere=whole.without(today.plan.counts),
        more=None if today.plan.counts.total else more_of(session, viewer, now=now, scope=scope),
        answers=answers,
        streak=streak(_studied(session, viewer.id), today.study_day, resting(session, viewer.id)).current,
        ahead=_ahead(
            session,
            viewer,
            part,
            due,
            usual_pace(studied_days(session, viewer.id, today.study_day).values()) or _pace(answers),
        ),
        next_day=next_day,
        next_cards=sum(cards for _deck, day, cards in due if day == next_day),
        undo=last.event_id if last else None,
    )


def _in(part: Scoped) -> ColumnElement[bool]:
    """The cards of a scope. A condition on `Card`; `:tag` is to be bound."""
    decks = Card.deck_id.in_(part.decks)
    return and_(decks, TAGGED) if part.scope.tag else decks


def _answers(session: Session, user_id: int, part: Scoped) -> list[Given]:
    rows = session.execute(
        select(
            Event.grade,
            Event.counted,
            Event.elapsed_ms,
            Event.answered_at,
            Card.guid,
            Card.question_text,
            Deck.slug,
            CardState.due,
        )
        .join(Card, Card.id == Event.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == user_id))
        .where(
            Event.user_id == user_id,
            Event.study_day == part.today.study_day,
            Event.kind == "review",
            Event.live,
            given_in(part.scope.kind),
            _in(part),
        )
        .order_by(Event.answered_at, Event.id),
        {"tag": part.scope.tag},
    )
    return [
        Given(Grade(grade), counted, elapsed, answered_at, guid, text, slug, due)
        for grade, counted, elapsed, answered_at, guid, text, slug, due in rows
        if grade is not None
    ]


def _latest_run(answers: list[Given]) -> tuple[Given, ...]:
    """The last answers that follow each other without a pause."""
    start = 0
    for n in range(1, len(answers)):
        if answers[n].answered_at - answers[n - 1].answered_at >= PAUSE:
            start = n
    return tuple(answers[start:])


def _studied(session: Session, user_id: int) -> list[date]:
    days = select(StudyHour.study_day).where(StudyHour.user_id == user_id, StudyHour.cards > 0)
    return list(session.scalars(days.distinct()))


def _due(session: Session, user_id: int, part: Scoped) -> list[tuple[int, date, int]]:
    """On which days cards of each deck fall or fell due, and how many on each, in the order of the days."""
    rows = session.execute(
        select(Card.deck_id, CardState.due, func.count())
        .join(Card, Card.id == CardState.card_id)
        .where(CardState.user_id == user_id, CardState.due.is_not(None), _in(part), studyable())
        .where(unsuspended(user_id))
        .group_by(Card.deck_id, CardState.due)
        .order_by(CardState.due),
        {"tag": part.scope.tag},
    )
    return [(deck, day, cards) for deck, day, cards in rows if day is not None]


def _unseen(session: Session, viewer: Viewer, part: Scoped) -> dict[int, int]:
    """How many cards of each deck will be new after today."""
    rows = session.execute(
        select(Card.deck_id, func.count())
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == viewer.id))
        .where(_in(part), studyable(), unsuspended(viewer.id), CardState.due.is_(None))
        .group_by(Card.deck_id),
        {"tag": part.scope.tag},
    )
    today = part.both.by_deck()
    return {deck: cards - today.get(deck, Counts()).new for deck, cards in rows}


def _ahead(
    session: Session, viewer: Viewer, part: Scoped, due: Sequence[tuple[int, date, int]], pace: float | None
) -> tuple[Ahead, ...]:
    """The next days, if each brings what it may and nothing is forgotten; what a limit holds back comes on the day after."""
    today, planned = part.today.study_day, part.both.by_deck()
    unseen, held_back, falls = _unseen(session, viewer, part), Counter[int](), dict[date, Counter[int]]()
    for deck, day, cards in due:
        if day <= today:
            held_back[deck] += cards
        else:
            falls.setdefault(day, Counter())[deck] += cards
    for deck in held_back:
        held_back[deck] = max(0, held_back[deck] - planned.get(deck, Counts()).reviews)
    own = {deck.id: deck.limits for deck in part.today.decks}
    days = []
    for day in (today + n * DAY for n in range(1, DAYS_AHEAD + 1)):
        limits = limits_of(viewer, day)
        held_back += falls.get(day, Counter())
        new = _taken(unseen, limits.new_per_day, {deck: limit.new for deck, limit in own.items()})
        reviews = _taken(held_back, limits.reviews_per_day, {deck: limit.reviews for deck, limit in own.items()})
        days.append(Ahead(day, reviews, new, None if pace is None else minutes_needed(reviews + new, pace)))
    return tuple(days)


def _taken(waiting: dict[int, int], left: int, limits: Mapping[int, int | None]) -> int:
    """Take from each deck what its limit and that of the day let through; gives how many cards that are."""
    all_of_them = left
    for deck, cards in waiting.items():
        limit = limits.get(deck)
        some = min(max(cards, 0), left if limit is None else min(limit, left))
        waiting[deck] -= some
        left -= some
    return all_of_them - left


def _seconds(answers: Collection[Given]) -> int | None:
    known = [min(one.elapsed_ms, LONGEST_ANSWER_MS) for one in answers if one.elapsed_ms is not None]
    return round(sum(known) / 1000) if known else None


def _pace(answers: Collection[Given]) -> float | None:
    """Seconds a card in this session; None where nothing was measured."""
    seconds, cards = _seconds(answers), sum(one.counted for one in answers)
    return seconds / cards if seconds and cards else None
