"""Corrections that learners suggest: sent, withdrawn, and closed by editors.

Nothing here changes a card: who accepts a suggestion saves the card in the same transaction. Each step is in the audit log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.content.plan import merge_texts, proposal
from app.db.models import Card, CardRevision, Deck, Suggestion, User
from app.db.session import write
from app.library.editing import NotThere
from app.library.texts import of_stored
from app.web import audit
from app.web.access import allows, can
from app.web.sessions import Viewer

MOST_OPEN = 5
"""Suggestions of one learner that may wait at a time."""
MOST_A_DAY = 20
"""Suggestions of one learner in 24 hours, withdrawn ones too."""

Closed = Literal["accepted", "settled", "declined"]


class TooMany(Exception):
    """As many suggestions as may be wait already, or were sent in the last 24 hours. Nothing was sent."""

    def __init__(self, limit: Literal["open", "day"]) -> None:
        super().__init__(limit)
        self.limit = limit


class Decided(Exception):
    """Somebody decided it before, or its learner withdrew it. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class SuggestedCard:
    """A card as somebody starts a suggestion on it."""

    id: int
    guid: str
    number: int
    question_text: str
    deck_id: int
    deck_slug: str
    deck_title: str
    text: CardText
    version: int
    may_edit: bool
    """Whoever may change it has no need to suggest."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A suggested text beside the present one.

    `text` is both put together: what accepting saves. Where they collide, `clash` is set and it is a start to amend, with
    the learner's words where the two differ.
    """

    text: CardText
    clash: bool


def suggestable(session: Session, guid: str, viewer: Viewer) -> SuggestedCard | None:
    """A card that this person reads; None where there is none."""
    if "\0" in guid:
        return None
    row = session.execute(
        select(Card, Deck)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Card.guid == guid, Card.merged_into_id.is_(None), Card.archived_at.is_(None))
    ).one_or_none()
    if row is None or not allows(viewer, "read", row.Deck):
        return None
    card, deck = row.Card, row.Deck
    return SuggestedCard(
        id=card.id,
        guid=card.guid,
        number=card.position + 1,
        question_text=card.question_text,
        deck_id=deck.id,
        deck_slug=deck.slug,
        deck_title=deck.title,
        text=of_stored(card),
        version=card.version,
        may_edit=can(viewer, "edit", deck),
    )


def send(
    session: Session,
    *,
    card: SuggestedCard,
    viewer: Viewer,
    version: int,
    text: CardText | None,
    remark: str,
    credited: bool,
    now: datetime,
) -> str:
    """Send a better text made on `version` of a card, or (`text` None) a remark; gives its guid. Raises `TooMany`.

    The same again while the first still waits is the first: a form that is sent twice sends once.
    """
    write(session)
    session.execute(select(User.id).where(User.id == viewer.id).with_for_update(key_share=True))
    values: dict[str, Any] = {
        "card_id": card.id,
        "version": version,
        "question": text.question if text else None,
        "answer": text.answer if text else None,
        "remark": remark,
    }
    own = [Suggestion.user_id == viewer.id, Suggestion.state == "waiting"]
    same = [getattr(Suggestion, name).is_not_distinct_from(value) for name, value in values.items()]
    if before := session.scalar(select(Suggestion.guid).where(*own, *same).limit(1)):
        return before
    waiting, lately, _ = used(session, viewer.id, card.id, now)
    if waiting >= MOST_OPEN:
        raise TooMany("open")
    if lately >= MOST_A_DAY:
        raise TooMany("day")
    made = Suggestion(user_id=viewer.id, credited=credited, sent_at=now, **values)
    session.add(made)
    session.flush()
    _note(session, viewer, "send", None, card.guid, card.question_text)
    return made.guid


def used(session: Session, user_id: int, card_id: int, now: datetime) -> tuple[int, int, int]:
    """How many suggestions of a learner wait, how many were sent in the last 24 hours, and how many ever on one card."""
    row = session.execute(
        select(
            func.count().filter(Suggestion.state == "waiting"),
            func.count().filter(Suggestion.sent_at > now - timedelta(days=1)),
            func.count().filter(Suggestion.card_id == card_id),
        ).where(Suggestion.user_id == user_id)
    ).one()
    return row[0], row[1], row[2]


def withdraw(session: Session, *, guid: str, viewer: Viewer, now: datetime) -> None:
    """Take one's own suggestion back. Raises `NotThere` or `Decided`."""
    found, card, _deck = _locked(session, guid)
    if found.user_id != viewer.id:
        raise NotThere
    if found.state != "waiting":
        raise Decided
    found.state, found.decided_at = "withdrawn", now
    session.flush()
    _note(session, viewer, "withdraw", None, card.guid, card.question_text)


def fit(base: CardText, present: CardText, suggested: Suggestion) -> Fit | None:
    """How a suggested text fits the present one; None for a mere remark. Three ways, so what others changed stays."""
    if suggested.question is None:
        return None
    wanted = replace(base, question=suggested.question, answer=suggested.answer or "")
    text, clash = merge_texts(base, present, wanted)
    return Fit(proposal(base, wanted, present) if clash else text, clash)


def fit_of(session: Session, guid: str, viewer: Viewer) -> tuple[str, Fit | None]:
    """The card's guid and the present fit of a waiting suggestion. Raises `NotThere` or `Decided`."""
    row = session.execute(
        select(Suggestion, Card, CardRevision, Deck)
        .join(Card, Card.id == Suggestion.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .join(CardRevision, (CardRevision.card_id == Card.id) & (CardRevision.number == Suggestion.version))
        .where(Suggestion.guid == guid)
    ).one_or_none()
    if row is None or not can(viewer, "edit", row.Deck):
        raise NotThere
    if row.Suggestion.state != "waiting":
        raise Decided
    return row.Card.guid, fit(of_stored(row.CardRevision), of_stored(row.Card), row.Suggestion)


def close(
    session: Session,
    *,
    guid: str,
    viewer: Viewer,
    state: Closed,
    now: datetime,
    reason: str = "",
    version: int | None = None,
    amended: bool = False,
) -> None:
    """Decide a waiting suggestion; `version` is the one of the card that came of it. Raises `NotThere` or `Decided`."""
    found, card, deck = _locked(session, guid)
    if not can(viewer, "edit", deck):
        raise NotThere
    if found.state != "waiting":
        raise Decided
    found.state, found.decided_at, found.decided_by_id = state, now, viewer.id
    found.reason, found.accepted_version, found.amended = reason, version, amended
    session.flush()
    names: Mapping[Closed, str] = {"accepted": "accept", "settled": "settle", "declined": "decline"}
    _note(session, viewer, names[state], version, card.guid, card.question_text, reason)


def _locked(session: Session, guid: str) -> tuple[Suggestion, Card, Deck]:
    if "\0" in guid:
        raise NotThere
    write(session)
    row = session.execute(
        select(Suggestion, Card, Deck)
        .join(Card, Card.id == Suggestion.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Suggestion.guid == guid)
        .with_for_update(of=Suggestion)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotThere
    return row.Suggestion, row.Card, row.Deck


def _note(
    session: Session, viewer: Viewer, what: str, version: int | None, guid: str, label: str, reason: str = ""
) -> None:
    audit.note(
        session,
        f"suggestions.{what}",
        area="content",
        by=viewer.id,
        role=audit.ROLES[viewer.rank],
        thing="card",
        guid=guid,
        label=label,
        number=version,
        note=reason[:200] or None,
    )
