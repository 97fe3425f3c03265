"""Archives of all that is a learner's: asked for, written by a job, kept for some days, gone.

An archive lies in the database in parts, so that any process of the portal can write and serve it, and none has to hold
all of it.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from app.content.document import ContentError
from app.db.models import Job, Takeout, TakeoutPart, User
from app.db.session import write
from app.library import own
from app.library.archives import Archive
from app.study import bringing, brought, export
from app.study.bringing import Room
from app.study.brought_values import Brought
from app.web import clock, jobs
from app.web.database import apart
from app.web.jobs import JobFailed, Running

EXPORT_JOB = "takeout"
KEPT = timedelta(days=3)
"""How long an archive can be downloaded, and how long one that was brought waits to be applied."""
PART = 512 * 1024
"""Bytes of a part."""
IN_MEMORY = 4 * 1024 * 1024
"""Bytes of an archive that is being written from which on it goes to a temporary file."""

Kind = Literal["export", "import"]


class NoSuchTakeout(Exception):
    """There is no such archive of this learner, or it is gone by now."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An archive and how far its job has come. `state` is that of the job; "" where there is none any more."""

    guid: str
    kind: str
    filename: str
    size: int
    created_at: datetime
    expires_at: datetime
    done_at: datetime | None
    plan: dict[str, Any] | None
    state: str
    done: int
    total: int
    error: str

    @property
    def going(self) -> bool:
        """Whether its job is still to come to its end."""
        return self.state in ("queued", "running")


def ask_export(session: Session, *, user_id: int, now: datetime) -> str:
    """Have an archive written in place of the last one; gives its guid. One that is being written goes on."""
    in_line(session, user_id)
    last = latest(session, user_id, "export", now=now)
    if last is not None and last.going:
        return last.guid
    forget(session, user_id=user_id, kind="export")
    filename = f"reprise-{now:%Y-%m-%d}.zip"
    made = Takeout(user_id=user_id, kind="export", filename=filename, created_at=now, expires_at=now + KEPT)
    session.add(made)
    session.flush()
    made.job = jobs.enqueue(session, kind=EXPORT_JOB, payload={"takeout": made.guid}, user_id=user_id).guid
    session.flush()
    return made.guid


def run_export(running: Running) -> dict[str, Any]:
    """Write an archive as a job."""
    guid, now = str(running.payload["takeout"]), clock.now()
    with running.sessions() as session:
        row = session.execute(select(Takeout.id, Takeout.user_id).where(Takeout.guid == guid)).one_or_none()
    if row is None:
        raise JobFailed("It was deleted before it was written.")
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        with running.sessions() as reading:
            written = export.write_archive(reading, row.user_id, file, now=now, told=running.progress)
        file.seek(0)
        size = _store_parts(running, row.id, pieces(file))
    apart(running.sessions, partial(_complete, running=running, takeout_id=row.id, size=size, now=now))
    return {"events": written.events, "cards": written.cards}


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What is in a file, in parts."""
    while part := file.read(PART):
        yield part


def _store_parts(running: Running, takeout_id: int, parts: Iterable[bytes]) -> int:
    """Keep the parts of an archive, each in a transaction of its own so that nobody waits long; gives its size.

    Raises JobFailed where the archive was deleted meanwhile, or another process has taken over.
    """
    size = 0
    for number, part in enumerate(parts):
        apart(running.sessions, partial(_store_part, running=running, takeout_id=takeout_id, number=number, part=part))
        size += len(part)
    return size


def _store_part(session: Session, *, running: Running, takeout_id: int, number: int, part: bytes) -> None:
    write(session)
    running.hold_alone(session)
    if session.scalar(select(Takeout.id).where(Takeout.id == takeout_id).with_for_update()) is None:
        raise JobFailed("It was deleted while it was written.")
    session.execute(delete(TakeoutPart).where(TakeoutPart.takeout_id == takeout_id, TakeoutPart.number >= number))
    session.add(TakeoutPart(takeout_id=takeout_id, number=number, content=part))
    session.flush()


def _complete(session: Session, *, running: Running, takeout_id: int, size: int, now: datetime) -> None:
    write(session)
    running.hold_alone(session)
    done = {"size": size, "done_at": now, "expires_at": now + KEPT}
    session.execute(update(Takeout).where(Takeout.id == takeout_id).values(done))


def parts_of(sessions: sessionmaker[Session], takeout_id: int) -> Iterator[bytes]:
    """The parts of an archive, each read when it is wanted: whoever downloads slowly keeps no transaction open."""
    number = 0
    one = select(TakeoutPart.content)
    while True:
        with sessions() as session:
            part = session.scalar(one.where(TakeoutPart.takeout_id == takeout_id, TakeoutPart.number == number))
        if part is None:
            return
        yield part
        number += 1


def latest(session: Session, user_id: int, kind: Kind, *, now: datetime) -> Shown | None:
    """A learner's last archive of a kind that is not over yet."""
    rows = _shown().where(Takeout.user_id == user_id, Takeout.kind == kind, Takeout.expires_at > now)
    row = session.execute(rows.order_by(Takeout.id.desc()).limit(1)).one_or_none()
    return None if row is None else _as_shown(row)


