"""The file a backup is: a ZIP of the data, with a manifest that counts rows and carries every member's SHA-256.

Whatever is read here is as untrusted as a form: nothing is taken from a file before names, sizes and checksums agree
with its manifest, and nothing is unpacked to a place that the file names.
"""

import errno
import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

FORMAT = 1
MANIFEST = "manifest.json"
_MAX_MANIFEST = 1024 * 1024
_MAX_MEMBERS = 500
_MAX_RATIO = 1100
"""Deflate cannot do better than 1032 to 1, so more is a lie."""
_NAME = re.compile(r"database\.sqlite3|tables/[a-z_0-9]{1,63}\.copy")
_CHUNK = 1024 * 1024
_SEAL = 64
"""Bytes of the SHA-256 at the end of the file, in hexadecimal. A ZIP's own headers have no sums."""
_END = b"PK\x05\x06"
_NO_BACKUP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)
"""What reading a manifest raises where it is none; `RuntimeError` where a header says it is encrypted, or what else it is not."""

Kind = Literal["sqlite", "postgresql"]


class BackupError(Exception):
    """A backup that could not be made, read or restored: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file within a backup: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    version: str
    """Of the Reprise that made it."""
    made_at: str
    """UTC, ISO 8601. Everything acknowledged before it is in the backup."""
    database: Kind
    revision: str
    """Of the schema."""
    rows: Mapping[str, int]
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The last number that each sequence gave out, so that none is given twice (SQLite keeps them in its file)."""
    members: Mapping[str, Member] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Saved:
    """What was copied of a database: its schema's revision, the rows of each table, the last numbers of its sequences."""

    revision: str
    rows: Mapping[str, int]
    numbers: Mapping[str, int]


