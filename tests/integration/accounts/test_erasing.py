"""Erasing: what a learner leaves behind is gone, what an editor wrote stays without a name."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Engine, Enum, Table, TypeDecorator, func, insert, inspect, select, text
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.accounts import erasing, service
from app.db.base import Base, new_guid
from app.db.models import (
    AccountLink,
    Card,
    CardMark,
    CardRevision,
    CardState,
    Deck,
    DeckChoice,
    Event,
    Identity,
    Import,
    LoginSession,
    Mail,
    Note,
    Passkey,
    Practice,
    RecoveryCode,
    Reminder,
    ReminderSent,
    Rest,
    Scheduler,
    SecondFactor,
    Suggestion,
    Takeout,
    Upload,
    User,
)
from tests.builders import make_deck, make_user
from tests.integration.accounts.helpers import NOW, proof, together

DAY = date(2026, 11, 24)
LATER = NOW + service.KEPT_FOR


def event(user: User, card_id: int, number: int, **values: Any) -> dict[str, Any]:
    """The row of an answer, or of what `values` make of it."""
    row = {"user_id": user.id, "id": number, "card_id": card_id, "kind": "review", "grade": 4, "target_id": None}
    row |= {"answered_at": NOW, "received_at": NOW, "zone": "UTC", "rollover_hour": 4, "study_day": DAY}
    row |= {"idempotency_key": f"key-{number}", "request_hash": bytes(32)}
    return row | {"live": True, "counted": True, "lapse": False, "was_due": False} | values


def leave_traces(session: Session, user: User, deck: Deck) -> None:
    """A row in every kind of table that belongs to a user, and a revision the user wrote."""
    card = session.scalars(select(Card).where(Card.deck_id == deck.id)).one()
    scheduler = session.scalars(select(Scheduler.id)).one()
    undone = event(user, card.id, 2, kind="void", grade=None, target_id=1)
    session.execute(insert(Event), [event(user, card.id, 1), undone])
    session.add_all(
        [
            CardState(
                user_id=user.id,
                card_id=card.id,
                scheduler_id=scheduler,
                version=2,
                ease=250,
                repetitions=0,
                interval=0,
                lapses=0,
            ),
            CardMark(user_id=user.id, card_id=card.id, flagged_at=NOW),
            Practice(user_id=user.id, mode="quiz", counts=False, cards=[card.id], started_at=NOW),
            Rest(user_id=user.id, first=DAY, last=DAY),
            Note(user_id=user.id, card_id=card.id, text="x", text_html="<p>x</p>", renderer=1, version=1, saved_at=NOW),
            Suggestion(user_id=user.id, card_id=card.id, version=1, remark="Is it?", sent_at=NOW),
            DeckChoice(user_id=user.id, deck_id=deck.id, chosen_at=NOW),
            LoginSession(
                token_hash=user.id.to_bytes(32),
                user_id=user.id,
                created_at=NOW,
                seen_at=NOW,
                expires_at=LATER,
                remembered=True,
            ),
            SecondFactor(user_id=user.id, secret=b"x", started_at=NOW),
            RecoveryCode(user_id=user.id, code_hash=bytes(32), created_at=NOW),
            Passkey(
                user_id=user.id,
                credential_id=user.id.to_bytes(8),
                public_key=b"x",
                sign_count=0,
                name="Laptop",
                created_at=NOW,
            ),
            Identity(user_id=user.id, issuer="https://id.example.org", subject=str(user.id), created_at=NOW),
            Mail(kind="notice", to_address=user.email, details={}, user_id=user.id, next_try_at=NOW, created_at=NOW),
            AccountLink(
                kind="reset",
                token_hash=user.id.to_bytes(32),
                user_id=user.id,
                email=user.email,
                payload={},
                created_at=NOW,
                expires_at=LATER,
            ),
            Reminder(user_id=user.id),
            ReminderSent(user_id=user.id, study_day=DAY, sent_at=NOW),
            Upload(user_id=user.id, filename="notes.md", content=b"# Notes", summary={}, created_at=NOW),
            Takeout(user_id=user.id, kind="export", filename="all.zip", created_at=NOW, expires_at=LATER),
        ]
    )
    session.scalars(select(CardRevision).where(CardRevision.card_id == card.id)).one().author_id = user.id
    session.flush()
    for table, column, rule in user_keys():
        if rule == "CASCADE" and not count(session, table, column, user):
            session.execute(insert(table).values(made_up(session, table) | {column: user.id}))


def made_up(session: Session, table: Table) -> dict[str, Any]:
    """A row for a table this file knows nothing else of: whatever each column that needs a value may hold."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.nullable or column.default is not None or column.server_default is not None:
            continue
        kind = type_of(column.type)
        if column.foreign_keys:
            key = next(iter(column.foreign_keys))
            values[column.name] = session.scalars(select(key.column).order_by(key.column.desc()).limit(1)).one()
        elif isinstance(column.type, Enum):
            values[column.name] = column.type.enums[0]
        elif kind is str:
            values[column.name] = new_guid()
        elif kind is bytes:
            values[column.name] = new_guid().encode() * 2
        elif kind in (dict, list):
            values[column.name] = kind()
        elif kind is datetime:
            values[column.name] = NOW
        elif kind is date:
            values[column.name] = DAY
        elif not column.primary_key or column.autoincrement is False:
            values[column.name] = kind(1)
    return values


