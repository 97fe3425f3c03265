"""Markdown to HTML that is safe to serve, and to plain text.

Everything a card shows passes here: CommonMark with GitHub's tables, struck-out text, task lists and bare links, and
formulas between dollar signs. Raw HTML is read, then sanitised. Text that is too large for that is shown as it is.
"""

from functools import lru_cache
from hashlib import sha256
from html import escape

from app.content.render import markdown
from app.content.render.decorate import Images, decorate
from app.content.render.formulas import Formulas, InLabels, Written
from app.content.render.sanitise import clean

__all__ = [
    "MAX_CHARS",
    "RENDERER_VERSION",
    "Images",
    "plain",
    "render",
    "render_elsewhere",
    "render_inline",
    "render_question",
    "sanitise",
]

RENDERER_VERSION = 3
"""Goes up with every change of what is rendered: stored HTML of an older version is made again."""

MAX_CHARS = 50_000
"""Characters of Markdown that are rendered; a longer text is shown as it was written."""

MAX_HTML = 1_000_000
"""Characters of HTML that a text may become; beyond, it too is shown as it was written."""


def render(text: str, *, images: Images | None = None) -> str:
    """The HTML of an answer: blocks, to be put into `.prose`; its headings start at h3.

    `images` gives the portal's address of an image that `text` names by a relative path, or None.
    """
    return _html(text, markdown.blocks, images)


def render_question(text: str, *, images: Images | None = None) -> str:
    """The HTML of a question: phrasing only where it is one paragraph, to be put into a heading; blocks otherwise."""
    return _phrasing(text, images, Formulas)


def render_inline(text: str, *, images: Images | None = None) -> str:
    """The HTML of an option: phrasing only where it is one paragraph, blocks where it holds code or a list."""
    return _phrasing(text, images, InLabels)


def _phrasing(text: str, images: Images | None, formulas: type[Formulas]) -> str:
    if markdown.is_plain(text) and text.isprintable():
        return escape(text.strip(), quote=False)
    read = markdown.blocks if "\n" in text.strip() else markdown.inline
    return _html(text, read, images, unwrap=True, formulas=formulas)


def render_elsewhere(text: str, *, images: Images | None = None) -> str:
    """The HTML of any text for a program that sets formulas with MathJax: they stay LaTeX, between its signs."""
    return _html(text, markdown.blocks, images, unwrap=True, formulas=Written)


def plain(text: str) -> str:
    """The words of a Markdown text without its marks, for titles and for search; it is text, not HTML."""
    if markdown.is_plain(text):
        return text.strip()
    if len(text) > MAX_CHARS:
        return text.strip()
    read = markdown.blocks if "\n" in text.strip() else markdown.inline
    try:
        return markdown.words(read(text))
    except RecursionError:
        return text.strip()


def sanitise(html: str) -> str:
    """Stored HTML made safe by today's rules; what `render` gives today comes back unchanged."""
    html = _whole(html)
    formulas = Formulas(_mark(html))
    return formulas.put_back(decorate(clean(formulas.take_out(html)), None))


def _html(
    text: str,
    read: markdown.Reader,
    images: Images | None,
    *,
    unwrap: bool = False,
    formulas: type[Formulas] = Formulas,
) -> str:
    if len(text) > MAX_CHARS:
        return _as_written(text)
    text = _whole(text)
    made = formulas(_mark(text))
    try:
        html = markdown.to_html(read(text), made, unwrap=unwrap)
    except RecursionError:
        return _as_written(text)
    if len(html) > MAX_HTML:
        return _as_written(text)
    return made.put_back(decorate(clean(html), images)).strip()


def _whole(text: str) -> str:
    """The text without halves of characters, which no page can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _as_written(text: str) -> str:
    return decorate(f"<pre><code>{escape(_whole(text), quote=False)}</code></pre>", None)


@lru_cache(maxsize=64)
def _mark(text: str) -> str:
    """A word that cannot stand in `text`: it is made of the whole of it."""
    return "f" + sha256(text.encode("utf-8")).hexdigest()[:32]
