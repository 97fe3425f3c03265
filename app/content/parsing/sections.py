"""The sections that cards stand in: the paths of headings above them."""

from collections import Counter
from collections.abc import Sequence

from app.content.parsing.document import REFRAIN, Document
from app.content.parsing.reading import Mark
from app.content.parsing.titles import clean_title, plain, without_images
from app.content.parsing.wording import is_answer_title, is_boilerplate, is_contents, likeness


def sections_of(document: Document, marks: Sequence[Mark]) -> list[tuple[str, ...]]:
    """For each mark the path of headings above it; headings inside cards are no sections."""
    source = document.source
    headings = [(source.starts[block.start], block) for block in document.headings if block.item is None]
    title = document.title_heading
    counts = Counter(block.content for _, block in headings)
    path: list[tuple[int, str]] = []
    position = 0
    reached = -1
    found: list[tuple[str, ...]] = []
    for mark in marks:
        while position < len(headings) and headings[position][0] < mark.start:
            offset, block = headings[position]
            position += 1
            if offset < reached:
                continue
            while path and path[-1][0] >= block.level:
                path.pop()
            name = section_name(block.content)
            if counts[block.content] >= REFRAIN and likeness(name) > 0.5:
                continue
            if (
                block is not title
                and name
                and not document.furniture[block.start]
                and not is_contents(plain(block.content))
                and not is_answer_title(name)
            ):
                path.append((block.level, name))
        reached = max(reached, mark.end)
        names = (name for level, name in path if level < (mark.level or 7) or not is_boilerplate(name))
        found.append(mark.section if mark.section is not None else tuple(names))
    return found


def section_name(raw: str) -> str:
    """A section heading as plain text, without anchors and decoration."""
    raw = without_images(raw)
    title = clean_title(raw, numbered=False)
    return plain(raw[title.start : title.end]).lstrip("# ").rstrip(":： ")
