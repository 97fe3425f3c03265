"""No log ever holds a secret: put marked ones in everywhere, break what can break, and look (SECURITY.md 25)."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest
import requests
from click.testing import CliRunner

from app.cli import main
from app.db.session import make_engine, session_factory
from tests.browser.portals import environment_of, running
from tests.builders import make_user
from tests.mailbox import Mailbox, link_in, mail_server

PASSWORDS = ("canary harbour lamp", "canary wrong lamp", "canary newer lamp", "canary newest lamp")
MAIL_PASSWORD = "canary-mail-word"
SECRET = "canary-secret-" * 4


class Browser(requests.Session):
    """A browser that posts forms with their token, and remembers every cookie it was given."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.given: set[str] = set()

    def go(self, path: str) -> requests.Response:
        answer = self.get(self.base + path, allow_redirects=False)
        self.given |= {value for value in self.cookies.values() if value}
        return answer

    def fill(self, path: str, *, page: str = "", **fields: str) -> requests.Response:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.go(page or path).text)
        assert token
        self.given.add(token[1])
        data = fields | {"csrf_token": token[1]}
        answer = self.post(self.base + path, data=data, allow_redirects=False)
        self.given |= {value for value in self.cookies.values() if value}
        return answer


def lost_password(browser: Browser, box: Mailbox) -> str:
    """The path of a link to a new password."""
    assert browser.fill("/reset", email="ada@example.org").status_code == 202
    return link_in(box.wait_for("Set a new password"), "/reset/")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_no_log_holds_a_secret(sqlite_url: str) -> None:
    first, wrong, newer, newest = PASSWORDS
    engine = make_engine(sqlite_url)
    with session_factory(engine)() as session:
        make_user(session, email="ada@example.org", password=first)
        session.commit()
    engine.dispose()
    with mail_server(login=("reprise", MAIL_PASSWORD)) as box:
        url = f"smtp://reprise:{MAIL_PASSWORD}@127.0.0.1:{box.port}"
        settings = {"LOG_LEVEL": "DEBUG", "MAIL_URL": url, "MAIL_FROM": "p@example.org", "SECRET_KEY": SECRET}
        environment = environment_of(sqlite_url, **settings)
        with running(environment) as portal:
            browser = Browser(portal.url)
            assert browser.fill("/sign-in", email="ada@example.org", password=wrong).status_code == 422
            assert browser.fill("/sign-in", email="ada@example.org", password=first).status_code == 303
            changed = browser.fill("/account/password", current_password=first, new_password=newer)
            assert changed.status_code in (303, 422)
            made = browser.fill("/settings/calendar", page="/settings/reminders")
            calendar = re.search(r"/calendar/([^<.]+)", made.text)
            assert calendar
            assert browser.go(calendar[0] + ".ics").status_code == 200
            path = lost_password(Browser(portal.url), box)
            another = Browser(portal.url)
            refused = another.post(portal.url + path, data={"new_password": newest, "csrf_token": "canary-form"})
            assert refused.status_code == 400
            assert another.fill(path, new_password=newest).status_code == 303
            database = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
            database.execute("ALTER TABLE login_session RENAME TO gone")  # from here on every sign-in breaks
            database.commit()
            database.close()
            broken = Browser(portal.url)
            answer = broken.fill("/sign-in", email="ada@example.org", password=newest)
            assert answer.status_code in (500, 503)
            numbers = {answer.headers["X-Request-Id"]}
        printed = CliRunner().invoke(main, ["mail", "status"], env=environment)
        assert printed.exit_code == 0
    secrets = {*PASSWORDS, MAIL_PASSWORD, SECRET, "canary-form", path.rpartition("/")[2], "$argon2"}
    secrets |= browser.given | another.given | broken.given | {calendar[1]}
    told = [line for line in (*portal.lines, printed.output) for secret in secrets if secret in line]
    assert told == []
    assert portal.lines[0].startswith("Reprise is at")
    lines = [json.loads(line) for line in portal.lines[1:]]
    events = {line["event"] for line in lines}
    assert {"sign-in failed", "account.sign_in", "account.reset"} <= events
    assert numbers <= {line.get("request_id") for line in lines}
    assert all("timestamp" in line and "level" in line for line in lines)