def found(session: Session, guid: str, user_id: int, *, kind: Kind, now: datetime) -> tuple[int, Shown]:
    """A learner's own archive, with its number. Raises `NoSuchTakeout`."""
    mine = _shown().where(Takeout.user_id == user_id, Takeout.guid == guid, Takeout.kind == kind)
    row = None if "\0" in guid else session.execute(mine.where(Takeout.expires_at > now)).one_or_none()
    if row is None:
        raise NoSuchTakeout
    return row.id, _as_shown(row)


def is_of(session: Session, guid: str, user_id: int) -> bool:
    """Whether there is such an archive, and it is this person's."""
    there = select(Takeout.id).where(Takeout.guid == guid, Takeout.user_id == user_id)
    return "\0" not in guid and session.scalar(there) is not None


def _shown() -> Any:
    columns = (
        Takeout.id,
        Takeout.guid,
        Takeout.kind,
        Takeout.filename,
        Takeout.size,
        Takeout.created_at,
        Takeout.expires_at,
        Takeout.done_at,
        Takeout.plan,
    )
    of_job = (
        func.coalesce(Job.state, "").label("state"),
        func.coalesce(Job.done, 0).label("done"),
        func.coalesce(Job.total, 0).label("total"),
        func.coalesce(Job.error, "").label("error"),
    )
    return select(*columns, *of_job).outerjoin(Job, Job.guid == Takeout.job)


def _as_shown(row: Any) -> Shown:
    return Shown(**{name: getattr(row, name) for name in Shown.__slots__})


def forget(session: Session, *, user_id: int, kind: Kind) -> None:
    """Delete a learner's archives of a kind. A job that is at work on one comes to its end by itself."""
    write(session)
    old = select(Takeout.id).where(Takeout.user_id == user_id, Takeout.kind == kind).scalar_subquery()
    session.execute(delete(TakeoutPart).where(TakeoutPart.takeout_id.in_(old)))
    session.execute(delete(Takeout).where(Takeout.user_id == user_id, Takeout.kind == kind))


def keep_house(session: Session, now: datetime) -> dict[str, int]:
    """Forget archives whose days are over."""
    over = session.scalars(select(Takeout.id).where(Takeout.expires_at <= now)).all()
    if over:
        write(session)
        session.execute(delete(TakeoutPart).where(TakeoutPart.takeout_id.in_(over)))
        session.execute(delete(Takeout).where(Takeout.id.in_(over)))
    return {"archives of learners": len(over)}


def in_line(session: Session, user_id: int) -> None:
    """Two requests of one person come one after the other."""
    write(session)
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


