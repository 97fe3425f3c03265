"""What editors see: every deck and card, archived ones too, to list, to search and to change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, and_, desc, func, literal, select, true
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.db.models import Card, Deck, DeckChoice
from app.library import finding, search
from app.library.deck_editing import DeckFields, fields_of
from app.library.texts import Rendered, of_stored, safe_html
from app.web.access import can, editable
from app.web.sessions import Viewer

PAGE = 100
"""Cards a page."""
MOST = 5_000
"""Found cards that are put in order and listed. Of words that more cards have than this, the order says nothing."""

Show = Literal["all", "drafts", "archived"]
"""Which cards a list has: those that are not archived, those of them without an answer, or the archived ones."""


@dataclass(frozen=True, slots=True)
class DeckLine:
    """A deck in the list. `questions` counts what can be read, `drafts` those of them without an answer."""

    slug: str
    title: str
    visibility: str
    updated_at: datetime
    archived_at: datetime | None
    questions: int
    drafts: int
    archived: int
    """Its archived cards."""
    learners: int
    """How many study it."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card in a list; `excerpt` is where its answer mentions what was searched for, unless its question does."""

    guid: str
    deck_slug: str
    deck_title: str
    number: int
    question_text: str
    section: tuple[str, ...]
    tags: tuple[str, ...]
    draft: bool
    archived_reason: str | None
    version: int
    updated_at: datetime
    excerpt: tuple[search.Piece, ...]


@dataclass(frozen=True, slots=True)
class CardList:
    """One page of a list of cards: `total` fit the wish, on `pages` pages, of which this is `page`."""

    lines: tuple[CardLine, ...]
    total: int
    page: int
    pages: int
    drafts: int
    archived: int
    """How many drafts and archived cards there are, whatever was searched for."""
    near: tuple[finding.Near, ...] = ()
    """Where nothing was found: questions that come near what was searched for."""


@dataclass(frozen=True, slots=True)
class EditedDeck:
    """A deck to change."""

    id: int
    slug: str
    fields: DeckFields
    version: int
    archived_at: datetime | None
    updated_at: datetime
    imported: bool
    """Whether any of its cards comes from a document."""
    questions: int
    drafts: int
    learners: int


@dataclass(frozen=True, slots=True)
class EditedCard:
    """A card to change, with the HTML that learners see of it now (safe to serve)."""

    id: int
    guid: str
    number: int
    deck: EditedDeck
    text: CardText
    rendered: Rendered
    draft: bool
    version: int
    archived_at: datetime | None
    archived_reason: str | None
    imported: bool
    """Whether a document has it too."""
    updated_at: datetime


def decks(session: Session, viewer: Viewer) -> list[DeckLine]:
    """The decks this person may change, by title, the archived ones last."""
    counts = (
        select(
            Card.deck_id,
            func.count().filter(Card.archived_at.is_(None)).label("questions"),
            func.count().filter(Card.archived_at.is_(None), Card.draft).label("drafts"),
            func.count().filter(Card.archived_at.is_not(None)).label("archived"),
        )
        .where(Card.merged_into_id.is_(None))
        .group_by(Card.deck_id)
        .subquery()
    )
    learners = select(DeckChoice.deck_id, func.count().label("learners")).group_by(DeckChoice.deck_id).subquery()
    rows = session.execute(
        select(
            Deck.slug,
            Deck.title,
            Deck.visibility,
            Deck.updated_at,
            Deck.archived_at,
            *(func.coalesce(column, 0).label(column.key) for column in list(counts.c)[1:]),
            func.coalesce(learners.c.learners, 0).label("learners"),
        )
        .outerjoin(counts, counts.c.deck_id == Deck.id)
        .outerjoin(learners, learners.c.deck_id == Deck.id)
        .where(editable(viewer))
        .order_by(Deck.archived_at.is_not(None), Deck.title, Deck.id)
    )
    return [DeckLine(**row._mapping) for row in rows]


