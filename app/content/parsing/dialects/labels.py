"""Labelled lines: `Q:` and `A:`, `**Question**` and `**Answer**`, and `C:` for cloze, on their own or in list items."""

import re
from dataclasses import dataclass

from app.content.parsing.answers import Stretch
from app.content.parsing.blocks import Block
from app.content.parsing.choices import find_choice
from app.content.parsing.cloze import blanked, has_deletions, revealed
from app.content.parsing.document import Document
from app.content.parsing.extent import Sections
from app.content.parsing.reading import Mark, Reading

_OPEN = r"^[ \t]*(?:[^\w\s*_<>`|\[\]()$#:-]{1,3}\s*)?(?:\*{1,3}|_{1,3}|<(?:b|strong|em|i)>)?\s*"
_CLOSE = r"\s*(?:\*{1,3}|_{1,3}|</(?:b|strong|em|i)>)?\s*"
_SIGN = r"(?:[:：]|[.)\-–—](?=\s|\*|_|<|$))"
_ASK = re.compile(
    rf"{_OPEN}(?:(?:Q|Ques|Question|Pregunta|Pergunta|Frage|Вопрос|问题?|質問|질문)\s*[#№]?(?P<number>\d{{1,4}})?{_CLOSE}{_SIGN}|"
    rf"(?:Question|Q)\s*[#№]?(?P<other>\d{{1,4}})(?=\s*(?:\*\*|__|</b>|$))|Q\.[ ]?\d{{1,4}}(?=\s))(?P<close>{_CLOSE})[:：]?\s*",
    re.IGNORECASE,
)
_REPLY = re.compile(
    rf"{_OPEN}(?:(?:A|Ans|Answer|Solution|Explanation|Respuesta|Resposta|Réponse|Antwort|Ответ|答案?|回答|답변?)\s*[#№]?\d{{0,4}}"
    rf"{_CLOSE}{_SIGN}|(?:Answer|Solution)\s*(?=\s*(?:\*\*|__|</b>|$)))(?P<close>{_CLOSE})[:：]?\s*",
    re.IGNORECASE,
)
_CLOZE = re.compile(rf"{_OPEN}(?:C|Cloze)\s*\d*{_CLOSE}[:：](?P<close>{_CLOSE})\s*", re.IGNORECASE)
_LETTER = re.compile(r"[\s*_]*A\s*[.):]?[\s*_]*[.):]?[\s*_]*", re.IGNORECASE)
_NEXT_OPTION = re.compile(r"[ \t]*(?:[-*+][ \t]+)?[*_]{0,2}B[*_]{0,2}[ \t]*[.):]", re.IGNORECASE)
OPTION_LINES = 4
"""Lines below an `A)` in which a `B)` is looked for."""


@dataclass(slots=True)
class _Label:
    """A labelled line: `kind` is "ask", "reply" or "cloze", `text` the offset right behind the label."""

    kind: str
    line: int
    text: int
    block: Block


class Labels:
    """Labelled lines."""

    name = "labels"
    description = "Labelled lines: Q: and A:, Question and Answer, and C: with [gaps] or {{c1::gaps}}."

    def read(self, document: Document) -> list[Reading]:
        """One reading of all labelled questions and cloze lines."""
        labels = _labels(document)
        asks = [index for index, label in enumerate(labels) if label.kind != "reply"]
        if not asks:
            return []
        sections = Sections(document)
        ends = sections.ends([_start(document, labels[index]) for index in asks])
        marks = []
        for position, (index, end) in enumerate(zip(asks, ends, strict=True)):
            following = asks[position + 1] if position + 1 < len(asks) else len(labels)
            replies = [label for label in labels[index + 1 : following] if _offset(document, label) < end]
            mark = _mark(document, labels[index], replies[0] if replies else None, end)
            if mark is not None:
                marks.append(mark)
        answered = sum(mark.cloze or mark.answers is not None for mark in marks)
        return [Reading(self.name, marks, 1.25 if 2 * answered >= len(marks) else 0.8)] if marks else []


def _labels(document: Document) -> list[_Label]:
    found = []
    source = document.source
    for block in document.blocks:
        if block.kind != "paragraph":
            continue
        gapped: bool | None = None
        for line in range(block.start, block.end):
            if document.furniture[line]:
                continue
            start = source.starts[line]
            text = source.text[start : source.ends[line]]
            if line == block.start:
                start += max(text.find(block.content.partition("\n")[0]), 0)
                text = source.text[start : source.ends[line]]
            for kind, pattern in (("ask", _ASK), ("reply", _REPLY), ("cloze", _CLOZE)):
                match = pattern.match(text)
                if match is not None and kind == "cloze" and gapped is None:
                    gapped = has_deletions(block.content)
                if match is not None and kind == "reply" and _is_option(document, line, match.group(0)):
                    break
                if match is not None and (kind != "cloze" or gapped):
                    found.append(_Label(kind, line, start + match.end(), block))
                    break
    return found


