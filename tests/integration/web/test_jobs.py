"""Jobs: run once, told apart by leases, and never lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.models import Job, Portal
from app.db.session import write
from app.web import clock, jobs


def add(session: Session, **values: Any) -> Job:
    job = jobs.enqueue(session, kind=values.pop("kind", "count"), payload=values.pop("payload", {}), user_id=None)
    for name, value in values.items():
        setattr(job, name, value)
    session.commit()
    return job


def again(session: Session, job: Job) -> Job:
    session.expire_all()
    return session.get_one(Job, job.id)


def test_a_job_runs_once_and_keeps_its_result(app: Flask, session: Session) -> None:
    seen: list[dict[str, Any]] = []

    def count(running: jobs.Running) -> dict[str, Any]:
        seen.append(running.payload)
        running.progress(1, 2, "counting")
        return {"counted": 2}

    jobs.handle(app, "count", count)
    job = add(session, payload={"of": "cards"})
    assert jobs.run_pending(app) == 1
    assert jobs.run_pending(app) == 0
    assert seen == [{"of": "cards"}]
    job = again(session, job)
    assert (job.state, job.result, job.step, job.done, job.total) == ("done", {"counted": 2}, "counting", 1, 2)
    assert job.finished_at is not None


def test_a_job_that_cannot_succeed_says_why_and_is_not_tried_again(app: Flask, session: Session) -> None:
    def fail(_running: jobs.Running) -> dict[str, Any]:
        raise jobs.JobFailed("notes.md:3: no question. Add one.")

    jobs.handle(app, "count", fail)
    job = add(session)
    assert jobs.run_pending(app) == 1
    assert jobs.run_pending(app) == 0
    job = again(session, job)
    assert (job.state, job.error) == ("failed", "notes.md:3: no question. Add one.")


def test_a_broken_handler_gives_a_number_and_no_details(app: Flask, session: Session) -> None:
    def break_down(_running: jobs.Running) -> dict[str, Any]:
        raise ZeroDivisionError("secret detail")

    jobs.handle(app, "count", break_down)
    job = add(session)
    jobs.run_pending(app)
    job = again(session, job)
    assert job.state == "failed"
    assert job.guid in job.error
    assert "secret detail" not in job.error


def test_a_job_whose_runner_is_gone_is_run_by_another(app: Flask, session: Session) -> None:
    jobs.handle(app, "count", lambda running: {})
    past = datetime.now(UTC) - timedelta(seconds=1)
    job = add(session, state="running", lease_until=past, attempts=1)
    assert jobs.run_pending(app) == 1
    assert again(session, job).state == "done"


def test_of_two_runners_of_one_job_the_later_one_has_it(app: Flask, session: Session) -> None:
    """The first one was thought to be gone, as while its machine slept, and comes back."""
    did: list[str] = []

    def sleep(running: jobs.Running) -> dict[str, Any]:
        if running.attempt == 1:
            session.execute(update(Job).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
            session.commit()
            assert jobs.run_pending(app) == 1
        with running.sessions() as one:
            write(one)
            running.hold_alone(one)
            did.append(f"attempt {running.attempt}")
        return {"attempt": running.attempt}

    jobs.handle(app, "count", sleep)
    job = add(session)
    jobs.run_pending(app)
    job = again(session, job)
    assert (job.state, job.result, did) == ("done", {"attempt": 2}, ["attempt 2"])


def test_a_job_that_is_being_run_is_left_alone(app: Flask, session: Session) -> None:
    jobs.handle(app, "count", lambda running: {})
    job = add(session, state="running", lease_until=datetime.now(UTC) + timedelta(seconds=30), attempts=1)
    assert jobs.run_pending(app) == 0
    assert again(session, job).state == "running"


def test_a_job_that_kills_its_runner_is_given_up(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(_running: jobs.Running) -> dict[str, Any]:
        raise Killed

    jobs.handle(app, "count", kill)
    job = add(session)
    start = datetime.now(UTC)
    for attempt in range(jobs.MAX_ATTEMPTS):
        monkeypatch.setattr(clock, "now", lambda attempt=attempt: start + attempt * 2 * jobs.LEASE)
        with pytest.raises(Killed):
            jobs.run_pending(app)
    monkeypatch.setattr(clock, "now", lambda: start + 10 * jobs.LEASE)
    assert jobs.run_pending(app) == 0
    job = again(session, job)
    assert job.state == "failed"
    assert "Start it again" in job.error


def test_a_chore_is_done_at_the_start_and_then_every_so_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime(2026, 11, 24, 12, 0, tzinfo=UTC)]
    done: list[datetime] = []
    monkeypatch.setattr(clock, "now", lambda: now[0])
    jobs.periodically(app, "sweeping", every=timedelta(hours=1), chore=lambda _session, at: done.append(at))
    for minutes in (0, 30, 29, 1, 59, 1):
        now[0] += timedelta(minutes=minutes)
        jobs.run_chores(app)
    assert [at.strftime("%H:%M") for at in done] == ["12:00", "13:00", "14:00"]


def test_a_chore_commits_what_it_did_and_a_broken_one_leaves_nothing(app: Flask, session: Session) -> None:
    def rename(current: Session, _now: datetime) -> None:
        current.execute(update(Portal).values(name="Swept"))

    def break_down(current: Session, _now: datetime) -> None:
        current.execute(update(Portal).values(name="Broken"))
        raise ZeroDivisionError

    jobs.periodically(app, "renaming", every=timedelta(hours=1), chore=rename)
    jobs.periodically(app, "breaking", every=timedelta(hours=1), chore=break_down)
    ran = jobs.run_chores(app)
    assert ran >= 2
    assert jobs.run_chores(app) == 0
    assert session.scalar(select(Portal.name)) == "Swept"
