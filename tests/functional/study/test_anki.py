"""The page about Anki, and the command."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import choose, make_deck, make_user, sign_in
from tests.functional.cli.conftest import Run, reprise

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
