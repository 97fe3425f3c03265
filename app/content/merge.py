"""Three-way merge of a text edited here and upstream, block by block. Pure.

A block is a paragraph, a heading, a code block, a table, or one item of a list: what a person changes as one thing.
The method is diff3 (Khanna, Kunal, Pierce: "A Formal Investigation of Diff3", 2007) over blocks instead of lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST_PAIRS = 4_000_000
"""Pairs of blocks that are compared one by one: about a second's work at worst."""


class Side(StrEnum):
    """Whose text a part of a merge is."""

    BASE = "base"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    """Both sides made the same change."""
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Part:
    """A run of blocks of one origin. In a conflict the three texts differ; elsewhere `merged` says it all."""

    side: Side
    base: str
    ours: str
    theirs: str

    @property
    def merged(self) -> str:
        """The text that stands in the merge; in a conflict ours stays in place."""
        return {Side.BASE: self.base, Side.THEIRS: self.theirs}.get(self.side, self.ours)


@dataclass(frozen=True, slots=True)
class Merge:
    """The outcome: parts in order. `clean` where nothing collides."""

    parts: tuple[Part, ...]

    @property
    def clean(self) -> bool:
        """Whether no part is a conflict."""
        return all(part.side is not Side.CONFLICT for part in self.parts)

    @property
    def conflicts(self) -> tuple[Part, ...]:
        """The parts that collide."""
        return tuple(part for part in self.parts if part.side is Side.CONFLICT)

    @property
    def text(self) -> str:
        """The merged Markdown; where it collides, ours."""
        return "".join(part.merged for part in self.parts).strip("\n")

    @property
    def both(self) -> str:
        """The merged Markdown; where it collides, theirs and behind it ours."""
        return "".join(_stacked(part) if part.side is Side.CONFLICT else part.merged for part in self.parts).strip("\n")


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    """The block's lines, its last line end and the blank lines after it left off: what is compared."""
    gap: str
    """What stands between it and the next block."""


def merge(base: str, ours: str, theirs: str) -> Merge:
    """Merge two texts that both come from `base`.

    Where one side alone changed, that side wins; where both made the same change, it is taken once; where they
    collide, the part is a conflict. Deterministic, and quadratic at worst in the number of blocks; of texts with so many
    that this would take long, only the beginning and the end that are the same are told from the rest.
    """
    return Merge(tuple(_joined(_regions(_blocks(base), _blocks(ours), _blocks(theirs)))))


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")


def _blocks(text: str) -> tuple[_Block, ...]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    starts = sorted({0, *_starts(_reader().parse("\n".join(lines)))})
    bounds = [*starts, len(lines)]
    blocks: list[_Block] = []
    for start, end in pairwise(bounds):
        last = end
        while last > start and not lines[last - 1].strip():
            last -= 1
        if last > start:
            blocks.append(_Block("\n".join(lines[start:last]), "\n" * (end - last + 1)))
    return tuple(blocks)


def _starts(tokens: Sequence[Token]) -> Iterator[int]:
    """First lines of the outermost blocks, and of the items of outermost lists."""
    for token in tokens:
        outermost = token.level == 0 or (token.level == 1 and token.type == "list_item_open")
        if outermost and token.map is not None and token.nesting >= 0:
            yield token.map[0]


def _matches(base: Sequence[_Block], other: Sequence[_Block]) -> dict[int, int]:
    """Index in `base` -> index in `other` of the blocks that are the same, in order."""
    if len(base) * len(other) > MOST_PAIRS:
        return _at_the_ends(base, other)
    matcher = SequenceMatcher(None, [b.text for b in base], [b.text for b in other], autojunk=False)
    return {
        block.a + offset: block.b + offset for block in matcher.get_matching_blocks() for offset in range(block.size)
    }


def _at_the_ends(base: Sequence[_Block], other: Sequence[_Block]) -> dict[int, int]:
    """The same, but only before the first difference and behind the last one."""
    most = min(len(base), len(other))
    first = next((at for at in range(most) if base[at].text != other[at].text), most)
    last = next((at for at in range(most - first) if base[-1 - at].text != other[-1 - at].text), most - first)
    ends = {len(base) - 1 - at: len(other) - 1 - at for at in reversed(range(last))}
    return {at: at for at in range(first)} | ends


_Region = tuple[Sequence[_Block], Sequence[_Block], Sequence[_Block]]


def _regions(base: Sequence[_Block], ours: Sequence[_Block], theirs: Sequence[_Block]) -> Iterator[_Region]:
    """Cut the three sequences where all agree: stable blocks one by one, and what lies between them."""
    in_ours, in_theirs = _matches(base, ours), _matches(base, theirs)
    b = o = t = 0
    for index in range(len(base)):
        if index not in in_ours or index not in in_theirs:
            continue
        yield from _finer((base[b:index], ours[o : in_ours[index]], theirs[t : in_theirs[index]]))
        b, o, t = index + 1, in_ours[index] + 1, in_theirs[index] + 1
        yield (base[index:b], ours[o - 1 : o], theirs[t - 1 : t])
    yield from _finer((base[b:], ours[o:], theirs[t:]))


def _finer(region: _Region) -> Iterator[_Region]:
    """Neighbouring blocks changed by different sides do not collide: pair them while nothing came or went."""
    base, ours, theirs = region
    if len(base) == len(ours) == len(theirs):
        for one in range(len(base)):
            yield (base[one : one + 1], ours[one : one + 1], theirs[one : one + 1])
    else:
        yield region


def _joined(regions: Iterator[_Region]) -> Iterator[Part]:
    """Regions as parts, neighbours of one side put together."""
    held: Part | None = None
    for base, ours, theirs in regions:
        part = Part(_side(base, ours, theirs), _text(base), _text(ours), _text(theirs))
        if held is not None and held.side is part.side:
            held = Part(held.side, held.base + part.base, held.ours + part.ours, held.theirs + part.theirs)
            continue
        if held is not None and (held.base or held.ours or held.theirs):
            yield held
        held = part
    if held is not None and (held.base or held.ours or held.theirs):
        yield held


def _side(base: Sequence[_Block], ours: Sequence[_Block], theirs: Sequence[_Block]) -> Side:
    was, here, there = ([block.text for block in blocks] for blocks in (base, ours, theirs))
    if here == there:
        return Side.BASE if here == was else Side.BOTH
    if here == was:
        return Side.THEIRS
    return Side.OURS if there == was else Side.CONFLICT


def _text(blocks: Sequence[_Block]) -> str:
    """The blocks as text, each with the gap it has; a block that ended its text gets a blank line after it."""
    return "".join(block.text + (block.gap if len(block.gap) > 1 or _is_item(block) else "\n\n") for block in blocks)


def _stacked(part: Part) -> str:
    apart = part.theirs and part.ours and not (_begins_item(part.ours) or part.theirs.endswith("\n\n"))
    return part.theirs + ("\n" if apart else "") + part.ours


def _is_item(block: _Block) -> bool:
    """Whether the block is an item of a list, which needs no blank line before the next one."""
    return _begins_item(block.text)


def _begins_item(text: str) -> bool:
    mark = text.lstrip().split(maxsplit=1)[0] if text.strip() else ""
    return mark in ("-", "*", "+") or (mark[:-1].isdigit() and mark[-1:] in (".", ")"))
