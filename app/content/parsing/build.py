"""From a chosen reading to cards: clean texts, sections, tags, ids, drafts, and what deserves a warning."""

from collections.abc import Sequence
from itertools import zip_longest

from app.content.document import Card, CardKind, Span, Warning
from app.content.parsing.answers import is_only_links, is_unanswered
from app.content.parsing.document import Document
from app.content.parsing.idents import Idents
from app.content.parsing.notices import double_warnings, draft_warnings
from app.content.parsing.reading import Mark
from app.content.parsing.sections import sections_of
from app.content.parsing.statements import Texts, settled, texts_of
from app.content.parsing.tags import telling_tags


def build_cards(document: Document, marks: Sequence[Mark]) -> tuple[tuple[Card, ...], tuple[Warning, ...]]:
    """The cards of `marks`, which are in document order and do not overlap, and the warnings about them."""
    marks = _apart(document, marks)
    idents = Idents(document)
    floors = [0, *(mark.title_end for mark in marks)]
    starts = [
        max(idents.start_of(mark.start), min(floor, mark.start)) for mark, floor in zip(marks, floors, strict=False)
    ]
    ends = [min(mark.end, starts[i + 1]) if i + 1 < len(marks) else mark.end for i, mark in enumerate(marks)]
    sections = sections_of(document, marks)
    texts = settled([texts_of(document, mark, end) for mark, end in zip(marks, ends, strict=True)])
    cards = [
        _card(document, mark, one, Span(start, end), section, idents.take(start, end))
        for mark, one, start, end, section in zip(marks, texts, starts, ends, sections, strict=True)
    ]
    cards = telling_tags(cards)
    file = document.source.file
    warnings = [*idents.warnings, *draft_warnings(file, cards), *double_warnings(file, cards)]
    return tuple(cards), tuple(sorted(warnings, key=lambda warning: warning.line))


def _apart(document: Document, marks: Sequence[Mark]) -> list[Mark]:
    """`marks` with titles that end where the next card begins at the latest; without those of which nothing is left."""
    found: list[Mark] = []
    for mark, following in zip_longest(marks, marks[1:]):
        if following is not None and mark.title_end > following.start:
            mark.title_end = max(mark.title_start, following.start)
            mark.raw = document.source.text[mark.title_start : mark.title_end].rstrip()
            mark.title_end = mark.title_start + len(mark.raw)
            mark.forget()
        if mark.raw.strip():
            found.append(mark)
    return found


def _card(
    document: Document, mark: Mark, texts: Texts, span: Span, section: tuple[str, ...], ident: str | None
) -> Card:
    answer = texts.answer
    draft = is_unanswered(answer.text) or (not (mark.inline or answer.labelled) and is_only_links(answer.text))
    kind = CardKind.CLOZE if mark.cloze else CardKind.CHOICE if texts.options else CardKind.BASIC
    return Card(
        question=texts.question.strip(),
        answer=answer.text,
        line=document.source.line_at(texts.question_span.start) + 1,
        span=Span(span.start, max(span.end, texts.question_span.end)),
        question_span=texts.question_span,
        answer_span=answer.span,
        section=section,
        tags=tuple(dict.fromkeys((*mark.title.tags, *mark.tags))),
        kind=kind,
        draft=draft,
        options=texts.options,
        options_span=texts.options_span,
        ident=ident,
    )
