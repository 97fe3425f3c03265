"""Whose history is it: each kind of edit keeps its card, look-alikes do not inherit one, and doubts are asked."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.document import Card, CardText, Option, Span
from app.content.matching import Match, Matching, NewCard, Reason, StoredCard, match
from app.content.matching.profile import Asked, Lexicon
from app.content.parsing import parse
from tests.unit.content.memory import questions

DECK = """# Networks interview questions

## Basics

### 1. What is a router?

A router forwards packets between networks, choosing the next hop from its routing table.

### 2. What is a switch?

A switch forwards frames inside one network, by the hardware addresses it has learned on its ports.

### 3. What is the difference between TCP and UDP?

TCP delivers a stream in order and again where something was lost; UDP sends datagrams and forgets them.

### 4. What's the output?

```js
console.log(1 + "1");
```

The string 11, because plus joins strings as soon as one operand is one.

### 5. What's the output?

```js
console.log(2 - "1");
```

The number 1, because minus only knows numbers and turns its operands into them.

## Names

### 6. What is DNS?

The domain name system turns names into addresses, asking from the root downwards and keeping answers for a while.

### 7. What is a zone file?

To be written.

### 8. Why is caching hard?

To be written.
"""


def stored(text: str = DECK, deck: str = "deck") -> list[StoredCard]:
    cards = parse(text, "deck.md").cards
    return [StoredCard(f"card-{n}", deck, n, card.text, card.text) for n, card in enumerate(cards, start=1)]


def matched(new: str, cards: list[StoredCard] | None = None) -> Matching:
    return match(stored() if cards is None else cards, questions(parse(new, "deck.md")))


def pair(matching: Matching, guid: str) -> Match:
    return next(one for one in matching.pairs if one.stored.guid == guid)


def test_an_untouched_document_keeps_all_cards() -> None:
    matching = matched(DECK)
    assert [one.stored.guid for one in matching.pairs] == [f"card-{n}" for n in range(1, 9)]
    assert {(one.reason, one.certainty) for one in matching.pairs} == {(Reason.SAME, 1.0)}


EDITS = {
    "reformatted": ("### 1. What is a router?", "## Q1) **What is a `router`?**", 1, Reason.QUESTION_IN_SECTION),
    "renumbered": ("### 2. What is a switch?", "### 20. What is a switch?", 2, Reason.SAME),
    "answer edited": ("choosing the next hop from its routing table", "hop by hop", 1, Reason.QUESTION_IN_SECTION),
    "answer replaced": (
        "### 6. What is DNS?\n\nThe domain",
        "### 6. What is DNS?\n\nA phone book. The",
        6,
        Reason.QUESTION_IN_SECTION,
    ),
    "section renamed": ("## Names", "## Names and addresses", 6, Reason.SAME),
    "reworded": ("### 2. What is a switch?", "### 2. How does it learn where to send frames?", 2, Reason.ANSWER),
    "code edited": ('console.log(1 + "1");', 'console.log(1 + "2");', 4, Reason.SIMILAR),
    "extended": ("### 7. What is a zone file?", "### 7. What is a zone file? What is in it?", 7, Reason.SIMILAR),
    "both edited": (
        "### 3. What is the difference between TCP and UDP?\n\nTCP delivers a stream in order and again",
        "### 3. How do UDP and TCP differ?\n\nTCP hands over a stream in its order, and once more",
        3,
        Reason.SIMILAR,
    ),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edited_card_is_found_again(kind: str) -> None:
    before, after, number, reason = EDITS[kind]
    text = DECK.replace(before, after)
    assert text != DECK
    matching = matched(text)
    assert [one.stored.guid for one in matching.pairs] == [f"card-{n}" for n in range(1, 9)]
    assert pair(matching, f"card-{number}").reason is reason
    assert not matching.doubts


def test_moved_cards_keep_their_history_and_say_why() -> None:
    head, names = DECK.split("## Names\n")
    matching = matched(head.replace("## Basics\n", f"## Names\n{names}\n## Basics\n"))
    assert {one.stored.guid: one.new.card.question for one in matching.pairs} == {
        card.guid: card.text.question for card in stored()
    }


def test_titles_that_are_the_same_are_told_apart_by_what_is_below() -> None:
    five = DECK.index("### 5.")
    four = DECK.index("### 4.")
    names = DECK.index("## Names")
    swapped = DECK[:four] + DECK[five:names] + DECK[four:five] + DECK[names:]
    swapped = swapped.replace("The number 1, because", "It is the number 1:").replace("The string 11,", "It is 11,")
    matching = matched(swapped)
    assert '1 + "1"' in pair(matching, "card-4").new.card.question + pair(matching, "card-4").new.card.answer
    assert '2 - "1"' in pair(matching, "card-5").new.card.question + pair(matching, "card-5").new.card.answer


def test_a_look_alike_does_not_inherit_the_history() -> None:
    text = DECK.replace(
        "### 3. What is the difference between TCP and UDP?", "### 3. What is the difference between TCP and SCTP?"
    )
    text = text.replace(
        "TCP delivers a stream in order and again where something was lost; UDP sends datagrams and forgets them.",
        "SCTP has several streams in one association, and survives the loss of a path.",
    )
    matching = matched(text)
    assert "card-3" not in {one.stored.guid for one in matching.pairs}
    assert [card.guid for card in matching.gone] == ["card-3"]
    assert [one.card.question for one in matching.added] == ["What is the difference between TCP and SCTP?"]


def test_the_opposite_of_a_question_is_another_question() -> None:
    text = DECK.replace("### 8. Why is caching hard?", "### 8. Why is caching not hard?")
    matching = matched(text)
    assert "card-8" not in {one.stored.guid for one in matching.pairs}


def test_a_placeholder_that_many_cards_have_is_no_answer_to_know_them_by() -> None:
    matching = matched(DECK.replace("What is a zone file?", "How do you measure latency in production systems?"))
    assert "card-7" not in {one.stored.guid for one in matching.pairs}


def test_what_is_likely_but_not_certain_is_asked() -> None:
    text = DECK.replace(
        "### 6. What is DNS?\n\nThe domain name system turns names into addresses, asking from the root downwards and keeping "
        "answers for a while.",
        "### 6. How are names turned into addresses?\n\nThe domain name system asks from the root downwards. Every resolver is "
        "keeping answers for a while.",
    )
    matching = matched(text)
    assert [(one.stored.guid, one.new.card.question) for one in matching.doubts] == [
        ("card-6", "How are names turned into addresses?")
    ]
    assert [card.guid for card in matching.gone] == ["card-6"]
    assert [one.card.question for one in matching.added] == ["How are names turned into addresses?"]


def test_a_question_that_comes_back_gets_its_old_card() -> None:
    cards = [replace(card, archived="source") if card.guid == "card-6" else card for card in stored()]
    assert pair(matched(DECK, cards), "card-6").reason is Reason.SAME
    edited = DECK.replace("### 6. What is DNS?", "### 6. What is the DNS?").replace("for a while.", "for some time.")
    assert pair(matched(edited, cards), "card-6").reason is Reason.SIMILAR


def test_a_living_card_goes_before_an_archived_one_of_the_same_question() -> None:
    old = replace(stored()[0], guid="old", archived="source")
    assert pair(matched(DECK, [old, *stored()]), "card-1").new.card.question == "What is a router?"


def test_an_id_counts_before_every_text() -> None:
    text = DECK.replace("### 1. What is a router?", "<!-- id: card-2 -->\n### 1. What is a bridge?")
    text = text.replace("### 2. What is a switch?", "### 2. What was a switch?")
    matching = matched(text)
    assert pair(matching, "card-2").new.card.question == "What is a bridge?"
    assert pair(matching, "card-2").reason is Reason.IDENT


def test_an_id_that_names_no_card_is_refused_and_the_text_counts() -> None:
    matching = matched(DECK.replace("### 1. What", "<!-- id: elsewhere -->\n### 1. What"))
    assert [one.card.ident for one in matching.refused] == ["elsewhere"]
    assert pair(matching, "card-1").reason is Reason.SAME


def test_a_card_of_a_document_that_is_not_read_now_is_claimed_by_its_id_only() -> None:
    held = [replace(card, deck="other", held=True) for card in stored()]
    assert not matched(DECK, held).pairs
    text = DECK.replace("### 1. What", "<!-- id: card-1 -->\n### 1. What")
    assert [one.stored.guid for one in matched(text, held).pairs] == ["card-1"]


def test_cards_are_found_in_another_deck_of_their_collection() -> None:
    matching = matched(DECK.replace("What is DNS?", "What is the DNS?"), stored(deck="elsewhere"))
    assert len(matching.pairs) == 8


def test_an_edit_made_in_the_portal_is_known_from_either_side() -> None:
    cards = stored()
    cards[1] = replace(cards[1], text=replace(cards[1].text, question="What does a layer-2 switch do?"))
    assert pair(matched(DECK, cards), "card-2").reason is Reason.SAME
    exported = DECK.replace("### 2. What is a switch?", "### 2. What does a layer-2 switch do?")
    assert pair(matched(exported, cards), "card-2").reason is Reason.SAME


def test_options_are_part_of_the_question() -> None:
    options = tuple(
        Option(key, text, right=key == "A") for key, text in zip("ABC", ("one", "two", "three"), strict=True)
    )
    texts = [CardText("Which is right?", "", (), (), options), CardText("Which is right?", "", (), (), options[:2])]
    cards = [StoredCard(f"card-{n}", "deck", n, text, text) for n, text in enumerate(texts)]
    read = parse(
        "# Quiz questions\n\n### 1. Which is right?\n\n- [x] one\n- [ ] two\n\n"
        "### 2. Which is right?\n\n- [x] one\n- [ ] two\n- [ ] three\n",
        "q.md",
    )
    found = {one.stored.guid: len(one.new.card.options) for one in match(cards, questions(read)).pairs}
    assert found == {"card-0": 3, "card-1": 2}


def test_the_work_grows_with_the_cards_and_not_with_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[int] = []
    asked = Lexicon.asked

    def counted(self: Lexicon, one: tuple[str, ...], other: tuple[str, ...]) -> Asked:
        weighed[-1] += 1
        return asked(self, one, other)

    monkeypatch.setattr(Lexicon, "asked", counted)
    for count in (200, 400):
        weighed.append(0)
        pairs = [(number, number % 17, number % 23) for number in range(count)]
        old = [CardText(f"What is part{a} of system{b} with unit{c}?", f"Word{a} and thing{b}.") for a, b, c in pairs]
        new = [
            CardText(f"What then is part{a} of system{b} with unit{c}?", f"Some word{a}, thing{b}.")
            for a, b, c in pairs
        ]
        span = Span(0, 0)
        cards = [StoredCard(f"{n:04}", "deck", n, text, text) for n, text in enumerate(old)]
        read = [Card(text.question, text.answer, n + 1, span, span) for n, text in enumerate(new)]
        matching = match(cards, [NewCard("deck", n, card, "deck.md") for n, card in enumerate(read)])
        assert [int(one.stored.guid) for one in matching.pairs] == list(range(count))
    assert weighed[1] <= 2.5 * weighed[0]


def test_nothing_matches_nothing() -> None:
    assert match([], []) == Matching((), (), ())
    assert len(match([], questions(parse(DECK, "deck.md"))).added) == 8
    assert len(match(stored(), []).gone) == 8


KINDS = ("same", "reworded", "answered", "both", "moved", "deleted", "split", "code")


@st.composite
def edited_decks(draw: st.DrawFn) -> str:
    """The deck after edits of all kinds, drawn for each of its cards."""
    blocks = DECK.split("### ")[1:]
    head = DECK.split("### ", maxsplit=1)[0]
    words = st.sampled_from(["really", "in practice", "today", "exactly", "and why"])
    found = []
    for block in blocks:
        kind = draw(st.sampled_from(KINDS))
        title, _, body = block.partition("\n")
        if kind == "deleted":
            continue
        if kind in ("reworded", "both", "split"):
            title = f"{title.rstrip('?')} {draw(words)}?"
        if kind in ("answered", "both"):
            body = f"\n{draw(words)}. {body.lstrip()}\n"
        found.append(f"{title}\n{body}")
        if kind == "split":
            found.append(f"9. What else is there {draw(words)}?\n\n{body.strip()[:60]}\n\n")
        if kind == "moved":
            found.insert(draw(st.integers(0, len(found) - 1)), found.pop())
    return head + "".join(f"### {block}" for block in found) if found else head + "### 1. What is left?\n\nThis.\n"


@settings(max_examples=60)
@given(text=edited_decks(), gone=st.sets(st.integers(0, 7)))
def test_no_edit_gives_one_card_to_two_questions_or_loses_one(text: str, gone: set[int]) -> None:
    cards = [replace(card, archived="source") if n in gone else card for n, card in enumerate(stored())]
    new = questions(parse(text, "deck.md"))
    matching = match(cards, new)
    kept = [one.stored.guid for one in matching.pairs]
    assert sorted([*kept, *(card.guid for card in matching.gone)]) == [card.guid for card in cards]
    assert sorted([*(one.new.position for one in matching.pairs), *(one.position for one in matching.added)]) == list(
        range(len(new))
    )
    left = {card.guid for card in matching.gone}
    asked = [one.stored.guid for one in matching.doubts]
    assert left.issuperset(asked)
    assert len(asked) == len(set(asked))
    assert {one.position for one in matching.added}.issuperset(one.new.position for one in matching.doubts)
    assert match(cards, new) == matching
