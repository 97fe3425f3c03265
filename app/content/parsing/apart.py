"""Answers that stand apart from their questions: below `## Answers`, found again by their numbers."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.content.parsing.answers import Stretch, body_lines, is_unanswered, read_answer
from app.content.parsing.blocks import Block
from app.content.parsing.choices import find_choice
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark
from app.content.parsing.titles import clean_title, plain

_TITLE = re.compile(
    r"^\W*(?:the |all |correct |right |quiz |suggested |model )*(?:answers|answer (?:keys?|sheet|section)|keys?|solutions|"
    r"ответы|решения|antworten|lösungen|respuestas|soluciones|réponses|corrigés?|respostas|risposte|答案|参考答案|解答|正解)"
    r"(?: (?:and|&) explanations?| key| to (?:the |all )?(?:questions?|quiz|exercises)| for the \w+)?\W*$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?:[\s>#*_(\[\\.:№-]|<[^<>]*>|questions?|answers?|ans|ques|q|a|frage|antwort|pregunta|respuesta|pergunta|resposta|"
    r"вопрос|ответ|问题|答案|第|problem|exercise|no)*?(?P<number>\d{1,4})(?![\w%])",
    re.IGNORECASE,
)
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]*")
_LINE = re.compile(
    r"[ \t>]*(?:[-*+][ \t]+)?[*_]{0,2}(?:(?:question|answer|ans|q|a)[ \t]*[.#]?[ \t]*)?(?P<number>\d{1,4})"
    r"[*_]{0,2}[ \t]*[.):=–—-]{1,3}[*_]{0,2}[ \t]*(?P<text>\S.*)",
    re.IGNORECASE,
)
_KEYS = re.compile(r"[ \t,;|]*(?P<number>\d{1,4})\s*[.):=–—-]*\s*\(?(?P<text>[A-Ha-h])\b\)?(?=[\s,;|.]|$)[.]?")
_CELL = re.compile(r"(?:[^|\\]|\\.)*")
FEWEST = 2
MAX_PARTS = 30
"""Titles that may head such a part; where there are more, they stand in cards."""
MAX_TITLE = 80
MAX_COUNT = 60
"""Characters in which a title's number is looked for."""


@dataclass(slots=True)
class _Part:
    """A part of a document that only answers: its first line, the line after its last, and its numbered answers."""

    first: int
    last: int
    entries: list[tuple[int, Stretch]]


def with_answers_apart(document: Document, marks: Sequence[Mark]) -> list[Mark]:
    """`marks` with the answers that stand apart; marks among those answers are left out.

    Answers are told by the numbers of their questions, or by their order where numbers come again and all are there.
    """
    found = list(marks)
    floor = 0
    for part in _parts(document):
        start = document.source.start_of(part.first)
        before = [mark for mark in found if floor <= mark.start < start]
        pairs = _paired(document, before, part, start)
        if not pairs:
            continue
        floor = end = document.source.start_of(part.last)
        found = [mark for mark in found if not start <= mark.start < end]
        for mark in before:
            _cut(mark, start)
        for mark, stretch in pairs:
            mark.apart = stretch
    return found


def _cut(mark: Mark, end: int) -> None:
    if mark.end > end >= mark.title_end:
        mark.end = end
        if mark.answers is not None:
            mark.answers.end = max(mark.answers.start, min(mark.answers.end, end))


def _parts(document: Document) -> Iterator[_Part]:
    titles = [block for block in document.blocks if _is_title(block)]
    for block in titles if len(titles) <= MAX_PARTS else ():
        last = _end(document, block)
        entries = _entries(document, block.end, last)
        if len(entries) >= FEWEST:
            yield _Part(block.start, last, entries)


def _is_title(block: Block) -> bool:
    if block.kind not in ("heading", "paragraph") or len(block.content) > MAX_TITLE or block.item is not None:
        return False
    return bool(_TITLE.match(plain(block.content)))


def _end(document: Document, title: Block) -> int:
    """The line after the part below `title`: the next heading of its level or above."""
    level = title.level or 1 + max((one.level for one in document.headings if one.start < title.start), default=0)
    ends = (one.start for one in document.headings if one.start > title.start and one.level <= level)
    return next(ends, len(document.lines))


def _paired(document: Document, marks: Sequence[Mark], part: _Part, limit: int) -> list[tuple[Mark, Stretch]]:
    open_ones = [mark for mark in marks if not _has_answer(document, mark, limit)]
    if len(open_ones) < FEWEST:
        return []
    numbers = [_number(document, mark) for mark in marks]
    known = [number for number in numbers if number is not None]
    answers = dict(part.entries)
    if len(set(known)) == len(known) == len(marks) and len(answers) == len(part.entries):
        by_number = dict(zip(known, marks, strict=True))
        pairs = [(by_number[number], stretch) for number, stretch in part.entries if number in by_number]
    elif len(part.entries) == len(marks):
        pairs = list(zip(marks, (stretch for _, stretch in part.entries), strict=True))
    else:
        return []
    wanted = set(map(id, open_ones))
    pairs = [(mark, stretch) for mark, stretch in pairs if id(mark) in wanted]
    enough = len(pairs) >= FEWEST and 2 * len(pairs) >= max(len(part.entries), len(open_ones))
    return pairs if enough else []


