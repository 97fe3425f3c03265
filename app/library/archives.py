"""Zip archives from strangers: looked through before anything is unpacked, and never written to a disk.

The list of contents says how large everything is and what it is called. An archive with a name that leads elsewhere,
a link, a name twice, or more than is allowed is refused as a whole. What is then read is read up to the size it claimed.
"""

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath

from app.content.document import ContentError
from app.content.text import MAX_BYTES

MAX_ENTRIES = 5_000
MAX_TOTAL_BYTES = 200_000_000
MAX_RATIO = 200
"""Unpacked to packed bytes of one file; text rarely shrinks to a twentieth."""
FREE_BYTES = 1_000_000
"""A file that unpacks to less may shrink as much as it likes."""
MAX_DEPTH = 20
MAX_LINE = 2_000_000
"""Bytes of a line that is read by itself."""
MAX_NAME = 400
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_SHRUNK = "It unpacks to far more than it holds."
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def is_zip(name: str, data: bytes) -> bool:
    """Whether a file is meant to be a zip archive, by its name or its first bytes."""
    return name.lower().endswith(".zip") or data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was looked through: its `folder` (the one that holds everything, else its own name), and its files.

    Names are relative to that folder.
    """

    name: str
    folder: str
    _entries: dict[str, zipfile.ZipInfo] = field(repr=False)
    _zip: zipfile.ZipFile = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files, in order; hidden ones are left out."""
        return tuple(sorted(self._entries))

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none. Raises ContentError where it is damaged."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        try:
            with self._zip.open(entry) as file:
                data = file.read(entry.file_size + 1)
        except _BROKEN as error:
            raise _refused(self.name, f"“{_shown(name)}” in it is damaged.", "Pack the folder again.") from error
        if len(data) != entry.file_size:
            raise _refused(self.name, f"“{_shown(name)}” in it is not as large as it claims.", "Pack the folder again.")
        return data

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file, one after the other; none where there is no such file. Raises ContentError as `read`."""
        entry = self._entries.get(name)
        if entry is None:
            return
        left = entry.file_size
        try:
            with self._zip.open(entry) as file:
                while line := file.readline(MAX_LINE):
                    left -= len(line)
                    if left < 0 or (len(line) >= MAX_LINE and not line.endswith(b"\n")):
                        raise ValueError("more than it claims, or a line without an end")
                    yield line
        except _BROKEN as error:
            raise _refused(self.name, f"“{_shown(name)}” in it is damaged.", "Download it again.") from error


def look_through(name: str, data: bytes, *, largest: int = MAX_BYTES) -> Archive:
    """The archive in `data`. Raises ContentError for one that is damaged or not to be trusted; nothing is unpacked.

    `largest` is how many bytes one file in it may have.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _BROKEN as error:
        raise _refused(name, "It is no zip archive, or a damaged one.", "Pack the folder again as .zip.") from error
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _refused(name, f"It holds {len(entries):,} files; {MAX_ENTRIES:,} can be read.", "Split the folder.")
    _check_sizes(name, entries, len(data), largest)
    seen: dict[str, str] = {}
    for entry in entries:
        _check(name, entry)
        key = unicodedata.normalize("NFC", entry.filename).rstrip("/").casefold()
        if key in seen:
            raise _refused(
                name, f"It holds “{_shown(entry.filename)}” twice.", "Name each file once, also in small letters."
            )
        seen[key] = entry.filename
    files = {entry.filename: entry for entry in entries if not entry.is_dir() and not _is_hidden(entry.filename)}
    for path in files:
        if any(parent in files for parent in map(str, PurePosixPath(path).parents)):
            raise _refused(name, f"“{_shown(path)}” lies within a file.", "Pack the folder again.")
    root = _root(files)
    folder = root or PurePosixPath(name).stem or "archive"
    inside = {path.removeprefix(f"{root}/") if root else path: entry for path, entry in files.items()}
    return Archive(name, folder, inside, archive)


def _check_sizes(name: str, entries: Iterable[zipfile.ZipInfo], size: int, largest: int) -> None:
    unpacked = packed = 0
    for entry in entries:
        unpacked += entry.file_size
        packed += entry.compress_size
        if entry.file_size > largest:
            raise _refused(
                name,
                f"“{_shown(entry.filename)}” in it has {entry.file_size:,} bytes; at most {largest:,} are read.",
                "Leave it out, or split it.",
            )
        if entry.file_size > FREE_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise _refused(name, _SHRUNK, "Pack only documents and their images.")
    if packed > size:
        raise _refused(name, "Files in it overlap.", "Pack the folder again.")
    if unpacked > MAX_TOTAL_BYTES:
        raise _refused(
            name, f"It unpacks to {unpacked:,} bytes; at most {MAX_TOTAL_BYTES:,} are read.", "Split the folder."
        )


def _check(name: str, entry: zipfile.ZipInfo) -> None:
    path = entry.orig_filename
    parts = path.rstrip("/").split("/")
    rules: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: _CONTROL.search(path) is not None, "has a control character in its name"),
        (lambda: "\\" in path, "has a backslash in its name"),
        (lambda: path.startswith("/") or _DRIVE.match(path) is not None, "has an absolute path"),
        (lambda: any(part in ("", ".", "..") for part in parts), "has a path that leads elsewhere"),
        (lambda: len(path) > MAX_NAME or len(parts) > MAX_DEPTH, "lies too deep, or has too long a name"),
        (lambda: _is_special(entry), "is a link or a device, not a file"),
        (lambda: bool(entry.flag_bits & 0x1), "is encrypted"),
        (lambda: entry.compress_type not in _METHODS, "is packed in an unusual way"),
    )
    for broken, problem in rules:
        if broken():
            raise _refused(name, f"“{_shown(path)}” in it {problem}.", "Pack the folder again, without it.")


def _is_special(entry: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def _root(files: Iterable[str]) -> str:
    """The one folder that holds all files; empty where there is none."""
    heads = {path.partition("/")[0] if "/" in path else "" for path in files}
    return heads.pop() if len(heads) == 1 else ""


def _shown(path: str) -> str:
    return _CONTROL.sub("�", path)[:100]


def _refused(name: str, problem: str, remedy: str) -> ContentError:
    return ContentError(name, 1, problem, remedy)
