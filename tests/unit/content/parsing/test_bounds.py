"""Any text is read or refused, within bounds; what cannot be read is refused with place and remedy."""

import subprocess
import sys
import time
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.content import parsing
from app.content.document import Card, ContentError, Deck, NoQuestions, Span
from app.content.text import MAX_BYTES

FRAGMENTS = st.sampled_from(
    [
        *(
            "# ",
            "## ",
            "1. ",
            "- ",
            "* ",
            "> ",
            "    ",
            "\t",
            "\n",
            "\n\n",
            "\r\n",
            "**",
            "__",
            "`",
            "```\n",
            "~~~",
            "|",
            "---\n",
        ),
        *(
            "|--|--|\n",
            "Q: ",
            "## Answers\n",
            "A: ",
            "C: ",
            "::",
            "?\n",
            "?",
            "What is it",
            "Explain",
            "Answer",
            "**Answer:** ",
            "\\",
            "#",
        ),
        *(
            "<details>",
            "<summary>",
            "</summary>",
            "</details>",
            "<h2>",
            "</h2>",
            "<!--",
            "-->",
            "<!-- id: a -->",
            "&nbsp;",
        ),
        *(
            "- [x] ",
            "- [ ] ",
            "A) ",
            "B) ",
            "[",
            "](",
            ")",
            "![",
            "{{c1::",
            "}}",
            "[top](#top)",
            "$x$",
            "import x\n",
            "<Foo>\n",
        ),
        *("⭐", "👶", "1️⃣", ":star:", "\u2028", "\u0085", "é", "问题", ":::"),
    ]
)
DOCUMENTS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=12)), max_size=60).map("".join)
PLAIN = "## What is it?\n\nIt is this, and nothing else.\n\n" * 400
MOST = 50
"""How many times as long as a character of a plain text a character of any other may take, …"""
TO_BEGIN_WITH = 2_500
"""… and how many characters' time may go by before the first."""


@settings(max_examples=100)
@example(",a\n* ", "deck.csv")
@example("Q: \nQ: # ", "deck.md")
@example("::<!-- id: a -->" * 20 + "x", "deck.md")
@example("<h2>\nQ: </h2>x<h2>2. a</h2>", "deck.md")
@example("\t---\n<!-- id: a -->\n# ", "deck.csv")
@given(DOCUMENTS, st.sampled_from(["deck.md", "deck.mdx", "deck.csv", "deck.tsv", "notes.txt"]))
def test_any_text_is_read_or_refused_in_time_and_cards_are_slices_of_it(text: str, file: str) -> None:
    deck: Deck | None
    try:
        deck = parsing.parse(text, file)
    except ContentError as error:
        refused, deck = error, None
    assert _in_time(text, file=file)
    if deck is None:
        assert refused.problem
        assert refused.remedy
    else:
        _assert_spans(deck, text.removeprefix("\ufeff"))


def _assert_spans(deck: Deck, text: str) -> None:
    ends = 0
    for card in deck.cards:
        assert 0 <= card.span.start <= card.span.end <= len(text)
        assert card.span.start >= ends, "cards do not overlap"
        ends = card.span.end
        for inner in (card.question_span, card.answer_span, card.options_span):
            assert inner is None or _holds(card.span, inner)
        assert card.line == text[: card.question_span.start].replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        assert card.answer_span is None or card.answer_span.of(text).strip()
        assert card.question.strip()
        _assert_words(card, text)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start <= inner.end <= outer.end


def _assert_words(card: Card, text: str) -> None:
    """What a card says stands in its slice, whatever was left out between."""
    if card.answer_span is None or card.kind.value == "cloze":
        return
    source = card.answer_span.of(text)
    source += source.replace('""', '"') + source.replace("\\|", "|")
    for line in card.answer.splitlines():
        for word in line.split():
            assert word in source


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b"", 1, "empty"),
        (b" \n\n", 1, "empty"),
        ("## Was ist größer?\nx\n## \u00e9".encode("latin-1"), 1, "not valid UTF-8"),
        (b"## What?\n\nx\n\0\n", 4, "NUL"),
        ("## What?".encode("utf-16"), 1, "UTF-16"),
        (b"a\n" * (MAX_BYTES // 2 + 1), 1, "at most"),
        (b"## What?\n" + b"x" * 1_000_000, 2, "longer than"),
        (b">" * 10_000 + b" What?", 1, "nested too deeply"),
        (b"\n".join(b"  " * depth + b"- What?" for depth in range(500)), 29, "nested too deeply"),
        (b"x\n" * 400_000, 300_001, "lines"),
        (b"Just a text.\n", 1, "No questions"),
    ],
)
def test_bad_input_is_refused_with_place_and_remedy(data: bytes, line: int, problem: str) -> None:
    with pytest.raises(ContentError) as caught:
        parsing.read(data, "bad.md")
    assert (caught.value.location.file, caught.value.location.line) == ("bad.md", line)
    assert problem in caught.value.problem
    assert caught.value.remedy


