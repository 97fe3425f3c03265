"""Documents on their way in: which files a path names, and what is in them."""

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from app.content import parsing
from app.content.document import CardText, ContentError, Deck, NoQuestions, Warning
from app.content.rendered import Rendered, render_each
from app.content.text import MAX_BYTES
from app.library.workers import Work, Workers

ENDINGS = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".txt", ".csv", ".tsv"})
MAX_IMAGE_BYTES = 5_000_000
_MAX_PATH = 400
_PART = 32
"""Cards that are rendered in one go."""

_Done = tuple[Rendered, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its `name` within its folder, with forward slashes, what readers are shown as its name, and its bytes.

    `beside` gives the bytes of an image by its path relative to the file; None where there is none. `opened` is what the
    portal's own document was when an editor began to change it into this one; None for a file from outside.
    """

    name: str
    shown: str
    data: bytes = field(repr=False)
    beside: Callable[[str], bytes | None] | None = field(default=None, repr=False, compare=False)
    opened: bytes | None = field(default=None, repr=False)
    sha256: bytes = field(init=False, repr=False, compare=False)
    """What tells whether the file is the one that was imported last."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.data).digest())


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that are imported together.

    `folder` names what holds them (empty for a file named alone); `slug` is the deck that a single file goes to, where
    that was said; `collection_id` the collection, where that is known. `dialect` fixes the reading by hand. A new deck
    is its maker's alone where it is `private`.
    """

    files: tuple[SourceFile, ...]
    folder: str = ""
    shown: str = ""
    slug: str = ""
    collection_id: int | None = None
    dialect: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file, the deck that was read in it, and the dialect where a person chose that."""

    file: SourceFile
    deck: Deck
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class _Job:
    """A file to be read, as another process is told of it."""

    shown: str
    data: bytes
    dialect: str


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error, as another process tells it."""

    kind: type[ContentError]
    file: str
    line: int
    problem: str
    remedy: str

    def error(self) -> ContentError:
        """The error to raise."""
        return self.kind(self.file, self.line, self.problem, self.remedy)


def resolved(document: str, path: str) -> str | None:
    """The path within a folder that `path` means in the file `document` of it; one that begins with / is the folder's.

    None where it leads out of the folder.
    """
    if not path or len(path) > _MAX_PATH or "\0" in path or "\\" in path:
        return None
    folder = "" if path.startswith("/") else posixpath.dirname(document)
    found = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    return None if found in (".", "..") or found.startswith(("../", "/")) else found


def gather(paths: Sequence[Path], *, slug: str = "", dialect: str = "") -> tuple[Batch, ...]:
    """The files that `paths` name, one batch a path.

    Raises ContentError for a path that is not there or cannot be read, a file too large, and a folder without any file
    of a known ending.
    """
    return tuple(replace(_batch(path, slug), dialect=dialect) for path in paths)


class Reader:
    """Reads each file, and renders each text, once however often an import is planned."""

    def __init__(self, workers: Workers | None = None) -> None:
        self._workers = Workers() if workers is None else workers
        self._decks: dict[tuple[str, bytes, str], Deck | _Failure] = {}
        self._rendered: dict[CardText, Rendered] = {}
        self._images: dict[CardText, tuple[str, ...]] = {}
        self._ahead: tuple[list[list[CardText]], Work[list[CardText], list[_Done]]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.close()

    def read(self, batches: Iterable[Batch]) -> None:
        """Read all files at once, which is quicker than one by one. What is wrong with one shows when it is asked for."""
        jobs = {
            (file.shown, file.sha256, batch.dialect): _Job(file.shown, file.data, batch.dialect)
            for batch in batches
            for file in batch.files
        }
        # The largest first: the last one to be read is then a small one, and no processor waits long for another.
        wanted = sorted((one for one in jobs.items() if one[0] not in self._decks), key=lambda one: -len(one[1].data))
        size = sum(len(job.data) for _, job in wanted)
        found = self._workers.map(_read, [job for _, job in wanted], size=size)
        self._decks.update(zip((key for key, _ in wanted), found, strict=True))

    def deck(self, file: SourceFile, dialect: str = "") -> Deck:
        """The deck in a file. Raises ContentError; NoQuestions where it asks nothing."""
        key = (file.shown, file.sha256, dialect)
        if key not in self._decks:
            self._decks[key] = _read(_Job(file.shown, file.data, dialect))
        found = self._decks[key]
        if isinstance(found, _Failure):
            raise found.error()
        return found

    def render_ahead(self, texts: Iterable[CardText]) -> None:
        """Let other processes begin to render what will be asked for, while this one does something else."""
        self._take_ahead()
        parts, size = self._parts(texts)
        self._ahead = parts, self._workers.begin(render_each, parts, size=size, neighbours=True)

    def render(self, texts: Iterable[CardText]) -> Mapping[CardText, Rendered]:
        """What follows from each of these texts, and from those of before."""
        self._take_ahead()
        parts, size = self._parts(texts)
        # Neighbours have code of the same languages, each of which costs a process time when it meets it first.
        self._keep(parts, self._workers.map(render_each, parts, size=size, neighbours=True))
        return self._rendered

    def images(self, texts: Iterable[CardText]) -> list[str]:
        """The paths of images that texts which were rendered name."""
        return [path for text in texts for path in self._images.get(text, ())]

    def _take_ahead(self) -> None:
        if self._ahead is not None:
            parts, work = self._ahead
            self._ahead = None
            self._keep(parts, work.finish())

    def _keep(self, parts: Sequence[Sequence[CardText]], done: Iterable[Sequence[_Done]]) -> None:
        for part, ones in zip(parts, done, strict=True):
            for text, (rendered, images) in zip(part, ones, strict=True):
                self._rendered[text] = rendered
                if images:
                    self._images[text] = images

    def _parts(self, texts: Iterable[CardText]) -> tuple[list[list[CardText]], int]:
        """The texts that are not rendered yet, in parts, and their characters."""
        wanted = [text for text in dict.fromkeys(texts) if text not in self._rendered]
        parts = [wanted[start : start + _PART] for start in range(0, len(wanted), _PART)]
        return parts, sum(len(text.question) + len(text.answer) for text in wanted)

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
            documents.append(Document(file, deck, batch.dialect))
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


def _read(job: _Job) -> Deck | _Failure:
    try:
        if not job.data.strip():
            raise NoQuestions(job.shown, 1, "The file is empty.", "Write at least one question into it.")
        return parsing.read(job.data, job.shown, dialect=job.dialect or None)
    except ContentError as error:
        return _Failure(type(error), error.location.file, error.location.line, error.problem, error.remedy)


def _batch(path: Path, slug: str) -> Batch:
    try:
        if path.is_dir():
            return _folder(path, slug)
        return Batch((_file(path.parent, path, str(path)),), shown=str(path), slug=slug)
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
    files = tuple(_file(folder, path, str(path)) for path in found)
    return Batch(files, folder=folder.resolve().name, shown=str(folder), slug=slug)


def _file(folder: Path, path: Path, shown: str) -> SourceFile:
    name = path.relative_to(folder).as_posix()
    return SourceFile(name, shown, _bytes(path), beside=partial(_image, folder, name))


def _image(folder: Path, document: str, path: str) -> bytes | None:
    """An image of a folder by its path relative to one of its documents; links that lead out of it are not followed."""
    name = resolved(document, path)
    if name is None:
        return None
    try:
        target = (folder / name).resolve(strict=True)
        if not target.is_relative_to(folder.resolve()) or not target.is_file():
            return None
        with target.open("rb") as file:
            return file.read(MAX_IMAGE_BYTES + 1)
    except (OSError, RuntimeError):
        return None


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _bytes(path: Path) -> bytes:
    """A file's bytes, or one more than will be read of one that is too large: the reader says so."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
