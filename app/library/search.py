"""Finding cards by their words: what counts as a match on each database, and what is shown of it.

Everything that searches (readers, editors, one deck's page) asks `found`, so that all find the same. What a person types
is taken apart by `content.terms`; a database is only ever given terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from app.content import terms
from app.content.terms import Asked
from app.db.models import Card, Deck

_NEAR_ENOUGH = 70.0
"""The least likeness, of 100, at which a word of the deck is offered for a mistyped one."""
_AROUND = 60
_TITLE_WEIGHT = 8.0
"""How much more a word in the question or a tag counts than one in the answer."""
_FTS5 = table("card_search", column("rowid"))
_VECTORS = table("card_search", column("card_id"), column("words", TSVECTOR))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a shown text; `hit` where it is what was searched for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Found:
    """How a statement finds cards: join `index` to `Card` by `on`, keep what `matches`; the higher `score`, the better.

    `one_by_one`, where it is given, is the id of a found card without `Card`, for databases that join it badly.
    """

    index: FromClause
    on: ColumnElement[bool]
    matches: ColumnElement[bool]
    score: ColumnElement[float]
    one_by_one: ColumnElement[int] | None = None

    def narrow(self, cards: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """A statement on `Card` that keeps only what is found."""
        return cards.select_from(Card).join(self.index, self.on).where(self.matches)

    def within(self, decks: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """`id` and `score` of what is found among the cards in use of some decks, given by a condition on `Deck`.

        It stops as soon as a limit is reached, however many cards are found.
        """
        in_use = Card.archived_at.is_(None)
        if self.one_by_one is None:
            cards = self.narrow(select(Card.id, self.score.label("score")))
            return cards.join(Deck, Deck.id == Card.deck_id).where(decks, in_use)
        # As values: joined, the planner sooner or later reads all cards of all decks before it looks at the limit.
        deck_id = select(Card.deck_id).where(Card.id == self.one_by_one, in_use).correlate(self.index).scalar_subquery()
        ids = func.array(select(Deck.id).where(decks).scalar_subquery(), type_=ARRAY(BigInteger))
        return select(self.one_by_one.label("id"), self.score.label("score")).where(deck_id == any_(ids))


def found(session: Session, query: str) -> Found | None:
    """How to find what `query` asks for on the session's database; None where it has no word."""
    parts = terms.asked(query)
    return _found(session, parts, "AND") if parts else None


def nearly(session: Session, query: str) -> Found | None:
    """Like `found`, but any word will do, and of each only its first two characters need be right."""
    starts = dict.fromkeys(term[:2] for part in terms.asked(query) for term in part.terms)
    return _found(session, [Asked((start,), prefix=True) for start in starts], "OR") if starts else None


def _found(session: Session, parts: Sequence[Asked], joined: str) -> Found:
    if session.get_bind().dialect.name == "sqlite":
        match: BindParameter[str] = bindparam(None, f" {joined} ".join(_fts5(part) for part in parts))
        return Found(
            _FTS5,
            # The sign keeps the planner from walking all cards and asking the index about each.
            Card.id == literal_column("+card_search.rowid"),
            literal_column("card_search").op("MATCH")(match),
            -func.bm25(literal_column("card_search"), _TITLE_WEIGHT, 1.0),
        )
    sign = "&" if joined == "AND" else "|"
    wanted: BindParameter[str] = bindparam(None, f" {sign} ".join(_tsquery(part) for part in parts))
    query = cast(wanted, TSQUERY)
    # Apart, or the planner, which guesses badly how many cards have a word, walks all cards and asks about each.
    ids = select(_VECTORS.c.card_id).where(_VECTORS.c.words.op("@@")(query)).cte("hits").prefix_with("MATERIALIZED")
    vector = select(_VECTORS.c.words).where(_VECTORS.c.card_id == ids.c.card_id).correlate(ids).scalar_subquery()
    return Found(ids, Card.id == ids.c.card_id, true(), func.ts_rank(vector, query, 1), ids.c.card_id)


def _fts5(part: Asked) -> str:
    """A part for FTS5. Terms are letters and digits, so quoted they are plain words whatever they spell."""
    return f'"{" ".join(part.terms)}"{" *" if part.prefix else ""}'


def _tsquery(part: Asked) -> str:
    lexemes = [f"'{term}'" for term in part.terms]
    return f"({' <-> '.join(lexemes)}{':*' if part.prefix else ''})"


def words(query: str) -> list[str]:
    """The words of a query; empty where it asks for nothing."""
    return [term for part in terms.asked(query) for term in part.terms]


def of_deck(session: Session, deck_id: int, query: str) -> Select[*tuple[Any, ...]]:
    """The ids of a deck's cards that `query` finds, archived ones too."""
    cards = select(Card.id).where(Card.deck_id == deck_id)
    how = found(session, query)
    return cards if how is None else how.narrow(cards)


def asks_about(query: str, question_text: str, tags: Sequence[str]) -> bool:
    """Whether the question or the tags have all that `query` asks for, so that the answer need not be read."""
    return terms.answers(terms.asked(query), " ".join((question_text, *tags)))


def marked(text: str, query: str) -> tuple[Piece, ...]:
    """All of `text`, cut into what is searched for and what is not."""
    pieces: list[Piece] = []
    at = 0
    for start, end in _hits(text, query):
        if start > at:
            pieces.append(Piece(text[at:start], False))
        pieces.append(Piece(text[start:end], True))
        at = end
    return (*pieces, Piece(text[at:], False)) if at < len(text) else tuple(pieces)


def excerpt(text: str, query: str) -> tuple[Piece, ...]:
    """The part of `text` around the first word of `query`, cut into pieces; empty where no word occurs."""
    text = " ".join(text.split())
    hits = _hits(text, query)
    if not hits:
        return ()
    first, last = hits[0]
    start = max(0, first - _AROUND)
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = min(len(text), last + 2 * _AROUND)
    if end < len(text):
        end = max(text.rfind(" ", last, end), last)
    pieces = marked(text[start:end], query)
    dots = Piece("…", False)
    return (*([dots] if start else []), *pieces, *([dots] if end < len(text) else []))


def _hits(text: str, query: str) -> list[tuple[int, int]]:
    parts = terms.asked(query)
    return [
        (word.start, word.end)
        for word in terms.words(text)
        if any(part.fits(term) for term in word.terms for part in parts)
    ]


def nearest(query: str, texts: Mapping[int, str], *, most: int = 1) -> list[int]:
    """The keys of the texts that have words nearest to the mistyped `query`, best first."""
    vocabulary: dict[str, list[int]] = {}
    for key, text in texts.items():
        for word in set(terms.terms(text)):
            vocabulary.setdefault(word, []).append(key)
    scores: dict[int, float] = {}
    for word in words(query):
        for like, score, _ in _like(word, list(vocabulary)):
            for key in vocabulary[like]:
                scores[key] = scores.get(key, 0.0) + score
    return sorted(scores, key=lambda key: -scores[key])[:most]


def _like(word: str, vocabulary: Sequence[str]) -> list[tuple[str, float, int]]:
    return process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=_NEAR_ENOUGH, limit=3)
