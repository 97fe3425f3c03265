"""Headings written as HTML that ask: `<h3>1. What …?</h3>`, in Markdown or in a page that is HTML altogether."""

import re
from bisect import bisect_right

from app.content.parsing.answers import Stretch
from app.content.parsing.document import Document
from app.content.parsing.extent import Sections
from app.content.parsing.reading import Mark, Reading
from app.content.parsing.sections import section_name
from app.content.parsing.titles import plain
from app.content.parsing.wording import is_answer_title, is_boilerplate

_HEADING = re.compile(r"<h([1-6])\b[^<>]*>((?:[^<]|<(?!/?h[1-6]\b))*)</h\1>", re.IGNORECASE)
_WRAPPER = r"</?(?:div|p|br|span|center|section|article|hr|b|strong|h[1-6])\b[^<>]*>|&nbsp;|\s"
_BEFORE = re.compile(rf"(?:{_WRAPPER}|(?:answer|ans|solution)\s*:)*", re.IGNORECASE)
_AFTER = re.compile(rf"(?:{_WRAPPER}|</(?:details|summary)>)*\Z", re.IGNORECASE)
FEWEST = 2
TAIL = 400
"""How many characters at the end of an answer are looked at for the wrappers around it."""


class HtmlHeadings:
    """Headings in HTML at one level."""

    name = "html"
    description = "Headings written as HTML (<h3>…</h3>) that ask; what follows answers."

    def read(self, document: Document) -> list[Reading]:
        """One reading for each level at which at least two headings ask."""
        if "</h" not in document.source.text and "</H" not in document.source.text:
            return []
        found = [mark for match in _HEADING.finditer(document.source.text) if (mark := _mark(document, match))]
        readings = []
        for level in sorted({mark.level for mark in found}):
            marks = [mark for mark in found if mark.level == level and not is_boilerplate(mark.plain)]
            asking = [mark for mark in marks if mark.likeness > 0.5 or mark.title.form in ("number", "question")]
            if len(asking) >= FEWEST and 2 * len(asking) >= len(marks):
                readings.append(Reading(self.name, _bounded(document, asking, found), 0.95))
        return readings


def _mark(document: Document, match: re.Match[str]) -> Mark | None:
    source = document.source
    line = source.line_at(match.start())
    text = plain(match.group(2))
    if document.code[line] or not document.lines[line] or not text or is_answer_title(text):
        return None
    position = bisect_right(document.details, match.start(), key=lambda element: element.start) - 1
    if position >= 0 and match.start() < document.details[position].summary_end:
        return None
    raw, level = match.group(2), int(match.group(1))
    mark = Mark(match.start(), match.end(), match.start(2), match.end(2), None, raw=raw, level=level)
    if "\n" in raw or "\r" in raw:
        mark.question = " ".join(raw[mark.title.start : mark.title.end].split()) or None
    return mark


def _bounded(document: Document, marks: list[Mark], headings: list[Mark]) -> list[Mark]:
    """The marks with their extents: to the next heading of their level or above, in HTML or in Markdown."""
    sections, text = Sections(document), document.source.text
    chosen = set(map(id, marks))
    path: list[Mark] = []
    made: list[Mark] = []
    for heading in headings:
        if made and made[-1].end < 0 and (id(heading) in chosen or heading.level <= made[-1].level):
            _close(made[-1], sections, text, heading.start)
        if id(heading) in chosen:
            heading.section = tuple(section_name(one.raw) for one in path if one.level < heading.level) or None
            heading.end = -1
            made.append(heading)
        elif not made or heading.level < made[-1].level:
            path = [*(one for one in path if one.level < heading.level), heading] if heading.level > 1 else []
    if made and made[-1].end < 0:
        _close(made[-1], sections, text, len(text))
    return made


def _close(mark: Mark, sections: Sections, text: str, limit: int) -> None:
    head = _HEADING.match(text, mark.start)
    start = head.end() if head is not None else mark.title_end
    mark.end = sections.end_after(start, mark.level, limit)
    before = _BEFORE.match(text, start, mark.end)
    first = before.end() if before is not None else start
    after = _AFTER.search(text, max(first, mark.end - TAIL), mark.end)
    mark.answers = Stretch(first, max(first, after.start() if after is not None else mark.end))
