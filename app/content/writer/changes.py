"""What can be changed in a document, and the ways each change can be written there, the most careful first."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.content.document import Card, CardKind, CardText, Deck, Option, Span
from app.content.writer.patch import Patch, by_lines, line_end, lines_of, whole

_IDENT = re.compile(r"<!--\s*(?:card[-_ ])?id\s*[:=]\s*(?P<name>[\w.-]{1,64})\s*-->", re.IGNORECASE)
_TICK = re.compile(r"(?P<before>[ \t]*(?:[-*+]|\d{1,2}[.)])[ \t]+\\?\[)(?P<tick>[ xX✓✔]?)(?P<after>\\?\])")
_OPTION = re.compile(
    r"(?P<before>(?:[-*+]|\d{1,2}[.)])?[ \t]*(?:\*\*|__|`)?[(\[]?)(?P<key>[A-Ha-h]|\d{1,2})(?P<after>[.):\]])"
)
_CLOSE = ("lists", "tables", "inline")
_DELIMITED = (".csv", ".tsv", ".tab")


@dataclass(frozen=True, slots=True)
class Edit:
    """A card says something else."""

    index: int
    text: CardText


@dataclass(frozen=True, slots=True)
class Mark:
    """A card gets a comment with its id."""

    index: int
    ident: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A card's lines go."""

    index: int


@dataclass(frozen=True, slots=True)
class Added:
    """A new card, the `number`-th of those given."""

    number: int
    text: CardText
    ident: str | None


Change = Edit | Mark | Removal | Added
Way = Callable[[str, Deck], "list[Patch] | None"]


def ways(change: Change) -> tuple[Way, ...]:
    """How a change can be written; each returns patches, or None where it does not fit the document."""
    if isinstance(change, Edit):
        return (
            lambda source, deck: _edited(source, deck, change, by_line=True),
            lambda source, deck: _edited(source, deck, change, by_line=False),
        )
    if isinstance(change, Mark):
        return _ways_to_mark(change)
    if isinstance(change, Removal):
        return (lambda _, deck: [Patch(deck.cards[change.index].span.start, deck.cards[change.index].span.end, "")],)
    return _ways_to_add(change)


def _ways_to_add(added: Added) -> tuple[Way, ...]:
    from app.content.writer.growth import grown, labelled

    def way(blank: bool, tail: bool) -> Way:
        return lambda source, deck: grown(source, deck, added, blank=blank, tail=tail)

    forms = tuple(way(blank, tail) for blank in (True, False) for tail in (False, True))
    return (*forms, lambda source, deck: labelled(source, deck, added))


def _edited(source: str, deck: Deck, edit: Edit, *, by_line: bool) -> list[Patch] | None:
    card, text = deck.cards[edit.index], edit.text
    if card.kind is CardKind.CLOZE:
        return None
    patches: list[Patch] = []
    write = _by_lines if by_line else _whole
    if text.question != card.question:
        found = write(source, deck, card.question_span, card.question, text.question)
        if found is None:
            return None
        patches += found
    if text.options != card.options and not (holds_options(card) and text.answer != card.answer):
        found = _options(source, card, text.options)
        if found is None:
            return None
        patches += found
    if text.answer != card.answer:
        found = _answered(source, deck, card, text.answer, write)
        if found is None:
            return None
        patches += found
    return patches


Writer = Callable[[str, Deck, Span, str, str], "list[Patch] | None"]


def _by_lines(source: str, deck: Deck, span: Span, before: str, after: str) -> list[Patch] | None:
    escaped = _escaped(source, deck, span, after)
    if escaped is not None:
        return escaped
    titled = any(card.question_span is span for card in deck.cards)
    return by_lines(source, span, before, after, titled=titled)


def _whole(source: str, deck: Deck, span: Span, _: str, after: str) -> list[Patch] | None:
    return _escaped(source, deck, span, after) or whole(source, span, after)


def _escaped(source: str, deck: Deck, span: Span, text: str) -> list[Patch] | None:
    """The patch of a cell of a table or a field of a CSV file; None in all other documents."""
    if deck.file.lower().endswith(_DELIMITED) or deck.dialect == "csv":
        quoted = source[span.start - 1 : span.start] == '"' and source[span.end : span.end + 1] == '"'
        field = text.replace('"', '""')
        plain = not quoted and field == text and not re.search(r"[,;\t\r\n|]", text) and text == text.strip()
        return [Patch(span.start, span.end, field if quoted or plain else f'"{field}"')]
    if deck.dialect == "tables":
        start = max(source.rfind("\n", 0, span.start), source.rfind("\r", 0, span.start)) + 1
        if "|" in source[start : span.start] or source[span.end :].lstrip(" \t").startswith("|"):
            cell = re.sub(r"(?<!\\)\|", r"\\|", "<br>".join(lines_of(text)))
            return [Patch(span.start, span.end, cell)]
    return None


