"""Replacing what a person edited in a slice of a document, line by line, so that all around it stays as it is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from app.content.document import Span

_MARGIN = re.compile(r"[ \t>]*")
ITEM = re.compile(r"(?P<margin>[ \t>]*)(?P<mark>(?:[-*+]|\d{1,9}[.)])[ \t]+)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Patch:
    """Characters `start` to `end` (excluded) of a document become `text`."""

    start: int
    end: int
    text: str


def applied(source: str, patches: Sequence[Patch]) -> str:
    """`source` with its patches, which do not overlap; several at one place stand in their order."""
    parts = []
    at = 0
    for patch in sorted(patches, key=lambda one: (one.start, one.end)):
        parts.append(source[at : patch.start])
        parts.append(patch.text)
        at = max(at, patch.end)
    parts.append(source[at:])
    return "".join(parts)


def overlap(patches: Sequence[Patch]) -> bool:
    """Whether two patches want the same characters."""
    ordered = sorted(patches, key=lambda one: (one.start, one.end))
    return any(one.end > other.start for one, other in pairwise(ordered))


def line_end(source: str) -> str:
    """The line end of a document: that of its first line."""
    match = re.search(r"\r\n|\r|\n", source)
    return match.group(0) if match is not None else "\n"


def lines_of(text: str) -> list[str]:
    """The lines of a text that may have any line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line of the card's text stands in the document; `line_start` begins its line there."""

    line_start: int
    start: int
    end: int
    line_end: int


def by_lines(source: str, span: Span, before: str, after: str, *, titled: bool = False) -> list[Patch] | None:
    """The patches that turn `before`, which was read from `span`, into `after`; None where the lines cannot be found.

    Lines that are the same keep every character. With `titled` the first line has markup behind it that belongs to the
    title, so that new lines go below it.
    """
    was, new = lines_of(before), lines_of(after)
    places = _places(source, span, was)
    if places is None:
        return None
    eol, margin = line_end(source), _margin(source, places)
    patches: list[Patch] = []
    for tag, first, last, there, until in SequenceMatcher(None, was, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone = [places[index] for index in range(first, last)]
        if len(gone) == until - there and all(gone) and all(new[there:until]):
            kept = [place for place in gone if place is not None]
            patches += [Patch(at.start, at.end, line) for at, line in zip(kept, new[there:until], strict=True)]
            continue
        standing = [place for place in gone if place is not None]
        if standing and not (titled and first == 0):
            text = joined(new[there:until], margin, eol)
            patches.append(Patch(standing[0].start, standing[-1].end, text))
            continue
        patches.extend(_inserted(source, places, first, new[there:until], (eol, margin), titled=titled))
    return patches


def _inserted(
    source: str,
    places: Sequence[_Place | None],
    index: int,
    lines: Sequence[str],
    style: tuple[str, str],
    *,
    titled: bool,
) -> Iterator[Patch]:
    """New lines before line `index`, behind the last line above that stands in the document."""
    eol, margin = style
    own = places[index] if index < len(places) and titled and index == 0 else None
    if own is not None and lines:
        yield Patch(own.start, own.end, lines[0])
        lines, above = lines[1:], own
    else:
        found = [place for place in places[:index] if place is not None]
        if not found:
            first = next(place for place in places if place is not None)
            yield Patch(first.start, first.start, joined([*lines, ""], margin, eol) + margin)
            return
        above = found[-1]
    if lines:
        at = above.line_end if titled and not source[above.end : above.line_end].isspace() else above.end
        yield Patch(at, at, joined(["", *lines], margin, eol))


def whole(source: str, span: Span, text: str) -> list[Patch]:
    """The patch that replaces all of a span, indented as its first line is."""
    start = source.rfind("\n", 0, span.start) + 1
    margin = hanging(source[start : span.start])
    return [Patch(span.start, span.end, joined(lines_of(text), margin, line_end(source)))]


def joined(lines: Sequence[str], margin: str, eol: str) -> str:
    """The lines as they stand in the document, all but the first one with the margin."""
    blank = margin.rstrip(" \t")
    return eol.join(
        line if number == 0 else margin + line if line.strip() else blank for number, line in enumerate(lines)
    )


def _places(source: str, span: Span, lines: Sequence[str]) -> list[_Place | None] | None:
    """Where each line of the text stands; None for blank ones. Lines of the document that were left out are passed over."""
    found: list[_Place | None] = []
    rows = _rows(source, span)
    for line in lines:
        if not line.strip():
            found.append(None)
            continue
        wanted = line.rstrip()
        for line_start, start, end, stop in rows:
            at = source.find(wanted, start, end)
            if at >= 0:
                found.append(_Place(line_start, at, at + len(wanted), stop))
                break
        else:
            return None
    return found if any(place is not None for place in found) else None


def _rows(source: str, span: Span) -> Iterator[tuple[int, int, int, int]]:
    """The lines of a span: where each begins in the document and in the span, and where it ends in both."""
    at = max(source.rfind("\n", 0, span.start), source.rfind("\r", 0, span.start)) + 1
    while at < span.end:
        match = _LINE.match(source, at)
        if match is None or match.end() == at:
            return
        stop = at + len(match.group(0).rstrip("\r\n"))
        if max(at, span.start) < min(stop, span.end):
            yield at, max(at, span.start), min(stop, span.end), stop
        at = match.end()


def _margin(source: str, places: Sequence[_Place | None]) -> str:
    """What stands before the further lines of a text: the least of the margins of those there are."""
    standing = [place for place in places if place is not None]
    margins = [_before(source, place) for place in standing[1:] if place.line_start != standing[0].line_start]
    if margins:
        return min(margins, key=len)
    return hanging(source[standing[0].line_start : standing[0].start])


def _before(source: str, place: _Place) -> str:
    match = _MARGIN.match(source, place.line_start, place.start)
    return match.group(0) if match is not None else ""


def hanging(before: str) -> str:
    """The margin of lines below one that begins with `before`, which may hold the mark of a list item."""
    item = ITEM.match(before)
    if item is not None:
        return item.group("margin") + " " * len(item.group("mark"))
    match = _MARGIN.match(before)
    return match.group(0) if match is not None and len(match.group(0)) == len(before) else ""
