"""What an editor decides, whether on a plan or after an import: the same values for both."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.content.matching import Doubt
from app.content.plan import PlannedCard, proposal
from app.content.render import plain
from app.db.models import Card, CardState, Deck, Import, Question, Source
from app.library import history
from app.library.history import Changed, Version
from app.library.outcome import DeckPlan
from app.library.pending import NoSuchDeck, OpenQuestion, open_questions
from app.web.access import editable
from app.web.sessions import Viewer

Kind = Literal["match", "conflict"]
TAKES: Mapping[Kind, tuple[str, ...]] = {"match": ("same", "different"), "conflict": ("theirs", "ours", "merged")}
LATER = "later"
MOST_TEXT = 300_000
"""Characters of text that one form sends back at most."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen: one of `TAKES`, or to decide later. `seen` names the texts it was chosen on.

    `question` and `answer` are the text that both were put together to, where that was chosen.
    """

    take: str = LATER
    seen: str = ""
    question: str = ""
    answer: str = ""

    def values(self) -> dict[str, str]:
        """As a job keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to decide, with the texts it is about; `key` names it, `seen` names it and these very texts.

    A match asks whether the new question `theirs` is the old card `ours`. A conflict has the text here, `ours`, the
    document's, `theirs`, and the `base` that both come from (None where there is none). `card` is the guid of the card
    that can be opened; `learners` are those with a history of the old card.
    """

    key: str
    kind: Kind
    card: str
    place: str
    ours: CardText
    theirs: CardText
    base: CardText | None = None
    certainty: float = 1.0
    learners: int = 0
    saved: Version | None = None

    @property
    def seen(self) -> str:
        """A digest: it differs as soon as any of the texts does."""
        return hashlib.sha256(repr((self.key, self.kind, self.base, self.ours, self.theirs)).encode()).hexdigest()[:32]

    @property
    def title(self) -> str:
        """The question in one line."""
        return one_line(self.theirs.question if self.kind == "match" else self.ours.question)

    @property
    def our_changes(self) -> tuple[Changed, ...]:
        """What was changed here since the base; of a match, what the new question has otherwise."""
        if self.kind == "match":
            return _differences(self.ours, self.theirs)
        return _differences(self.base, self.ours)

    @property
    def their_changes(self) -> tuple[Changed, ...]:
        """What the document changed since the base."""
        return _differences(self.base, self.theirs)

    @property
    def proposed(self) -> CardText:
        """The text that putting both together starts from."""
        return proposal(self.base, self.ours, self.theirs)

    def text(self, decision: Decision) -> CardText:
        """The text that was put together."""
        rest = self.proposed
        return CardText(decision.question, decision.answer, rest.section, rest.tags, rest.options)


def one_line(markdown: str, width: int = 160) -> str:
    """A Markdown text as its words on one line, cut to `width` characters."""
    line = " ".join(plain(markdown).split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def on_plan(decks: Sequence[DeckPlan]) -> list[Choice]:
    """What a plan leaves to a person: texts that collide, then questions to confirm. Named by the stored card's guid."""
    conflicts = [_planned(card) for deck in decks for card in deck.conflicts]
    return [*conflicts, *(_doubted(doubt) for deck in decks for doubt in deck.pending)]


def left_open(
    session: Session,
    *,
    deck: str = "",
    source: str = "",
    import_guid: str = "",
    guids: Collection[str] | None = None,
    viewer: Viewer | None = None,
) -> list[Choice]:
    """What imports have left open, the oldest first: of a deck, a source, an import, or of these names.

    With `viewer` only what this person may decide.
    """
    slugs = _of_source(session, source) if source else None
    of_import = _of_import(session, import_guid) if import_guid else None
    try:
        questions = open_questions(session, deck, of=editable(viewer) if viewer is not None else None)
    except NoSuchDeck:
        return []
    return [
        _asked(question)
        for question in questions
        if (slugs is None or question.deck in slugs)
        and (of_import is None or question.guid in of_import)
        and (guids is None or question.guid in guids)
    ]


def fitting(choices: Sequence[Choice], most: int) -> list[Choice]:
    """As many choices, from the first, as one form can carry."""
    left = MOST_TEXT
    found: list[Choice] = []
    for choice in choices[:most]:
        if choice.kind == "conflict":
            left -= len(choice.proposed.answer) + len(choice.proposed.question)
        if left < 0 and found:
            break
        found.append(choice)
    return found


