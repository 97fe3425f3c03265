"""The job runner: takes jobs from their table one at a time, under a lease, and runs what is registered for their kind.

It is a thread of the web process; `reprise worker` runs the same loop by itself where there are many processes. A
handler may commit, and must be safe to run twice: a process can be killed at any point.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.db.models import Job
from app.db.session import DatabaseBusy, write
from app.web import clock
from app.web.database import db

LEASE = timedelta(seconds=60)
POLL_S = 2.0
MAX_ATTEMPTS = 3
KEPT = timedelta(days=30)
"""How long a job that came to its end is remembered."""
log = structlog.get_logger()


class JobFailed(Exception):
    """The job cannot succeed; its message tells the reader what happened and what to do. It is not tried again."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a handler is given: the job, and a way to say how far it has come."""

    id: int
    guid: str
    kind: str
    payload: dict[str, Any]
    user_id: int | None
    sessions: sessionmaker[Session]
    attempt: int

    def progress(self, done: int, total: int, step: str = "") -> None:
        """Note how far the work has come and keep the lease. Raises JobFailed where somebody stopped the job."""
        with self.sessions() as session:
            write(session)
            noted = session.execute(
                update(Job)
                .where(Job.id == self.id, Job.state == "running")
                .values(done=done, total=total, step=step[:200], lease_until=clock.now() + LEASE)
                .returning(Job.id)
            ).all()
            session.commit()
        if not noted:
            raise JobFailed("It was stopped.")

    def hold(self, session: Session) -> None:
        """Make sure that the job still runs, and that nobody stops it before `session` ends. Raises JobFailed."""
        state = session.scalar(select(Job.state).where(Job.id == self.id).with_for_update())
        if state != "running":
            raise JobFailed("It was stopped.")

    def hold_alone(self, session: Session) -> None:
        """`hold`, and make sure that it is this runner's.

        Another one takes a job over whose lease has passed, as while a machine slept. What is done in several
        transactions is done by the later one alone.
        """
        self.hold(session)
        if session.scalar(select(Job.attempts).where(Job.id == self.id)) != self.attempt:
            raise JobFailed("Another process has taken it over.")


Handler = Callable[[Running], dict[str, Any]]
Swept = Mapping[str, int] | None
"""What a chore did, for whoever runs it by hand: words and how many."""
Chore = Callable[[Session, datetime], Swept]


@dataclass(slots=True)
class _Periodic:
    name: str
    every: timedelta
    chore: Chore
    due: datetime | None = None


@dataclass(slots=True)
class _State:
    handlers: dict[str, Handler]
    chores: list[_Periodic]
    wake: threading.Event


def init_app(app: Flask) -> None:
    """Give the application its registry of handlers."""
    app.extensions["jobs"] = _State({}, [], threading.Event())
    periodically(app, "jobs", every=timedelta(hours=6), chore=sweep)


def _state(app: Flask) -> _State:
    state: _State = app.extensions["jobs"]
    return state


def handle(app: Flask, kind: str, handler: Handler) -> None:
    """Register what runs jobs of a kind; its result is kept with the job."""
    _state(app).handlers[kind] = handler


def periodically(app: Flask, name: str, *, every: timedelta, chore: Chore) -> None:
    """Have `chore` run at the start and then `every` so often, in a transaction of its own.

    Every process does it, so it must be safe to run twice, also at once.
    """
    _state(app).chores.append(_Periodic(name, every, chore))


def chores(app: Flask) -> list[tuple[str, Chore]]:
    """Every chore with its name."""
    return [(each.name, each.chore) for each in _state(app).chores]


def sweep(session: Session, now: datetime) -> Swept:
    """Forget jobs that came to their end a month ago."""
    write(session)
    gone = session.execute(delete(Job).where(Job.finished_at < now - KEPT))
    return {"finished jobs": gone.rowcount}  # type: ignore[attr-defined]


