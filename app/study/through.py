"""Reading through: questions with their answers in the deck's order, nothing asked and nothing noted."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.db.models import Card, Collection, Deck, DeckChoice
from app.library.queries import studyable
from app.study.begun import TAGGED
from app.study.queries import ChosenDeck, study_day_of
from app.study.question import Question, ask_question
from app.study.scopes import Scope
from app.web.access import readable
from app.web.sessions import Viewer


@dataclass(frozen=True, slots=True)
class Reading:
    """The `place`-th card of `total`, from 1; no question where nothing fits."""

    study_day: date
    question: Question | None
    place: int
    total: int
    deck: str
    """Title of the only deck that is read, or ""."""


def reading(session: Session, viewer: Viewer, *, now: datetime, scope: Scope, place: int) -> Reading:
    """Card number `place` of a scope: a deck that may be read, or what the learner studies of a collection or at all."""
    if "\0" in "".join(scope):  # PostgreSQL refuses it in any text
        return Reading(study_day_of(viewer, now), None, 0, 0, "")
    today = study_day_of(viewer, now)
    cards = select(Card.id, Deck.id.label("deck_id"), Deck.slug, Deck.title).join(Deck)
    cards = cards.where(readable(viewer), studyable())
    if scope.deck:
        cards = cards.where(Deck.slug == scope.deck).order_by(Card.position, Card.id)
    else:
        chosen = and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id)
        cards = cards.join(DeckChoice, chosen).order_by(DeckChoice.chosen_at, Deck.id, Card.position, Card.id)
    if scope.collection:
        cards = cards.join(Collection, Collection.id == Deck.collection_id).where(Collection.slug == scope.collection)
    if scope.tag:
        cards = cards.where(TAGGED)
    values = {"tag": scope.tag}
    total = session.scalar(select(func.count()).select_from(cards.order_by(None).subquery()), values) or 0
    at = min(max(place, 1), total)
    row = session.execute(cards.offset(max(at - 1, 0)).limit(1), values).first()
    if row is None:
        return Reading(today, None, 0, 0, "")
    decks = {row.deck_id: ChosenDeck(row.deck_id, row.slug, row.title)}
    question = ask_question(session, viewer, row.id, decks=decks, standing="", today=today)()
    return Reading(today, question, at, total, row.title if scope.deck else "")
