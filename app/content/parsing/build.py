"""From a chosen reading to cards: clean texts, sections, tags, ids, drafts, and what deserves a warning."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.content.document import Card, CardKind, Span, Warning
from app.content.parsing.answers import (
    Answer,
    is_only_links,
    is_unanswered,
    read_answer,
)
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark
from app.content.parsing.titles import clean_title, is_answer_title, is_contents, plain

_IDENT = re.compile(
    r"<!--\s*(?:card[-_ ])?id\s*[:=]\s*([\w.-]{1,64})\s*-->", re.IGNORECASE
)
_ASKS_ABOUT_CODE = re.compile(
    r":$|\b(?:output|result|logged|printed|evaluates?|returned by|happens?)\b.*\b(?:this|these|following|below|code)\b|"
    r"\b(?:this|these|the following|below) (?:code|snippet|program|function|query|examples?)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Ident:
    offset: int
    line: int
    name: str
    alone: bool


def build_cards(
    document: Document, marks: Sequence[Mark]
) -> tuple[tuple[Card, ...], tuple[Warning, ...]]:
    """The cards of `marks`, which are in document order and do not overlap, and the warnings about them."""
    idents = _idents(document)
    starts = [_card_start(document, mark, idents) for mark in marks]
    ends = [
        min(mark.end, starts[i + 1]) if i + 1 < len(marks) else mark.end
        for i, mark in enumerate(marks)
    ]
    sections = _sections(document, marks)
    warnings: list[Warning] = []
    taken: set[str] = set()
    cards = []
    for mark, start, end, section in zip(marks, starts, ends, sections, strict=True):
        ident = _ident_of(document, idents, start, end, taken, warnings)
        cards.append(_card(document, mark, start, end, section, ident))
    warnings.extend(_draft_warnings(document, cards))
    warnings.extend(_double_warnings(document, cards))
    return tuple(cards), tuple(sorted(warnings, key=lambda warning: warning.line))


def _card(
    document: Document,
    mark: Mark,
    start: int,
    end: int,
    section: tuple[str, ...],
    ident: str | None,
) -> Card:
    source = document.source
    title = mark.title
    question_span = Span(mark.title_start + title.start, mark.title_start + title.end)
    question = (
        mark.question if mark.question is not None else question_span.of(source.text)
    )
    stretch = mark.answers
    if stretch is not None:
        stretch.end = min(stretch.end, end)
        answer = read_answer(document, stretch)
    else:
        answer = Answer("", None)
    if mark.answer is not None:
        answer = Answer(mark.answer, answer.span, True)
    if mark.answers is not None and answer.span is not None and _is_only_code(answer.text) and _ASKS_ABOUT_CODE.search(mark.plain):
        question_span = Span(question_span.start, answer.span.end)
        question = _with_code(question, answer.text)
        answer = Answer("", None)
    draft = is_unanswered(answer.text) or (
        not (mark.inline or answer.labelled) and is_only_links(answer.text)
    )
    return Card(
        question=question.strip(),
        answer=answer.text,
        line=source.line_at(question_span.start) + 1,
        span=Span(start, max(end, question_span.end)),
        question_span=question_span,
        answer_span=answer.span,
        section=section,
        tags=tuple(dict.fromkeys((*title.tags, *mark.tags))),
        kind=CardKind.CLOZE if mark.cloze else CardKind.BASIC,
        draft=draft,
        ident=ident,
    )


def _is_only_code(text: str) -> bool:
    return text.startswith("```") and text.endswith("```") and text.count("```") == 2


def _with_code(question: str, code: str) -> str:
    return f"{question.strip()}\n\n{code}"


def _idents(document: Document) -> list[_Ident]:
    source = document.source
    found = []
    for match in _IDENT.finditer(source.text):
        line = source.line_at(match.start())
        if not document.code[line]:
            around = source.lines[line].strip()
            found.append(
                _Ident(match.start(), line, match.group(1), around == match.group(0))
            )
    return found


def _card_start(document: Document, mark: Mark, idents: list[_Ident]) -> int:
    """Where the card begins: at the comment with its id, where one stands alone just before it."""
    source = document.source
    position = bisect_right(idents, mark.start, key=lambda ident: ident.offset) - 1
    if position < 0 or not idents[position].alone:
        return mark.start
    line = source.line_at(mark.start) - 1
    while line > idents[position].line and not source.lines[line].strip():
        line -= 1
    return source.starts[line] if line == idents[position].line else mark.start


def _ident_of(
    document: Document,
    idents: list[_Ident],
    start: int,
    end: int,
    taken: set[str],
    warnings: list[Warning],
) -> str | None:
    position = bisect_right(idents, start - 1, key=lambda ident: ident.offset)
    name: str | None = None
    while position < len(idents) and idents[position].offset < end:
        ident = idents[position]
        position += 1
        if name is None and ident.name not in taken:
            name = ident.name
            taken.add(name)
        else:
            warnings.append(
                Warning(
                    document.source.file,
                    ident.line + 1,
                    f"The id “{ident.name}” is a second one for its card or stands at another card already; it is not used.",
                    "Give every card one id of its own, or take the comment away.",
                )
            )
    return name


def _sections(document: Document, marks: Sequence[Mark]) -> list[tuple[str, ...]]:
    """For each mark the path of headings above it; headings inside cards are no sections."""
    source = document.source
    headings = [
        (source.starts[block.start], block)
        for block in document.headings
        if block.item is None
    ]
    title = document.title_heading
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
            if (
                block is not title
                and name
                and not is_contents(plain(block.content))
                and not is_answer_title(name)
            ):
                path.append((block.level, name))
        reached = max(reached, mark.end)
        found.append(
            mark.section
            if mark.section is not None
            else tuple(name for _, name in path)
        )
    return found


def section_name(raw: str) -> str:
    """A section heading as plain text, without anchors and decoration."""
    title = clean_title(raw, numbered=False)
    return plain(raw[title.start : title.end])


def _draft_warnings(document: Document, cards: Sequence[Card]) -> list[Warning]:
    return [
        Warning(
            document.source.file,
            card.line,
            f"“{_short(card.question)}” has no answer{_instead(card)}: it is kept as a draft and not asked.",
            "Write an answer below the question.",
        )
        for card in cards
        if card.draft
    ]


def _instead(card: Card) -> str:
    if not card.answer:
        return ""
    return ", only a link" if is_only_links(card.answer) else ", only a placeholder"


def _double_warnings(document: Document, cards: Sequence[Card]) -> list[Warning]:
    groups: defaultdict[str, list[Card]] = defaultdict(list)
    for card in cards:
        groups[" ".join(plain(card.question).lower().split())].append(card)
    return [
        Warning(
            document.source.file,
            card.line,
            f"“{_short(card.question)}” is asked in line {group[0].line} already; both cards are kept.",
            "Reword one of the two, or take it away.",
        )
        for group in groups.values()
        for card in group[1:]
    ]


def _short(text: str, limit: int = 70) -> str:
    line = plain(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
