"""Every route with what no form of ours would send: odd bytes, long values, wrong types, doubled fields, for everybody.

Whatever comes, the answer is a page below 500. The choices are those of a seeded generator, so that a failure comes again.
"""

from __future__ import annotations

import io
import logging
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Rule

import app as package
from app.db.models import Card, Import, LoginSession, Practice, Source, Upload
from tests.builders import LONG_AGO, choose, csrf_token, make_deck, make_user, sign_in

ODD: tuple[str | bytes, ...] = (
    "",
    " ",
    "\0",
    "a\0b",
    b"\xff\xfe\xfd",
    b"\xed\xa0\x80",
    "\u202e\u2028\ufeff",
    "\U0010ffff",
    "x" * 20_000,
    "-1",
    "0",
    "9" * 25,
    "1e309",
    "NaN",
    "\uff11",
    "\u00b2",
    "true",
    "[]",
    '{"a": {"b": [1]}}',
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "../../etc/passwd",
    "//example.org",
    "http://[::1",
    "' OR 1=1 --",
    "%00%ff%",
    "a\r\nX-Other: b",
    "<script>alert(1)</script>",
)
PLAIN = {
    "email": "mallory@example.org",
    "question": "Another?",
    "answer": "Another.",
    "title": "Another",
    "grade": "4",
    "version": "0",
    "key": "k" * 32,
    "day": "2026-11-26",
    "since": "2026-11-01",
    "until": "2026-11-26",
    "text": "## A?\n\nB.\n",
    "next": "/progress",
}
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain")
BODIES = (
    b"\xff\xfe\0",
    b"a=%ff%00&a=1&=&%=",
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
    b"--b--\r\n",
)
ENDS_THE_SESSION = {"security.logout"}


def _names() -> tuple[str, ...]:
    """The fields and arguments that any page reads, as the source names them."""
    found: set[str] = set()
    for path in Path(str(package.__file__)).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'request\.(?:args|form|values|files)\.get(?:list)?\(\s*"([^"]+)"', text))
        found |= set(re.findall(r"^    (\w+) = \w*Field\(", text, re.MULTILINE))
    return tuple(sorted(found - {"csrf_token"}))


class Fuzz:
    """Makes requests of a route, for one person: what their seed chooses."""

    def __init__(self, chance: random.Random, names: tuple[str, ...], guids: tuple[str, ...], token: str) -> None:
        self.chance, self.names, self.guids, self.token = chance, names, guids, token

    def path(self, rule: Rule) -> str:
        """The address of a rule, with names that there are or odd ones."""
        values: dict[str, str] = {}
        for name in rule.arguments:
            if isinstance(rule._converters[name], IntegerConverter):
                values[name] = self.chance.choice(("0", "1", "9" * 25))
            elif self.chance.random() < 0.7:
                values[name] = "rag" if name == "slug" else self.chance.choice(self.guids)
            else:
                values[name] = quote(self.chance.choice(ODD[2:]), safe="")
        return re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", lambda found: values[found[1]], rule.rule)

    def fields(self) -> str:
        """Most fields as a form may have them, some odd, missing or twice; encoded as bytes, not as text."""
        plain = self.chance.choice(("1", "rag", "y", self.chance.choice(self.guids)))
        sent: list[tuple[str, str | bytes]] = [(name, PLAIN.get(name, plain)) for name in self.names]
        for _ in range(self.chance.randint(1, 12)):
            at = self.chance.randrange(len(sent))
            name = sent[at][0]
            how = self.chance.random()
            if how < 0.2:
                del sent[at]
            elif how < 0.4:
                sent.append((name, self.chance.choice(ODD)))
            else:
                sent[at] = (name, self.chance.choice(ODD))
        return urlencode([*sent, ("csrf_token", self.token)])

    def requests(self, rule: Rule) -> Iterator[dict[str, Any]]:
        """Some requests of a rule: each method of its own, and sometimes one that it does not take."""
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"} | {self.chance.choice(("GET", "PUT"))}):
            path, headers = self.path(rule), {"X-CSRFToken": self.token}
            if self.chance.random() < 0.3:
                headers["X-Fragment"] = "1"
            if method != "POST":
                yield {"method": method, "path": f"{path}?{self.fields()[:8000]}", "headers": headers}
                continue
            form = self.fields()
            yield {"method": method, "path": path, "headers": headers, "data": form, "content_type": KINDS[0]}
            odd = {"data": self.chance.choice(BODIES), "content_type": self.chance.choice(KINDS)}
            files = {name: (io.BytesIO(b"\xff\0## A?"), "a\0/../b.md") for name in ("file", "files", "image", "upload")}
            upload = {"data": files | dict.fromkeys(self.names, "1"), "content_type": "multipart/form-data"}
            json: dict[str, Any] = {"json": {name: self.chance.choice((1, [1], None, {})) for name in self.names}}
            yield {"method": method, "path": self.path(rule), "headers": headers} | self.chance.choice(
                (odd, upload, json)
            )


@pytest.fixture
def guids(session: Session) -> tuple[str, ...]:
    """Names of things that there are."""
    other = make_user(session, role="editor")
    deck = make_deck(session, cards=2, slug="rag")
    card = session.scalars(select(Card)).first()
    assert card is not None
    login = LoginSession(
        token_hash=b"x" * 32,
        user_id=other.id,
        created_at=LONG_AGO,
        seen_at=LONG_AGO,
        expires_at=LONG_AGO,
        remembered=True,
    )
    upload = Upload(user_id=other.id, filename="notes.md", content=b"# A?\n\nB.\n", summary={}, created_at=LONG_AGO)
    applied = Import(label="notes.md", applied_at=LONG_AGO, outcome={"decks": []}, before={}, undone_at=LONG_AGO)
    practice = Practice(user_id=other.id, mode="quiz", counts=False, cards=[card.id], started_at=LONG_AGO)
    source = Source(name="notes", url="https://example.org/notes", created_at=LONG_AGO)
    session.add_all([login, upload, applied, practice, source])
    choose(session, other, deck)
    session.commit()
    return (other.guid, card.guid, login.guid, upload.guid, applied.guid, practice.guid, "notes", "1")


@pytest.mark.parametrize("role", ["nobody", "learner", "editor", "admin"])
def test_whatever_is_sent_the_answer_is_no_fault(
    app: Flask, session: Session, guids: tuple[str, ...], role: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    chance = random.Random(f"fuzz {role}")  # to come again
    if role != "nobody":
        user = make_user(session, role=role)
        session.commit()
        sign_in(client, user)
    token = csrf_token(client, "/sign-in" if role == "nobody" else "/settings")
    fuzz = Fuzz(chance, _names(), guids, token)
    faults = []
    with caplog.at_level(logging.ERROR):
        for rule in app.url_map.iter_rules():
            if role != "nobody" and rule.endpoint in ENDS_THE_SESSION:
                continue
            for request in fuzz.requests(rule):
                faults += _fault(client, request)
    assert faults == [], caplog.text[-6000:]
    assert role == "nobody" or client.get("/settings").status_code == 200, "signed in to the end"


def _fault(client: FlaskClient, request: dict[str, Any]) -> list[tuple[Any, ...]]:
    answer = client.open(**request)
    right = answer.status_code < 500 and b"Traceback (most recent call last)" not in answer.data
    answer.close()
    return [] if right else [(request["method"], request["path"][:200], answer.status_code)]
