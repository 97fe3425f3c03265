"""The block structure of a document, parsed once and shared by all dialects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.content.dispatch import dispatching
from app.content.parsing.source import Source

MAX_NESTING = 60
MAX_BLOCKS = 2_000_000

_KINDS = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "table_open": "table",
    "tr_open": "row",
    "fence": "fence",
    "code_block": "code",
    "html_block": "html",
    "hr": "hr",
}
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])([ \t]*)")


@dataclass(slots=True, eq=False)
class Block:
    """One block: lines `start` to `end` (from 0, `end` excluded, trailing blank lines not counted).

    `position` counts it among its siblings; `level` is a heading's level; `content` the raw inline text of headings and
    paragraphs, the code of fences and the HTML of HTML blocks; `cells` the raw cells of a table
    row; `indent` the column a list item's content begins at, `number` its own.
    """

    kind: str
    start: int
    end: int
    parent: "Block | None" = None
    children: "list[Block]" = field(default_factory=list)
    position: int = 0
    level: int = 0
    content: str = ""
    ordered: bool = False
    number: int | None = None
    indent: int = 0
    cells: list[str] = field(default_factory=list)

    def walk(self) -> "Iterator[Block]":
        """This block and all blocks inside it, in document order."""
        stack = [self]
        while stack:
            block = stack.pop()
            yield block
            if block.children:
                stack.extend(reversed(block.children))

    @property
    def next(self) -> "Block | None":
        """The block right after this one, in the same container."""
        siblings = self.parent.children if self.parent is not None else []
        return siblings[self.position + 1] if self.position + 1 < len(siblings) else None

    @property
    def item(self) -> "Block | None":
        """The innermost list item around this block."""
        block = self.parent
        while block is not None and block.kind != "item":
            block = block.parent
        return block


def _parser() -> MarkdownIt:
    return dispatching(MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table"), lean=True)


_PARSER = _parser()


def parse_blocks(source: Source, lines: list[str]) -> Block:
    """The tree of blocks of `lines`; raises ContentError where they are nested too deeply."""
    tokens: list[Token] = []
    # Blocks only: inline content stays as it stands in the file, because cards are slices of it.
    _PARSER.block.parse("\n".join(lines), _PARSER, {}, tokens)
    tokens.reverse()
    root = Block("root", 0, len(lines))
    current = root
    while tokens:
        token = tokens.pop()  # forgotten at once: a large file has hundreds of thousands of them
        if token.level >= MAX_NESTING - 1:
            line = token.map[0] if token.map else current.start
            raise source.error(
                line,
                "Lists or quotes are nested too deeply here.",
                "Take some of the levels away.",
            )
        kind = _KINDS.get(token.type)
        if kind is not None:
            block = _block(kind, token, current, lines)
            block.position = len(current.children)
            current.children.append(block)
            if token.nesting == 1:
                current = block
        elif token.type == "inline":
            if current.kind == "row":
                current.cells.append(token.content)
            else:
                current.content = token.content
        elif token.nesting == -1 and token.type[:-6] + "_open" in _KINDS and current.parent is not None:
            current = current.parent
    return root


def _block(kind: str, token: Token, parent: Block, lines: list[str]) -> Block:
    start, end = token.map or (parent.start, parent.end)
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    block = Block(kind, start, end, parent)
    if kind == "heading":
        block.level = int(token.tag[1])
    elif kind == "list":
        block.ordered = token.type == "ordered_list_open"
    elif kind == "item":
        block.number = int(token.info) if token.info.isdigit() else None
        block.indent = _content_column(lines[start], parent.parent.indent if parent.parent else 0)
    elif token.content:
        block.content = token.content
    return block


def _content_column(line: str, outer: int) -> int:
    """The column a list item's content begins at, for an item whose marker follows column `outer`."""
    match = _MARKER.match(line, min(outer, len(line)))
    if match is None:
        match = _MARKER.match(line)
    if match is None:
        return outer
    gap = len(match.group(1).expandtabs(4))
    column = match.start(1)
    return column + (gap if 1 <= gap <= 4 else 1)
