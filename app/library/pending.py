"""What imports have left open, and a person's decisions: is this card that one, and whose text stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, aliased

from app.content.document import CardKind, CardText
from app.content.merge import Merge, merge
from app.content.plan import merge_texts, proposal
from app.db.models import Card, CardRevision, Deck, Import, Question
from app.db.session import write
from app.library.applying import jsonable
from app.library.media import show_card
from app.library.texts import (
    base_columns,
    base_of,
    is_draft,
    of_stored,
    options_of,
    render_text,
    rendered_columns,
    text_columns,
    without_place,
)

Take = Literal["ours", "theirs", "merged"]


class NoSuchDeck(Exception):
    """There is no deck with this slug."""


class NoSuchQuestion(Exception):
    """There is no open question of this name; it may have been decided already."""


class NotThatKind(Exception):
    """A match is confirmed, a conflict is resolved; this is the other one."""


@dataclass(frozen=True, slots=True)
class Side:
    """A card as a question shows it."""

    guid: str
    text: CardText
    archived: bool


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something left to decide.

    A match asks whether `card`, which came in as new, is the archived `old`; `score` says how likely, from 0 to 1. A
    conflict has `base`, the text both sides come from (None where there is none), and `theirs`; ours is the card's own.
    """

    guid: str
    kind: Literal["match", "conflict"]
    deck: str
    deck_title: str
    card: Side
    created_at: datetime
    old: Side | None = None
    reason: str = ""
    score: float = 0.0
    base: CardText | None = None
    theirs: CardText | None = None

    @property
    def answer_merge(self) -> Merge:
        """The three answers put together block by block, ours where they collide."""
        theirs = self.theirs or self.card.text
        return merge(self.base.answer if self.base else "", self.card.text.answer, theirs.answer)

    @property
    def merged(self) -> CardText:
        """The proposal to start from when both texts are to be joined by hand."""
        return proposal(self.base, self.card.text, self.theirs or self.card.text)


@dataclass(frozen=True, slots=True)
class Decided:
    """The card a decision was about, and the cards whose learners' states follow anew from their logs."""

    guid: str
    replay: tuple[int, ...] = ()


def open_questions(session: Session, deck: str = "", *, of: ColumnElement[bool] | None = None) -> list[OpenQuestion]:
    """What is left to decide, in one deck or in all (that fit `of`, a condition on `Deck`), the oldest first.

    Raises NoSuchDeck.
    """
    if deck and session.scalar(select(Deck.id).where(Deck.slug == deck)) is None:
        raise NoSuchDeck(deck)
    wanted = _questions(deck)
    return [_shown(*row) for row in session.execute(wanted if of is None else wanted.where(of))]


def open_question(session: Session, guid: str) -> OpenQuestion | None:
    """One open question; None where there is none of this name."""
    row = session.execute(_questions("").where(Question.guid == guid)).one_or_none()
    return None if row is None else _shown(*row)


def count_open(session: Session) -> int:
    """How many questions are open."""
    return session.scalar(select(func.count()).where(Question.decided_at.is_(None))) or 0


def confirm(session: Session, *, guid: str, same: bool, now: datetime, by_id: int | None = None) -> Decided:
    """Say whether a new card is the old one. If so, the old card lives on with the new text and both histories.

    Flushes. The caller has the states of `Decided.replay` made again. Raises NoSuchQuestion and NotThatKind.
    """
    question = _locked(session, guid, "match")
    _decide(question, "same" if same else "different", now, by_id)
    new, old = _locked_cards(session, question)
    if not same or old is None:
        session.flush()
        return Decided(new.guid)
    whole = (old.merged_into_id,) if old.merged_into_id is not None else ()
    old.merged_into_id = None  # its document asks it again: it is no part of another card any more
    _join(session, question, old, new, now)
    session.flush()
    return Decided(old.guid, (old.id, new.id, *whole))


