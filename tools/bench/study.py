"""Studying: what an answer costs beside a bare route, and the next card of a learner with a very long history."""

import re
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from app.db.migrate import upgrade
from app.db.session import make_engine, session_factory
from tools.bench.load import Connection, Load, drive
from tools.bench.registry import at_least, at_most, bench, say
from tools.bench.seeding import Learner, analyse, give_history, make_deck, make_learner
from tools.bench.servers import DATABASES, SECRET, serving

BARE = "/bare"
CONNECTIONS = 16
LEARNERS_EACH = 5
DUE = 200
ROUNDS = 3
SECONDS = 3.0
LEAST_RATIO = 0.15
MOST_P99_MS = 50.0
_FIELDS = re.compile(rb'name="(card|version|key|csrf_token)" value="([^"]+)"')


@bench("answers")
def answers() -> None:
    """The whole answer (session, form token, key, two rows, next card) against a constant text, at 16 connections.

    How many of the one come to how many of the other is a question of what they cost, so one process serves both. How long
    the slowest answers take is seen as the portal serves: by as many processes as it starts with.
    """
    for name, database in DATABASES.items():
        with database() as url:
            learners = _seeded(url, 2 * CONNECTIONS * LEARNERS_EACH)
            with serving(url, WEB_CONCURRENCY="1") as port:
                bare, alone = _measured(port, learners[::2])
            with serving(url) as port:
                quick, answered = _measured(port, learners[1::2])
        p99 = statistics.median(one.quantile(0.99) for one in answered) * 1000
        loads = (*alone, *answered)
        other = sum(count for one in loads for status, count in one.statuses.items() if not 200 <= status < 300)
        say(f"{name}, one process: {_rate(alone):.0f} answers a second beside {_rate(bare):.0f} constant texts")
        say(f"{name}, as it serves: {_rate(answered):.0f} answers a second beside {_rate(quick):.0f} constant texts")
        at_most(f"{name}, responses other than 2xx", other, 0)
        at_most(f"{name}, p99 in ms at {CONNECTIONS} connections", p99, MOST_P99_MS)
        at_least(f"{name}, answers a second to those of a bare route", _rate(alone) / _rate(bare), LEAST_RATIO)


def _rate(loads: list[Load]) -> float:
    return statistics.median(one.rate for one in loads)


def _seeded(url: str, learners: int) -> list[Learner]:
    engine = make_engine(url)
    upgrade(engine)
    now = datetime.now(UTC)
    with session_factory(engine)() as session:
        cards = make_deck(session, "bench", DUE + 100, now)
        deck_id = 1
        people = [make_learner(session, deck_id, now) for _ in range(learners)]
        for number, person in enumerate(people):
            give_history(session, person, cards[: _due(number)], 3, now, spread=10)
        session.commit()
    analyse(engine)
    engine.dispose()
    return people


def _due(number: int) -> int:
    """How many cards are due for a learner. The first ones of the connections have fewer, so that not all sessions end at once."""
    return min(DUE, DUE * (number // 2 + 1) // CONNECTIONS)


def _measured(port: int, learners: list[Learner]) -> tuple[list[Load], list[Load]]:
    """Rounds of the bare route and of answers, in turns."""
    queues = [iter(learners[n::CONNECTIONS]) for n in range(CONNECTIONS)]
    tabs = [Tab(port, queue) for queue in queues]
    constant = b"GET " + BARE.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    plain = [Connection(port, constant, lambda _status, _body: constant) for _ in range(CONNECTIONS)]
    drive(plain, 0.5)
    drive([tab.connection for tab in tabs], 1.0)
    bare: list[Load] = []
    answered: list[Load] = []
    for _ in range(ROUNDS):
        bare.append(drive(plain, SECONDS))
        answered.append(drive([tab.connection for tab in tabs], SECONDS))
    return bare, answered


class Tab:
    """A browser's tab: answers what it is asked, and goes on with the next learner when nothing is left."""

    def __init__(self, port: int, learners: Iterator[Learner]) -> None:
        self._learners = learners
        self._head = b""
        first = self._sign_in()
        assert first is not None
        self.connection = Connection(port, first, self.answered)

    def _sign_in(self) -> bytes | None:
        learner = next(self._learners, None)
        if learner is None:
            return None
        cookie = f"reprise={signed(learner)}"
        agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        self._head = f"Host: 127.0.0.1\r\nCookie: {cookie}\r\n{agent}\r\nX-Fragment: session\r\n".encode()
        return b"GET /study HTTP/1.1\r\n" + self._head + b"\r\n"

    def answered(self, status: int, body: bytes) -> bytes | None:
        """The next answer."""
        fields = {name.decode(): value.decode() for name, value in _FIELDS.findall(body)}
        if status == 204 or "card" not in fields:
            return self._sign_in()
        form = urlencode(fields | {"grade": "4", "elapsed": "9000", "deck": ""}).encode()
        kind = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + str(len(form)).encode()
        return b"POST /study/answer HTTP/1.1\r\n" + self._head + kind + b"\r\n\r\n" + form


def signed(learner: Learner) -> str:
    """The cookie of a learner, signed as the portal does."""
    return str(_signer().dumps(learner.cookie))


@cache
def _signer() -> URLSafeTimedSerializer:
    """Made once: all connections change to their next learner at about the same time, and are measured while they do."""
    app = Flask("cookie")
    app.secret_key = SECRET
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return signer
