"""Real documents against their hand-checked cards."""

import json
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.content import parsing
from app.content.document import Deck
from app.content.parsing.preview import deck_data

pytestmark = pytest.mark.corpora


@pytest.fixture(scope="module")
def interviews(corpora: Path) -> Path:
    return corpora / "interviews"


@pytest.fixture(scope="module")
def scorer(interviews: Path) -> ModuleType:
    spec = spec_from_file_location("corpora_score", interviews / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def decks(interviews: Path) -> dict[str, tuple[str, Deck]]:
    """The text and the deck of every document; what a file is called tells the parser nothing."""
    texts = {path.stem: path.read_text(encoding="utf-8-sig") for path in sorted((interviews / "sources").iterdir())}
    return {name: (text, parsing.parse(text, "x.md")) for name, text in texts.items()}


def test_questions_states_and_answers_against_the_gold_sets(
    interviews: Path, scorer: ModuleType, decks: dict[str, tuple[str, Deck]]
) -> None:
    scores: list[Counter[str]] = []
    for name, (_, deck) in decks.items():
        gold = json.loads((interviews / "gold" / f"{name}.json").read_text(encoding="utf-8"))
        scores.append(scorer.score(gold, deck_data(deck))[0])
    total: dict[str, Any] = scorer.measures(sum(scores, Counter()))
    each: list[dict[str, Any]] = [scorer.measures(counts) for counts in scores]
    assert total["F1"] >= 0.99
    assert sum(one["F1"] for one in each) / len(each) >= 0.98
    assert total["status"] >= 0.99
    assert total["ansF1"] >= 0.98
    assert total["key"] == 1
    assert total["section"] >= 0.99


def test_every_card_is_a_slice_of_its_document(decks: dict[str, tuple[str, Deck]]) -> None:
    for text, deck in decks.values():
        ends = 0
        for card in deck.cards:
            assert ends <= card.span.start <= card.question_span.start < card.question_span.end <= card.span.end
            ends = card.span.end
            assert ends <= len(text)
            if card.answer_span is not None:
                source = card.answer_span.of(text)
                assert all(word in source for word in card.answer.split())
