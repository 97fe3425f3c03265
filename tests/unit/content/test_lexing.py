"""Joined rules find the same: the pieces of Pygments' lexers as they come, and of those that are asked in fewer steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from app.content.render.lexing import JOINED_FROM, lexer_of

_LANGUAGES = ("bash", "css", "html", "javascript", "python", "sql", "tsx")
_PARTS = (
    *("function f(a) {", "}", "return", "class A extends B", "const x = 1;", "`t ${x} u`", "=> (", ")", "<p id='a'>", "</p>"),
    *("def f(self):", "    ", "\t", "\n", "\n\n", "# note", "// note", "/* note", "*/", '"text', "'", '"""', "f'{a!r}'", "@x"),
    *("if [ -f $A ]; then", "fi", "<<EOF", "EOF", "$(ls)", "SELECT * FROM a", "--", "a: b", "- c", "0x1F", "1.5e3", "/re+/g"),
    *("color: #fff;", ".a > b:hover", "&amp;", "\\", "é", "中", "ℌ", "<?php", "%w[a b]", "=begin", "~", "::", "word", " "),
)  # fmt: skip
_CODES = st.lists(st.sampled_from(_PARTS), max_size=25).map("".join)


def _pieces(name: str, code: str, *, joined: bool) -> list[object]:
    lexer = lexer_of(name) if joined else get_lexer_by_name(name, stripnl=False, ensurenl=False)
    assert lexer is not None
    return list(lexer.get_tokens_unprocessed(code))


@pytest.mark.parametrize("name", _LANGUAGES)
def test_little_code_of_a_language_is_found_the_same(name: str) -> None:
    """The rules of a language are tried one by one until there was some code of it."""
    lexer_of.cache_clear()
    code = "".join(_PARTS)
    assert _pieces(name, code, joined=True) == _pieces(name, code, joined=False)


@pytest.fixture(scope="module")
def much_read() -> None:
    for name in _LANGUAGES:
        _pieces(name, " " * JOINED_FROM, joined=True)


@pytest.mark.usefixtures("much_read")
@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(_LANGUAGES), code=_CODES)
def test_the_same_is_found(name: str, code: str) -> None:
    assert _pieces(name, code, joined=True) == _pieces(name, code, joined=False)


def test_a_language_nobody_knows_has_no_lexer() -> None:
    assert lexer_of("klingon") is None
