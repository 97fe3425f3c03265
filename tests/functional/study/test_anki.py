"""The pages about Anki, and the command."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Card, Deck, Upload
from app.study.anki import uploads
from app.web import jobs
from tests.anki.packages import BASIC, package
from tests.builders import choose, csrf_token, make_deck, make_user, sign_in
from tests.functional.cli.conftest import Run, reprise
from tests.functional.conftest import Watch

__all__ = ["reprise"]


def test_a_learner_downloads_what_they_tick(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    chosen = make_deck(session, slug="chosen", title="Chosen", cards=2)
    make_deck(session, slug="other", title="Other", cards=1)
    make_deck(session, slug="secret", title="Secret", cards=1, visibility="group")
    choose(session, user, chosen)
    session.commit()
    sign_in(client, user)
    page = client.get("/settings/anki").text
    assert 'value="chosen" checked' in page
    assert 'value="other">' in page
    assert "Secret" not in page
    answer = client.get("/settings/anki/package?deck=chosen&deck=other&deck=secret&progress=1")
    assert answer.headers["Content-Disposition"] == "attachment; filename=reprise.apkg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(zipfile.ZipFile(io.BytesIO(answer.data)).namelist()) == {"collection.anki2", "media"}


def test_no_deck_is_said_and_leads_back(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    session.commit()
    make_deck(session, cards=1)
    session.commit()
    sign_in(client, user)
    for query in ("", "?deck=", "?deck=nothing"):
        answer = client.get(f"/settings/anki/package{query}", follow_redirects=True)
        assert answer.request.path == "/settings/anki"
        assert "Tick at least one" in answer.text


def test_an_import_whose_session_ended_is_started_from_its_plan(
    client: FlaskClient, session: Session, watch: Watch
) -> None:
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    address = upload(client, PACKAGE)
    form = {"csrf_token": csrf_token(client, address), "to": "", "progress": "1"}
    watch.forward(days=2)
    ended = client.post(address, data=form, headers={"Referer": f"http://localhost{address}"})
    assert (ended.status_code, f'href="/sign-in?next={address}"' in ended.text) == (400, True)
    assert "Sign in and the page opens again" in ended.text
    sign_in(client, user)
    assert "2 new cards" in client.get(address).text
    assert "2 cards are added." in press(client, address, address, progress="1")


def test_the_command_writes_a_package(reprise: Run, session: Session, tmp_path: Path) -> None:
    user = make_user(session)
    make_deck(session, slug="maths", cards=3)
    session.commit()
    made = reprise("anki", "export", "maths", "--user", user.email, "-o", str(tmp_path / "out.apkg"))
    assert made.exit_code == 0
    assert made.output.strip().endswith("1 decks, 3 cards, 0 answers.")
    assert zipfile.is_zipfile(tmp_path / "out.apkg")
    for wrong in (("nothing",), ("maths", "--user", "nobody@example.org")):
        refused = reprise("anki", "export", *wrong, "-o", str(tmp_path / "no.apkg"))
        assert refused.exit_code == 1
        assert not (tmp_path / "no.apkg").exists()


PACKAGE = package(
    {"Mine": [("g1", BASIC, ("What is it?", "This [sound:x.mp3]")), ("g2", BASIC, ("And that?", "That"))]}
)


def upload(client: FlaskClient, data: bytes, name: str = "mine.apkg") -> str:
    """Bring a package in; gives the address of its plan."""
    form = {"file": (io.BytesIO(data), name), "csrf_token": csrf_token(client, "/settings/anki")}
    return client.post("/settings/anki", data=form).headers.get("Location", "")


def press(client: FlaskClient, address: str, page: str, **fields: str) -> str:
    return client.post(address, data=fields | {"csrf_token": csrf_token(client, page)}, follow_redirects=True).text


@pytest.fixture
def signed_in(client: FlaskClient, session: Session) -> FlaskClient:
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    return client


def test_a_package_is_looked_at_then_imported_once(signed_in: FlaskClient, session: Session) -> None:
    address = upload(signed_in, PACKAGE)
    plan = signed_in.get(address).text
    assert "2 new cards" in plan
    assert "The sound “x.mp3” stays out" in plan
    assert session.scalar(select(func.count(Card.id))) == 0
    assert "Continue" in signed_in.get("/settings/anki").text
    for _time in range(2):
        assert "2 cards are added." in press(signed_in, address, "/settings/anki", progress="1")
    session.rollback()
    deck = session.scalars(select(Deck)).one()
    assert (deck.title, deck.visibility) == ("Mine", "private")
    assert session.scalar(select(func.count(Card.id))) == 2
    assert "Nothing would change" in signed_in.get(upload(signed_in, PACKAGE)).text


def test_a_long_one_is_a_job_that_can_be_stopped(
    app: Flask, signed_in: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    stopped = upload(signed_in, PACKAGE)
    assert "It waits for its turn." in press(signed_in, stopped, "/settings/anki", progress="1")
    assert "was given up" in press(signed_in, f"{stopped}/discard", "/settings/anki")
    address = upload(signed_in, PACKAGE)
    press(signed_in, address, "/settings/anki", progress="1")
    jobs.run_pending(app)
    assert "2 cards are added." in signed_in.get(f"{address}/state").text
    session.rollback()
    assert session.scalar(select(func.count(Card.id))) == 2


def test_what_cannot_be_read_is_said_and_not_kept(signed_in: FlaskClient, session: Session) -> None:
    for data, name, said in (
        (b"nothing", "mine.apkg", "no package from Anki"),
        (PACKAGE, "mine.zip", "Choose a file that ends in .apkg"),
        (PACKAGE[:-500], "mine.colpkg", "no package from Anki"),
        (package({}), "mine.apkg", "no card in it"),
    ):
        form = {"file": (io.BytesIO(data), name), "csrf_token": csrf_token(signed_in, "/settings/anki")}
        answer = signed_in.post("/settings/anki", data=form)
        assert answer.status_code == 422
        assert said in answer.text
        assert re.search(r'aria-invalid="true"', answer.text)
    assert session.scalar(select(func.count(Upload.id))) == 0


def test_a_package_is_its_owners_alone_and_no_upload_of_documents(
    app: Flask, signed_in: FlaskClient, session: Session
) -> None:
    address = upload(signed_in, PACKAGE)
    other = app.test_client()
    editor = make_user(session, role="editor")
    session.commit()
    sign_in(other, editor)
    for page in (address, f"{address}/state"):
        assert other.get(page).status_code == 404
    own = upload(other, PACKAGE)
    assert other.get(f"/edit/import/{own.rpartition('/')[2]}").status_code == 404
    assert "mine.apkg" not in other.get("/edit/import").text
    assert "for all members" in other.get(f"{own}?to=shared").text
    press(other, own, "/settings/anki", to="shared")
    press(signed_in, address, "/settings/anki", to="shared")
    session.rollback()
    assert session.scalars(select(Deck.visibility).order_by(Deck.id)).all() == ["members", "private"]


def test_the_command_brings_a_package_in(reprise: Run, session: Session, tmp_path: Path) -> None:
    user = make_user(session)
    session.commit()
    (tmp_path / "mine.apkg").write_bytes(PACKAGE)
    (tmp_path / "bad.apkg").write_bytes(b"PK")
    path = str(tmp_path / "mine.apkg")
    dry = reprise("anki", "import", path, "--user", user.email, "--dry-run")
    assert "Nothing was written" in dry.output
    assert session.scalar(select(func.count(Card.id))) == 0
    done = reprise("anki", "import", path, "--user", user.email)
    assert (done.exit_code, "2 new" in done.output, "x.mp3" in done.output) == (0, True, True)
    session.rollback()
    assert session.scalar(select(func.count(Card.id))) == 2
    for wrong in (str(tmp_path / "bad.apkg"), str(tmp_path / "none.apkg")):
        assert reprise("anki", "import", wrong, "--user", user.email).exit_code == 1
