"""The pages of followed repositories: who may do what, and what goes wrong on them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Job, Source
from app.library import sources
from app.web import jobs
from tests.builders import LONG_AGO, csrf_token, make_user, sign_in

NOTES = "# Physics\n\n## 1. What is heat?\n\nEnergy on its way.\n\n## 2. What is work?\n\nForce times distance.\n"


@pytest.fixture
def followed(session: Session, tmp_path: Path) -> str:
    """A source that was added on the command line: a repository in a folder."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "physics.md").write_text(NOTES)
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "First notes"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    name = sources.add(session, url=str(folder), now=LONG_AGO).name
    session.commit()
    return name


def _enter(client: FlaskClient, session: Session, role: str) -> FlaskClient:
    user = make_user(session, role=role)
    session.commit()
    sign_in(client, user)
    return client


def _post(client: FlaskClient, path: str, **fields: str) -> int:
    token = csrf_token(client, "/edit/decks/new")
    return client.post(path, data=fields | {"csrf_token": token}).status_code


def test_a_sync_runs_as_a_job_and_the_page_says_what_it_brought(
    app: Flask, client: FlaskClient, session: Session, followed: str
) -> None:
    editor = _enter(client, session, "editor")
    assert "Not synced yet" in editor.get("/edit/sources").text
    assert _post(editor, f"/edit/sources/{followed}/sync") == 303
    assert jobs.run_pending(app) == 1
    page = editor.get("/edit/sources").text
    assert "Up to date" in page
    assert "First notes" in page
    assert "2 new" in page


def test_a_failed_sync_is_told_with_what_git_said(app: Flask, client: FlaskClient, session: Session) -> None:
    session.add(Source(name="gone", url="file:///nowhere/at/all", created_at=LONG_AGO))
    session.commit()
    editor = _enter(client, session, "editor")
    _post(editor, "/edit/sources/sync")
    jobs.run_pending(app)
    session.rollback()
    assert session.scalars(select(Job.state)).all() == ["failed"]
    page = editor.get("/edit/sources").text
    assert "1 source needs you." in page
    assert "There is no repository at this address." in page
    assert "What git said" in page


@pytest.mark.parametrize("address", ["", "/srv/notes", "file:///srv/notes", "ext::sh -c id", "not an address"])
def test_an_admin_is_told_what_cannot_be_followed(client: FlaskClient, session: Session, address: str) -> None:
    admin = _enter(client, session, "admin")
    assert _post(admin, "/edit/sources/new", url=address, files="**/*.md", branch="") == 422
    assert session.scalar(select(Source.id)) is None


def test_an_admin_adds_a_public_repository_which_stays_guarded(client: FlaskClient, session: Session) -> None:
    admin = _enter(client, session, "admin")
    assert _post(admin, "/edit/sources/new", url="https://127.0.0.1/notes.git", files="*.md", branch="main") == 303
    source = session.scalars(select(Source)).one()
    assert (source.guarded, source.branch, source.glob) == (True, "main", "*.md")


def test_a_private_address_is_refused_when_it_is_read(app: Flask, client: FlaskClient, session: Session) -> None:
    admin = _enter(client, session, "admin")
    _post(admin, "/edit/sources/new", url="https://127.0.0.1/notes.git", files="*.md", branch="")
    jobs.run_pending(app)
    assert "This address leads into a private network." in admin.get("/edit/sources").text


def test_editors_sync_but_only_admins_add_change_and_remove(
    client: FlaskClient, session: Session, followed: str
) -> None:
    editor = _enter(client, session, "editor")
    assert editor.get("/edit/sources/new").status_code == 404
    assert editor.get(f"/edit/sources/{followed}").status_code == 404
    assert _post(editor, f"/edit/sources/{followed}/remove") == 404
    assert session.scalar(select(Source.name)) == followed


def test_an_admin_changes_what_is_followed_and_stops_following(
    client: FlaskClient, session: Session, followed: str
) -> None:
    admin = _enter(client, session, "admin")
    assert _post(admin, f"/edit/sources/{followed}", files="docs/*.md", branch="no branch") == 422
    assert _post(admin, f"/edit/sources/{followed}", files="docs/*.md", branch="") == 303
    session.rollback()
    assert session.scalars(select(Source.glob)).one() == "docs/*.md"
    assert _post(admin, f"/edit/sources/{followed}/remove") == 303
    session.rollback()
    assert session.scalar(select(Source.id)) is None


@pytest.mark.parametrize(
    "path", ["/edit/sources/nothing/sync", "/edit/sources/nothing/remove", "/edit/sources/nothing"]
)
def test_unknown_sources_are_not_there(client: FlaskClient, session: Session, path: str) -> None:
    admin = _enter(client, session, "admin")
    assert _post(admin, path, files="*.md", branch="") == 404
