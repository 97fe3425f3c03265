"""The cards of a learner's archive: those that anything of theirs names, and those of their own decks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Table, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.db.models import (
    Card,
    CardMark,
    CardState,
    Deck,
    Event,
    Practice,
    PracticeAnswer,
    Role,
    UserRole,
)

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Cards:
    """Which cards they are, by id, with their guids; and how many events there are."""

    user_id: int
    guids: dict[int, str]
    events: int
    all_decks: bool
    """Whether they may read decks that are meant for some only."""

    @classmethod
    def of(cls, session: Session, user_id: int, *, others: Sequence[Table]) -> Self:
        """The cards that rows of this account name; `others` are tables with a `card_id` and a `user_id`."""
        ids: set[int] = set()
        named: list[Any] = [
            select(Event.card_id).where(Event.user_id == user_id).distinct(),
            select(CardMark.card_id).where(CardMark.user_id == user_id),
            select(PracticeAnswer.card_id).join(Practice).where(Practice.user_id == user_id).distinct(),
            select(Card.id).join(Deck).where(Deck.visibility == "private", Deck.owner_id == user_id),
            *(select(table.c.card_id).where(table.c.user_id == user_id) for table in others),
        ]
        for statement in named:
            ids.update(session.scalars(statement))
        for cards in session.scalars(select(Practice.cards).where(Practice.user_id == user_id)):
            ids.update(card for card in cards if isinstance(card, int))
        joined = [select(Card.merged_into_id).where(Card.id.in_(some)) for some in _some(ids)]
        ids.update(card for statement in joined for card in session.scalars(statement) if card is not None)
        guids = {
            row.id: row.guid
            for some in _some(ids)
            for row in session.execute(select(Card.id, Card.guid).where(Card.id.in_(some)))
        }
        events = session.scalar(select(func.count()).select_from(Event).where(Event.user_id == user_id)) or 0
        return cls(user_id, guids, events, reads_all(session, user_id))

    def records(self, session: Session) -> Iterator[dict[str, Any]]:
        """A record of each card. Its text is left out where the account may not read its deck (any more)."""
        root = aliased(Card)
        mine = and_(CardState.user_id == self.user_id, CardState.card_id == Card.id)
        rows = (
            select(
                Card, Deck.guid.label("deck"), self._readable().label("readable"), root.guid.label("root"), CardState
            )
            .join(Deck, Deck.id == Card.deck_id)
            .outerjoin(root, root.id == Card.merged_into_id)
            .outerjoin(CardState, mine)
            .order_by(Card.id)
        )
        for some in _some(self.guids):
            for card, deck, readable, joined_to, state in session.execute(rows.where(Card.id.in_(some))).all():
                yield {
                    "guid": card.guid,
                    "deck": deck,
                    "kind": card.kind,
                    "section": card.section if readable else [],
                    "question": card.question if readable else None,
                    "answer": card.answer if readable else None,
                    "tags": card.tags if readable else [],
                    "options": card.options if readable else [],
                    "archived": card.archived_at is not None,
                    "joined_to": joined_to,
                    "schedule": state and _schedule(state),
                }
            session.expunge_all()

    def names(self, session: Session) -> dict[int, tuple[str, str]]:
        """Deck's title and question of each card, as far as they may be read."""
        rows = select(Card.id, Deck.title, Card.question_text, self._readable().label("readable")).join(Deck)
        return {
            row.id: (row.title, row.question_text) if row.readable else ("", "")
            for some in _some(self.guids)
            for row in session.execute(rows.where(Card.id.in_(some)))
        }

    def _readable(self) -> Any:
        return readable_by(self.user_id, self.all_decks)


def readable_by(user_id: int, all_decks: bool) -> Any:
    """Decks whose text is open to an account, as a condition on `Deck`; to whom `all_decks` are open, those of groups too.

    What was open once stays theirs though it was archived since; what is others' own never was.
    """
    open_to = ("public", "members", "group") if all_decks else ("public", "members")
    own = and_(Deck.visibility == "private", Deck.owner_id == user_id)
    return or_(Deck.visibility.in_(open_to), own)


def reads_all(session: Session, user_id: int) -> bool:
    """Whether decks of groups are open to an account, too."""
    role = select(Role.name).join(UserRole, UserRole.role_id == Role.id).where(UserRole.user_id == user_id)
    return bool({"editor", "admin"} & set(session.scalars(role)))


def _schedule(state: CardState) -> dict[str, Any]:
    return {
        "due": state.due and state.due.isoformat(),
        "ease": state.ease,
        "interval": state.interval,
        "repetitions": state.repetitions,
        "lapses": state.lapses,
        "reviews": state.reviews,
    }


def _some(ids: Iterable[int]) -> Iterator[tuple[int, ...]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        yield tuple(ordered[start : start + _BATCH])