def cards(
    session: Session,
    viewer: Viewer,
    *,
    deck_id: int | None = None,
    query: str = "",
    show: Show = "all",
    among: Select[int] | None = None,
    page: int = 1,
    counts: tuple[int, int] | None = None,
) -> CardList:
    """Cards of one deck, or of all this person may change, that `query` finds, best first; without one, in their decks' order.

    Of all decks only what is asked for is listed. `among` are the ids of cards to look among, `counts` how many drafts and
    archived cards there are, where that is known already.
    """
    there, kept = _wanted(viewer, deck_id, show, among)
    drafts, archived = counts or _counted(session, there)
    if deck_id is None and show == "all" and not query and among is None:
        return CardList((), 0, 1, 1, drafts, archived)
    how = search.found(session, query)
    counting = select(func.count()).select_from(Card).where(*there, kept)
    total = session.scalar(counting if how is None else how.narrow(counting)) or 0
    pages = max(1, -(-(total if how is None else min(total, MOST)) // PAGE))
    page = min(max(page, 1), pages)
    rows = session.execute(_lines(how, [*there, kept], (page - 1) * PAGE))
    lines = tuple(_line(row, query) for row in rows)
    here = editable(viewer) if deck_id is None else Deck.id == deck_id
    near = finding.near(session, here, query) if how is not None and not lines else ()
    return CardList(lines, total, page, pages, drafts, archived, near)


def _counted(session: Session, there: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    living = Card.archived_at.is_(None)
    row = session.execute(select(func.count().filter(living, Card.draft), func.count().filter(~living)).where(*there))
    drafts, archived = row.one()
    return drafts, archived


def all_found(
    session: Session,
    viewer: Viewer,
    *,
    deck_id: int | None = None,
    query: str = "",
    show: Show = "all",
    among: Select[int] | None = None,
    most: int,
) -> Sequence[str]:
    """The guids of all cards that the list of this wish has, on all its pages; at most `most` of them."""
    there, kept = _wanted(viewer, deck_id, show, among)
    how = search.found(session, query)
    cards: Select[*tuple[Any, ...]] = select(Card.guid)
    cards = cards if how is None else how.narrow(cards)
    return session.scalars(cards.where(*there, kept).limit(most)).all()


def _wanted(
    viewer: Viewer, deck_id: int | None, show: Show, among: Select[int] | None
) -> tuple[list[ColumnElement[bool]], ColumnElement[bool]]:
    living = Card.archived_at.is_(None)
    there = [Card.merged_into_id.is_(None), _of(viewer) if deck_id is None else Card.deck_id == deck_id]
    kept = {"all": living, "drafts": and_(living, Card.draft), "archived": ~living}[show]
    return there, kept if among is None else and_(kept, Card.id.in_(among))


def _of(viewer: Viewer) -> ColumnElement[bool]:
    return Card.deck_id.in_(select(Deck.id).where(editable(viewer)))


def may_edit_deck(session: Session, slug: str, viewer: Viewer) -> Deck | None:
    """The deck of this address, where this person may change it."""
    found = session.scalar(select(Deck).where(Deck.slug == slug)) if "\0" not in slug else None
    return found if found is not None and can(viewer, "edit", found) else None


def may_edit_card(session: Session, guid: str, viewer: Viewer) -> Deck | None:
    """The deck of the card of this name, where this person may change it."""
    there = select(Deck).join(Card, Card.deck_id == Deck.id).where(Card.guid == guid)
    found = session.scalar(there) if "\0" not in guid else None
    return found if found is not None and can(viewer, "edit", found) else None


def deck(session: Session, slug: str, viewer: Viewer) -> EditedDeck | None:
    """The deck of this address to change; None when there is none or this person may not."""
    if "\0" in slug:  # PostgreSQL refuses it in any text
        return None
    found = session.scalar(select(Deck).where(Deck.slug == slug))
    return _deck(session, found) if found is not None and can(viewer, "edit", found) else None


def card(session: Session, guid: str, viewer: Viewer) -> EditedCard | None:
    """A card to change; None when there is none, or it was joined to another, or this person may not."""
    if "\0" in guid:
        return None
    row = session.execute(
        select(Card, Deck).join(Deck, Deck.id == Card.deck_id).where(Card.guid == guid, Card.merged_into_id.is_(None))
    ).one_or_none()
    if row is None or not can(viewer, "edit", row.Deck):
        return None
    found: Card = row.Card
    return EditedCard(
        id=found.id,
        guid=found.guid,
        number=found.position + 1,
        deck=_deck(session, row.Deck),
        text=of_stored(found),
        rendered=_rendered(found),
        draft=found.draft,
        version=found.version,
        archived_at=found.archived_at,
        archived_reason=found.archived_reason,
        imported=found.base_question is not None,
        updated_at=found.updated_at,
    )


@dataclass(frozen=True, slots=True)
class JoinedCard:
    """A card that an editor joined to another, and that can be parted from it."""

    guid: str
    question_text: str
    joined_at: datetime


def joined_to(session: Session, card_id: int) -> list[JoinedCard]:
    """The cards that editors joined to a card, the last one first."""
    found = select(Card.guid, Card.question_text, Card.updated_at.label("joined_at")).where(
        Card.merged_into_id == card_id, Card.archived_reason == "editor"
    )
    return [JoinedCard(**row._mapping) for row in session.execute(found.order_by(Card.updated_at.desc(), Card.id))]


def guid_of_number(session: Session, deck_id: int, number: int) -> str | None:
    """The card that is question `number` (from 1) of a deck; None where there is none in use."""
    return session.scalar(
        select(Card.guid).where(Card.deck_id == deck_id, Card.position == number - 1, Card.archived_at.is_(None))
    )


def sections(session: Session, deck_id: int) -> tuple[tuple[str, ...], ...]:
    """The sections of a deck's cards, in the deck's order."""
    rows = session.scalars(
        select(Card.section).where(Card.deck_id == deck_id, Card.archived_at.is_(None)).order_by(Card.position, Card.id)
    )
    return tuple(dict.fromkeys(tuple(section) for section in rows if section))


def open_decks(session: Session, viewer: Viewer, *, private: bool | None = None) -> Sequence[tuple[str, str]]:
    """Slug and title of the decks this person may change that are not archived, by title.

    `private` keeps only private ones, or only the others: no card goes from one kind to the other.
    """
    kind = true() if private is None else (Deck.visibility == "private") == private
    rows = session.execute(
        select(Deck.slug, Deck.title)
        .where(Deck.archived_at.is_(None), editable(viewer), kind)
        .order_by(Deck.title, Deck.id)
    )
    return [(row.slug, row.title) for row in rows]


def _lines(how: search.Found | None, kept: Sequence[ColumnElement[bool]], offset: int) -> Select[*tuple[Any, ...]]:
    """A page of cards. Which they are is decided without their texts, and among no more of them than make a difference."""
    place = [Deck.title, Deck.id, Card.position, Card.id]
    if how is None:
        ids = select(Card.id, literal(0).label("score")).where(*kept)
    else:
        some = how.narrow(select(Card.id, how.score.label("score"))).where(*kept).limit(MOST).subquery()
        ids = select(Card.id, some.c.score).join(some, some.c.id == Card.id)
    ids = ids.join(Deck, Deck.id == Card.deck_id)
    best = ids.order_by(desc("score"), *place).offset(offset).limit(PAGE).subquery()
    columns: list[Any] = [
        Card.guid,
        Deck.slug.label("deck_slug"),
        Deck.title.label("deck_title"),
        Card.position,
        Card.question_text,
        Card.section,
        Card.tags,
        Card.draft,
        Card.archived_reason,
        Card.version,
        Card.updated_at,
        *([] if how is None else [Card.answer_html]),
    ]
    found = select(*columns).select_from(best).join(Card, Card.id == best.c.id).join(Deck, Deck.id == Card.deck_id)
    return found.order_by(best.c.score.desc(), *place)


def _line(row: Any, query: str) -> CardLine:
    values = dict(row._mapping)
    number, html = values.pop("position") + 1, values.pop("answer_html", "")
    values["section"], values["tags"] = tuple(row.section), tuple(row.tags)
    asks = not html or search.asks_about(query, row.question_text, row.tags)
    words = "" if asks else Markup(html).striptags()  # noqa: S704  # what is left is text, escaped where it is shown
    return CardLine(**values, number=number, excerpt=search.excerpt(words, query))


def _deck(session: Session, found: Deck) -> EditedDeck:
    living = Card.archived_at.is_(None)
    counts = session.execute(
        select(
            func.count().filter(living).label("questions"),
            func.count().filter(living, Card.draft).label("drafts"),
            func.count().filter(Card.base_question.is_not(None)).label("imported"),
        ).where(Card.deck_id == found.id, Card.merged_into_id.is_(None))
    ).one()
    learners = session.scalar(select(func.count()).select_from(DeckChoice).where(DeckChoice.deck_id == found.id))
    return EditedDeck(
        id=found.id,
        slug=found.slug,
        fields=fields_of(found),
        version=found.version,
        archived_at=found.archived_at,
        updated_at=found.updated_at,
        imported=bool(counts.imported),
        questions=counts.questions,
        drafts=counts.drafts,
        learners=learners or 0,
    )


def _rendered(found: Card) -> Rendered:
    """What learners see of it; HTML of an older renderer is made safe again."""
    return Rendered(
        question_html=safe_html(found.question_html, found.renderer),
        answer_html=safe_html(found.answer_html, found.renderer),
        options_html=[safe_html(html, found.renderer) for html in found.options_html],
        question_text=found.question_text,
        search_title=found.search_title,
        search_text=found.search_text,
        renderer=found.renderer,
    )