def test_a_byte_order_mark_is_fine_and_no_part_of_the_text() -> None:
    deck = parsing.read("\ufeff## What is A?\n\nAlpha.\n\n## What is B?\n\nBeta.\n".encode(), "deck.md")
    assert (deck.cards[0].line, deck.cards[0].span.start) == (1, 0)


def test_an_unknown_dialect_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(ContentError, match="headings"):
        parsing.parse("## What?\n\nx", "deck.md", dialect="nonsense")
    with pytest.raises(NoQuestions, match="tables"):
        parsing.parse("## What?\n\nx", "deck.md", dialect="tables")


HEADINGS = (
    "## {n}. What is number {n}?\n\nIt is **{n}**, see [this](https://example.org).\n\n```py\nx = {n}\n```\n\n"
    "[Back to top](#top)\n\n"
)
BULLETS = "- **What is number {n}?** - It is {n}.\n- What about it? ⭐\n\n"
CHOICES = "### What is {n}?\n\n- [ ] one\n- [x] two\n\n<details><summary>Why?</summary>\n\nSo.\n\n</details>\n\n"
LABELS = "Q: What is {n}?\nA: It is {n}.\n\nC: The [{n}] is gone.\n\n"


@pytest.mark.parametrize("form", [HEADINGS, BULLETS, CHOICES, LABELS])
def test_time_grows_with_size(form: str) -> None:
    def text(count: int) -> str:
        return "# Deck\n\n" + "".join(form.format(n=number) for number in range(count))

    small, large = text(200), text(2000)
    # Side by side, since the processor may be slower when one of them is measured than when the other is; growth that
    # is more than linear shows in every pair.
    assert any(_seconds(large) / _seconds(small) <= 12 for _ in range(6))


def _seconds(*texts: str, file: str = "deck.md") -> float:
    """The processor time of this thread alone: what others do meanwhile is not the parser's."""
    begun = time.thread_time()
    for text in texts:
        with suppress(ContentError):
            parsing.parse(text, file)
    return time.thread_time() - begun


@cache
def _second_of_a_character() -> float:
    return min(_seconds(PLAIN) for _ in range(5)) / len(PLAIN)


def _in_time(*texts: str, file: str = "deck.md") -> bool:
    """A text that takes long takes long each time; a search for garbage that falls into one try does not."""
    most = MOST * _second_of_a_character() * (TO_BEGIN_WITH + sum(map(len, texts)))
    return any(_seconds(*texts, file=file) < most for _ in range(3))


@pytest.mark.parametrize(
    "unit",
    ["[", "**a ", "`a``", "<a ", "<details>", "<!--", "a::", "|", "{{c1::", "$a", "![", "(", "⭐", " ", "_a", "[a]("],
)
def test_repeated_signs_take_no_longer_than_words(unit: str) -> None:
    line = (unit * 300)[:300]
    texts = [
        f"- **What {line}?** {line}\n" * 60,
        f"## What {line}?\n\n{line}\n\n" * 60,
        unit * (30_000 // len(unit)),
        f"{line}\n" * 100,
    ]
    assert _in_time(*texts)


MEASURED = """
from pathlib import Path
from app.content import parsing

answer = "It is {n}, as everybody knows who can count to {n} and beyond; see the other answers for more of the same. "
card = "## {n}. What is number {n}?\\n\\n" + answer * 2 + "\\n\\n- one\\n- two\\n\\n"
text = "".join(card.format(n=number) for number in range(20_000))
assert 5_000_000 < len(text) < 6_000_000
assert len(parsing.parse(text, "deck.md").cards) == 20_000
# Not ru_maxrss: a process starts with what the one that made it had.
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


def test_five_megabytes_are_read_in_300(request: pytest.FixtureRequest) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True, cwd=request.config.rootpath
    )
    assert int(done.stdout) * 1024 < 300 * 1024 * 1024
