"""Following a git repository: what changed comes in, once, whoever syncs and however often."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from app.db.models import Audit, Card, Deck, Import, Source
from app.db.session import session_factory
from app.library import sources
from app.library.git import GitError
from app.library.source_queries import followed
from app.library.sources import NoSuchSource, SourceKnown, Synced, SyncFailed, SyncRunning
from app.web import clock
from tests.builders import LONG_AGO

FIRST = "# Physics\n\n## 1. What is heat?\n\nEnergy on its way.\n\n## 2. What is work?\n\nForce times distance.\n"


class Repository:
    """A repository of this machine, with commits made by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", "-C", str(self.folder), *identity, *words], check=True, capture_output=True)

    def commit(self, message: str, **files: str) -> None:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_md", ".md")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "notes")
    made.commit("First", physics_md=FIRST)
    return made


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


@pytest.fixture
def follow(session: Session, repository: Repository) -> Callable[..., str]:
    def add(files: str = sources.DEFAULT_FILES, branch: str = "") -> str:
        name = sources.add(session, url=str(repository.folder), files=files, branch=branch, now=LONG_AGO).name
        session.commit()
        return name

    return add


def _sync(sessions: sessionmaker[Session], name: str = "notes") -> Synced:
    return sources.sync(sessions, name=name, now=clock.now, role="command")


def _questions(sessions: sessionmaker[Session]) -> list[tuple[str, bool]]:
    with sessions() as session:
        rows = session.execute(select(Card.question, Card.archived_at).order_by(Card.id)).all()
    return [(question, archived is None) for question, archived in rows]


def test_a_sync_brings_the_decks_in_and_notes_the_commit(
    sessions: sessionmaker[Session], follow: Callable[..., str]
) -> None:
    synced = _sync(sessions, follow())
    assert synced.changed
    assert _questions(sessions) == [("What is heat?", True), ("What is work?", True)]
    with sessions() as session:
        (row,) = followed(session)
    assert (row.name, row.commit, row.commit_title) == ("notes", synced.commit, "First")
    assert (row.decks, row.cards, row.error, row.failures) == (1, 2, "", 0)
    assert row.outcome["added"] == 2
    assert row.lease_until is None


def test_a_second_sync_finds_nothing_new(sessions: sessionmaker[Session], follow: Callable[..., str]) -> None:
    name = follow()
    _sync(sessions, name)
    assert not _sync(sessions, name).changed
    with sessions() as session:
        noted = session.execute(select(Audit.action, Audit.role, Audit.guid)).all()
    assert [tuple(row) for row in noted] == [("content.sync", "command", name)], (
        "what changed is in the audit log, once"
    )
    with sessions() as session:
        assert len(session.scalars(select(Import)).all()) == 1


def test_what_changed_upstream_comes_in_and_keeps_its_cards(
    sessions: sessionmaker[Session], follow: Callable[..., str], repository: Repository
) -> None:
    name = follow()
    _sync(sessions, name)
    with sessions() as session:
        before = dict(session.execute(select(Card.question, Card.guid)).all())
    repository.commit(
        "Renumber", physics_md=FIRST.replace("1. What is heat", "7. What is heat") + "\n## 3. Power?\n\nWork by time.\n"
    )
    assert _sync(sessions, name).changed
    with sessions() as session:
        after = dict(session.execute(select(Card.question, Card.guid)).all())
    assert {question: after[question] for question in before} == before
    assert "Power?" in after


def test_a_file_that_left_the_repository_is_archived_and_comes_back(
    sessions: sessionmaker[Session], follow: Callable[..., str], repository: Repository
) -> None:
    repository.commit("Second", maths_md="## What is a set?\n\nMany as one.\n\n## What is a map?\n\nOne for each.\n")
    name = follow()
    _sync(sessions, name)
    repository.git("rm", "--quiet", "maths.md")
    repository.commit("Gone")
    _sync(sessions, name)
    assert ("What is a set?", False) in _questions(sessions)
    repository.git("revert", "--no-edit", "HEAD")
    _sync(sessions, name)
    assert ("What is a set?", True) in _questions(sessions)
    assert len(_questions(sessions)) == 4


