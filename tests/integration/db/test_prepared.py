"""Statements that run straight on the driver: the same rows, values and errors as by SQLAlchemy's own way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Engine,
    LargeBinary,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.db import session as connecting
from app.db import wire
from app.db.base import new_guid
from app.db.models import Collection
from app.db.prepared import Prepared, as_one_question, as_one_statement, ask_last, connected, in_one_go
from app.db.session import make_engine, session_factory, write
from tests.builders import LONG_AGO


class Titled(NamedTuple):
    """What a row may be made."""

    slug: str
    created_at: datetime


_ADD = Prepared(
    insert(Collection).values({name: bindparam(name) for name in ("id", "guid", "slug", "title", "created_at")})
)
_NAMED = (
    select(Collection.slug, Collection.created_at)
    .where(Collection.slug.in_(bindparam("slugs", expanding=True)), Collection.title != "B")
    .where(Collection.title.in_(("A", "B", "B2", "C", "D")))
    .order_by(Collection.slug)
    .limit(bindparam("most"))
)


def _add(session: Session, number: int, slug: str) -> None:
    values = {"id": number, "guid": new_guid(), "slug": slug, "title": slug.upper(), "created_at": LONG_AGO}
    _ADD.run(session, values)


def test_values_and_rows_are_those_of_the_statement(session: Session) -> None:
    write(session)
    for number, slug in enumerate("abcd", start=1):
        _add(session, number, slug)
    plain, titled = Prepared(_NAMED), Prepared(_NAMED, Titled._make)
    for slugs, most in ((["a"], 9), (["b", "c", "d", "e"], 9), (["a", "b", "c"], 1), (["e", "f"], 9)):
        values = {"slugs": slugs, "most": most}
        expected = session.connection().execute(_NAMED, values).all()
        rows = plain.all(session, values)
        assert [(row.slug, row.created_at) for row in rows] == [tuple(row) for row in expected]
        assert titled.all(session, values) == [Titled(*row) for row in expected]
        assert all(isinstance(row.created_at, datetime) and row.created_at.tzinfo for row in rows)
    assert plain.one_or_none(session, {"slugs": ["z"], "most": 1}) is None
    session.rollback()
    assert plain.all(session, {"slugs": ["a"], "most": 1}) == []


def test_a_list_that_was_forgotten_once_is_as_long_as_it_is_given_later(session: Session) -> None:
    write(session)
    for number, slug in enumerate("acd", start=1):
        _add(session, number, slug)
    named = Prepared(_NAMED)
    with pytest.raises(KeyError, match="slugs"):
        named.all(session, {"most": 9})
    for slugs in (["a"], ["a", "c", "d"], []):
        assert [row.slug for row in named.all(session, {"slugs": slugs, "most": 9})] == slugs


def test_what_is_written_is_what_sqlalchemy_would_write(session: Session) -> None:
    """On SQLite an instant is a text, and one that is written otherwise is another one."""
    write(session)
    move = Prepared(update(Collection).where(Collection.id == bindparam("which")).values(created_at=bindparam("at")))
    for number, at in enumerate(
        (LONG_AGO, LONG_AGO.replace(microsecond=7), LONG_AGO.astimezone(timezone(timedelta(hours=1))))
    ):
        _add(session, 2 * number + 1, f"a{number}")
        move.run(session, {"which": 2 * number + 1, "at": at})
        session.add(Collection(id=2 * number + 2, slug=f"b{number}", title="B", created_at=at))
        session.flush()
        stored = session.scalars(select(cast(Collection.created_at, String)).where(Collection.id > 2 * number)).all()
        assert len(stored) == 2
        assert len({*stored}) == 1, stored


def test_what_the_database_refuses_is_sqlalchemys_error(session: Session) -> None:
    write(session)
    _add(session, 1, "a")
    with pytest.raises(IntegrityError) as refused:
        _add(session, 2, "a")
    assert "2026" not in str(refused.value)  # values stay out of logs
    session.rollback()
    assert session.scalars(select(Collection.slug)).all() == []


def test_what_was_asked_for_is_there_later_as_it_was_then_or_is_by_now(session: Session) -> None:
    write(session)
    named = Prepared(_NAMED)
    with in_one_go(session):
        _add(session, 1, "a")
        rows = named.ask(session, {"slugs": ["a", "b"], "most": 9})
        none = named.ask(session, {"slugs": ["b"], "most": 9})
    assert [row.slug for row in rows()] == ["a"]
    assert none() == []
    assert [row.slug for row in named.ask(session, {"slugs": ["a"], "most": 1})()] == ["a"]


def test_what_is_refused_is_said_where_it_is_asked_for(session: Session) -> None:
    write(session)
    _add(session, 1, "a")

    def ask() -> None:
        with in_one_go(session):
            rows = Prepared(_NAMED).ask(session, {"slugs": ["a"], "most": 9})
            _add(session, 2, "a")
            rows()

    with pytest.raises(IntegrityError):
        ask()
    session.rollback()
    assert session.scalars(select(Collection.slug)).all() == []


def test_what_is_sent_in_one_go_is_done_in_its_order(session: Session) -> None:
    write(session)
    named = Prepared(_NAMED)
    with in_one_go(session):
        for number, slug in enumerate("ac", start=1):
            _add(session, number, slug)
        named.run(session, {"slugs": ["a"], "most": 1})
        assert [row.slug for row in named.all(session, {"slugs": ["a", "b", "c"], "most": 9})] == ["a", "c"]
        _add(session, 3, "d")
    session.commit()
    assert session.scalars(select(Collection.slug).order_by(Collection.slug)).all() == ["a", "c", "d"]


@pytest.mark.parametrize("reads", [True, False])
def test_what_is_refused_in_one_go_is_sqlalchemys_error_too(session: Session, reads: bool) -> None:
    write(session)

    def twice() -> None:
        with in_one_go(session):
            _add(session, 1, "a")
            _add(session, 2, "a")
            if reads:
                Prepared(_NAMED).all(session, {"slugs": ["a"], "most": 1})

    with pytest.raises(IntegrityError):
        twice()
    session.rollback()
    assert session.scalars(select(Collection.slug)).all() == []


_RENAME = Prepared(update(Collection).where(Collection.slug == bindparam("old")).values(title=bindparam("title")))


def test_changes_are_made_as_one_statement_and_seen_by_what_follows(session: Session) -> None:
    write(session)
    _add(session, 1, "a")
    with in_one_go(session):
        with as_one_statement(session):
            _RENAME.run(session, {"old": "a", "title": "B2"})
            _add(session, 2, "b")
            _add(session, 3, "c")
        _add(session, 4, "d")
        titles = Prepared(select(Collection.title).order_by(Collection.slug)).ask(session, {})
    assert [row.title for row in titles()] == ["B2", "B", "C", "D"]
    with as_one_statement(session):
        _RENAME.run(session, {"old": "d", "title": "A"})
    with as_one_statement(session):
        pass
    session.commit()
    assert session.scalars(select(Collection.title).order_by(Collection.slug)).all() == ["B2", "B", "C", "A"]


_AWKWARD = ["a", "", "NULL", "{a}", 'say "a", or \\', "it's", "ä\n√", "x" * 300]


def test_what_several_ask_is_had_by_each_as_if_asked_alone(session: Session) -> None:
    """Whatever the values, however many rows, in their order; of another length of a list it is another statement."""
    write(session)
    for number, slug in enumerate("abcd", start=1):
        _add(session, number, slug)
    echoed = Prepared(
        select(
            bindparam("text", type_=String(3)).label("text"),
            bindparam("at", type_=Collection.created_at.type).label("at"),
            bindparam("hash", type_=LargeBinary).label("hash"),
            bindparam("number", type_=BigInteger).label("number"),
            bindparam("flag", type_=Boolean).label("flag"),
        )
    )
    values = [
        {
            "text": text,
            "at": LONG_AGO if number % 2 else None,
            "hash": text.encode(),
            "number": 7**number,
            "flag": bool(number % 3),
        }
        for number, text in enumerate(_AWKWARD)
    ]
    named, none = Prepared(_NAMED), Prepared(select(func.count().label("count")).select_from(Collection))
    slugs = [["a", "d"], ["d", "c"], ["z", "y"], ["b"], ["a", "b", "c"], ["c"]]
    with in_one_go(session), as_one_question(session):
        echoes = [echoed.ask(session, one) for one in [*values, {**values[0], "text": None, "hash": None}]]
        found = [named.ask(session, {"slugs": some, "most": most}) for some in slugs for most in (9, 1)]
        counts = [none.ask(session, {}) for _ in range(2)]
    assert [tuple(one()[0]) for one in echoes[:-1]] == [tuple(one.values()) for one in values]
    assert echoes[-1]()[0][:3] == (None, values[0]["at"], None)
    every = iter(found)
    for some in slugs:
        there = sorted({*some} & {*"acd"})
        assert [[row.slug for row in next(every)()] for _ in range(2)] == [there, there[:1]]
    assert [[row.count for row in one()] for one in counts] == [[4], [4]]


def test_several_are_looked_up_each_by_itself(engine: Engine, session: Session) -> None:
    write(session)
    for number, slug in enumerate("acd", start=1):
        _add(session, number, slug)
    session.commit()
    titled = Prepared(select(Collection.title).where(Collection.slug == bindparam("slug")))
    found = titled.alone_for_each(engine, [{"slug": slug} for slug in "cabcc"])
    assert [[row.title for row in rows] for rows in found] == [["C"], ["A"], [], ["C"], ["C"]]
    named = Prepared(
        select(Collection.title).where(Collection.slug.in_(bindparam("slugs", expanding=True))).order_by("title")
    )
    found = named.alone_for_each(engine, [{"slugs": ["d"]}, {"slugs": ["d", "a"]}, {"slugs": ["c"]}])
    assert [[row.title for row in rows] for rows in found] == [["D"], ["A", "D"], ["C"]]


def test_statements_that_differ_in_what_is_always_the_same_are_not_asked_as_one(session: Session) -> None:
    write(session)
    for number, slug in enumerate("ab", start=1):
        _add(session, number, slug)
    either = [
        Prepared(select(Collection.slug).where(Collection.title == title, Collection.id < bindparam("below")))
        for title in ("A", "B")
    ]
    with as_one_question(session):
        found = [one.ask(session, {"below": below}) for one in either for below in (9, 0)]
    assert [[row.slug for row in rows()] for rows in found] == [["a"], [], ["b"], []]


def test_what_several_ask_is_read_when_one_of_them_wants_it(session: Session) -> None:
    """And what is asked after that sees what was changed meanwhile."""
    write(session)
    _add(session, 1, "a")
    titled = Prepared(select(Collection.title).where(Collection.slug == bindparam("slug")))
    with in_one_go(session), as_one_question(session):
        first, second = titled.ask(session, {"slug": "a"}), titled.ask(session, {"slug": "b"})
        assert [row.title for row in first()] == ["A"]
        _RENAME.run(session, {"old": "a", "title": "B2"})
        third = titled.ask(session, {"slug": "a"})
    assert second() == []
    assert [row.title for row in third()] == ["B2"]


@pytest.mark.parametrize("wrong", ["a\0", "b"])
def test_what_is_refused_of_what_several_ask_is_sqlalchemys_error(postgresql_url: str, wrong: str) -> None:
    """It names the statement that it is of; what was asked with it is not had, and the connection serves on."""
    engine = make_engine(postgresql_url)
    by_number = Prepared(
        select(Collection.slug).where(Collection.id == cast(bindparam("id", type_=String), BigInteger))
    )
    titled = Prepared(select(Collection.title).where(Collection.slug == bindparam("slug")))
    had: list[Any] = []

    def ask(session: Session) -> None:
        with in_one_go(session), as_one_question(session):
            had.extend(by_number.ask(session, {"id": one}) for one in ("1", wrong))
            had.append(titled.ask(session, {"slug": "a"}))
        had[0]()

    with session_factory(engine)() as session:
        with pytest.raises(DBAPIError, match=r"SELECT collection\.slug") as refused:
            ask(session)
        assert "title" not in str(refused.value)
        for one in had:
            with pytest.raises(DBAPIError):
                one()
        session.rollback()
        assert by_number.all(session, {"id": "1"}) == []
    with pytest.raises(DBAPIError):
        by_number.alone_for_each(engine, [{"id": "1"}, {"id": wrong}])
    assert by_number.alone_for_each(engine, [{"id": "1"}, {"id": "2"}]) == [[], []]
    engine.dispose()


def test_what_several_would_ask_is_not_asked_where_that_is_given_up(session: Session) -> None:
    titled = Prepared(select(Collection.title).where(Collection.slug == bindparam("slug")))
    had: list[Any] = []

    def given_up() -> None:
        with as_one_question(session), as_one_question(session):
            had.append(titled.ask(session, {"slug": "a"}))
            raise LookupError

    with pytest.raises(LookupError):
        given_up()
    if connected(session).dialect.name == "postgresql":
        with pytest.raises(LookupError):
            had[0]()
    assert titled.all(session, {"slug": "a"}) == []
    session.commit()


@pytest.mark.parametrize(
    ("asks", "gives"),
    [
        (bindparam("number", type_=BigInteger) + bindparam("more", 5, type_=BigInteger), 8),
        (bindparam("number", type_=BigInteger) + literal_column("length('US$1')"), 7),
        (cast(bindparam("text", type_=CHAR(3)), String), "abc"),
        (bindparam("at", type_=postgresql.TIMESTAMP(timezone=True, precision=6)), LONG_AGO),
    ],
)
def test_what_would_change_in_a_list_is_asked_by_each(postgresql_url: str, asks: Any, gives: object) -> None:
    """A value with a default, `$1` in a text, and kinds that have a length or a precision."""
    engine = make_engine(postgresql_url)
    asked = Prepared(select(asks.label("it")))
    values = {"number": 3, "text": "abc", "at": LONG_AGO}
    with session_factory(engine)() as session, as_one_question(session):
        first = asked.ask(session, values)
        others = [asked.ask(session, values | {"more": more}) for more in (0, 5)]
        found = [rows()[0][0] for rows in (first, *others)]
    assert found == [gives, 3 if "more" in str(asks) else gives, gives]
    engine.dispose()


def test_of_changes_made_as_one_that_are_refused_nothing_stays(session: Session) -> None:
    write(session)

    def twice() -> None:
        with as_one_statement(session):
            _add(session, 1, "a")
            _add(session, 2, "a")

    with pytest.raises(IntegrityError):
        twice()
    session.rollback()
    write(session)

    def given_up() -> None:
        with as_one_statement(session):
            _add(session, 1, "a")
            raise LookupError

    with pytest.raises(LookupError):
        given_up()
    session.rollback()
    write(session)
    _add(session, 3, "c")
    session.commit()
    assert session.scalars(select(Collection.slug)).all() == ["c"]


_LEFT = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%collection.slug%'")


def test_a_statement_is_left_with_the_server_also_by_what_only_read(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    named, values = Prepared(_NAMED), {"slugs": ["a"], "most": 1}
    for _ in range(2):
        with session_factory(engine)() as session:
            named.all(session, values)
            assert session.scalar(_LEFT) == 1
    with session_factory(engine)() as session:
        assert session.scalar(_LEFT) == 1
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        session.rollback()
        assert named.all(session, values) == []
    engine.dispose()


def test_what_is_taken_back_is_not_there(session: Session) -> None:
    write(session)
    _add(session, 1, "a")
    session.rollback()
    write(session)
    _add(session, 2, "b")
    session.commit()
    assert session.scalars(select(Collection.slug)).all() == ["b"]


def test_a_connection_lost_in_one_go_is_replaced(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session:
        process = session.scalar(text("SELECT pg_backend_pid()")) or 0

        def add() -> None:
            with in_one_go(session):
                _end_connections_of(engine, process)
                _add(session, 1, "a")

        with pytest.raises(DBAPIError) as lost:
            add()
        assert lost.value.connection_invalidated
    with session_factory(engine)() as session:
        assert session.scalars(select(Collection.slug)).all() == []
    engine.dispose()


def test_a_connection_that_cannot_leave_a_go_is_replaced(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session:
        raw: Any = connected(session).connection.dbapi_connection

        def go() -> None:
            with in_one_go(session):
                _add(session, 1, "a")
                raw.pgconn.send_query_params(b"SELECT 1", None)  # for whose reply nobody waits

        with pytest.raises(DBAPIError):
            go()
        session.rollback()
        assert Prepared(_NAMED).all(session, {"slugs": ["a"], "most": 1}) == []
    engine.dispose()


def test_what_is_asked_for_with_the_commit_is_given_once_it_is_kept(session: Session) -> None:
    write(session)
    _add(session, 1, "a")
    named = Prepared(_NAMED)
    given = ask_last(session, lambda: named.ask(session, {"slugs": ["a"], "most": 1}))
    session.commit()
    assert [row.slug for row in given] == ["a"]
    assert session.scalars(select(Collection.slug)).all() == ["a"]


def test_what_is_refused_with_the_commit_keeps_it_from_happening(session: Session) -> None:
    write(session)
    _add(session, 1, "a")

    def twice() -> Callable[[], None]:
        _add(session, 2, "a")
        return lambda: None

    with pytest.raises(IntegrityError):
        ask_last(session, twice)
    session.rollback()
    assert session.scalars(select(Collection.slug)).all() == []


def test_a_commit_of_what_has_failed_is_none(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session:
        _add(session, 1, "a")
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        with pytest.raises(RuntimeError, match="nothing of it was kept"):
            ask_last(session, lambda: lambda: None)
    with session_factory(engine)() as session:
        assert session.scalars(select(Collection.slug)).all() == []
    engine.dispose()


def test_a_connection_lost_at_the_commit_is_told(postgresql_url: str) -> None:
    engine, other = make_engine(postgresql_url), make_engine(postgresql_url)
    named, values = Prepared(_NAMED), {"slugs": ["a"], "most": 1}
    with session_factory(engine)() as session:
        process = session.scalar(text("SELECT pg_backend_pid()")) or 0
        _add(session, 1, "a")
        _end_connections_of(other, process)
        with pytest.raises(DBAPIError) as lost:
            ask_last(session, lambda: named.ask(session, values))
        assert lost.value.connection_invalidated
        session.rollback()
        assert ask_last(session, lambda: named.ask(session, values)) == []
    engine.dispose()
    other.dispose()


def test_a_go_is_sent_at_once_and_begins_one_transaction(postgresql_url: str) -> None:
    """The server says so where a transaction is begun in another one."""
    engine, other = make_engine(postgresql_url), make_engine(postgresql_url)
    said: list[Any] = []
    with session_factory(engine)() as session, other.connect() as looking:
        raw: Any = connected(session).connection.dbapi_connection
        raw.add_notice_handler(said.append)
        with in_one_go(session):
            _add(session, 1, "a")
            with in_one_go(session):
                _add(session, 2, "b")
            rows = Prepared(_NAMED).ask(session, {"slugs": ["a"], "most": 1})
            assert looking.scalar(_STATE, {"process": raw.info.backend_pid}) == "idle"
        assert raw.info.transaction_status.name == "INTRANS"
        assert [row.slug for row in rows()] == ["a"]
    assert said == []
    engine.dispose()
    other.dispose()


_STATE = text("SELECT state FROM pg_stat_activity WHERE pid = :process")


@pytest.mark.parametrize("reads", [True, False])
def test_sqlalchemys_own_statements_come_among_them(session: Session, reads: bool) -> None:
    write(session)
    named, values = Prepared(_NAMED), {"slugs": ["a", "b", "c"], "most": 9}
    with in_one_go(session):
        _add(session, 1, "a")
        before = named.ask(session, values)
        session.add(Collection(id=2, slug="b", title="B2", created_at=LONG_AGO))
        session.flush()
        assert session.scalars(select(Collection.slug).order_by(Collection.slug)).all() == ["a", "b"]
        if reads:
            assert [row.slug for row in named.all(session, values)] == ["a", "b"]
        _add(session, 3, "c")
    if session.get_bind().dialect.name == "postgresql":
        assert [row.slug for row in before()] == ["a"]
    session.commit()
    assert [row.slug for row in named.all(session, values)] == ["a", "b", "c"]


def test_what_was_refused_before_is_told_by_sqlalchemys_own_statement(session: Session) -> None:
    write(session)

    def twice() -> None:
        with in_one_go(session):
            _add(session, 1, "a")
            _add(session, 2, "a")
            session.scalars(select(Collection.slug)).all()

    with pytest.raises(IntegrityError):
        twice()
    session.rollback()
    assert session.scalars(select(Collection.slug)).all() == []


def test_what_has_failed_leaves_the_statements_with_the_server(postgresql_url: str) -> None:
    """The driver would throw its own away, and all others with them."""
    engine, named, values = make_engine(postgresql_url), Prepared(_NAMED), {"slugs": ["a"], "most": 1}
    with session_factory(engine)() as session:
        for _ in range(20):
            session.scalar(text("SELECT 1"))
            named.all(session, values)
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        session.rollback()
        assert named.all(session, values) == []
        session.execute(text("DEALLOCATE ALL"))
        with pytest.raises(DBAPIError):
            named.all(session, values)
        session.rollback()
        assert named.all(session, values) == []
    engine.dispose()


def test_a_server_that_says_nothing_is_given_up(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "REPLY_WITHIN_S", 0.2)
    engine, slow = make_engine(postgresql_url), Prepared(select(func.pg_sleep(bindparam("seconds")).label("slept")))
    with session_factory(engine)() as session:
        with pytest.raises(DBAPIError) as lost, in_one_go(session):
            slow.all(session, {"seconds": 60})
        assert lost.value.connection_invalidated
    monkeypatch.undo()
    with session_factory(engine)() as session:
        assert Prepared(_NAMED).all(session, {"slugs": ["a"], "most": 1}) == []
    engine.dispose()


def test_what_the_driver_refuses_leaves_the_connection_as_it_was(session: Session) -> None:
    write(session)
    _add(session, 1, "a")
    if session.get_bind().dialect.name == "postgresql":
        with pytest.raises(DBAPIError):
            _add(session, 2, "b\0")
    session.commit()
    assert session.scalars(select(Collection.slug)).all() == ["a"]


def test_an_error_says_which_statement_it_is_of(session: Session) -> None:
    write(session)
    _add(session, 1, "a")
    with pytest.raises(IntegrityError) as refused, in_one_go(session):
        _add(session, 1, "b")
    assert "INSERT INTO collection" in str(refused.value.statement)
    session.rollback()


def test_no_more_statements_are_left_with_the_server_than_it_should_keep(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_KEPT", 5)
    engine, named = make_engine(postgresql_url), Prepared(_NAMED)
    with session_factory(engine)() as session:
        for number, slug in enumerate("abc", start=1):
            _add(session, number, slug)
        session.commit()

        def fail(most: int) -> None:
            with in_one_go(session):
                _add(session, 1, "z")
                named.ask(session, {"slugs": ["a"] * (most + 20), "most": 9})

        for most in (*range(1, 12), *range(11, 0, -1)):
            with pytest.raises(IntegrityError):
                fail(most)
            session.rollback()
            assert [row.slug for row in named.all(session, {"slugs": ["a", "c"] * most, "most": 9})] == ["a", "c"]
        assert (session.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'r%'")) or 0) <= 5
    engine.dispose()


def test_what_is_refused_leaves_statements_that_can_be_asked_again(postgresql_url: str) -> None:
    """Also one that the server was to keep in a go that had failed by then."""
    engine = make_engine(postgresql_url)
    named, values = Prepared(_NAMED), {"slugs": ["a"], "most": 1}
    with session_factory(engine)() as session:

        def twice() -> None:
            with in_one_go(session):
                _add(session, 1, "a")
                _add(session, 1, "b")
                named.ask(session, values)

        for _ in range(2):
            with pytest.raises(IntegrityError):
                twice()
            session.rollback()
            assert named.all(session, values) == []
        with in_one_go(session):
            _add(session, 1, "a")
            assert [row.slug for row in named.all(session, values)] == ["a"]
    engine.dispose()


def test_a_lost_connection_is_replaced_by_the_next_one(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    named, values = Prepared(_NAMED), {"slugs": ["a"], "most": 1}
    with session_factory(engine)() as session:
        named.all(session, values)
        _end_connections_of(engine, session.scalar(text("SELECT pg_backend_pid()")) or 0)
        with pytest.raises(DBAPIError) as lost:
            named.all(session, values)
        assert lost.value.connection_invalidated
    with session_factory(engine)() as session:
        assert named.all(session, values) == []
    engine.dispose()


def test_a_connection_lost_just_after_it_was_used_costs_nobody_an_answer(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "IDLE_S", 60)
    engine, other = make_engine(postgresql_url), make_engine(postgresql_url)
    named, values = Prepared(_NAMED), {"slugs": ["a"], "most": 1}
    factory = session_factory(engine)
    with factory() as first, factory() as second:
        processes = [session.scalar(text("SELECT pg_backend_pid()")) or 0 for session in (first, second)]
    for process in processes:
        _end_connections_of(other, process)
    with factory() as first, factory() as second:
        assert [named.all(session, values) for session in (first, second)] == [[], []]
    engine.dispose()
    other.dispose()


def _end_connections_of(engine: Engine, process: int) -> None:
    with engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:process, 1000)"), {"process": process})
