"""Edited here and upstream: one side alone wins, the same change counts once, collisions are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.merge import Side, merge

BASE = "A GAN has two networks.\n\n- a generator\n- a discriminator\n\nThey play a game.\n\n```python\nplay()\n```"


def test_one_side_alone_wins() -> None:
    theirs = BASE.replace("a game", "a two-player game")
    assert merge(BASE, BASE, theirs).text == theirs
    assert merge(BASE, theirs, BASE).text == theirs


def test_changes_in_different_blocks_both_stand() -> None:
    merged = merge(BASE, BASE.replace("a generator", "a **generator**"), BASE.replace("play()", "play(2)"))
    assert merged.clean
    assert merged.text == BASE.replace("a generator", "a **generator**").replace("play()", "play(2)")


def test_neighbouring_items_changed_by_different_sides_do_not_collide() -> None:
    merged = merge(BASE, BASE.replace("a generator", "the generator"), BASE.replace("a disc", "the disc"))
    assert merged.clean
    assert "- the generator\n- the discriminator\n" in merged.text


def test_the_same_change_counts_once() -> None:
    both = BASE + "\n\nBoth added this."
    merged = merge(BASE, both, both)
    assert merged.clean
    assert merged.text == both


def test_a_collision_keeps_ours_in_place_and_shows_all_three() -> None:
    merged = merge(BASE, BASE.replace("a game", "chess"), BASE.replace("a game", "cards"))
    assert not merged.clean
    (conflict,) = merged.conflicts
    assert ("a game" in conflict.base, "chess" in conflict.ours, "cards" in conflict.theirs) == (True, True, True)
    assert merged.text == BASE.replace("a game", "chess")
    assert [part.side for part in merged.parts] == [Side.BASE, Side.CONFLICT, Side.BASE]


def test_removed_here_and_changed_there_collide() -> None:
    ours = BASE.replace("They play a game.\n\n", "")
    assert not merge(BASE, ours, BASE.replace("a game", "cards")).clean


def test_blank_lines_inside_code_do_not_cut_it() -> None:
    base = "Text.\n\n```\none\n\ntwo\n```\n\nEnd."
    merged = merge(base, base.replace("one", "1"), base.replace("two", "2"))
    assert not merged.clean
    assert merged.conflicts[0].ours.strip() == "```\n1\n\ntwo\n```"


def test_additions_at_both_ends_stay_apart() -> None:
    merged = merge(BASE, "First.\n\n" + BASE, BASE + "\n\nLast.")
    assert merged.clean
    assert merged.text == "First.\n\n" + BASE + "\n\nLast."


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "both"),
    [
        ("A.\n\nB.", "A1.\n\nB.", "A2.\n\nB.", "A2.\n\nA1.\n\nB."),
        ("- a\n- b", "- a1\n- b", "- a2\n- b", "- a2\n- a1\n- b"),
        ("- a", "A.", "- a2", "- a2\n\nA."),
        ("A.\n\nB.", "B.", "A2.\n\nB.", "A2.\n\nB."),
        ("A.\n\nB.", "A1.\n\nB.", "A.\n\nB2.", "A1.\n\nB2."),
    ],
)
def test_where_texts_collide_both_can_stand_and_stay_what_they_are(
    base: str, ours: str, theirs: str, both: str
) -> None:
    assert merge(base, ours, theirs).both == both


def test_of_endless_texts_only_the_middle_that_differs_collides() -> None:
    """Compared block by block such texts would keep a portal busy for minutes."""
    many = ["- a", "- b", "- c"] * 700
    ours = [*many[:10], "- ours", *many[10:-20], "- ours", *many[-20:]]
    theirs = [*many[:20], "- theirs", *many[20:-10], "- theirs", *many[-10:]]
    merged = merge(*("\n".join(blocks) for blocks in (many, ours, theirs)))
    (collision,) = merged.conflicts
    assert collision.ours.startswith("- ours")
    assert "- theirs" in collision.theirs
    assert [part.side for part in merged.parts] == [Side.BASE, Side.CONFLICT, Side.BASE]
    assert merged.both.count("theirs") == merged.both.count("ours") == 2


def test_empty_texts_merge() -> None:
    assert merge("", "", "").text == ""
    assert merge("", "New.", "").text == "New."


texts = st.lists(st.sampled_from(["One.", "Two.", "- item", "# Head", "```\ncode\n```", "a | b\n--|--\n1 | 2"])).map(
    "\n\n".join
)


@given(base=texts, other=texts)
def test_an_untouched_side_never_changes_the_outcome(base: str, other: str) -> None:
    assert merge(base, base, other).clean
    assert merge(base, base, other).text.split() == other.split()
    assert merge(base, other, base).text.split() == other.split()
    assert merge(base, other, other).text.split() == other.split()


@given(base=texts, ours=texts, theirs=texts)
def test_sides_are_symmetric(base: str, ours: str, theirs: str) -> None:
    one, two = merge(base, ours, theirs), merge(base, theirs, ours)
    assert one.clean == two.clean
    if one.clean:
        assert one.text.split() == two.text.split()
