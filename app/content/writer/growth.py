"""A new card in the form that the cards of its document have: a neighbour's lines with other words in them."""

import re

from app.content.document import Card, CardKind, Deck
from app.content.writer.changes import Added
from app.content.writer.patch import Patch, applied, by_lines, line_end, lines_of, whole

_NUMBER = re.compile(r"\d+(?=[^\d]*$)")
_CLOSING = re.compile(r"</[A-Za-z][\w-]*>")
_IDENT_LINE = re.compile(r"[ \t]*<!--\s*(?:card[-_ ])?id\s*[:=].*?-->[ \t]*(?:\r\n|\n|\r)?", re.IGNORECASE)


def grown(source: str, deck: Deck, new: Added, *, blank: bool, tail: bool) -> list[Patch] | None:
    """The patch that puts a card at the end of its section.

    `blank` sets it off by a blank line; `tail` takes over what stands behind its neighbour's answer, which may close
    something or may be a promotion.
    """
    last = _last_of_section(deck, new.text.section)
    if last is None or new.text.options:
        return None
    model = _model(deck, last)
    block = None if model is None else _block(source, deck, model, new, tail=tail)
    if model is None or block is None:
        return None
    eol = line_end(source)
    at = last.span.start + len(last.span.of(source).rstrip())
    start = max(source.rfind("\n", 0, model.span.start), source.rfind("\r", 0, model.span.start)) + 1
    margin = source[start : model.span.start]
    block = block if margin.strip() else margin + block
    mark = f"<!-- id: {new.ident} -->{eol}" if new.ident and blank else ""
    return [Patch(at, at, eol + (eol if blank else "") + mark + block)]


def _last_of_section(deck: Deck, section: tuple[str, ...]) -> Card | None:
    """The last card of a section; of the document, where it has no such section."""
    within = [card for card in deck.cards if card.section == section] or deck.cards
    return within[-1] if within else None


def _model(deck: Deck, last: Card) -> Card | None:
    """The card whose form is taken: the nearest before `last` that has an answer and no options."""
    before = [card for card in deck.cards if card.span.start <= last.span.start]
    return next(
        (
            card
            for card in reversed(before)
            if card.kind is CardKind.BASIC and card.answer_span is not None and card.answer.strip()
        ),
        None,
    )


def _block(source: str, deck: Deck, model: Card, new: Added, *, tail: bool) -> str | None:
    question, answer, span = model.question_span, model.answer_span, model.span
    if answer is None or answer.start < question.end or len(lines_of(new.text.question)) > 1:
        return None
    number = _next_number(source, deck)
    head = _IDENT_LINE.sub("", source[span.start : question.start])
    if number is not None:
        head = _NUMBER.sub(str(number), head)
    gap = _between(source, model)
    behind = source[answer.end : span.end]
    closing = behind.rstrip() if tail else _closing(source, answer.end, behind)
    if deck.dialect in ("csv", "tables"):
        return head + _cell(new.text.question) + gap + _cell(new.text.answer) + behind.rstrip("\r\n")
    patches = by_lines(source, answer, model.answer, new.text.answer) or whole(source, answer, new.text.answer)
    inner = [Patch(one.start - answer.start, one.end - answer.start, one.text) for one in patches]
    written = applied(answer.of(source), inner) if new.text.answer.strip() else ""
    return head + new.text.question + gap + written + closing


def _between(source: str, model: Card) -> str:
    """What stands between question and answer: markup, labels, blank lines; comments with an id left out."""
    end = model.answer_span.start if model.answer_span is not None else model.question_span.end
    return re.sub(r"\s*<!--\s*(?:card[-_ ])?id\s*[:=].*?-->", "", source[model.question_span.end : end])


def _closing(source: str, at: int, behind: str) -> str:
    """What of the text behind an answer closes an element, up to the last end tag; else nothing."""
    found = [match.end() for match in _CLOSING.finditer(behind)]
    rest = behind.partition("\n")[0].rstrip()
    if found:
        return behind[: found[-1]]
    return rest if rest and not rest[0].isspace() else ""


def _cell(text: str) -> str:
    return "<br>".join(lines_of(text)).replace("|", "\\|")


def _next_number(source: str, deck: Deck) -> int | None:
    """The number after the highest one before the questions, where they are numbered."""
    numbers = []
    for card in deck.cards:
        head = _IDENT_LINE.sub("", source[card.span.start : card.question_span.start])
        match = _NUMBER.search(head)
        numbers.append(int(match.group(0)) if match is not None and len(match.group(0)) < 6 else 0)
    return max(numbers) + 1 if numbers and sum(map(bool, numbers)) * 2 > len(numbers) else None
