"""Finding words in cards: how text is folded, what counts as a match, and what is shown of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, and_

from app.content.rendered import fold
from app.db.models import Card

MAX_QUERY = 200
_NEAR_ENOUGH = 70.0
"""The least likeness, of 100, at which a word of the deck is offered for a mistyped one."""
_AROUND = 60
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a shown text; `hit` where it is what was searched for."""

    text: str
    hit: bool


def words(query: str) -> list[str]:
    """The words of a query, folded; each must occur somewhere for a card to be found."""
    return list(dict.fromkeys(fold(query[:MAX_QUERY].replace("\0", " ")).split()))


def mentions(query: str) -> ColumnElement[bool]:
    """Cards in whose question, answer, options or tags every word of `query` occurs, as a condition on `Card`."""
    return and_(*(Card.search_text.contains(word, autoescape=True) for word in words(query)))


def asks_about(query: str, question_text: str, tags: Iterable[str]) -> bool:
    """Whether every word of `query` occurs in the question or the tags, so that the answer need not be read."""
    text = fold(" ".join((question_text, *tags)))
    return all(word in text for word in words(query))


def excerpt(text: str, query: str) -> tuple[Piece, ...]:
    """The part of `text` around the first word of `query`, cut into pieces; empty where no word occurs."""
    wanted = words(query)
    if not wanted:
        return ()
    pattern = re.compile("|".join(re.escape(word) for word in sorted(wanted, key=len, reverse=True)), re.IGNORECASE)
    first = pattern.search(text)
    if first is None:
        return ()
    start = max(0, first.start() - _AROUND)
    if start:
        start = text.find(" ", start, first.start()) + 1 or start
    end = min(len(text), first.end() + 2 * _AROUND)
    if end < len(text):
        end = max(text.rfind(" ", first.end(), end), first.end())
    shown = text[start:end]
    pieces = [Piece("…", False)] if start else []
    at = 0
    for match in pattern.finditer(shown):
        if match.start() > at:
            pieces.append(Piece(shown[at : match.start()], False))
        pieces.append(Piece(match.group(), True))
        at = match.end()
    if at < len(shown):
        pieces.append(Piece(shown[at:], False))
    return (*pieces, Piece("…", False)) if end < len(text) else tuple(pieces)


def nearest(query: str, texts: Mapping[int, str]) -> int | None:
    """The key of the text that has words nearest to the mistyped `query`; None where nothing is near."""
    vocabulary: dict[str, list[int]] = {}
    for key, text in texts.items():
        for word in set(_WORD.findall(fold(text))):
            vocabulary.setdefault(word, []).append(key)
    scores: dict[int, float] = {}
    for word in words(query):
        for found, score, _ in _like(word, list(vocabulary)):
            for key in vocabulary[found]:
                scores[key] = scores.get(key, 0.0) + score
    return max(scores, key=lambda key: scores[key]) if scores else None


def _like(word: str, vocabulary: Sequence[str]) -> list[tuple[str, float, int]]:
    return process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=_NEAR_ENOUGH, limit=3)
