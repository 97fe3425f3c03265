"""Cards on a line and around a mark, as note-taking programs have them: `question::answer`, and `?` on its own line."""

import re

from app.content.parsing.answers import Stretch
from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading

_SPLIT = re.compile(r"^(?P<ask>[^\s].*?)[ \t]*(?<![:\\]):{2,3}(?![:])[ \t]*(?P<reply>\S.*)$")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BETWEEN = re.compile(r"^\s*\?{1,2}\s*$")
_SCHEDULE = re.compile(r"\s*<!--SR:.*?-->\s*$")
_TAGS_LINE = re.compile(r"^\s*(?:#[\w/-]+\s*)+$")
_SCOPE = re.compile(r"^(?:[A-Za-z_]\w*::)+[A-Za-z_~]\w*(?:\(\))?;?$|[;{}]$")
_DATAVIEW = re.compile(r"^[\w-]+$")


class InlineCards:
    """Cards on one line or around a mark."""

    name = "inline"
    description = "Cards on one line (question::answer) and cards parted by a line with only a question mark."

    def read(self, document: Document) -> list[Reading]:
        """One reading of both forms."""
        marks: list[Mark] = []
        for block in document.blocks:
            if block.kind == "paragraph":
                parted = _parted(document, block)
                marks.extend([parted] if parted is not None else _lines(document, block))
        if not marks:
            return []
        return [Reading(self.name, marks, 1.3 if len(marks) > 1 else 1.0)]


def _lines(document: Document, block: Block) -> list[Mark]:
    if "::" not in block.content:
        return []
    source = document.source
    found = []
    for line in range(block.start, block.end):
        start, end = source.starts[line], source.ends[line]
        text = source.text[start:end]
        if "::" not in text or document.furniture[line]:
            continue
        lead = len(text) - len(text.lstrip())
        if line == block.start:
            lead = max(text.find(block.content.partition("\n")[0].rstrip()), 0)
        match = _SPLIT.match(_CODE_SPAN.sub(_hide, text[lead:]))
        if match is None or _SCOPE.search(text[lead:].strip()) or "{{c" in text:
            continue
        ask_start, ask_end = start + lead + match.start("ask"), start + lead + match.end("ask")
        reply = start + lead + match.start("reply")
        schedule = _SCHEDULE.search(source.text, reply, end)
        stop = schedule.start() if schedule is not None else end
        raw = source.text[ask_start:ask_end]
        found.append(Mark(start, end, ask_start, ask_end, Stretch(reply, stop), raw=raw, explicit=True, inline=True))
    return found


def _hide(match: re.Match[str]) -> str:
    return "\0" * len(match.group(0))


def _parted(document: Document, block: Block) -> Mark | None:
    """A paragraph with a line that is only `?`: the lines above ask, those below answer, up to a blank line."""
    if "?" not in block.content:
        return None
    source = document.source
    between = next((line for line in range(block.start + 1, block.end) if _BETWEEN.match(source.lines[line])), None)
    if between is None:
        return None
    stop = between + 1
    lines = source.lines
    while stop < len(lines) and (document.code[stop] or lines[stop].strip()) and not lines[stop].startswith("#"):
        stop += 1
    first = block.start
    while first < between - 1 and _TAGS_LINE.match(lines[first]):
        first += 1
    title_start = source.starts[first] + len(lines[first]) - len(lines[first].lstrip())
    title_end = source.ends[between - 1]
    end = source.ends[stop - 1]
    raw = source.text[title_start:title_end]
    if not raw.strip():
        return None
    return Mark(
        source.starts[block.start],
        end,
        title_start,
        title_end,
        Stretch(source.start_of(between + 1), max(end, source.start_of(between + 1))) if stop > between + 1 else None,
        raw=raw,
        explicit=True,
        inline=True,
    )
