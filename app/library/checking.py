"""What an editor is told of a card while it is typed: `content.remarks`, with what the deck has and links lead to."""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.content import parsing
from app.content.document import CardText, ContentError
from app.content.remarks import Form, Remark, remarks
from app.content.text import MAX_BYTES
from app.db.models import Card, Deck, Document
from app.library.media import of_deck

_MAY_ASK = re.compile(r"^ {0,3}(?:#|=+\s*$|-+\s*$|\*\*|Q)", re.MULTILINE | re.IGNORECASE)
_DECK = re.compile(r"/decks/([^/?#]+)/?")


def remarks_on(session: Session, deck_id: int, text: CardText, *, portal: str) -> tuple[Remark, ...]:
    """What to look at in a card of a deck; `portal` is where readers reach the portal, without a trailing slash."""
    form = _form(session, deck_id) if _MAY_ASK.search(text.answer) else None
    return remarks(text, images=of_deck(session, deck_id).get, form=form, broken=_leads_astray(session, portal))


def _leads_astray(session: Session, portal: str) -> Callable[[str], bool]:
    def broken(href: str) -> bool:
        if not portal or not (href + "/").startswith(portal + "/"):
            return False
        try:
            parts = urlsplit(href)
        except ValueError:
            return True
        named = _DECK.fullmatch(parts.path)
        if named is None or "\0" in href:
            return False
        guid = (parse_qs(parts.query).get("card") or [parts.fragment.removeprefix("q-")])[0]
        found = select(Deck.id).where(Deck.slug == named[1], Deck.archived_at.is_(None))
        if guid:
            living = select(Card.id).where(Card.deck_id == Deck.id, Card.guid == guid, Card.archived_at.is_(None))
            found = found.where(living.exists())
        return session.scalar(found) is None

    return broken


def _form(session: Session, deck_id: int) -> Form:
    """How the deck's document marks its questions; a deck without one is written with headings."""
    document = session.scalar(select(Document).where(Document.deck_id == deck_id).options(undefer(Document.content)))
    if document is not None:
        return _read(document.content, document.filename, document.dialect)
    sections = session.scalars(select(Card.section).where(Card.deck_id == deck_id, Card.archived_at.is_(None)))
    return Form("headings", min(6, 2 + max((len(section) for section in sections), default=0)))


@lru_cache(maxsize=8)
def _read(content: bytes, filename: str, dialect: str) -> Form:
    try:
        deck = parsing.read(content, filename, dialect=dialect or None)
    except ContentError:
        return Form("")
    source = content[:MAX_BYTES].decode("utf-8-sig", "replace")
    levels = [_level(source, card.question_span.start) for card in deck.cards[:50]]
    return Form(deck.dialect, max(levels, default=0))


def _level(source: str, at: int) -> int:
    """How many # the line of a question begins with."""
    line = source[source.rfind("\n", 0, at) + 1 : at].lstrip()
    return len(line) - len(line.lstrip("#"))
