"""A document as dialects see it: source, blocks, headings, what is code, and what is no content at all."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate, zip_longest

from app.content.parsing.blocks import Block, parse_blocks
from app.content.parsing.details import Details, find_details
from app.content.parsing.frontmatter import machinery, read_front_matter
from app.content.parsing.furniture import furniture_lines
from app.content.parsing.source import Source
from app.content.parsing.titles import plain
from app.content.parsing.wording import likeness

OPENING_LINES = 15
REFRAIN = 3
"""How often a heading has to come again to be a refrain."""
_ANNOUNCED = re.compile(
    r"\binterview|\bquestions?\b|\bquiz|\bq\s?&\s?a\b|flash ?cards?|\btrivia\b|\bexams?\b|\bexercises?\b|"
    r"面试|вопрос|preguntas|perguntas|fragen",
    re.IGNORECASE,
)
_HEADING = re.compile(r"#{1,6}\s")
_GLUED = re.compile(r"^(#{2,6})(?=[^\s#])")


class Document:
    """One parsed file. Line numbers count from 0; without `markdown` it has text and no blocks."""

    meta: Mapping[str, str]
    lines: list[str]
    root: Block
    code: bytearray

    def __init__(self, source: Source, *, markdown: bool = True) -> None:
        self.source = source
        if not markdown:
            self.meta, self.lines = {}, source.lines
            self.root, self.code = Block("root", 0, len(source)), bytearray(len(source))
            return
        self.meta, front = read_front_matter(source)
        lines = list(source.lines)
        lines[:front] = [""] * front
        root = parse_blocks(source, lines)
        code = _code_lines(root, len(lines))
        blanked = machinery(lines, code, mdx=source.file.lower().endswith(".mdx"))
        glued = [n for n, line in enumerate(lines) if line[:2] == "##" and _GLUED.match(line) and not code[n]]
        closing = [
            n for n, line in enumerate(lines) if "</details>" in line and _is_before_heading(lines, n) and not code[n]
        ]
        for number in blanked:
            lines[number] = ""
        for number in glued:
            lines[number] = _GLUED.sub(r"\1 ", lines[number])
        if blanked or glued or closing:
            # HTML runs on to the next blank line, for CommonMark; authors end it with its tag.
            shown = list(lines)
            for number in closing:
                shown[number] = ""
            root = parse_blocks(source, shown)
            code = _code_lines(root, len(lines))
        self.lines = lines
        self.root = root
        self.code = code

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks in document order."""
        return [block for block in self.root.walk() if block is not self.root]

    @cached_property
    def headings(self) -> list[Block]:
        """All headings, those inside list items and quotes included."""
        return [block for block in self.blocks if block.kind == "heading"]

    @cached_property
    def announces_questions(self) -> bool:
        """Whether title, front matter, name or first lines say that questions follow."""
        opening = [*self.meta.values(), self.source.file, *self.lines[:OPENING_LINES]]
        headings = [block.content for block in self.headings if block.level <= 2]
        return any(_ANNOUNCED.search(text) for text in (*opening, *headings))

    @cached_property
    def title_heading(self) -> Block | None:
        """The heading that names the whole document: the first of all, if no other has its level or a higher one."""
        if not self.headings or self.headings[0].item is not None:
            return None
        first = self.headings[0]
        if first.level > 2 or any(other.level <= first.level for other in self.headings[1:] if other.item is None):
            return None if first.level != 1 or self._level_one_asks(first) else first
        return first if first.level == 1 else None

    @cached_property
    def top_heading(self) -> Block | None:
        """The first heading, if it alone has the highest level of all."""
        tops = [block for block in self.headings if block.item is None]
        if not tops or any(other.level <= tops[0].level for other in tops[1:]):
            return None
        return tops[0]

    def _level_one_asks(self, first: Block) -> bool:
        others = [other for other in self.headings[1:] if other.level == 1 and other.item is None]
        return first.start > 10 or len(others) > 20

    @cached_property
    def furniture(self) -> bytearray:
        """A flag for each line that is page furniture, not content."""
        flags = furniture_lines(self.blocks, self.lines, self.code)
        for block in self._refrains(flags):
            flags[block.start : block.end] = b"\1" * (block.end - block.start)
        return flags

    def _refrains(self, flags: bytearray) -> list[Block]:
        """Headings that ask the same again and again with nothing below: calls to the reader ("Any doubts?")."""
        groups: defaultdict[str, list[Block]] = defaultdict(list)
        empty: Counter[str] = Counter()
        for block, following in zip_longest(self.headings, self.headings[1:]):
            last = following.start if following is not None else len(self.lines)
            groups[block.content].append(block)
            empty[block.content] += not any(self.lines[n].strip() and not flags[n] for n in range(block.end, last))
        return [
            block
            for content, blocks in groups.items()
            if len(blocks) >= REFRAIN and empty[content] >= 0.8 * len(blocks) and likeness(plain(content)) > 0.5
            for block in blocks
        ]

    @cached_property
    def details(self) -> list[Details]:
        """All `<details>` elements outside code, in document order."""
        return find_details(self.source, self.lines, self.code)

    @cached_property
    def content_lines(self) -> list[int]:
        """content_lines[n] is the number of lines before line n that are not blank."""
        return list(accumulate(map(bool, map(str.strip, self.lines)), initial=0))


def _is_before_heading(lines: list[str], number: int) -> bool:
    return number + 1 < len(lines) and bool(_HEADING.match(lines[number + 1]))


def _code_lines(root: Block, count: int) -> bytearray:
    code = bytearray(count)
    for block in root.walk():
        if block.kind in ("fence", "code"):
            code[block.start : block.end] = b"\1" * (block.end - block.start)
    return code
