"""Real files over years of their repositories: who keeps which card, against gold identities, with the corpus's own scorer."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from app.content.document import Card
from app.content.matching import NewCard, StoredCard, match
from app.content.parsing import read
from tests.unit.content.memory import Memory

pytestmark = pytest.mark.corpora
CHANGED = {"question_reworded": 0.93, "both_edited": 0.80}
UNCHANGED = ("unchanged", "format_only", "renumbered_moved", "section_moved", "answer_edited")


def scorer(corpora: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", corpora / "histories" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def replayed(folder: Path) -> tuple[list[list[dict[str, Any]]], int]:
    """The whole deck after each version, as the scorer takes it, and how many questions were asked about."""
    memory, dumps, asked = Memory(), [], 0
    for path in sorted(folder.iterdir()):
        asked += len(memory.import_deck(read(path.read_bytes(), "deck.md")).pending)
        dumps.append(
            [
                {
                    "id": guid,
                    "question": card.text.question,
                    "line": memory.lines[guid],
                    "archived": bool(card.archived),
                }
                for guid, card in memory.cards.items()
            ]
        )
    return dumps, asked


def test_histories_follow_their_cards(corpora: Path) -> None:
    score = scorer(corpora)
    total, asked = score.Acc(), 0
    for gold in sorted((corpora / "histories" / "gold").glob("*.json")):
        dumps, pending = replayed(corpora / "histories" / "versions" / gold.stem)
        asked += pending
        for step in score.score_slug(json.loads(gold.read_text("utf-8")), dumps):
            total.update(step)
    assert total["kept"] >= 0.995 * total["seen"]
    for kind in UNCHANGED:
        assert total[f"kept:{kind}"] >= 0.995 * total[f"seen:{kind}"], kind
    for kind, share in CHANGED.items():
        assert total[f"kept:{kind}"] >= share * total[f"seen:{kind}"], kind
    assert total["wrong"] + total["merge_gone"] + total["merge_new"] <= 0.0005 * total["pairs"]
    assert asked <= 0.01 * total["pairs"]
    assert total["lost"] == total["dup_ids"] == 0


def collections(corpora: Path) -> list[tuple[Card, ...]]:
    sources = sorted((corpora / "interviews" / "sources").iterdir())
    return [read(path.read_bytes(), path.name).cards for path in sources]


def test_cards_that_came_do_not_inherit_from_cards_that_went(corpora: Path) -> None:
    """Of every collection a quarter goes and another quarter comes: all the look-alikes it has, at once.

    The few that are taken for the same ask the same twice (“What is React?”, “What is ReactJS?”).
    """
    random = Random(1)
    kept = merged = 0
    for cards in collections(corpora):
        sides = [random.choice(("both", "both", "old", "new")) for _ in cards]
        old = [card for card, side in zip(cards, sides, strict=True) if side != "new"]
        new = [card for card, side in zip(cards, sides, strict=True) if side != "old"]
        stored = [StoredCard(f"{n:05}", "deck", n, card.text, card.text) for n, card in enumerate(old)]
        for pair in match(stored, [NewCard("deck", n, card, "deck.md") for n, card in enumerate(new)]).pairs:
            same = pair.stored.text.question == pair.new.card.question
            kept, merged = kept + same, merged + (not same)
    assert kept > 800
    assert merged <= 0.005 * kept


def test_rewritten_cards_are_found_in_every_form_of_document(corpora: Path) -> None:
    """Of every collection each card is reworded and its answer changed: the words that are left tell which is which."""
    random = Random(2)
    right = wrong = total = 0
    for cards in collections(corpora):
        stored = [StoredCard(f"{n:05}", "deck", n, card.text, card.text) for n, card in enumerate(cards)]
        rewritten = [replace(card, question=reworded(card.question, random), answer=cut(card.answer)) for card in cards]
        total += len(cards)
        for pair in match(stored, [NewCard("deck", n, card, "deck.md") for n, card in enumerate(rewritten)]).pairs:
            same = pair.stored.text.question == cards[pair.new.position].question
            right, wrong = right + same, wrong + (not same)
    assert right >= 0.95 * total
    assert wrong <= 0.0005 * total


def reworded(question: str, random: Random) -> str:
    words = question.split(" ")
    words.insert(random.randrange(len(words)), random.choice(("really", "actually", "please", "exactly")))
    return " ".join(words)


def cut(answer: str) -> str:
    """An answer without the last of its sentences, where it has several."""
    head, mark, _ = answer.rstrip(". \n").rpartition(". ")
    return head + mark.rstrip() if mark else answer
