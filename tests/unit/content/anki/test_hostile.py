"""Packages that are none, are damaged, or were made to harm: refused, with a reason, in bounded time and memory."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import tracemalloc
import zipfile

import pytest
import zstandard

from app.content.anki import collection as collections
from app.content.anki import container, reading
from app.content.anki.markdown import TooLong, to_markdown
from app.content.anki.reading import read_package
from app.content.document import ContentError
from tests.anki.packages import BASIC, collection, package, packed

NOTES = {"A": [("g1", BASIC, ("What?", "That."))]}


def refused(data: bytes) -> str:
    with pytest.raises(ContentError) as caught:
        read_package("my.apkg", data)
    return caught.value.problem


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return made.getvalue()


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04" + b"\0" * 50, b"SQLite format 3\0"])
def test_what_is_no_package_is_said_to_be_none(data: bytes) -> None:
    assert "no package from Anki" in refused(data)


def test_a_zip_of_something_else_does_not_come_from_anki() -> None:
    assert "does not come from Anki" in refused(zipped(notes_md=b"# Hello"))


def test_every_cut_and_every_flipped_part_is_refused_or_read() -> None:
    whole = collection(NOTES)
    for place in range(0, len(whole), len(whole) // 40):
        damaged = whole[:place] + bytes(byte ^ 255 for byte in whole[place : place + 64]) + whole[place + 64 :]
        for data in (packed(damaged), packed(whole[:place])):
            with contextlib.suppress(ContentError):
                read_package("my.apkg", data)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_COLLECTION_BYTES", 1_000_000)
    assert "unpacks to more" in refused(zipped(collection_anki2=b"\0" * 20_000_000))
    bomb = zstandard.ZstdCompressor().compress(b"\0" * 20_000_000)
    tracemalloc.start()
    assert "unpacks to more" in refused(zipped(collection_anki21b=bomb))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000, "no more of it than is allowed"
    monkeypatch.setattr(container, "_MAX_LIST_BYTES", 10)
    assert "unpacks to more" in refused(package(NOTES, files={"a-long-name.png": b""}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_too_many_files_or_one_twice_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO(package(NOTES))
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("media", "{}")
    assert "one twice" in refused(made.getvalue())
    monkeypatch.setattr(container, "MAX_ENTRIES", 2)
    assert "too many files" in refused(package(NOTES, files={"a.png": b""}))


def test_a_name_that_leads_elsewhere_names_no_file() -> None:
    for name in ("../a.png", "/a.png", "b\\a.png", "a\0.png"):
        assert name not in read_package("my.apkg", package(NOTES, files={name: b"a"})).files


def test_an_image_that_is_too_large_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_FILE_BYTES", 1_000)
    notes = {"A": [("g1", BASIC, ('<img src="a.png">', "That."))]}
    read = read_package("my.apkg", package(notes, files={"a.png": b"\0" * 5_000}))
    assert read.files.read("a.png") is None


def test_images_that_are_too_much_together_stay_out() -> None:
    files = read_package("my.apkg", package(NOTES, files={"a.png": b"a" * 800, "b.png": b"b" * 800})).files
    files._left = 1_000
    assert [len(files.read(name) or b"") for name in ("a.png", "b.png")] == [800, 0]


@pytest.mark.parametrize(
    "changes",
    [
        ("DROP TABLE revlog", "CREATE VIEW revlog AS SELECT 1 AS id, 2 AS cid, 3 AS ease, 4 AS time, 5 AS type"),
        ("DROP TABLE notes", "CREATE VIRTUAL TABLE notes USING fts5(id, guid, mid, tags, flds)"),
        ("DROP TABLE cards",),
        ("UPDATE col SET models = '{}', decks = '[]'",),
        ("UPDATE col SET models = '{\"1\": 5}'",),
        ("UPDATE cards SET nid = 'x'",),
    ],
)
def test_a_schema_that_is_not_ankis_is_refused(changes: tuple[str, ...]) -> None:
    assert "damaged" in refused(package(NOTES, *changes)) or "no card" in refused(package(NOTES, *changes))


def test_a_schema_that_works_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "CREATE TABLE x (a INTEGER, CHECK (length(hex(zeroblob(1000))) > a))"
    fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 900) INSERT INTO x SELECT i FROM n"
    monkeypatch.setattr(collections, "_STEPS", 100)
    monkeypatch.setattr(collections, "_MOST_STEPS", 50)
    assert read_package("my.apkg", package(NOTES)).cards == 1
    assert "damaged" in refused(package(NOTES, slow, fill))


def test_nothing_but_reading_is_let_through() -> None:
    with collections._opened(collection(NOTES)) as connection:
        for statement in (
            "ATTACH 'x.db' AS x",
            "DELETE FROM notes",
            "PRAGMA writable_schema = ON",
            "SELECT load_extension('x')",
        ):
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(statement)


def test_more_than_can_be_kept_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    log = [f"INSERT INTO revlog VALUES ({at}, 1, 0, 3, 1, 1, 2500, 1000, 1)" for at in (1, 2)]
    data = package({"A": [("g1", BASIC, ("a", "b")), ("g2", BASIC, ("c", "d"))]}, *log)
    for limit in ("MAX_ANSWERS", "MAX_CARDS", "MAX_NOTES"):
        monkeypatch.setattr(collections, limit, 1)
        assert f"more than 1 {limit[4:].lower()}" in refused(data)


def test_more_text_or_cards_than_one_may_have_is_said_before_all_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = package({"A": [("g1", BASIC, ("a" * 50, "b")), ("g2", BASIC, ("c", "d"))]})
    with pytest.raises(ContentError) as caught:
        read_package("my.apkg", data, most=1)
    assert "It has 2 cards" in caught.value.problem
    monkeypatch.setattr(reading, "MAX_TEXT", 50)
    assert "more than 50 characters" in refused(data)


def test_deep_and_long_html_is_given_up_in_time() -> None:
    with pytest.raises(TooLong):
        to_markdown("x" * 100_001)
    try:
        to_markdown("<blockquote>" * 3_000)
    except TooLong:
        return