def resolve(
    session: Session, *, guid: str, take: Take, now: datetime, text: CardText | None = None, by_id: int | None = None
) -> Decided:
    """Settle a conflict: keep our text, take theirs, or a `text` made of both. The document then counts as read.

    Flushes. Raises NoSuchQuestion and NotThatKind, and ValueError for a merge without its text.
    """
    if take == "merged" and text is None:
        raise ValueError("A merged text is needed.")
    question = _locked(session, guid, "conflict")
    card, _ = _locked_cards(session, question)
    theirs = _text(question.theirs or {})
    stands = {"ours": of_stored(card), "theirs": theirs, "merged": text or theirs}[take]
    _decide(question, take, now, by_id)
    read = {} if session.get_one(Import, question.import_id).before.get("edited") else base_columns(theirs)
    _change(session, question, card, _text_changes(card, stands) | read, "edited", now, by_id)
    session.flush()
    show_card(session, card)
    return Decided(card.guid)


def _join(session: Session, question: Question, old: Card, new: Card, now: datetime) -> None:
    """Let `old` be the card that lives on. A new card that is archived itself gives no more than its history."""
    if old.archived_at is not None or new.archived_at is None:
        stands, collides = merge_texts(base_of(old), of_stored(old), of_stored(new))
        columns: dict[str, Any] = {
            "deck_id": new.deck_id,
            "position": new.position,
            "source_line": new.source_line,
            "archived_at": new.archived_at,
            "archived_reason": new.archived_reason,
        }
        columns |= _text_changes(old, stands)
        if stands == of_stored(new):
            columns |= {"draft": new.draft, "kind": new.kind}
        if not collides:
            columns |= base_columns(base_of(new))
        _change(session, question, old, columns, "restored", now, question.decided_by_id)
        if collides:
            _ask(session, question, old, of_stored(new), now)
        session.flush()
        show_card(session, old)
    _retire(session, new, old, now, question.decided_by_id)
    session.execute(update(Card).where(Card.merged_into_id == new.id).values(merged_into_id=old.id))
    _repoint(session, new.id, old.id)


def _retire(session: Session, new: Card, old: Card, now: datetime, by_id: int | None) -> None:
    new.merged_into_id = old.id
    if new.archived_at is None:
        new.archived_at, new.archived_reason = now, "source"
    new.version += 1
    new.updated_at = now
    _revise(session, new, "archived", now, by_id)


def _repoint(session: Session, new_id: int, old_id: int) -> None:
    """Questions still open about the joined card are about the one that lives on."""
    still = Question.decided_at.is_(None)
    session.execute(update(Question).where(still, Question.card_id == new_id).values(card_id=old_id))
    session.execute(update(Question).where(still, Question.old_card_id == new_id).values(old_card_id=old_id))


def _ask(session: Session, asked: Question, card: Card, theirs: CardText, now: datetime) -> None:
    """Both cards were edited: ours stays until somebody says whose text stands."""
    session.add(
        Question(
            kind="conflict",
            import_id=asked.import_id,
            deck_id=card.deck_id,
            card_id=card.id,
            theirs=text_columns(theirs),
            created_at=now,
        )
    )


def _text_changes(card: Card, text: CardText) -> dict[str, Any]:
    """The columns of a card that take another text."""
    here = of_stored(card)
    if text == here:
        return {}
    columns = text_columns(text)
    if without_place(text) != without_place(here):
        kind = CardKind.CHOICE.value if text.options else CardKind.BASIC.value
        keeps = bool(text.options) == (card.kind == CardKind.CHOICE.value)
        columns |= {"draft": is_draft(text), "kind": card.kind if keeps else kind}
    return columns


