"""Paragraphs that begin in bold: `**What …?**`, `**7)** What …`, `**What …?** The answer at once.`"""

import re
from copy import copy

from app.content.parsing.answers import Stretch
from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.extent import Sections
from app.content.parsing.reading import Mark, Reading

_BOLD = re.compile(
    r"^(?P<lead>[^\w\s*_<]{0,3}\s*(?:Q(?:uestion)?\s*\d*\s*[.:)]\s*)?)"
    r"(?:(?P<mark>\*\*|__)(?P<text>(?:(?!(?P=mark)).)+)(?P=mark)|<(?P<tag>b|strong)>(?P<html>.+?)</(?P=tag)>)(?P<rest>[^\n]*)",
    re.IGNORECASE | re.DOTALL,
)
_ONLY_NUMBER = re.compile(r"^\W*(?:Q(?:uestion)?\s*)?\d{1,4}[a-z]?\s*[.):]*\W*$", re.IGNORECASE)
_NUMBERED = re.compile(r"^\W*(?:Q(?:uestion)?\s*)?\d{1,4}\s*[.):]", re.IGNORECASE)
_NUMBER = re.compile(r"^\W*(?:Q(?:uestion)?\s*)?\d{1,4}\s*[.):]+\s*", re.IGNORECASE)
_TRAILING = re.compile(
    r"^[^\w(\[`<]*(?::[a-z_]+:|\((?:easy|medium|hard|\w+ level)\)|[^\w(\[`<])*$",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[?？][*_`\"'”)]*[ \t]*(?=[\r\n])")


class _BoldMark(Mark):
    """A mark that knows whether its bold text begins with a number, and whether it has its line to itself."""

    __slots__ = ("alone", "counted")
    counted: bool
    alone: bool


class Bold:
    """Paragraphs in bold."""

    name = "bold"
    description = "Paragraphs in bold that ask; the text below answers."

    def read(self, document: Document) -> list[Reading]:
        """One reading of the bold paragraphs that ask or are numbered, one of the numbered alone."""
        sections = Sections(document)
        found = [mark for block in document.blocks if block.kind == "paragraph" for mark in _marks(document, block)]
        readings = []
        asking = _of_one_form([mark for mark in found if mark.likeness > 0.5 or mark.title.tags])
        numbered = [mark for mark in found if mark.counted]
        if 5 * len(numbered) >= 3 * len(asking) and len(numbered) > 2:
            asking = []
        for marks in (asking, numbered):
            if marks and (marks is asking or [id(one) for one in marks] != [id(one) for one in asking]):
                counted = 2 * len(numbered) >= len(marks)
                readings.append(Reading(self.name, _bounded(document, marks, sections), 1.0, counted))
        return readings


def _of_one_form(marks: list[_BoldMark]) -> list[_BoldMark]:
    """Without bold text that runs on in its line, where questions mostly have their line to themselves."""
    alone = [mark for mark in marks if mark.alone or mark.counted]
    return alone if 5 * len(alone) >= 4 * len(marks) else marks


def _marks(document: Document, block: Block) -> list[_BoldMark]:
    if block.item is not None or (block.parent is not None and block.parent.kind == "quote"):
        return []
    if not block.content.startswith(("**", "__", "<", "Q", "q")) and "**" not in block.content[:8]:
        return []
    if document.furniture[block.start]:
        return []
    source = document.source
    found = []
    number = block.start
    while number < block.end:
        end = source.ends[block.end - 1] if number == block.start else source.ends[number]
        line = source.text[source.starts[number] : end]
        match = _BOLD.match(line.lstrip()) if number == block.start or line.lstrip().startswith("**") else None
        if match is not None:
            mark = _mark(
                document,
                block,
                number,
                source.starts[number] + len(line) - len(line.lstrip()),
                match,
            )
            if number == block.start or (mark.likeness > 0.5 and mark.answers is not None and _fills_line(match)):
                found.append(mark)
        number += 1
    return found


def _fills_line(match: re.Match[str]) -> bool:
    return bool(_TRAILING.match(match.group("rest")))


def _mark(document: Document, block: Block, number: int, offset: int, match: re.Match[str]) -> _BoldMark:
    """The mark of one bold opening at `offset`. What follows it on the line is answer, or the rest of the question."""
    source = document.source
    text = match.group("text") or match.group("html") or ""
    start, end = offset, offset + match.end("rest")
    numbered = bool(_NUMBERED.match(text))
    question: str | None = None
    if not _fills_line(match):
        end = offset + match.start("rest")
        if _ONLY_NUMBER.match(text):
            start, end = end, source.ends[block.end - 1]
            start += len(source.text[start:end]) - len(source.text[start:end].lstrip())
            asked = _ASKED.search(source.text, start, end)
            end = asked.end() if asked is not None else end
        elif numbered and not text.rstrip().endswith("?") and _more_follows(block):
            end = source.ends[block.end - 1]
            opening = match.group("mark") or f"<{match.group('tag')}>"
            question = opening + _NUMBER.sub("", source.text[offset:end].removeprefix(opening), count=1)
    mark = _BoldMark(source.starts[number], end, start, end, Stretch(end, end), raw=source.text[start:end])
    mark.counted, mark.question, mark.numbered = numbered, question, question is None
    mark.alone = _fills_line(match)
    return mark


def _more_follows(block: Block) -> bool:
    return block.next is not None and block.next.kind != "heading"


def _bounded(document: Document, marks: list[_BoldMark], sections: Sections) -> list[Mark]:
    ends = sections.ends([mark.start for mark in marks])
    made: list[Mark] = []
    for mark, end in zip(marks, ends, strict=True):
        body = min(mark.title_end, end)
        inline = bool(document.source.text[body : document.source.ends[document.source.line_at(body)]].strip())
        own = copy(mark)
        own.end, own.answers, own.inline = end, Stretch(body, end), inline
        made.append(own)
    return made
