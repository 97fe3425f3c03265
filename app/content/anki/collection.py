"""A collection of Anki as values: notes, their kinds, cards, decks and the log of answers.

The database comes from a stranger. It is read in memory, with a schema that is not trusted, by an authoriser that lets nothing but
reading through, under limits of size and of work. Both shapes of the schema are read: 11, with JSON in one row, and 18, with tables.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from app.content.anki.protobuf import BadMessage, fields
from app.content.document import ContentError

MAX_NOTES = 50_000
MAX_CARDS = 100_000
MAX_ANSWERS = 1_000_000
_STEPS = 100_000
_MOST_STEPS = 4_000
"""Of `_STEPS` instructions of SQLite's machine each: minutes of work, seldom reached by what is honest."""
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
_TABLES = {"col", "notes", "cards", "revlog", "decks", "notetypes", "fields", "templates", "config"}
_DAMAGED = (
    *(sqlite3.Error, BadMessage, ValueError, KeyError, TypeError, AttributeError, IndexError),
    *(OverflowError, RecursionError, MemoryError),
)
"""What reading raises where a collection is not what it should be."""
_DECK_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Template:
    """The two sides of one kind of card."""

    name: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class NoteKind:
    """What notes of a kind have: fields by name, and templates. A `cloze` has one template for all its cards."""

    id: int
    name: str
    cloze: bool
    fields: Sequence[str]
    templates: Sequence[Template]


@dataclass(frozen=True, slots=True)
class Note:
    """Fields in the order of the kind's names, in HTML."""

    id: int
    guid: str
    kind: int
    tags: Sequence[str]
    fields: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnkiCard:
    """A card as its table has it: `type` 0 new, 1 learning, 2 review, 3 relearning; `due` means what the type says."""

    id: int
    note: int
    deck: int
    ord: int
    changed: int
    type: int
    queue: int
    due: int
    interval: int
    ease: int
    lapses: int
    flags: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of the log: `at` in milliseconds since 1970, `button` 1 to 4 (0: none was pressed), `kind` 3 is practice."""

    at: int
    card: int
    button: int
    elapsed_ms: int
    kind: int


@dataclass(frozen=True, slots=True)
class AnkiCollection:
    """All of it. `began` is the instant (seconds since 1970) from which due days count, `offset` minutes east of UTC then."""

    began: int
    offset: int | None
    kinds: Mapping[int, NoteKind]
    decks: Mapping[int, tuple[str, ...]]
    notes: Sequence[Note]
    cards: Sequence[AnkiCard]
    answers: Sequence[Answer]


def read_collection(name: str, data: bytes) -> AnkiCollection:
    """Read the bytes of a collection. Raises ContentError where it is none, is damaged, or holds too much."""
    try:
        with _opened(data) as connection:
            return _read(name, connection)
    except _DAMAGED as error:
        problem = "The collection in it is damaged, or is none."
        raise ContentError(name, 1, problem, "Let Anki check the database, then export again.") from error


@contextmanager
def _opened(data: bytes) -> Iterator[sqlite3.Connection]:
    if not data.startswith(b"SQLite format 3\0"):
        raise sqlite3.DatabaseError
    if data[18:20] == b"\x02\x02":  # a journal beside the file, which is not there: the file is whole without it
        data = data[:18] + b"\x01\x01" + data[20:]
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data)
        connection.text_factory = lambda text: text.decode("utf-8", "replace").replace("\0", "")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 20_000_000)
        connection.create_collation(
            "unicase", lambda a, b: (a.casefold() > b.casefold()) - (a.casefold() < b.casefold())
        )
        steps = iter(range(_MOST_STEPS))
        connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
        for kind, named, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
            if named in _TABLES and (kind != "table" or "virtual" in str(sql)[:30].lower()):
                raise sqlite3.DatabaseError
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
        yield connection
    finally:
        connection.close()


def _read(name: str, connection: sqlite3.Connection) -> AnkiCollection:
    began, conf, models, decks = connection.execute("SELECT crt, conf, models, decks FROM col LIMIT 1").fetchone()
    if models:
        kinds, named = _kinds_of_json(json.loads(models)), _decks_of_json(json.loads(decks))
        offset = json.loads(conf).get("creationOffset")
    else:
        kinds, named = _kinds(connection), _decks(connection)
        found = connection.execute("SELECT val FROM config WHERE key = 'creationOffset'").fetchone()
        offset = json.loads(found[0]) if found else None
    notes = [
        Note(id_, str(guid), kind, tuple(str(tags).split()[:100]), str(text).split("\x1f")[:100])
        for id_, guid, kind, tags, text in _rows(
            name, connection, "id, guid, mid, tags, flds FROM notes", MAX_NOTES, "notes"
        )
    ]
    columns = (
        "id, nid, CASE WHEN odid THEN odid ELSE did END, ord, mod, type, queue, "
        "CASE WHEN odid AND odue THEN odue ELSE due END, ivl, factor, lapses, flags FROM cards"
    )
    cards = [AnkiCard(*map(int, row)) for row in _rows(name, connection, columns, MAX_CARDS, "cards")]
    log = _rows(name, connection, "id, cid, ease, time, type FROM revlog", MAX_ANSWERS, "answers")
    answers = [Answer(*map(int, row)) for row in log]
    east = -offset if isinstance(offset, int) and abs(offset) <= 24 * 60 else None
    return AnkiCollection(int(began), east, kinds, named, notes, cards, answers)


def _rows(name: str, connection: sqlite3.Connection, query: str, most: int, what: str) -> Iterator[tuple[Any, ...]]:
    for count, row in enumerate(connection.execute(f"SELECT {query}")):  # the query is one of ours
        if count >= most:
            raise ContentError(name, 1, f"It holds more than {most:,} {what}.", "Export fewer decks at once.")
        yield row


def _kinds_of_json(models: Mapping[str, Any]) -> dict[int, NoteKind]:
    return {
        int(key): NoteKind(
            int(key),
            str(one["name"]),
            one.get("type") == 1,
            [str(each["name"]) for each in one["flds"]],
            [Template(str(each["name"]), str(each["qfmt"]), str(each["afmt"])) for each in one["tmpls"]],
        )
        for key, one in models.items()
    }


def _decks_of_json(decks: Mapping[str, Any]) -> dict[int, tuple[str, ...]]:
    return {int(key): tuple(str(one["name"]).split("::")) for key, one in decks.items()}


def _kinds(connection: sqlite3.Connection) -> dict[int, NoteKind]:
    names: dict[int, list[str]] = {}
    for kind, _place, name in sorted(connection.execute("SELECT ntid, ord, name FROM fields").fetchall()):
        names.setdefault(kind, []).append(str(name))
    templates: dict[int, list[Template]] = {}
    for kind, _place, name, config in sorted(
        connection.execute("SELECT ntid, ord, name, config FROM templates").fetchall()
    ):
        parts = dict(fields(config))
        templates.setdefault(kind, []).append(Template(str(name), _text(parts.get(1)), _text(parts.get(2))))
    return {
        kind: NoteKind(kind, str(name), dict(fields(config)).get(1) == 1, names.get(kind, []), templates.get(kind, []))
        for kind, name, config in connection.execute("SELECT id, name, config FROM notetypes").fetchall()
    }


def _decks(connection: sqlite3.Connection) -> dict[int, tuple[str, ...]]:
    rows = connection.execute("SELECT id, name FROM decks").fetchall()
    return {id_: tuple(str(name).split(_DECK_SEPARATOR)) for id_, name in rows}


def _text(value: int | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else ""
