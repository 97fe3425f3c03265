"""What a learner says of a card beside grading it: bury it until tomorrow, suspend it, flag it; and all they marked.

A mark is no memory: it is a row beside the log, and no replay touches it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.orm import Session

from app.db.models import Card, CardMark, CardState, Deck, DeckChoice
from app.library.queries import studyable
from app.scheduling.state import LEECH_LAPSES
from app.study.line import get_in_line
from app.study.queries import study_day_of
from app.study.service import UnknownCard
from app.web.access import allows, readable
from app.web.sessions import Viewer

PAGE = 50
"""Marked cards on one page."""
MOST_QUERY = 100


class Mark(StrEnum):
    """What is done with a card."""

    BURY = "bury"
    """Not asked any more on this study day."""
    SUSPEND = "suspend"
    """Not asked until it is brought back."""
    FLAG = "flag"
    """Asked as ever, and easy to find again."""


class Shelf(StrEnum):
    """The lists of cards that a learner has marked, or that mark themselves."""

    SUSPENDED = "suspended"
    BURIED = "buried"
    FLAGGED = "flagged"
    LEECHES = "leeches"


@dataclass(frozen=True, slots=True)
class Marked:
    """A card and what was done with it; `on` is False where that was taken back."""

    card_guid: str
    question_text: str
    what: Mark
    on: bool


@dataclass(frozen=True, slots=True)
class MarkedCard:
    """A card on a list of marked ones. `lapses`: how often it was forgotten after it had been learned."""

    guid: str
    question_text: str
    deck_slug: str
    deck_title: str
    suspended: bool
    buried: bool
    flagged: bool
    lapses: int

    @property
    def leech(self) -> bool:
        """Forgotten so often that the card itself may be at fault."""
        return self.lapses >= LEECH_LAPSES


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """A page of one list, how many cards each list has in all decks, and the decks that have any."""

    shelf: Shelf
    cards: tuple[MarkedCard, ...]
    found: int
    page: int
    pages: int
    counts: dict[Shelf, int]
    decks: tuple[tuple[str, str], ...]
    """Slug and title."""


def mark(session: Session, *, viewer: Viewer, card: str, what: Mark, on: bool, now: datetime) -> Marked:
    """Mark the card with guid `card`, or (not `on`) take that mark back. Doing it again changes nothing.

    Raises `UnknownCard`.
    """
    get_in_line(session, viewer.id)
    row = session.execute(
        select(
            Card.id,
            Card.question_text,
            Deck.visibility,
            Deck.owner_id,
            Deck.archived_at,
            DeckChoice.chosen_at,
            CardMark.user_id,
        )
        .join(Deck, Deck.id == Card.deck_id)
        .outerjoin(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .outerjoin(CardMark, and_(CardMark.card_id == Card.id, CardMark.user_id == viewer.id))
        .where(Card.guid == card)
    ).one_or_none()
    if row is None or not (row.chosen_at is not None or allows(viewer, "study", row)):
        raise UnknownCard
    if on or row.user_id is not None:
        _write(session, viewer, row, what, on, now)
    return Marked(card, row.question_text, what, on)


def _write(session: Session, viewer: Viewer, row: Any, what: Mark, on: bool, now: datetime) -> None:
    columns = {Mark.BURY: "buried_on", Mark.SUSPEND: "suspended_at", Mark.FLAG: "flagged_at"}
    since: date | datetime = study_day_of(viewer, now) if what is Mark.BURY else now
    values = {columns[what]: since if on else None}
    if row.user_id is None:
        session.execute(insert(CardMark).values(user_id=viewer.id, card_id=row.id, **values))
        return
    one = update(CardMark).where(CardMark.user_id == viewer.id, CardMark.card_id == row.id)
    if on and what is not Mark.BURY:  # what was marked before keeps its time
        one = one.where(getattr(CardMark, columns[what]).is_(None))
    session.execute(one.values(**values).execution_options(synchronize_session=False))


def marked(
    session: Session, viewer: Viewer, shelf: Shelf, *, now: datetime, deck: str = "", query: str = "", page: int = 1
) -> MarkedPage:
    """The cards of one list, the latest first: of the deck with slug `deck`, with `query` in their question ("": all)."""
    today = study_day_of(viewer, now)
    condition = _on(shelf, today)
    if deck:
        condition = and_(condition, Deck.slug == deck)
    if words := query[:MOST_QUERY].split():
        condition = and_(condition, *(Card.question_text.icontains(word, autoescape=True) for word in words))
    counts = dict.fromkeys(Shelf, 0)
    decks: dict[str, str] = {}
    columns = [func.count().filter(_on(one, today)).label(one.value) for one in Shelf]
    fitting = func.count().filter(condition).label("found")
    totals = _mine(viewer, select(Deck.slug, Deck.title, *columns, fitting)).group_by(Deck.id).order_by(Deck.title)
    found = 0
    for row in session.execute(totals):
        found += row.found
        for one in Shelf:
            counts[one] += getattr(row, one.value)
        if getattr(row, shelf.value):
            decks[row.slug] = row.title
    pages = max(1, -(-found // PAGE))
    page = min(max(page, 1), pages)
    rows = session.execute(_rows(viewer, shelf, today).where(condition).limit(PAGE).offset((page - 1) * PAGE))
    return MarkedPage(shelf, tuple(MarkedCard(*row) for row in rows), found, page, pages, counts, tuple(decks.items()))


def _on(shelf: Shelf, today: date) -> ColumnElement[bool]:
    """The condition of a list, on the marks and states of outer joins."""
    conditions = {
        Shelf.SUSPENDED: CardMark.suspended_at.is_not(None),
        Shelf.BURIED: CardMark.buried_on >= today,
        Shelf.FLAGGED: CardMark.flagged_at.is_not(None),
        Shelf.LEECHES: CardState.lapses >= LEECH_LAPSES,
    }
    return func.coalesce(conditions[shelf], False)


def _mine(viewer: Viewer, statement: Any) -> Any:
    """The cards of this learner's decks that they marked, or that are leeches: few, however many they learn."""
    by_hand = select(CardMark.card_id).where(CardMark.user_id == viewer.id)
    leeches = select(CardState.card_id).where(CardState.user_id == viewer.id, CardState.lapses >= LEECH_LAPSES)
    return (
        statement.select_from(Card)
        .join(Deck, Deck.id == Card.deck_id)
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .outerjoin(CardMark, and_(CardMark.card_id == Card.id, CardMark.user_id == viewer.id))
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == viewer.id))
        .where(readable(viewer), studyable(), Card.id.in_(by_hand.union(leeches)))
    )


def _rows(viewer: Viewer, shelf: Shelf, today: date) -> Any:
    since = {
        Shelf.SUSPENDED: CardMark.suspended_at,
        Shelf.BURIED: CardMark.buried_on,
        Shelf.FLAGGED: CardMark.flagged_at,
        Shelf.LEECHES: CardState.lapses,
    }
    return _mine(
        viewer,
        select(
            Card.guid,
            Card.question_text,
            Deck.slug,
            Deck.title,
            _on(Shelf.SUSPENDED, today),
            _on(Shelf.BURIED, today),
            _on(Shelf.FLAGGED, today),
            func.coalesce(CardState.lapses, 0),
        ),
    ).order_by(since[shelf].desc(), Card.id)
