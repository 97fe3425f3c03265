"""Imports of uploads that take longer than a page: rows of the jobs' table, one an upload."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.document import ContentError, NoQuestions
from app.db.models import Job, Upload
from app.db.session import write
from app.library import uploads
from app.library.files import Batch, Reader
from app.library.importing import StalePlan
from app.library.uploads import NoSuchUpload
from app.library.wishes import Then, Wish
from app.web import clock, jobs
from app.web.database import apart
from app.web.jobs import JobFailed, Running

KIND = "import"


def enqueue(session: Session, *, guid: str, user_id: int, wish: Wish) -> None:
    """Have an upload imported by a job; one that is on its way already goes on. Raises NoSuchUpload."""
    write(session)
    waiting = select(Upload).where(Upload.guid == guid, Upload.user_id == user_id, Upload.imported_at.is_(None))
    upload = session.scalar(waiting.with_for_update())
    if upload is None:
        raise NoSuchUpload
    begin(session, upload, KIND, wish=wish.values(), filename=upload.filename)


def begin(session: Session, upload: Upload, kind: str, **payload: Any) -> None:
    """Queue a job of this kind for an upload, locked, unless one is on its way; its summary names the job."""
    job = job_of(session, upload.summary, kind)
    if job is not None and job.state in ("queued", "running"):
        return
    made = jobs.enqueue(session, kind=kind, payload={"upload": upload.guid, **payload}, user_id=upload.user_id)
    upload.summary = {**upload.summary, "job": made.guid}
    session.flush()


def job_of(session: Session, summary: Mapping[str, Any], kind: str = KIND) -> Job | None:
    """The job of this kind that an upload's summary names; None where there is none."""
    return session.scalar(select(Job).where(Job.guid == str(summary.get("job", "")), Job.kind == kind))


def stop(session: Session, *, guid: str, user_id: int) -> None:
    """Have a job not import it after all. What is complete stays complete."""
    found = uploads.find(session, guid, user_id)
    job = job_of(session, found.summary) if found is not None else None
    if job is not None:
        jobs.stop(session, job_id=job.id, reason="You stopped it. Nothing was stored, and the file is kept.")


def run(running: Running, then: Then | None = None) -> dict[str, Any]:
    """Import an upload as a job: its files are read one by one, then stored in one transaction."""
    user_id = running.user_id or 0
    with running.sessions() as session:
        found = uploads.find(session, str(running.payload["upload"]), user_id)
        wish = Wish(**running.payload["wish"])
        if found is None:
            raise JobFailed("The file was given up. Nothing was stored.")
        if found.imported_at is not None:
            return {}
        try:
            batch = uploads.wished_batch(session, found, wish)
        except ContentError as error:
            raise JobFailed(f"{error} Nothing was stored.") from error
    with Reader() as reader:
        try:
            _read_all(running, batch, reader)
            now = clock.now()
            apart(
                running.sessions,
                lambda work: uploads.store(work, found, user_id, wish, reader, now, then=then, running=running),
            )
        except ContentError as error:
            raise JobFailed(f"{error} Nothing was stored.") from error
        except StalePlan as error:
            raise JobFailed(str(error)) from error
    return {}


def _read_all(running: Running, batch: Batch, reader: Reader) -> None:
    total = len(batch.files)
    for done, file in enumerate(batch.files):
        running.progress(done, total, file.shown)
        try:
            reader.deck(file, batch.dialect)
        except NoQuestions:
            continue
    running.progress(total, total)
