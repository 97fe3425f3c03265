"""What a parser of markdown-it keeps while it reads, made in fewer steps; what is read is the same."""

from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

_NOTHING: dict[str, Any] = {}


class Blocks(ParserBlock):
    """The parser of blocks with a state of this module."""

    def __init__(self, *, lean: bool = False) -> None:
        super().__init__()
        self._lean = lean

    def parse(self, src: str, md: MarkdownIt, env: Any, outTokens: list[Token]) -> list[Token] | None:  # noqa: N803
        """As the parser has it."""
        if not src:
            return None
        state = _State(src, md, env, outTokens, lean=self._lean)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class Inlines(ParserInline):
    """The parser of inline text, which sees at once where a text has nothing to be read."""

    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        """As the parser has it."""
        if src and not tokens and self.terminator_re.search(src) is None:
            token = Token("text", "", 0)
            token.content = src
            tokens.append(token)
            return tokens
        return super().parse(src, md, env, tokens)


class _State(StateBlock):
    """The lines of a text, and the tokens so far."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token], *, lean: bool) -> None:
        super().__init__("", md, env, tokens)
        self.src = src
        self._lean = lean
        lines = src.split("\n")
        if not lines[-1].strip(" \t"):
            lines.pop()  # an end of white space without a line's end is no line
        begins, ends, shifts, columns = [], [], [], []
        start = 0
        for line in lines:
            end = start + len(line)
            shift = column = 0
            if line[:1] in (" ", "\t"):
                shift = len(line) - len(line.lstrip(" \t"))
                column = len(line[:shift].expandtabs(4))
            begins.append(start)
            ends.append(end)
            shifts.append(shift)
            columns.append(column)
            start = end + 1
        length = len(src)
        self.bMarks, self.eMarks = [*begins, length], [*ends, length]
        self.tShift, self.sCount = [*shifts, 0], [*columns, 0]
        self.bsCount = [0] * len(self.bMarks)
        self.lineMax = len(lines)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """A new token at the end of those so far."""
        token = Token.__new__(Token)
        token.type = ttype
        token.tag = tag
        token.nesting = nesting
        token.attrs = _NOTHING if self._lean else {}
        token.map = token.children = None
        token.content = token.markup = token.info = ""
        token.meta = _NOTHING if self._lean else {}
        token.block = True
        token.hidden = False
        level = self.level
        if nesting < 0:
            self.level = level = level - 1
        token.level = level
        if nesting > 0:
            self.level = level + 1
        self.tokens.append(token)
        return token

    def getLines(self, begin: int, end: int, indent: int, keepLastLF: bool) -> str:  # noqa: N802, N803
        """The text of some lines, `indent` columns taken off each."""
        src, begins, ends, shifts = self.src, self.bMarks, self.eMarks, self.tShift
        found = []
        for line in range(begin, end):
            first, last = begins[line], ends[line]
            if indent:
                inside = first + indent
                if shifts[line] < indent or inside > last or src.find("\t", first, inside) >= 0:
                    found.append(super().getLines(line, line + 1, indent, keepLastLF or line + 1 < end))
                    continue
                first = inside
            found.append(src[first : last + 1] if keepLastLF or line + 1 < end else src[first:last])
        return "".join(found)
