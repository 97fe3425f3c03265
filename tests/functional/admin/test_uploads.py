"""Importing in the browser, as an editor without scripts does it: upload or paste, look, choose, import."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Card, Deck, DeckMedia, Job, Media, Upload
from app.library import upload_jobs, uploads
from app.web import jobs
from tests.builders import make_card, make_deck
from tests.functional.admin.conftest import hidden, post
from tests.unit.library.test_archives import zipped

TEXT = (
    "# Trees\n\n## 1. What is a tree?\n\nA graph without cycles.\n\n## 2. What is a leaf?\n\nA node without children.\n"
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30


def upload(client: FlaskClient, data: bytes, name: str = "trees.md", **values: Any) -> TestResponse:
    """Send a file as the form does."""
    form = {"csrf_token": hidden(client.get("/edit/import").text, "csrf_token"), "file": (BytesIO(data), name)}
    return client.post("/edit/import", data=form | values, content_type="multipart/form-data")


def previewed(client: FlaskClient, data: bytes, name: str = "trees.md") -> tuple[str, str]:
    """The address of an upload's preview, and the page."""
    answer = upload(client, data, name)
    assert answer.status_code == 303, answer.text
    return answer.location, client.get(answer.location).text


def bring_in(client: FlaskClient, address: str, **values: str) -> TestResponse:
    """Press Import on the preview, with what it offers unless given."""
    page = client.get(address).text
    kept = {name: hidden(page, name) for name in ("dialect", "seen_deck", "expected")}
    chosen = {"deck": kept["seen_deck"], **values}
    return post(client, address.partition("?")[0], kept | chosen, form=address, follow_redirects=True)


