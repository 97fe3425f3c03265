"""The same is found: the pieces of Pygments' lexers as they come, and of those that are asked in fewer steps."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from app.content.render.lexing import JOINED_FROM, lexer_of, without_foreign

_LANGUAGES = ("bash", "css", "html", "javascript", "jsx", "kotlin", "python", "sql", "tsx")
_PARTS = (
    *("function f(a) {", "}", "return", "class A extends B", "const x = 1;", "`t ${x} u`", "=> (", ")", "<p id='a'>", "</p>"),
    *("def f(self):", "    ", "\t", "\n", "\n\n", "# note", "// note", "/* note", "*/", '"text', "'", '"""', "f'{a!r}'", "@x"),
    *("if [ -f $A ]; then", "fi", "<<EOF", "EOF", "$(ls)", "SELECT * FROM a", "--", "a: b", "- c", "0x1F", "1.5e3", "/re+/g"),
    *("color: #fff;", ".a > b:hover", "&amp;", "\\", "é", "中", "ℌ", "<?php", "%w[a b]", "=begin", "~", "::", "word", " "),
    *("→", "🥑", "❤\ufe0f", "\u200d", "“"),
)  # fmt: skip
_PLAIN = tuple(part for part in _PARTS if part.isascii() or part in "→🥑“")
_CODES = st.one_of([st.lists(st.sampled_from(parts), max_size=25).map("".join) for parts in (_PLAIN, _PARTS)])
_IN_SETS = (
    *"a^-zÀÖßé中ℌ→🥑_$",
    *(r"\]", r"\-", r"\w", r"\\", "a-z", "À-Ö", "é-中", "a-é", "←-⇿", "\U0001f000-\U0001faff"),
)


def _pieces(name: str, code: str, *, joined: bool) -> list[object]:
    lexer = lexer_of(name) if joined else get_lexer_by_name(name, stripnl=False, ensurenl=False)
    assert lexer is not None
    return list(lexer.get_tokens_unprocessed(code))


@pytest.mark.parametrize("name", _LANGUAGES)
def test_little_code_of_a_language_is_found_the_same(name: str) -> None:
    """The rules of a language are tried one by one until there was some code of it."""
    lexer_of.cache_clear()
    for parts in (_PLAIN, _PARTS):
        code = "".join(parts)
        assert _pieces(name, code, joined=True) == _pieces(name, code, joined=False)


@pytest.fixture(scope="module")
def much_read() -> None:
    for name in _LANGUAGES:
        for letter in " é":
            _pieces(name, letter * JOINED_FROM, joined=True)


@pytest.mark.usefixtures("much_read")
@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(_LANGUAGES), code=_CODES)
def test_the_same_is_found(name: str, code: str) -> None:
    assert _pieces(name, code, joined=True) == _pieces(name, code, joined=False)


def test_a_language_nobody_knows_has_no_lexer() -> None:
    assert lexer_of("klingon") is None


@pytest.mark.filterwarnings("ignore::FutureWarning")
@settings(max_examples=200, deadline=None)
@given(
    first=st.sampled_from(("[", "[^", "[]", "[^]")),
    inside=st.lists(st.sampled_from(_IN_SETS), min_size=1, max_size=8).map("".join),
)
def test_a_set_without_foreign_letters_has_the_same_others(first: str, inside: str) -> None:
    characters = f"{first}{inside}]"
    try:
        whole = re.compile(characters)
    except re.error:
        return
    others = "".join(map(chr, range(128))) + "“→⇿🥑"
    assert re.findall(without_foreign(characters), others) == whole.findall(others)


def test_what_is_left_out_are_the_letters_of_the_world() -> None:
    assert without_foreign("[$_A-Zª-ÖØ-öa-z0-9]") == "[$_A-Za-z0-9]"
