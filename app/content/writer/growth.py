"""A new card in the form that the cards of its document have: a neighbour's lines with other words in them."""

import re
from collections import Counter
from collections.abc import Sequence

from app.content.document import Card, CardKind, Deck, Option
from app.content.writer.changes import Added
from app.content.writer.patch import ITEM, Patch, hanging, joined, line_end, lines_of

_NUMBER = re.compile(r"\d+(?=[^\d]*$)")
_CLOSING = re.compile(r"</[A-Za-z][\w-]*>")
_ROOMY = ("labels", "inline", "csv")
_IDENT_LINE = re.compile(r"[ \t]*<!--\s*(?:card[-_ ])?id\s*[:=].*?-->[ \t]*(?:\r\n|\n|\r)?", re.IGNORECASE)


def grown(source: str, deck: Deck, new: Added, *, blank: bool, tail: bool) -> list[Patch] | None:
    """The patch that puts a card at the end of its section.

    `blank` sets it off by a blank line; `tail` takes over what stands behind its neighbour's answer, which may close
    something or may be a promotion.
    """
    last = _last_of_section(deck, new.text.section)
    if last is None:
        return None
    model = _model(source, deck, last, new)
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


def labelled(source: str, deck: Deck, new: Added) -> list[Patch] | None:
    """A card with labels, at the end of its section: for a document whose own form has no room for it."""
    last = _last_of_section(deck, new.text.section)
    if last is None or new.text.options or not new.text.answer.strip():
        return None
    eol = line_end(source)
    at = last.span.start + len(last.span.of(source).rstrip())
    mark = f"<!-- id: {new.ident} -->{eol}" if new.ident else ""
    asked, answered = eol.join(lines_of(new.text.question)), eol.join(lines_of(new.text.answer))
    return [Patch(at, at, f"{eol}{eol}{mark}Q: {asked}{eol}{eol}A: {answered}")]


def _last_of_section(deck: Deck, section: tuple[str, ...]) -> Card | None:
    """The last card of a section; of the document, where it has no such section."""
    within = [card for card in deck.cards if card.section == section] or deck.cards
    return within[-1] if within else None


def _model(source: str, deck: Deck, last: Card, new: Added) -> Card | None:
    """The card whose form is taken: the nearest before `last` that is written as most are, and like the new one."""
    asks = bool(new.text.options)
    fit = [
        card
        for card in deck.cards
        if card.kind is not CardKind.CLOZE
        and card.answer_span is not None
        and card.answer.strip()
        and bool(card.options) >= asks
        and card.question_span.end <= card.answer_span.start
        and card.answer_span.end <= card.span.end
    ]
    for wanted in (
        [card for card in fit if bool(card.options) == asks and card.tags == new.text.tags],
        [card for card in fit if bool(card.options) == asks],
        fit,
    ):
        gaps = Counter(_between(source, card) for card in wanted if not card.options)
        usual = gaps.most_common(1)[0][0] if gaps else None
        likely = [card for card in wanted if card.options or _between(source, card) == usual]
        if likely:
            before = [card for card in likely if card.span.start <= last.span.start]
            return before[-1] if before else likely[0]
    return None


def _block(source: str, deck: Deck, model: Card, new: Added, *, tail: bool) -> str | None:
    question, answer, span = model.question_span, model.answer_span, model.span
    if (
        answer is None
        or answer.start < question.end
        or (len(lines_of(new.text.question)) > 1 and deck.dialect not in _ROOMY)
    ):
        return None
    number = _next_number(source, deck)
    if number is not None:
        number += new.number
    head = _IDENT_LINE.sub("", source[span.start : question.start])
    if number is not None:
        head = _NUMBER.sub(str(number), head)
    gap = _between(source, model)
    behind = source[answer.end : span.end]
    closing = behind.rstrip() if tail else _closing(source, answer.end, behind)
    if deck.dialect in ("csv", "tables"):
        return head + _cell(new.text.question) + gap + _cell(new.text.answer) + behind.rstrip("\r\n")
    if model.options_span is not None:
        listed = _listed(source, model, new.text.options)
        if listed is None:
            return None
        gap = listed
    start, indent = _gap_and_indent(source, model, head, gap)
    written = joined(lines_of(new.text.answer), indent, line_end(source)) if new.text.answer.strip() else ""
    return head + new.text.question + start + written + closing


def _gap_and_indent(source: str, model: Card, head: str, gap: str) -> tuple[str, str]:
    """The gap before the answer and the indentation of its lines; in a list item both are as wide as the new mark."""
    if model.answer_span is None or "\n" not in gap:
        return gap, ""
    before = gap[gap.rfind("\n") + 1 :]
    old, new = ITEM.match(source[model.span.start : model.question_span.start]), ITEM.match(head)
    if old is not None and new is not None and before.isspace() and len(before) == len(old.group(0)):
        indent = " " * len(new.group(0))
        return gap.removesuffix(before) + indent, indent
    return gap, hanging(before)


def _between(source: str, model: Card) -> str:
    """What stands between question and answer: markup, labels, blank lines; comments with an id left out."""
    end = model.answer_span.start if model.answer_span is not None else model.question_span.end
    return re.sub(r"\s*<!--\s*(?:card[-_ ])?id\s*[:=].*?-->", "", source[model.question_span.end : end])


def _listed(source: str, model: Card, options: Sequence[Option]) -> str | None:
    """What stands between question and answer of a choice card, with other options in it, or with none."""
    span, answer = model.options_span, model.answer_span
    if span is None or answer is None or not model.question_span.end <= span.start <= span.end <= answer.start:
        return None
    before, behind = source[model.question_span.end : span.start], source[span.end : answer.start]
    if not options:
        return before + behind.lstrip()
    place = source.find(lines_of(model.options[0].text)[0], span.start, span.end)
    start = max(source.rfind("\n", 0, place), source.rfind("\r", 0, place)) + 1
    form = source[start:place]
    rows = [_option(form, model.options[0].key, option) for option in options]
    return before + line_end(source).join(rows).lstrip() + behind


def _option(form: str, key: str, option: Option) -> str:
    """An option written as another one is, whose key and text stand behind `form`."""
    head = re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", option.key, form, count=1)
    return re.sub(r"\[[ xX]?\]", "[x]" if option.right else "[ ]", head, count=1) + option.text


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
