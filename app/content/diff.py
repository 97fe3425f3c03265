"""What changed between two texts, word by word. Pure.

Lines are compared first and words only where lines differ, so that long texts stay quick.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_MOST_PAIRS = 1_000_000
"""Above so many pairs of words a run of lines is shown as replaced as a whole: comparing them would take too long."""
_MOST_LINE_PAIRS = 4_000_000
"""Above so many pairs of lines only what both texts begin and end with is told from the rest, for the same reason."""
_CONTEXT = 90
"""Characters of unchanged text that are kept around a change when a diff is shortened."""


class Change(StrEnum):
    """What happened to a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and what happened to it."""

    change: Change
    text: str


def compare(before: str, after: str) -> tuple[Piece, ...]:
    """The way from `before` to `after`; neighbouring pieces differ in their change, what is removed comes first.

    Everything but the added pieces gives `before`, everything but the removed ones `after`.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return tuple(_joined(_by_lines(old, new)))


def is_changed(pieces: Iterable[Piece]) -> bool:
    """Whether a comparison found any difference."""
    return any(piece.change is not Change.SAME for piece in pieces)


def shorten(pieces: Sequence[Piece], *, context: int = _CONTEXT) -> tuple[Piece, ...]:
    """The same with long unchanged stretches cut to about `context` characters beside each change, “…” for the rest."""
    last = len(pieces) - 1
    return tuple(
        Piece(piece.change, _cut(piece.text, context, first=index == 0, last=index == last))
        if piece.change is Change.SAME
        else piece
        for index, piece in enumerate(pieces)
    )


def _cut(text: str, context: int, *, first: bool, last: bool) -> str:
    if len(text) <= context * (1 if first or last else 2) + 20:
        return text
    head = "" if first else _end_cut(text[:context])
    tail = "" if last else _end_cut(text[: -context - 1 : -1])[::-1]
    return f"{head}…{tail}"


def _end_cut(text: str) -> str:
    """A text without what follows its last line end, or its last space where that would leave too little."""
    end = text.rfind("\n", len(text) // 2)
    return text[: (end if end >= 0 else text.rfind(" ")) + 1] or text


def _by_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    if len(old) * len(new) > _MOST_LINE_PAIRS:
        yield from _within(_TOKEN.findall("".join(old)), _TOKEN.findall("".join(new)))
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            yield Piece(Change.SAME, before)
        else:
            yield from _within(_TOKEN.findall(before), _TOKEN.findall(after))


def _within(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Words between what both begin and end with: most changes are small, and in one place."""
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    yield Piece(Change.SAME, "".join(old[:start]))
    yield from _by_words(old[start : len(old) - end], new[start : len(new) - end])
    yield Piece(Change.SAME, "".join(old[len(old) - end :]))


def _by_words(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    if not old or not new or len(old) * len(new) > _MOST_PAIRS:
        yield Piece(Change.REMOVED, "".join(old))
        yield Piece(Change.ADDED, "".join(new))
        return
    removed: list[str] = []
    added: list[str] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gap = tag == "equal" and (removed or added) and not "".join(old[a:b]).strip()
        if tag != "equal" or gap:  # a mere space between two changes reads better as part of them
            removed.extend(old[a:b])
            added.extend(new[c:d])
            continue
        yield from _change(removed, added)
        yield Piece(Change.SAME, "".join(old[a:b]))
        removed, added = [], []
    yield from _change(removed, added)


def _change(removed: Sequence[str], added: Sequence[str]) -> Iterator[Piece]:
    """A change, with the white space that both sides end on kept out of it."""
    was, now = "".join(removed), "".join(added)
    shared = 0
    while shared < min(len(was), len(now)) and was[-1 - shared] == now[-1 - shared] and was[-1 - shared].isspace():
        shared += 1
    yield Piece(Change.REMOVED, was[: len(was) - shared])
    yield Piece(Change.ADDED, now[: len(now) - shared])
    yield Piece(Change.SAME, was[len(was) - shared :])


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind put together; between two unchanged stretches one removal and one addition."""
    removed: list[str] = []
    added: list[str] = []
    same: list[str] = []
    for piece in pieces:
        if not piece.text:
            continue
        if piece.change is Change.SAME:
            yield from _flushed(removed, added)
            same.append(piece.text)
            continue
        if same:
            yield Piece(Change.SAME, "".join(same))
            same.clear()
        (removed if piece.change is Change.REMOVED else added).append(piece.text)
    yield from _flushed(removed, added)
    if same:
        yield Piece(Change.SAME, "".join(same))


def _flushed(removed: list[str], added: list[str]) -> Iterator[Piece]:
    for change, texts in ((Change.REMOVED, removed), (Change.ADDED, added)):
        if texts:
            yield Piece(change, "".join(texts))
            texts.clear()
