"""What follows from a card's text alone: its HTML, and its plain text for titles and for search. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.content import render
from app.content.document import CardText
from app.content.terms import indexed


@dataclass(frozen=True, slots=True)
class Rendered:
    """The columns of a card that follow from its text alone."""

    question_html: str
    answer_html: str
    options_html: list[str]
    question_text: str
    search_title: str
    search_text: str
    renderer: int


def render_text(text: CardText, images: render.Images | None = None) -> Rendered:
    """Render and sanitise a card, and put its plain text together for search; `images` as in `render.render`."""
    question = _one_line(text.question)
    title, everything = _searched(text, question)
    return Rendered(
        question_html=render.render_question(text.question, images=images),
        answer_html=render.render(text.answer, images=images),
        options_html=[render.render_inline(option.text, images=images) for option in text.options],
        question_text=question,
        search_title=title,
        search_text=everything,
        renderer=render.RENDERER_VERSION,
    )


def searched(text: CardText) -> tuple[str, str]:
    """The `search_title` and `search_text` of a card: all that follows from its tags."""
    return _searched(text, _one_line(text.question))


def _searched(text: CardText, question: str) -> tuple[str, str]:
    options = " ".join(render.plain(option.text) for option in text.options)
    tags = " ".join(text.tags)
    return indexed(question, tags), indexed(question, options, render.plain(text.answer), tags)


def _one_line(markdown: str) -> str:
    return " ".join(render.plain(markdown).split())


def render_each(texts: Sequence[CardText]) -> list[tuple[Rendered, tuple[str, ...]]]:
    """Render some cards; with each come the paths of images that it would show if the portal had them."""
    done = []
    for text in texts:
        asked: dict[str, None] = {}
        done.append((render_text(text, asked.setdefault), tuple(asked)))
    return done
