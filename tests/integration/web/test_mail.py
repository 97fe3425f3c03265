"""The outbox: written with what it tells of, sent once, tried again where that is safe; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import Settings
from app.db.models import Mail
from app.web import clock, mail, smtp
from app.web.smtp import Connection, Letter, NotNow, message
from tests.mailbox import Mailbox, mail_server, text_of

TO = "ada@example.org"


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def box(server: Mailbox) -> Mailbox:
    server.mails.clear()
    server.answers.clear()
    server.offered = 0
    return server


@pytest.fixture
def settings(database_url: str, server: Mailbox) -> Settings:
    return Settings(
        secret_key="test-" * 10, database_url=database_url, mail_url=server.url, mail_from="Reprise <me@example.org>"
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass."""
    ahead = [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + ahead[0])

    def forward(by: timedelta) -> None:
        ahead[0] += by

    return forward


@pytest.fixture
def put(app: Flask, session: Session) -> Callable[..., None]:
    """Put mails into the outbox."""
    mail.kind(app, "test", lambda _session, row, _now: Letter("A subject", f"Number {row.details['n']}."))
    mail.kind(app, "none", lambda _session, _row, _now: None)
    mail.kind(app, "broken", lambda _session, _row, _now: Letter(str(1 / 0), ""))

    def put(*numbers: int, kind: str = "test", to: str = TO) -> None:
        with app.app_context():
            for n in numbers:
                mail.put(session, kind=kind, to=to, n=n)
            session.commit()

    return put


def states(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Mail.state).order_by(Mail.id)))


def test_what_is_rolled_back_sends_nothing(app: Flask, session: Session, box: Mailbox) -> None:
    with app.app_context():
        mail.put(session, kind="test", to=TO, n=1)
        session.rollback()
    assert mail.run_pending(app) == 0
    assert box.mails == []


def test_mails_are_sent_in_order_once(app: Flask, session: Session, box: Mailbox, put: Callable[..., None]) -> None:
    put(1, 2, 3)
    assert mail.run_pending(app) == 3
    assert mail.run_pending(app) == 0
    assert [text_of(one).strip() for one in box.mails] == ["Number 1.", "Number 2.", "Number 3."]
    assert states(session) == ["sent"] * 3
    assert len({one["Message-ID"] for one in box.mails}) == 3
    assert all(one["From"] == "Reprise <me@example.org>" for one in box.mails)


def test_senders_at_the_same_time_send_each_mail_once(
    app: Flask, session: Session, box: Mailbox, put: Callable[..., None]
) -> None:
    put(*range(8))
    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _n: mail.run_pending(app), range(4)))
    assert done == 8
    assert sorted(text_of(one).strip() for one in box.mails) == [f"Number {n}." for n in range(8)]
    assert states(session) == ["sent"] * 8


@pytest.mark.parametrize(("step", "answer"), [("rcpt", "450 later"), ("data", "451 later")])
def test_a_no_for_now_is_tried_again_later(
    app: Flask,
    session: Session,
    box: Mailbox,
    put: Callable[..., None],
    later: Callable[[timedelta], None],
    step: str,
    answer: str,
) -> None:
    put(1, 2)
    box.answers[step] = [answer]
    mail.run_pending(app)
    assert states(session) == ["queued", "sent"]
    assert mail.run_pending(app) == 0
    later(mail.BACKOFF[0])
    assert mail.run_pending(app) == 1
    assert states(session) == ["sent", "sent"]
    assert len(box.mails) == 2


def test_a_no_for_good_is_not_tried_again(
    app: Flask, session: Session, box: Mailbox, put: Callable[..., None], later: Callable[[timedelta], None]
) -> None:
    put(1)
    box.answers["rcpt"] = ["550 no such person"]
    mail.run_pending(app)
    later(timedelta(days=3))
    assert mail.run_pending(app) == 0
    assert states(session) == ["failed"]
    assert mail.outbox(session).last_error == "550 no such person"


