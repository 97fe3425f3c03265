"""A deck to read and search: its cards in sections, a hundred a page, each with the learner's own state."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import Any, Literal

from markupsafe import Markup, escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.heading import parted
from app.db.models import Card, CardState
from app.library import search
from app.library.queries import CardLine, CardRow, DeckRow, card_rows, deck_by_slug, deck_lines, mentioning
from app.scheduling.queue import Counts, DeckLimits
from app.scheduling.state import MATURE_INTERVAL
from app.study import notes
from app.study.notes import NONE, Written
from app.study.queries import NO_LIMITS, study_day_of, today_plan
from app.study.scopes import Scope, scoped
from app.web.sessions import Viewer

PAGE = 100
"""Cards a page: answers with code are long."""
TAGS_SHOWN = 24
_TITLE_LENGTH = 200


class Standing(StrEnum):
    """Where a card is with one learner, as the deck's page says it and filters by it."""

    DUE = "due"
    """To be reviewed or repeated today."""
    NEW = "new"
    LEARNING = "learning"
    YOUNG = "young"
    MATURE = "mature"
    DRAFT = "draft"
    """It has no answer yet and is never asked."""


Where = Literal["", "questions", "answers"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asked to see of a deck. Empty values ask for everything; `card` is the guid of one to open."""

    query: str = ""
    where: Where = ""
    tag: str = ""
    state: str = ""
    page: int = 1
    card: str = ""
    open_all: bool = False

    @property
    def filtered(self) -> bool:
        """Whether it leaves cards out."""
        return bool(self.query or self.tag or self.state)


@dataclass(frozen=True, slots=True)
class Line:
    """One card of the page. `standing` is None for visitors, but for drafts; `days` say how far off its due day is."""

    card: CardRow
    title_html: str
    """The question in one line, without links: what opens the answer."""
    rest_html: str
    """What its title leaves out of the question, to be read above the answer."""
    standing: Standing | None
    days: int | None
    excerpt: tuple[search.Piece, ...]
    """Where the answer mentions what was searched for; empty if the question does."""
    open: bool
    note: Written = NONE
    """Its reader's own note on it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Cards of one section that follow each other: those on this page, and how many there are on all pages.

    A section that comes back further down is a part of its own there.
    """

    section: tuple[str, ...]
    total: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found, before `Wish.where` was looked at."""

    in_questions: int
    """Cards whose question or tags mention it."""
    in_answers: int
    """Cards of which only the answer does."""
    nearest: CardLine | None
    """The question that comes nearest, where no card mentions it."""


@dataclass(frozen=True, slots=True)
class Mine:
    """What the deck's page says to a learner of their own studying."""

    chosen: bool
    left: Counts
    of_tag: int
    """How many cards are left today with the tag that is asked for; 0 without one."""
    limits: DeckLimits
    last_studied: date | None
    study_day: date


@dataclass(frozen=True, slots=True)
class DeckPage:
    """A page of a deck. `shown` cards fit the wish, on `pages` pages, of which this is `page`."""

    deck: DeckRow
    parts: tuple[Part, ...]
    shown: int
    page: int
    pages: int
    states: Mapping[str, int]
    """How many cards have each `Standing`, over the whole deck."""
    tags: tuple[tuple[str, int], ...]
    """The most used ones, and how many cards have each."""
    search: Search | None
    mine: Mine | None


@dataclass(frozen=True, slots=True)
class _Placed:
    line: CardLine
    standing: Standing | None
    days: int | None


def deck_page(session: Session, viewer: Viewer | None, slug: str, wish: Wish, *, now: datetime) -> DeckPage | None:
    """One page of the deck at this address; None where there is none or this person may not read it."""
    deck = deck_by_slug(session, slug, viewer)
    if deck is None:
        return None
    lines = deck_lines(session, deck.id)
    placed = _placed(session, viewer, deck.id, lines, now)
    fitting = [one for one in placed if _fits(one, wish)]
    found = None
    asking: set[int] = set()
    if search.words(wish.query):
        hits = mentioning(session, deck.id, wish.query)
        fitting = [one for one in fitting if one.line.id in hits]
        asking = {
            one.line.id for one in fitting if search.asks_about(wish.query, one.line.question_text, one.line.tags)
        }
        found = Search(len(asking), len(fitting) - len(asking), None if fitting else _nearest(wish.query, lines))
        fitting = [one for one in fitting if _looked_for(one.line.id in asking, wish.where)]
    pages = max(1, -(-len(fitting) // PAGE))
    page = _page_of(fitting, wish, pages)
    on_page = fitting[(page - 1) * PAGE : page * PAGE]
    shown = [one.line.id for one in on_page]
    cards = card_rows(session, shown)
    mine = notes.on_cards(session, viewer, shown) if viewer and shown else {}
    return DeckPage(
        deck=deck,
        parts=_parts(fitting, [_line(one, cards[one.line.id], wish, asking, mine) for one in on_page]),
        shown=len(fitting),
        page=page,
        pages=pages,
        states=Counter(str(one.standing) for one in placed if one.standing),
        tags=tuple(Counter(tag for line in lines for tag in line.tags).most_common(TAGS_SHOWN)),
        search=found,
        mine=None if viewer is None else _mine(session, viewer, deck.id, now, wish.tag),
    )


def _placed(
    session: Session, viewer: Viewer | None, deck_id: int, lines: Sequence[CardLine], now: datetime
) -> list[_Placed]:
    if viewer is None:
        return [_Placed(line, Standing.DRAFT if line.draft else None, None) for line in lines]
    today = study_day_of(viewer, now)
    states = _states(session, viewer.id, deck_id)
    return [_Placed(line, *_standing(line, states.get(line.id), today)) for line in lines]


def _states(session: Session, user_id: int, deck_id: int) -> dict[int, Any]:
    rows = session.execute(
        select(CardState.card_id, CardState.due, CardState.repetitions, CardState.interval, CardState.repeat_day)
        .join(Card, Card.id == CardState.card_id)
        .where(CardState.user_id == user_id, Card.deck_id == deck_id)
    )
    return {row.card_id: row for row in rows}


def _standing(line: CardLine, state: Any, today: date) -> tuple[Standing, int | None]:
    if line.draft:
        return Standing.DRAFT, None
    if state is None or state.due is None:
        return Standing.NEW, None
    if state.due <= today or (state.repeat_day is not None and state.repeat_day >= today):
        return Standing.DUE, None
    days = (state.due - today).days
    if state.repetitions == 0:
        return Standing.LEARNING, days
    return (Standing.MATURE if state.interval >= MATURE_INTERVAL else Standing.YOUNG), days


def _fits(one: _Placed, wish: Wish) -> bool:
    return (not wish.tag or wish.tag in one.line.tags) and (not wish.state or one.standing == wish.state)


def _looked_for(asks: bool, where: Where) -> bool:
    return not where or asks == (where == "questions")


def _nearest(query: str, lines: Sequence[CardLine]) -> CardLine | None:
    by_id = {line.id: line for line in lines}
    best = search.nearest(query, {line.id: line.question_text for line in lines})
    return by_id[best[0]] if best else None


def _page_of(fitting: Sequence[_Placed], wish: Wish, pages: int) -> int:
    """The page that has the card to open, else the one that was asked for, if it is there."""
    for place, one in enumerate(fitting):
        if wish.card and one.line.guid == wish.card:
            return place // PAGE + 1
    return min(max(wish.page, 1), pages)


def _title(card: CardRow) -> tuple[str, str]:
    """The question as one line of HTML, and what that leaves out."""
    title, rest = parted(card.question_html)
    title = title or str(escape(card.question_text[:_TITLE_LENGTH]))
    if "<a" in title or "<img" in title:  # what opens the answer can hold no link
        title = str(escape(Markup(title).striptags()))  # noqa: S704 (tags are taken off and the text is escaped)
        rest = card.question_html
    return title, rest


def _line(
    one: _Placed, card: CardRow, wish: Wish, asking: set[int], mine: Mapping[int, Written] = MappingProxyType({})
) -> Line:
    in_answer = bool(search.words(wish.query)) and card.id not in asking
    texts = (card.answer_html, *card.options_html) if in_answer else ()
    text = " ".join(Markup(html).striptags() for html in texts)  # noqa: S704 (tags are taken off, nothing is served)
    opened = wish.open_all or card.guid == wish.card
    excerpt = search.excerpt(text, wish.query) if in_answer else ()
    return Line(card, *_title(card), one.standing, one.days, excerpt, opened, mine.get(card.id, NONE))


def _parts(fitting: Sequence[_Placed], lines: Sequence[Line]) -> tuple[Part, ...]:
    runs = [[one.line.id for one in group] for _section, group in groupby(fitting, key=lambda one: one.line.section)]
    run_of = {card: place for place, cards in enumerate(runs) for card in cards}
    return tuple(
        Part(group[0].card.section, len(runs[place]), tuple(group))
        for place, found in groupby(lines, key=lambda line: run_of[line.card.id])
        for group in [list(found)]
    )


def _mine(session: Session, viewer: Viewer, deck_id: int, now: datetime, tag: str) -> Mine:
    today = today_plan(session, viewer, now, [deck_id])
    last = session.scalar(
        select(func.max(CardState.last_study_day))
        .join(Card, Card.id == CardState.card_id)
        .where(CardState.user_id == viewer.id, Card.deck_id == deck_id)
    )
    chosen = next((deck for deck in today.decks if deck.id == deck_id), None)
    of_tag = 0
    if tag and chosen:
        of_tag = scoped(session, viewer, Scope(deck=chosen.slug, tag=tag), now=now).today.plan.counts.total
    limits = chosen.limits if chosen else NO_LIMITS
    return Mine(chosen is not None, today.plan.counts, of_tag, limits, last, today.study_day)
