"""What is inside a package from Anki: its collection, and its files by their names.

Three forms exist: `collection.anki2`, `collection.anki21`, and `collection.anki21b` packed with zstd. Nothing is ever written to a
disk, so no name leads anywhere; whatever a package claims of its sizes, no more is unpacked than is allowed.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import zstandard

from app.content.anki.protobuf import BadMessage, fields
from app.content.document import ContentError

MAX_ENTRIES = 20_000
MAX_COLLECTION_BYTES = 150_000_000
MAX_FILE_BYTES = 10_000_000
"""Of one image; larger ones stay out."""
MAX_FILES_BYTES = 200_000_000
_MAX_LIST_BYTES = 5_000_000
_FORMS = ("collection.anki21b", "collection.anki21", "collection.anki2")
_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    zstandard.ZstdError,
)
_AGAIN = "Export it from Anki again."


class TooLarge(Exception):
    """Something unpacks to more than is allowed."""


@dataclass(slots=True)
class Container:
    """A package that was looked through. `collection` is the bytes of an SQLite database."""

    name: str
    collection: bytes = field(repr=False)
    _zip: zipfile.ZipFile = field(repr=False)
    _entries: Mapping[str, str] = field(repr=False)
    _packed: bool
    _left: int = MAX_FILES_BYTES

    def __contains__(self, filename: str) -> bool:
        return filename in self._entries

    def read(self, filename: str) -> bytes | None:
        """The bytes of a file by the name that notes have for it; None where it is not there, damaged or too large."""
        entry = self._entries.get(filename)
        if entry is None:
            return None
        try:
            data = _unpacked(self._zip, entry, min(MAX_FILE_BYTES, self._left), self._packed)
        except (TooLarge, KeyError, *_BROKEN):
            return None
        self._left -= len(data)
        return data


def open_package(name: str, data: bytes) -> Container:
    """Look through the bytes of a package. Raises ContentError where it is none, is damaged, or is not to be trusted."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise ContentError(name, 1, "It is no package from Anki, or a damaged one.", _AGAIN) from error
    names = archive.namelist()
    if len(names) > MAX_ENTRIES or len(set(names)) != len(names):
        raise ContentError(name, 1, "It holds too many files, or one twice.", "Export fewer decks at once.")
    form = next((one for one in _FORMS if one in names), None)
    if form is None:
        raise ContentError(
            name, 1, "There is no collection in it, so it does not come from Anki.", "Choose an .apkg or .colpkg file."
        )
    packed = form == _FORMS[0]
    try:
        collection = _unpacked(archive, form, MAX_COLLECTION_BYTES, packed)
        listed = _listed(archive, packed) if "media" in names else {}
    except TooLarge as error:
        problem = "It unpacks to more than can be read here."
        raise ContentError(name, 1, problem, "Export fewer decks at once, or without media.") from error
    except (BadMessage, *_BROKEN) as error:
        raise ContentError(name, 1, "What is in it is damaged.", _AGAIN) from error
    entries = {filename: entry for filename, entry in listed.items() if _NAME.fullmatch(filename) and entry in names}
    return Container(name, collection, archive, entries, packed)


def _unpacked(archive: zipfile.ZipFile, entry: str, most: int, packed: bool) -> bytes:
    """The bytes of an entry, at most `most` of them, whatever the archive claims. Raises TooLarge."""
    with archive.open(entry) as file:
        if packed:
            with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file) as reader:
                data = reader.read(most + 1)
        else:
            data = file.read(most + 1)
    if len(data) > most:
        raise TooLarge
    return data


def _listed(archive: zipfile.ZipFile, packed: bool) -> dict[str, str]:
    """The entry of each file by its name."""
    data = _unpacked(archive, "media", _MAX_LIST_BYTES, packed)
    if packed:
        return dict(_messages(data))
    found = json.loads(data.decode() or "{}")
    if not isinstance(found, dict):
        raise BadMessage
    return {str(filename): str(entry) for entry, filename in found.items() if isinstance(filename, str)}


def _messages(data: bytes) -> Iterator[tuple[str, str]]:
    """The list of the newest form: entries in order, each with its name, and seldom with a number of its own."""
    for place, (_number, entry) in enumerate(one for one in fields(data) if one[0] == 1):
        if not isinstance(entry, bytes):
            raise BadMessage
        parts = dict(fields(entry))
        filename, number = parts.get(1), parts.get(255)
        if isinstance(filename, bytes):
            yield filename.decode(), str(number) if isinstance(number, int) else str(place)
