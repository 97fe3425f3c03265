"""What is studied at once: everything, a deck, a collection, of each all cards or those with one tag, or one kind alone.

Decks and collections are parts of the day: each brings what the plan of the whole day counted for it. A tag asks for its
cards first: what the limits leave of the day is filled with cards that have it. Of all of these the new cards or the
reviews may be studied alone: what the plan of both has of them, and the cards that wait to be repeated. The limits are
those of the day either way, whatever was studied before and on which device.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.db.models import Collection as Folder
from app.db.models import Deck
from app.library.queries import deck_by_slug
from app.scheduling.queue import Kind, Plan
from app.study.queries import Day, Reading, Today, plan_of
from app.web.access import readable
from app.web.sessions import Viewer


class UnknownScope(Exception):
    """There is no such deck or collection, or none that this person may read."""


class NotChosen(Exception):
    """It is there to read, but this learner does not study it."""


class Scope(NamedTuple):
    """A scope as an address names it: a deck or a collection by its slug, a tag, and a `Kind` of cards; empty: all."""

    deck: str = ""
    collection: str = ""
    tag: str = ""
    only: str = ""

    @property
    def address(self) -> dict[str, Any]:
        """What of it an address or a form has to say."""
        return {name: value for name, value in self._asdict().items() if value}

    @property
    def kind(self) -> Kind | None:
        """What alone is studied; None: new cards and reviews."""
        return Kind(self.only) if self.only else None

    @property
    def all_decks(self) -> bool:
        """Whether it spans all decks that the learner studies."""
        return not (self.deck or self.collection)

    @property
    def all_cards(self) -> bool:
        """Whether it spans all of their cards, be it of one kind."""
        return self.all_decks and not self.tag


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Scoped:
    """Today's plan of a scope. `decks` are the ids of its decks; `title` says what they are and the tag ("": everything).

    `both` is the plan with new cards and reviews, also where the scope has one kind alone.
    """

    scope: Scope
    title: str
    decks: tuple[int, ...]
    today: Today
    both: Plan


def reading_of(session: Session, viewer: Viewer, scope: Scope, *, now: datetime, foremost: bool = False) -> Reading:
    """What `scoped` reads, to be read at once or beside something else."""
    return Reading(session, viewer, now, tag=scope.tag, foremost=foremost and scope.all_cards)


def scoped(
    session: Session,
    viewer: Viewer,
    scope: Scope,
    *,
    now: datetime,
    foremost: bool = False,
    reading: Reading | None = None,
) -> Scoped:
    """What is left of this learner's day at `now` in a scope. Raises `UnknownScope` and `NotChosen`.

    With `foremost` the plan of everything may know the first two cards alone, and how many there are. What a `reading`
    (`reading_of`) has is not read again.
    """
    if reading is not None and reading.gone_on:
        day = reading.day()
    else:
        day = reading_of(session, viewer, scope, now=now, foremost=foremost).read()
    decks, title = _decks(session, viewer, scope, day)
    titles = " · ".join(filter(None, (title, scope.tag)))
    today = plan_of(day, None if scope.all_decks else decks)
    only = replace(today, plan=today.plan.only(scope.kind)) if scope.kind else today
    return Scoped(scope, titles, tuple(decks), only, both=today.plan)


def _decks(session: Session, viewer: Viewer, scope: Scope, day: Day) -> tuple[Collection[int], str]:
    """The ids of the scope's decks, and what they are together."""
    if scope.deck:
        only = next((one for one in day.decks if one.slug == scope.deck), None)
        if only is None:
            raise UnknownScope if deck_by_slug(session, scope.deck, viewer) is None else NotChosen
        return (only.id,), only.title
    if scope.collection:
        return _collection(session, viewer, scope.collection, day)
    return [one.id for one in day.decks], ""


def _collection(session: Session, viewer: Viewer, slug: str, day: Day) -> tuple[Collection[int], str]:
    there = exists(select(Deck.id).where(Deck.collection_id == Folder.id, readable(viewer)))
    folder = session.execute(select(Folder.id, Folder.title).where(Folder.slug == slug, there)).one_or_none()
    if folder is None:
        raise UnknownScope
    decks = [one.id for one in day.decks if one.collection_id == folder.id]
    if not decks:
        raise NotChosen
    return decks, folder.title
