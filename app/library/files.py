"""Documents on their way in: which files a path names, and what is in them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.content import parsing
from app.content.document import ContentError, Deck, NoQuestions, Warning
from app.content.text import MAX_BYTES

ENDINGS = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".txt", ".csv", ".tsv"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its `name` within its folder, with forward slashes, what readers are shown as its name, and its bytes."""

    name: str
    shown: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> bytes:
        """What tells whether the file is the one that was imported last."""
        return hashlib.sha256(self.data).digest()


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that are imported together.

    `folder` names what holds them (empty for a file named alone); `slug` is the deck that a single file goes to, where
    that was said; `collection_id` the collection, where that is known. `dialect` fixes the reading by hand.
    """

    files: tuple[SourceFile, ...]
    folder: str = ""
    shown: str = ""
    slug: str = ""
    collection_id: int | None = None
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file and the deck that was read in it."""

    file: SourceFile
    deck: Deck


def gather(paths: Sequence[Path], *, slug: str = "", dialect: str = "") -> tuple[Batch, ...]:
    """The files that `paths` name, one batch a path.

    Raises ContentError for a path that is not there or cannot be read, a file too large, and a folder without any file
    of a known ending.
    """
    return tuple(replace(_batch(path, slug), dialect=dialect) for path in paths)


class Reader:
    """Reads each file once, however often an import is planned."""

    def __init__(self) -> None:
        self._decks: dict[tuple[str, bytes, str], Deck | NoQuestions] = {}

    def deck(self, file: SourceFile, dialect: str = "") -> Deck:
        """The deck in a file. Raises ContentError; NoQuestions where it asks nothing."""
        key = (file.shown, file.sha256, dialect)
        if key not in self._decks:
            try:
                self._decks[key] = _read(file, dialect)
            except NoQuestions as error:
                self._decks[key] = error
        found = self._decks[key]
        if isinstance(found, NoQuestions):
            raise found
        return found

    def batch(self, batch: Batch) -> tuple[tuple[Document, ...], tuple[Warning, ...]]:
        """The decks in a batch and what deserves a look.

        In a folder a file without questions is passed over with a warning, unless all are. Raises ContentError.
        """
        documents: list[Document] = []
        warnings: list[Warning] = []
        for file in batch.files:
            try:
                deck = self.deck(file, batch.dialect)
            except NoQuestions as error:
                if not batch.folder:
                    raise
                warnings.append(passed_over(file, error))
                continue
            documents.append(Document(file, deck))
            warnings.extend(deck.warnings)
        if not documents:
            raise NoQuestions(
                batch.shown,
                1,
                f"None of its {len(batch.files)} files holds a question.",
                "Name a folder or file with questions.",
            )
        if batch.slug and len(documents) > 1:
            raise ContentError(
                batch.shown,
                1,
                f"It holds {len(documents)} documents, which cannot all become one deck.",
                "Name one file.",
            )
        return tuple(documents), tuple(warnings)


def passed_over(file: SourceFile, error: NoQuestions) -> Warning:
    """What is said of a file without questions beside others."""
    return Warning(file.shown, error.location.line, "It holds no question and is passed over.", error.remedy)


def _read(file: SourceFile, dialect: str) -> Deck:
    if not file.data.strip():
        raise NoQuestions(file.shown, 1, "The file is empty.", "Write at least one question into it.")
    return parsing.read(file.data, file.shown, dialect=dialect or None)


def _batch(path: Path, slug: str) -> Batch:
    try:
        if path.is_dir():
            return _folder(path, slug)
        return Batch((SourceFile(path.name, str(path), _bytes(path)),), shown=str(path), slug=slug)
    except OSError as error:
        raise ContentError(
            str(error.filename or path),
            1,
            f"It cannot be read ({(error.strerror or 'error').lower()}).",
            "Check the path and its permissions.",
        ) from error


def _folder(folder: Path, slug: str) -> Batch:
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in ENDINGS and path.is_file() and not _is_hidden(path.relative_to(folder))
    )
    if not found:
        raise ContentError(
            str(folder), 1, "The folder holds no Markdown, CSV or TSV file.", "Name a folder or file with questions."
        )
    files = tuple(SourceFile(path.relative_to(folder).as_posix(), str(path), _bytes(path)) for path in found)
    return Batch(files, folder=folder.resolve().name, shown=str(folder), slug=slug)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _bytes(path: Path) -> bytes:
    """A file's bytes, or one more than will be read of one that is too large: the reader says so."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
