"""The way from text to a deck."""

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from app.content.document import Card, ContentError, Deck, NoQuestions
from app.content.parsing.apart import with_answers_apart
from app.content.parsing.build import build_cards
from app.content.parsing.choose import Scored, choose, complete
from app.content.parsing.dialects import REGISTRY
from app.content.parsing.dialects.delimited import DELIMITED_ENDINGS
from app.content.parsing.document import Document
from app.content.parsing.reading import Reading
from app.content.parsing.sections import section_name
from app.content.parsing.source import Source

_HTML_HEADING = re.compile(r"<h1\b[^<>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
OPENING_CHARS = 10_000
"""How far into a document its title in HTML is looked for."""


def parse(text: str, file: str, *, dialect: str | None = None) -> Deck:
    """The deck in `text`. `dialect`, or `dialect:` in the front matter, fixes the reading by hand.

    Raises ContentError, with the place and what to do, for a text that is empty, too large or nested too deeply, that
    asks for an unknown dialect, or in which no question is found.
    """
    with _collector_paused():
        return _parse(text.removeprefix("\ufeff"), file, dialect)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the cyclic garbage collector.

    A parse makes many small objects that live until its end. Looking through them for cycles again and again would make
    its time grow faster than the document.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _parse(text: str, file: str, dialect: str | None) -> Deck:
    markdown = not file.lower().endswith(DELIMITED_ENDINGS)
    document = Document(Source(text, file), markdown=markdown)
    wanted = dialect or document.meta.get("dialect") or None
    readings = _readings(document, wanted)
    best, scored = choose(document, readings)
    if best is None and wanted and scored and scored[0].reading.marks:
        best = scored[0]
    if best is None:
        raise _nothing_found(document, wanted)
    cards, warnings = build_cards(document, with_answers_apart(document, complete(document, best, scored)))
    return Deck(
        title=_title(document, cards),
        file=file,
        dialect=best.reading.dialect,
        cards=cards,
        warnings=warnings,
        readings=_rivals(best, scored),
        meta=document.meta,
    )


def _readings(document: Document, wanted: str | None) -> list[Reading]:
    if wanted is not None and wanted not in {one.name for one in REGISTRY}:
        names = ", ".join(one.name for one in REGISTRY)
        raise ContentError(
            document.source.file,
            1,
            f"There is no dialect “{wanted}”.",
            f"Choose one of: {names}.",
        )
    return [
        reading
        for one in REGISTRY
        if wanted is None or one.name == wanted
        for reading in one.read(document)
        if reading.marks
    ]


def _rivals(best: Scored, scored: list[Scored]) -> tuple[tuple[str, int], ...]:
    counts = {best.reading.dialect: len(best.reading.marks)}
    for one in scored:
        counts.setdefault(one.reading.dialect, len(one.reading.marks))
    return tuple(counts.items())


def _nothing_found(document: Document, wanted: str | None) -> ContentError:
    if wanted is not None:
        return NoQuestions(
            document.source.file,
            1,
            f"No question was found when reading it as “{wanted}”.",
            "Choose another dialect, or leave it to the portal.",
        )
    return NoQuestions(
        document.source.file,
        1,
        "No questions were found.",
        "Mark each question the same way, for example with a heading (## 1. …) and its answer below.",
    )


def _title(document: Document, cards: Sequence[Card]) -> str:
    """What the deck is called: by front matter, by the heading over all of it, or after the file."""
    asked = {card.line for card in cards}
    name = document.meta.get("title", "").strip()
    for heading in (document.title_heading, document.top_heading):
        if not name and heading is not None and heading.start + 1 not in asked:
            name = section_name(heading.content)
    match = _HTML_HEADING.search(document.source.text, 0, OPENING_CHARS) if not name else None
    if match is not None:
        name = section_name(match.group(1))
    return name or _named_after(document.source.file)


def _named_after(file: str) -> str:
    """A title made of a file's name; of its folder's, where the name says nothing."""
    path = PurePosixPath(file.replace("\\", "/"))
    stem = path.name.partition(".")[0]
    if stem.lower() in ("readme", "index") and path.parent.name:
        stem = path.parent.name
    words = " ".join(re.split(r"[-_\s]+", stem)).strip()
    return words[:1].upper() + words[1:] or file
