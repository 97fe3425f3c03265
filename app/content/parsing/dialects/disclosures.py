"""`<details><summary>Question</summary>Answer</details>`."""

from app.content.parsing.answers import Stretch
from app.content.parsing.details import Details
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark, Reading
from app.content.parsing.titles import plain
from app.content.parsing.wording import is_answer_title, is_contents


class Disclosures:
    """Collapsed sections."""

    name = "details"
    description = "Collapsed sections (<details>): the summary asks, the body answers."

    def read(self, document: Document) -> list[Reading]:
        """One reading of all elements whose summary is no "Show answer"."""
        marks: list[Mark] = []
        column = reached = -1
        elements = document.details
        for position, element in enumerate(elements):
            summary = plain(document.source.text[element.summary_start : element.summary_end])
            if not summary or is_answer_title(summary) or is_contents(summary):
                continue
            mark = _mark(document, element)
            own = _column(document, element.start)
            if element.start < reached:
                # An end tag was forgotten where a question opens at the same column inside another one.
                if mark.likeness < 0.5 or own != column or marks[-1].likeness < 0.5:
                    continue
                _cut(marks[-1], element.start)
            holds_more = position + 1 < len(elements) and elements[position + 1].start < element.end
            if holds_more and mark.likeness < 0.5:
                continue
            marks.append(mark)
            reached, column = element.end, own
        asking = [mark for mark in marks if mark.likeness > 0.5]
        if 2 * len(asking) < len(marks):
            marks = asking
        return [Reading(self.name, marks, 1.1)] if marks else []


def _column(document: Document, offset: int) -> int:
    return offset - document.source.starts[document.source.line_at(offset)]


def _indent(document: Document, offset: int) -> int:
    line = document.source.lines[document.source.line_at(offset)]
    return len(line) - len(line.lstrip(" \t"))


def _cut(mark: Mark, end: int) -> None:
    mark.end = end
    if mark.answers is not None:
        mark.answers.end = max(mark.answers.start, min(mark.answers.end, end))


def _mark(document: Document, element: Details) -> Mark:
    raw = document.source.text[element.summary_start : element.summary_end]
    stretch = Stretch(
        element.body_start, element.body_end, _indent(document, element.start), item_end=len(document.source)
    )
    mark = Mark(element.start, element.end, element.summary_start, element.summary_end, stretch, raw=raw)
    clean = raw[mark.title.start : mark.title.end]
    if "\n" in clean or "\r" in clean:
        mark.question = " ".join(clean.split()) or None
    return mark
