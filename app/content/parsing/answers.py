"""The answer in a stretch of a document: furniture, wrappers and markers left out, indentation taken off."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from app.content.document import Span
from app.content.parsing.details import Details
from app.content.parsing.document import Document
from app.content.parsing.titles import plain
from app.content.parsing.wording import is_answer_label, is_answer_title

_WORD = (
    r"(?:(?:the |your |sample |possible |suggested |correct |right |model |short |detailed |example )*"
    r"(?:answers?|solutions?|explanations?|ans|respuestas?|resposta|réponses?|antwort|lösung|ответ|решение|答案|参考答案|解答|回答|정답))"
)
_MARKER = re.compile(
    r"^\s*(?:>\s?)?(?:#{1,6}\s+)?(?:[^\w\s*_<>`|\[\]()$#.-]+\s*)?(?:[*_]|<(?:b|strong|em|i|u)>\s*){0,6}\s*"
    rf"(?:{_WORD}(?:(?<=answer)\s*\d+|(?<=ans)\s*\d+)?\s*(?:[:：]|[.\-–—](?=\s|[*_<]|$)|(?=\s*(?:[*_<]|$)))|(?:A|R)\s*\d*\s*(?:[:：]|\.(?=\s*[*_]))|答\s*[:：])"
    r"\s*(?:[*_]|</(?:b|strong|em|i|u)>){0,6}\s*[:：]?\s*(?:\*{1,3}(?=\s|$)|<br\s*/?>|#+$)?\s*",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^\s*(?:>\s?)?(?:#{1,6}\s|(?:[^\w\s*_<>`|\[\]()$#.-]+\s*)?(?:\*{2,3}|__|<(?:b|strong|h[1-6])>)|(?:Answer|Ans|答案|Ответ)\s*[:：])",
    re.IGNORECASE,
)
_FENCES = ("```", "~~~")
_HINT = re.compile(r"^\W*(?:hints?|spoilers?|details)\b", re.IGNORECASE)
_EDGE = re.compile(
    r"^\s*(?:(?:</?(?:br|p|div|center|b|strong|hr|details|summary|blockquote|span)\b[^<>]*>|&nbsp;|<!--(?:(?!-->).)*-->)\s*)*$|"
    r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$",
    re.IGNORECASE,
)
_LEADING_BREAK = re.compile(r"^(?:\s|</?br\s*/?>|</?p>)+", re.IGNORECASE)
_END_TAG = re.compile(r"\s*</(p|b|strong|div|span|center|i|em)>\s*$", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_COMMENT_LINE = re.compile(r"^\s*(?:<!--(?:(?!-->).)*-->\s*)+$")


@dataclass(slots=True)
class Stretch:
    """Where an answer may stand: characters `start` to `end`, inside a list item up to line `item_end` if `indent`."""

    start: int
    end: int
    indent: int = 0
    item_end: int = 0


@dataclass(slots=True)
class Answer:
    """An answer's Markdown and the slice of the source it was read from; `labelled` if a marker announced it."""

    text: str
    span: Span | None
    labelled: bool = False


@dataclass(slots=True)
class Line:
    """A line that was kept, or the part of it: offsets in the source, text, and whether it is code."""

    number: int
    start: int
    end: int
    text: str
    code: bool

    def __copy__(self) -> "Line":
        return Line(self.number, self.start, self.end, self.text, self.code)


def read_answer(document: Document, stretch: Stretch) -> Answer:
    """The answer in `stretch`; its text is empty and its span None where there is none."""
    return answer_of(body_lines(document, stretch), stretch)


def answer_of(lines: list[Line], stretch: Stretch) -> Answer:
    """The answer in lines of `stretch`, its marker ("Answer:") left out. The lines stay as they are."""
    kept = trim(lines)
    if kept:
        kept[-1] = copy(kept[-1])
    labelled = False
    while kept:
        first = kept[0] = copy(kept[0])
        match = None if first.code else _MARKER.match(first.text)
        if match is None or not match.group(0).strip():
            break
        labelled = True
        first.text, first.start = first.text[match.end() :], first.start + match.end()
        _drop_closing(first)
        if first.text.strip():
            break
        kept = trim(kept[1:])
    if kept and not kept[0].code:
        lead = _LEADING_BREAK.match(kept[0].text)
        if lead is not None and "<" in lead.group(0):
            kept[0].text, kept[0].start = kept[0].text[lead.end() :], kept[0].start + lead.end()
    if not kept:
        return Answer("", None, labelled)
    if not kept[0].code and sum(line.text.count("**") for line in kept if not line.code) % 2:
        _drop_closing(kept[0])
    _drop_stray_ends(kept)
    text = text_of(kept, stretch)
    return Answer(text, span_of(kept, stretch) if text.strip() else None, labelled)


