"""What somebody wrote, beside the points of an answer: which are covered, partly there, or missing.

Words are compared, not meaning, so this is a help to grade oneself and never a grade.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from rapidfuzz import fuzz, process

MOST_POINTS = 40
MOST_WRITTEN = 8000
"""Characters of what was written that are looked at."""
COVERED, PARTLY = 0.4, 0.15
"""The share of a point's words, or of those of its heading, from which it counts as covered, and as partly there."""
_ALIKE = 80.0
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_SENTENCE = re.compile(r"(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)(?<!etc\.)(?<=[.!?])\s+(?![a-z])|(?<=[。！？])")
_PIECE = re.compile(r"[\n;。；，、！？]+|[.,!?](?=\s|$)")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_ENDS = ".:;,–—- "
_BLOCKS = {"p", "li", "blockquote", "dd", "dt", "summary", "div", "ul", "ol", "details", "dl"}
_ASIDE = {"h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "math", "svg", "figure"}
_SMALL = frozenset(
    _WORD.findall("""a about after all also an and any are as at be because been but by can could do does each for from had has have how
    if in into is it its may more most no not of on one ones only or other our out over so some such than that the their them
    then there these they this those to too under up use used using was way we were what when where which while who will
    with would you your der die das und ist von mit den dem ein eine zu im les des une est et el los las que y de la le""")
)


class State(StrEnum):
    """How much of a point was written."""

    COVERED = "covered"
    PARTLY = "partly"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Point:
    """A list item or a sentence of an answer, as plain text; `lead` is the bold text that it starts with."""

    lead: str
    rest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The points of an answer. `whole` says that it is more than them: code, a table, a formula, a picture."""

    points: tuple[Point, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A point, how much of it was written, and in which words."""

    point: Point
    state: State
    wrote: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every point in the answer's order, and what was written beyond them."""

    points: tuple[Compared, ...]
    beyond: tuple[str, ...]

    def count(self, state: str) -> int:
        """How many points are in a state."""
        return sum(one.state == state for one in self.points)


def points_of(answer_html: str) -> Answer:
    """The points of a rendered answer: each list item, and each sentence outside of lists."""
    reader = _Reader()
    reader.feed(answer_html)
    reader.close()
    reader.end_block()
    return Answer(tuple(reader.points[:MOST_POINTS]), reader.whole or len(reader.points) > MOST_POINTS)


def compare(answer: Answer, written: str) -> Comparison:
    """What was `written` beside the points of an answer.

    Each piece of it (a sentence, a clause, a line) counts for the point it has most in common with, and for any other
    that it covers by itself. Words that many points share say little.
    """
    pieces = _pieces(written[:MOST_WRITTEN])
    leads = [_words(point.lead) for point in answer.points]
    words = [_words(f"{point.lead} {point.rest}") for point in answer.points]
    shared = Counter(word for some in words for word in some)
    weights = {word: 1 / count for word, count in shared.items()}
    found = _found(weights, [word for _, some in pieces for word in some])
    taken: list[list[int]] = [[] for _ in answer.points]
    beyond: list[str] = []
    for number, (text, some) in enumerate(pieces):
        scores = [_score(own, lead, set(some), weights, found) for own, lead in zip(words, leads, strict=True)]
        best = max(scores, default=0.0)
        if best <= 0:
            beyond.append(text)
        for place, score in enumerate(scores):
            if score > 0 and (score == best or score >= COVERED):
                taken[place].append(number)
    compared = []
    for place, point in enumerate(answer.points):
        union = {word for number in taken[place] for word in pieces[number][1]}
        state = _state(_score(words[place], leads[place], union, weights, found))
        wrote = () if state is State.MISSING else tuple(pieces[number][0] for number in taken[place])
        compared.append(Compared(point, state, wrote))
    return Comparison(tuple(compared), tuple(beyond))


def _state(score: float) -> State:
    return State.COVERED if score >= COVERED else State.PARTLY if score >= PARTLY else State.MISSING


def _score(
    words: Sequence[str],
    lead: Sequence[str],
    written: set[str],
    weights: Mapping[str, float],
    found: Mapping[str, frozenset[str]],
) -> float:
    """The weighted share of a point's words that were written; that of its heading, where it is greater."""

    def share(some: Sequence[str]) -> float:
        all_of_it = sum(weights[word] for word in some)
        return sum(weights[word] for word in some if found[word] & written) / all_of_it if some else 0.0

    return max(share(words), share(lead))


def _found(weights: Mapping[str, float], written: Sequence[str]) -> dict[str, frozenset[str]]:
    """For each word of the points, the written ones that are the same, a form of it, or a slip of the pen."""
    distinct = sorted(set(written))
    return {word: frozenset(_alike(word, distinct)) for word in weights}


def _alike(word: str, written: Sequence[str]) -> list[str]:
    if len(word) < 4:
        return [other for other in written if other == word]
    near = process.extract(word, written, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=None)
    return [other for other, _, _ in near] + [other for other in written if _same_stem(word, other)]


def _same_stem(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short[: max(4, -(-len(short) * 3 // 4))])


def _words(text: str) -> tuple[str, ...]:
    """The distinct words that say something, in their order; scripts without spaces by pairs of signs."""
    words: dict[str, None] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _IDEOGRAPH.search(word):
            words.update(dict.fromkeys(word[n : n + 2] for n in range(max(1, len(word) - 1))))
        else:
            words[word] = None
    telling = tuple(word for word in words if word not in _SMALL)
    return telling or tuple(words)


def _pieces(written: str) -> list[tuple[str, tuple[str, ...]]]:
    """What was written in pieces, each with its words."""
    texts = (_BULLET.sub("", piece).strip() for piece in _PIECE.split(written))
    return [(text, words) for text in texts if (words := _words(text))]


class _Reader(HTMLParser):
    """Reads the points out of safe HTML, in one pass."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.points: list[Point] = []
        self.whole = False
        self._runs: list[tuple[bool, str]] = []
        self._open: list[str] = []
        self._aside = 0
        self._bold = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block ends the one before; what is no running text is left out."""
        if tag in ("img", "pre", "table", "math", "svg"):
            self.whole = True
        if tag in _ASIDE:
            if tag != "math":
                self.end_block()
            self._aside += 1
        elif tag in _BLOCKS and not self._aside:
            self.end_block()
            self._open.append(tag)
        elif tag in ("strong", "b"):
            self._bold += 1
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        """The end of a block is the end of its point."""
        if tag in _ASIDE:
            self._aside = max(0, self._aside - 1)
        elif tag in _BLOCKS and not self._aside:
            self.end_block()
            if tag in self._open:
                while self._open.pop() != tag:
                    pass
        elif tag in ("strong", "b"):
            self._bold = max(0, self._bold - 1)

    def handle_data(self, data: str) -> None:
        """Running text."""
        if not self._aside:
            self._runs.append((self._bold > 0, data))

    def end_block(self) -> None:
        """Make points of the text so far."""
        runs, self._runs = self._runs, []
        lead = ""
        while runs and (runs[0][0] or not runs[0][1].strip()):
            lead += runs.pop(0)[1]
        lead, rest = " ".join(lead.split()), " ".join("".join(text for _, text in runs).split())
        if "li" in self._open:
            self._add(lead, rest)
        else:
            for number, sentence in enumerate(_SENTENCE.split(rest) or [""]):
                self._add(lead if number == 0 else "", sentence)

    def _add(self, lead: str, rest: str) -> None:
        """Note a point; what only leads over to what follows (“There are three:”) is none."""
        leads_over = "li" not in self._open and f"{lead}{rest}".rstrip().endswith((":", "："))
        if _words(f"{lead} {rest}".strip(_ENDS)) and not leads_over:
            self.points.append(Point(lead, rest))
