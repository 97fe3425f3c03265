"""A deck as a download."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Document
from app.library import exporting, media
from app.library.exporting import Exported
from tests.builders import LONG_AGO, make_card, make_deck
from tests.integration.library.shelf import HASH, LIST, bring_in, document, edit, guids, single

AWKWARD = document(LIST, HASH).replace("\n", "\r\n") + "\r\n[Back to top](#python)  \r\n"


def test_what_nobody_touched_comes_back_byte_for_byte(editor: FlaskClient, session: Session) -> None:
    bring_in(session, AWKWARD)
    page = editor.get("/edit/decks/python").text
    assert 'href="/edit/decks/python/export"' in page
    answer = editor.get("/edit/decks/python/export")
    assert answer.status_code == 200
    assert answer.data == AWKWARD.encode()
    assert answer.mimetype == "text/markdown"
    assert answer.headers["Content-Disposition"] == "attachment; filename=python.md"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_edit_is_in_it_and_ids_when_asked_for(editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST, HASH))
    named = guids(session)
    edit(session, named[LIST], answer="Edited here.")
    plain = editor.get("/edit/decks/python/export").text
    assert "Edited here." in plain
    assert "<!-- id:" not in plain
    details = editor.get("/edit/decks/python/details").text
    assert 'href="/edit/decks/python/export?ids=1"' in details
    with_ids = editor.get("/edit/decks/python/export?ids=1").text
    assert re.findall(r"<!-- id: (\w+) -->", with_ids) == [named[LIST], named[HASH]]
    assert not any(deck.added for deck in bring_in(session, plain).decks)


def test_images_come_along(editor: FlaskClient, session: Session) -> None:
    red, blue = _png("red"), _png("blue")
    for slug, image in (("pictured", red), ("painted", blue)):
        deck = make_deck(session, slug=slug, title=slug.title())
        media.store_for_deck(
            session, deck_id=deck.id, files={"images/a net.png": image, "images/b.png": red}, now=LONG_AGO
        )
        make_card(session, deck, question="A net?", answer=f"{slug} ![A net](images/a%20net.png)")
    session.commit()

    with editor.get("/edit/decks/pictured/export") as answer:
        assert answer.mimetype == "application/zip"
        assert answer.headers["Content-Disposition"] == "attachment; filename=pictured.zip"
        archive = ZipFile(BytesIO(answer.data))
        assert {name: archive.read(name) for name in archive.namelist() if name != "pictured.md"} == {
            "images/a net.png": red
        }
        assert "![A net](images/a%20net.png)" in archive.read("pictured.md").decode()
    with editor.get("/edit/bulk?what=export&all=1") as both:
        archive = ZipFile(BytesIO(both.data))
        text = archive.read("questions.md").decode()
        shown = {deck: path.replace("%20", " ") for deck, path in re.findall(r"(\w+) !\[A net\]\((.*?)\)", text)}
        assert {deck: archive.read(path) for deck, path in shown.items()} == {"pictured": red, "painted": blue}


def _png(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4), colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("naïve “notes”.md", "filename*=UTF-8''na%C3%AFve%20%E2%80%9Cnotes%E2%80%9D.md"),
        ('a"b;c.md', 'filename="a\\"b;c.md"'),
        ("line\r\nSet-Cookie: x=y.md", 'filename="lineSet-Cookie: x=y.md"'),
    ],
)
def test_a_name_is_written_as_browsers_read_it(editor: FlaskClient, session: Session, name: str, expected: str) -> None:
    bring_in(session, single(document(LIST), slug="python"))
    session.scalars(select(Document)).one().filename = name
    session.commit()
    answer = editor.get("/edit/decks/python/export")
    assert expected in answer.headers["Content-Disposition"]
    assert "Set-Cookie" not in answer.headers


def test_a_deck_that_was_made_here_is_a_document_too(editor: FlaskClient, session: Session) -> None:
    make_deck(session, slug="own", title="Own", cards=2)
    session.commit()
    answer = editor.get("/edit/decks/own/export")
    assert "filename=own.md" in answer.headers["Content-Disposition"]
    assert "Question 1?" in answer.text


def test_what_its_form_cannot_take_is_said_first(
    editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(session, document(LIST))
    exported = Exported("python.md", b"# all there is\n", ("What <b>cannot</b> be written?",))
    monkeypatch.setattr(exporting, "export_deck", lambda *_args, **_values: exported)
    page = editor.get("/edit/decks/python/export?ids=1").text
    assert "1 card cannot be written as it is." in page
    assert "What &lt;b&gt;cannot&lt;/b&gt; be written?" in page
    assert "ids=1&amp;anyway=1" in page
    assert editor.get("/edit/decks/python/export?ids=1&anyway=1").data == exported.data


def test_only_editors_export(learner: FlaskClient, editor: FlaskClient, session: Session) -> None:
    bring_in(session, document(LIST))
    assert learner.get("/edit/decks/python/export").status_code == 404
    assert editor.get("/edit/decks/nothing/export").status_code == 404
    assert editor.get("/edit/decks/%00/export").status_code == 404
