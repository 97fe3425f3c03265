"""`<details><summary>Question</summary>Answer</details>`."""

from app.content.parsing.answers import Stretch
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading
from app.content.parsing.titles import is_answer_title, is_contents, plain


class Disclosures:
    name = "details"
    description = "Collapsed sections (<details>): the summary asks, the body answers."

    def read(self, document: Document) -> list[Reading]:
        """One reading of all elements whose summary is no "Show answer"."""
        marks: list[Mark] = []
        reached = -1
        column = -1
        elements = document.details
        for position, element in enumerate(elements):
            if element.start < reached:
                continue
            summary = plain(document.source.text[element.summary_start : element.summary_end])
            if not summary or is_answer_title(summary) or is_contents(summary):
                continue
            mark = _mark(
                document,
                element.start,
                element.end,
                element.summary_start,
                element.summary_end,
            )
            mark.answers = Stretch(
                element.body_start,
                element.body_end,
                _indent(document, element.start),
                len(document.source),
            )
            inner = position + 1 < len(elements) and elements[position + 1].start < element.end
            if inner and mark.likeness < 0.5:
                continue
            marks.append(mark)
            reached = element.end
            column = _column(document, element.start)
        if sum(mark.likeness > 0.5 for mark in marks) * 2 < len(marks):
            marks = [mark for mark in marks if mark.likeness > 0.5]
        return [Reading(self.name, marks, 1.1)] if marks else []


def _indent(document: Document, offset: int) -> int:
    line = document.source.lines[document.source.line_at(offset)]
    return len(line) - len(line.lstrip(" \t"))


def _column(document: Document, offset: int) -> int:
    return offset - document.source.starts[document.source.line_at(offset)]


def _cut(mark: Mark, end: int) -> None:
    mark.end = end
    if mark.answers is not None:
        mark.answers.end = max(mark.answers.start, min(mark.answers.end, end))


def _mark(document: Document, start: int, end: int, title_start: int, title_end: int) -> Mark:
    text = document.source.text
    raw = text[title_start:title_end]
    mark = Mark(start, end, title_start, title_end, None, raw=raw)
    clean = raw[mark.title.start : mark.title.end]
    if "\n" in clean or "\r" in clean:
        mark.question = " ".join(clean.split())
    return mark