def run_chores(app: Flask) -> int:
    """Run every chore whose time has come; gives how many ran. One that breaks is tried again when it is due again."""
    now = clock.now()
    due = [each for each in _state(app).chores if each.due is None or each.due <= now]
    with app.app_context():
        for each in due:
            with db.sessionmaker() as session:
                try:
                    each.chore(session, now)
                    session.commit()
                except (SQLAlchemyError, DatabaseBusy):
                    raise  # the database is away: soon again
                except Exception:
                    log.exception("a chore broke", chore=each.name)
            each.due = now + each.every
    return len(due)


def enqueue(session: Session, *, kind: str, payload: dict[str, Any], user_id: int | None) -> Job:
    """Add a job. It runs after the commit; call `wake` then to have it start at once."""
    job = Job(kind=kind, payload=payload, user_id=user_id, state="queued", created_at=clock.now())
    session.add(job)
    session.flush()
    return job


def stop(session: Session, *, job_id: int, reason: str) -> bool:
    """End a job that waits or runs; False where it has come to its end already. `reason` is what the reader is told."""
    write(session)
    job = session.scalar(select(Job).where(Job.id == job_id).with_for_update())
    if job is None or job.state not in ("queued", "running"):
        return False
    _finish(job, "failed", error=reason)
    session.flush()
    return True


def wake() -> None:
    """Tell the runner of this process that there is work."""
    _state(current_app).wake.set()


def run_pending(app: Flask) -> int:
    """Run every job that waits; gives how many ran."""
    ran = 0
    with app.app_context():
        sessions = db.sessionmaker
        while (running := _claim(sessions)) is not None:
            _run(_state(app).handlers, running)
            ran += 1
    return ran


def run_forever(app: Flask, stop: threading.Event) -> None:
    """Run jobs until `stop` is set; a database that is away is waited for."""
    state = _state(app)
    while not stop.is_set():
        state.wake.clear()
        try:
            run_chores(app)
            run_pending(app)
        except (SQLAlchemyError, DatabaseBusy) as error:
            log.warning("jobs wait for the database", error=type(error).__name__)
        state.wake.wait(POLL_S)


def start_thread(app: Flask) -> threading.Event:
    """Run jobs beside the web process; set the event that is given back to end it."""
    stop = threading.Event()
    threading.Thread(target=run_forever, args=(app, stop), name="jobs", daemon=True).start()
    return stop


def _claim(sessions: sessionmaker[Session]) -> Running | None:
    """Take the oldest job that waits, or one whose runner is gone."""
    with sessions() as session:
        now = clock.now()
        if session.scalar(_waiting(now)) is None:
            return None
        write(session)
        job = session.scalar(_waiting(now).with_for_update(skip_locked=True))
        if job is None:
            return None
        if job.attempts >= MAX_ATTEMPTS:
            _finish(job, "failed", error="It was started several times and never came to an end. Start it again.")
            session.commit()
            return _claim(sessions)
        job.state, job.lease_until, job.attempts = "running", now + LEASE, job.attempts + 1
        session.commit()
        return Running(job.id, job.guid, job.kind, dict(job.payload), job.user_id, sessions, job.attempts)


def _waiting(now: datetime) -> Any:
    gone = (Job.state == "running") & (Job.lease_until < now)
    return select(Job).where(or_(Job.state == "queued", gone)).order_by(Job.id).limit(1)


def _run(handlers: dict[str, Handler], running: Running) -> None:
    state, result, error = "done", None, ""
    try:
        if running.kind not in handlers:
            raise JobFailed(f"No part of this portal does “{running.kind}”.")
        result = handlers[running.kind](running)
    except JobFailed as failed:
        state, error = "failed", str(failed)
    except (SQLAlchemyError, DatabaseBusy):
        raise  # the lease runs out, and the job is tried again
    except Exception:
        log.exception("a job broke", job=running.guid)
        state, error = "failed", f"Something broke on our side. Give the administrator this number: {running.guid}."
    with running.sessions() as session:
        write(session)
        job = session.get_one(Job, running.id, with_for_update=True)
        if job.state == "running" and job.attempts == running.attempt:
            _finish(job, state, result=result, error=error)
        session.commit()


def _finish(job: Job, state: str, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    job.state, job.lease_until, job.result, job.error, job.finished_at = state, None, result, error, clock.now()