def _change(
    session: Session,
    question: Question,
    card: Card,
    columns: Mapping[str, Any],
    action: str,
    now: datetime,
    by_id: int | None,
) -> None:
    """Write columns and a revision, and let the import remember how they were, so that undoing it undoes this."""
    different = {name: value for name, value in columns.items() if getattr(card, name) != value}
    record = session.get_one(Import, question.import_id)
    _remember(session, record, card, different)
    text = of_stored(card)
    for name, value in different.items():
        setattr(card, name, value)
    if not different or all(name.startswith("base_") for name in different):
        return
    if without_place(of_stored(card)) != without_place(text):
        for name, value in rendered_columns(render_text(of_stored(card))).items():
            setattr(card, name, value)
    card.version += 1
    card.updated_at = now
    after = dict(record.before["after"])
    if after.get(card.guid) == card.version - 1:
        record.before = record.before | {"after": after | {card.guid: card.version}}
    _revise(session, card, action, now, by_id)


def _remember(session: Session, record: Import, card: Card, different: Mapping[str, Any]) -> None:
    before = record.before
    cards, after = dict(before["cards"]), dict(before["after"])
    known = cards.get(card.guid, {})
    decks = {card.deck_id: session.get_one(Deck, card.deck_id).guid}
    old = jsonable({name: getattr(card, name) for name in different}, decks)
    cards[card.guid] = old | known
    after.setdefault(card.guid, card.version)
    record.before = before | {"cards": cards, "after": after}


def _revise(session: Session, card: Card, action: str, now: datetime, by_id: int | None) -> None:
    session.add(
        CardRevision(
            card_id=card.id,
            number=card.version,
            action=action,
            author_id=by_id,
            created_at=now,
            note="",
            **text_columns(of_stored(card)),
        )
    )


def _decide(question: Question, decision: str, now: datetime, by_id: int | None) -> None:
    question.decision, question.decided_at, question.decided_by_id = decision, now, by_id


def _locked(session: Session, guid: str, kind: str) -> Question:
    write(session)
    statement = select(Question).where(Question.guid == guid, Question.decided_at.is_(None)).with_for_update()
    question = session.scalar(statement.execution_options(populate_existing=True))
    if question is None:
        raise NoSuchQuestion
    if question.kind != kind:
        raise NotThatKind
    return question


def _locked_cards(session: Session, question: Question) -> tuple[Card, Card | None]:
    ids = [one for one in (question.card_id, question.old_card_id) if one is not None]
    statement = select(Card).where(Card.id.in_(ids)).order_by(Card.id).with_for_update(key_share=True)
    cards: Sequence[Card] = session.scalars(statement.execution_options(populate_existing=True)).all()
    by_id = {card.id: card for card in cards}
    return by_id[question.card_id], by_id.get(question.old_card_id or 0)


def _questions(deck: str) -> Any:
    old = aliased(Card)
    statement = (
        select(Question, Deck, Card, old)
        .join(Deck, Deck.id == Question.deck_id)
        .join(Card, Card.id == Question.card_id)
        .outerjoin(old, old.id == Question.old_card_id)
        .where(Question.decided_at.is_(None))
        .order_by(Question.id)
    )
    return statement.where(Deck.slug == deck) if deck else statement


def _shown(question: Question, deck: Deck, card: Card, old: Card | None) -> OpenQuestion:
    match = question.kind == "match"
    return OpenQuestion(
        guid=question.guid,
        kind="match" if match else "conflict",
        deck=deck.slug,
        deck_title=deck.title,
        card=_side(card),
        created_at=question.created_at,
        old=None if old is None else _side(old),
        reason=question.reason,
        score=question.score or 0.0,
        base=None if match else base_of(card),
        theirs=None if match else _text(question.theirs or {}),
    )


def _side(card: Card) -> Side:
    return Side(card.guid, of_stored(card), card.archived_at is not None)


def _text(columns: Mapping[str, Any]) -> CardText:
    return CardText(
        columns["question"],
        columns["answer"],
        tuple(columns["section"]),
        tuple(columns["tags"]),
        options_of(columns["options"]),
    )