def _drop_stray_ends(lines: list[Line]) -> None:
    """Take end tags off the last line that nothing in the answer opens: wrappers that were cut away."""
    last = lines[-1]
    while not last.code and (match := _END_TAG.search(last.text)) is not None:
        opening = f"<{match.group(1).lower()}"
        if match.start() == 0 or any(opening in line.text.lower() for line in lines):
            return
        last.end -= len(last.text) - match.start()
        last.text = last.text[: match.start()]


def text_of(lines: list[Line], stretch: Stretch) -> str:
    """The Markdown of `lines`, the indentation of their list item taken off, runs of blank lines made one."""
    texts: list[str] = []
    for line, text in zip(lines, _dedented(lines, stretch), strict=True):
        if line.code or text or not texts or texts[-1]:
            texts.append(text)
    return "\n".join(texts).rstrip()


def span_of(lines: list[Line], stretch: Stretch) -> Span:
    """The slice of the source from the first to the last of `lines`, without the first one's outer indentation."""
    first = lines[0]
    indent = len(first.text) - len(first.text.lstrip(" \t"))
    if first.number < stretch.item_end:
        indent = min(indent, _outer_indent(lines, stretch))
    elif first.code:
        indent = 0
    start = first.start + indent
    return Span(start, max(start, lines[-1].end))


def _drop_closing(line: Line) -> None:
    """A bold marker that spanned the whole line ("**Answer: D**") leaves its end behind."""
    for closing in ("**", "__", "</b>", "</strong>"):
        stripped = line.text.rstrip()
        if stripped.endswith(closing) and (closing[0] == "<" or stripped.count(closing) % 2):
            opening = closing.replace("/", "") if closing[0] == "<" else ""
            if not opening or opening not in stripped:
                line.end -= len(line.text) - len(stripped) + len(closing)
                line.text = stripped[: -len(closing)]


def body_lines(document: Document, stretch: Stretch) -> list[Line]:
    """The lines of `stretch` that are content."""
    source, lines, furniture = document.source, document.lines, document.furniture
    text, starts, ends, inside = source.text, source.starts, source.ends, document.code
    cuts = _wrapper_cuts(document, stretch)
    found: list[Line] = []
    first = source.line_at(stretch.start)
    for number in range(first, bisect_left(starts, stretch.end, first)):
        start, end = max(starts[number], stretch.start), min(ends[number], stretch.end)
        code = bool(inside[number])
        if code:
            found.append(Line(number, start, end, text[start:end], True))
        elif not lines[number] or furniture[number]:
            # A furniture line is left out; a blank line stays one, and what is blanked (MDX) becomes one.
            if not lines[number].strip():
                found.append(Line(number, start, start, "", False))
        else:
            part = text[start:end]
            for cut_start, cut_end in cuts:
                if cut_start < end and cut_end > start:
                    start, end, part = _without(part, start, end, cut_start, cut_end)
            if "<!--" not in part or not _COMMENT_LINE.match(part):
                found.append(Line(number, start, end, part, False))
    return found


def answer_opens(document: Document, lines: list[Line], stretch: Stretch) -> int | None:
    """The first of `lines` that a label says the answer begins at: a collapsed "Answer", a heading, bold words."""
    hidden = _hidden_answers(document, stretch)
    for index, line in enumerate(lines):
        if hidden and line.number >= hidden[0]:
            return index
        if not line.code and _OPENS.match(line.text) and is_answer_label(plain(line.text.lstrip(" >#"))):
            return index
    return None


def _hidden_answers(document: Document, stretch: Stretch) -> list[int]:
    """The lines at which elements that collapse the answer begin, where nothing else stands before them."""
    source = document.source
    found = []
    for element in _elements(document, stretch):
        line = source.line_at(element.start)
        if (
            is_answer_label(_summary(document, element))
            and not source.text[source.starts[line] : element.start].strip()
        ):
            found.append(line)
    return found


def _elements(document: Document, stretch: Stretch) -> Iterator[Details]:
    index = bisect_left(document.details, stretch.start, key=lambda element: element.start)
    while index < len(document.details) and document.details[index].start < stretch.end:
        yield document.details[index]
        index += 1


def _summary(document: Document, element: Details) -> str:
    return plain(document.source.text[element.summary_start : element.summary_end])


def _without(text: str, start: int, end: int, cut_start: int, cut_end: int) -> tuple[int, int, str]:
    left, right = (
        text[: max(cut_start - start, 0)],
        text[max(min(cut_end, end) - start, 0) :],
    )
    if _EDGE.match(left):
        return end - len(right), end, right
    if not right.strip():
        return start, start + len(left), left
    return start, end, f"{left} {right}"


