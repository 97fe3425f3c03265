"""Paragraphs that ask by themselves, plain or quoted; what follows answers, to the next one or to a rule."""

from app.content.parsing.answers import Stretch
from app.content.parsing.blocks import Block
from app.content.parsing.document import Document
from app.content.parsing.extent import Sections
from app.content.parsing.reading import Mark, Reading

FEWEST = 2
MAX_TITLE = 300
MOST_OF_IT = 0.8
"""The share of a document's lines that its cards have to take up: elsewhere a paragraph that asks is rhetoric."""


class Paragraphs:
    """Paragraphs that end with a question mark."""

    name = "paragraphs"
    description = "Paragraphs that ask, plain or quoted; the paragraphs below answer."

    def read(self, document: Document) -> list[Reading]:
        """One reading where questions and their answers are nearly all that a document holds."""
        marks = [mark for block in document.blocks if (mark := _mark(document, block)) is not None]
        if len(marks) < FEWEST:
            return []
        sections, source, filled = Sections(document), document.source, document.content_lines
        for mark, end in zip(marks, sections.ends([mark.start for mark in marks]), strict=True):
            mark.end = max(end, mark.title_end)
            mark.answers = Stretch(mark.title_end, mark.end)
        covered = sum(
            filled[source.line_at(max(mark.end - 1, mark.start)) + 1] - filled[source.line_at(mark.start)]
            for mark in marks
        )
        headings = sum(block.end - block.start for block in document.headings)
        enough = covered >= MOST_OF_IT * max(1, filled[-1] - headings)
        return [Reading(self.name, marks, 0.6)] if enough else []


def _mark(document: Document, block: Block) -> Mark | None:
    if block.kind != "paragraph" or block.parent is None or document.furniture[block.start]:
        return None
    quoted = block.parent.kind == "quote" and len(block.parent.children) == 1
    if not quoted and block.parent is not document.root:
        return None
    text = block.content.strip()
    if len(text) > MAX_TITLE or not text.rstrip("*_\"”' ").endswith(("?", "？")):
        return None
    following = block.parent.next if quoted else block.next
    if following is None or following.kind in ("hr", "heading"):
        return None
    source = document.source
    start = source.text.find(text, source.starts[block.start], source.ends[block.end - 1])
    if start < 0:
        return None
    mark = Mark(source.starts[block.start], start + len(text), start, start + len(text), None, raw=text)
    return mark if mark.likeness > 0.5 else None
