"""Ids that a document gives its cards: `<!-- id: … -->` at the card or alone on the line before it."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from app.content.document import Warning
from app.content.parsing.document import Document

_IDENT = re.compile(r"<!--\s*(?:card[-_ ])?id\s*[:=]\s*([\w.-]{1,64})\s*-->", re.IGNORECASE)


@dataclass(slots=True)
class _Ident:
    offset: int
    line: int
    name: str
    alone: bool


class Idents:
    """The id comments of a document, and which of them are taken."""

    def __init__(self, document: Document) -> None:
        self.warnings: list[Warning] = []
        self._source = source = document.source
        self._taken: set[str] = set()
        self._found: list[_Ident] = []
        for match in _IDENT.finditer(source.text):
            line = source.line_at(match.start())
            if not document.code[line]:
                alone = source.lines[line].strip() == match.group(0)
                self._found.append(_Ident(match.start(), line, match.group(1), alone))

    def start_of(self, offset: int) -> int:
        """Where the card at `offset` begins: at the comment with its id, where one stands alone just before it."""
        position = bisect_right(self._found, offset, key=lambda ident: ident.offset) - 1
        if position < 0 or not self._found[position].alone:
            return offset
        source, above = self._source, self._found[position].line
        line = source.line_at(offset) - 1
        while line > above and not source.lines[line].strip():
            line -= 1
        return source.starts[line] if line == above else offset

    def take(self, start: int, end: int) -> str | None:
        """The id of the card from `start` to `end`; a second one, or one that is taken, is warned of."""
        position = bisect_right(self._found, start - 1, key=lambda ident: ident.offset)
        name: str | None = None
        while position < len(self._found) and self._found[position].offset < end:
            ident = self._found[position]
            position += 1
            if name is None and ident.name not in self._taken:
                name = ident.name
                self._taken.add(name)
            else:
                self.warnings.append(self._refused(ident))
        return name

    def _refused(self, ident: _Ident) -> Warning:
        return Warning(
            self._source.file,
            ident.line + 1,
            f"The id “{ident.name}” is a second one for its card or stands at another card already; it is not used.",
            "Give every card one id of its own, or take the comment away.",
        )
