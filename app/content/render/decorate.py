"""What the portal adds to sanitised HTML: names for what scrolls, levels of headings, where links and images lead.

It works on what the sanitiser writes (tags well formed, attributes in double quotes with `<` and `>` escaped), so
that tables and images of raw HTML are treated like those of Markdown.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import unquote

from app.content.render.highlight import label

Images = Callable[[str], str | None]
"""From an image's path in a document to its address in the portal; None where it has none."""

MEDIA = "/media/"
"""Where the portal serves images from."""

_TOP = 3
"""The level of the highest heading of an answer."""

_TAG = re.compile(
    r"<(?P<end>/?)(?P<tag>a|img|h[1-6]|table|thead|th|pre)(?P<attributes>(?: [^<>]*)?)>"
    r'(?:(?<=<pre>)<code class="language-(?P<language>[^"]*)">)?'
    r'|(?P<wrapped><div class="scroll">(?=<table))'
)
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_LEVEL = re.compile(r"<h([1-6])[ >]")
_HEADER = re.compile(r"<th[ >].*?</th>", re.DOTALL)
_MARKS = re.compile(r"<[^<>]*>")
_KEPT = re.compile(rf"{MEDIA}[0-9a-f]{{64}}\.(?:png|jpg|gif|webp)")
_ABROAD = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def decorate(html: str, images: Images | None) -> str:
    """Sanitised HTML as pages show it."""
    return _Decorator(html, images).run()


class _Decorator:
    """One pass over the tags of a text."""

    def __init__(self, html: str, images: Images | None) -> None:
        self._html = html
        self._images = images
        self._levels = {level: min(6, rank) for rank, level in enumerate(sorted(set(_LEVEL.findall(html))), _TOP)}
        self._link: bool | None = None
        self._head = False
        self._wrapped = False
        self._tables: list[bool] = []

    def run(self) -> str:
        return _TAG.sub(self._one, self._html)

    def _one(self, match: re.Match[str]) -> str:
        tag, end = match["tag"], bool(match["end"])
        if tag is None:
            self._wrapped = True
            return ""
        if tag == "a":
            return self._anchor(match[0], match["attributes"], end)
        if tag == "img":
            return self._image(match["attributes"])
        if tag == "table":
            return self._table_end() if end else self._table(match)
        if tag == "thead":
            self._head = not end
            return match[0]
        if tag == "th":
            return match[0] if end else self._header(match["attributes"])
        if tag == "pre":
            return match[0] if end else _pre(match)
        return f"<{match['end']}h{self._levels[tag[1]]}>"

    def _anchor(self, whole: str, attributes: str, end: bool) -> str:
        """A link out stays; one that leads nowhere here (relative, or to a heading) leaves its words."""
        if end:
            kept, self._link = self._link, None
            return whole if kept else ""
        href = dict(_ATTRIBUTE.findall(attributes)).get("href", "")
        self._link = bool(_LINK.match(href))
        return whole if self._link else ""

    def _image(self, attributes: str) -> str:
        """An image that the portal has; a link to one elsewhere, which is never fetched unasked; or its words."""
        found = dict(_ATTRIBUTE.findall(attributes))
        source, words = unescape(found.get("src", "")), found.get("alt", "").strip()
        here = source if _KEPT.fullmatch(source) else None
        if here is None and source and not _ABROAD.match(source) and self._images is not None:
            here = self._images(unquote(source.partition("#")[0].partition("?")[0]))
        title = f' title="{found["title"]}"' if found.get("title") else ""
        if here is not None:
            return f'<img src="{escape(here)}" alt="{words}"{title} loading="lazy">'
        words = words or escape(source.rstrip("/").rpartition("/")[2].partition("?")[0])
        if _ABROAD.match(source) and words and not self._link:
            address = escape("https:" + source if source.startswith("//") else source)
            return f'<a href="{address}" rel="noopener noreferrer nofollow"{title}>{words}</a>'
        return f"<em>[{words}]</em>" if words and not self._link else words

    def _table(self, match: re.Match[str]) -> str:
        """A table may be wider than the page: what it scrolls in has a name, and can be reached by keyboard."""
        self._tables.append(self._wrapped)
        self._wrapped = False
        self._head = False
        end = self._html.find("</tr>", match.end())
        heads = [_MARKS.sub("", cell).strip() for cell in _HEADER.findall(self._html, match.end(), max(end, 0))[:8]]
        name = ", ".join(head for head in heads if head)
        name = f"Table: {unescape(name)[:80].strip()}" if name else "Table"
        name = escape(name)
        return f'<div class="scroll" role="region" aria-label="{name}" tabindex="0"><table>'

    def _table_end(self) -> str:
        wrapped = self._tables.pop() if self._tables else True
        return "</table>" if wrapped else "</table></div>"

    def _header(self, attributes: str) -> str:
        return f'<th{attributes} scope="{"col" if self._head else "row"}">'


def _pre(match: re.Match[str]) -> str:
    language = match["language"]
    code = f'<code class="language-{language}">' if language else ""
    return f'<pre tabindex="0" role="region" aria-label="{escape(label(language))}">{code}'
