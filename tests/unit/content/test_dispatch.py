"""Asking fewer rules reads the same: the tokens of the parser as it comes, and of the one that asks by the character."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from app.content.dispatch import dispatching
from app.content.render import markdown

_PARTS = (
    *("# ", "## x", "- ", "* ", "+ a", "1. ", "2) b", "> ", ">", "```", "~~~ js", "---", "===", "***", "_ _ _", "-", "="),
    *("    code", "\t", "  ", "\n", "\n\n", "| a | b |", "|---|:-:|", "a | b", "[x]: /y", "[x]", "[a](b)", "![i](j)", "[", "]("),
    *("<div>", "</div>", "<!-- c", "-->", "<b>", "<a@b.co>", "<http://a.b>", "&amp;", "&", "\\", "\\*", "`", "``", "*", "**"),
    *("_", "__", "~~", "~", "word", "two words", "www.a.org", "www", "w", "http://a.org/b", "x@y.org", "a_b@c.org", ":", "é", "中"),
)  # fmt: skip
_TEXTS = st.lists(st.sampled_from(_PARTS), max_size=30).map("".join)


def _parser() -> MarkdownIt:
    options = {"html": True, "maxNesting": 20, "tasklists": True}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.use(gfm_autolink_plugin)
    return parser


_PLAIN = _parser()
_DISPATCHING = dispatching(_parser())
_LEAN = dispatching(_parser(), lean=True)
_RENDERING = markdown._parser(formulas=False, links=False)


@settings(max_examples=400, deadline=None)
@given(_TEXTS)
def test_the_same_is_read(text: str) -> None:
    assert _DISPATCHING.parse(text) == _PLAIN.parse(text)


def test_a_heading_over_many_lines_is_read() -> None:
    text = "line\n" * 60 + "===\n"
    assert _DISPATCHING.parse(text) == _PLAIN.parse(text)
    assert _DISPATCHING.parse(text)[0].type == "heading_open"


@settings(max_examples=100, deadline=None)
@given(_TEXTS)
def test_lean_blocks_are_the_same_but_for_what_nobody_reads(text: str) -> None:
    tokens: list[Token] = []
    expected: list[Token] = []
    _LEAN.block.parse(text, _LEAN, {}, tokens)
    _PLAIN.block.parse(text, _PLAIN, {}, expected)
    assert [replace(token, attrs={}, meta={}) for token in tokens] == [
        replace(token, attrs={}, meta={}) for token in expected
    ]


_ADDRESS_PARTS = (
    *(
        "http://",
        "https://",
        "//",
        "/",
        "a",
        "b-c",
        "xn--",
        ".",
        "com",
        "1.2.3.4",
        "[::1]",
        ":80",
        "@",
        "A",
        "é",
        "_",
        "~",
    ),
    *("?", "&x=1", "#", "%20", "%", "(", " ", "..", "mailto:", "x" * 70),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(("", "http://a", "https://b.c/")), st.lists(st.sampled_from(_ADDRESS_PARTS), max_size=6))
def test_an_address_that_is_taken_as_it_is_would_not_be_changed(start: str, parts: list[str]) -> None:
    address = start + "".join(parts)
    assert _RENDERING.normalizeLink(address) == _PLAIN.normalizeLink(address)
