"""Packages as tests need them: written by genanki, then changed at will."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import genanki
import zstandard

BASIC = genanki.Model(
    1_600_000_001,
    "Basic",
    fields=[{"name": "Front"}, {"name": "Back"}],
    templates=[{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}\n\n<hr id=answer>\n\n{{Back}}"}],
)
CLOZE = genanki.Model(
    1_600_000_002,
    "Cloze",
    fields=[{"name": "Text"}, {"name": "Extra"}],
    templates=[{"name": "Cloze", "qfmt": "{{cloze:Text}}", "afmt": "{{cloze:Text}}<br>{{Extra}}"}],
    model_type=genanki.Model.CLOZE,
)
WORDS = genanki.Model(
    1_600_000_003,
    "Words",
    fields=[{"name": "Word"}, {"name": "Meaning"}, {"name": "Note"}],
    templates=[
        {
            "name": "There",
            "qfmt": "<b>{{Word}}</b>{{#Note}} ({{hint:Note}}){{/Note}}{{^Note}} –{{/Note}}<script>x()</script>",
            "afmt": "{{FrontSide}}<hr id=answer>{{Meaning}}{{odd:Note}}",
        },
        {"name": "Back", "qfmt": "{{Meaning}} {{type:Word}}", "afmt": "{{type:Word}} {{Tags}}"},
    ],
)
Made = tuple[str, genanki.Model, Sequence[str]]
"""A note: its guid, its kind, its fields."""


def collection(notes: Mapping[str, Sequence[Made]], *changes: str) -> bytes:
    """The database of a package with these notes by deck, changed by statements of SQL."""
    decks = []
    for number, (name, made) in enumerate(notes.items(), 1):
        deck = genanki.Deck(2_000_000_000 + number, name)
        for guid, model, fields in made:
            deck.add_note(genanki.Note(model, list(fields), guid=guid, tags=["leech", "a::b_c"]))
        decks.append(deck)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    ids = iter(range(1_700_000_000_000, 1_700_001_000_000))
    genanki.Package(decks).write_to_db(connection.cursor(), 1_700_000_000.0, ids)
    for change in changes:
        connection.execute(change)
    data = connection.serialize()
    connection.close()
    return data


def packed(data: bytes, files: Mapping[str, bytes] | None = None, *, newest: bool = False) -> bytes:
    """A package around a database: in the oldest form, or as the newest is packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        names = list(files or {})
        if newest:
            pack: Callable[[bytes], bytes] = zstandard.ZstdCompressor().compress
            archive.writestr("collection.anki21b", pack(data))
            archive.writestr("collection.anki2", b"please update")
            archive.writestr("media", pack(b"".join(_field(1, _field(1, name.encode())) for name in names)))
        else:
            pack = bytes
            archive.writestr("collection.anki2", data)
            archive.writestr("media", json.dumps(dict(enumerate(names))))
        for number, name in enumerate(names):
            archive.writestr(str(number), pack((files or {})[name]))
    return made.getvalue()


def _field(number: int, data: bytes) -> bytes:
    assert len(data) < 128
    return struct.pack("BB", number << 3 | 2, len(data)) + data


def package(notes: Mapping[str, Sequence[Made]], *changes: str, **how: Any) -> bytes:
    """Both at once."""
    return packed(collection(notes, *changes), **how)
