"""What an import will do, before it is done: stored cards and documents to a plan. Pure.

Nothing is deleted: what a document no longer has is archived, and comes back when the document has it again. An edit
made in the portal is never reverted: where only one side changed a field, that side wins; where both did, the texts
are merged block by block; where they collide, the portal's text stays and the plan says so. Where it is likely but not
certain that a question is a card that would go, the plan asks: until somebody confirms it, the question comes in as a new
card and the old one is archived with its history.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from app.content.document import CardText, Warning
from app.content.matching import Doubt, Match, NewCard, Reason, StoredCard, match
from app.content.merge import merge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlannedCard:
    """A question of a document and what becomes of its card.

    `stored` is None for a new card. `text` is what learners will see, `base` what is kept as the document's text (None:
    as before). `changed`, `moved` (in the order, to another section or deck), `restored` and `conflict` say what a
    reader of the plan is told, `reason` and `certainty` (0 to 1) why it is this card; a new card has no reason.
    """

    new: NewCard
    stored: StoredCard | None
    text: CardText
    base: CardText | None
    changed: bool = False
    moved: bool = False
    restored: bool = False
    conflict: bool = False
    reason: Reason | None = None
    certainty: float = 1.0

    @property
    def settled(self) -> bool:
        """Whether only what is kept as the document's text moves on, to what learners have long seen."""
        return self.stored is not None and self.base != self.stored.base and not self.visible

    @property
    def visible(self) -> bool:
        """Whether a learner or an editor sees a difference."""
        return self.stored is None or self.changed or self.moved or self.restored or self.text != self.stored.text


class CardsByKind:
    """What becomes of the cards of a plan, told apart: a plan has its questions as `cards`."""

    __slots__ = ()
    cards: tuple[PlannedCard, ...]

    @property
    def added(self) -> tuple[PlannedCard, ...]:
        """New cards."""
        return tuple(card for card in self.cards if card.stored is None)

    @property
    def moved(self) -> tuple[PlannedCard, ...]:
        """Cards that change their place among the others, their section or their deck."""
        return tuple(card for card in self.cards if card.moved)

    @property
    def restored(self) -> tuple[PlannedCard, ...]:
        """Archived cards whose question came back."""
        return tuple(card for card in self.cards if card.restored)

    @property
    def conflicts(self) -> tuple[PlannedCard, ...]:
        """Cards edited here and in the document so that the texts collide."""
        return tuple(card for card in self.cards if card.conflict)


@dataclass(frozen=True, slots=True)
class ImportPlan(CardsByKind):
    """All that an import will do: the questions in the order of their documents, and the cards to archive.

    `pending` are pairs of an archived card and a new one that may be the same: a person confirms or refuses them, now or
    after the import.
    """

    cards: tuple[PlannedCard, ...]
    archived: tuple[StoredCard, ...]
    warnings: tuple[Warning, ...]
    pending: tuple[Doubt, ...] = ()

    @property
    def changed(self) -> tuple[PlannedCard, ...]:
        """Cards that learners will read differently."""
        return tuple(card for card in self.cards if card.changed)

    @property
    def changes_nothing(self) -> bool:
        """Whether nobody sees a difference; `PlannedCard.settled` may still be true of some cards."""
        return not self.archived and not any(card.visible for card in self.cards)


def plan(stored: Sequence[StoredCard], new: Sequence[NewCard]) -> ImportPlan:
    """Plan the import of the questions `new`, given every card of their collection."""
    matching = match(stored, new)
    wandering = _wandering(matching.pairs)
    by_new = {id(pair.new): pair for pair in matching.pairs}
    cards = tuple(
        _kept(by_new[id(one)], one.deck, by_new[id(one)].stored.guid in wandering)
        if id(one) in by_new
        else PlannedCard(one, None, one.card.text, one.card.text)
        for one in new
    )
    archived = tuple(
        card for card in matching.gone if card.base is not None and card.archived is None and not card.held
    )
    warnings = (
        *(conflict_warning(card) for card in cards if card.conflict),
        *(_ident_warning(one) for one in matching.refused),
        *_replaced_warnings(stored, new, matching.pairs),
    )
    return ImportPlan(cards, archived, warnings, matching.doubts)


def merge_texts(base: CardText | None, ours: CardText, theirs: CardText) -> tuple[CardText, bool]:
    """The text that stands when `base` became `ours` here and `theirs` upstream, and whether they collide.

    Where any field collides the whole of ours stays, so that nobody reads half of one text and half of another.
    """
    if ours == theirs:
        return ours, False
    if base is None:
        return ours, not _asks_alike(ours, theirs)
    question, clash_q = _merge_markdown(base.question, ours.question, theirs.question)
    answer, clash_a = _merge_markdown(base.answer, ours.answer, theirs.answer)
    section, clash_s = _pick(base.section, ours.section, theirs.section)
    tags, clash_t = _pick(base.tags, ours.tags, theirs.tags)
    options, clash_o = _pick(base.options, ours.options, theirs.options)
    if clash_q or clash_a or clash_s or clash_t or clash_o:
        return ours, True
    return CardText(question, answer, section, tags, options), False


