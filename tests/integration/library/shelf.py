"""Documents for tests of importing, and what is stored after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Card, Deck, User
from app.library.editing import edit_card
from app.library.files import Batch, SourceFile
from app.library.importing import ImportResult, import_batches
from app.library.texts import of_stored
from tests.builders import make_user

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

LIST = "What is the difference between a list and a tuple?"
HASH = "Why can a tuple be the key of a dictionary?"
GIL = "What does the global interpreter lock protect?"
ANSWERS = {
    LIST: "A list can change after it was made, a tuple cannot.",
    HASH: "Because it is hashable as long as all of its items are.",
    GIL: "The interpreter's own memory, reference counts above all.",
}


def document(*questions: str, title: str = "Python", **answers: str) -> str:
    """A document with these questions as headings, with the answers of `ANSWERS` or a sentence of their own."""
    parts = [f"# {title}\n"]
    for question in questions:
        answer = ANSWERS.get(question, f"Whoever asks “{question}” gets this answer.")
        parts.append(f"## {question}\n\n{answers.get(question, answer)}\n")
    return "\n".join(parts)


def single(text: str, name: str = "python.md", *, slug: str = "") -> Batch:
    """A file named alone."""
    return Batch((SourceFile(name, f"notes/{name}", text.encode()),), shown=f"notes/{name}", slug=slug)


def folder(files: dict[str, str], name: str = "notes") -> Batch:
    """A folder of files."""
    found = tuple(SourceFile(file, f"{name}/{file}", text.encode()) for file, text in sorted(files.items()))
    return Batch(found, folder=name, shown=name)


def bring_in(session: Session, *batches: Batch | str, now: datetime = NOW, **more: Any) -> ImportResult:
    """Import and commit, as the edge would."""
    found = [single(batch) if isinstance(batch, str) else batch for batch in batches]
    result = import_batches(session, batches=found, now=now, **more)
    session.commit()
    return result


@dataclass(frozen=True)
class Seen:
    """A card as a test looks at it."""

    guid: str
    deck: str
    question: str
    answer: str
    archived: str | None
    position: int


def shelf(session: Session, *, archived: bool = True) -> list[Seen]:
    """All cards in the order of their decks."""
    rows = session.execute(
        select(Card, Deck.slug)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Card.merged_into_id.is_(None))
        .order_by(Deck.slug, Card.position, Card.id)
        .execution_options(populate_existing=True)
    )
    seen = [
        Seen(card.guid, slug, card.question, card.answer, card.archived_reason, card.position) for card, slug in rows
    ]
    session.rollback()
    return [one for one in seen if archived or one.archived is None]


def asked(session: Session, deck: str = "python") -> list[str]:
    """The questions readers of a deck see, in order."""
    return [one.question for one in shelf(session, archived=False) if one.deck == deck]


def guids(session: Session) -> dict[str, str]:
    """Each question's guid, archived cards included."""
    return {one.question: one.guid for one in shelf(session)}


def state(session: Session) -> list[tuple[Any, ...]]:
    """Everything of every card but its version and times."""
    cards = session.scalars(select(Card).order_by(Card.id).execution_options(populate_existing=True))
    columns = [column.key for column in Card.__mapper__.column_attrs]
    kept = [name for name in columns if name not in ("version", "updated_at", "archived_at")]
    found = [tuple(str(getattr(card, name)) for name in kept) for card in cards]
    session.rollback()
    return found


def edit(session: Session, guid: str, editor: User | None = None, **fields: Any) -> None:
    """Edit a card in the portal, and commit."""
    from dataclasses import replace

    card = session.scalars(select(Card).where(Card.guid == guid)).one()
    text, version = replace(of_stored(card), **fields), card.version
    author = editor or make_user(session, role="editor")
    session.commit()
    edit_card(session, guid=guid, version=version, text=text, author_id=author.id, now=LATER)
    session.commit()
