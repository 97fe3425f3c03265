"""Packages from Anki read: templates, clozes, HTML to Markdown, decks to sections; and what is said not to come over."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.anki.markdown import to_markdown
from app.content.anki.reading import Brought, read_package
from app.content.anki.templates import clozed
from app.content.render import plain, render
from tests.anki.packages import BASIC, CLOZE, WORDS, package

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def cards(data: bytes) -> list[Brought]:
    return [card for deck in read_package("my.apkg", data).decks for card in deck.cards]


def test_basic_notes_become_markdown_without_the_front_in_the_answer() -> None:
    data = package({"Maths": [("g1", BASIC, ("What is <b>\\(x_1\\)</b>?", "A <i>sum</i>:<ul><li>1 &lt; 2</li></ul>"))]})
    (card,) = cards(data)
    assert (card.guid, card.ord) == ("g1", 0)
    assert card.text.question == "What is **$x_1$**?"
    assert card.text.answer == "A *sum*:\n\n- 1 \\< 2"
    assert card.text.tags == ("a/b c",)


def test_each_cloze_is_a_card() -> None:
    text = "{{c1::Paris}} is in {{c2::France::country}}, {{c2::Europe}}"
    first, second = cards(package({"Geo": [("g1", CLOZE, (text, "Yes"))]}))
    assert first.text.question == "\\[…\\] is in France, Europe"
    assert first.text.answer == "**Paris** is in France, Europe\\\nYes"
    assert second.text.question == "Paris is in \\[country\\], \\[…\\]"
    assert (first.cloze, first.ord, second.ord) == (True, 0, 1)


def test_clozes_nest_and_what_is_never_closed_stays() -> None:
    assert clozed("{{c1::a {{c2::b::h}} c}}", 1, asked=True) == "[…]"
    assert clozed("{{c1::a {{c2::b::h}} c}}", 2, asked=True) == "a [h] c"
    assert clozed("{{c1::a }} }} {{c2::b", 1, asked=False) == "<b>a </b> }} {{c2::b"


def test_other_kinds_are_rendered_from_their_templates() -> None:
    data = package({"Words": [("g1", WORDS, ("Haus", "house", "")), ("g2", WORDS, ("Baum", "tree", "wood"))]})
    found = {(card.guid, card.ord): card.text for card in cards(data)}
    assert found["g1", 0].question == "**Haus** –"
    assert found["g2", 0].question == "**Baum** (wood)"
    assert found["g2", 0].answer == "treewood"
    assert found["g1", 1].question == "house"
    assert found["g1", 1].answer.startswith("Haus")
    said = [remark.what for remark in read_package("my.apkg", data).remarks]
    assert said == ["The filter “odd” of “Words” is not known; its fields are shown as they are."]


def test_decks_within_decks_become_sections() -> None:
    note = ("What?", "That.")
    data = package({"A::B::C": [("g1", BASIC, note)], "A": [("g2", BASIC, note)], "D": [("g3", BASIC, note)]})
    decks = {deck.title: [card.text.section for card in deck.cards] for deck in read_package("my.apkg", data).decks}
    assert decks == {"A": [(), ("B", "C")], "D": [()]}


def test_what_cannot_come_over_is_said_with_its_note() -> None:
    fields = ('<img src="a%20b.png">[sound:x.mp3]', '<img src="gone.png"><video></video>[anki:tts lang=en]x[/anki:tts]')
    data = package({"A": [("g1", BASIC, fields)]}, files={"a b.png": PNG, "../evil": PNG, "/abs": PNG})
    read = read_package("my.apkg", data)
    (card,) = read.decks[0].cards
    assert card.text.question == "![](a%20b.png)"
    assert card.images == ("a b.png",)
    assert read.files.read("a b.png") == PNG
    assert "../evil" not in read.files
    assert "/abs" not in read.files
    assert {remark.what.partition("“")[0] for remark in read.remarks} == {
        "The sound ",
        "The image ",
        "What is in <video> stays out.",
        "Spoken text stays out: cards have no sound here.",
    }
    assert {remark.note for remark in read.remarks} == {card.note}


# what stands between \[ and \] is a formula for Anki
@given(st.text(alphabet="ab_*`[]<>&$\\#-1. \n|~!", max_size=60).filter(lambda text: "\\[" not in text))
@settings(max_examples=150)
def test_words_come_over_as_they_are(text: str) -> None:
    """Whatever Markdown would read in plain words is not read in them."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    made = to_markdown(f"<div>{escaped}</div>")
    assert plain(made).split() == text.split()


def test_scripts_and_handlers_do_not_come_over() -> None:
    made = to_markdown('<img src=x onerror="a()"><script>b()</script><a href="javascript:c()">d</a><style>e</style>')
    shown = render(made)
    for bad in ("onerror", "script", "javascript", "style"):
        assert bad not in shown


def test_formulas_of_all_ages_stay_formulas() -> None:
    html = "\\[a &lt; b\\] [$]c[/$] [$$]d[/$$] [latex]e[/latex] \\(f\\)th"
    assert to_markdown(html) == "$$a < b$$ $c$ $$d$$ $e$ $f$<wbr>th"
    assert render(to_markdown(html)).count("<math") == 5
