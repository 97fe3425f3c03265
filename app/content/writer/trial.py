"""Trying changes on a document: it is read again, and what is not read as it was meant is taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from app.content.document import Card, CardText, ContentError, Deck
from app.content.parsing import parse
from app.content.writer.changes import Added, Change, Edit, Mark, Removal, holds_options, ways
from app.content.writer.patch import Patch, applied, lines_of, overlap


@dataclass(slots=True)
class Trial:
    """A document being changed. `text` is what has been proven so far; with nothing changed the source itself."""

    source: str
    deck: Deck
    text: str = field(init=False)
    _kept: list[tuple[Change, list[Patch]]] = field(default_factory=list)
    _dialect: str | None = None

    def __post_init__(self) -> None:
        self.text = self.source

    def run(self, wanted: Sequence[Change]) -> list[Change]:
        """Make as many changes as can be made; returns those that cannot."""
        left = list(wanted)
        if wanted:
            self._dialect = None if self._reads_alike() else self.deck.dialect
        for round_ in range(max((len(ways(change)) for change in wanted), default=0)):
            ready = []
            for change in left:
                forms = ways(change)
                patches = forms[round_](self.source, self.deck) if round_ < len(forms) else None
                if patches is not None:
                    ready.append((change, patches))
            self._keep_what_holds(ready)
            done = {id(change) for change, _ in self._kept}
            left = [change for change in left if id(change) not in done]
        return left

    def _reads_alike(self) -> bool:
        """Whether the document by itself is read as the deck was, or only in the dialect it was read in."""
        try:
            read = parse(self.source, self.deck.file)
        except ContentError:
            return False
        return (read.dialect, len(read.cards)) == (self.deck.dialect, len(self.deck.cards))

    def _keep_what_holds(self, ready: list[tuple[Change, list[Patch]]]) -> None:
        """Keep the changes that read as meant together: all, or those that remain when the culprits are out."""
        if not ready:
            return
        culprits = self._culprits([*self._kept, *ready])
        if culprits is not None and not culprits:
            self._kept.extend(ready)
            self.text = applied(self.source, [patch for _, patches in self._kept for patch in patches])
            return
        good = [one for one in ready if culprits is not None and id(one[0]) not in culprits]
        if len(good) < len(ready) and culprits is not None:
            self._keep_what_holds(good)
        elif len(ready) > 1:
            middle = len(ready) // 2
            self._keep_what_holds(ready[:middle])
            self._keep_what_holds(ready[middle:])

    def _culprits(self, changes: Sequence[tuple[Change, list[Patch]]]) -> set[int] | None:
        """The identities of changes that are not read as meant; None where it cannot be told which."""
        patches = [patch for _, own in changes for patch in own]
        if overlap(patches):
            return None
        try:
            read = parse(applied(self.source, patches), self.deck.file, dialect=self._dialect)
        except ContentError:
            return None
        expected = _expected(self.deck, [change for change, _ in changes])
        if read.dialect != self.deck.dialect:
            return None
        wrong = _wrong(read.cards, expected)
        found = {id(change) for number in wrong for change in expected[number].changes}
        if wrong and not found:
            near = {number + step for number in wrong for step in (-1, 1)}
            found = {
                id(change) for number in near if 0 <= number < len(expected) for change in expected[number].changes
            }
        return found if found or (not wrong and len(read.cards) == len(expected)) else None


def _wrong(read: Sequence[Card], expected: Sequence["_Expected"]) -> list[int]:
    """The places whose card was not read as it was meant, however many others were read between them."""
    if len(read) == len(expected):
        return [number for number, one in enumerate(expected) if not one.holds(read[number])]
    matcher = SequenceMatcher(
        None, [_bare(card.question) for card in read], [_bare(one.text.question) for one in expected], autojunk=False
    )
    pairs = {
        block.b + offset: read[block.a + offset]
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }
    return [number for number, one in enumerate(expected) if number not in pairs or not one.holds(pairs[number])]


@dataclass(slots=True)
class _Expected:
    """What must be read at one place: a text, the id, and the changes that are to blame where it is not."""

    text: CardText
    ident: str | None
    placed: bool
    answered: bool = True
    """Whether the answer counts: a ticked list is part of it, and follows where only the options were edited."""
    changes: list[Change] = field(default_factory=list)

    def holds(self, card: Card) -> bool:
        """Whether a card that was read is the one that was meant."""
        same = _bare(card.question) == _bare(self.text.question)
        same = same and (not self.answered or _bare(card.answer) == _bare(self.text.answer))
        ident = self.ident is None or card.ident == self.ident
        place = not self.placed or (card.section, card.tags) == (self.text.section, self.text.tags)
        options = [(one.key, _bare(one.text), one.right) for one in card.options]
        return same and ident and place and options == [(o.key, _bare(o.text), o.right) for o in self.text.options]


def _expected(deck: Deck, changes: Iterable[Change]) -> list[_Expected]:
    """The cards that must be read, in their order."""
    found = [_Expected(card.text, card.ident, placed=True) for card in deck.cards]
    behind: dict[int, list[_Expected]] = {}
    gone: set[int] = set()
    for change in changes:
        if isinstance(change, Added):
            behind.setdefault(_last(deck, change.text.section), []).append(
                _Expected(change.text, change.ident, placed=False, changes=[change])
            )
            continue
        one = found[change.index]
        one.changes.append(change)
        if isinstance(change, Edit):
            own = one.text
            nested = holds_options(deck.cards[change.index])
            one.answered = not (nested and change.text.answer == own.answer and change.text.options != own.options)
            one.text = CardText(change.text.question, change.text.answer, own.section, own.tags, change.text.options)
        elif isinstance(change, Mark):
            one.ident = change.ident
        elif isinstance(change, Removal):
            gone.add(change.index)
    return [
        one for index, kept in enumerate(found) for one in ([] if index in gone else [kept]) + behind.get(index, [])
    ]


def _last(deck: Deck, section: tuple[str, ...]) -> int:
    within = [index for index, card in enumerate(deck.cards) if card.section == section]
    return within[-1] if within else len(deck.cards) - 1


def _bare(text: str) -> str:
    """A text as far as a document can keep it: line ends and blanks at the ends of lines do not count."""
    return "\n".join(line.rstrip() for line in lines_of(text)).strip()
