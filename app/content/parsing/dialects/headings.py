"""Headings that ask: numbered, lettered, with a `Q`, or plain; at any level, on their own or in list items."""

from bisect import bisect_left, bisect_right
from collections import Counter
from copy import copy
from itertools import pairwise

from app.content.parsing.answers import Stretch
from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.extent import ends_of_headings
from app.content.parsing.reading import Mark, Reading
from app.content.parsing.titles import plain
from app.content.parsing.wording import is_answer_title, is_bare_question, is_boilerplate, is_contents

_NAMED = ("number", "question", "letter")


class Headings:
    """Headings at one level, of one form."""

    name = "headings"
    description = "Headings that ask, numbered or not, at one level; the text below answers."

    def read(self, document: Document) -> list[Reading]:
        """One reading for each level, place (in a list item or not) and form of heading."""
        marks = _all_marks(document)
        if not marks:
            return []
        readings: list[Reading] = []
        for (in_item, _), group in _groups(marks).items():
            numbered = _numbered(group)
            others = sum(not is_boilerplate(mark.plain) for mark in group) - len(numbered)
            counted = len(numbered) >= 2 and len(numbered) >= others
            if counted:
                chosen = _with_strays(numbered, marks, in_item)
                reading = _reading(document, chosen, weight=1.0 if _rises(numbered) else 0.7)
                reading.counted = _rises(numbered)
                readings.append(reading)
            asking = _asking(document, group)
            if asking and not (counted and len(asking) == len(numbered)):
                readings.append(_reading(document, asking, weight=1.0))
        _prefer_counted(readings)
        return readings


def _prefer_counted(readings: list[Reading]) -> None:
    """Weigh down readings of sub-headings in answers: where headings that ask are counted, those below them belong to them."""
    counted = [
        reading.marks[0].level
        for reading in readings
        if reading.counted and 4 * sum(mark.likeness > 0.5 for mark in reading.marks) >= 3 * len(reading.marks)
    ]
    for reading in readings:
        if counted and not reading.counted and reading.marks[0].level > min(counted):
            reading.weight *= 0.3


class _HeadingMark(Mark):
    """A mark with the heading it stands on; `number` and `form` also come from the list item it stands in."""

    __slots__ = ("block", "form", "in_item", "number")
    block: Block
    in_item: bool
    number: int | None
    form: str


def _all_marks(document: Document) -> list[_HeadingMark]:
    marks = []
    skip_level = 0
    for position, block in enumerate(document.headings):
        text = plain(block.content)
        if skip_level and block.level > skip_level and not _holds_text(document, position):
            continue
        skip_level = block.level if is_contents(text) and _holds_furniture(document, block) else 0
        if not text or skip_level or is_answer_title(text) or document.furniture[block.start]:
            continue
        if block.parent is not None and block.parent.kind == "quote":
            continue
        marks.append(_mark(document, block))
    return marks


def _holds_furniture(document: Document, block: Block) -> bool:
    """Whether links to the page itself follow this heading: then what is below it is a table of contents."""
    return any(document.furniture[block.end : block.end + 12])


def _holds_text(document: Document, position: int) -> bool:
    """Whether there is content between a heading and the next one."""
    block = document.headings[position]
    following = document.headings[position + 1 : position + 2]
    last = following[0].start if following else len(document.lines)
    return any(document.lines[line].strip() and not document.furniture[line] for line in range(block.end, last))


def _mark(document: Document, block: Block) -> _HeadingMark:
    source = document.source
    first = source.starts[block.start]
    last = source.ends[block.end - 1]
    at = source.text.find(block.content, first, last) if block.content else -1
    item = block.item
    in_item = item is not None and item.children[0] is block
    start = source.starts[item.start] if in_item and item is not None else first
    title_start, title_end = (at, at + len(block.content)) if at >= 0 else (first, last)
    mark = _HeadingMark(
        start,
        last,
        title_start,
        title_end,
        None,
        raw=source.text[title_start:title_end],
        level=block.level,
    )
    mark.block, mark.in_item = block, in_item
    mark.number, mark.form = mark.title.number, mark.title.form
    if in_item and item is not None and item.number is not None and mark.number is None:
        mark.number, mark.form = item.number, "number"
    return mark


def _groups(marks: list[_HeadingMark]) -> dict[tuple[bool, int], list[_HeadingMark]]:
    groups: dict[tuple[bool, int], list[_HeadingMark]] = {}
    for mark in marks:
        if mark.in_item or mark.block.item is None:
            groups.setdefault((mark.in_item, mark.level), []).append(mark)
    return groups


