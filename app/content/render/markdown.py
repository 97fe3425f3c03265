"""Markdown to tokens, and tokens to HTML that has yet to be sanitised, or to words."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape, unescape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from app.content.dispatch import dispatching
from app.content.render.formulas import Formulas
from app.content.render.highlight import highlight, language

MAX_NESTING = 20
"""Lists and quotes inside each other; what is deeper is left out by the parser."""

MAX_LINES = 100
"""Lines of one formula."""

Tokens = tuple[Token, ...]
Reader = Callable[[str], Tokens]

_DOLLARS = re.compile(r"(\$\$?)((?:[^$\\]|\\.)+?)\1(?!\$)", re.DOTALL)
_MARK = re.compile(r"[\\`*_~<>&#!\[\]$|@:]|www\.|^[ \t]*(?:[-+=]|\d+[.)])|^(?: {4}|\t)|\n", re.MULTILINE)
_CLOSING = ")" * 100  # the search for the end of a bare link would look at each of them again and again
_LOCAL_PART = re.compile(r"(?<![^\s*_~(])[A-Za-z0-9.+-]{1,64}\Z")
_ADDRESS = re.compile(r"_[A-Za-z0-9._+-]{0,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z0-9]+(?![A-Za-z0-9@_-])")
_NORMAL = re.compile(r"(?:https?://[a-z0-9]+(?:[.-][a-z0-9]+)*(?:/[A-Za-z0-9._~/-]*)?)?(?:#[A-Za-z0-9._~-]+)?")
_HTML = re.compile(r"<!--.*?-->|<[^<>]*>", re.DOTALL)


def is_plain(text: str) -> bool:
    """Whether a text is one line without anything that Markdown reads."""
    return _MARK.search(text.strip()) is None


@lru_cache(maxsize=32)
def blocks(text: str) -> Tokens:
    """The tokens of a text of blocks."""
    return tuple(_parser("$" in text, _may_link(text)).parse(text, {}))


@lru_cache(maxsize=32)
def inline(text: str) -> Tokens:
    """The tokens of one line, which is no heading, list or quote, whatever it begins with."""
    return tuple(_parser("$" in text, _may_link(text)).parseInline(text.strip(), {}))


def to_html(tokens: Tokens, formulas: Formulas, *, unwrap: bool = False) -> str:
    """HTML of tokens, with a stand-in for each formula; with `unwrap`, one paragraph alone comes without its tag."""
    if unwrap and len(tokens) == 3 and tokens[0].type == "paragraph_open":
        tokens = tokens[1:2]
    parser = _parser(True, True)
    html: str = parser.renderer.render(tokens, parser.options, {"formulas": formulas})
    return html


def words(tokens: Sequence[Token]) -> str:
    """The words of tokens: blocks on lines of their own, images by their words, code and formulas as written."""
    lines = ("".join(_words_of(token)) for token in tokens)
    return "\n".join(line for line in (line.strip() for line in lines) if line)


def _words_of(token: Token) -> Sequence[str]:
    if token.type == "inline" or token.type == "image":
        return [part for child in token.children or () for part in _words_of(child)]
    if token.type in ("softbreak", "hardbreak"):
        return (" ",)
    if token.type in ("html_block", "html_inline"):
        return (unescape(_HTML.sub(" " if token.block else "", token.content)),)
    return (token.content,)


def _may_link(text: str) -> bool:
    return ("http" in text or "www." in text or "@" in text) and _CLOSING not in text


@lru_cache(maxsize=4)
def _parser(formulas: bool, links: bool) -> MarkdownIt:
    """A parser that looks for formulas or bare links only where a text can have some: both cost time at every letter."""
    parser = _Markdown(
        "commonmark",
        {"html": True, "maxNesting": MAX_NESTING, "tasklists": True, "strikethrough_single_tilde": True},
        renderer_cls=_Renderer,
    ).enable(["table", "strikethrough"])
    if links:
        parser.use(gfm_autolink_plugin)
        parser.inline.ruler.before("emphasis", "address_with_underscore", _underscored_address)
    if formulas:
        parser.inline.ruler.before("escape", "math_inline", _dollars)
        parser.block.ruler.before(
            "fence",
            "math_block",
            _dollar_block,
            {"alt": ["paragraph", "reference", "blockquote", "list"]},
        )
    return dispatching(parser)


def _dollars(state: StateInline, silent: bool) -> bool:
    """`$…$` and `$$…$$`. The next dollar sign decides, so that time is linear and "$5 and $10" is money.

    Between single ones no space may follow the first or precede the last, and no letter or digit may touch them outside.
    """
    if state.src[state.pos] != "$":
        return False
    match = _DOLLARS.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    display, content = match[1] == "$$", match[2]
    if not display:
        before = state.src[state.pos - 1] if state.pos else " "
        after = state.src[match.end()] if match.end() < state.posMax else " "
        if content[0].isspace() or content[-1].isspace() or before.isalnum() or after.isalnum():
            return False
        if len(content) > 2 and content[0] == content[-1] == "`":
            content = content[1:-1]
    if not silent:
        token = state.push("math_display" if display else "math_inline", "", 0)
        token.content = content
        token.markup = match[1]
    state.pos = match.end()
    return True


def _underscored_address(state: StateInline, silent: bool) -> bool:
    """`a_b@example.org`, which the plugin for bare links begins behind the underscore."""
    if silent or state.linkLevel or state.src[state.pos] != "_":
        return False
    match = _ADDRESS.match(state.src, state.pos, state.posMax)
    before = _LOCAL_PART.search(state.pending)
    if match is None or before is None:
        return False
    address = before[0] + match[0]
    state.pending = state.pending[: before.start()]
    state.push("link_open", "a", 1).attrs = {"href": f"mailto:{address}"}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    state.pos = match.end()
    return True


def _dollar_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`$$…$$` that begins and ends lines, over at most `MAX_LINES` lines, none of them blank."""
    if state.is_code_block(start) or not _line(state, start).startswith("$$"):
        return False
    lines = [_line(state, start)[2:]]
    last = start
    while not lines[-1].endswith("$$"):
        last += 1
        if "$$" in lines[-1] or last >= min(end, start + MAX_LINES) or state.isEmpty(last):
            return False
        if state.sCount[last] < state.blkIndent:
            return False
        lines.append(_line(state, last))
    lines[-1] = lines[-1][:-2]
    if "$$" in lines[-1] or not any(lines):
        return False
    if not silent:
        state.line = last + 1
        token = state.push("math_block", "", 0)
        token.block = True
        token.map = [start, state.line]
        token.markup = "$$"
        token.content = "\n".join(lines).strip()
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


