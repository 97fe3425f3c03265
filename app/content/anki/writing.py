"""Decks as an Anki package (`.apkg`) with what is remembered of each card and every answer given to it.

Everything has an id that stays: the kind of note, each deck, and each note by its card's guid. So a second package brings
the notes of the first up to date instead of adding them again. The form is the one that every Anki reads (schema 11).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from io import BytesIO

import genanki

from app.content.anki.style import ANSWER, CSS, QUESTION

MODEL_ID = 1_763_981_200_417
"""Of the kind of note that packages from here have; never to be changed."""
FIELDS = ("Question", "Options", "Answer", "Section")
"""Of that kind of note, in order."""
_DECK_IDS = 1 << 41
_REVIEW, _NEW = 2, 0
_SUSPENDED = -1


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a card: `due` on that study day, `interval` in days, `ease` in hundredths."""

    due: date
    interval: int
    ease: int
    reviews: int
    lapses: int


@dataclass(frozen=True, slots=True)
class Press:
    """An answer: `button` 1 (again) to 4 (easy); intervals in days, `ease` in hundredths, 0 where there was none.

    `repeat`: it was not the first of its day, and changed nothing.
    """

    at: datetime
    button: int
    interval: int
    interval_before: int
    ease: int
    elapsed_ms: int
    repeat: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One card as a package has it. `question`, `options` and `answer` are HTML, images named by their file names."""

    guid: str
    question: str
    options: str
    answer: str
    section: str
    tags: Sequence[str]
    created_at: datetime
    updated_at: datetime
    memory: Memory | None = None
    presses: Sequence[Press] = ()
    suspended: bool = False
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """A deck: its name with `::` between collection and deck, and its cards in order."""

    guid: str
    name: str
    description: str
    sheets: Sequence[Sheet] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Days:
    """How the learner's days run: the first study day that is spoken of, minutes east of UTC then, hour of rollover."""

    first: date
    offset: int
    rollover_hour: int


def package(packs: Sequence[Pack], *, media: Mapping[str, bytes], days: Days, now: datetime) -> bytes:
    """The bytes of a package; `media` are files by the names that the HTML has."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _write(connection, packs, days, now)
        collection = connection.serialize()
    finally:
        connection.close()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "collection.anki2", collection, now)
        names = sorted(media)
        _add(archive, "media", json.dumps(dict(enumerate(names))).encode(), now)
        for number, name in enumerate(names):
            _add(archive, str(number), media[name], now)
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, now: datetime) -> None:
    entry = zipfile.ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _write(connection: sqlite3.Connection, packs: Sequence[Pack], days: Days, now: datetime) -> None:
    cursor = connection.cursor()
    sheets = [sheet for pack in packs for sheet in pack.sheets]
    ids = _ids(sheets)
    model = _model()
    decks = []
    for pack in packs:
        deck = genanki.Deck(_deck_id(pack.guid), pack.name, pack.description)
        for sheet in pack.sheets:
            fields = [sheet.question, sheet.options, sheet.answer, sheet.section]
            deck.add_note(
                genanki.Note(model, fields, guid=sheet.guid, tags=[_tag(tag) for tag in sheet.tags if tag.strip()])
            )
        decks.append(deck)
    genanki.Package(decks).write_to_db(cursor, now.timestamp(), _twice(ids))
    _set_days(cursor, days, now)
    rows = [
        _card_row(place, sheet, id_, days.first) for place, (sheet, id_) in enumerate(zip(sheets, ids, strict=True))
    ]
    cursor.executemany(
        "UPDATE cards SET mod = ?, type = ?, queue = ?, due = ?, ivl = ?, factor = ?, reps = ?, lapses = ?, flags = ? "
        "WHERE id = ?",
        rows,
    )
    changed = [(int(sheet.updated_at.timestamp()), id_) for sheet, id_ in zip(sheets, ids, strict=True)]
    cursor.executemany("UPDATE notes SET mod = ? WHERE id = ?", changed)
    cursor.executemany("INSERT INTO revlog VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?)", _log(sheets, ids))


def _model() -> genanki.Model:
    return genanki.Model(
        MODEL_ID,
        "Reprise",
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Card", "qfmt": QUESTION, "afmt": ANSWER}],
        css=CSS,
    )


def _set_days(cursor: sqlite3.Cursor, days: Days, now: datetime) -> None:
    """Tell when the days of the collection began, so that due days are those of the learner's calendar."""
    zone = timezone(timedelta(minutes=days.offset))
    began = datetime.combine(days.first, time(hour=12), zone)
    (conf,) = cursor.execute("SELECT conf FROM col").fetchone()
    values = json.loads(conf) | {
        "schedVer": 2,
        "sched2021": True,
        "creationOffset": -days.offset,
        "rollover": days.rollover_hour,
    }
    changed = int(now.timestamp() * 1000)
    cursor.execute(
        "UPDATE col SET crt = ?, mod = ?, scm = ?, conf = ?",
        (int(began.timestamp()), changed, changed, json.dumps(values)),
    )


def _card_row(place: int, sheet: Sheet, id_: int, first: date) -> tuple[int, ...]:
    flag, memory, changed = int(sheet.flagged), sheet.memory, int(sheet.updated_at.timestamp())
    if memory is None:
        return (changed, _NEW, _SUSPENDED if sheet.suspended else _NEW, place, 0, 0, 0, 0, flag, id_)
    queue = _SUSPENDED if sheet.suspended else _REVIEW
    interval = min(max(memory.interval, 1), 36_500)
    due = (memory.due - first).days
    return (changed, _REVIEW, queue, due, interval, memory.ease * 10, memory.reviews, memory.lapses, flag, id_)


def _log(sheets: Sequence[Sheet], ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The answers as Anki's log has them. Its ids are instants in milliseconds, so no two may be the same."""
    presses = [(press, id_) for sheet, id_ in zip(sheets, ids, strict=True) for press in sheet.presses]
    last = 0
    for press, id_ in sorted(presses, key=lambda one: (one[0].at, one[1])):
        last = max(last + 1, milliseconds(press.at))
        kind = 2 if press.repeat else int(press.interval_before > 0)
        after = -600 if press.repeat and press.button < 3 else press.interval
        yield last, id_, press.button, after, press.interval_before, press.ease * 10, press.elapsed_ms, kind


def milliseconds(instant: datetime) -> int:
    """An instant as Anki writes it."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _ids(sheets: Iterable[Sheet]) -> list[int]:
    """An id for each note and its card: when it was made, in milliseconds, and rising."""
    ids: list[int] = []
    last = 0
    for sheet in sheets:
        last = max(last + 1, milliseconds(sheet.created_at))
        ids.append(last)
    return ids


def _twice(ids: Iterable[int]) -> Iterator[int]:
    """The ids as they are asked for: of a note, then of its one card."""
    for id_ in ids:
        yield id_
        yield id_


def _deck_id(guid: str) -> int:
    return _DECK_IDS + int.from_bytes(hashlib.sha256(guid.encode()).digest()[:5])


def _tag(tag: str) -> str:
    return "_".join(tag.split())
