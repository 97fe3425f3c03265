"""How far a card reaches that does not begin with a heading."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.titles import plain
from app.content.parsing.wording import is_answer_title, is_boilerplate


class Sections:
    """The headings of a document as bounds of what stands below them."""

    def __init__(self, document: Document, chosen: Sequence[Block] = ()) -> None:
        skipped = set(map(id, chosen))
        starts = document.source.starts
        self._length = len(document.source.text)
        self._source = document.source
        self._filled = document.content_lines
        self._headings = [
            block
            for block in document.headings
            if block.item is None
            and (block.parent is None or block.parent.kind != "quote")
            and id(block) not in skipped
            and not is_answer_title(plain(block.content))
        ]
        self._offsets = [starts[block.start] for block in self._headings]

    def level_at(self, offset: int) -> int:
        """The level of the heading above `offset`; 7, below all levels, where there is none."""
        position = bisect_right(self._offsets, offset) - 1
        return self._headings[position].level if position >= 0 else 7

    def end_after(self, offset: int, level: int, limit: int) -> int:
        """Where the text at `offset` ends: at the next heading of `level` or above, at most at `limit`."""
        position = bisect_left(self._offsets, offset)
        while position < len(self._offsets) and self._offsets[position] < limit:
            if self._headings[position].level <= level:
                return self._offsets[position]
            position += 1
        return limit

    def ends(self, starts: Sequence[int]) -> list[int]:
        """For cards that begin at `starts`, in order: the next card or the end of the section, whichever is first."""
        found = []
        for index, start in enumerate(starts):
            limit = starts[index + 1] if index + 1 < len(starts) else self._length
            end = self.end_after(start, self.level_at(start), limit)
            found.append(self._before_titles(start, end))
        return found

    def _before_titles(self, start: int, end: int) -> int:
        """`end` without the headings right before it: nothing stands below them but what comes next."""
        position = bisect_left(self._offsets, end) - 1
        while position >= 0 and self._offsets[position] > start:
            heading = self._headings[position]
            last = self._source.line_at(end) if end < self._length else len(self._source)
            if self._filled[last] > self._filled[heading.end]:
                break
            end = self._offsets[position]
            position -= 1
        return end


def ends_of_headings(document: Document, chosen: Sequence[tuple[Block, int]]) -> list[int]:
    """Where the cards of `chosen` headings end, each given with the offset its card begins at.

    A card ends at the next card, or at a heading of its level or above that does not belong to it.
    """
    starts = document.source.starts
    headings = document.headings
    ends: list[int] = []
    position = 0
    for index, (block, _) in enumerate(chosen):
        limit = chosen[index + 1][1] if index + 1 < len(chosen) else len(document.source.text)
        while headings[position] is not block:
            position += 1
        last = position + 1
        while last < len(headings) and starts[headings[last].start] < limit:
            last += 1
        bound = _first_bound(document, block, headings[position + 1 : last], last=index + 1 == len(chosen))
        ends.append(limit if bound is None else starts[bound.start])
        position = last - 1
    return ends


def _first_bound(document: Document, asks: Block, between: Sequence[Block], *, last: bool) -> Block | None:
    in_item = asks.item is not None
    for index, heading in enumerate(between):
        if heading.level > asks.level or heading.item is not None:
            continue
        text = plain(heading.content)
        if (heading.parent is not None and heading.parent.kind == "quote") or is_answer_title(text):
            continue
        following = between[index + 1].start if index + 1 < len(between) else None
        if (
            heading.level < asks.level
            or last
            or in_item
            or is_boilerplate(text)
            or not _has_text(document, heading, following)
        ):
            return heading
    return None


def _has_text(document: Document, heading: Block, following: int | None) -> bool:
    """Whether a heading has text of its own: in a row of questions it is then part of an answer, else it is a section."""
    if following is None:
        return heading.next is not None and heading.next.kind not in ("heading", "list", "hr", "html")
    return any(document.lines[line].strip() and not document.furniture[line] for line in range(heading.end, following))
