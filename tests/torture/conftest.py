"""A portal that can be killed, learners that note what was acknowledged to them, and what must hold afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import requests
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db.base import new_guid
from app.db.models import Card, Event
from app.db.session import make_engine, session_factory
from app.study.verify import verify
from tests.browser.portals import ROOT, SERVE, STARTS_WITHIN_S, environment_of
from tests.builders import PASSWORD, choose, make_deck, make_user

ROUNDS = int(os.environ.get("TORTURE_ROUNDS") or 2)
ACKNOWLEDGED = (200, 204, 303)


@dataclass(slots=True)
class Victim:
    """A running portal and all it has said."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """End it and its workers as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def get(self, path: str) -> requests.Response:
        """A request of nobody in particular."""
        return requests.get(self.url + path, timeout=30)


@contextmanager
def serving(environment: dict[str, str], *, file_limit: int | None = None) -> Iterator[Victim]:
    """Serve until the block ends; with `file_limit`, no file may grow beyond so many bytes."""

    limited = () if file_limit is None else ("bash", "-c", f'ulimit -f {file_limit // 1024}; exec "$@"', "-")
    process = subprocess.Popen(
        (*limited, *SERVE),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    victim, listening = Victim(f"http://127.0.0.1:{environment['PORT']}", process), threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            victim.lines.append(line)
            if "Listening at" in line:
                listening.set()
        listening.set()

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    try:
        assert listening.wait(STARTS_WITHIN_S), "".join(victim.lines)
        assert process.poll() is None, "".join(victim.lines)
        yield victim
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        reader.join(5)
        assert process.stdout is not None
        process.stdout.close()


class Learner:
    """A browser that is signed in and knows its cards. What it was told is recorded, it keeps in `acknowledged`."""

    def __init__(self, email: str, cards: list[str]) -> None:
        self.email = email
        self.cards = cards
        self.acknowledged: list[str] = []
        self._http = requests.Session()
        self._token = ""

    def sign_in(self, url: str) -> None:
        """Sign in and open the study page, as a browser would."""
        self._http = requests.Session()
        page = self._http.get(f"{url}/sign-in", timeout=30)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found
        form = {"email": self.email, "password": PASSWORD, "csrf_token": found[1], "keep": "y"}
        assert self._http.post(f"{url}/sign-in", data=form, timeout=30).ok
        found = re.search(r'name="csrf_token" value="([^"]+)"', self._http.get(f"{url}/settings", timeout=30).text)
        assert found
        self._token = found[1]

    def answer(self, url: str, card: str, key: str, grade: int = 4) -> int:
        """Answer a card that was never asked before; gives the status. Raises what the network raises.

        Every other answer comes as a script sends it, which is told the next question, too.
        """
        script = {"X-Fragment": "1"} if len(self.cards) % 2 else {}
        form = {"card": card, "grade": str(grade), "key": key, "version": "0", "csrf_token": self._token}
        response = self._http.post(
            f"{url}/study/answer",
            data=form,
            timeout=60,
            allow_redirects=False,
            headers={"Connection": "close"} | script,
        )
        if response.status_code in ACKNOWLEDGED and key not in self.acknowledged:
            self.acknowledged.append(key)
        return response.status_code

    def answer_all(self, url: str, stop: threading.Event, noted: Callable[[], None] = lambda: None) -> None:
        """Answer one card after the other until `stop`, or until nobody is there."""
        while self.cards and not stop.is_set():
            card, key = self.cards.pop(), new_guid()
            try:
                status = self.answer(url, card, key)
            except requests.RequestException:
                return  # the answer may be recorded or not; it was not acknowledged
            assert status in (*ACKNOWLEDGED, 503), status
            noted()


class World:
    """A database with learners in it, and what must be true of it at any time."""

    def __init__(self, url: str, *, learners: int, cards: int) -> None:
        self.environment = environment_of(url, WEB_CONCURRENCY="2")
        with self.session() as session:
            deck = make_deck(session, cards=cards, slug="deck")
            users = [make_user(session, new_per_day=999) for _ in range(learners)]
            for user in users:
                choose(session, user, deck)
            guids = list(session.scalars(select(Card.guid)))
            self.learners = [Learner(user.email, list(guids)) for user in users]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on the database, beside the portal."""
        engine = make_engine(self.environment["DATABASE_URL"])
        try:
            with session_factory(engine)() as session:
                yield session
                session.commit()
        finally:
            engine.dispose()

    def check(self) -> None:
        """Every acknowledged answer is there, once; the file is sound; replaying the log gives what is stored."""
        with self.session() as session:
            if session.get_bind().dialect.name == "sqlite":
                assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            keys = list(session.scalars(select(Event.idempotency_key)))
            assert len(keys) == len(set(keys)), "an answer was counted twice"
            lost = {key for learner in self.learners for key in learner.acknowledged} - set(keys)
            assert not lost, f"{len(lost)} acknowledged answers are gone"
            assert not verify(session, repair=False).differences


@pytest.fixture
def world(database_url: str) -> World:
    """Four learners with 120 cards each."""
    return World(database_url, learners=4, cards=max(120, 12 * ROUNDS))
