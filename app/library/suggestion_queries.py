"""Suggestions to read: a learner's own with what became of them, and those that editors have to decide."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardRevision, Deck, Suggestion, User
from app.library.history import Changed, card_fields, compared, learner_name
from app.library.suggestions import Fit, fit
from app.library.texts import of_stored
from app.web.access import editable
from app.web.sessions import Viewer

T = TypeVar("T")
PAGE = 20
"""Suggestions a page: each is compared with the present text."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A suggestion as its learner reads it; `changes` says what it would do, or did, to the version it was made on."""

    guid: str
    card_guid: str
    deck_slug: str
    question_text: str
    changes: tuple[Changed, ...]
    remark: str
    credited: bool
    state: str
    sent_at: datetime
    decided_at: datetime | None
    reason: str
    accepted_version: int | None
    amended: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A suggestion as editors read it. `changes` is against the present text, unless the two collide (`fit.clash`)."""

    guid: str
    card_guid: str
    deck_slug: str
    deck_title: str
    question_text: str
    learner: str
    """Its learner's short name; empty where they want to stay unnamed."""
    sent_at: datetime
    remark: str
    fit: Fit | None
    """None for a remark."""
    changes: tuple[Changed, ...]
    stale: bool
    """Whether the card has changed since."""
    present: int
    """The card's version now."""
    gone: bool
    """Whether the card was joined to another one since."""
    archived: bool
    state: str
    decided_at: datetime | None
    by_you: bool
    """Whether the reader decided it."""
    reason: str
    accepted_version: int | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: `total` in all, on `pages` pages."""

    lines: tuple[T, ...]
    total: int
    page: int
    pages: int


def own(session: Session, viewer: Viewer, *, page: int = 1) -> Page[Sent]:
    """What this learner suggested, the latest first."""
    mine = Suggestion.user_id == viewer.id
    total, page, pages = _pages(session, select(func.count()).select_from(Suggestion).where(mine), page)
    rows = session.execute(_together().where(mine).order_by(Suggestion.id.desc()).offset((page - 1) * PAGE).limit(PAGE))
    return Page(tuple(_sent(*row) for row in rows), total, page, pages)


def queue(session: Session, viewer: Viewer, *, deck: str = "", decided: bool = False, page: int = 1) -> Page[Waiting]:
    """What editors have to decide, by deck and oldest first; or what was decided, the latest first."""
    wanted = [editable(viewer), _decided() if decided else Suggestion.state == "waiting"]
    if deck:
        wanted.append(Deck.slug == deck)
    counting = select(func.count()).select_from(Suggestion).join(Card).join(Deck).where(*wanted)
    total, page, pages = _pages(session, counting, page)
    order = [Suggestion.decided_at.desc(), Suggestion.id] if decided else [Deck.title, Deck.id, Suggestion.id]
    rows = session.execute(_together().where(*wanted).order_by(*order).offset((page - 1) * PAGE).limit(PAGE))
    return Page(tuple(_waiting(*row, viewer_id=viewer.id) for row in rows), total, page, pages)


def waiting(session: Session, viewer: Viewer) -> int:
    """How many suggestions this person could decide."""
    found = select(func.count()).select_from(Suggestion).join(Card).join(Deck)
    return session.scalar(found.where(Suggestion.state == "waiting", editable(viewer))) or 0


def lately_decided(session: Session, viewer: Viewer, *, since: datetime) -> int:
    """How many suggestions of this learner editors have decided after `since`."""
    mine = (Suggestion.user_id == viewer.id, _decided(), Suggestion.decided_at > since)
    return session.scalar(select(func.count()).select_from(Suggestion).where(*mine)) or 0


def oldest(session: Session, viewer: Viewer) -> datetime | None:
    """When the one that has waited longest was sent."""
    found = select(func.min(Suggestion.sent_at)).select_from(Suggestion).join(Card).join(Deck)
    return session.scalar(found.where(Suggestion.state == "waiting", editable(viewer)))


def decks(session: Session, viewer: Viewer) -> Sequence[tuple[str, str, int]]:
    """Slug and title of the decks that have suggestions, and how many of them wait, by title."""
    rows = session.execute(
        select(Deck.slug, Deck.title, func.count().filter(Suggestion.state == "waiting"))
        .select_from(Suggestion)
        .join(Card)
        .join(Deck)
        .where(editable(viewer), Suggestion.state != "withdrawn")
        .group_by(Deck.id)
        .order_by(Deck.title, Deck.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def one(session: Session, viewer: Viewer, guid: str) -> Waiting | None:
    """One suggestion, waiting or not; None where there is none that this person may decide."""
    if "\0" in guid:
        return None
    row = session.execute(_together().where(editable(viewer), Suggestion.guid == guid)).one_or_none()
    return None if row is None else _waiting(*row, viewer_id=viewer.id)


def _decided() -> ColumnElement[bool]:
    return Suggestion.state.in_(("accepted", "settled", "declined"))


def _together() -> Any:
    """Suggestions with their cards, and the version that each was made on."""
    return (
        select(Suggestion, Card, Deck, CardRevision, User.guid)
        .join(Card, Card.id == Suggestion.card_id)
        .join(Deck, Deck.id == Card.deck_id)
        .join(User, User.id == Suggestion.user_id)
        .join(CardRevision, and_(CardRevision.card_id == Card.id, CardRevision.number == Suggestion.version))
    )


def _pages(session: Session, counting: Any, page: int) -> tuple[int, int, int]:
    total = session.scalar(counting) or 0
    pages = max(1, -(-total // PAGE))
    return total, min(max(page, 1), pages), pages


def _suggested(found: Suggestion, base: CardRevision) -> tuple[Changed, ...]:
    """What a suggestion would do to the version that it was made on."""
    if found.question is None:
        return ()
    was = of_stored(base)
    wanted = replace(was, question=found.question, answer=found.answer or "")
    return compared(card_fields(was), card_fields(wanted))


def _sent(found: Suggestion, card: Card, deck: Deck, base: CardRevision, _user: str) -> Sent:
    return Sent(
        guid=found.guid,
        card_guid=card.guid,
        deck_slug=deck.slug,
        question_text=card.question_text,
        changes=_suggested(found, base),
        remark=found.remark,
        credited=found.credited,
        state=found.state,
        sent_at=found.sent_at,
        decided_at=found.decided_at,
        reason=found.reason,
        accepted_version=found.accepted_version,
        amended=found.amended,
    )


def _waiting(found: Suggestion, card: Card, deck: Deck, base: CardRevision, user: str, *, viewer_id: int) -> Waiting:
    open_ = found.state == "waiting"
    present = of_stored(card)
    fitting = fit(of_stored(base), present, found) if open_ else None
    changes = _suggested(found, base)
    if fitting is not None and not fitting.clash:
        changes = compared(card_fields(present), card_fields(fitting.text))
    return Waiting(
        guid=found.guid,
        card_guid=card.guid,
        deck_slug=deck.slug,
        deck_title=deck.title,
        question_text=card.question_text,
        learner=learner_name(user) if found.credited else "",
        sent_at=found.sent_at,
        remark=found.remark,
        fit=fitting,
        changes=changes,
        stale=card.version != found.version,
        present=card.version,
        gone=card.merged_into_id is not None,
        archived=card.archived_at is not None,
        state=found.state,
        decided_at=found.decided_at,
        by_you=found.decided_by_id == viewer_id,
        reason=found.reason,
        accepted_version=found.accepted_version,
    )
