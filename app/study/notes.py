"""What learners write on cards for themselves. Every statement here names its reader: no other person's note is ever read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.content import render
from app.content.heading import parted
from app.db.models import Card, Deck, Note, User
from app.db.session import write
from app.library.texts import safe_html
from app.study.service import UnknownCard
from app.web.access import allows
from app.web.sessions import Viewer

MOST = 5_000
"""Characters of a note."""


class Newer(Exception):
    """Another window saved a newer note. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A note: Markdown, and HTML that is safe to serve. `version` is 0, and all else empty, where there is none."""

    text: str = ""
    html: str = ""
    version: int = 0


NONE = Written()


@dataclass(frozen=True, slots=True)
class NotedCard:
    """A card and its reader's note on it."""

    id: int
    guid: str
    number: int
    deck_slug: str
    deck_title: str
    title_html: str
    body_html: str
    answer_html: str
    note: Written


def written(text: str | None, html: str | None, renderer: int | None, version: int | None) -> Written:
    """A note as its columns have it; those of an outer join are None where there is no note."""
    if text is None or html is None or renderer is None:
        return NONE
    return Written(text, safe_html(html, renderer), version or 0)


def noted(session: Session, viewer: Viewer, guid: str) -> NotedCard:
    """A card that this person reads, with their note on it. Raises `UnknownCard`."""
    row = session.execute(
        select(Card, Deck, Note)
        .join(Deck, Deck.id == Card.deck_id)
        .outerjoin(Note, (Note.card_id == Card.id) & (Note.user_id == viewer.id))
        .where(Card.guid == guid.replace("\0", ""), Card.merged_into_id.is_(None))
    ).one_or_none()
    if row is None or not allows(viewer, "read", row.Deck):
        raise UnknownCard
    card, deck, note = row.Card, row.Deck, row.Note
    title, body = parted(safe_html(card.question_html, card.renderer))
    return NotedCard(
        id=card.id,
        guid=card.guid,
        number=card.position + 1,
        deck_slug=deck.slug,
        deck_title=deck.title,
        title_html=title,
        body_html=body,
        answer_html=safe_html(card.answer_html, card.renderer),
        note=NONE if note is None else written(note.text, note.text_html, note.renderer, note.version),
    )


def on_cards(session: Session, viewer: Viewer, card_ids: Collection[int]) -> dict[int, Written]:
    """This person's notes on some cards."""
    mine = select(Note).where(Note.user_id == viewer.id, Note.card_id.in_(card_ids))
    return {
        note.card_id: written(note.text, note.text_html, note.renderer, note.version) for note in session.scalars(mine)
    }


def save(session: Session, *, viewer: Viewer, card_id: int, version: int, text: str, now: datetime) -> None:
    """Put a note that was made on `version` in place of the last one; an empty text takes it away. Raises `Newer`.

    The text that is there already is no change: a form that is sent twice saves once.
    """
    html = render.render(text)
    write(session)
    session.execute(select(User.id).where(User.id == viewer.id).with_for_update(key_share=True))
    note = session.get(Note, (viewer.id, card_id), populate_existing=True)
    if (note.text if note else "") == text:
        return
    if (note.version if note else 0) != version:
        raise Newer
    if not text:
        session.execute(delete(Note).where(Note.user_id == viewer.id, Note.card_id == card_id))
    elif note is None:
        note = Note(user_id=viewer.id, card_id=card_id, version=0)
        session.add(note)
    if note is not None and text:
        note.text, note.text_html, note.renderer = text, html, render.RENDERER_VERSION
        note.version, note.saved_at = note.version + 1, now
    session.flush()