def _is_option(document: Document, line: int, label: str) -> bool:
    """Whether an `A)` is the first of some options: a `B)` stands a few lines below."""
    if not _LETTER.fullmatch(label):
        return False
    return any(_NEXT_OPTION.match(text) for text in document.lines[line + 1 : line + 1 + OPTION_LINES])


def _offset(document: Document, label: _Label) -> int:
    return document.source.starts[label.line]


def _start(document: Document, label: _Label) -> int:
    item = label.block.item
    line = (
        item.start
        if item is not None and item.children[0] is label.block and label.line == label.block.start
        else label.line
    )
    return document.source.starts[line]


def _mark(document: Document, ask: _Label, reply: _Label | None, end: int) -> Mark | None:
    source = document.source
    start = _start(document, ask)
    if ask.kind == "cloze":
        return _cloze(document, ask, start, end)
    end = min(end, _item_end(document, ask, reply))
    title_start = ask.text
    block_end = source.ends[ask.block.end - 1]
    if reply is not None and reply.block is not ask.block:
        title_end = _before(document, reply, title_start)
    elif reply is not None:
        title_end = source.ends[reply.line - 1] if reply.line > ask.line else block_end
    else:
        title_end = min(block_end, end)
    if not source.text[title_start:title_end].strip():
        limit = source.starts[reply.line] if reply is not None else end
        title_start, title_end = _below(document, ask, title_start, limit)
    options = _first_option(document, ask, reply) if reply is not None else None
    if options is not None and source.text[title_start : source.starts[options]].strip():
        title_end, reply = source.starts[options], None
    while title_start < title_end and source.text[title_start].isspace():
        title_start += 1
    raw = source.text[title_start:title_end].rstrip()
    if not raw:
        return None
    title_end = title_start + len(raw)
    stretch = None
    if reply is not None:
        item = reply.block.item
        stretch = Stretch(reply.text, end, item.indent if item else 0, item.end if item else 0)
    elif end > title_end:
        stretch = Stretch(title_end, end)
    return Mark(
        start, max(end, title_end), title_start, title_end, stretch, raw=raw, explicit=True, inline=reply is not None
    )


def _first_option(document: Document, ask: _Label, reply: _Label) -> int | None:
    """The line at which options to choose from begin, between a question and the first label below it."""
    lines = document.lines[ask.line + 1 : reply.line]
    choice = find_choice(lines, [bool(inside) for inside in document.code[ask.line + 1 : reply.line]])
    return None if choice is None else ask.line + 1 + choice.first


def _item_end(document: Document, ask: _Label, reply: _Label | None) -> int:
    """A card in a list ends with its list item, or with the item of its answer."""
    item = ask.block.item
    if item is None:
        return len(document.source.text)
    other = reply.block.item if reply is not None else None
    end = max(item.end, other.end if other is not None else 0)
    if reply is None or other is None:
        return len(document.source.text) if reply is not None else document.source.start_of(end)
    return document.source.start_of(end)


def _before(document: Document, reply: _Label, floor: int) -> int:
    """The end of the last line of text before an answer's label."""
    source = document.source
    item = reply.block.item
    line = (item.start if item is not None and item.children[0] is reply.block else reply.line) - 1
    while line > 0 and not source.lines[line].strip() and source.starts[line] > floor:
        line -= 1
    return max(source.ends[line], floor)


def _below(document: Document, ask: _Label, offset: int, limit: int) -> tuple[int, int]:
    """A label alone on its line: the next paragraph asks, if it ends before `limit`."""
    below = ask.block.next
    if below is None or below.kind != "paragraph" or document.source.ends[below.end - 1] > limit:
        return offset, offset
    return document.source.starts[below.start], document.source.ends[below.end - 1]


def _cloze(document: Document, label: _Label, start: int, end: int) -> Mark | None:
    source = document.source
    stop = min(source.ends[label.block.end - 1], end)
    text = source.text[label.text : stop].rstrip()
    if not has_deletions(text):
        return None
    stop = label.text + len(text)
    return Mark(
        start,
        stop,
        label.text,
        stop,
        Stretch(label.text, stop),
        raw=text,
        numbered=False,
        explicit=True,
        cloze=True,
        question=blanked(text),
        answer=revealed(text),
    )