def type_of(kind: TypeEngine[Any]) -> Any:
    """What Python holds a column's values as; types that wrap another are asked for that."""
    inner = kind.impl if isinstance(kind, TypeDecorator) else kind
    known = ((JSON, dict), (DateTime, datetime), (Date, date))
    return next((python for sql, python in known if isinstance(inner, sql)), None) or inner.python_type


def user_keys() -> list[tuple[Table, str, str | None]]:
    """(table, column, what happens to the row with its user) of every column that names a user."""
    return [
        (table, key.parent.name, key.ondelete)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "user"
    ]


def count(session: Session, table: Table, column: str, user: User) -> int:
    return session.scalar(select(func.count()).select_from(table).where(table.c[column] == user.id)) or 0


STAYS = {
    "audit.user_id": "what was done is kept, as done by a deleted user",
    "audit.subject_id": "the same, of whose account it was done to",
    "card_revision.author_id": "a text that others study keeps its history",
    "deck.owner_id": "a deck of the portal stays; private ones are erased with their owner",
    "deck_revision.author_id": "decks keep their history",
    "import.user_id": "an import that others study can still be undone; those into private decks are erased",
    "import_question.decided_by_id": "the decision holds",
    "invitation.created_by_id": "it still works, and ends at its time",
    "job.user_id": "forgotten a month after it ended; names files, no person",
    "source.created_by_id": "the decks are still followed",
    "suggestion.decided_by_id": "its learner still reads the outcome",
}
"""Columns that name users whose rows stay without them, each with its reason."""


def test_every_table_says_what_becomes_of_rows_of_an_erased_user() -> None:
    """A row that names a user goes with them, or stays for a reason; nothing is decided by accident."""
    rules = {f"{table.name}.{column}": rule for table, column, rule in user_keys()}
    assert set(rules.values()) == {"CASCADE", "SET NULL"}
    assert {name for name, rule in rules.items() if rule == "SET NULL"} == set(STAYS)


def test_after_seven_days_nothing_of_a_learner_is_left(session: Session) -> None:
    deck, stays = make_deck(session, cards=1), make_user(session)
    goes = make_user(session, email="lovelace@example.org", zone="Europe/Berlin", role="editor")
    leave_traces(session, goes, deck)
    leave_traces(session, stays, make_deck(session, cards=1))
    service.ask_deletion(session, proof=proof(goes), now=NOW)
    session.commit()
    own = [(table, column) for table, column, rule in user_keys() if rule == "CASCADE"]
    before = {table.name: count(session, table, column, stays) for table, column in own}
    assert all(before.values()), before

    assert erasing.erase_due(session, LATER) == 1
    session.commit()
    assert {table.name: count(session, table, column, goes) for table, column in own} == dict.fromkeys(before, 0)
    assert {table.name: count(session, table, column, stays) for table, column in own} == before


