"""Tables of questions: one row a card, with columns for the answer, the level, the topic."""

import re

from app.content.parsing.answers import Stretch
from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading
from app.content.parsing.titles import plain, tags_in
from app.content.parsing.wording import likeness

QUESTION_COLUMN = re.compile(
    r"^(?:the |interview )*(?:questions?|q|ques|prompt|front|term|word|problem|"
    r"pregunta|frage|pergunta|вопрос|问题|题目)s?(?: text| title)?$",
    re.IGNORECASE,
)
ANSWER_COLUMN = re.compile(
    r"^(?:the |short |correct |sample |expected )*(?:answers?|a|ans|back|definition|meaning|solutions?|explanation|response|respuesta|"
    r"antwort|resposta|ответ|答案|解答)s?(?: text)?$",
    re.IGNORECASE,
)
TAG_COLUMN = re.compile(
    r"^(?:difficulty|level|tags?|topics?|category|categories|type|seniority|subject|area|company|frequency|importance)s?$",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?:[^|\\]|\\.)*", re.DOTALL)


class Tables:
    """Rows of tables."""

    name = "tables"
    description = "Tables with a column of questions, and columns for answers, levels and topics."

    def read(self, document: Document) -> list[Reading]:
        """One reading of all tables whose header or cells say that they hold questions."""
        marks = [
            mark
            for block in document.blocks
            if block.kind == "table" and not document.furniture[block.start]
            for mark in _table(document, block)
        ]
        return [Reading(self.name, marks, 1.0)] if marks else []


def _table(document: Document, table: Block) -> list[Mark]:
    rows = [row for row in table.children if row.kind == "row"]
    if len(rows) < 2:
        return []
    header = [plain(cell).strip(" :") for cell in rows[0].cells]
    asks, answers, tags = columns(header, [row.cells for row in rows[1:]])
    if asks is None:
        return []
    marks = [_row(document, row, asks, answers, tags) for row in rows[1:]]
    return [mark for mark in marks if mark is not None]


def columns(header: list[str], rows: list[list[str]]) -> tuple[int | None, int | None, list[int]]:
    """Which column asks, which answers, and which make tags; none asks where the header and the cells are about else."""
    asks = next(
        (index for index, name in enumerate(header) if QUESTION_COLUMN.match(name)),
        None,
    )
    answers = next(
        (index for index, name in enumerate(header) if ANSWER_COLUMN.match(name) and index != asks),
        None,
    )
    tags = [index for index, name in enumerate(header) if TAG_COLUMN.match(name) and index not in (asks, answers)]
    if asks is None:
        shares = [
            sum(likeness(plain(row[index])) > 0.5 for row in rows if index < len(row)) / len(rows)
            for index in range(len(header))
        ]
        best = max(range(len(shares)), key=lambda index: shares[index], default=0)
        asks = best if shares and shares[best] >= 0.6 and len(rows) >= 2 else None
        if asks is not None and answers is None and len(header) == asks + 2 and not tags:
            answers = asks + 1
    elif answers is None and len(header) > asks + 1 and asks + 1 not in tags:
        others = [index for index in range(asks + 1, len(header)) if index not in tags]
        answers = others[0] if len(others) == 1 else None
    return asks, answers, tags


def _row(document: Document, row: Block, asks: int, answers: int | None, tags: list[int]) -> Mark | None:
    source = document.source
    start, end = source.starts[row.start], source.ends[row.start]
    cells = _cells(source.text, start, end)
    if asks >= len(cells):
        return None
    title_start, title_end = cells[asks]
    raw = source.text[title_start:title_end]
    filled = sum(bool(source.text[first:last].strip()) for first, last in cells)
    if not plain(raw) or (filled == 1 and len(cells) > 2 and raw.startswith("**")):
        return None
    stretch = None
    if answers is not None and answers < len(cells):
        stretch = Stretch(*cells[answers])
    question = raw.replace("\\|", "|") if "\\|" in raw else None
    answer = None
    if stretch is not None and "\\|" in source.text[stretch.start : stretch.end]:
        answer = source.text[stretch.start : stretch.end].replace("\\|", "|")
    names = [plain(source.text[slice(*cells[index])]) for index in tags if index < len(cells)]
    found = tuple(tag for group in names for name in re.split(r"\s*,\s*", group) for tag in tags_in(name))
    return Mark(
        start,
        end,
        title_start,
        title_end,
        stretch,
        raw=raw,
        tags=found,
        inline=True,
        explicit=True,
        question=question,
        answer=answer,
    )


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The offsets of a row's cells, white space cut off."""
    while start < end and text[start].isspace():
        start += 1
    if text[start:end].startswith("|"):
        start += 1
    found = []
    while start <= end:
        match = _CELL.match(text, start, end)
        stop = match.end() if match is not None else end
        if stop < end or text[start:stop].strip():
            first, last = start, stop
            while first < last and text[first].isspace():
                first += 1
            while last > first and text[last - 1].isspace():
                last -= 1
            found.append((first, last))
        start = stop + 1
    return found
