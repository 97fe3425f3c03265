"""How far a card reaches that does not begin with a heading."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.titles import is_answer_title, plain


class Sections:
    """The headings of a document as bounds of what stands below them."""

    def __init__(self, document: Document, chosen: Sequence[Block] = ()) -> None:
        skipped = set(map(id, chosen))
        starts = document.source.starts
        self._length = len(document.source.text)
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
            found.append(self.end_after(start, self.level_at(start), limit))
        return found