def test_a_server_that_stays_away_is_given_up_after_many_tries(
    app: Flask, session: Session, put: Callable[..., None], later: Callable[[timedelta], None]
) -> None:
    put(1)
    app.config["REPRISE_SETTINGS"] = replace(app.config["REPRISE_SETTINGS"], mail_url="smtp://127.0.0.1:1")
    tries = 0
    for wait in (*mail.BACKOFF, timedelta(days=2), timedelta(days=2)):
        tries += mail.run_pending(app)
        later(wait)
    assert tries == len(mail.BACKOFF) + 1
    assert states(session) == ["failed"]
    with app.app_context():
        assert mail.retry(session) == 1
        session.commit()
    assert states(session) == ["queued"]


def test_in_doubt_a_mail_is_not_sent_twice(
    app: Flask, session: Session, box: Mailbox, put: Callable[..., None], later: Callable[[timedelta], None]
) -> None:
    """The connection broke after the text was handed over: it may have been taken."""
    put(1)
    box.answers["data"] = ["hang up"]
    mail.run_pending(app)
    later(timedelta(days=3))
    mail.run_pending(app)
    assert box.offered == 1
    assert states(session) == ["doubt"]
    assert mail.outbox(session).doubt == 1


@pytest.mark.parametrize(("offered", "state"), [(False, "sent"), (True, "doubt")])
def test_a_sender_that_was_killed(
    app: Flask,
    session: Session,
    box: Mailbox,
    put: Callable[..., None],
    later: Callable[[timedelta], None],
    offered: bool,
    state: str,
) -> None:
    """Before the text went out, it is sent after all; once it did, nobody knows."""
    put(1)
    row = session.scalars(select(Mail)).one()
    now = clock.now()
    row.state, row.lease_until, row.attempts = "sending", now + mail.LEASE, 1
    row.offered_at = now if offered else None
    session.commit()
    assert mail.run_pending(app) == 0
    later(2 * mail.LEASE)
    mail.run_pending(app)
    assert states(session) == [state]
    assert len(box.mails) == (0 if offered else 1)


def test_one_mail_that_cannot_be_written_keeps_no_other_back(
    app: Flask, session: Session, box: Mailbox, put: Callable[..., None]
) -> None:
    put(1, kind="broken")
    put(1, kind="nobody writes this")
    put(2)
    put(3, kind="none")
    mail.run_pending(app)
    assert states(session) == ["queued", "queued", "sent", "dropped"]
    assert len(box.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_server_that_wants_a_password_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        smtp, "TIMEOUT_S", 1
    )  # this server says no more to another way of signing in, once one was refused
    with mail_server(login=("reprise", "p@ss/word")) as box:
        settings = Settings(secret_key="x" * 40, mail_url=f"smtp://reprise:p%40ss%2Fword@127.0.0.1:{box.port}")
        assert settings.mail_server is not None
        Connection(settings.mail_server).check()
        wrong = replace(settings.mail_server, password="wrong")
        with pytest.raises(NotNow, match="535"):
            Connection(wrong).check()


def test_a_server_without_encryption_is_refused_where_it_is_asked_for(server: Mailbox) -> None:
    settings = Settings(secret_key="x" * 40, mail_url=f"smtp://u:p@127.0.0.1:{server.port}?tls=starttls")
    assert settings.mail_server is not None
    with pytest.raises(NotNow, match="NotSupported"):
        Connection(settings.mail_server).check()


@pytest.mark.parametrize("text", ["Hello\r\nBcc: eve@example.org", "Hello\nBcc: eve@example.org", "a\x00b\u2028c"])
def test_no_value_brings_a_header_of_its_own(text: str) -> None:
    made = message(
        Letter(text, f"{text}\n\n<b>&</b> https://example.org/?a=1&b=2", {"List-Unsubscribe": text}),
        sender="Reprise <me@example.org>",
        to=TO,
        message_id="abc",
        now=datetime.now(UTC),
    )
    headers = made.as_string().replace("\r\n", "\n").split("\n\n")[0]
    assert "\nBcc" not in headers
    assert made["Bcc"] is None
    html = made.get_body(("html",))
    assert html is not None
    assert "<b>" not in html.get_content()
    assert '<a href="https://example.org/?a=1&amp;b=2">' in html.get_content()