def proposal(base: CardText | None, ours: CardText, theirs: CardText) -> CardText:
    """A text to start from where two collide: put together block by block and field by field, ours where they collide."""
    was = base or CardText("", "")
    return CardText(
        merge(was.question, ours.question, theirs.question).text,
        merge(was.answer, ours.answer, theirs.answer).text,
        _pick(was.section, ours.section, theirs.section)[0],
        _pick(was.tags, ours.tags, theirs.tags)[0],
        _pick(was.options, ours.options, theirs.options)[0],
    )


def both(base: CardText | None, ours: CardText, theirs: CardText) -> CardText:
    """Likewise, and where two texts collide both stand there, theirs first; of a place or of options ours, of tags all."""
    was = base or CardText("", "")
    tags, clash = _pick(was.tags, ours.tags, theirs.tags)
    return replace(
        proposal(base, ours, theirs),
        question=merge(was.question, ours.question, theirs.question).both,
        answer=merge(was.answer, ours.answer, theirs.answer).both,
        tags=tuple(dict.fromkeys((*theirs.tags, *ours.tags))) if clash else tags,
    )


def _pick(base: T, ours: T, theirs: T) -> tuple[T, bool]:
    if theirs == base or ours == theirs:
        return ours, False
    return (theirs, False) if ours == base else (ours, True)


def _merge_markdown(base: str, ours: str, theirs: str) -> tuple[str, bool]:
    if _bare(ours) == _bare(theirs):
        return ours, False
    text, clash = _pick(base, ours, theirs)
    if not clash:
        return text, False
    merged = merge(base, ours, theirs)
    return (merged.text, False) if merged.clean else (ours, True)


def _asks_alike(ours: CardText, theirs: CardText) -> bool:
    """Whether two texts are one card's: where it stands and its tags are not always something a document can say."""
    return (_bare(ours.question), _bare(ours.answer), ours.options) == (
        _bare(theirs.question),
        _bare(theirs.answer),
        theirs.options,
    )


def _bare(text: str) -> str:
    """A text as far as documents keep it: blanks at the ends of lines, and lines before and behind, do not count."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _kept(pair: Match, deck: str, wandered: bool) -> PlannedCard:
    stored, theirs = pair.stored, pair.new.card.text
    text, conflict = merge_texts(stored.base, stored.text, theirs)
    return PlannedCard(
        new=pair.new,
        stored=stored,
        text=text,
        base=stored.base if conflict else theirs,
        changed=_without_place(text) != _without_place(stored.text),
        moved=wandered or stored.deck != deck or text.section != stored.text.section,
        restored=stored.archived == "source",
        conflict=conflict,
        reason=pair.reason,
        certainty=pair.certainty,
    )


def _without_place(text: CardText) -> CardText:
    return CardText(text.question, text.answer, (), text.tags, text.options)


def _wandering(pairs: Iterable[Match]) -> set[str]:
    """Cards whose order among the others of their deck changed: those outside a longest run that kept it.

    A card made in the portal gets its place in the document with its first import; that is no move.
    """
    decks: dict[str, list[StoredCard]] = {}
    for pair in pairs:
        if pair.stored.deck == pair.new.deck and pair.stored.base is not None:
            decks.setdefault(pair.new.deck, []).append(pair.stored)
    return {card.guid for cards in decks.values() for card in _outside_longest_run(cards)}


def _outside_longest_run(cards: Sequence[StoredCard]) -> list[StoredCard]:
    """The cards that are not in one longest subsequence with rising positions (patience sorting)."""
    tails: list[int] = []
    piles: list[int] = []
    before: list[int | None] = []
    for index, card in enumerate(cards):
        place = bisect_left(tails, card.position)
        before.append(piles[place - 1] if place else None)
        tails[place : place + 1] = [card.position]
        piles[place : place + 1] = [index]
    run: set[int] = set()
    at: int | None = piles[-1] if piles else None
    while at is not None:
        run.add(at)
        at = before[at]
    return [card for index, card in enumerate(cards) if index not in run]


def conflict_warning(card: PlannedCard) -> Warning:
    """What a reader of the plan is told of a conflict where it is not shown by itself."""
    return Warning(
        card.new.file,
        card.new.card.line,
        f"“{_short(card.text.question)}” was edited both here and in the document: the portal's text stays.",
        "Open the card's edit page, take over what should stand, and save.",
    )


def _ident_warning(new: NewCard) -> Warning:
    return Warning(
        new.file,
        new.card.line,
        f"The id “{new.card.ident}” names no card of this collection, or stands at another question too: it is not used.",
        "Take the comment away, or give the question the id that the portal's export shows.",
    )


def _replaced_warnings(stored: Sequence[StoredCard], new: Sequence[NewCard], pairs: Iterable[Match]) -> list[Warning]:
    """A document in which no question of its deck is left is likely another document of the same name."""
    found = {pair.stored.guid for pair in pairs}
    lost: dict[str, int] = {}
    for card in stored:
        if card.base is not None and card.archived is None and not card.held:
            lost[card.deck] = -1 if card.guid in found or lost.get(card.deck) == -1 else lost.get(card.deck, 0) + 1
    files = {one.deck: one.file for one in new}
    return [
        Warning(
            files[deck],
            1,
            f"None of the {count} questions of the deck “{deck}” is in this document: they are archived.",
            "If this is another document, restore them and import it into a deck of its own.",
        )
        for deck, count in lost.items()
        if count > 0 and deck in files
    ]


def _short(text: str, limit: int = 70) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
