"""CSV and TSV: one row a card, with a header that names the columns or without."""

import re
from dataclasses import dataclass

from app.content.parsing.answers import Stretch
from app.content.parsing.dialects.tables import ANSWER_COLUMN, QUESTION_COLUMN, TAG_COLUMN
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading

_ENDINGS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
DELIMITED_ENDINGS = tuple(_ENDINGS)
_ANKI = re.compile(r"^#(\w[\w ]*):(.*)$")
_SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "colon": ":", "space": " "}
_TEXT_ENDINGS = (".txt", ".csv", ".tsv", ".tab")


@dataclass(slots=True)
class _Field:
    """One field: offsets of its content, inside the quotes where it has some."""

    start: int
    end: int
    quoted: bool


class Delimited:
    """Rows of separated values."""

    name = "csv"
    description = "Comma, semicolon or tab separated rows: question, answer, tags."

    def read(self, document: Document) -> list[Reading]:
        """One reading of a file that is a table by its ending or by all of its lines."""
        source = document.source
        separator, first = _separator(document)
        if separator is None:
            return []
        rows = _rows(source.text, source.start_of(first), separator)
        rows = [row for row in rows if any(source.text[field.start : field.end].strip() for field in row)]
        if not rows or max(len(row) for row in rows) < 2:
            return []
        header = [source.text[field.start : field.end].strip() for field in rows[0]]
        asks, answers, tags = _columns(header)
        if asks is not None:
            rows = rows[1:]
        marks = [_mark(source.text, row, asks or 0, answers, tags) for row in rows]
        found = [mark for mark in marks if mark is not None]
        return [Reading(self.name, found, 2.0)] if found else []


def _separator(document: Document) -> tuple[str | None, int]:
    """The character between fields, and the first line that is no directive."""
    source = document.source
    ending = next((one for one in _ENDINGS if source.file.lower().endswith(one)), None)
    first = 0
    named = None
    while first < len(source) and (match := _ANKI.match(source.lines[first])):
        if match.group(1).lower() == "separator":
            named = _SEPARATORS.get(match.group(2).strip().lower(), match.group(2).strip()[:1] or None)
        first += 1
    if named is not None:
        return named, first
    lines = [line for line in source.lines[first : first + 200] if line.strip()]
    if ending is not None and lines:
        usual = _ENDINGS[ending]
        others = [one for one in (usual, ",", ";", "\t") if one in lines[0]]
        return (others[0] if others else usual), first
    if not source.file.lower().endswith(_TEXT_ENDINGS) and "." in source.file.rpartition("/")[2]:
        return None, first
    tabbed = len(lines) >= 2 and all(line.count("\t") == lines[0].count("\t") for line in lines) and "\t" in lines[0]
    if tabbed:
        return "\t", first
    for one in (",", ";"):
        if len(lines) >= 2 and _columns([field.strip('" ') for field in lines[0].split(one)])[0] is not None:
            return one, first
    return None, first


def _columns(header: list[str]) -> tuple[int | None, int | None, list[int]]:
    asks = next((index for index, name in enumerate(header) if QUESTION_COLUMN.match(name)), None)
    answers = next((index for index, name in enumerate(header) if ANSWER_COLUMN.match(name) and index != asks), None)
    if asks is None:
        return None, 1, [2]
    tags = [index for index, name in enumerate(header) if TAG_COLUMN.match(name) and index not in (asks, answers)]
    return asks, answers, tags


def _rows(text: str, start: int, separator: str) -> list[list[_Field]]:
    """The rows from `start`; a quoted field may hold separators, line ends and doubled quotes."""
    field = re.compile(rf'[ ]*"((?:[^"]|"")*)"[ ]*(?=[{re.escape(separator)}\r\n]|\Z)|([^{re.escape(separator)}\r\n]*)')
    rows: list[list[_Field]] = []
    row: list[_Field] = []
    at = start
    while at < len(text):
        match = field.match(text, at)
        if match is None:
            break
        group = 1 if match.group(1) is not None else 2
        row.append(_Field(match.start(group), match.end(group), group == 1))
        at = match.end()
        if at < len(text) and text[at] == separator:
            at += 1
            if at < len(text):
                continue
            row.append(_Field(at, at, False))
        rows.append(row)
        row = []
        at += 2 if text[at : at + 2] == "\r\n" else 1
    if row:
        rows.append(row)
    return rows


def _mark(text: str, row: list[_Field], asks: int, answers: int | None, tags: list[int]) -> Mark | None:
    if asks >= len(row) or not text[row[asks].start : row[asks].end].strip():
        return None
    question, raw = row[asks], text[row[asks].start : row[asks].end]
    answer = row[answers] if answers is not None and answers < len(row) else None
    start, end = row[0].start - row[0].quoted, row[-1].end + row[-1].quoted
    mark = Mark(start, end, question.start, question.end, None, raw=raw, explicit=True, inline=True, numbered=False)
    if question.quoted and '""' in raw:
        mark.question = raw.replace('""', '"')
    if answer is not None and text[answer.start : answer.end].strip():
        mark.answers = Stretch(answer.start, answer.end)
        if answer.quoted and '""' in text[answer.start : answer.end]:
            mark.answer = text[answer.start : answer.end].replace('""', '"').strip()
    names = [text[row[index].start : row[index].end] for index in tags if index < len(row)]
    mark.tags = tuple(tag for name in names for tag in re.split(r"[\s,;]+", name.strip().lower()) if tag)
    return mark
