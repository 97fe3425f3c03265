"""Which cards a session beside the daily plan has: by tag, forgotten lately, ahead of time, or with options to choose."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardMark, CardState, Collection, Deck, DeckChoice, Event
from app.library.queries import studyable
from app.study.begun import TAGGED
from app.study.begun import shown as asked_on
from app.study.queries import study_day_of
from app.web.access import readable
from app.web.sessions import Viewer

MOST_CARDS = 500


class Mode(StrEnum):
    """How the cards of a session are picked."""

    TAG = "tag"
    FORGOTTEN = "forgotten"
    """Answered Again in the last `days`."""
    AHEAD = "ahead"
    """Due within the next `days`, and not before."""
    QUIZ = "quiz"
    """Cards with options; the portal says what was right and counts."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A session as it was asked for.

    `source`: the slug of a deck, `collection:` and a collection's guid, or "" for all decks the learner studies. `tags`:
    a card has one of them; none asks for all cards.
    """

    mode: Mode
    source: str = ""
    tags: tuple[str, ...] = ()
    days: int = 7
    order: Literal["forgotten", "deck", "random"] = "deck"
    most: int = 30


def pick(session: Session, viewer: Viewer, wish: Wish, *, now: datetime, seed: str) -> list[int]:
    """The ids of the cards that fit, in the order they are asked. `seed` decides what is random."""
    today = study_day_of(viewer, now)
    found = [row for row in _rows(session, viewer, wish, today) if _has_tag(row.tags, wish.tags)]
    if wish.order == "forgotten":
        found.sort(key=lambda row: (-(row.missed or 0), -(row.lapses or 0)))
    elif wish.order == "random":
        found.sort(key=lambda row: hashlib.sha256(f"{seed} {row.id}".encode()).digest())
    return [row.id for row in found[: min(wish.most, MOST_CARDS)]]


def _has_tag(tags: Sequence[str], wanted: Sequence[str]) -> bool:
    return not wanted or not {tag.casefold() for tag in tags}.isdisjoint(tag.casefold() for tag in wanted)


def _rows(session: Session, viewer: Viewer, wish: Wish, today: date) -> Sequence[Any]:
    """The cards of the learner's decks that the mode allows, in the order of the decks."""
    missed = _missed(viewer, today - timedelta(days=wish.days))
    found = (
        select(Card.id, Card.tags, CardState.lapses, missed.c.missed)
        .join(Deck, Deck.id == Card.deck_id)
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == viewer.id))
        .outerjoin(CardMark, and_(CardMark.card_id == Card.id, CardMark.user_id == viewer.id))
        .outerjoin(missed, missed.c.card_id == Card.id)
        .where(readable(viewer), studyable(), asked_on(CardMark))
        .order_by(DeckChoice.chosen_at, Deck.id, Card.position, Card.id)
    )
    if wish.source.startswith("collection:"):
        guid = wish.source.removeprefix("collection:")
        found = found.join(Collection, Collection.id == Deck.collection_id).where(Collection.guid == guid)
    elif wish.source:
        found = found.where(Deck.slug == wish.source)
    if wish.mode is Mode.FORGOTTEN:
        found = found.where(missed.c.missed > 0)
    elif wish.mode is Mode.AHEAD:
        found = found.where(CardState.due > today, CardState.due <= today + timedelta(days=wish.days))
    elif wish.mode is Mode.QUIZ:
        found = found.where(Card.kind == "choice")
    return session.execute(found, {"today": today}).all()


def _missed(viewer: Viewer, since: date) -> Any:
    """How often each card was answered Again after study day `since`."""
    return (
        select(Event.card_id, func.count().label("missed"))
        .where(Event.user_id == viewer.id, Event.study_day > since, Event.kind == "review", Event.live, Event.grade < 3)
        .group_by(Event.card_id)
        .subquery()
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Where a session can take its cards from: a deck, or a collection, that the learner studies."""

    value: str
    title: str
    is_collection: bool


def sources(session: Session, viewer: Viewer) -> tuple[Source, ...]:
    """The learner's decks in their order, then their collections."""
    rows = session.execute(
        select(Deck.slug, Deck.title, Collection.guid, Collection.title.label("collection"))
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .outerjoin(Collection, Collection.id == Deck.collection_id)
        .where(readable(viewer))
        .order_by(DeckChoice.chosen_at, Deck.id)
    ).all()
    collections = {row.guid: row.collection for row in rows if row.guid is not None}
    return (
        *(Source(row.slug, row.title, False) for row in rows),
        *(Source(f"collection:{guid}", title, True) for guid, title in collections.items()),
    )


def collection_slug(session: Session, guid: str) -> str | None:
    """What addresses call a collection; None where there is none."""
    return session.scalar(select(Collection.slug).where(Collection.guid == guid)) if "\0" not in guid else None


def tag_named(session: Session, viewer: Viewer, words: str) -> str | None:
    """The tag of the learner's cards that is `words`, but for upper and lower case; None where no card has it."""
    if "\0" in words:
        return None
    cards = (
        select(Card.tags)
        .join(Deck, Deck.id == Card.deck_id)
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .where(readable(viewer), studyable())
    )
    if session.execute(cards.where(TAGGED).limit(1), {"tag": words}).first() is not None:
        return words
    tags = (tag for row in session.scalars(cards) for tag in row)
    return next((tag for tag in tags if tag.casefold() == words.casefold()), None)


def still_there(session: Session, viewer: Viewer, cards: Sequence[int], today: date) -> dict[int, Any]:
    """Those of these cards that can be asked now, with their guid, deck and options, by id."""
    rows = session.execute(
        select(Card.id, Card.guid, Card.deck_id, Card.options, Deck.slug, Deck.title, Card.question_text)
        .join(Deck, Deck.id == Card.deck_id)
        .join(DeckChoice, and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id))
        .outerjoin(CardMark, and_(CardMark.card_id == Card.id, CardMark.user_id == viewer.id))
        .where(Card.id.in_(cards), readable(viewer), studyable(), asked_on(CardMark)),
        {"today": today},
    )
    return {row.id: row for row in rows}