def _number(document: Document, mark: Mark) -> int | None:
    match = _COUNT.match(document.source.text, mark.start, mark.start + MAX_COUNT)
    return int(match["number"]) if match is not None and match.start("number") <= mark.title_end else mark.title.number


def _has_answer(document: Document, mark: Mark, limit: int) -> bool:
    """Whether a card has an answer where it stands; options to choose from are none."""
    if mark.answer is not None or mark.cloze:
        return True
    if mark.answers is None:
        return False
    own = mark.answers
    own = Stretch(own.start, max(own.start, min(own.end, limit)), own.indent, own.item_end)
    if is_unanswered(read_answer(document, own).text):
        return False
    lines = body_lines(document, own)
    choice = find_choice([line.text for line in lines], [line.code for line in lines])
    if choice is None or choice.ticked:
        return not all(line.code or not line.text.strip() for line in lines)
    return any(line.text.strip() for line in lines[choice.last :])


def _entries(document: Document, first: int, last: int) -> list[tuple[int, Stretch]]:
    """The numbered answers from line `first` to `last` (excluded), in the one form that most of them have."""
    blocks = document.blocks
    low = bisect_left(blocks, first, key=lambda block: block.start)
    inside = [block for block in blocks[low:] if first <= block.start < last and block.item is None]
    ways = (
        _headed(document, inside, last),
        _listed(document, inside),
        _in_rows(document, inside),
        _in_lines(document, inside),
    )
    return max(ways, key=len)


def _headed(document: Document, blocks: Sequence[Block], last: int) -> list[tuple[int, Stretch]]:
    source = document.source
    headings = [block for block in blocks if block.kind == "heading"]
    found = []
    for index, block in enumerate(headings):
        match = _COUNT.match(block.content, 0, MAX_COUNT)
        end = headings[index + 1].start if index + 1 < len(headings) else last
        if match is None:
            continue
        body = Stretch(source.start_of(block.end), source.start_of(end))
        if is_unanswered(read_answer(document, body).text):
            title = clean_title(block.content)
            at = source.text.find(block.content, source.starts[block.start]) + title.start
            body = Stretch(at, at + title.end - title.start)
        found.append((int(match["number"]), body))
    return found


def _listed(document: Document, blocks: Sequence[Block]) -> list[tuple[int, Stretch]]:
    source = document.source
    found: list[tuple[int, Stretch]] = []
    for block in blocks:
        if (
            block.kind != "list"
            or not block.ordered
            or block.parent is None
            or block.parent.kind not in ("root", "quote")
        ):
            continue
        numbers = [item.number or 0 for item in block.children]
        if len(set(numbers)) == 1:
            numbers = list(range(numbers[0], numbers[0] + len(numbers)))
        for number, item in zip(numbers, block.children, strict=True):
            match = _MARKER.match(source.text, source.starts[item.start])
            start = match.end() if match is not None else source.starts[item.start]
            end = source.ends[item.end - 1]
            keys = list(_keys(source.text, source.starts[item.start], end))
            found.extend(keys or [(number, Stretch(start, max(start, end), item.indent, item.end))])
    return found


def _in_rows(document: Document, blocks: Sequence[Block]) -> list[tuple[int, Stretch]]:
    """Rows of tables whose first cell is the number, and whose second one answers."""
    source, found = document.source, []
    for row in (row for block in blocks if block.kind == "table" for row in block.children):
        if row.kind == "row" and len(row.cells) > 1 and (match := _COUNT.fullmatch(row.cells[0].strip()[:MAX_COUNT])):
            line = source.text[source.starts[row.start] : source.ends[row.start]]
            skipped = len(line) - len(line.lstrip()) + line.lstrip().startswith("|")
            start = source.starts[row.start] + line.index("|", skipped) + 1
            cell = _CELL.match(source.text, start, source.ends[row.start])
            found.append((int(match["number"]), Stretch(start, cell.end() if cell is not None else start)))
    return found


def _in_lines(document: Document, blocks: Sequence[Block]) -> list[tuple[int, Stretch]]:
    source = document.source
    found: list[tuple[int, Stretch]] = []
    for line in sorted({line for block in blocks for line in range(block.start, block.end)}):
        if document.code[line]:
            continue
        keys = list(_keys(source.text, source.starts[line], source.ends[line]))
        match = None if keys else _LINE.match(source.text, source.starts[line], source.ends[line])
        found.extend(keys)
        if match is not None:
            found.append((int(match["number"]), Stretch(match.start("text"), match.end("text"))))
    return found


def _keys(text: str, start: int, end: int) -> Iterator[tuple[int, Stretch]]:
    """The answers of `1. b 2. a 3. c` and `1-b, 2-a`, where a line is nothing else and has more than one."""
    found = []
    while start < end and (match := _KEYS.match(text, start, end)) is not None:
        found.append((int(match["number"]), Stretch(match.start("text"), match.end("text"))))
        start = match.end()
    if len(found) > 1 and not text[start:end].strip(" \t,;|."):
        yield from found
