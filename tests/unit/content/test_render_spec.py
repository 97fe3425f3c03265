"""The examples of CommonMark 0.31.2 and of GitHub's extensions, in two steps.

First, what is parsed is the specification's HTML, tag by tag. Then, what is served is what the sanitiser makes of the
specification's HTML: so raw HTML is restated as the same tags, without those that content may not bring.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.content import render
from app.content.render import markdown
from app.content.render.formulas import Formulas
from tests.unit.content.markup import active, structure

pytestmark = pytest.mark.corpora

_LINKED = {
    "< https://foo.bar >\n": '<p>&lt; <a href="https://foo.bar">https://foo.bar</a> &gt;</p>',
    "https://example.com\n": '<p><a href="https://example.com">https://example.com</a></p>',
    "foo@bar.example.com\n": '<p><a href="mailto:foo@bar.example.com">foo@bar.example.com</a></p>',
}
"""Bare links are text in CommonMark, and links here as on GitHub."""

_GFM_ELSEWHERE = {
    "Footnotes": "not offered: an answer is read in one go",
    "HTML tag filter": "the sanitiser's task, which is stricter",
    "Disallowed Raw HTML (extension)": "the sanitiser's task, which is stricter",
}


def _examples(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for one in found:
        one["markdown"] = one["markdown"].replace("→", "\t")
        one["html"] = _LINKED.get(one["markdown"], one["html"].replace("→", "\t"))
    return found


def _commonmark(corpora: Path) -> list[dict[str, Any]]:
    return _examples(corpora / "commonmark" / "commonmark-0.31.2.json")


def _gfm(corpora: Path) -> list[dict[str, Any]]:
    own = [one for one in _examples(corpora / "commonmark" / "gfm-spec.json") if "(extension)" in one["section"]]
    more = _examples(corpora / "commonmark" / "gfm-extensions.json")
    return [one for one in own + more if one["section"] not in _GFM_ELSEWHERE]


def _restated(text: str, html: str) -> str:
    """GitHub's examples of bare links hold three that its own text does not ask for, or that are no links here."""
    if "Anonymous FTP" in text:  # ftp: is followed by nobody here
        return html.replace('<a href="ftp://foo.bar.baz">ftp://foo.bar.baz</a>', "ftp://foo.bar.baz")
    if "http://🍄.ga/" in text:  # a host is written in its ASCII form; a quotation mark begins no link (GFM 6.9)
        html = html.replace("http://%F0%9F%8D%84.ga/", "http://xn--ei8h.ga/")
        html = html.replace("http://x%F0%9F%8D%84.ga/", "http://xn--x-jq2s.ga/")
        for quote in ("&quot;", "'"):
            html = html.replace(
                f'{quote}<a href="http://google.com">http://google.com</a>', f"{quote}http://google.com"
            )
    return html


def _with_signs(html: str) -> str:
    """Tasks ticked by a sign, for a page of the portal has no controls but its own."""
    return re.sub(r"<input ([^>]*)>", lambda match: "☑" if "checked=" in match[1] else "☐", html)


def test_parsing_gives_the_specification_s_html(corpora: Path) -> None:
    wrong = {}
    examples = _commonmark(corpora)
    for example in examples:
        made = markdown.to_html(markdown.blocks(example["markdown"]), Formulas("mark"))
        if structure(made) != structure(example["html"]):
            wrong[example["number"]] = (example["markdown"], example["html"], made)
    assert wrong == {}
    assert len(examples) == 652


def test_parsing_gives_github_s_html(corpora: Path) -> None:
    wrong = {}
    examples = _gfm(corpora)
    for example in examples:
        wanted = _restated(example["markdown"], example["html"])
        made = markdown.to_html(markdown.blocks(example["markdown"]), Formulas("mark"))
        if wanted != "<IGNORE>\n" and structure(made) != structure(wanted):
            wrong[example["section"], example["example"]] = (example["markdown"], wanted, made)
    assert wrong == {}
    assert len(examples) > 40


def test_pages_show_the_specification_s_html_sanitised(corpora: Path) -> None:
    wrong = {}
    for example in _commonmark(corpora) + _gfm(corpora):
        wanted = render.sanitise(_with_signs(_restated(example["markdown"], example["html"])))
        made = render.render(example["markdown"])
        assert active(made) == []
        if example["html"] != "<IGNORE>\n" and structure(made) != structure(wanted):
            wrong[example["markdown"]] = (wanted, made)
    assert wrong == {}