def _wrapper_cuts(document: Document, stretch: Stretch) -> list[tuple[int, int]]:
    """The tags of `<details>` elements that only hide the answer."""
    cuts: list[tuple[int, int]] = []
    for element in _elements(document, stretch):
        summary = _summary(document, element)
        if not summary or (is_answer_title(summary) and not _HINT.match(summary)):
            cuts.append((element.start, element.body_start))
            cuts.append((element.body_end, element.end))
    return cuts


def trim(lines: list[Line]) -> list[Line]:
    """`lines` without blank lines, rules and stray tags at both ends."""
    first, last = 0, len(lines)
    while first < last and not lines[first].code and _EDGE.match(lines[first].text):
        first += 1
    while last > first and not lines[last - 1].code and _EDGE.match(lines[last - 1].text):
        last -= 1
    return lines[first:last]


def _outer_indent(lines: list[Line], stretch: Stretch) -> int:
    """How far the list item around an answer is indented: its content column, or up to three columns more."""
    if not stretch.indent or lines[0].number >= stretch.item_end:
        return stretch.indent
    first = lines[0]
    if first.text[:1].strip():
        # Its label was cut off, and the indentation with it: the next line tells.
        first = next((line for line in lines[1:] if line.text.strip()), first)
    leading = len(first.text) - len(first.text.lstrip(" \t"))
    shifted = stretch.indent < leading < stretch.indent + 4 and (not first.code or first.text.lstrip()[:3] in _FENCES)
    return leading if shifted else stretch.indent


def _dedented(lines: list[Line], stretch: Stretch) -> list[str]:
    texts = []
    outer = _outer_indent(lines, stretch)
    for position, line in enumerate(lines):
        text = line.text
        if stretch.indent and line.number < stretch.item_end:
            leading = len(text) - len(text.lstrip(" \t"))
            text = text[min(leading, outer) :]
        elif position == 0 and not line.code:
            text = text.lstrip()
        texts.append(text.rstrip() if not line.code else text)
    return texts


_LINK = re.compile(
    r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\((?:[^()]|\([^()]*\))*\)|<https?:[^<>\s]*>|https?://\S+|<a\b[^<>]*>.*?</a>",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"\b(?:learn|read|see|check|watch|refer|visit|click|go|find|look|answers?|sources?|links?|videos?|blogs?|articles?|from|here|more|"
    r"on|at|in|to|the|this|and|or|for|it|out|full|about|detailed|details|references?|credits?|useful|resources?|further|reading|"
    r"also|github|website|solution|by|via|is|available|please|question|complete|explanation)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(|<a\b[^<>]*>(.*?)</a>", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+")
_ELSEWHERE = re.compile(
    r"^\W*(?:(?:read|see|find|get|check|view) (?:the |full |more |this )*(?:answers?|solution|more)|sources?\b)",
    re.IGNORECASE,
)
MIN_LABEL_WORDS = 3
MAX_LEAD_IN_WORDS = 60
_PLACEHOLDER = re.compile(
    r"^\W*(?:answers? (?:goes |go |comes )?here|to be (?:completed|added|done|continued|answered|filled|updated|written)(?: soon)?|"
    r"to ?do|tb[dacu]|coming soon|work in progress|wip|n/?a|none|pending|placeholder|no answer(?: yet| here)?|not answered(?: yet)?|"
    r"(?:add|insert|write|put)(?: your| the| an)? answer(?: here)?|your answer(?: here)?|unanswered|under construction|"
    r"answer (?:will be added|coming)(?: soon)?|lorem ipsum.*|待补充|待完善|待更新|暂无|略|todo.*)?\W*$",
    re.IGNORECASE | re.DOTALL,
)


def is_unanswered(text: str) -> bool:
    """Whether an answer says nothing: it is empty, or a placeholder."""
    if len(text) > 200:
        return False
    bare = _COMMENT.sub("", text)
    return not _has_media(bare) and bool(_PLACEHOLDER.match(plain(bare)))


def is_only_links(text: str) -> bool:
    """Whether an answer is nothing but links, and none of them says what it leads to.

    "Read the answer on …", a source line or a bare address say nothing; a link that carries a title of its own is an
    answer somebody can check theirs against.
    """
    if ("](" not in text and "http" not in text and "<a" not in text) or len(text) > 5000:
        return False
    if _has_media(text) or "```" in text:
        return False
    bare = _COMMENT.sub("", text)
    around = _LINK.sub(" ", bare)
    if len(around.split()) > MAX_LEAD_IN_WORDS or _WORDS.search(_LEAD_IN.sub(" ", plain(around))):
        return False
    if _ELSEWHERE.match(plain(bare)):
        return True
    labels = " ".join(match.group(1) or match.group(2) or "" for match in _LABEL.finditer(bare))
    return len(_WORDS.findall(_LEAD_IN.sub(" ", plain(labels)))) < MIN_LABEL_WORDS


def _has_media(text: str) -> bool:
    return "![" in text or bool(re.search(r"<(?:img|video|iframe|svg)\b", text, re.IGNORECASE))
