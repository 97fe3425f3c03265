"""The outbox: mails are rows, written in the transaction of what they tell of, and sent afterwards.

A row says what kind of mail goes to whom. What it says is written when it is sent, by the writer registered for its kind,
so that no text and no one-time link lies in the database. In doubt a mail is sent at most once: a try that broke before
the text was handed over is made again, later and later; one that broke after it is left in doubt, for `reprise doctor`
to show and `reprise mail retry` to decide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import structlog
from flask import Flask, current_app, has_app_context, render_template
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.config import Settings
from app.db.models import Mail
from app.db.session import DatabaseBusy, write
from app.web import clock
from app.web.database import apart, db
from app.web.smtp import Connection, Doubt, Letter, NotNow, Refused, message

LEASE = timedelta(seconds=120)
POLL_S = 2.0
BACKOFF = tuple(timedelta(minutes=wait) for wait in (1, 5, 15, 60, 180, 480, 1440))
"""How long to wait after each try; after one more the mail is given up."""
KEPT_FOR = timedelta(days=30)
"""How long what became of a mail is remembered."""
HOUR = timedelta(hours=1)
log = structlog.get_logger()

Writer = Callable[[Session, Mail, datetime], Letter | None]
"""Writes a mail when it is to be sent; None when there is nothing to send after all. It may change things."""


@dataclass(frozen=True, slots=True)
class _Kind:
    writer: Writer
    at_most: int | None


def init_app(app: Flask) -> None:
    """Give the application its registry of writers."""
    app.extensions["mail_kinds"] = {}


def kind(app: Flask, name: str, writer: Writer, *, at_most: int | None = None) -> None:
    """Register who writes mails of a kind, and how many of them an address gets in an hour at most."""
    app.extensions["mail_kinds"][name] = _Kind(writer, at_most)


def is_set_up() -> bool:
    """Whether this portal sends mail."""
    return has_app_context() and _settings().mail_server is not None


def _settings() -> Settings:
    found: Settings = current_app.config["REPRISE_SETTINGS"]
    return found


def put(session: Session, *, kind: str, to: str, user_id: int | None = None, **details: Any) -> None:
    """Put a mail into the outbox; it goes out after the commit. Where no mail is set up, nothing happens."""
    if not is_set_up():
        return
    write(session)
    now = clock.now()
    session.add(Mail(kind=kind, to_address=to, user_id=user_id, details=details, created_at=now, next_try_at=now))
    session.flush()


def written(template: str, *, headers: dict[str, str] | None = None, **values: Any) -> Letter:
    """A letter of `templates/mail/<template>.txt`: its first line is the subject, each other line a paragraph."""
    lines = [line.strip() for line in render_template(f"mail/{template}.txt", **values).splitlines() if line.strip()]
    return Letter(lines[0], "\n\n".join(lines[1:]) + "\n", headers or {})


def link(endpoint: str, **values: Any) -> str:
    """The address of a page for a mail: from the settings, never from a request."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return _settings().address + path


def run_pending(app: Flask, *, most: int = 1000) -> int:
    """Send what waits; gives how many mails were dealt with."""
    settings: Settings = app.config["REPRISE_SETTINGS"]
    if settings.mail_server is None:
        return 0
    done = 0
    with app.app_context():
        sessions = db.sessionmaker
        connection = Connection(settings.mail_server)
        try:
            while done < most and (mail := _claim(sessions)) is not None:
                _deal_with(sessions, mail, connection, settings)
                done += 1
        finally:
            connection.close()
    return done


def run_forever(app: Flask, stop: threading.Event) -> None:
    """Send mails until `stop` is set; a database that is away is waited for."""
    while not stop.is_set():
        try:
            run_pending(app)
        except (SQLAlchemyError, DatabaseBusy) as error:
            log.warning("mails wait for the database", error=type(error).__name__)
        except Exception:
            log.exception("sending mails broke")
        stop.wait(POLL_S)


def start_thread(app: Flask) -> threading.Event | None:
    """Send mails beside the web process, where mail is set up; set the event that is given back to end it."""
    settings: Settings = app.config["REPRISE_SETTINGS"]
    if settings.mail_server is None:
        return None
    stop = threading.Event()
    threading.Thread(target=run_forever, args=(app, stop), name="mail", daemon=True).start()
    return stop


def _waiting(now: datetime) -> Any:
    gone = (Mail.state == "sending") & (Mail.lease_until < now)
    ready = (Mail.state == "queued") & (Mail.next_try_at <= now)
    return select(Mail).where(or_(ready, gone)).order_by(Mail.next_try_at, Mail.id).limit(1)


def _claim(sessions: sessionmaker[Session]) -> Mail | None:
    """Take the mail that has waited longest, under a lease; what somebody else died over is decided first."""
    now = clock.now()
    with sessions() as session:
        if session.scalar(_waiting(now)) is None:
            return None
        write(session)
        mail = session.scalar(_waiting(now).with_for_update(skip_locked=True))
        if mail is None:
            return None
        if mail.state == "sending" and mail.offered_at is not None:
            _finish(mail, "doubt", now, "Whoever was sending it ended before the server's answer came.")
        elif mail.attempts > len(BACKOFF):
            _finish(mail, "failed", now, mail.error or "It was tried again and again and never got through.")
        else:
            mail.state, mail.lease_until, mail.offered_at = "sending", now + LEASE, None
            mail.attempts += 1
        session.commit()
        return mail if mail.state == "sending" else _claim(sessions)