class _Markdown(MarkdownIt):
    """A parser that takes addresses without anything to be normalised as they are: taking them apart is slow."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 — the rules call it so
        return url if _NORMAL.fullmatch(url) else super().normalizeLink(url)


class _Renderer(RendererHTML):
    """Renders formulas, code, tasks and the alignment of cells without inline styles."""

    @staticmethod
    def renderAttrs(token: Token) -> str:  # noqa: N802 — the renderer calls it so
        return RendererHTML.renderAttrs(token) if token.attrs else ""

    def math_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _formula(tokens[idx], env)

    def math_display(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _formula(tokens[idx], env)

    def math_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _formula_block(tokens[idx].content, env)

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        if token.info.strip() == "math":
            return _formula_block(token.content, env)
        name = language(unescape(token.info))
        kind = f' class="language-{name}"' if name else ""
        return f"<pre><code{kind}>{highlight(token.content, name)}</code></pre>\n"

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        checked = tokens[idx].meta.get("checked")
        if checked is None:
            return self.renderToken(tokens, idx, options, env)
        return f'<li class="task">{"☑" if checked else "☐"} '

    def th_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _cell(tokens[idx])

    def td_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _cell(tokens[idx])


def _cell(token: Token) -> str:
    style = str(token.attrGet("style") or "")
    align = style.removeprefix("text-align:")
    return f'<{token.tag} align="{align}">' if align != style else f"<{token.tag}>"


def _formula(token: Token, env: Any) -> str:
    display = token.type == "math_display"
    source = escape(f"{token.markup}{token.content}{token.markup}", quote=False)
    return env["formulas"].add(token.content, display=display) or f"<code>{source}</code>"


def _formula_block(content: str, env: Any) -> str:
    stand_in = env["formulas"].add(content, display=True)
    if stand_in is None:
        return f"<pre><code>{escape(content.strip(), quote=False)}</code></pre>\n"
    return f'<div class="scroll">{stand_in}</div>\n'