def test_the_row_stays_without_address_for_what_was_written(session: Session) -> None:
    deck, user = make_deck(session, cards=1), make_user(session, email="lovelace@example.org", zone="Europe/Berlin")
    leave_traces(session, user, deck)
    user.goal_minutes, user.new_per_day, user.keys = 25, 7, {"show": "x"}
    user.holiday_from = user.holiday_to = DAY
    service.ask_deletion(session, proof=proof(user), now=NOW)
    before = user.fs_uniquifier
    erasing.erase_due(session, LATER)
    session.commit()
    session.expire_all()
    assert session.scalars(select(CardRevision.author_id)).one() == user.id
    assert (user.password, user.active, user.erased_at, user.zone) == (None, False, LATER, "UTC")
    assert user.fs_uniquifier != before
    said = [str(getattr(user, column.key)) for column in inspect(User).column_attrs]
    assert not any("lovelace" in value or "Berlin" in value for value in said)
    assert [user.goal_minutes, user.new_per_day, user.keys, user.holiday_to] == [None, 20, {}, None]
    make_user(session, email="lovelace@example.org")


def test_erasing_again_does_nothing(session: Session) -> None:
    user = make_user(session)
    service.ask_deletion(session, proof=proof(user), now=NOW)
    assert erasing.erase_due(session, LATER - timedelta(seconds=1)) == 0
    assert erasing.erase_due(session, LATER) == 1
    assert erasing.erase_due(session, LATER + timedelta(days=1)) == 0


def test_two_that_erase_at_once_erase_once(session: Session, engine: Engine) -> None:
    for _ in range(3):
        service.ask_deletion(session, proof=proof(make_user(session)), now=NOW)
    session.commit()
    outcomes = together(engine, *[lambda current: erasing.erase_due(current, LATER)] * 3)
    assert sorted(outcomes, key=str) == [0, 0, 3]


def test_an_event_that_goes_is_not_looked_for_in_the_whole_history(session: Session) -> None:
    """Events name the ones they take back; looking that up without an index made erasing 20,000 answers take 40 s."""
    if session.get_bind().dialect.name == "sqlite":
        explain = "EXPLAIN QUERY PLAN"
    else:
        session.execute(text("SET enable_seqscan = off"))  # it would be right while the table is empty
        explain = "EXPLAIN"
    plan = session.execute(text(f"{explain} SELECT 1 FROM event WHERE user_id = 1 AND target_id = 1"))
    assert "ix_event_user_id_target_id" in " ".join(str(step) for step in plan)


def test_own_decks_go_with_all_that_hangs_on_them(session: Session) -> None:
    """And nobody else's."""
    user, other = make_user(session), make_user(session)
    mine = make_deck(session, cards=1, visibility="private", owner_id=user.id)
    kept = [make_deck(session, cards=1, visibility="private", owner_id=other.id), make_deck(session, owner_id=user.id)]
    leave_traces(session, user, mine)
    session.add_all(
        Import(label=one.slug, user_id=user.id, applied_at=NOW, outcome={"decks": [one.slug]}, before={})
        for one in (mine, kept[1])
    )
    user.deletion_asked_at = NOW
    session.commit()
    assert erasing.erase_due(session, LATER) == 1
    session.commit()
    assert set(session.scalars(select(Deck.id))) == {deck.id for deck in kept}
    assert session.scalars(select(Card.deck_id)).all() == [kept[0].id]
    assert session.scalars(select(Import.label)).all() == [kept[1].slug]
