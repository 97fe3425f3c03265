"""HTML of notes to Markdown, in which cards are kept: readable for whoever edits them, and rendered as safely as all else."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote, unquote

from markdownify import MarkdownConverter

from app.content.render.sanitise import clean

MAX_HTML = 100_000
"""Characters of one side; a longer one cannot come over."""
_FORMULA = re.compile(
    r"\\\((?P<inline>.{1,2000}?)\\\)|\\\[(?P<block>.{1,2000}?)\\\]|\[\$\](?P<old>.{1,2000}?)\[/\$\]"
    r"|\[\$\$\](?P<display>.{1,2000}?)\[/\$\$\]|\[latex\](?P<latex>.{1,2000}?)\[/latex\]",
    re.DOTALL,
)
_BREAK = re.compile(r"<br\s*/?>|</(?:div|p)>", re.IGNORECASE)
_MARKS = re.compile(r"<[^<>]*>")
_SPECIAL = re.compile(r"[\\`*\[\]<]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|~|&(?=#?\w{1,31};)|\$")
_LINE = re.compile(r"^(\s*)([-+>=#]|\d{1,9}(?=[.)](?:\s|$)))", re.MULTILINE)
_STAND_IN = re.compile(r"formula(\d+)stands(.?)", re.DOTALL)
_BLANK = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


class TooLong(Exception):
    """The text is longer, or deeper, than can be read."""


def to_markdown(html: str) -> str:
    """The Markdown of some HTML; formulas between dollar signs, images by their quoted names. Raises TooLong."""
    if len(html) > MAX_HTML:
        raise TooLong
    formulas: list[str] = []
    if "formula" in html and _STAND_IN.search(html):
        html = _STAND_IN.sub("", html)

    def keep(match: re.Match[str]) -> str:
        latex = next(part for part in match.groups() if part is not None)
        latex = unescape(_MARKS.sub("", _BREAK.sub(" ", latex))).replace("\xa0", " ").strip().replace("$", "\\$")
        display = match["block"] is not None or match["display"] is not None
        formulas.append(f"$${latex}$$" if display or not latex else f"${latex}$")
        return f"formula{len(formulas) - 1}stands"

    html = _FORMULA.sub(keep, html)
    if "<" not in html:  # most fields are plain words, and taking HTML apart takes a hundred times as long
        text = _CONVERTER.escape(" ".join(unescape(html).split()), set())
    else:
        try:
            text = _CONVERTER.convert(f"<div>{clean(html)}</div>")
        except RecursionError as error:
            raise TooLong from error

    def put_back(match: re.Match[str]) -> str:
        formula = formulas[int(match[1])] if int(match[1]) < len(formulas) else ""
        return formula + ("<wbr>" if match[2].isalnum() else "") + match[2]

    text = _STAND_IN.sub(put_back, text.replace("\xa0", " "))
    return _BLANK.sub("\n\n", _TRAILING.sub("", text)).strip()


class _Converter(MarkdownConverter):
    """Escapes what Markdown as it is read here would take for marks, and nothing else."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        text = _SPECIAL.sub(lambda match: "\\" + match[0], text)
        if "td" in parent_tags or "th" in parent_tags:
            text = text.replace("|", "\\|")
        return _LINE.sub(lambda match: _ordered(match[1], match[2], match), text)

    def convert_img(self, el: Any, text: str, parent_tags: set[str]) -> str:
        source, words = str(el.get("src") or ""), str(el.get("alt") or "")
        words = re.sub(r"[\[\]\\\n]", " ", words)
        if re.match(r"(?:https?:)?//", source):
            return f"![{words}](<{re.sub('[<> ]', '', source)}>)"
        return f"![{words}]({quote(unquote(source))})" if source else words


def _ordered(space: str, mark: str, match: re.Match[str]) -> str:
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


_CONVERTER = _Converter(
    heading_style="ATX",
    bullets="-",
    newline_style="backslash",
    sub_symbol="<sub>",
    sup_symbol="<sup>",
    table_infer_header=True,
    code_language_callback=lambda el: next(
        (name.removeprefix("language-") for child in el.find_all("code") for name in child.get("class") or ()), ""
    ),
)
