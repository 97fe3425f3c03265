"""Packages from Anki that a learner brings in: read at once, kept until imported or given up, imported by a job where long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.content.anki.reading import Package, is_package, read_package
from app.content.document import ContentError
from app.db.models import Upload
from app.db.session import write
from app.library.upload_jobs import begin, job_of
from app.library.uploads import ANKI, NoSuchUpload, keep
from app.study.anki import importing
from app.study.anki.importing import Aim, Outcome
from app.web import clock, jobs
from app.web.database import apart
from app.web.jobs import JobFailed, Running
from app.web.sessions import Viewer, person_of

KIND = "anki"
SHORT = 300
"""Cards that are imported while one waits; more are a job."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A package that was read but maybe not imported yet."""

    guid: str
    filename: str
    content: bytes = field(repr=False)
    summary: Mapping[str, Any]
    created_at: datetime
    imported_at: datetime | None


def receive(
    session: Session, *, user_id: int, filename: str, data: bytes, now: datetime, most: int | None = None
) -> str:
    """Keep a package of at most `most` cards; gives its guid. Raises ContentError for one that cannot be read."""
    name = "".join(letter for letter in filename.replace("\\", "/").rpartition("/")[2] if letter.isprintable())[-200:]
    if not is_package(name):
        raise ContentError(
            name or "file", 1, "It is no package from Anki.", "Choose a file that ends in .apkg or .colpkg."
        )
    package = read_package(name, data, most=most)
    upload = Upload(
        user_id=user_id,
        filename=name,
        content=data,
        dialect=ANKI,
        summary={
            "cards": package.cards,
            "size": len(data),
            "documents": len(package.decks),
            "questions": package.cards,
        },
        created_at=now,
    )
    return keep(session, upload)


def find(session: Session, guid: str, user_id: int) -> Kept | None:
    """A learner's own package; None for anybody else's."""
    row = session.scalar(_mine(guid, user_id)) if "\0" not in guid else None
    if row is None:
        return None
    return Kept(row.guid, row.filename, row.content, row.summary, row.created_at, row.imported_at)


def unfinished(session: Session, user_id: int) -> list[tuple[str, str, datetime]]:
    """Guid, name and time of the packages that wait to be imported, the newest first."""
    columns = select(Upload.guid, Upload.filename, Upload.created_at)
    rows = columns.where(Upload.user_id == user_id, Upload.dialect == ANKI, Upload.imported_at.is_(None))
    return [(row.guid, row.filename, row.created_at) for row in session.execute(rows.order_by(Upload.id.desc()))]


def plan(session: Session, *, kept: Kept, viewer: Viewer, aim: Aim, now: datetime) -> tuple[Package, Outcome]:
    """What the package is, and what importing it would do. Raises ContentError."""
    package = read_package(kept.filename, kept.content)
    return package, importing.plan(session, package=package, viewer=viewer, aim=aim, now=now)


def is_long(kept: Kept) -> bool:
    """Whether importing it takes longer than one should wait for a page."""
    return int(kept.summary.get("cards", 0)) > SHORT


def import_now(session: Session, *, kept: Kept, viewer: Viewer, aim: Aim, now: datetime) -> None:
    """Import a package. Flushes; again does nothing. Raises ContentError."""
    package = read_package(kept.filename, kept.content)
    bring = importing.prepare(session, package=package, viewer=viewer, aim=aim, now=now)
    _finish(session, kept.guid, viewer, bring, now)


def enqueue(session: Session, *, kept: Kept, viewer: Viewer, aim: Aim) -> None:
    """Have a package imported by a job; one that is on its way goes on. Raises NoSuchUpload."""
    write(session)
    upload = session.scalar(_mine(kept.guid, viewer.id).where(Upload.imported_at.is_(None)).with_for_update())
    if upload is None:
        raise NoSuchUpload
    begin(session, upload, KIND, aim={name: getattr(aim, name) for name in Aim.__slots__})


def discard(session: Session, *, guid: str, user_id: int) -> None:
    """Give a package up; stops its job."""
    kept = find(session, guid, user_id)
    if kept is None:
        return
    job = job_of(session, kept.summary, KIND)
    if job is not None:
        jobs.stop(session, job_id=job.id, reason="You stopped it. Nothing was stored.")
    write(session)
    session.execute(delete(Upload).where(Upload.guid == guid, Upload.user_id == user_id))


def run(running: Running) -> dict[str, Any]:
    """Import a package as a job: read and rendered first, then stored in one transaction."""
    now = clock.now()
    with running.sessions() as session:
        viewer = person_of(session, running.user_id or 0, now=now)
        kept = find(session, str(running.payload["upload"]), running.user_id or 0)
        if viewer is None or kept is None:
            raise JobFailed("The package was given up. Nothing was stored.")
        if kept.imported_at is not None:
            return {}
        aim = Aim(**running.payload["aim"])
        try:
            package = read_package(kept.filename, kept.content)
            made = importing.prepare(
                session, package=package, viewer=viewer, aim=aim, now=now, progress=running.progress
            )
        except ContentError as error:
            raise JobFailed(f"{error} Nothing was stored.") from error
        session.rollback()
    running.progress(package.cards, package.cards)

    def store(work: Session) -> None:
        write(work)
        running.hold(work)
        _finish(work, kept.guid, viewer, made, now)

    try:
        apart(running.sessions, store)
    except ContentError as error:
        raise JobFailed(f"{error} Nothing was stored.") from error
    return {}


def _finish(session: Session, guid: str, viewer: Viewer, bring: Any, now: datetime) -> None:
    write(session)
    upload = session.scalar(_mine(guid, viewer.id).with_for_update())
    if upload is None or upload.imported_at is not None:
        return
    outcome: Outcome = bring(session)
    upload.imported_at = now
    upload.summary = {**upload.summary, "result": as_values(outcome)}
    session.flush()


def as_values(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is kept."""
    decks = [{"title": one.title, "slug": one.slug, **one.counts} for one in outcome.decks]
    total = {name: sum(one.counts[name] for one in outcome.decks) for name in ("new", "changed", "same", "kept")}
    return {
        "decks": decks,
        "answers": outcome.answers,
        "seeds": outcome.seeds,
        "impossible": outcome.impossible,
        **total,
    }


def _mine(guid: str, user_id: int) -> Any:
    return select(Upload).where(Upload.guid == guid, Upload.user_id == user_id, Upload.dialect == ANKI)
