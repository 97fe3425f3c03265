"""What a search over everything finds: cards and decks that the reader may see, best first, or what comes nearest."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.content import terms
from app.db.models import Card, Deck
from app.library import search
from app.library.search import Piece
from app.web.access import readable
from app.web.sessions import Viewer

PAGE = 20
"""Cards a page."""
MOST = 5_000
"""Cards that are put in order. Of a word that more cards have than this, the order says nothing."""
_NEAR = 5
_NEAR_AMONG = 1_000
"""Questions that are looked through for one that comes near."""
_BEGINNING = 160


@dataclass(frozen=True, slots=True)
class Hit:
    """A card that was found. `excerpt` is where its answer mentions the query, or how the answer begins."""

    guid: str
    deck_slug: str
    deck_title: str
    number: int
    section: tuple[str, ...]
    tags: tuple[tuple[Piece, ...], ...]
    draft: bool
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """A question that comes near a query that found nothing."""

    guid: str
    deck_slug: str
    deck_title: str
    question_text: str


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what was found. `total` cards in all, or `MOST` where there are even more."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    page: int = 1
    decks: tuple[tuple[str, str], ...] = ()
    """Slug and title of the decks whose title has all of the query; on the first page only."""
    near: tuple[Near, ...] = ()

    @property
    def pages(self) -> int:
        """On how many pages the cards are."""
        return max(1, -(-self.total // PAGE))

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.total >= MOST


def results(session: Session, viewer: Viewer | None, query: str, *, page: int = 1) -> Results:
    """What `query` finds among all that this person may read."""
    how = search.found(session, query)
    if how is None:
        return Results()
    page = min(max(page, 1), MOST // PAGE)
    rows = session.execute(_ranked(how, viewer, page)).all()
    if not rows and page > 1:
        return results(session, viewer, query)
    decks = _decks(session, viewer, query) if page == 1 else ()
    total = rows[0].total if rows else 0
    nearest = () if rows or decks else near(session, readable(viewer), query)
    return Results(tuple(_hit(row, query) for row in rows), total, page, decks, nearest)


def _ranked(how: search.Found, viewer: Viewer | None, page: int) -> Select[*tuple[Any, ...]]:
    """One page of cards with their `total`. Rights are asked before the bound, so that it hides nothing one may see."""
    found = how.within(readable(viewer)).limit(MOST).subquery()
    best = (
        select(found.c.id, found.c.score, func.count().over().label("total"))
        .order_by(found.c.score.desc(), found.c.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
        .subquery()
    )
    return (
        select(
            Card.guid,
            Deck.slug.label("deck_slug"),
            Deck.title.label("deck_title"),
            Card.position,
            Card.section,
            Card.tags,
            Card.draft,
            Card.question_text,
            Card.answer_html,
            Card.options_html,
            best.c.total,
        )
        .select_from(best)
        .join(Card, Card.id == best.c.id)
        .join(Deck, Deck.id == Card.deck_id)
        .order_by(best.c.score.desc(), best.c.id)
    )


def _hit(row: Any, query: str) -> Hit:
    html = " ".join((*row.options_html, row.answer_html))
    answer = " ".join(Markup(html).striptags().split())  # noqa: S704  # what is left is text, escaped where it is shown
    beginning = answer if len(answer) <= _BEGINNING else f"{answer[:_BEGINNING].rsplit(' ', 1)[0]} …"
    return Hit(
        guid=row.guid,
        deck_slug=row.deck_slug,
        deck_title=row.deck_title,
        number=row.position + 1,
        section=tuple(row.section),
        tags=tuple(search.marked(tag, query) for tag in row.tags),
        draft=row.draft,
        title=search.marked(row.question_text, query),
        excerpt=search.excerpt(answer, query) or ((Piece(beginning, False),) if beginning else ()),
    )


def _decks(session: Session, viewer: Viewer | None, query: str) -> tuple[tuple[str, str], ...]:
    parts = terms.asked(query)
    rows = session.execute(select(Deck.slug, Deck.title).where(readable(viewer)).order_by(Deck.title, Deck.id))
    return tuple((row.slug, row.title) for row in rows if terms.answers(parts, row.title))


def near(session: Session, decks: ColumnElement[bool], query: str) -> tuple[Near, ...]:
    """Questions like a query that found nothing, in some decks, given by a condition on `Deck`.

    First among cards that have words with the same beginnings, then among any.
    """
    how = search.nearly(session, query)
    columns = (Card.id, Card.guid, Deck.slug.label("deck_slug"), Deck.title.label("deck_title"), Card.question_text)
    for narrowed in (True, False):
        cards: Select[*tuple[Any, ...]] = select(*columns)
        if narrowed and how is not None:
            cards = how.narrow(cards)
        cards = cards.join(Deck, Deck.id == Card.deck_id).where(decks, Card.archived_at.is_(None)).limit(_NEAR_AMONG)
        rows = {row.id: row for row in session.execute(cards)}
        best = search.nearest(query, {key: row.question_text for key, row in rows.items()}, most=_NEAR)
        if best:
            return tuple(Near(rows[key].guid, *tuple(rows[key])[2:]) for key in best)
    return ()
