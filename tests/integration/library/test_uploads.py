"""Uploads on both databases: kept, imported once, stopped in time."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import ContentError
from app.db.models import Card, Deck, Job, Media, Upload
from app.library import upload_jobs, uploads
from app.library.uploads import NoSuchUpload
from app.library.wishes import NEW, Wish
from app.web import jobs
from tests.builders import make_user
from tests.integration.library.shelf import LATER, NOW, document
from tests.unit.library.test_archives import zipped

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
TEXT = document("What is a tree?", "What is a leaf?", title="Trees")


def received(session: Session, data: bytes = TEXT.encode(), name: str = "trees.md") -> tuple[int, str]:
    """An editor and their upload."""
    editor = make_user(session, role="editor")
    guid = uploads.receive(session, user_id=editor.id, filename=name, data=data, now=NOW)
    session.commit()
    return editor.id, guid


def cards(session: Session) -> int:
    """How many cards there are now."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(Card)) or 0


def test_an_upload_is_imported_once(session: Session) -> None:
    editor, guid = received(session)
    for now in (NOW, LATER):
        uploads.import_now(session, guid=guid, user_id=editor, wish=Wish(title="Graphs"), now=now)
        session.commit()
    found = uploads.find(session, guid, editor)
    assert found is not None
    assert found.imported_at == NOW
    assert found.summary["result"]["added"] == 2
    assert cards(session) == 2
    assert session.scalars(select(Deck.title)).all() == ["Graphs"]


def test_nobody_else_finds_it(session: Session) -> None:
    _, guid = received(session)
    other = make_user(session, role="editor")
    assert uploads.find(session, guid, other.id) is None
    with pytest.raises(NoSuchUpload):
        uploads.import_now(session, guid=guid, user_id=other.id, wish=Wish(), now=NOW)
    with pytest.raises(NoSuchUpload):
        upload_jobs.enqueue(session, guid=guid, user_id=other.id, wish=Wish())
    uploads.discard(session, guid=guid, user_id=other.id)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Upload)) == 1


def test_an_archive_brings_its_images(session: Session) -> None:
    text = TEXT + "\n## What is shown?\n\n![Plot](img/plot.png)\n"
    editor, guid = received(session, zipped(("n/trees.md", text.encode()), ("n/img/plot.png", PNG)), "n.zip")
    uploads.import_now(session, guid=guid, user_id=editor, wish=Wish(goes_to=NEW), now=NOW)
    session.commit()
    sha256 = session.scalars(select(Media.sha256)).one()
    assert session.scalars(select(Card.answer_html).order_by(Card.id.desc())).first() == (
        f'<p><img src="/media/{sha256}.png" alt="Plot" loading="lazy"></p>'
    )


def test_what_cannot_be_read_is_not_kept(session: Session) -> None:
    with pytest.raises(ContentError, match="leads elsewhere"):
        received(session, zipped(("../trees.md", TEXT.encode())), "n.zip")
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Upload)) == 0


def test_a_job_imports_it_unless_it_was_stopped(app: Flask, session: Session) -> None:
    editor, guid = received(session)
    for _ in range(2):
        upload_jobs.enqueue(session, guid=guid, user_id=editor, wish=Wish())
        session.commit()
    assert session.scalar(select(func.count()).select_from(Job)) == 1
    upload_jobs.stop(session, guid=guid, user_id=editor)
    session.commit()
    assert jobs.run_pending(app) == 0
    assert cards(session) == 0
    upload_jobs.enqueue(session, guid=guid, user_id=editor, wish=Wish())
    session.commit()
    assert jobs.run_pending(app) == 1
    assert cards(session) == 2
    assert not jobs.stop(
        session, job_id=session.scalars(select(Job.id).order_by(Job.id.desc())).first() or 0, reason="Late."
    )


def test_a_job_whose_file_cannot_be_read_any_more_says_so(app: Flask, session: Session) -> None:
    editor, guid = received(session)
    upload_jobs.enqueue(session, guid=guid, user_id=editor, wish=Wish(dialect="csv"))
    session.commit()
    jobs.run_pending(app)
    session.rollback()
    job = session.scalars(select(Job)).one()
    assert (job.state, cards(session)) == ("failed", 0)
    assert job.error.endswith("Nothing was stored.")


def test_a_job_of_a_file_that_was_given_up_stores_nothing(app: Flask, session: Session) -> None:
    editor, guid = received(session)
    upload_jobs.enqueue(session, guid=guid, user_id=editor, wish=Wish())
    uploads.discard(session, guid=guid, user_id=editor)
    session.commit()
    jobs.run_pending(app)
    session.rollback()
    assert session.scalars(select(Job.state)).one() == "failed"
    assert cards(session) == 0