IMPORT_JOB = "bringing"


def receive(session: Session, *, user_id: int, filename: str, data: bytes, room: Room, now: datetime) -> str:
    """Keep an archive that was brought, in place of one before it, and have it read; gives its guid.

    Raises ContentError for what cannot be one.
    """
    brought.look_through(filename, data)
    in_line(session, user_id)
    forget(session, user_id=user_id, kind="import")
    made = Takeout(user_id=user_id, kind="import", filename=filename[:200], created_at=now, expires_at=now + KEPT)
    made.size = len(data)
    session.add(made)
    session.flush()
    parts = (data[start : start + PART] for start in range(0, len(data), PART))
    session.add_all(TakeoutPart(takeout_id=made.id, number=n, content=part) for n, part in enumerate(parts))
    _enqueue(session, made, {"apply": False, "decks": room.decks, "cards": room.cards})
    return made.guid


def apply(session: Session, *, guid: str, user_id: int, settings: bool, room: Room, now: datetime) -> None:
    """Have an archive applied that was read; one that is on its way goes on. Raises `NoSuchTakeout`."""
    in_line(session, user_id)
    number, shown = found(session, guid, user_id, kind="import", now=now)
    if shown.going or shown.done_at is not None:
        return
    wish = {"apply": True, "settings": settings, "decks": room.decks, "cards": room.cards}
    _enqueue(session, session.get_one(Takeout, number), wish)


def _enqueue(session: Session, takeout: Takeout, wish: dict[str, Any]) -> None:
    payload = {"takeout": takeout.guid, **wish}
    takeout.job = jobs.enqueue(session, kind=IMPORT_JOB, payload=payload, user_id=takeout.user_id).guid
    session.flush()


def run_import(running: Running) -> dict[str, Any]:
    """Read an archive that was brought, and say what it would come to; or apply it. All of it, or nothing."""
    wish, now = running.payload, clock.now()
    room = Room(int(wish["decks"]), int(wish["cards"]))
    with running.sessions() as session:
        row = session.execute(
            select(Takeout.id, Takeout.user_id, Takeout.filename, Takeout.done_at).where(
                Takeout.guid == wish["takeout"]
            )
        ).one_or_none()
    if row is None:
        raise JobFailed("The file was given up.")
    if row.done_at is not None:
        return {}
    try:
        archive = brought.look_through(row.filename, b"".join(parts_of(running.sessions, row.id)))
        found = brought.read(archive, now=now)
        running.progress(0, 0, "cards")
        if not wish["apply"]:
            apart(running.sessions, partial(_plan, row=row, found=found, room=room))
            return {}
        settings = bool(wish.get("settings"))
        work = partial(_bring, row=row, running=running, found=found, archive=archive, room=room, settings=settings)
        apart(running.sessions, partial(work, now=now))
    except ContentError as error:
        raise JobFailed(str(error)) from error
    except (own.TooManyDecks, own.TooManyCards) as error:
        raise JobFailed("Your own decks have no room for these cards.") from error
    return {}


def _plan(session: Session, *, row: Any, found: Brought, room: Room) -> None:
    plan = bringing.plan(session, user_id=row.user_id, brought=found, room=room)
    write(session)
    session.execute(update(Takeout).where(Takeout.id == row.id).values(plan=plan))


def _bring(
    session: Session,
    *,
    row: Any,
    running: Running,
    found: Brought,
    archive: Archive,
    room: Room,
    settings: bool,
    now: datetime,
) -> None:
    came = bringing.bring(
        session, user_id=row.user_id, brought=found, archive=archive, room=room, settings=settings, now=now
    )
    running.hold(session)
    session.execute(update(Takeout).where(Takeout.id == row.id).values(plan=came, done_at=now))
    session.execute(delete(TakeoutPart).where(TakeoutPart.takeout_id == row.id))
