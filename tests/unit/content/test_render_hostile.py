"""No active content from any text: known attacks, and whatever a generator comes up with."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.content import render
from app.content.render import markdown
from app.content.render.formulas import Formulas
from tests.unit.content.markup import active, read


def _all_forms(text: str) -> list[str]:
    """A text wherever content may stand: alone, in a line, a formula, code, a link, an image, a cell, an attribute."""
    line = " ".join(text.split())
    return [
        text,
        f"a {line} b",
        f"${line}$",
        f"$$\n{line}\n$$",
        f"$\\text{{{line}}}$ $\\href{{{line}}}{{x}}$",
        f"```{line}\n{text}\n```",
        f"[x]({line}) [y](<{line}>) ![{line}]({line})",
        f"| {line} |\n|-|\n| {line} |",
        f'<a href="{line}" title="{line}">x</a><img src="{line}" alt="{line}">',
        f'<div title="\n\n${line}$\n\n">',
    ]


def _hold(text: str) -> None:
    for form in _all_forms(text):
        for html in (render.render(form, images=lambda path: f"/media/{'a' * 64}.png"), render.render_question(form)):
            assert active(html) == [], form
        assert active(render.sanitise(form)) == [], form
    render.plain(text)


@pytest.mark.corpora
@pytest.mark.parametrize("start", range(8))
def test_payloads_are_inert(corpora: Path, start: int) -> None:
    lines = (corpora / "hostile" / "xss-payloads.txt").read_text("utf-8", "replace").splitlines()
    for line in lines[start::8]:
        for form in (line, f"a {line} $x$", f"[x]({line}) ![{line}]({line})"):
            assert active(render.render(form)) == [], form
        assert active(render.sanitise(line)) == [], line


@pytest.mark.corpora
def test_payloads_together_are_inert(corpora: Path) -> None:
    text = (corpora / "hostile" / "xss-payloads.txt").read_text("utf-8", "replace")
    for at in range(0, len(text), 20_000):
        assert active(render.render(text[at : at + 20_000])) == []


@pytest.mark.corpora
def test_naughty_strings_are_inert(corpora: Path) -> None:
    for text in json.loads((corpora / "hostile" / "blns.json").read_text("utf-8")):
        _hold(text)


@pytest.mark.corpora
def test_what_another_sanitiser_learned_is_inert(corpora: Path) -> None:
    for case in json.loads((corpora / "hostile" / "bleach-data.json").read_text("utf-8")):
        _hold(case["input"])


_BITS = st.sampled_from(
    (
        *(
            "<",
            ">",
            "</",
            "/>",
            '"',
            "'",
            "`",
            "```",
            "$",
            "$$",
            "\\",
            "\n",
            "\n\n",
            " ",
            "\t",
            "|",
            "-|-",
            "\n> ",
            "\n- ",
        ),
        *(
            "<script>",
            "</script>",
            "<svg>",
            "<math>",
            "<mtext>",
            "<style>",
            "<title>",
            "<table>",
            "<tr>",
            "<td>",
            "</td>",
        ),
        *(
            "<a href=",
            "<img src=",
            "<div title=",
            "<details>",
            "javascript:",
            "onerror=alert(1)",
            "data:text/html,",
            "//x",
        ),
        *(
            "![",
            "](",
            ")",
            "[",
            "\\text{",
            "\\href{",
            "}",
            "{",
            "&lt;",
            "&#x3c;",
            "&amp;",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
        ),
        *(
            "x",
            "http://a.b",
            "/media/",
            "\0",
            "\u2028",
            "é",
            "🍄",
            '<div class="scroll">',
            "<mi>",
            "</math>",
            "```py\n",
            "\\frac",
        ),
    )
)


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=200), st.lists(_BITS, max_size=40).map("".join)))
@example('<div title="\n\n$\\text{ onclick=alert(1) }$\n\n">')
@example('<math display="block"><mi>x</mi></math>')
def test_no_text_becomes_active(text: str) -> None:
    _hold(text)


@settings(max_examples=60)
@given(st.lists(_BITS, max_size=40).map("".join))
def test_sanitising_what_was_rendered_changes_nothing(text: str) -> None:
    html = render.render(text)
    assert render.sanitise(html).strip() == html.strip()


@settings(max_examples=100)
@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("aB 1.?'\"(),;/-é\u00a0"), st.characters(exclude_categories=["Cs"])),
        max_size=30,
    )
)
def test_words_without_marks_need_no_parser(text: str) -> None:
    if markdown.is_plain(text):
        parsed = markdown.to_html(markdown.inline(text), Formulas("mark"))
        assert read(render.render_question(text)) == read(parsed)


@settings(max_examples=60)
@given(st.text(alphabet=r"\{}^_&abx12+=()[]<>$ \"'-" + "\n", max_size=80))
def test_no_formula_becomes_active(latex: str) -> None:
    assert active(render.render(f"$$\n{latex}\n$$\n\n${latex}$")) == []
