"""`<details>` and `<summary>` elements, found by their tags outside code.

CommonMark cuts an HTML block at the first blank line, so one element spreads over many blocks: the tags have to be
paired over the text.
"""

import re
from dataclasses import dataclass

from app.content.parsing.source import Source

_TAG = re.compile(r"<(/?)(details|summary)\b[^<>]*>", re.IGNORECASE)


@dataclass(slots=True)
class Details:
    """Character offsets: the element, the text of its summary, and its body (after the summary, before the end tag)."""

    start: int
    depth: int
    summary_start: int = -1
    summary_end: int = -1
    body_start: int = -1
    body_end: int = -1
    end: int = -1
    closed: bool = True


def find_details(source: Source, lines: list[str], code: bytearray) -> list[Details]:
    """The elements in document order. One that is never closed ends where the next of its depth begins."""
    found: list[Details] = []
    stack: list[Details] = []
    for match in _TAG.finditer(source.text):
        line = source.line_at(match.start())
        column = match.start() - source.starts[line]
        if code[line] or not lines[line] or lines[line].count("`", 0, column) % 2:
            continue
        closing, name = match.group(1), match.group(2).lower()
        if name == "details" and not closing:
            element = Details(match.start(), len(stack), body_start=match.end())
            found.append(element)
            stack.append(element)
        elif stack and name == "details":
            element = stack.pop()
            element.body_end, element.end = match.start(), match.end()
        elif stack and not closing and stack[-1].summary_start < 0:
            stack[-1].summary_start = match.end()
        elif stack and closing and stack[-1].summary_end < 0 <= stack[-1].summary_start:
            stack[-1].summary_end = match.start()
            stack[-1].body_start = match.end()
    _close_what_is_open(found, stack, len(source.text))
    return [element for element in found if element.summary_end >= 0]


def _close_what_is_open(found: list[Details], stack: list[Details], length: int) -> None:
    for element in stack:
        element.closed = False
    unclosed = 0
    following = length
    for element in reversed(found):
        if not element.closed:
            element.body_end = element.end = following
        following = element.start
    for element in found:
        element.depth = max(element.depth - unclosed, 0)
        unclosed += not element.closed
