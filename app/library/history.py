"""The versions of a card or a deck, each with what it changed, for editors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content import diff
from app.content.document import CardText
from app.content.plan import both, merge_texts
from app.db.models import CardRevision, DeckRevision, Suggestion, User
from app.library.deck_editing import DeckFields, fields_in
from app.library.texts import of_stored

SHOWN = 10
"""Versions that are compared unless all are asked for."""

By = Literal["you", "editor", "deleted", "import"]
"""Who saved a version: its reader, another editor, one whose account is gone, or an import or command."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that differs between two texts: its name as in the form, and the difference."""

    field: str
    pieces: tuple[diff.Piece, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One save. `changes` says what it did to the version before it; `first` has none before it."""

    number: int
    action: str
    by: By
    created_at: datetime
    note: str
    changes: tuple[Changed, ...]
    first: bool
    credit: str | None = None
    """The short name of the learner who suggested it; "" for one who wants to stay unnamed."""


@dataclass(frozen=True, slots=True)
class History:
    """The versions, newest first, and how many there are in all."""

    versions: tuple[Version, ...]
    total: int


def card_history(session: Session, card_id: int, viewer_id: int, *, everything: bool = False) -> History:
    """The versions of a card, the last ten of them unless `everything` is asked for."""
    rows = session.execute(
        select(CardRevision, User.erased_at)
        .outerjoin(User, User.id == CardRevision.author_id)
        .where(CardRevision.card_id == card_id)
        .order_by(CardRevision.number.desc())
    ).all()
    found = _history([tuple(row) for row in rows], viewer_id, everything, lambda row: card_fields(of_stored(row)))
    owed = _credits(session, card_id)
    return replace(found, versions=tuple(replace(one, credit=owed.get(one.number)) for one in found.versions))


def learner_name(guid: str) -> str:
    """What editors and histories call a learner: enough to tell two apart, nothing that says who it is."""
    return guid[:4]


def _credits(session: Session, card_id: int) -> dict[int | None, str]:
    """Which versions of a card came of a suggestion, and whose it was."""
    rows = session.execute(
        select(Suggestion.accepted_version, Suggestion.credited, User.guid)
        .join(User, User.id == Suggestion.user_id)
        .where(Suggestion.card_id == card_id, Suggestion.accepted_version.is_not(None))
    )
    return {row.accepted_version: learner_name(row.guid) if row.credited else "" for row in rows}


def deck_history(session: Session, deck_id: int, viewer_id: int, *, everything: bool = False) -> History:
    """The versions of a deck's own fields, likewise."""
    rows = session.execute(
        select(DeckRevision, User.erased_at)
        .outerjoin(User, User.id == DeckRevision.author_id)
        .where(DeckRevision.deck_id == deck_id)
        .order_by(DeckRevision.number.desc())
    ).all()
    return _history([tuple(row) for row in rows], viewer_id, everything, _revised_fields)


def card_version(session: Session, card_id: int, number: int) -> CardText | None:
    """The text that one version of a card has."""
    revision = session.get(CardRevision, (card_id, number))
    return None if revision is None else of_stored(revision)


def merged(
    session: Session, card_id: int, base_version: int, *, ours: CardText, theirs: CardText
) -> tuple[CardText, bool]:
    """Two texts that both come from `base_version` of a card put together, and whether they collide.

    Where they do, both stand there one behind the other.
    """
    base = card_version(session, card_id, base_version)
    text, collide = merge_texts(base, ours, theirs)
    return (both(base, ours, theirs) if collide else text), collide


def last_save(session: Session, card_id: int, viewer_id: int) -> Version | None:
    """Who saved a card last, and when; nothing is compared."""
    row = session.execute(
        select(CardRevision, User.erased_at)
        .outerjoin(User, User.id == CardRevision.author_id)
        .where(CardRevision.card_id == card_id)
        .order_by(CardRevision.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _version(row[0], row[1], viewer_id, (), first=row[0].number == 1)


def last_deck_save(session: Session, deck_id: int, viewer_id: int) -> Version | None:
    """Who saved a deck's fields last, and when."""
    row = session.execute(
        select(DeckRevision, User.erased_at)
        .outerjoin(User, User.id == DeckRevision.author_id)
        .where(DeckRevision.deck_id == deck_id)
        .order_by(DeckRevision.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _version(row[0], row[1], viewer_id, (), first=row[0].number == 1)


def card_fields(text: CardText) -> dict[str, str]:
    """A text as words to compare, field by field, in the order of the form."""
    options = "\n".join(f"{one.key}. {one.text}{' ✓' if one.right else ''}" for one in text.options)
    return {
        "section": " › ".join(text.section),
        "tags": ", ".join(text.tags),
        "question": text.question,
        "answer": text.answer,
        "options": options,
    }


def deck_fields(fields: DeckFields) -> dict[str, str]:
    """A deck's fields as words to compare."""
    return {name: str(value) for name, value in asdict(fields).items()}


def compared(before: Mapping[str, str], after: Mapping[str, str], *, whole: bool = False) -> tuple[Changed, ...]:
    """The fields that differ, each with its difference; shortened where much is the same, unless `whole` is wanted."""
    return tuple(_differences(before, after, whole))


def _differences(before: Mapping[str, str], after: Mapping[str, str], whole: bool) -> Iterator[Changed]:
    for name, text in after.items():
        if before.get(name, "") != text:
            pieces = diff.compare(before.get(name, ""), text)
            yield Changed(name, pieces if whole else diff.shorten(pieces))


def _revised_fields(revision: DeckRevision) -> dict[str, str]:
    archived = "archived" if revision.fields.get("archived") else "not archived"
    return {**deck_fields(fields_in(revision.fields)), "archived": archived}


def _history(
    rows: Sequence[tuple[Any, ...]], viewer_id: int, everything: bool, fields: Callable[[Any], dict[str, str]]
) -> History:
    shown = rows if everything else rows[: SHOWN + 1]
    texts = [fields(row[0]) for row in shown]
    versions = [
        _version(
            revision,
            erased_at,
            viewer_id,
            compared(texts[at + 1], texts[at]) if at + 1 < len(texts) else (),
            first=at + 1 == len(rows),
        )
        for at, (revision, erased_at) in enumerate(shown)
    ]
    return History(tuple(versions if everything else versions[:SHOWN]), len(rows))


def _version(
    revision: Any, erased_at: datetime | None, viewer_id: int, changes: tuple[Changed, ...], *, first: bool
) -> Version:
    action = getattr(revision, "action", "edited")
    by: By = "import" if revision.author_id is None or action == "imported" else "editor"
    if revision.author_id == viewer_id:
        by = "you"
    elif erased_at is not None:
        by = "deleted"
    return Version(revision.number, action, by, revision.created_at, revision.note, changes, first)
