"""Anki's templates: `{{Field}}`, `{{filter:Field}}`, `{{#Field}}…{{/Field}}`, `{{^Field}}…{{/Field}}`, and clozes in fields.

Source: the Anki manual, “Card Templates” and “Field Replacements”. Nothing is run: scripts are taken out with other unsafe HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

MAX_TAGS = 2_000
_TAG = re.compile(r"\{\{\s*([#^/]?)\s*((?:(?!\}\}).){1,300}?)\s*\}\}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKS = re.compile(r"<[^<>]*>")
_FULL = re.compile(r"[^\s]")
_OPEN = re.compile(r"\{\{c(\d{1,3})::|\}\}")
_SHOWN_AS_THEY_ARE = {"hint", "furigana", "kanji", "kana"}
_GAP = "[…]"


@dataclass(slots=True)
class Side:
    """What rendering has found beside its text."""

    unknown: set[str] = field(default_factory=set)
    """Filters that are not known here; their fields are shown as they are."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a template is filled with. `cloze` is the number that is asked, from 1; 0 for other kinds."""

    fields: Mapping[str, str]
    cloze: int
    front: str | None
    """The question's side, while the answer's is made; None while the question's is."""


def render(template: str, given: Given, side: Side) -> str:
    """One side in HTML that has yet to be made safe."""
    out: list[str] = []
    shown = [True]
    open_: list[str] = []
    place = 0
    template = _COMMENT.sub("", template)
    for count, match in enumerate(_TAG.finditer(template)):
        if count >= MAX_TAGS:
            break
        if shown[-1]:
            out.append(template[place : match.start()])
        place = match.end()
        sign, name = match[1], match[2].strip()
        if sign == "/":
            if open_ and open_[-1] == name:
                open_.pop()
                shown.pop()
        elif sign:
            open_.append(name)
            shown.append(shown[-1] and _is_full(name, given) == (sign == "#"))
        elif shown[-1]:
            out.append(_filled(name, given, side))
    if shown[-1]:
        out.append(template[place:])
    return "".join(out)


def _is_full(name: str, given: Given) -> bool:
    if re.fullmatch(r"c\d{1,3}", name):
        return name == f"c{given.cloze}"
    value = given.fields.get(name, "")
    return "<img" in value or _FULL.search(unescape(_MARKS.sub("", value))) is not None


def _filled(tag: str, given: Given, side: Side) -> str:
    *filters, name = (part.strip() for part in tag.split(":"))
    if name == "FrontSide" and not filters:
        return given.front or ""
    value = given.fields.get(name, "")
    asked = given.front is None
    for one in reversed(filters):
        if one == "cloze":
            value = clozed(value, given.cloze, asked=asked)
        elif one == "type" or one.startswith("type"):
            value = "" if asked else value
        elif one == "text":
            value = _MARKS.sub("", value)
        elif one not in _SHOWN_AS_THEY_ARE and one != "nc":
            side.unknown.add(one)
    return value


def clozed(text: str, number: int, *, asked: bool) -> str:
    """A field with clozes: what is asked a gap or its hint, or, in the answer, bold; other deletions are plain words."""
    done: list[str] = []
    levels: list[tuple[int, list[str]]] = []
    place = 0
    for match in _OPEN.finditer(text):
        (levels[-1][1] if levels else done).append(text[place : match.start()])
        place = match.end()
        if match[1] is not None:
            levels.append((int(match[1]), []))
        elif levels:
            own, parts = levels.pop()
            word, _sign, hint = "".join(parts).partition("::")
            shown = word if own != number else (f"[{hint}]" if hint else _GAP) if asked else f"<b>{word}</b>"
            (levels[-1][1] if levels else done).append(shown)
        else:
            done.append("}}")
    (levels[-1][1] if levels else done).append(text[place:])
    while levels:  # never closed: shown as it was written
        own, parts = levels.pop()
        (levels[-1][1] if levels else done).append(f"{{{{c{own}::" + "".join(parts))
    return "".join(done)
