"""Migrations: up, down and up again, and the schema they make is the schema the models say."""

import threading

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex
from sqlalchemy.orm import Session

from app.db import migrate, search_index
from app.db import models as _models  # noqa: F401
from app.db.base import Base
from app.db.models import Role, Scheduler


def shape(engine: Engine) -> dict[str, object]:
    """Everything a database says of its tables: columns, keys, uniques, indexes (partial ones too) and CHECKs."""
    inspector = inspect(engine)
    return {
        name: {
            "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            "primary": inspector.get_pk_constraint(name),
            "foreign": sorted(inspector.get_foreign_keys(name), key=str),
            "unique": sorted(inspector.get_unique_constraints(name), key=str),
            "indexes": sorted((_index(found) for found in inspector.get_indexes(name)), key=str),
            "checks": sorted((str(c["name"]), c["sqltext"]) for c in inspector.get_check_constraints(name)),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version" and not search_index.is_part(name)
    }


def _index(found: ReflectedIndex) -> dict[str, object]:
    """An index as values: the condition of a partial one is a clause, equal to nothing but itself."""
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return {**found, "dialect_options": options}


def _is_a_models(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the search index out: no model says it."""
    return not (kind == "table" and search_index.is_part(name or ""))


def test_the_models_ask_for_nothing_that_migrations_do_not_make(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_a_models})
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_and_indexes_are_those_of_the_models(engine: Engine) -> None:
    migrated = shape(engine)
    migrate.downgrade(engine, "base")
    Base.metadata.create_all(engine)
    assert migrated == shape(engine)


def test_down_leaves_nothing_and_up_again_makes_the_same(engine: Engine) -> None:
    before = shape(engine)
    assert migrate.downgrade(engine, "base") == (migrate.heads(), None)
    assert shape(engine) == {}
    assert migrate.upgrade(engine) == (None, migrate.heads())
    assert shape(engine) == before


def test_an_up_to_date_database_is_left_alone(engine: Engine) -> None:
    assert migrate.upgrade(engine) == (migrate.heads(), migrate.heads())


def test_two_that_migrate_at_once_do_not_collide(engine: Engine) -> None:
    migrate.downgrade(engine, "base")
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(migrate.upgrade(engine))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head = migrate.heads()
    assert sorted(outcomes, key=str) == sorted([(None, head), (head, head), (head, head)], key=str)


def test_the_rows_a_portal_cannot_be_without_are_there(session: Session) -> None:
    assert [role.name for role in session.query(Role).order_by(Role.id)] == ["learner", "editor", "admin"]
    assert session.query(Scheduler).one().name == "sm2"
    assert session.execute(text("SELECT name FROM portal")).scalar_one() == "Reprise"
