"""What of a card asks and what answers: title, statement, options and answer told apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.content.document import Option, Span
from app.content.parsing.answers import (
    Answer,
    Line,
    answer_of,
    answer_opens,
    body_lines,
    read_answer,
    span_of,
    text_of,
    trim,
)
from app.content.parsing.choices import find_choice, with_key
from app.content.parsing.document import Document
from app.content.parsing.reading import Mark
from app.content.parsing.source import LINE_END

_ASKS_ABOUT_CODE = re.compile(
    r":$|\b(?:output|result|logged|prints?|printed|logs?|evaluates?|returns?|returned by|happens?|"
    r"wrong with|does|do)\b.*\b(?:this|these|following|below|code)\b|"
    r"\b(?:this|these|the following|below) (?:code|snippet|program|function|query|examples?)\b",
    re.IGNORECASE,
)
_ASKS_TO_CHOOSE = re.compile(r"\b(?:which of|choose|select|pick|tick|of the following|true or false)\b", re.IGNORECASE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_IMAGE = re.compile(r"^\s*(?:!\[[^\[\]]*\]\([^()]*\)|<img\b[^<>]*>|</?p\b[^<>]*>|\s)+$", re.IGNORECASE)
_LETTER_A = re.compile(r"^\s*A\d{0,3}[.)][ \t]+(?=\S)")
_LETTER_B = re.compile(r"^\s*(?:[-*+]\s+)?B[.)]\s")
MAX_LINES_BEFORE_OPTIONS = 6


@dataclass(slots=True)
class Texts:
    """What a card says: question and answer with their spans, and its options with theirs."""

    question: str
    question_span: Span
    answer: Answer
    options: tuple[Option, ...] = ()
    options_span: Span | None = None
    in_a_quiz: "Texts | None" = None
    """The same read as a choice of which nothing says what is right: what it is where other cards are choices, too."""


def texts_of(document: Document, mark: Mark, end: int) -> Texts:
    """What the card of `mark` says, which ends at `end` at the latest."""
    title = mark.title
    span = Span(mark.title_start + title.start, mark.title_start + title.end)
    if mark.question is None and not span.of(document.source.text).strip():
        # Nothing is left of "Question 7" or of a lone sign: then it asks as it stands.
        span = Span(mark.title_start, mark.title_end)
    question = mark.question if mark.question is not None else _unwrapped(span.of(document.source.text))
    stretch = mark.answers
    if stretch is None:
        return Texts(question, span, Answer("", None))
    stretch.end = max(stretch.start, min(stretch.end, end))
    if mark.answer is not None:
        return Texts(question, span, Answer(mark.answer, Span(stretch.start, stretch.end), labelled=True))
    lines = body_lines(document, stretch)
    if mark.apart is not None:
        return _with_answer_apart(document, mark, question, span, lines)
    open_choice: Texts | None = None
    if not mark.cloze:
        texts = _choice_below(document, mark, question, span, lines) or _choice_inside(mark, question, span, lines)
        if texts is not None and _is_settled(mark, texts):
            return texts
        open_choice = texts
        texts = _statement_below(document, mark, question, span, lines)
        if texts is not None:
            return texts
    if title.form == "question":
        _drop_letter(lines)
    answer = answer_of(lines, stretch)
    if answer.span is not None and _is_only_code(answer.text) and _ASKS_ABOUT_CODE.search(mark.plain):
        whole = Span(span.start, answer.span.end)
        return Texts(f"{question.strip()}\n\n{answer.text}", whole, Answer("", None))
    return Texts(question, span, answer, in_a_quiz=open_choice)


def settled(found: Sequence[Texts]) -> list[Texts]:
    """The texts of a document's cards, those that may be choices decided by what the others are."""
    open_ones = sum(texts.in_a_quiz is not None for texts in found)
    if not any(texts.options for texts in found) and 2 * open_ones <= len(found):
        return list(found)
    return [texts.in_a_quiz or texts for texts in found]


def _drop_letter(lines: list[Line]) -> None:
    """Take the `A.` off that answers a `Q1.`; where a `B.` follows it is the first of a list."""
    kept = trim(lines)
    match = _LETTER_A.match(kept[0].text) if kept and not kept[0].code else None
    if match is not None and not any(_LETTER_B.match(line.text) for line in kept[1:]):
        kept[0].text, kept[0].start = kept[0].text[match.end() :], kept[0].start + match.end()


def _is_settled(mark: Mark, texts: Texts) -> bool:
    """Whether a choice is one whatever the rest of the document looks like: something is right, or it asks to choose."""
    return any(option.right for option in texts.options) or bool(_ASKS_TO_CHOOSE.search(mark.plain))