def _numbered(group: list[_HeadingMark]) -> list[_HeadingMark]:
    """The headings of a level that carry a number or a `Q`. Where most carry a `Q`, bare numbers count sections."""
    named = [mark for mark in group if mark.form in _NAMED]
    lettered = [mark for mark in named if mark.form == "question"]
    if 2 * len(lettered) > len(named):
        return [mark for mark in named if mark.form == "question" or mark.likeness > 0.5]
    return named


def _rises(marks: list[_HeadingMark]) -> bool:
    """Whether the numbers mostly go up by one: then they count questions, not steps of an answer."""
    numbers = [mark.number for mark in marks if mark.number is not None]
    steps = sum(1 for left, right in pairwise(numbers) if 0 < right - left <= 3)
    return not numbers or 2 * steps >= len(numbers) - 1


def _with_strays(numbered: list[_HeadingMark], marks: list[_HeadingMark], in_item: bool) -> list[_HeadingMark]:
    """`numbered` with the headings of another level that continue its count where it has a gap, or carry its bare `Q`."""
    chosen = set(map(id, numbered))
    following: dict[int, int | None] = {}
    coming: int | None = None
    for mark in reversed(marks):
        following[id(mark)] = coming
        if id(mark) in chosen and mark.number is not None:
            coming = mark.number
    by_letter = all(mark.form == "question" and mark.number is None for mark in numbered)
    found: list[_HeadingMark] = []
    last = 0
    for mark in marks:
        if id(mark) in chosen:
            found.append(mark)
            last = mark.number if mark.number is not None else last
        elif mark.form == "question" and mark.number is None and by_letter:
            found.append(mark)
        elif mark.in_item == in_item and mark.number == last + 1 and (mark.likeness > 0.5 or mark.form == "question"):
            after = following[id(mark)]
            if after is None or after > mark.number or after == 1:
                found.append(mark)
                last = mark.number
    return found


def _asking(document: Document, group: list[_HeadingMark]) -> list[_HeadingMark]:
    """The headings of a level without those that belong to the page and those before and after all questions."""
    counts = Counter(mark.plain.lower() for mark in group)
    likely = [
        position
        for position, mark in enumerate(group)
        if mark.likeness > 0.5 and (mark.form in _NAMED or counts[mark.plain.lower()] <= max(2, len(group) // 10))
    ]
    if not likely:
        return []
    first, last = _whole_sections(document, group, likely)
    inside = group[first:last]
    return [
        mark
        for mark in inside
        if mark.likeness > 0.5 or not (is_boilerplate(mark.plain) or counts[mark.plain.lower()] > 2)
    ]


def _whole_sections(document: Document, group: list[_HeadingMark], likely: list[int]) -> tuple[int, int]:
    """The first and last of `group` (excluded) to take: from the first to the last that asks, and those beside them.

    Terms without a verb ("Deadlock") stand among questions; at both ends they count where two fifths of their section ask.
    """
    starts = [mark.block.start for mark in group]
    tops = [block.start for block in document.headings if block.level < group[0].level and block.item is None]
    asked = set(likely)
    first, last = likely[0], likely[-1] + 1

    def section(position: int) -> range:
        index = bisect_right(tops, starts[position])
        low = bisect_left(starts, tops[index - 1]) if index else 0
        high = bisect_left(starts, tops[index]) if index < len(tops) else len(starts)
        return range(low, high)

    for ends in (section(first), section(last - 1)):
        if len(tops) > 1 and 5 * sum(position in asked for position in ends) >= 2 * len(ends) > 4:
            first, last = min(first, ends.start), max(last, ends.stop)
    return first, last


def _reading(document: Document, marks: list[_HeadingMark], weight: float) -> Reading:
    source = document.source
    made: list[Mark] = []
    for mark, end in zip(marks, ends_of_headings(document, [(mark.block, mark.start) for mark in marks]), strict=True):
        own = copy(mark)
        body = source.start_of(mark.block.end)
        if is_bare_question(plain(mark.raw)) and _ask_below(document, own, end):
            body = source.start_of(source.line_at(own.title_end) + 1)
        own.end = end
        own.answers = Stretch(min(body, end), end)
        item = mark.block.item if mark.in_item else None
        if item is not None:
            own.answers.indent, own.answers.item_end = item.indent, item.end
        made.append(own)
    return Reading(Headings.name, made, weight)


def _ask_below(document: Document, mark: _HeadingMark, end: int) -> bool:
    """Whether the paragraph below asks, for a heading that only says "Question"; `mark` is then moved to it."""
    source = document.source
    below = mark.block.next
    if below is None or below.kind != "paragraph" or source.starts[below.start] >= end:
        return False
    mark.title_start, mark.title_end = source.starts[below.start], source.ends[below.end - 1]
    mark.raw = source.text[mark.title_start : mark.title_end]
    mark.explicit = True
    mark.forget()
    return True
