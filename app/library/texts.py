"""A card's text as one value, and what is rendered from it.

Importing, editing and restoring all end here: the same text gives the same HTML, whoever wrote it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.content import render
from app.content.document import CardKind, CardText, Option
from app.content.parsing.answers import is_only_links, is_unanswered
from app.content.rendered import Rendered, render_text
from app.db.models import Card, CardRevision

__all__ = [
    "Rendered",
    "base_columns",
    "base_of",
    "is_draft",
    "of_stored",
    "options_of",
    "put",
    "put_base",
    "put_rendered",
    "render_text",
    "rendered_columns",
    "safe_html",
    "stored_options",
    "text_columns",
    "without_place",
]

_BLOCK = re.compile(r"<(?:p|pre|ul|ol|table|div|h\d|blockquote|hr|dl|figure|details)\b")
_PARAGRAPH = re.compile(r"\s*<p>(.*?)</p>", re.DOTALL)


def of_stored(card: Card | CardRevision) -> CardText:
    """The text of a card as it is now, or as one revision has it."""
    return CardText(card.question, card.answer, tuple(card.section), tuple(card.tags), options_of(card.options))


def base_of(card: Card) -> CardText | None:
    """The text of a card as it was last imported; None for a card made in the portal."""
    if card.base_question is None:
        return None
    return CardText(
        card.base_question,
        card.base_answer or "",
        tuple(card.base_section or ()),
        tuple(card.base_tags or ()),
        options_of(card.base_options or ()),
    )


def options_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Option, ...]:
    """Options from their column."""
    return tuple(Option(str(one["key"]), str(one["text"]), bool(one["right"])) for one in stored)


def stored_options(text: CardText) -> list[dict[str, Any]]:
    """The options of a text as their column keeps them."""
    return [{"key": option.key, "text": option.text, "right": option.right} for option in text.options]


def without_place(text: CardText) -> CardText:
    """A text without its section, which is no part of what is rendered."""
    return CardText(text.question, text.answer, (), text.tags, text.options) if text.section else text


def text_columns(text: CardText) -> dict[str, Any]:
    """A text as a card's and a revision's columns keep it."""
    return {
        "question": text.question,
        "answer": text.answer,
        "section": list(text.section),
        "tags": list(text.tags),
        "options": stored_options(text),
    }


def base_columns(text: CardText | None) -> dict[str, Any]:
    """The text that a document has, as columns; None for what no document has."""
    if text is None:
        return dict.fromkeys(f"base_{name}" for name in ("question", "answer", "section", "tags", "options"))
    return {f"base_{name}": value for name, value in text_columns(text).items()}


def rendered_columns(rendered: Rendered) -> dict[str, Any]:
    """The columns that follow from a card's text."""
    return {name: getattr(rendered, name) for name in Rendered.__slots__}


def put(card: Card, text: CardText, rendered: Rendered) -> None:
    """Write a text and what follows from it into a card's columns."""
    _set(card, text_columns(text))
    if text.options:
        card.kind = CardKind.CHOICE.value
    elif card.kind == CardKind.CHOICE.value:
        card.kind = CardKind.BASIC.value
    put_rendered(card, rendered)


def put_rendered(card: Card, rendered: Rendered) -> None:
    """Write only what follows from a card's text."""
    _set(card, rendered_columns(rendered))


def put_base(card: Card, text: CardText | None) -> None:
    """Note the text that the document has, beside the one that learners see; None makes it a card of the portal's own."""
    _set(card, base_columns(text))


def _set(card: Card, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(card, name, value)


def is_draft(text: CardText) -> bool:
    """Whether a text written by hand has nothing yet to learn: no answer, a placeholder, or a mere link."""
    if any(option.right for option in text.options):
        return False
    return is_unanswered(text.answer) or is_only_links(text.answer)


def safe_html(html: str, renderer: int) -> str:
    """HTML as it may be served: what an older renderer made is sanitised again by today's rules."""
    return html if renderer == render.RENDERER_VERSION else render.sanitise(html)