def test_only_the_named_files_and_branch_are_followed(
    sessions: sessionmaker[Session], follow: Callable[..., str], repository: Repository
) -> None:
    repository.git("checkout", "--quiet", "-b", "drafts")
    repository.commit(
        "Docs", docs__maths_md="## What is a set?\n\nMany as one.\n\n## What is a map?\n\nOne for each.\n"
    )
    repository.git("checkout", "--quiet", "main")
    _sync(sessions, follow(files="docs/*.md", branch="drafts"))
    assert [question for question, _ in _questions(sessions)] == ["What is a set?", "What is a map?"]


def test_a_repository_is_followed_once(session: Session, follow: Callable[..., str], repository: Repository) -> None:
    assert follow() == "notes"
    with pytest.raises(SourceKnown):
        follow()
    session.rollback()
    assert follow(files="other/*.md") == "notes-2"


def test_a_sync_that_fails_says_why_and_changes_nothing(
    sessions: sessionmaker[Session], follow: Callable[..., str], repository: Repository
) -> None:
    name = follow()
    _sync(sessions, name)
    repository.folder.rename(repository.folder.with_name("moved"))
    for _ in range(2):
        with pytest.raises(SyncFailed, match="no repository at this address"):
            _sync(sessions, name)
    with sessions() as session:
        (row,) = followed(session)
    assert (row.failures, row.lease_until) == (2, None)
    assert "no repository" in row.error
    assert row.error_detail
    assert len(_questions(sessions)) == 2
    repository.folder.with_name("moved").rename(repository.folder)
    _sync(sessions, name)
    with sessions() as session:
        assert followed(session)[0].error == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [({"branch": "nowhere"}, "no such branch"), ({"files": "*.csv"}, "No file of the repository is named")],
)
def test_a_branch_or_a_file_that_is_not_there_is_said(
    sessions: sessionmaker[Session], follow: Callable[..., str], values: dict[str, str], said: str
) -> None:
    with pytest.raises(SyncFailed, match=said):
        _sync(sessions, follow(**values))


def test_a_document_that_cannot_be_read_is_named(
    sessions: sessionmaker[Session], follow: Callable[..., str], repository: Repository
) -> None:
    (repository.folder / "latin.md").write_bytes(b"## caf\xe9?\n\nOui.\n")
    repository.commit("Latin")
    with pytest.raises(SyncFailed, match=r"notes/latin\.md:1"):
        _sync(sessions, follow())
    assert not _questions(sessions)


def test_two_syncs_at_once_do_not_meet(
    sessions: sessionmaker[Session], follow: Callable[..., str], session: Session
) -> None:
    name = follow()
    source = session.scalars(select(Source)).one()
    source.lease_until = clock.now() + timedelta(minutes=1)
    session.commit()
    with pytest.raises(SyncRunning):
        _sync(sessions, name)
    source.lease_until = clock.now() - timedelta(seconds=1)
    session.commit()
    assert _sync(sessions, name).changed


def test_what_is_no_longer_followed_stays(
    sessions: sessionmaker[Session], follow: Callable[..., str], session: Session
) -> None:
    name = follow()
    _sync(sessions, name)
    sources.remove(session, name=name)
    session.commit()
    assert len(_questions(sessions)) == 2
    with pytest.raises(NoSuchSource):
        _sync(sessions, name)
    with sessions() as reading:
        assert reading.scalar(select(Deck.archived_at)) is None


def test_other_files_are_read_at_the_next_sync(
    sessions: sessionmaker[Session], follow: Callable[..., str], session: Session, repository: Repository
) -> None:
    repository.commit("Second", maths_md="## What is a set?\n\nMany as one.\n\n## What is a map?\n\nOne for each.\n")
    name = follow(files="physics.md")
    _sync(sessions, name)
    sources.change(session, name=name, files="*.md", branch="")
    session.commit()
    assert _sync(sessions, name).changed
    assert len(_questions(sessions)) == 4


def test_a_source_added_in_the_browser_stays_guarded(session: Session) -> None:
    with pytest.raises(GitError):
        sources.add(session, url="/srv/notes", now=LONG_AGO, guarded=True)
    added = sources.add(session, url="https://git.example.org/notes.git", now=LONG_AGO, guarded=True)
    assert (added.guarded, added.name) == (True, "notes")
