"""A learner's own decks have bounds, also for who sends many forms at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Barrier
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.db.models import Card, Deck
from app.db.session import session_factory
from app.library import own
from app.library.deck_editing import DeckFields
from app.library.own import TooManyCards, TooManyDecks
from tests.builders import make_deck, make_user

NOW = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
AT_ONCE = 4


def done_at_once(engine: Engine, work: Callable[[Session, int], Any]) -> int:
    """How many of some transactions that begin at the same moment are committed."""
    together = Barrier(AT_ONCE)

    def run(number: int) -> bool:
        with session_factory(engine)() as session:
            together.wait()
            try:
                work(session, number)
            except (TooManyDecks, TooManyCards):
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(run, range(AT_ONCE)))


def test_of_many_forms_at_once_those_count_for_which_there_is_room(engine: Engine, session: Session) -> None:
    owner = make_user(session)
    make_deck(session, visibility="private", owner_id=owner.id, archived_at=NOW, cards=1)
    session.commit()
    mine: dict[str, Any] = {"owner_id": owner.id, "now": NOW, "most": 2}
    decks = done_at_once(engine, lambda one, n: own.make_deck(one, fields=DeckFields(f"Words {n}"), **mine))
    assert decks == 2, "the archived one takes no place"
    slug = session.scalars(select(Deck.slug).where(Deck.archived_at.is_(None)).order_by(Deck.id)).first()
    add = partial(own.create_card, slug=slug, most=3, author_id=owner.id, now=NOW)
    assert done_at_once(engine, lambda one, n: add(one, text=CardText(f"Question {n}?", "Yes."))) == 2
    session.rollback()
    assert session.scalar(select(func.count(Card.id))) == 3
