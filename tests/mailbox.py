"""A real mail server on the loopback address, and what arrived there."""

from __future__ import annotations

import email.policy
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope


@dataclass
class Mailbox:
    """What the server took, and what it is to answer instead of taking: by step, each answer once."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    """The same as they came over the wire."""
    answers: dict[str, list[str]] = field(default_factory=dict)
    offered: int = 0
    arrival: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """The server as MAIL_URL names it."""
        return f"smtp://127.0.0.1:{self.port}"

    def wait_for(self, subject: str) -> EmailMessage:
        """The mail whose subject holds these words, as soon as it is there."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.mails if subject in mail["Subject"]]

        with self.arrival:
            assert self.arrival.wait_for(found, 60), [mail["Subject"] for mail in self.mails]
        return found()[0]

    def take(self) -> EmailMessage:
        """The one mail that has arrived since the last call."""
        assert len(self.mails) == 1, [mail["Subject"] for mail in self.mails]
        return self.mails.pop()


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self.box = box

    def _answer(self, step: str) -> str | None:
        waiting = self.box.answers.get(step)
        return waiting.pop(0) if waiting else None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if (answer := self._answer("rcpt")) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.box.offered += 1
        answer = self._answer("data")
        if answer == "hang up":
            server.transport.abort()
            return "250 never heard"
        if answer is not None:
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        with self.box.arrival:
            self.box.mails.append(mail)
            self.box.raw.append(content)
            self.box.arrival.notify_all()
        return "250 OK"


@contextmanager
def mail_server(*, login: tuple[str, str] | None = None) -> Iterator[Mailbox]:
    """A mail server for a while; with `login` it insists on that name and password."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box = Mailbox(probe.getsockname()[1])

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        wanted = tuple(part.encode() for part in login or ("", ""))
        return AuthResult(success=(given.login, given.password) == wanted)

    options: dict[str, Any] = {}
    if login is not None:
        options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    controller = Controller(_Handler(box), hostname="127.0.0.1", port=box.port, ready_timeout=20, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def text_of(mail: EmailMessage) -> str:
    """What a mail says in plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(mail: EmailMessage, path: str = "") -> str:
    """The path of the first link in a mail that begins with `path`; its plain text and its HTML have the same."""
    links = re.findall(r"https?://[^/\s]+(/\S*)", text_of(mail))
    found = next(link for link in links if link.startswith(path))
    html = mail.get_body(("html",))
    assert html is not None
    assert found in html.get_content()
    return str(found)
