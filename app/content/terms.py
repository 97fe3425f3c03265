"""Words as search compares them, the same on every database, and what a reader's query asks for. Pure.

A text becomes *terms*: words without case, accents and compatibility forms. "C++" and "C#" stay words of their own, and
each Chinese or Japanese character is a term, since nothing parts the words there. The index holds terms only and a query
becomes terms too, so nothing a reader types is ever read as the search syntax of a database.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

MAX_QUERY = 200
"""Characters of a query that are looked at."""
MAX_INDEXED = 100_000
"""Characters of a card's text that can be found; no database's index takes a text of any length."""
_MAX_ASKED = 12
_LONGEST = 64
_NAMES = {
    f"{letter}{sign}": letter + name
    for letter in ascii_lowercase
    for sign, name in (("++", "plusplus"), ("#", "sharp"))
}
_IDEOGRAPHS = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u1000-\u109f"
)
_NAMED = r"(?<![^\W_])[A-Za-z](?:\+\+|#)(?!\w)"
_ASCII = re.compile(rf"{_NAMED}|[^\W_]+", re.ASCII)
_WORD = re.compile(rf"{_NAMED}|[{_IDEOGRAPHS}]|(?:(?![{_IDEOGRAPHS}])[^\W_]|[{_MARKS}])+")
_SIGNED = re.compile(r"[a-z](?:\+\+|#)")
_LETTERS = re.compile(r"[^\W_]+")
_SPACED = bytes(byte if byte > 127 or chr(byte).isalnum() else 32 for byte in range(256))
"""Of UTF-8, a space for all that is in no word."""
_ACCENTS = re.compile("[\u0300-\u036f]+")
_PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Asked:
    """Terms that must follow each other; of `prefix` ones the last may be the beginning of a word."""

    terms: tuple[str, ...]
    prefix: bool = False

    def fits(self, term: str) -> bool:
        """Whether a word of a text is one of these."""
        return term in self.terms or (self.prefix and term.startswith(self.terms[-1]))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text as it is shown, where it stands, and the terms it is found by."""

    start: int
    end: int
    terms: tuple[str, ...]


def terms(text: str) -> list[str]:
    """The terms of a text, in its order."""
    folded = _folded(text)
    if ("#" in folded or "++" in folded) and _SIGNED.search(folded):
        found = (_ASCII if folded.isascii() else _WORD).findall(folded)
        return [_NAMES.get(word, word)[:_LONGEST] for word in found]
    found = (
        folded.encode("ascii").translate(_SPACED).decode("ascii").split() if folded.isascii() else [*_unnamed(folded)]
    )
    return found if max(map(len, found), default=0) <= _LONGEST else [word[:_LONGEST] for word in found]


def indexed(*texts: str) -> str:
    """Some texts as the index holds them: their terms, parted by spaces."""
    return " ".join(terms(" ".join(texts)[:MAX_INDEXED]))[:MAX_INDEXED]


def asked(query: str) -> tuple[Asked, ...]:
    """What a query asks for: every part must occur. Quotes hold a phrase together; the last word may be unfinished."""
    pieces = list(_PIECE.finditer(query[:MAX_QUERY]))
    parts = (
        Asked(tuple(terms(piece[1] if piece[2] is None else piece[2])), piece is pieces[-1] and piece[2] is not None)
        for piece in pieces
    )
    return tuple(dict.fromkeys(part for part in parts if part.terms))[:_MAX_ASKED]


def answers(parts: Sequence[Asked], text: str) -> bool:
    """Whether every part of a query occurs in a text."""
    there = terms(text)
    return all(any(_at(part, there, place) for place in range(len(there))) for part in parts)


def words(text: str) -> Iterator[Word]:
    """The words of a text where they stand."""
    for found in (_ASCII if text.isascii() else _WORD).finditer(text):
        yield Word(found.start(), found.end(), tuple(terms(found.group())))


def _at(part: Asked, there: Sequence[str], place: int) -> bool:
    found = tuple(there[place : place + len(part.terms)])
    if not part.prefix:
        return found == part.terms
    return (
        len(found) == len(part.terms)
        and found[:-1] == part.terms[:-1]
        and bool(found)
        and found[-1].startswith(part.terms[-1])
    )


def _unnamed(folded: str) -> Iterator[str]:
    """The words of a text without "C++" and the like: what `_WORD` finds in it, without looking at each letter."""
    for piece in folded.encode(errors="surrogatepass").translate(_SPACED).decode(errors="surrogatepass").split():
        if piece.isascii():
            yield piece
        else:
            yield from _WORD.findall(piece)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain))
