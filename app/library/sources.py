"""Repositories that the portal follows: adding them, and bringing in what changed.

A sync runs in steps, each a transaction of its own: take the source under a lease, fetch without any transaction, import
and note the commit in one. Whoever finds the lease taken steps aside.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Literal

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from app.content.document import ContentError
from app.content.text import MAX_BYTES
from app.db.models import Deck, Source
from app.db.session import write
from app.library import git, media, slugs
from app.library.files import ENDINGS, MAX_IMAGE_BYTES, Batch, Document, Reader, SourceFile, resolved
from app.library.git import GitError, GitFile
from app.library.importing import ImportResult, import_batches
from app.library.outcome import numbers
from app.web import audit, clock, jobs
from app.web.database import apart
from app.web.jobs import JobFailed, Running

DEFAULT_FILES = "**/*.md"
MAX_NAME, MAX_PATTERN = 100, 200
JOB = "sync"
LEASE = timedelta(minutes=15)
"""Longer than a sync can take; past it, whoever ran it is taken to be gone."""
log = structlog.get_logger()


class SourceKnown(Exception):
    """This repository, branch and files are followed already, under the name it carries."""

    def __init__(self, name: str) -> None:
        super().__init__(f"It is followed already, as “{name}”.")
        self.name = name


class NoSuchSource(Exception):
    """There is no source of this name."""


class SyncRunning(Exception):
    """Somebody else is syncing this source right now; this one steps aside."""


class SyncFailed(Exception):
    """The sync came to nothing: what happened, and what to do. It is noted with the source."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync brought. `result` is None where the repository had nothing new."""

    name: str
    commit: str
    result: ImportResult | None

    @property
    def changed(self) -> bool:
        """Whether any card or deck is different from before."""
        return self.result is not None and self.result.changed


def add(
    session: Session,
    *,
    url: str,
    files: str = DEFAULT_FILES,
    branch: str = "",
    name: str = "",
    now: datetime,
    user_id: int | None = None,
    guarded: bool = False,
) -> Source:
    """Follow a repository; it is not read yet. `guarded` for one added in the browser.

    Raises GitError for an address that cannot be followed, and SourceKnown.
    """
    remote = git.parse_remote(url, guarded=guarded)
    files = files.strip()[:MAX_PATTERN] or DEFAULT_FILES
    write(session)
    same = (Source.url == remote.url, Source.branch == branch, Source.glob == files)
    if (known := session.scalar(select(Source.name).where(*same))) is not None:
        raise SourceKnown(known)
    wanted = slugs.slugify(name or PurePosixPath(remote.url.rstrip("/").removesuffix(".git")).name, otherwise="source")
    source = Source(
        name=slugs.free(wanted[:MAX_NAME], set(session.scalars(select(Source.name)))),
        url=remote.url,
        branch=branch,
        glob=files,
        guarded=guarded,
        created_by_id=user_id,
        created_at=now,
    )
    session.add(source)
    session.flush()
    log.info("source added", source=source.name)
    return source


def change(session: Session, *, name: str, files: str, branch: str) -> Source:
    """Follow other files or another branch of a source; the next sync reads them. Raises NoSuchSource."""
    write(session)
    source = _by_name(session, name)
    source.glob, source.branch, source.commit = files.strip()[:MAX_PATTERN] or DEFAULT_FILES, branch, ""
    session.flush()
    return source


def remove(session: Session, *, name: str) -> None:
    """Follow a repository no longer; its decks and every history stay. Raises NoSuchSource."""
    write(session)
    session.delete(_by_name(session, name))
    session.flush()
    log.info("source removed", source=name)


def names(session: Session) -> tuple[str, ...]:
    """The names of all sources, in order."""
    return tuple(session.scalars(select(Source.name).order_by(Source.name)))


def enqueue(session: Session, *, names: Sequence[str], user_id: int | None) -> None:
    """Have these sources synced by jobs, one each."""
    write(session)
    for name in names:
        jobs.enqueue(session, kind=JOB, payload={"source": name}, user_id=user_id)


def run(running: Running) -> dict[str, Any]:
    """The handler of such a job. What goes wrong is noted with the source, where editors look."""
    name = str(running.payload["source"])
    try:
        synced = sync(running.sessions, name=name, now=clock.now, role="portal")
    except SyncRunning:
        return {"aside": True}
    except NoSuchSource as error:
        raise JobFailed(f"“{name}” is followed no longer.") from error
    except SyncFailed as error:
        raise JobFailed(str(error)) from error
    return {"commit": synced.commit, "changed": synced.changed}


