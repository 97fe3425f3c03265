"""What deserves a second look in a card that is being written: told while it is typed, never in the way of a save. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from markdown_it.token import Token

from app.content.document import CardText
from app.content.render import MAX_CHARS, Images, markdown

Kind = Literal["no-words", "no-image", "leads-nowhere", "no-card", "asks"]
"""An image without words for those who cannot see it, or that the deck does not have; a link that readers cannot follow,
or to a card that is not there; a line of the answer that would be read as another question."""

MOST = 8
"""Remarks on one card; more would be a wall."""
_ABROAD = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|mailto:|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LABEL = re.compile(r"(?:\*\*)?(?:Q|Question)\s*\d*\s*[:.)]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at, and the words of the text that it is about."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Form:
    """How the questions of a deck are written: its dialect, and for headings the level (1 to 6) that asks."""

    dialect: str = "headings"
    level: int = 0


def remarks(
    text: CardText, *, images: Images, form: Form | None = None, broken: Callable[[str], bool] = lambda _href: False
) -> tuple[Remark, ...]:
    """What to look at in a card, in the order of its text.

    `images` gives the address of an image that the deck has; `broken` says of an address that it should lead to a card
    of this portal and does not; `form` is how the deck's document marks a question, None where that does not matter.
    """
    found: dict[Remark, None] = {}
    for part in (text.question, text.answer, *(option.text for option in text.options)):
        if len(part) > MAX_CHARS:
            continue
        for token in _flat(_tokens(part)):
            for remark in _of_token(token, images, broken):
                found[remark] = None
    if form is not None and len(text.answer) <= MAX_CHARS:
        for words in _asking(text.answer, form):
            found[Remark("asks", words)] = None
    return tuple(found)[:MOST]


def _tokens(text: str) -> markdown.Tokens:
    try:
        return markdown.blocks(text)
    except RecursionError:
        return ()


def _flat(tokens: markdown.Tokens) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _of_token(token: Token, images: Images, broken: Callable[[str], bool]) -> Iterator[Remark]:
    if token.type == "image":
        source = str(token.attrs.get("src", ""))
        if not token.content.strip():
            yield Remark("no-words", _short(source))
        if not _ABROAD.match(source) and not source.startswith("/media/") and images(_path(source)) is None:
            yield Remark("no-image", _short(source))
    elif token.type == "link_open":
        href = str(token.attrs.get("href", ""))
        if broken(href):
            yield Remark("no-card", _short(href))
        elif not _ABROAD.match(href):
            yield Remark("leads-nowhere", _short(href))


def _asking(answer: str, form: Form) -> Iterator[str]:
    """Lines at the answer's own level that look as the questions of such a document do."""
    tokens = _tokens(answer)
    for at, token in enumerate(tokens):
        if token.level or at + 1 >= len(tokens):
            continue
        words = tokens[at + 1].content
        heads = token.type == "heading_open" and form.dialect == "headings" and int(token.tag[1]) <= form.level
        if heads or (token.type == "paragraph_open" and _marks(words, form.dialect)):
            yield _short(words)


def _marks(paragraph: str, dialect: str) -> bool:
    line = paragraph.strip()
    if dialect == "labels":
        return _LABEL.match(line) is not None
    return dialect == "bold" and "\n" not in line and line.startswith("**") and line.endswith(("?**", "? **"))


def _path(source: str) -> str:
    return unquote(source.partition("#")[0].partition("?")[0])


def _short(words: str, limit: int = 60) -> str:
    line = " ".join(unquote(words).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
