"""Matching: finding 2,500 questions again among 2,500 cards, whatever happened to their texts."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from app.content.document import Card
from app.content.matching import Matching, NewCard, StoredCard, match
from app.content.parsing import read
from tools.bench.documents import made
from tools.bench.registry import at_most, bench

CARDS = 2500
SECONDS = 2.0
RUNS = 3


@bench("matching")
def matching() -> None:
    """Matching 2,500 questions with 2,500 cards: unchanged, a tenth reworded, all reworded."""
    cards = read(made(CARDS).encode(), "made.md").cards
    stored = [StoredCard(f"c{place}", "made", place, card.text, base=card.text) for place, card in enumerate(cards)]
    for name, every in (("unchanged", 0), ("a tenth reworded", 10), ("all reworded", 1)):
        new = [
            NewCard("made", place, _reworded(card) if every and place % every == 0 else card, "made.md")
            for place, card in enumerate(cards)
        ]
        found = match(stored, new)
        right = sum(pair.stored.position == pair.new.position for pair in found.pairs)
        at_most(
            f"seconds, {name} ({right} of {CARDS} found again)", _median(lambda new=new: match(stored, new)), SECONDS
        )


def _reworded(card: Card) -> Card:
    """The same question in other words, its answer with a sentence more."""
    question = card.question.replace("How does", "In what way does").rstrip("?") + ", and why?"
    return replace(card, question=question, answer=f"{card.answer}\n\nThis was measured again later.")


def _median(run: Callable[[], Matching]) -> float:
    """The median of the processor's seconds: what else the machine does counts for nothing."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return statistics.median(taken)
