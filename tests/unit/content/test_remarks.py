"""What an editor is told of a card while typing."""

from __future__ import annotations

import pytest

from app.content.document import CardText, Option
from app.content.remarks import MOST, Form, remarks


def told(answer: str, *, form: Form | None = None, question: str = "What?") -> list[tuple[str, str]]:
    found = remarks(
        CardText(question, answer),
        images={"images/here.png": "/media/x"}.get,
        form=form,
        broken=lambda href: href.startswith("https://portal.example/decks/gone"),
    )
    return [(one.kind, one.words) for one in found]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("![A net](images/here.png) and [more](https://example.org).", []),
        ("![](images/here.png)", [("no-words", "images/here.png")]),
        ("![A net](images/gone.png)", [("no-image", "images/gone.png")]),
        ("![A net](https://example.org/a.png)", []),
        ("See [the other](#gan) and [this](notes.md).", [("leads-nowhere", "#gan"), ("leads-nowhere", "notes.md")]),
        ("See [it](https://portal.example/decks/gone).", [("no-card", "https://portal.example/decks/gone")]),
        ("`![](code.png)` and\n\n```\n[x](y)\n```", []),
        ("[write](mailto:a@example.org)", []),
    ],
)
def test_images_and_links(answer: str, expected: list[tuple[str, str]]) -> None:
    assert told(answer) == expected


def test_a_heading_that_asks_as_this_document_does() -> None:
    answer = "Yes.\n\n## How so?\n\nSo.\n\n### Detail\n\n```\n## code\n```\n\n> ## quoted"
    assert told(answer, form=Form("headings", 2)) == [("asks", "How so?")]
    assert told(answer, form=Form("headings", 3)) == [("asks", "How so?"), ("asks", "Detail")]
    assert told(answer, form=Form("labels")) == []
    assert told("It is.\n\nQ: And this?", form=Form("labels")) == [("asks", "Q: And this?")]
    assert told("It is.\n\n**And this?**", form=Form("bold")) == [("asks", "**And this?**")]
    assert told("It is **bold?** indeed.", form=Form("bold")) == []


def test_options_count_and_there_is_an_end() -> None:
    text = CardText("What?", "\n".join(f"![](a{n}.png)" for n in range(50)), options=(Option("A", "![](b.png)", True),))
    assert len(remarks(text, images=lambda _path: "/media/x")) == MOST


@pytest.mark.parametrize("text", ["[" * 3000, "> " * 2000 + "# x", "x" * 60_000, "![](<" * 500, "\0"])
def test_no_text_breaks_it(text: str) -> None:
    assert len(told(text, form=Form("headings", 6), question=text)) <= MOST