def holds_options(card: Card) -> bool:
    """Whether the options are part of the answer's text, as ticked lists are."""
    options, answer = card.options_span, card.answer_span
    return options is not None and answer is not None and answer.start <= options.start < answer.end


def _answered(source: str, deck: Deck, card: Card, answer: str, write: Writer) -> list[Patch] | None:
    span = card.answer_span
    if span is not None and answer.strip():
        return write(source, deck, span, card.answer, answer)
    if span is not None:
        return [Patch(span.start, span.end, "")]
    at = _end_of_line(source, max(card.question_span.end, card.options_span.end if card.options_span else 0))
    eol = line_end(source)
    start = max(source.rfind("\n", 0, card.question_span.start), source.rfind("\r", 0, card.question_span.start)) + 1
    before = re.match(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?", source[start : card.question_span.start])
    margin = " " * len(before.group(0)) if before is not None else ""
    rows = [margin + row if row.strip() else "" for row in lines_of(answer)]
    return [Patch(at, at, eol + eol + eol.join(rows))]


def _end_of_line(source: str, at: int) -> int:
    match = re.compile(r"[^\r\n]*").match(source, at)
    return at if match is None else match.end()


def _options(source: str, card: Card, options: tuple[Option, ...]) -> list[Patch] | None:
    """Texts and ticks of as many options; a key that stands in the answer changes there, with the answer's text."""
    span = card.options_span
    if span is None or len(options) != len(card.options) or not options:
        return None
    patches: list[Patch] = []
    at = span.start
    for was, now in zip(card.options, options, strict=True):
        if was.key != now.key:
            return None
        first, *others = lines_of(was.text)
        place = source.find(first, at, span.end)
        if place < 0 or (others and was.text != now.text):
            return None
        start = max(source.rfind("\n", 0, place), source.rfind("\r", 0, place)) + 1
        if was.text != now.text:
            patches.append(Patch(place, place + len(first), now.text))
        tick = _TICK.match(source, start)
        if was.right != now.right and tick is not None:
            patches.append(Patch(tick.start("tick"), tick.end("tick"), "x" if now.right else " "))
        at = place + len(first)
    return patches


def _ways_to_mark(mark: Mark) -> tuple[Way, ...]:
    """A comment on a line of its own; behind the question's words where a line between cards would part their list."""

    def first(source: str, deck: Deck) -> list[Patch] | None:
        card = deck.cards[mark.index]
        if card.ident is not None:
            return _renamed(source, card, mark.ident)
        return _marked_inside(source, card, mark.ident) if deck.dialect in _CLOSE else None

    return (
        first,
        lambda source, deck: _marked_above(source, deck.cards[mark.index], mark.ident),
        lambda source, deck: _marked_behind(source, deck.cards[mark.index], mark.ident),
        lambda source, deck: _marked_inside(source, deck.cards[mark.index], mark.ident),
    )


def _renamed(source: str, card: Card, ident: str) -> list[Patch] | None:
    """An id comment that the card has, with another id."""
    if card.ident is None:
        return None
    for match in _IDENT.finditer(source, card.span.start, card.span.end):
        if match.group("name") == card.ident:
            return [Patch(match.start("name"), match.end("name"), ident)]
    return None


def _marked_above(source: str, card: Card, ident: str) -> list[Patch] | None:
    start = max(source.rfind("\n", 0, card.span.start), source.rfind("\r", 0, card.span.start)) + 1
    margin = source[start : card.span.start]
    if margin.strip():
        return None
    return [Patch(start, start, f"{margin}<!-- id: {ident} -->{line_end(source)}")]


def _marked_behind(source: str, card: Card, ident: str) -> list[Patch]:
    at = _end_of_line(source, card.question_span.start + len(lines_of(card.question_span.of(source))[0]))
    return [Patch(at, at, f" <!-- id: {ident} -->")]


def _marked_inside(source: str, card: Card, ident: str) -> list[Patch]:
    at = card.question_span.start + len(lines_of(card.question_span.of(source))[0])
    return [Patch(at, at, f" <!-- id: {ident} -->")]
