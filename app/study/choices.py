"""Which decks a learner studies. Leaving a deck out keeps everything that was learned of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.db.models import Deck, DeckChoice, User
from app.db.session import write
from app.scheduling.queue import DeckLimits
from app.web.access import allows, can, readable
from app.web.sessions import Viewer


class NotToStudy(Exception):
    """There is no such deck, or this person may not study it."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many decks were added to what a learner studies, how many left out, and how many there are now."""

    added: int
    removed: int
    chosen: int


def choose(
    session: Session, *, viewer: Viewer, offered: Collection[str], chosen: Collection[str], now: datetime
) -> Change:
    """Study those decks of `offered` that are `chosen`, and no other of them; both are guids of decks.

    What was not offered stays as it is: another tab or device may have chosen it since. Decks this person may not study
    are passed over.
    """
    write(session)
    before = _locked_choices(session, viewer.id)
    decks = {
        deck.guid: deck.id
        for deck in session.scalars(select(Deck).where(Deck.guid.in_(offered), readable(viewer)).order_by(Deck.id))
        if can(viewer, "study", deck)
    }
    wanted = {deck_id for guid, deck_id in decks.items() if guid in chosen}
    added = [deck_id for deck_id in decks.values() if deck_id in wanted and deck_id not in before]
    removed = (set(decks.values()) - wanted) & before
    if added:
        rows = [{"user_id": viewer.id, "deck_id": deck_id, "chosen_at": now} for deck_id in added]
        session.execute(insert(DeckChoice), rows)
    if removed:
        session.execute(delete(DeckChoice).where(DeckChoice.user_id == viewer.id, DeckChoice.deck_id.in_(removed)))
    return Change(len(added), len(removed), len(before) + len(added) - len(removed))


def choose_one(session: Session, *, viewer: Viewer, slug: str, study: bool, now: datetime) -> str:
    """Study one deck from now on, or leave it out; gives its title. Doing it again changes nothing.

    Raises `NotToStudy`.
    """
    deck = session.scalar(select(Deck).where(Deck.slug == slug)) if "\0" not in slug else None
    if deck is None or not allows(viewer, "study", deck):
        raise NotToStudy(slug)
    guid, title = deck.guid, deck.title
    choose(session, viewer=viewer, offered=[guid], chosen=[guid] if study else [], now=now)
    return title


def limit(session: Session, *, viewer: Viewer, deck_id: int, limits: DeckLimits) -> None:
    """Let a deck that is studied bring so much a day at most, from now on."""
    write(session)
    mine = (DeckChoice.user_id == viewer.id, DeckChoice.deck_id == deck_id)
    session.execute(update(DeckChoice).where(*mine).values(new_per_day=limits.new, reviews_per_day=limits.reviews))


def _locked_choices(session: Session, user_id: int) -> set[int]:
    """The decks that are chosen now; nobody else changes this learner's choice until the transaction ends."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update())
    return set(session.scalars(select(DeckChoice.deck_id).where(DeckChoice.user_id == user_id)))
