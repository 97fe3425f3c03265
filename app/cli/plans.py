"""An import's plan as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from app.content.diff import Change, Piece, compare, shorten
from app.content.render import plain

if TYPE_CHECKING:
    from app.content.document import CardText, Warning
    from app.content.matching import Doubt
    from app.content.plan import PlannedCard
    from app.library.outcome import DeckPlan

SHOWN = 20
"""Cards of one kind, and warnings, that are listed; of more, their number."""
WIDTH = 100
WORDS = {
    "added": "added",
    "changed": "changed",
    "moved": "moved",
    "restored": "restored",
    "archived": "archived",
    "conflicts": "edited on both sides",
    "pending": "to confirm",
}


def show(decks: Sequence[DeckPlan], *, shown: int | None = SHOWN) -> None:
    """Print what happens to each deck."""
    still = [deck for deck in decks if not deck.changed]
    for deck in decks:
        if deck.changed:
            click.echo(_heading(deck))
            for line in _lines(deck, shown):
                click.echo(f"  {line}")
    if len(still) == 1:
        click.echo(f"{still[0].slug}: as it was.")
    elif still:
        click.echo(f"{len(still)} decks are as they were.")


def warn(warnings: Sequence[Warning], *, shown: int | None = SHOWN) -> None:
    """Print what deserves a look, to the error stream."""
    for one in warnings[:shown]:
        click.echo(f"warning: {one.file}:{one.line}: {one.message} {one.remedy}", err=True)
    if shown is not None and len(warnings) > shown:
        click.echo(f"… and {len(warnings) - shown} more warnings; `reprise content preview` lists all.", err=True)


def summary(decks: Iterable[DeckPlan]) -> str:
    """All decks' numbers in one line; empty where no card changes."""
    total: dict[str, int] = {}
    for deck in decks:
        for name, count in deck.numbers().items():
            total[name] = total.get(name, 0) + count
    return _counted(total)


def in_one_line(text: str, width: int = WIDTH) -> str:
    """A Markdown text as its words on one line, cut to `width` characters."""
    line = " ".join(plain(text).split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{numbers[name]} {words}" for name, words in WORDS.items() if numbers.get(name))


def _heading(deck: DeckPlan) -> str:
    about = f"“{deck.title}”, {deck.file}" if deck.file else f"“{deck.title}”, its file is gone"
    what = _counted(deck.numbers()) or "the document is stored, no card changes"
    return f"{deck.slug} ({'new deck ' if deck.new else ''}{about}): {what}"


def _lines(deck: DeckPlan, shown: int | None) -> Iterator[str]:
    yield from _some([f"+ {_place(card)}" for card in deck.added[:shown]], len(deck.added), "added")
    for card in deck.edited:
        yield f"~ {_place(card)}"
        if card.stored is not None:
            yield from (f"    {line}" for line in difference(card.stored.text, card.text))
    for sign, cards in ((">", deck.moved), ("<", deck.restored), ("!", deck.conflicts)):
        yield from _some([f"{sign} {_place(card)}" for card in cards[:shown]], len(cards), "more")
    yield from _doubts(deck.pending[:shown])
    gone = [f"- {in_one_line(card.text.question)}" for card in deck.archived[:shown]]
    yield from _some(gone, len(deck.archived), "archived")


def _doubts(doubts: Sequence[Doubt]) -> Iterator[str]:
    for doubt in doubts:
        yield f"? {doubt.new.file}:{doubt.new.card.line}  {in_one_line(doubt.new.card.question)}"
        yield f"    may be ({doubt.certainty:.0%})  {in_one_line(doubt.stored.text.question)}"


def _place(card: PlannedCard) -> str:
    return f"{card.new.file}:{card.new.card.line}  {in_one_line(card.text.question)}"


def difference(before: CardText, after: CardText) -> Iterator[str]:
    """What changes between two texts, word by word, each changed field a line or more."""
    fields = [(before.question, after.question), (before.answer, after.answer)]
    fields.append((_options(before), _options(after)))
    fields.append((", ".join(before.tags), ", ".join(after.tags)))
    for old, new in fields:
        if old != new:
            yield from "".join(_marked(piece) for piece in shorten(compare(old, new))).splitlines()


def _options(text: CardText) -> str:
    return "\n".join(f"[{'x' if option.right else ' '}] {option.key}. {option.text}" for option in text.options)


def _marked(piece: Piece) -> str:
    if piece.change is Change.REMOVED:
        return f"[-{piece.text}-]"
    return f"{{+{piece.text}+}}" if piece.change is Change.ADDED else piece.text


def _some(lines: list[str], count: int, word: str) -> list[str]:
    return lines if count <= len(lines) else [*lines, f"… and {count - len(lines)} {word}"]
