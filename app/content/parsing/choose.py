"""Which reading a person would choose: all candidates are scored against each other over the whole document."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.content.parsing.answers import Stretch, is_unanswered, read_answer
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading

MIN_LIKELY = 0.4
COUNTED_LIKELY = 0.35
MIN_MORE = 3
_SAMPLE = 60
LONG_ANSWER = 6


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
    if reading.counted and (document.announces_questions or likely >= COUNTED_LIKELY):
        likely = 1 - (1 - likely) * 0.6
    answered = _answered(document, marks)
    coverage = _coverage(document, marks)
    value = len(marks) * likely * likely * (0.35 + 0.65 * answered) * (0.2 + 0.8 * coverage) * reading.weight
    return Scored(reading, value, likely, answered)


def _answered(document: Document, marks: Sequence[Mark]) -> float:
    sample = marks if len(marks) <= _SAMPLE else [marks[i * len(marks) // _SAMPLE] for i in range(_SAMPLE)]
    found = 0
    for mark in sample:
        if mark.answer is not None:
            found += not is_unanswered(mark.answer)
        elif mark.answers is not None:
            found += _is_long(document, mark.answers) or not is_unanswered(read_answer(document, mark.answers).text)
    return found / len(sample)


def _is_long(document: Document, stretch: Stretch) -> bool:
    """Whether a stretch has more lines than any placeholder: then it need not be read to know that it answers."""
    source, counts = document.source, document.content_lines
    first, last = source.line_at(stretch.start) + 1, source.line_at(max(stretch.end - 1, stretch.start))
    return last > first and counts[last] - counts[first] > LONG_ANSWER


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


def complete(document: Document, best: Scored, scored: Sequence[Scored]) -> list[Mark]:
    """The marks of the best reading with those of others in the parts of the document it says nothing about.

    Files mix constructs: a section of bare bullets before two hundred collapsed answers, exercises after the questions.
    """
    marks = list(best.reading.marks)
    asked = {mark.plain.lower() for mark in marks}
    for other in sorted(scored, key=lambda one: not all(mark.explicit for mark in one.reading.marks)):
        if other is best or other.likely < MIN_LIKELY:
            continue
        free = _without_refrains(_free(marks, other.reading.marks, len(document.source.text)))
        likely = [mark for mark in free if mark.likeness > 0.5]
        alike = len(likely) == len(free) and other.answered > 0.5 and other.reading.dialect == best.reading.dialect
        sure = alike or other.reading.counted or all(mark.explicit for mark in likely)
        if len(likely) < (2 if sure else MIN_MORE) or len(likely) < 0.6 * len(free):
            continue
        repeated = sum(mark.plain.lower() in asked for mark in likely) * 2 >= len(likely)
        if repeated and not all(mark.explicit for mark in likely):
            continue
        marks = sorted([*marks, *free], key=lambda mark: mark.start)
        asked.update(mark.plain.lower() for mark in free)
    return marks


def _without_refrains(marks: list[Mark]) -> list[Mark]:
    """Without titles that come again and again: they are calls to the reader, not questions."""
    counts = Counter(mark.plain.lower() for mark in marks)
    return [mark for mark in marks if mark.title.form != "plain" or counts[mark.plain.lower()] < MIN_MORE]


def _free(marks: Sequence[Mark], others: Sequence[Mark], length: int) -> list[Mark]:
    """Those of `others` that stand where no card of `marks` is, cut off where the next one begins."""
    starts = [mark.start for mark in marks]
    found = []
    for mark in others:
        position = bisect_right(starts, mark.start)
        if position and marks[position - 1].end > mark.start:
            continue
        limit = starts[position] if position < len(starts) else length
        if mark.title_end > limit or mark.start in starts:
            continue
        mark.end = min(mark.end, limit)
        if mark.answers is not None:
            mark.answers.end = max(mark.answers.start, min(mark.answers.end, limit))
        found.append(mark)
    return found


def choose(document: Document, readings: Sequence[Reading]) -> tuple[Scored | None, list[Scored]]:
    """The best reading, and all of them from best to worst. None where nothing asks."""
    scored = sorted((score(document, reading) for reading in readings), key=lambda one: -one.score)
    best = next((one for one in scored if one.likely >= MIN_LIKELY), None)
    return best, scored
