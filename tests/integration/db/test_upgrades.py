"""Upgrades of a portal that people use: nothing of what both releases have changes, and the one before goes on serving."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, table, text
from sqlalchemy import column as column_of
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import migrate
from app.db.models import Card, CardState, Event
from tests.builders import choose, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

FIRST = "0001"
Columns = dict[str, set[str]]


@pytest.fixture
def used(engine: Engine, session: Session) -> Engine:
    """A portal with a learner who has studied."""
    user = make_user(session)
    deck = make_deck(session, cards=6, slug="deck")
    choose(session, user, deck)
    session.commit()
    learner = viewer_of(user)
    for grade, card in enumerate(session.scalars(select(Card))):
        give(session, learner, card, grade, now=NOW)
    session.close()
    return engine


def columns(engine: Engine) -> Columns:
    """The columns of each table."""
    inspector = inspect(engine)
    return {
        name: {each["name"] for each in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def sums(engine: Engine) -> dict[tuple[str, str], str]:
    """A checksum of each column of each table."""
    found = {}
    with engine.connect() as connection:
        for name, names in columns(engine).items():
            for each in names:
                values: list[Any] = list(connection.scalars(select(column_of(each)).select_from(table(name))))
                found[name, each] = hashlib.sha256(repr(sorted(map(repr, values))).encode()).hexdigest()
    return found


def shared(one: dict[tuple[str, str], str], other: dict[tuple[str, str], str]) -> tuple[object, object]:
    """Of two sets of checksums those of the columns that both have."""
    both = one.keys() & other.keys()
    return {key: one[key] for key in both}, {key: other[key] for key in both}


def test_down_step_by_step_and_up_again_keeps_all_that_both_sides_have(used: Engine) -> None:
    revisions = [each.revision for each in ScriptDirectory.from_config(migrate.configuration()).walk_revisions()]
    at_head = columns(used)
    sums_of = [sums(used)]
    for revision in revisions[1:]:
        migrate.downgrade(used, revision)
        sums_of.append(sums(used))
        newer, older = shared(*sums_of[-2:])
        assert newer == older, f"going down to {revision} changed rows that stay"
    migrate.upgrade(used)
    assert columns(used) == at_head
    before, after = shared(sums_of[-1], sums(used))
    assert before == after


def test_instants_that_answers_wrote_with_an_offset_become_as_all_others(used: Engine) -> None:
    migrate.downgrade(used, "0021")
    as_they_were = {
        "2026-01-02 03:04:05.000006+00:00": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "2026-01-02 03:04:05+00:00": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    with used.begin() as connection:
        for number, was in enumerate(as_they_were, start=1):
            connection.execute(
                text(f"UPDATE event SET answered_at = '{was}', received_at = '{was}' WHERE id = {number}")
            )
            connection.execute(text(f"UPDATE card_state SET repeat_from = '{was}' WHERE card_id = {number}"))
    migrate.upgrade(used)
    with used.connect() as connection:
        for number, instant in enumerate(as_they_were.values(), start=1):
            wrote = select(Event.id).where(Event.answered_at == instant, Event.received_at == instant)
            assert connection.scalars(wrote).all() == [number]
            waits = select(CardState.card_id).where(CardState.repeat_from == instant)
            assert connection.scalars(waits).all() == [number]


def test_the_release_before_goes_on_serving(engine: Engine) -> None:
    """All it reads is there, and what it writes lacks nothing that has no default."""
    new: dict[str, dict[str, Any]] = {
        name: {each["name"]: each for each in inspect(engine).get_columns(name)}
        for name in inspect(engine).get_table_names()
    }
    migrate.downgrade(engine, FIRST)
    old = columns(engine)
    for name, names in old.items():
        assert names <= new[name].keys(), f"{name} lost a column; take it away one release later"
        for added in new[name].keys() - names:
            said = new[name][added]
            filled = said["nullable"] or said["default"] is not None or said.get("computed")
            assert filled, f"{name}.{added} needs a server default"


def test_a_migration_waits_for_a_lock_a_little_and_then_tries_again(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting on and on would have every request wait behind it."""
    from app.db.session import make_engine

    engine = make_engine(postgresql_url)
    migrate.downgrade(engine, "base")
    migrate.upgrade(engine, FIRST)
    monkeypatch.setattr(migrate, "LOCK_WAIT_MS", 50)
    monkeypatch.setattr(migrate, "LOCK_TRIES", 2)
    outcome: list[object] = []
    with engine.connect() as reader:
        reader.execute(text('SELECT count(*) FROM "user"'))

        def run() -> None:
            try:
                outcome.append(migrate.downgrade(engine, "base"))
            except OperationalError as error:
                outcome.append(getattr(error.orig, "sqlstate", None))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert outcome == ["55P03"]
        assert reader.execute(text('SELECT count(*) FROM "user"')).scalar_one() == 0
    assert migrate.downgrade(engine, "base") == (FIRST, None)
    engine.dispose()
