"""Markdown rules asked only where the character at hand can begin what they read.

A parser of markdown-it asks every rule at every line and at every sign; most of its time goes into rules that say no at
their first look. What is read is the same: a rule that is unknown here is asked everywhere, and their order is kept.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from app.content.states import Blocks, Inlines

Rule = TypeVar("Rule")
BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]

_BLOCKS = {
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*+-0123456789",
    "reference": "[",
    "html_block": "<",
    "heading": "#",
    "math_block": "$",
}
_INLINES = {
    "newline": "\n",
    "escape": "\\",
    "backticks": "`",
    "strikethrough": "~",
    "emphasis": "*_",
    "link": "[",
    "image": "!",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
    "math_inline": "$",
    "address_with_underscore": "_",
    "gfm_autolink_www": "w",
    "gfm_autolink_protocol": ":",
    "gfm_autolink_email": "@",
}
_CHAINS = ("", "paragraph", "reference", "blockquote", "list")
_LOOK_AHEAD = 20
"""Lines looked through for the underline of a heading before the rule itself is asked: no more, so that time stays linear."""


def dispatching(parser: MarkdownIt, *, lean: bool = False) -> MarkdownIt:
    """The parser, its rules as they are now asked only where they can say yes. No rule can be added after that.

    With `lean`, tokens of blocks share one empty dictionary in place of attributes, which nobody is going to read.
    """
    _dispatch_blocks(parser, Blocks(lean=lean))
    _dispatch_inlines(parser)
    return parser


class _Chains(Generic[Rule]):
    """What a parser needs of a ruler."""

    def __init__(self, names: Sequence[str], chains: dict[str, list[Rule]]) -> None:
        self._names = list(names)
        self._chains = chains

    def get_active_rules(self) -> list[str]:
        return self._names

    def getRules(self, chainName: str = "") -> list[Rule]:  # noqa: N802, N803 — the parser calls it so
        return self._chains.get(chainName, [])


class _ByCharacter(dict[str, tuple[Rule, ...]], Generic[Rule]):
    """The rules for a character, found when it is first met."""

    def __init__(self, named: Sequence[tuple[str, Rule]], first: dict[str, str]) -> None:
        super().__init__()
        self._named = named
        self._first = first

    def __missing__(self, character: str) -> tuple[Rule, ...]:
        found = tuple(rule for name, rule in self._named if name not in self._first or character in self._first[name])
        if character.isascii():
            self[character] = found
        return found


def _dispatch_blocks(parser: MarkdownIt, blocks: Blocks) -> None:
    ruler = parser.block.ruler
    parser.block = blocks
    active = ruler.get_active_rules()
    names = dict(zip(ruler.getRules(), active, strict=True))
    chains = {name: [(names[rule], rule) for rule in ruler.getRules(name)] for name in _CHAINS}
    replaced: Any = _Chains(active, {name: [_block_rule(rules)] for name, rules in chains.items() if rules})
    parser.block.ruler = replaced


def _block_rule(named: Sequence[tuple[str, BlockRule]]) -> BlockRule:
    """One rule in place of those of a chain."""
    whole = tuple(rule for _, rule in named)
    chosen = [(name, _GUARDS[name](rule) if name in _GUARDS else rule) for name, rule in named if name != "code"]
    by_character = _ByCharacter[BlockRule](chosen, _BLOCKS)

    def ask(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        at = state.bMarks[line] + state.tShift[line]
        indented = state.sCount[line] - state.blkIndent >= 4
        rules = whole if indented or at >= state.eMarks[line] else by_character[state.src[at]]
        for rule in rules:  # noqa: SIM110 — any() would make a generator at every line
            if rule(state, line, end, silent):
                return True
        return False

    return ask


def _table(rule: BlockRule) -> BlockRule:
    """A table's second line begins with one of three signs."""

    def ask(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        below = line + 1
        if below >= end:
            return False
        at = state.bMarks[below] + state.tShift[below]
        return at < state.eMarks[below] and state.src[at] in "|-:" and rule(state, line, end, silent)

    return ask


def _underlined(rule: BlockRule) -> BlockRule:
    """A heading's underline begins with one of two signs."""

    def ask(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        for below in range(line + 1, min(end, line + _LOOK_AHEAD)):
            at = state.bMarks[below] + state.tShift[below]
            if at >= state.eMarks[below]:
                return False
            if state.src[at] in "-=":
                return rule(state, line, end, silent)
        return line + _LOOK_AHEAD < end and rule(state, line, end, silent)

    return ask


_GUARDS: dict[str, Callable[[BlockRule], BlockRule]] = {"table": _table, "lheading": _underlined}


def _dispatch_inlines(parser: MarkdownIt) -> None:
    ruler = parser.inline.ruler
    second = parser.inline.ruler2
    named = list(zip(ruler.get_active_rules(), ruler.getRules(), strict=True))
    signs = {sign for name, _ in named for sign in _INLINES.get(name, "")} | {"]"}
    if {name for name, _ in named} <= _INLINES.keys() | {"text"}:
        parser.inline = Inlines()
        parser.inline.ruler2 = second
        long = r"|w(?=ww\.)" if "w" in signs else ""
        parser.inline.terminator_re = re.compile(f"[{re.escape(''.join(sorted(signs - {'w'})))}]{long}")
    by_character = _ByCharacter[InlineRule](named, _INLINES)

    def ask(state: StateInline, silent: bool) -> bool:
        for rule in by_character[state.src[state.pos]]:  # noqa: SIM110
            if rule(state, silent):
                return True
        return False

    replaced: Any = _Chains(ruler.get_active_rules(), {"": [ask]})
    parser.inline.ruler = replaced
