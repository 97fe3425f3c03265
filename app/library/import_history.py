"""The imports there were: who, when, what each brought, and whether it can be taken back."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from app.db.models import Deck, Import, Question, Source, User
from app.web.access import editable
from app.web.sessions import Viewer

PAGE = 30
_READ = 200
"""Imports that are read at a time while those of one deck or source are looked for."""

By = Literal["you", "editor", "deleted", "sync", "command"]
"""Who imported: the reader, another editor, one whose account is gone, a source's sync, or a command."""


@dataclass(frozen=True, slots=True)
class PastImport:
    """One applied import. `numbers` counts cards by kind; `decks` are slug and title of those it changed.

    `open` counts what is left to decide of it; `later` is the newer import that has to be taken back first, if any.
    """

    guid: str
    label: str
    by: By
    applied_at: datetime
    undone_at: datetime | None
    numbers: Mapping[str, int]
    decks: tuple[tuple[str, str], ...]
    open: int = 0
    later: "PastImport | None" = None


@dataclass(frozen=True, slots=True)
class Imports:
    """One page of imports, the newest first; `more` says that there are older ones."""

    lines: tuple[PastImport, ...]
    page: int
    more: bool


def past(session: Session, viewer: Viewer, *, deck: str = "", source: str = "", page: int = 1) -> Imports:
    """The imports there were, of one deck or source or of all; to a learner, their own."""
    wanted: Collection[str] | None = None
    if source:
        joined = select(Deck.slug).join(Source, Source.collection_id == Deck.collection_id)
        wanted = set(session.scalars(joined.where(Source.name == source)))
    elif deck:
        wanted = {deck}
    closed = _closed(session, viewer)
    rows: list[Import] = []
    skipped = (page - 1) * PAGE
    for row in _newest(session):
        if not viewer.is_editor and row.user_id != viewer.id:
            continue
        if closed & set(row.outcome["decks"]) or (wanted is not None and not set(row.outcome["decks"]) & set(wanted)):
            continue
        if skipped:
            skipped -= 1
            continue
        rows.append(row)
        if len(rows) > PAGE:
            break
    return Imports(tuple(_shown(session, rows[:PAGE], viewer.id)), page, len(rows) > PAGE)


def one(session: Session, guid: str, viewer: Viewer) -> PastImport | None:
    """One import; None where there is none of this name, or it is not this person's business."""
    if "\0" in guid:
        return None
    row = session.scalar(select(Import).where(Import.guid == guid))
    if row is None or _closed(session, viewer) & set(row.outcome["decks"]):
        return None
    if not viewer.is_editor and row.user_id != viewer.id:
        return None
    (shown,) = _shown(session, [row], viewer.id)
    if shown.undone_at is not None:
        return shown
    later = _later(session, row)
    if later is None:
        return shown
    (newer,) = _shown(session, [later], viewer.id)
    return PastImport(**{name: getattr(shown, name) for name in shown.__slots__} | {"later": newer})


def _closed(session: Session, viewer: Viewer) -> set[str]:
    """The decks whose imports are not this person's business: those of others that are private; to learners all but theirs."""
    return set(session.scalars(select(Deck.slug).where(not_(editable(viewer)))))


def _newest(session: Session) -> Iterator[Import]:
    below: int | None = None
    while True:
        statement = select(Import).order_by(Import.id.desc()).limit(_READ)
        rows = session.scalars(statement if below is None else statement.where(Import.id < below)).all()
        yield from rows
        if len(rows) < _READ:
            return
        below = rows[-1].id


def _later(session: Session, row: Import) -> Import | None:
    """The newest import after this one that changed one of its decks and was not taken back."""
    decks = set(row.outcome["decks"])
    newer = select(Import).where(Import.id > row.id, Import.undone_at.is_(None)).order_by(Import.id.desc())
    return next((other for other in session.scalars(newer) if decks & set(other.outcome["decks"])), None)


def _shown(session: Session, rows: Sequence[Import], viewer_id: int) -> list[PastImport]:
    slugs = {slug for row in rows for slug in row.outcome["decks"]}
    decks = session.execute(select(Deck.slug, Deck.title).where(Deck.slug.in_(slugs)))
    titles = {deck.slug: deck.title for deck in decks}
    counted = session.execute(
        select(Question.import_id, func.count().label("open"))
        .where(Question.import_id.in_([row.id for row in rows]), Question.decided_at.is_(None))
        .group_by(Question.import_id)
    )
    open_ = {row.import_id: row.open for row in counted}
    people = {row.user_id for row in rows if row.user_id is not None}
    erased = set(session.scalars(select(User.id).where(User.id.in_(people), User.erased_at.is_not(None))))
    sources = set(session.scalars(select(Source.name)))
    return [
        PastImport(
            guid=row.guid,
            label=row.label,
            by=_by(row, viewer_id, erased, sources),
            applied_at=row.applied_at,
            undone_at=row.undone_at,
            numbers=_numbers(row.outcome),
            decks=tuple((slug, titles.get(slug, slug)) for slug in row.outcome["decks"]),
            open=open_.get(row.id, 0),
        )
        for row in rows
    ]


def _numbers(outcome: Mapping[str, Any]) -> dict[str, int]:
    return {kind: count for kind, count in outcome.items() if isinstance(count, int)}


def _by(row: Import, viewer_id: int, erased: Collection[int], sources: Collection[str]) -> By:
    if row.user_id is None:
        return "sync" if row.label in sources else "command"
    if row.user_id == viewer_id:
        return "you"
    return "deleted" if row.user_id in erased else "editor"
