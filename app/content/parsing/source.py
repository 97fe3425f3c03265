"""The text of one document, addressed by line and by character, and the limits it has to keep."""

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from operator import sub

from app.content.document import ContentError

MAX_CHARS = 20_000_000
MAX_LINES = 300_000
MAX_LINE = 200_000

LINE_END = re.compile(r"\r\n?|\n")


class Source:
    """Lines and offsets of `text`. Lines count from 0 here; a line ends with LF, CRLF or CR, as CommonMark has it."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.starts, self.ends = _bounds(text)
        self._refuse_what_is_too_large()

    def _refuse_what_is_too_large(self) -> None:
        if not self.text.strip():
            raise self.error(0, "The document is empty.", "Write at least one question into it.")
        if len(self.text) > MAX_CHARS:
            raise self.error(
                0,
                f"The document has more than {MAX_CHARS:,} characters.",
                "Split it into several files.",
            )
        if len(self.starts) > MAX_LINES:
            raise self.error(
                MAX_LINES,
                f"The document has more than {MAX_LINES:,} lines.",
                "Split it into several files.",
            )
        lengths = list(map(sub, self.ends, self.starts))
        if max(lengths) > MAX_LINE:
            raise self.error(
                next(number for number, length in enumerate(lengths) if length > MAX_LINE),
                f"The line is longer than {MAX_LINE:,} characters.",
                "Break it into several lines.",
            )
        at = self.text.find("\0")
        if at >= 0:
            raise self.error(
                self.line_at(at),
                "There is a NUL character: this is no text.",
                "Choose a text file.",
            )

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        text = self.text
        return [text[start:end] for start, end in zip(self.starts, self.ends, strict=True)]

    def line_at(self, offset: int) -> int:
        """The line, from 0, that holds the character at `offset`."""
        return bisect_right(self.starts, offset) - 1

    def start_of(self, line: int) -> int:
        """Offset of the first character of `line`; the end of the text for a line after the last."""
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def error(self, line: int, problem: str, remedy: str) -> ContentError:
        """A ContentError at `line` (from 0)."""
        return ContentError(self.file, line + 1, problem, remedy)


def _bounds(text: str) -> tuple[list[int], list[int]]:
    """The offsets at which lines begin, and those at which they end."""
    if "\r" not in text:
        starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
        return starts[:-1], [start - 1 for start in starts[1:]]
    starts, ends = [0], []
    for match in LINE_END.finditer(text):
        ends.append(match.start())
        starts.append(match.end())
    ends.append(len(text))
    return starts, ends
