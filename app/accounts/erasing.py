"""Erasing accounts for good, with all that is theirs alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.service import KEPT_FOR, new_uniquifier, sweep
from app.db.base import Base
from app.db.models import Card, Deck, Import, User
from app.db.session import write
from app.web import audit


def erase_due(session: Session, now: datetime) -> int:
    """Erase accounts whose deletion was asked for seven days ago; gives how many. Safe to run at any time, and twice.

    What belongs to a learner alone goes: answers, states, choices, notes, sessions. The row stays without address, for
    what it wrote as an editor.
    """
    write(session)
    due = session.scalars(
        select(User)
        .where(User.deletion_asked_at <= now - KEPT_FOR, User.erased_at.is_(None))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for user in due:
        for table, column in _owned():
            session.execute(delete(table).where(table.c[column] == user.id))
        _erase_own_decks(session, user.id)
        session.expire(user, ["roles"])
        user.email = f"deleted-{user.guid}@deleted.invalid"
        user.password, user.active, user.erased_at = None, False, now
        user.fs_uniquifier = new_uniquifier()
        _forget_settings(user)
        audit.note(session, "account.erased", area="account", role="portal", subject=user.id)
        audit.forget_person(session, user.id)
    session.flush()
    return len(due)


_OF_THE_ACCOUNT = [
    "id",
    "guid",
    "email",
    "password",
    "active",
    "fs_uniquifier",
    "created_at",
    "password_changed_at",
    "deletion_asked_at",
    "erased_at",
]
"""Columns of a user that are no settings."""


def _forget_settings(user: User) -> None:
    """Have what the user chose as it is for somebody new: a zone says where they live, a holiday when they are away.

    Taken from the schema, so that a setting added later is not forgotten.
    """
    columns: Any = User.__table__.columns
    for column in columns:
        if column.name not in _OF_THE_ACCOUNT:
            new = column.default
            setattr(user, column.name, None if new is None else new.arg(None) if new.is_callable else new.arg)


def _erase_own_decks(session: Session, user_id: int) -> None:
    """The private decks of an account with all that hangs on them, and the imports that hold their texts."""
    decks = {
        row.id: row.slug
        for row in session.execute(
            select(Deck.id, Deck.slug).where(Deck.visibility == "private", Deck.owner_id == user_id)
        )
    }
    for record in session.scalars(select(Import).where(Import.user_id == user_id)).all() if decks else ():
        if set(record.outcome["decks"]) & set(decks.values()):
            session.delete(record)
    session.flush()
    cards = select(Card.id).where(Card.deck_id.in_(decks)).scalar_subquery()
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys if table is not Card.__table__ else ():
            if key.column.table is Card.__table__:
                session.execute(delete(table).where(table.c[key.parent.name].in_(cards)))
    session.execute(update(Card).where(Card.deck_id.in_(decks)).values(merged_into_id=None))
    session.execute(delete(Card).where(Card.deck_id.in_(decks)))
    session.execute(delete(Deck).where(Deck.id.in_(decks)))


def _owned() -> list[tuple[Table, str]]:
    """The tables whose rows go with their user, each with the column that names the user: those that cascade.

    Taken from the schema, so that a table added later is not forgotten.
    """
    return [
        (table, key.parent.name)
        for table in reversed(Base.metadata.sorted_tables)
        for key in table.foreign_keys
        if key.column.table.name == User.__tablename__ and key.ondelete == "CASCADE"
    ]


def keep_house(session: Session, now: datetime) -> dict[str, int]:
    """What has to be done every now and then: erase what is due, sweep what is over; gives how many of each went."""
    return {"erased accounts": erase_due(session, now), "sessions, counters and links": sweep(session, now)}
