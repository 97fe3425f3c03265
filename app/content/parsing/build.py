"""From a chosen reading to cards: clean texts, sections, tags, ids, drafts, and what deserves a warning."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.content.document import Card, CardKind, Option, Span, Warning
from app.content.parsing.answers import (
    Answer,
    Line,
    answer_of,
    body_lines,
    is_only_links,
    is_unanswered,
    span_of,
    text_of,
    trim,
)
from app.content.parsing.choices import find_choice, with_key
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark
from app.content.parsing.titles import clean_title, plain
from app.content.parsing.wording import is_answer_title, is_contents, likeness

_IDENT = re.compile(r"<!--\s*(?:card[-_ ])?id\s*[:=]\s*([\w.-]{1,64})\s*-->", re.IGNORECASE)
_ASKS_ABOUT_CODE = re.compile(
    r":$|\b(?:output|result|logged|printed|evaluates?|returned by|happens?)\b.*\b(?:this|these|following|below|code)\b|"
    r"\b(?:this|these|the following|below) (?:code|snippet|program|function|query|examples?)\b",
    re.IGNORECASE,
)
_ASKS_TO_CHOOSE = re.compile(r"\b(?:which of|choose|select|pick|tick|of the following|true or false)\b", re.IGNORECASE)
MAX_LINES_BEFORE_OPTIONS = 6
REFRAIN = 3


@dataclass(slots=True)
class _Ident:
    offset: int
    line: int
    name: str
    alone: bool


def build_cards(document: Document, marks: Sequence[Mark]) -> tuple[tuple[Card, ...], tuple[Warning, ...]]:
    """The cards of `marks`, which are in document order and do not overlap, and the warnings about them."""
    idents = _idents(document)
    starts = [_card_start(document, mark, idents) for mark in marks]
    ends = [min(mark.end, starts[i + 1]) if i + 1 < len(marks) else mark.end for i, mark in enumerate(marks)]
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


@dataclass(slots=True)
class _Texts:
    """What a card says: question and answer with their spans, and its options."""

    question: str
    question_span: Span
    answer: Answer
    options: tuple[Option, ...] = ()
    options_span: Span | None = None


def _card(document: Document, mark: Mark, start: int, end: int, section: tuple[str, ...], ident: str | None) -> Card:
    texts = _texts(document, mark, end)
    answer = texts.answer
    draft = is_unanswered(answer.text) or (not (mark.inline or answer.labelled) and is_only_links(answer.text))
    kind = CardKind.CLOZE if mark.cloze else CardKind.CHOICE if texts.options else CardKind.BASIC
    return Card(
        question=texts.question.strip(),
        answer=answer.text,
        line=document.source.line_at(texts.question_span.start) + 1,
        span=Span(start, max(end, texts.question_span.end)),
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


def _texts(document: Document, mark: Mark, end: int) -> _Texts:
    title = mark.title
    span = Span(mark.title_start + title.start, mark.title_start + title.end)
    question = mark.question if mark.question is not None else span.of(document.source.text)
    stretch = mark.answers
    if stretch is None:
        return _Texts(question, span, Answer("", None))
    stretch.end = max(stretch.start, min(stretch.end, end))
    if mark.answer is not None:
        return _Texts(question, span, Answer(mark.answer, Span(stretch.start, stretch.end), labelled=True))
    lines = body_lines(document, stretch)
    if not mark.cloze:
        texts = _choice_below(document, mark, question, span, lines) or _choice_inside(mark, question, span, lines)
        if texts is not None:
            return texts
    answer = answer_of(lines, stretch)
    if answer.span is not None and _is_only_code(answer.text) and _ASKS_ABOUT_CODE.search(mark.plain):
        whole = Span(span.start, answer.span.end)
        return _Texts(f"{question.strip()}\n\n{answer.text}", whole, Answer("", None))
    return _Texts(question, span, answer)


def _choice_below(document: Document, mark: Mark, question: str, span: Span, lines: list[Line]) -> _Texts | None:
    """Options below the title: what stands before them belongs to the question, what stands after answers."""
    stretch = mark.answers
    choice = find_choice([line.text for line in lines], [line.code for line in lines])
    if choice is None or stretch is None or not _may_precede_options(lines[: choice.first]):
        return None
    before, listed = trim(lines[: choice.first]), lines[choice.first : choice.last]
    options_span = span_of(listed, stretch)
    if choice.ticked:
        options, answer = choice.options, answer_of(lines[choice.first :], stretch)
    else:
        answer = answer_of([replace(line) for line in lines[choice.last :]], stretch)
        keyed = with_key(choice.options, answer.text, labelled=answer.labelled)
        if keyed is None and (
            answer.text or not choice.options[0].key.isalpha() or not _ASKS_TO_CHOOSE.search(mark.plain)
        ):
            return None
        options = keyed or choice.options
    if before:
        below = span_of(before, stretch)
        question = f"{question.strip()}\n\n{text_of(before, stretch)}"
        span = Span(span.start, max(below.end, span.end))
    return _Texts(question, span, answer, options, options_span)


def _choice_inside(mark: Mark, question: str, span: Span, lines: list[Line]) -> _Texts | None:
    """Options that are part of the question's own text, as behind a `Q:`."""
    if mark.question is not None or mark.answers is None or "\n" not in question:
        return None
    parts = question.splitlines(keepends=True)
    choice = find_choice([part.rstrip("\r\n") for part in parts], [False] * len(parts))
    if choice is None or choice.first == 0:
        return None
    answer = answer_of([replace(line) for line in lines], mark.answers)
    options = choice.options if choice.ticked else with_key(choice.options, answer.text, labelled=answer.labelled)
    if options is None:
        return None
    asked = "".join(parts[: choice.first]).rstrip()
    listed = span.start + len("".join(parts[: choice.first]))
    options_span = Span(listed, listed + len("".join(parts[choice.first : choice.last]).rstrip()))
    return _Texts(asked, Span(span.start, span.start + len(asked)), answer, options, options_span)


def _may_precede_options(lines: list[Line]) -> bool:
    """Whether lines between title and options can be part of the question: code, images, a few lines of text."""
    texts = [line.text for line in lines if not line.code and line.text.strip()]
    return sum(not text.lstrip().startswith(("!", "<", "|")) for text in texts) <= MAX_LINES_BEFORE_OPTIONS


def _is_only_code(text: str) -> bool:
    return text.startswith("```") and text.endswith("```") and text.count("```") == 2


def _idents(document: Document) -> list[_Ident]:
    source = document.source
    found = []
    for match in _IDENT.finditer(source.text):
        line = source.line_at(match.start())
        if not document.code[line]:
            around = source.lines[line].strip()
            found.append(_Ident(match.start(), line, match.group(1), around == match.group(0)))
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
        found.append(mark.section if mark.section is not None else tuple(name for _, name in path))
    return found


def section_name(raw: str) -> str:
    """A section heading as plain text, without anchors and decoration."""
    title = clean_title(raw, numbered=False)
    return plain(raw[title.start : title.end]).lstrip("# ")


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