def sync(
    sessions: sessionmaker[Session], *, name: str, now: Callable[[], datetime], role: Literal["command", "portal"]
) -> Synced:
    """Bring in what changed in a repository since the last sync. Safe to run twice, and twice at once.

    `role` is who the audit log names for what it changes: the command line, or the portal by itself.
    Raises NoSuchSource, SyncRunning, and SyncFailed, which is also noted with the source.
    """
    taken = apart(sessions, lambda session: _take(session, name, now()))
    problem, remedy, detail = "Something broke on our side.", "Sync again; tell the administrator if it stays so.", ""
    try:
        return _bring(sessions, taken, now, role)
    except GitError as error:
        problem, remedy, detail = error.problem, error.remedy, error.detail
        raise SyncFailed(problem, remedy) from error
    except ContentError as error:
        problem, remedy = f"{error.location}: {error.problem}", error.remedy
        raise SyncFailed(problem, remedy) from error
    finally:
        apart(sessions, lambda session: _give_back(session, taken, f"{problem} {remedy}", detail))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A source under our lease, as it was then."""

    id: int
    name: str
    url: str
    branch: str
    glob: str
    commit: str
    guarded: bool
    collection_id: int | None
    lease_until: datetime


def _by_name(session: Session, name: str) -> Source:
    source = session.scalar(select(Source).where(Source.name == name))
    if source is None:
        raise NoSuchSource(name)
    return source


def _take(session: Session, name: str, now: datetime) -> _Taken:
    write(session)
    source = session.scalar(select(Source).where(Source.name == name).with_for_update())
    if source is None:
        raise NoSuchSource(name)
    if source.lease_until is not None and source.lease_until > now:
        raise SyncRunning(name)
    source.lease_until, source.tried_at = now + LEASE, now
    session.flush()
    return _Taken(
        id=source.id,
        name=source.name,
        url=source.url,
        branch=source.branch,
        glob=source.glob,
        commit=source.commit,
        guarded=source.guarded,
        collection_id=source.collection_id,
        lease_until=source.lease_until,
    )


def _bring(sessions: sessionmaker[Session], taken: _Taken, now: Callable[[], datetime], role: str) -> Synced:
    remote = git.parse_remote(taken.url, guarded=taken.guarded)
    sha = git.latest(remote, taken.branch, guarded=taken.guarded)
    if sha == taken.commit:
        apart(sessions, lambda session: _note(session, taken, now(), {}))
        return Synced(taken.name, sha, None)
    with git.fetched(remote, taken.branch, guarded=taken.guarded) as checkout:
        found = checkout.files(_readable(git.matcher(taken.glob)), max_bytes=MAX_BYTES)
        if not found:
            raise GitError(
                f"No file of the repository is named by {taken.glob}.",
                "Name others in the source's settings, for example **/*.md.",
            )
        commit = checkout.commit
        images: dict[str, bytes] = {}
        batch = _batch(taken, found, images)
        reader = Reader()
        documents, _ = reader.batch(batch)
        named = {name for document in documents for name in _images_of(document)}
        if named:
            images |= {one.path: one.data for one in checkout.files(named.__contains__, max_bytes=MAX_IMAGE_BYTES)}

    def bring(session: Session) -> ImportResult:
        result = import_batches(session, batches=[batch], now=now(), reader=reader)
        collection = _collection(session, result)
        facts = {"commit": commit.sha, "commit_title": commit.title, "outcome": numbers(result.decks)}
        _note(session, taken, now(), facts | ({} if collection is None else {"collection_id": collection}))
        if result.changed:
            where = taken.name
            audit.note(
                session,
                "content.sync",
                area="content",
                role=role,
                thing="source",
                guid=where,
                label=where,
                note=commit.sha[:7],
            )
        return result

    return Synced(taken.name, commit.sha, apart(sessions, bring))


def _readable(wanted: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda path: PurePosixPath(path).suffix.lower() in ENDINGS and wanted(path)


def _batch(taken: _Taken, found: list[GitFile], images: Mapping[str, bytes]) -> Batch:
    """The documents of a commit; `images` are those they name, by path, once they are known."""
    files = tuple(
        SourceFile(one.path, f"{taken.name}/{one.path}", one.data, beside=partial(_image, images, one.path))
        for one in found
    )
    return Batch(files, folder=taken.name, shown=taken.name, collection_id=taken.collection_id)


def _image(images: Mapping[str, bytes], document: str, path: str) -> bytes | None:
    return images.get(resolved(document, path) or "")


def _images_of(document: Document) -> Iterator[str]:
    """The paths within the repository of the images that a document names."""
    for path in media.named(card.text for card in document.deck.cards):
        if (name := resolved(document.file.name, path)) is not None:
            yield name


def _collection(session: Session, result: ImportResult) -> int | None:
    slugs_ = [deck.slug for deck in result.decks]
    found = select(Deck.collection_id).where(Deck.slug.in_(slugs_), Deck.collection_id.is_not(None)).limit(1)
    return session.scalar(found)


def _note(session: Session, taken: _Taken, now: datetime, facts: dict[str, Any]) -> None:
    """Note a good end; the lease is given back with it."""
    write(session)
    values = {"synced_at": now, "error": "", "error_detail": "", "failures": 0, "lease_until": None} | facts
    session.execute(update(Source).where(Source.id == taken.id).values(**values))


def _give_back(session: Session, taken: _Taken, error: str, detail: str) -> None:
    """Where the lease is still ours the sync did not come to a good end: say why, and let others try."""
    write(session)
    ours = (Source.id == taken.id) & (Source.lease_until == taken.lease_until)
    values = {"error": error, "error_detail": detail, "failures": Source.failures + 1, "lease_until": None}
    session.execute(update(Source).where(ours).values(**values))
