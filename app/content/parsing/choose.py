"""Which reading a person would choose: all candidates are scored against each other over the whole document."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.content.parsing.answers import is_unanswered, read_answer
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading

MIN_LIKELY = 0.4
_SAMPLE = 60


@dataclass(frozen=True, slots=True)
class Scored:
    """A reading and what speaks for it."""

    reading: Reading
    score: float
    likely: float
    answered: float


def score(document: Document, reading: Reading) -> Scored:
    """How much `reading` looks like what the document's author meant.

    The number of likely questions, times how pure they are, how many are answered, and how much of the text between
    the first and last question the cards account for.
    """
    marks = reading.marks
    if not marks:
        return Scored(reading, 0.0, 0.0, 0.0)
    likely = sum(mark.likeness for mark in marks) / len(marks)
    answered = _answered(document, marks)
    coverage = _coverage(document, marks)
    value = (
        len(marks)
        * likely
        * likely
        * (0.35 + 0.65 * answered)
        * (0.2 + 0.8 * coverage)
        * reading.weight
    )
    return Scored(reading, value, likely, answered)


def _answered(document: Document, marks: Sequence[Mark]) -> float:
    sample = (
        marks
        if len(marks) <= _SAMPLE
        else [marks[i * len(marks) // _SAMPLE] for i in range(_SAMPLE)]
    )
    found = 0
    for mark in sample:
        if mark.answer is not None:
            found += not is_unanswered(mark.answer)
        elif mark.answers is not None:
            found += not is_unanswered(read_answer(document, mark.answers).text)
    return found / len(sample)


def _coverage(document: Document, marks: Sequence[Mark]) -> float:
    source, counts = document.source, document.content_lines
    covered = 0
    for mark in marks:
        first, last = (
            source.line_at(mark.start),
            source.line_at(max(mark.end - 1, mark.start)) + 1,
        )
        covered += counts[last] - counts[first]
    return min(1.0, covered / max(1, counts[-1]))


def choose(
    document: Document, readings: Sequence[Reading]
) -> tuple[Scored | None, list[Scored]]:
    """The best reading, and all of them from best to worst. None where nothing asks."""
    scored = sorted(
        (score(document, reading) for reading in readings), key=lambda one: -one.score
    )
    best = next((one for one in scored if one.likely >= MIN_LIKELY), None)
    return best, scored
