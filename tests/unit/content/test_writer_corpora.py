"""Every file of the corpora comes back byte for byte, and says what was edited in it."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from app.content.document import CardText, Deck
from app.content.parsing import parse
from app.content.writer import write
from tests.conftest import CORPORA

pytestmark = pytest.mark.corpora
INTERVIEWS = sorted((CORPORA / "interviews" / "sources").glob("*"))
VERSIONS = sorted((CORPORA / "histories" / "versions").glob("*/*"))


def loaded(path: Path) -> tuple[str, Deck]:
    text = path.read_bytes().decode("utf-8")
    return text, parse(text, path.name)


def test_what_nobody_touched_comes_back_byte_for_byte() -> None:
    for path in [*INTERVIEWS, *VERSIONS]:
        text, deck = loaded(path)
        same = {index: card.text for index, card in enumerate(deck.cards)}
        assert write(text, deck, edits=same).text.encode("utf-8") == path.read_bytes(), path.name


@pytest.mark.parametrize("path", INTERVIEWS, ids=lambda path: path.stem)
def test_ids_and_line_ends_leave_every_card_as_it_was(path: Path) -> None:
    text, _ = loaded(path)
    text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    deck = parse(text, path.name)
    written = write(text, deck, idents={index: f"guid-{index}" for index in range(len(deck.cards))})
    assert not written.unmarked
    again = parse(written.text, path.name)
    assert [card.text for card in again.cards] == [card.text for card in deck.cards]
    assert [card.ident for card in again.cards] == [f"guid-{index}" for index in range(len(deck.cards))]
    without = [line for line in written.text.split("\r\n") if "<!-- id: guid-" not in line]
    assert set(without) <= set(text.split("\r\n"))


@pytest.mark.parametrize("path", INTERVIEWS, ids=lambda path: path.stem)
def test_the_export_says_what_was_edited_and_nothing_else_changed(path: Path) -> None:
    text, deck = loaded(path)
    random = Random(path.stem)
    edits = {
        index: edited(card.text, random) for index, card in enumerate(deck.cards) if card.answer and not card.options
    }
    edits = {index: one for index, one in edits.items() if random.random() < 0.3}
    written = write(text, deck, edits=edits)
    assert len(written.kept_out) <= 0.05 * len(edits)
    again = parse(written.text, path.name)
    for index, (card, before) in enumerate(zip(again.cards, deck.cards, strict=True)):
        wanted = edits[index] if index in edits and index not in written.kept_out else before.text
        assert (card.question, card.answer.split(), card.section) == (
            wanted.question,
            wanted.answer.split(),
            before.section,
        )


def edited(text: CardText, random: Random) -> CardText:
    first, _, rest = text.question.partition("\n")
    return random.choice(
        (
            replace(text, question=f"{first} Really?" + (f"\n{rest}" if rest else "")),
            replace(text, answer=f"{text.answer}\n\nOne more paragraph."),
            replace(text, answer="All new.\n\n- one\n- two\n\n```python\ncode()\n\n    more()\n```"),
        )
    )