class Writer:
    """Adds members to a backup that is being made, and sums them up."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str) -> Iterator["_Summed"]:
        """A member to write to, in pieces of any size."""
        with self._archive.open(name, "w", force_zip64=True) as file:
            summed = _Summed(file)
            yield summed
        self.members[name] = Member(summed.size, summed.digest.hexdigest())

    def manifest(self, manifest: Manifest) -> None:
        """The last member."""
        text = json.dumps({"format": FORMAT, "product": "reprise", **asdict(manifest)}, indent=1, ensure_ascii=False)
        self._archive.writestr(MANIFEST, text)


class _Summed:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._file.write(data)
        self.size += len(data)
        self.digest.update(data)


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Make the backup `path`: it appears whole and on disk, or not at all. Raises `BackupError`."""
    if path.exists():
        raise BackupError(f"{path} is there already. Choose another name; a backup never replaces one.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise BackupError(f"{path.parent} cannot be written ({error.strerror}). Choose another place.") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
                archive.comment = bytes(_SEAL)
                yield Writer(archive)
            seal = _seal_of(file)
            file.seek(-_SEAL, os.SEEK_END)
            file.write(seal)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename, this never replaces a file that somebody else has just made
        _sync_folder(path.parent)
    except FileExistsError as error:
        raise BackupError(f"{path} is there already. Choose another name; a backup never replaces one.") from error
    except OSError as error:
        raise BackupError(
            f"{path} could not be written ({error.strerror}). Make room or choose another place."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _seal_of(file: IO[bytes]) -> bytes:
    """The SHA-256 of all that stands before it."""
    left = file.seek(0, os.SEEK_END) - _SEAL
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (data := file.read(min(_CHUNK, left))):
        digest.update(data)
        left -= len(data)
    return digest.hexdigest().encode()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Reader:
    """A backup whose manifest is read; `verify` compares every byte with it."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._path = path
        self._archive = archive
        self.manifest = manifest

    def verify(self) -> None:
        """Raise `BackupError` unless each member has the size and the SHA-256 that the manifest gives, and all else is whole."""
        for name in self.manifest.members:
            with self.member(name) as pieces:
                for _ in pieces:
                    pass
        self._check_seal()

    def _check_seal(self) -> None:
        """That not even a header has changed; a file of before there were seals ends where a ZIP without one does."""
        with self._readable("its end"), self._path.open("rb") as file:
            sealed = self._archive.comment
            if sealed:
                whole = sealed == _seal_of(file)
            else:
                file.seek(-22, os.SEEK_END)
                whole = file.read(len(_END)) == _END
        if not whole:
            raise self._damaged("it is not what was written")

    @contextmanager
    def member(self, name: str) -> Iterator[Iterator[bytes]]:
        """The pieces of a member, checked: read to the end, it raises `BackupError` where they are not what was written."""
        with self._readable(name):
            file = self._archive.open(name)
        with file:
            yield self._checked(name, file)

    def _checked(self, name: str, file: IO[bytes]) -> Iterator[bytes]:
        expected = self.manifest.members[name]
        digest, size = hashlib.sha256(), 0
        while data := self._read(name, file):
            size += len(data)
            if size > expected.size:
                break
            digest.update(data)
            yield data
        if size != expected.size or digest.hexdigest() != expected.sha256:
            raise self._damaged(f"{name} is not what was written")

    def _read(self, name: str, file: IO[bytes]) -> bytes:
        with self._readable(name):
            return file.read(_CHUNK)

    @contextmanager
    def _readable(self, name: str) -> Iterator[None]:
        """Around reading alone: what goes wrong where the pieces are put is no fault of the backup."""
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
            raise self._damaged(f"{name} cannot be read") from error

    def _damaged(self, what: str) -> BackupError:
        return BackupError(f"{self._path} is damaged: {what}. Take another copy of it, or an older backup.")


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open the backup `path` and read its manifest. Raises `BackupError`."""
    foreign = f"{path} is no backup made by `reprise backup`, or only a part of one. Name the whole file that it made."
    with ExitStack() as opened:
        try:
            archive = opened.enter_context(zipfile.ZipFile(path))
            manifest = _manifest_of(archive, path, foreign)
        except FileNotFoundError as error:
            raise BackupError(f"There is no file {path}.") from error
        except _NO_BACKUP as error:
            raise BackupError(foreign) from error
        except OSError as error:
            if error.errno == errno.EINVAL:  # a header leads to before the file
                raise BackupError(foreign) from error
            raise BackupError(f"{path} cannot be read ({error.strerror}).") from error
        yield Reader(path, archive, manifest)


def _manifest_of(archive: zipfile.ZipFile, path: Path, foreign: str) -> Manifest:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if MANIFEST not in names or len(names) != len(set(names)) or len(names) > _MAX_MEMBERS:
        raise BackupError(foreign)
    if archive.getinfo(MANIFEST).file_size > _MAX_MANIFEST:
        raise BackupError(foreign)
    with archive.open(MANIFEST) as file:
        manifest = _parse(io.BytesIO(file.read(_MAX_MANIFEST + 1)), path, foreign)
    if set(names) - {MANIFEST} != set(manifest.members):
        raise BackupError(f"{path} is damaged: it does not hold the files it names. Take an older backup.")
    for info in infos:
        if info.file_size > max(info.compress_size, 1) * _MAX_RATIO or info.flag_bits & 0x1:
            raise BackupError(foreign)
    return manifest


def _parse(file: IO[bytes], path: Path, foreign: str) -> Manifest:
    said: dict[str, Any] = json.loads(file.read().decode("utf-8"))
    if said.get("product") != "reprise":
        raise BackupError(foreign)
    if said["format"] != FORMAT:
        raise BackupError(f"{path} was made by a newer Reprise ({said.get('version')}). Install that or a later one.")
    members = {str(name): Member(int(each["size"]), str(each["sha256"])) for name, each in said["members"].items()}
    if said["database"] not in ("sqlite", "postgresql") or not all(map(_NAME.fullmatch, members)):
        raise BackupError(foreign)
    return Manifest(
        version=str(said["version"]),
        made_at=str(said["made_at"]),
        database=said["database"],
        revision=str(said["revision"]),
        rows={str(name): int(count) for name, count in said["rows"].items()},
        numbers={str(name): int(last) for name, last in said["numbers"].items()},
        members=members,
    )
