"""The life of one card with one learner: every answer, how interval and ease went, and where it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardMark, CardState, DeckChoice, Event, Note
from app.library.history import History, card_history
from app.library.queries import CardRow, DeckRow, card_by_guid
from app.library.texts import safe_html
from app.scheduling.state import LEECH_LAPSES, MATURE_INTERVAL
from app.scheduling.statistics import median_seconds
from app.scheduling.study_day import study_day
from app.web import charts
from app.web.charts import Life, Moment
from app.web.sessions import Viewer


@dataclass(frozen=True, slots=True)
class Answered:
    """One thing that happened to the card: a live answer (`grade`), a day it was given (`reschedule`), or a fresh start.

    Intervals in days, ease in hundredths; None before its first answer. `counted`: no repeat of the same day.
    """

    kind: str
    study_day: date
    answered_at: datetime
    grade: int | None
    counted: bool
    interval_before: int | None
    interval_after: int | None
    ease_before: int | None
    ease_after: int | None
    due_after: date | None
    elapsed_ms: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the card stands with this learner now; `due` is None for a card never answered."""

    due: date | None = None
    interval: int = 0
    ease: int = 0
    repetitions: int = 0
    lapses: int = 0
    suspended: bool = False
    flagged: bool = False
    chosen: bool = False
    note_html: str = ""
    """Safe to serve; empty where there is no note."""

    @property
    def stage(self) -> str:
        """One of new, learning, young, mature."""
        if self.due is None:
            return "new"
        if not self.repetitions:
            return "learning"
        return "mature" if self.interval >= MATURE_INTERVAL else "young"

    @property
    def leech(self) -> bool:
        """Forgotten so often that the card itself may be at fault."""
        return self.lapses >= LEECH_LAPSES


@dataclass(frozen=True, slots=True)
class CardPage:
    """A card as its own page shows it. `events` are in order; what was undone is left out."""

    today: date
    card: CardRow
    deck: DeckRow
    standing: Standing
    events: tuple[Answered, ...]
    history: History

    @property
    def reviews(self) -> tuple[Answered, ...]:
        """The answers that counted."""
        return tuple(one for one in self.events if one.counted)

    @property
    def repeats(self) -> tuple[Answered, ...]:
        """The answers of a day after its first."""
        return tuple(one for one in self.events if one.kind == "review" and not one.counted)

    @property
    def recalled(self) -> int:
        """Answers that counted and passed."""
        return sum((one.grade or 0) >= 3 for one in self.reviews)

    @property
    def seconds(self) -> float | None:
        """The usual time of an answer."""
        return median_seconds(one.elapsed_ms for one in self.events if one.kind == "review")

    @property
    def life(self) -> Life | None:
        """Interval and ease after each answer; None before the first."""
        marks = [
            Moment(one.study_day, one.interval_after or 0, one.ease_after or 0)
            for one in self.reviews
            if one.ease_after
        ]
        return charts.life(marks, due=self.standing.due) if marks else None


def card_page(
    session: Session, viewer: Viewer, guid: str, *, now: datetime, everything: bool = False
) -> CardPage | None:
    """The page of a card that this learner may read, else None; the last ten versions of its text, or all."""
    found = card_by_guid(session, guid, viewer)
    if found is None:
        return None
    card, deck = found
    return CardPage(
        today=study_day(now, viewer.zone, viewer.rollover_hour),
        card=card,
        deck=deck,
        standing=_standing(session, viewer.id, card),
        events=_events(session, viewer.id, card.id),
        history=card_history(session, card.id, viewer.id, everything=everything),
    )


def _standing(session: Session, user_id: int, card: CardRow) -> Standing:
    row = session.execute(
        select(
            CardState.due,
            CardState.interval,
            CardState.ease,
            CardState.repetitions,
            CardState.lapses,
            CardMark.suspended_at,
            CardMark.flagged_at,
            DeckChoice.chosen_at,
            Note.text_html,
            Note.renderer,
        )
        .select_from(Card)
        .outerjoin(CardState, (CardState.card_id == Card.id) & (CardState.user_id == user_id))
        .outerjoin(CardMark, (CardMark.card_id == Card.id) & (CardMark.user_id == user_id))
        .outerjoin(Note, (Note.card_id == Card.id) & (Note.user_id == user_id))
        .outerjoin(DeckChoice, (DeckChoice.deck_id == Card.deck_id) & (DeckChoice.user_id == user_id))
        .where(Card.id == card.id)
    ).one()
    return Standing(
        due=row.due,
        interval=row.interval or 0,
        ease=row.ease or 0,
        repetitions=row.repetitions or 0,
        lapses=row.lapses or 0,
        suspended=row.suspended_at is not None,
        flagged=row.flagged_at is not None,
        chosen=row.chosen_at is not None,
        note_html=safe_html(row.text_html, row.renderer) if row.text_html else "",
    )


def _events(session: Session, user_id: int, card_id: int) -> tuple[Answered, ...]:
    """What happened to the card, and to those that were joined to it."""
    own = select(Card.id).where(or_(Card.id == card_id, Card.merged_into_id == card_id))
    columns = [getattr(Event, name) for name in Answered.__slots__]
    rows = session.execute(
        select(*columns).where(Event.user_id == user_id, Event.card_id.in_(own), Event.live, Event.kind != "void")
    )
    return tuple(sorted((Answered(*row) for row in rows), key=lambda one: one.answered_at))