def _deal_with(sessions: sessionmaker[Session], mail: Mail, connection: Connection, settings: Settings) -> None:
    """Write one mail, hand it over and note what became of it."""
    try:
        letter = _letter(sessions, mail)
        if letter is None:
            _note(sessions, mail, "dropped")
            return
        sender = parseaddr(settings.mail_from)[1]
        whole = message(
            letter, sender=settings.mail_from, to=mail.to_address, message_id=mail.guid, now=mail.created_at
        )
        connection.send(whole, sender=sender, to=mail.to_address, offering=lambda: _offer(sessions, mail))
    except Refused as error:
        _note(sessions, mail, "failed", str(error))
    except Doubt as error:
        _note(sessions, mail, "doubt", str(error))
    except NotNow as error:
        _note(sessions, mail, "queued", str(error))
    except (SQLAlchemyError, DatabaseBusy):
        raise  # the lease runs out, and it is tried again
    except Exception:
        log.exception("a mail could not be written", mail=mail.guid, kind=mail.kind)
        _note(sessions, mail, "queued", "It could not be written; the log has the reason.")
    else:
        _note(sessions, mail, "sent")


def _letter(sessions: sessionmaker[Session], mail: Mail) -> Letter | None:
    kinds: dict[str, _Kind] = current_app.extensions["mail_kinds"]
    found = kinds.get(mail.kind)
    if found is None:
        raise LookupError(f"No part of this portal writes mails of the kind {mail.kind}.")
    now = clock.now()

    def work(session: Session) -> Letter | None:
        if found.at_most is not None and _sent_lately(session, mail) >= found.at_most:
            log.info("mail dropped: too many of its kind", mail=mail.guid, kind=mail.kind)
            return None
        return found.writer(session, mail, now)

    return apart(sessions, work)


def _sent_lately(session: Session, mail: Mail) -> int:
    lately = (Mail.created_at > mail.created_at - HOUR) & (Mail.id < mail.id)
    same = (Mail.to_address == mail.to_address) & (Mail.kind == mail.kind)
    return session.scalar(select(func.count(Mail.id)).where(lately, same)) or 0


def _offer(sessions: sessionmaker[Session], mail: Mail) -> None:
    """Note that the text is about to be handed over. Raises `NotNow` where the lease was lost meanwhile."""

    def work(session: Session) -> bool:
        write(session)
        held = (Mail.id == mail.id) & (Mail.state == "sending") & (Mail.attempts == mail.attempts)
        values = {"offered_at": clock.now(), "lease_until": clock.now() + LEASE}
        return bool(session.execute(update(Mail).where(held).values(values)).rowcount)  # type: ignore[attr-defined]

    if not apart(sessions, work):
        raise NotNow("Somebody else is sending it.")


def _note(sessions: sessionmaker[Session], mail: Mail, state: str, error: str = "") -> None:
    now = clock.now()

    def work(session: Session) -> str | None:
        write(session)
        row = session.get(Mail, mail.id, with_for_update=True)
        if row is None or row.state != "sending" or row.attempts != mail.attempts:
            return None
        if state != "queued":
            _finish(row, state, now, error)
        elif row.attempts > len(BACKOFF):
            _finish(row, "failed", now, error)
        else:
            row.state, row.lease_until, row.error = "queued", None, error[:200]
            row.next_try_at = now + BACKOFF[row.attempts - 1]
        return row.state

    became = apart(sessions, work)
    say = log.warning if became in ("failed", "doubt") else log.info
    say("mail", mail=mail.guid, kind=mail.kind, state=became, attempts=mail.attempts, error=error)


def _finish(mail: Mail, state: str, now: datetime, error: str = "") -> None:
    mail.state, mail.lease_until, mail.finished_at, mail.error = state, None, now, error[:200]
    if state in ("sent", "dropped"):
        mail.details = {}


@dataclass(frozen=True, slots=True)
class Outbox:
    """How the outbox stands."""

    waiting: int
    oldest: datetime | None
    failed: int
    doubt: int
    last_error: str


def outbox(session: Session) -> Outbox:
    """How many mails wait, were given up or are in doubt."""
    rows = session.execute(select(Mail.state, func.count(), func.min(Mail.created_at)).group_by(Mail.state)).all()
    counts = {state: (count, first) for state, count, first in rows}
    open_ones = [counts[state] for state in ("queued", "sending") if state in counts]
    error = session.scalar(select(Mail.error).where(Mail.error != "").order_by(Mail.id.desc()).limit(1))
    return Outbox(
        waiting=sum(count for count, _first in open_ones),
        oldest=min((first for _count, first in open_ones), default=None),
        failed=counts.get("failed", (0, None))[0],
        doubt=counts.get("doubt", (0, None))[0],
        last_error=error or "",
    )


def retry(session: Session) -> int:
    """Queue again what was given up or is in doubt; gives how many. What is in doubt may then arrive twice."""
    write(session)
    again = {"state": "queued", "attempts": 0, "offered_at": None, "next_try_at": clock.now(), "finished_at": None}
    stuck = Mail.state.in_(("failed", "doubt"))
    return session.execute(update(Mail).where(stuck).values(again)).rowcount  # type: ignore[attr-defined, no-any-return]


def sweep(session: Session, now: datetime) -> int:
    """Forget mails that were done with long ago; gives how many."""
    write(session)
    done = Mail.finished_at < now - KEPT_FOR
    return session.execute(delete(Mail).where(done)).rowcount  # type: ignore[attr-defined, no-any-return]
