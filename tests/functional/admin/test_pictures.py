"""Images put into a card, with scripts and without, and what an editor is told while typing."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from app.db.models import Card
from tests.builders import make_card, make_deck
from tests.functional.admin.conftest import post


@pytest.fixture
def card(session: Session) -> Card:
    made = make_card(session, make_deck(session, slug="ai"), question="What is a GAN?", answer="Two networks.")
    session.commit()
    return made


def image() -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    return BytesIO(out.getvalue())


def filled(**values: object) -> dict[str, object]:
    return {"question": "What is a GAN?", "answer": "Two *networks*.", **values}


def test_without_scripts_the_form_comes_back_with_the_image_in_the_answer(
    editor: FlaskClient, session: Session, card: Card
) -> None:
    path = f"/edit/cards/{card.guid}"
    page = post(editor, f"{path}/image", filled(image=(image(), "Two nets.png"), alt="Two [nets]"), form=path)
    assert page.status_code == 200
    assert "Two *networks*.\n\n![Two \\[nets\\]](images/two-nets.png)</textarea>" in page.text
    assert "data-unsaved" in page.text
    assert '<img src="/media/' in page.text
    session.expire_all()
    assert session.get_one(Card, card.id).version == 1


def test_a_script_is_given_the_markdown_and_learners_see_it_once_saved(
    editor: FlaskClient, learner: FlaskClient, card: Card
) -> None:
    path = f"/edit/cards/{card.guid}"
    values = {"image": (image(), "net.png"), "alt": "A net"}
    said = post(editor, f"{path}/image", values, form=path, headers={"X-Fragment": "image"})
    assert (said.status_code, said.text) == (200, "![A net](images/net.png)")
    post(editor, path, filled(answer=said.text))
    assert 'alt="A net"' in learner.get("/decks/ai").text


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [("", b"", "Choose an image first."), ("a.png", b"<svg/>", "no image"), ("a.png", b"\xff\xd8\xffxx", "damaged")],
)
def test_what_is_no_image_is_said_and_nothing_typed_is_lost(
    editor: FlaskClient, card: Card, name: str, data: bytes, message: str
) -> None:
    for path, form in (
        (f"/edit/cards/{card.guid}/image", f"/edit/cards/{card.guid}"),
        ("/edit/decks/ai/cards/image", "/edit/decks/ai/cards/new"),
    ):
        page = post(editor, path, filled(image=(BytesIO(data), name)), form=form)
        assert page.status_code == 422
        assert message in page.text
        assert "Two *networks*.</textarea>" in page.text


def test_warnings_come_with_the_preview(editor: FlaskClient, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"

    def told(answer: str) -> str:
        values = filled(answer=answer)
        return post(editor, f"{path}/preview", values, form=path, headers={"X-Fragment": "preview"}).text

    assert "without words" in told("![](https://example.org/a.png)")
    assert "the deck does not have" in told("![A](a.png)")
    assert "leads nowhere" in told("[A](#a)")
    assert "not there" in told(f"[A](http://localhost/decks/ai?card={card.guid[:-1]}#q-x)")
    assert "looks like another question" in told("Yes.\n\n## And now?")
    assert "data-remark" not in told(
        f"[A](http://localhost/decks/ai?card={card.guid}#q-x) ![A](https://e.org/a.png)\n\n#### B"
    )