def with_people(session: Session, choices: Sequence[Choice], viewer_id: int) -> list[Choice]:
    """The same, with how many learn each card and who saved it last."""
    guids = {one.card for one in choices}
    learning = learners(session, guids)
    ids = card_ids(session, {one.card for one in choices if one.kind == "conflict"})
    return [
        replace(
            one,
            learners=learning.get(one.card, 0),
            saved=history.last_save(session, ids[one.card], viewer_id) if one.card in ids else None,
        )
        for one in choices
    ]


def learners(session: Session, guids: Collection[str]) -> dict[str, int]:
    """How many have a history of each card, by guid; those that nobody has learned left out."""
    found: dict[str, int] = {}
    for some in _chunks(guids):
        counted = (
            select(Card.guid, func.count().label("learners"))
            .join(CardState, CardState.card_id == Card.id)
            .where(Card.guid.in_(some), CardState.reviews > 0)
            .group_by(Card.guid)
        )
        found.update({row.guid: row.learners for row in session.execute(counted)})
    return found


def card_ids(session: Session, guids: Collection[str]) -> dict[str, int]:
    """Cards' ids by guid."""
    found: dict[str, int] = {}
    for some in _chunks(guids):
        rows = session.execute(select(Card.guid, Card.id).where(Card.guid.in_(some)).order_by(Card.id))
        found.update({row.guid: row.id for row in rows})
    return found


def open_counts(session: Session, viewer: Viewer) -> dict[str, int]:
    """How many questions that this person may decide are open, by the deck's slug."""
    counted = select(Deck.slug, func.count().label("open")).join(Question, Question.deck_id == Deck.id)
    rows = session.execute(counted.where(Question.decided_at.is_(None), editable(viewer)).group_by(Deck.slug))
    return {row.slug: row.open for row in rows}


def decided_before(session: Session, guid: str) -> tuple[str, datetime] | None:
    """How and when a question was decided; None where it is open, or there is none."""
    if "\0" in guid:
        return None
    row = session.execute(
        select(Question.decision, Question.decided_at).where(Question.guid == guid, Question.decided_at.is_not(None))
    ).one_or_none()
    return None if row is None else (row.decision or "", row.decided_at)


def _planned(card: PlannedCard) -> Choice:
    stored = card.stored
    if stored is None:
        raise AssertionError("A conflict is about a card that is there.")
    new = card.new
    place = f"{new.file}:{new.card.line}"
    return Choice(stored.guid, "conflict", stored.guid, place, stored.text, new.card.text, stored.base)


def _doubted(doubt: Doubt) -> Choice:
    stored, new = doubt.stored, doubt.new
    return Choice(
        key=stored.guid,
        kind="match",
        card=stored.guid,
        place=f"{new.file}:{new.card.line}",
        ours=stored.text,
        theirs=new.card.text,
        certainty=doubt.certainty,
    )


def _asked(question: OpenQuestion) -> Choice:
    if question.kind == "match" and question.old is not None:
        old, new = question.old, question.card
        return Choice(
            key=question.guid,
            kind="match",
            card=old.guid,
            place=question.deck_title,
            ours=old.text,
            theirs=new.text,
            certainty=question.score,
        )
    card = question.card
    return Choice(
        key=question.guid,
        kind="conflict",
        card=card.guid,
        place=question.deck_title,
        ours=card.text,
        theirs=question.theirs or card.text,
        base=question.base,
    )


def _differences(before: CardText | None, after: CardText) -> tuple[Changed, ...]:
    was = history.card_fields(before) if before is not None else {}
    return history.compared(was, history.card_fields(after))


def _of_source(session: Session, name: str) -> set[str]:
    decks = select(Deck.slug).join(Source, Source.collection_id == Deck.collection_id).where(Source.name == name)
    return set(session.scalars(decks))


def _of_import(session: Session, guid: str) -> set[str]:
    found = select(Question.guid).join(Import, Import.id == Question.import_id).where(Import.guid == guid)
    return set(session.scalars(found))


def _chunks(guids: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    wanted = sorted(guids)
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]