def counted(session: Session, model: Any) -> int:
    """Rows there are now."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def every(session: Session, what: Any) -> Any:
    """What a statement finds now."""
    session.rollback()
    return session.scalars(what).all()


def test_a_file_is_seen_before_it_is_stored(editor: FlaskClient, session: Session) -> None:
    address, page = previewed(editor, TEXT.encode())
    assert "2 questions found." in page
    assert "All have answers;" in page
    assert "<p>A graph without cycles.</p>" in page
    assert "2 cards will be added." in page
    assert counted(session, Card) == counted(session, Deck) == 0
    result = bring_in(editor, address)
    assert "2 cards are added." in result.text
    deck = every(session, select(Deck))[0]
    assert (deck.slug, deck.title, deck.visibility) == ("trees", "Trees", "public")
    assert f"/edit/decks/{deck.slug}" in result.text
    assert counted(session, Card) == 2


def test_a_new_deck_says_what_its_editor_wants(editor: FlaskClient, session: Session) -> None:
    address, page = previewed(editor, TEXT.encode())
    assert 'value="Trees"' in page
    bring_in(editor, address, title="Graphs", visibility="members", author="Ada", licence="CC BY 4.0", role="admin")
    deck = every(session, select(Deck))[0]
    assert (deck.slug, deck.title, deck.visibility) == ("trees", "Graphs", "members")
    assert (deck.author, deck.licence) == ("Ada", "CC BY 4.0")


def test_importing_again_offers_nothing_to_import(editor: FlaskClient, session: Session) -> None:
    bring_in(editor, previewed(editor, TEXT.encode())[0])
    address, page = previewed(editor, TEXT.encode())
    assert "Nothing would change" in page
    assert 'class="btn primary"' not in page
    assert "Nothing had to change." in bring_in(editor, address).text
    assert counted(session, Card) == 2


def test_pasted_text_is_named_after_its_title(editor: FlaskClient, session: Session) -> None:
    answer = post(editor, "/edit/import", {"text": TEXT.replace("\n", "\r\n")})
    assert answer.status_code == 303
    assert "trees.md" in editor.get(answer.location).text
    bring_in(editor, answer.location)
    assert every(session, select(Deck.slug)) == ["trees"]
    assert every(session, select(Card.answer)) == ["A graph without cycles.", "A node without children."]


def test_warnings_stand_beside_their_cards(editor: FlaskClient) -> None:
    _, page = previewed(editor, (TEXT + "\n## 3. What is a forest?\n\nTODO\n").encode())
    assert "1 has no answer yet;" in page
    assert "1 wants a look." in page
    looked = page[page.index('class="beside"') :]
    card, _, warning = looked.partition('<div class="stack">')
    assert "What is a forest?" in card
    assert "trees.md:11" in warning
    assert "Remedy:" in warning
    assert "The other 2" in page


def test_the_reading_can_be_changed(editor: FlaskClient, session: Session) -> None:
    text = "# T\n\n" + "".join(f"## {n}. What is {n}?\n\n**Why is {n}?**\n\nIt is {n}.\n\n" for n in range(1, 7))
    address, page = previewed(editor, text.encode())
    rivals = re.findall(r'name="dialect" value="(\w+)"( checked)?', page)
    assert len(rivals) > 1
    other = next(name for name, checked in rivals if not checked)
    again = editor.get(address, query_string={"dialect": other}).text
    assert f'name="dialect" value="{other}" checked' in again
    assert hidden(again, "dialect") == other
    bring_in(editor, f"{address}?dialect={other}")
    assert every(session, select(Deck))[0] is not None


def test_an_unknown_reading_is_no_error_page(editor: FlaskClient) -> None:
    address, _ = previewed(editor, TEXT.encode())
    answer = editor.get(address, query_string={"dialect": "nonsense"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "There is no dialect" in answer.text


def test_another_deck_is_compared_before_anything_goes_there(editor: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="graphs", title="Graphs")
    make_card(session, deck, question="What is a tree?", answer="Old.")
    session.commit()
    address, _ = previewed(editor, TEXT.encode())
    page = bring_in(editor, address, deck="graphs")
    assert "This is what would change in the deck you chose now." in page.text
    assert counted(session, Card) == 1
    assert hidden(page.text, "seen_deck") == "graphs"
    result = bring_in(editor, f"{address}?deck=graphs")
    assert "added" in result.text or "complete" in result.text
    assert counted(session, Deck) == 1
    assert counted(session, Card) >= 2


def test_a_new_deck_can_be_asked_for_where_its_name_is_taken(editor: FlaskClient, session: Session) -> None:
    bring_in(editor, previewed(editor, TEXT.encode())[0])
    address, _ = previewed(editor, TEXT.replace("leaf", "root").encode())
    bring_in(editor, f"{address}?deck=%2B")
    assert every(session, select(Deck.slug).order_by(Deck.id)) == ["trees", "trees-2"]


def test_a_plan_that_is_stale_is_shown_anew(editor: FlaskClient, session: Session) -> None:
    address, page = previewed(editor, TEXT.encode())
    expected = hidden(page, "expected")
    make_deck(session, slug="trees", title="Trees", cards=1)
    session.commit()
    answer = bring_in(editor, address, expected=expected)
    assert "The decks have changed since you looked." in answer.text
    assert counted(session, Card) == 1


def test_a_folder_becomes_a_collection_with_its_images(editor: FlaskClient, session: Session) -> None:
    text = (
        "# {0}\n\n## What is {0}?\n\nIt is {0}. ![Plot](img/plot.png)\n\n## Why {0}?\n\nBecause. ![Gone](img/no.png)\n"
    )
    data = zipped(
        ("notes/a.md", text.format("A").encode()),
        ("notes/b.md", text.format("B").encode()),
        ("notes/img/plot.png", PNG),
    )
    address, page = previewed(editor, data, "notes.zip")
    assert "4 questions found." in page
    images = re.findall(r'<img src="([^"]+)" alt="Plot"', page)
    assert len(images) == 2
    shown = editor.get(images[0].replace("&amp;", "&"))
    assert (shown.data, shown.mimetype) == (PNG, "image/png")
    assert "[Gone]" in page
    result = bring_in(editor, address)
    assert "4 cards are added." in result.text
    assert every(session, select(Deck.slug).order_by(Deck.slug)) == ["a", "b"]
    assert (counted(session, Media), counted(session, DeckMedia)) == (1, 2)
    kept = every(session, select(Media))[0]
    answer = session.scalars(select(Card.answer_html).order_by(Card.id)).first()
    assert answer is not None
    assert f'src="/media/{kept.sha256}.png"' in answer
    assert editor.get(f"/media/{kept.sha256}.png").data == PNG


def test_an_archive_with_one_document_is_that_document(editor: FlaskClient, session: Session) -> None:
    text = TEXT.replace("A graph", "![Plot](img/plot.png) A graph")
    address, page = previewed(editor, zipped(("n/trees.md", text.encode()), ("n/img/plot.png", PNG)), "x.zip")
    assert 'id="deck"' in page
    bring_in(editor, address)
    deck = every(session, select(Deck))[0]
    assert (deck.slug, deck.collection_id) == ("trees", None)
    assert counted(session, DeckMedia) == 1


def test_another_image_alone_can_be_imported(editor: FlaskClient, session: Session) -> None:
    text = TEXT.replace("A graph", "![Plot](img/plot.png) A graph").encode()
    address, _ = previewed(editor, zipped(("n/trees.md", text), ("n/img/plot.png", PNG)), "x.zip")
    bring_in(editor, address)
    address, page = previewed(editor, zipped(("n/trees.md", text), ("n/img/plot.png", PNG + b"\1")), "x.zip")
    assert "1 image is new." in page
    bring_in(editor, address)
    shown = session.scalars(select(Media.content).join(DeckMedia, DeckMedia.media_id == Media.id)).all()
    assert shown == [PNG + b"\1"]
    _, page = previewed(editor, zipped(("n/trees.md", text), ("n/img/plot.png", PNG + b"\1")), "x.zip")
    assert "Nothing would change" in page


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.md", "The file is empty."),
        (b"# x\n\nno questions, just prose here.\n", "a.md", "No question"),
        ("## Ä?\n\né\n".encode("latin-1"), "a.md", "not valid UTF-8"),
        ("## A?\n\nb\n".encode("utf-16"), "a.md", "UTF-16"),
        (b"## A?\n\nb\0\n", "a.md", "NUL"),
        (b"\x7fELF\x02\x01\x01\0", "a.exe", "no text with questions"),
        (b"PK\x03\x04broken", "a.zip", "no zip archive"),
        (zipped(("../a.md", TEXT.encode())), "a.zip", "leads elsewhere"),
        (zipped(("a.png", PNG)), "a.zip", "holds no Markdown"),
        (zipped(("a.md", b"\0" * 15_000_000)), "a.zip", "far more"),
    ],
    ids=["empty", "prose", "latin", "utf16", "nul", "program", "damaged", "traversal", "images", "bomb"],
)
def test_what_cannot_be_read_is_refused_with_place_and_remedy(
    editor: FlaskClient, session: Session, data: bytes, name: str, said: str
) -> None:
    answer = upload(editor, data, name)
    assert answer.status_code == 422
    assert said in answer.text
    assert re.search(rf"{name}:\d+: ", answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert counted(session, Upload) == counted(session, Card) == 0


def test_a_file_too_large_is_refused(app: Flask, editor: FlaskClient, session: Session) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert upload(editor, b"a" * 1000).status_code == 413
    assert counted(session, Upload) == 0


@pytest.mark.parametrize(
    "values", [{"text": ""}, {"text": "  \n"}, {"text": "a" * 1_000_001}, {}], ids=["empty", "blank", "long", "nothing"]
)
def test_an_incomplete_form_says_what_is_missing(editor: FlaskClient, values: dict[str, str]) -> None:
    answer = post(editor, "/edit/import", values)
    assert answer.status_code == 422
    assert 'class="err"' in answer.text


def test_hostile_content_is_inert_in_the_preview(editor: FlaskClient) -> None:
    text = (
        "# <script>alert(1)</script>\n\n## <img src=x onerror=alert(2)>What?\n\n<svg onload=alert(3)>\n\n"
        "## [x](javascript:alert(4))?\n\nTODO\n"
    )
    answer = post(editor, "/edit/import", {"text": text})
    page = editor.get(answer.location).text
    assert "alert(1)</script>" not in page
    assert not re.search(r"<svg onload|<img[^>]*onerror|href=\"javascript", page)


def test_a_text_can_be_mended_before_it_is_imported(editor: FlaskClient, session: Session) -> None:
    address, page = previewed(editor, TEXT.replace("A node without children.", "TODO").encode())
    mend = re.search(r'href="([^"]+/text)"', page)
    assert mend
    assert "TODO" in editor.get(mend[1]).text
    answer = post(editor, mend[1], {"text": TEXT}, follow_redirects=True)
    assert "All have answers;" in answer.text
    refused = post(editor, mend[1], {"text": "nothing here"})
    assert refused.status_code == 422
    assert "nothing here" in refused.text
    bring_in(editor, address)
    assert every(session, select(Card.draft)) == [False, False]


def test_unfinished_uploads_are_offered_and_can_be_given_up(editor: FlaskClient, session: Session) -> None:
    address, _ = previewed(editor, TEXT.encode())
    assert address in editor.get("/edit/import").text
    post(editor, f"{address}/discard", {}, form=address)
    assert counted(session, Upload) == 0
    assert editor.get(address).status_code == 404


def test_an_upload_is_its_editor_s_alone(editor: FlaskClient, colleague: FlaskClient, learner: FlaskClient) -> None:
    address, _ = previewed(editor, TEXT.encode())
    for path in ("", "/text", "/state", "/image"):
        assert colleague.get(address + path).status_code == 404
        assert learner.get(address + path).status_code == 404
    token = {"csrf_token": hidden(colleague.get("/edit/import").text, "csrf_token")}
    for path in ("", "/stop", "/discard", "/text"):
        assert colleague.post(address + path, data=token).status_code == 404
    assert editor.get(address).status_code == 200


def test_only_so_many_uploads_are_kept(editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UNFINISHED", 3)
    for number in range(5):
        upload(editor, TEXT.encode(), f"t{number}.md")
    session.expire_all()
    assert every(session, select(Upload.filename).order_by(Upload.id)) == ["t2.md", "t3.md", "t4.md"]


def test_a_long_import_is_a_job_that_shows_its_progress(
    app: Flask, editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    address, _ = previewed(editor, TEXT.encode())
    page = bring_in(editor, address)
    assert page.request.path == f"{address}/state"
    assert "Importing trees.md" in page.text
    assert '<meta http-equiv="refresh"' in page.text
    assert "It waits for its turn." in page.text
    assert counted(session, Card) == 0
    assert editor.get(address).location == f"{address}/state"
    bring_in_again = post(editor, address, {"deck": ""}, form=f"{address}/state")
    assert bring_in_again.status_code == 303
    assert counted(session, Job) == 1
    part = editor.get(f"{address}/state", headers={"X-Fragment": "state"}).text
    assert part.lstrip().startswith("<div")
    assert jobs.run_pending(app) == 1
    done = editor.get(f"{address}/state").text
    assert "2 cards are added." in done
    assert "http-equiv" not in done
    assert counted(session, Card) == 2


def test_a_job_that_is_run_twice_imports_once(
    app: Flask, editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    address, _ = previewed(editor, TEXT.encode())
    bring_in(editor, address)
    jobs.run_pending(app)
    job = every(session, select(Job))[0]
    job.state, job.finished_at = "queued", None
    session.commit()
    jobs.run_pending(app)
    assert "2 cards are added." in editor.get(f"{address}/state").text
    assert counted(session, Card) == 2


def test_a_job_that_is_stopped_stores_nothing(
    app: Flask, editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    address, _ = previewed(editor, TEXT.encode())
    bring_in(editor, address)
    stopped = post(editor, f"{address}/stop", {}, form=f"{address}/state", follow_redirects=True)
    assert "You stopped it. Nothing was stored" in stopped.text
    assert jobs.run_pending(app) == 0
    assert counted(session, Card) == 0
    assert "2 cards will be added." in editor.get(address).text
    bring_in(editor, address)
    jobs.run_pending(app)
    assert counted(session, Card) == 2


def test_a_job_stopped_while_it_runs_stores_nothing(
    app: Flask, editor: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SHORT", 1)
    address, _ = previewed(editor, TEXT.encode())
    bring_in(editor, address)
    guid = address.rpartition("/")[2]
    user_id = every(session, select(Upload.user_id))[0]
    read_all = upload_jobs._read_all

    def stop_meanwhile(running: Any, *rest: Any) -> None:
        read_all(running, *rest)
        with running.sessions() as own:
            upload_jobs.stop(own, guid=guid, user_id=user_id)
            own.commit()

    monkeypatch.setattr(upload_jobs, "_read_all", stop_meanwhile)
    jobs.run_pending(app)
    assert counted(session, Card) == 0
    assert "You stopped it." in editor.get(f"{address}/state").text


def test_house_is_kept(editor: FlaskClient, session: Session) -> None:
    previewed(editor, TEXT.encode())
    bring_in(editor, previewed(editor, TEXT.encode(), "other.md")[0])
    imported = every(session, select(Upload.imported_at).where(Upload.imported_at.is_not(None)))[0]

    def left(now: datetime) -> list[str]:
        uploads.keep_house(session, now)
        session.commit()
        return list(every(session, select(Upload.filename).order_by(Upload.id)))

    assert left(imported) == ["trees.md", "other.md"]
    assert left(imported + uploads.KEPT_IMPORTED * 2) == ["trees.md"]
    assert left(imported + uploads.KEPT * 2) == []
