"""“Your data”: the archive is asked for, written, downloaded by its owner alone, and gone when its days are over."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.cli import main
from app.config import Settings
from app.db.models import Audit, Card, Event, Job, Takeout, TakeoutPart, User
from app.study import export, takeout
from app.web import clock, jobs
from tests.builders import choose, csrf_token, make_deck, make_user, sign_in
from tests.functional.conftest import Watch
from tests.integration.study.people import give, viewer_of

PAGE = "/settings/data"


@pytest.fixture
def learner(session: Session, client: FlaskClient) -> User:
    """Somebody with a little history, signed in."""
    user = make_user(session)
    deck = make_deck(session, cards=1)
    choose(session, user, deck)
    session.commit()
    give(session, viewer_of(user), session.scalars(select(Card)).one())
    sign_in(client, user)
    return user


def ask(client: FlaskClient, path: str = "export") -> None:
    answer = client.post(f"{PAGE}/{path}", data={"csrf_token": csrf_token(client, "/settings")})
    assert answer.status_code == 303


def address_on(client: FlaskClient) -> str:
    """Where the page says the archive is."""
    page = client.get(PAGE).text
    return PAGE + page.partition(f'href="{PAGE}')[2].partition('"')[0]


def test_the_archive_is_written_and_downloaded_by_its_owner_alone(
    app: Flask, client: FlaskClient, session: Session, learner: User, watch: Watch
) -> None:
    assert PAGE in client.get("/settings").text
    ask(client)
    ask(client)  # a double click
    waiting = client.get(PAGE).text
    assert "It waits for its turn." in waiting
    assert "<progress" in client.get(PAGE, headers={"X-Fragment": "state"}).text
    assert jobs.run_pending(app) == 1
    address = address_on(client)
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_length == len(answer.data)
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    assert b'"grade":4' in archive.read("events.jsonl")

    stranger = app.test_client()
    admin = make_user(session, role="admin")
    session.commit()
    sign_in(stranger, admin)
    assert stranger.get(address).status_code == 404
    assert address not in stranger.get(PAGE).text

    watch.forward(days=4)
    sign_in(client, learner)
    assert client.get(address).status_code == 404
    assert "Make the file" in client.get(PAGE).text
    jobs.run_chores(app)
    assert session.scalar(select(func.count()).select_from(TakeoutPart)) == 0


def test_the_archive_can_be_deleted_at_once_also_while_it_is_written(
    app: Flask, client: FlaskClient, session: Session, learner: User
) -> None:
    ask(client)
    ask(client, "export/delete")
    assert jobs.run_pending(app) == 1
    assert session.scalar(select(func.count()).select_from(TakeoutPart)) == 0
    ask(client)
    jobs.run_pending(app)
    address = address_on(client)
    assert client.get(address).status_code == 200
    ask(client, "export/delete")
    assert client.get(address).status_code == 404


def test_an_archive_that_two_processes_write_is_whole(
    app: Flask, client: FlaskClient, session: Session, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one was thought to be gone, and comes back when the second one has made the file."""
    pieces, seen = takeout.pieces, Counter[str]()

    def slow(file: IO[bytes]) -> Iterator[bytes]:
        for part in pieces(file):
            yield part
            seen["parts"] += 1
            session.rollback()  # what it read before is over
            if seen["parts"] == 1:
                session.execute(update(Job).values(lease_until=clock.now() - timedelta(seconds=1)))
                session.commit()
                assert jobs.run_pending(app) == 1
                seen["parts"] = 1
            elif session.scalar(select(Takeout.done_at)):
                seen["rewritten"] += 1

    monkeypatch.setattr(takeout, "PART", 300)
    monkeypatch.setattr(takeout, "pieces", slow)
    ask(client)
    jobs.run_pending(app)
    assert not seen["rewritten"]
    assert zipfile.ZipFile(io.BytesIO(client.get(address_on(client)).data)).testzip() is None


def test_an_operator_gets_the_same_for_an_address(
    settings: Settings, session: Session, learner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    file = tmp_path / "theirs.zip"
    done = CliRunner().invoke(main, ["admin", "export-data", learner.email, str(file)])
    assert done.exit_code == 0, done.output
    assert b'"grade":4' in zipfile.ZipFile(file).read("events.jsonl")
    other = make_user(session)
    session.commit()
    for options, said in (["--dry-run"], "Nothing was written."), ([], "1 answers"), ([], "0 answers"):
        done = CliRunner().invoke(main, ["admin", "import-data", other.email, str(file), *options])
        assert done.exit_code == 0, done.output
        assert said in done.output
    of_people = select(Audit.action, Audit.subject_id, Audit.role).where(Audit.area == "people").order_by(Audit.id)
    assert session.execute(of_people).all() == [
        ("people.export", learner.id, "command"),
        *[("people.bring", other.id, "command")] * 2,
    ]
    nobody = CliRunner().invoke(main, ["admin", "export-data", "nobody@example.org", str(file)])
    assert nobody.exit_code == 1
    assert "No account" in nobody.output


def send(client: FlaskClient, data: bytes, name: str = "all.zip") -> TestResponse:
    form = {"csrf_token": csrf_token(client, "/settings"), "file": (io.BytesIO(data), name)}
    return client.post(f"{PAGE}/import", data=form)


def test_what_would_come_is_shown_before_it_comes(
    app: Flask, client: FlaskClient, session: Session, learner: User
) -> None:
    out = io.BytesIO()
    export.write_archive(session, learner.id, out, now=clock.now())
    other = make_user(session)
    session.commit()
    browser = app.test_client()
    sign_in(browser, other)
    answer = send(browser, out.getvalue())
    assert answer.status_code == 303
    assert "<progress" in browser.get(answer.location).text
    assert client.get(answer.location).status_code == 404
    jobs.run_pending(app)
    page = browser.get(answer.location).text
    assert "What would come" in page
    assert "1 event of your log" in page
    assert session.scalar(select(func.count()).select_from(Event)) == 1
    form = {"csrf_token": csrf_token(browser, "/settings")}
    for _again in range(2):  # a double click
        assert browser.post(answer.location, data=form).status_code == 303
    assert jobs.run_pending(app) == 1
    assert "Your data is here" in browser.get(answer.location).text
    session.rollback()  # what it read before is over
    assert session.scalar(select(func.count()).select_from(Event)) == 2
    assert session.scalar(select(func.count()).select_from(TakeoutPart)) == 0
    assert browser.post(answer.location, data=form).status_code == 303
    assert jobs.run_pending(app) == 0


def test_a_file_that_cannot_be_brought_says_why(
    app: Flask, client: FlaskClient, session: Session, learner: User
) -> None:
    refused = send(client, b"no zip at all", "notes.txt")
    assert refused.status_code == 422
    assert "It is no zip file." in refused.text
    damaged = send(client, b"PK\x03\x04broken")
    assert damaged.status_code == 422
    assert "Export it again, and bring the new file." in damaged.text
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("learner.json", "cards.jsonl", "events.jsonl"):
            archive.writestr(name, "{}")
    answer = send(client, out.getvalue())
    jobs.run_pending(app)
    page = client.get(answer.location).text
    assert page.count("Nothing was brought.") == 1
    assert "It is no export of a learner." in page
    form = {"csrf_token": csrf_token(client, "/settings")}
    assert client.post(f"{answer.location}/discard", data=form).status_code == 303
    assert client.get(answer.location).status_code == 404