def _with_answer_apart(document: Document, mark: Mark, question: str, span: Span, lines: list[Line]) -> Texts:
    """A card whose answer stands in another part of the document: all that stands below its title asks."""
    stretch = mark.answers
    answer = Answer("", None) if mark.apart is None else read_answer(document, mark.apart)
    answer.labelled = True
    texts = _choice_below(document, mark, question, span, lines, answer)
    texts = texts or _choice_inside(mark, question, span, lines, answer)
    below = trim(lines)
    if texts is not None or not below or stretch is None:
        return texts or Texts(question, span, answer)
    whole = Span(span.start, max(span_of(below, stretch).end, span.end))
    return Texts(f"{question.strip()}\n\n{text_of(below, stretch)}", whole, answer)


def _unwrapped(title: str) -> str:
    """A title as the document has it, without the indentation of its further lines, which counts in code only."""
    if "\n" not in title and "\r" not in title:
        return title
    lines = LINE_END.split(title)
    if all(map(str.strip, lines)) and not any(line.lstrip()[:3] in ("```", "~~~") for line in lines):
        lines = [line.strip(" \t") for line in lines]
    return "\n".join(lines)


def _statement_below(document: Document, mark: Mark, question: str, span: Span, lines: list[Line]) -> Texts | None:
    """Code or pictures between the title and a label that says "Answer": they belong to the question.

    Where there is text among them, all of it stays with the answer: authors put a first part of the answer there as often.
    """
    stretch = mark.answers
    if stretch is None or mark.inline:
        return None
    opening = answer_opens(document, lines, stretch)
    above = trim(lines[:opening]) if opening is not None else []
    if not above or any(not line.code and line.text.strip() and not _IMAGE.match(line.text) for line in above):
        return None
    answer = answer_of(lines[opening:], stretch)
    below = span_of(above, stretch)
    question = f"{question.strip()}\n\n{text_of(above, stretch)}"
    return Texts(question, Span(span.start, max(below.end, span.end)), replace(answer, labelled=True))


def _choice_below(
    document: Document, mark: Mark, question: str, span: Span, lines: list[Line], apart: Answer | None = None
) -> Texts | None:
    """Options below the title: what stands before them belongs to the question, what stands after answers, or `apart`."""
    stretch = mark.answers
    choice = find_choice([line.text for line in lines], [line.code for line in lines])
    if choice is None or stretch is None or not _may_precede_options(lines[: choice.first]):
        return None
    before, listed = trim(lines[: choice.first]), lines[choice.first : choice.last]
    options_span = span_of(listed, stretch)
    if choice.ticked:
        options, answer = choice.options, answer_of(lines[choice.first :], stretch)
    else:
        answer = apart or answer_of(lines[choice.last :], stretch)
        keyed = with_key(choice.options, answer.text, labelled=answer.labelled)
        if keyed is None and (answer.text or not choice.options[0].key.isalpha()):
            return None
        options = keyed or choice.options
    if before:
        below = span_of(before, stretch)
        question = f"{question.strip()}\n\n{text_of(before, stretch)}"
        span = Span(span.start, max(below.end, span.end))
    return Texts(question, span, answer, options, options_span)


def _choice_inside(
    mark: Mark, question: str, span: Span, lines: list[Line], apart: Answer | None = None
) -> Texts | None:
    """Options that are part of the question's own text, as behind a `Q:`."""
    if mark.question is not None or mark.answers is None or "\n" not in question:
        return None
    parts = _LINE.findall(question)
    choice = find_choice([part.rstrip("\r\n") for part in parts], [False] * len(parts))
    if choice is None or choice.first == 0:
        return None
    answer = apart or answer_of(lines, mark.answers)
    options = choice.options if choice.ticked else with_key(choice.options, answer.text, labelled=answer.labelled)
    if options is None and (answer.text or not choice.options[0].key.isalpha()):
        return None
    options = options or choice.options
    asked = "".join(parts[: choice.first]).rstrip()
    if asked.endswith("**") and asked.count("**") % 2:
        asked = asked.removesuffix("**").rstrip()  # it closed what the label opened
    listed = span.start + len("".join(parts[: choice.first]))
    options_span = Span(listed, listed + len("".join(parts[choice.first : choice.last]).rstrip()))
    return Texts(asked, Span(span.start, span.start + len(asked)), answer, options, options_span)


def _may_precede_options(lines: list[Line]) -> bool:
    """Whether lines between title and options can be part of the question: code, images, a few lines of text."""
    texts = [line.text for line in lines if not line.code and line.text.strip()]
    return sum(not text.lstrip().startswith(("!", "<", "|")) for text in texts) <= MAX_LINES_BEFORE_OPTIONS


def _is_only_code(text: str) -> bool:
    return text.startswith("```") and text.endswith("```") and text.count("```") == 2
