"""Handing mails over to a server, one at a time over one connection, and telling what is known from what is not."""

from __future__ import annotations

import html
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from app.config import MailServer

TIMEOUT_S = 20.0
"""How long a server may keep us waiting for one answer."""
LONGEST_LINE = 998
"""Letters that a line of a mail may have (RFC 5322)."""


class Refused(Exception):
    """The server will not take this mail, now or later; its answer is the message."""


class NotNow(Exception):
    """It was not taken for certain, and may be later."""


class Doubt(Exception):
    """The text was handed over, and the connection broke before the server said whether it took it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. `text` is plain; its HTML is made of it."""

    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class _Written(EmailPolicy):
    """How a mail is written down. The address in List-Unsubscribe is never broken.

    One that is longer than a usual line would be made an encoded word, and there no mail program reads those (RFC 2369).
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as it is sent."""
        policy = self.clone(max_line_length=LONGEST_LINE) if name == "List-Unsubscribe" else self
        return EmailPolicy.fold_binary(policy, name, value)


def message(letter: Letter, *, sender: str, to: str, message_id: str, now: datetime) -> EmailMessage:
    """A letter as a mail, in plain text and simple HTML. No value can bring a header line of its own."""
    made = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    made["From"] = Address(_one_line(name), addr_spec=_on_the_wire(address))
    made["To"] = Address(addr_spec=_on_the_wire(to))
    made["Subject"] = _one_line(letter.subject)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message_id}@{_domain(address)}>"
    made["Auto-Submitted"] = "auto-generated"
    for header, value in letter.headers.items():
        made[header] = _one_line(value)
    made.set_content(letter.text)
    made.add_alternative(_as_html(letter.text), subtype="html")
    return made


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _domain(address: str) -> str:
    return _on_the_wire(address).rpartition("@")[2] or "localhost"


def _on_the_wire(address: str) -> str:
    """An address whose domain is written as servers know it."""
    local, _at, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address
    except UnicodeError:
        return address


_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def _as_html(text: str) -> str:
    """Paragraphs and links, and nothing else."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    body = "\n".join(f"<p>{_linked(part)}</p>" for part in paragraphs)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _linked(text: str) -> str:
    pieces: list[str] = []
    last = 0
    for found in _ADDRESS.finditer(text):
        pieces.append(html.escape(text[last : found.start()]))
        address = html.escape(found[0])
        pieces.append(f'<a href="{address}">{address}</a>')
        last = found.end()
    pieces.append(html.escape(text[last:]))
    return "".join(pieces).replace("\n", "<br>\n")


class Connection:
    """A connection to the mail server, opened when the first mail needs it."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises `NotNow`."""
        self._open()
        self.close()

    def send(self, mail: EmailMessage, *, sender: str, to: str, offering: Callable[[], None]) -> None:
        """Hand one mail over; `offering` is called just before its text is. Raises `Refused`, `NotNow` or `Doubt`."""
        smtp = self._open()
        sender, to = _on_the_wire(sender), _on_the_wire(to)
        international = not (sender.isascii() and to.isascii())
        if international and not smtp.has_extn("smtputf8"):
            raise Refused("The mail server takes no addresses with letters beyond ASCII.")
        data = mail.as_bytes(policy=_Written(linesep="\r\n", utf8=international))
        try:
            _taken(*smtp.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if international else []))
            _taken(*smtp.rcpt(to))
        except (Refused, NotNow):
            self._reset()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise NotNow(_named(error)) from error
        offering()
        try:
            code, answer = smtp.data(data)
        except smtplib.SMTPDataError as error:
            self._reset()
            _taken(error.smtp_code, _bytes(error.smtp_error))
            raise NotNow(_named(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Doubt(_named(error)) from error
        _taken(code, answer)

    def close(self) -> None:
        """Take leave of the server, if it still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (smtplib.SMTPException, OSError):
                smtp.close()

    def _reset(self) -> None:
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._connected()
            except (smtplib.SMTPException, OSError) as error:
                raise NotNow(_named(error)) from error
        return self._smtp

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        trust = ssl.create_default_context()
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=trust)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        try:
            if server.security == "starttls":
                smtp.starttls(context=trust)
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                _log_in(smtp, server)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _log_in(smtp: smtplib.SMTP, server: MailServer) -> None:
    """Sign in. A server that hangs up on a wrong password, as some do before all ways are tried, has said no, too."""
    try:
        smtp.login(server.user, server.password)
    except smtplib.SMTPServerDisconnected as error:
        raise smtplib.SMTPAuthenticationError(535, b"It hung up when it was given the name and password.") from error


def _taken(code: int, answer: bytes) -> None:
    """Raise what a server's answer means, unless it is a yes."""
    if 200 <= code < 300:
        return
    words = f"{code} {_one_line(answer.decode('utf-8', 'replace'))}"[:200]
    raise Refused(words) if 500 <= code < 600 else NotNow(words)


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode()


def _named(error: Exception) -> str:
    """What went wrong, without anything that was sent: a server might repeat a password."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code}, {type(error).__name__}"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__} {reason}".strip()[:200]
