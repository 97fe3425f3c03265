"""What an editor is shown of a change."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.diff import Change, Piece, compare, is_changed, shorten

SAME, REMOVED, ADDED = Change.SAME, Change.REMOVED, Change.ADDED


def test_only_the_words_that_changed_are_marked() -> None:
    before = "Evaluating outputs for unintended biases."
    after = "Evaluating outputs for measurable, unintended biases."
    assert compare(before, after) == (
        Piece(SAME, "Evaluating outputs for "),
        Piece(ADDED, "measurable, "),
        Piece(SAME, "unintended biases."),
    )


def test_a_replaced_phrase_is_one_removal_and_one_addition() -> None:
    assert compare("Fine-tuning with ethical guidelines – now", "Fine-tuning with Ethical Guidelines – now") == (
        Piece(SAME, "Fine-tuning with "),
        Piece(REMOVED, "ethical guidelines"),
        Piece(ADDED, "Ethical Guidelines"),
        Piece(SAME, " – now"),
    )


def test_a_new_line_is_added_as_a_whole() -> None:
    pieces = compare("- one\n- two\n", "- one\n- and a half\n- two\n")
    assert pieces == (Piece(SAME, "- one\n"), Piece(ADDED, "- and a half\n"), Piece(SAME, "- two\n"))


def test_equal_texts_have_no_change() -> None:
    assert not is_changed(compare("the same", "the same"))
    assert compare("", "") == ()


def test_a_text_from_nothing_is_all_added() -> None:
    assert compare("", "All of it.") == (Piece(ADDED, "All of it."),)


def test_long_texts_that_share_nothing_are_shown_as_replaced() -> None:
    before, after = "a b" * 2_000 + " a", "c d" * 2_000 + " d"
    assert compare(before, after) == (Piece(REMOVED, before), Piece(ADDED, after))


def test_endless_lines_are_compared_at_their_ends_alone() -> None:
    """Line by line such texts would keep a portal busy for minutes."""
    lines = ["a\n", "b\n", "\n"] * 10_000
    before, after = "first\n" + "".join(lines) + "last", "first\n" + "".join(reversed(lines)) + "last"
    found = compare(before, after)
    assert [piece.change for piece in found] == [SAME, REMOVED, ADDED, SAME]
    assert (found[0].text, found[-1].text) == ("first\n", "\nlast")


def test_shortening_keeps_every_change_and_what_is_near_it() -> None:
    filler = "word " * 120
    pieces = compare(f"{filler}old {filler}bad {filler}", f"{filler}new {filler}good {filler}")
    short = shorten(pieces)
    assert [piece for piece in short if piece.change is not SAME] == [p for p in pieces if p.change is not SAME]
    assert sum(len(piece.text) for piece in short) < 600
    assert short[0].text.startswith("… word")
    assert short[-1].text.endswith("word …")


def test_shortening_prefers_to_cut_between_lines() -> None:
    lines = "".join(f"- item {number} of a list\n" for number in range(30))
    first, *_, last = shorten(compare(f"{lines}old\n{lines}", f"{lines}new\n{lines}"))
    assert first.text.startswith("…\n- item 26")
    assert last.text.endswith("of a list\n…")


_texts = st.lists(st.sampled_from(["a", "bc", "é", " ", "\n", ".", "**", "\t"]), max_size=40).map("".join)


@given(_texts, _texts)
@settings(max_examples=100)
def test_both_texts_can_be_read_from_the_difference(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.change is not REMOVED) == after
    assert all(piece.text for piece in pieces)
    assert all(one.change is not two.change for one, two in pairwise(pieces))
