"""Images of decks: kept once by content, shown where a card names them, and to whoever may read the deck."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.db.models import Card, Deck, DeckMedia, Media
from app.db.session import make_engine, session_factory
from app.library import media, sources
from app.library.editing import create_card, edit_card, move_card
from app.library.files import MAX_IMAGE_BYTES, Batch, SourceFile, gather, resolved
from app.library.media import picture
from app.library.rerendering import rerender_outdated
from app.library.texts import of_stored
from tests.builders import make_card, make_deck, make_user
from tests.integration.library.shelf import LATER, NOW, bring_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
OTHER = PNG + b"\1"
TEXT = "## What is a tree?\n\nThis: ![A tree](img/tree.png)\n\n## What is a leaf?\n\nAn end.\n"


def with_images(text: str, images: Mapping[str, bytes], name: str = "trees.md") -> Batch:
    """A file and the images beside it."""
    return Batch((SourceFile(name, name, text.encode(), beside=images.get),), shown=name)


def shown(session: Session) -> str:
    """The first card's answer as learners see it."""
    session.rollback()
    return session.scalars(select(Card.answer_html).order_by(Card.id)).first() or ""


def address(data: bytes) -> str:
    """Where the portal has an image."""
    found = picture(data)
    assert found is not None
    return f'<img src="{found.url}"'


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 9, "image/jpeg"),
        (b"GIF89a" + b"\0" * 9, "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"", None),
        (PNG + b"\0" * MAX_IMAGE_BYTES, None),
    ],
)
def test_images_are_told_by_their_bytes(data: bytes, mime: str | None) -> None:
    found = picture(data)
    assert (found.mime if found is not None else None) == mime


@pytest.mark.parametrize(
    ("document", "path", "name"),
    [
        ("a.md", "img/b.png", "img/b.png"),
        ("q/a.md", "../img/b.png", "img/b.png"),
        ("q/a.md", "./b.png", "q/b.png"),
        ("q/a.md", "/img/b.png", "img/b.png"),
        ("a.md", "../b.png", None),
        ("q/a.md", "../../b.png", None),
        ("a.md", "/../b.png", None),
        ("a.md", "//etc/b.png", "etc/b.png"),
        ("a.md", "..\\b.png", None),
        ("a.md", "b\0.png", None),
        ("a.md", "", None),
        ("a.md", ".", None),
    ],
)
def test_a_path_never_leads_out_of_its_folder(document: str, path: str, name: str | None) -> None:
    assert resolved(document, path) == name


def test_an_imported_image_is_shown_from_the_portal(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}))
    assert address(PNG) in shown(session)
    kept = session.scalars(select(Media)).one()
    assert (kept.mime, kept.size, kept.content) == ("image/png", len(PNG), PNG)
    assert session.scalars(select(DeckMedia.path)).all() == ["img/tree.png"]


def test_the_same_image_is_kept_once(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}))
    text = TEXT.replace("img/tree.png", "x.png").replace("tree", "bush")
    bring_in(session, with_images(text, {"x.png": PNG}, "bushes.md"))
    assert session.scalar(select(func.count()).select_from(Media)) == 1
    assert session.scalar(select(func.count()).select_from(DeckMedia)) == 2


def test_an_image_that_is_not_there_leaves_its_words(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": b"<svg onload=alert(1)>"}))
    assert "<em>[A tree]</em>" in shown(session)
    assert session.scalar(select(func.count()).select_from(Media)) == 0


def test_an_image_that_comes_or_changes_later_is_brought_in_though_no_text_changed(session: Session) -> None:
    bring_in(session, with_images(TEXT, {}))
    versions = session.scalars(select(Card.version)).all()
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}), now=LATER)
    assert address(PNG) in shown(session)
    bring_in(session, with_images(TEXT, {"img/tree.png": OTHER}), now=LATER)
    assert address(OTHER) in shown(session)
    assert session.scalars(select(Card.version)).all() == versions


def test_a_folder_on_this_machine_brings_its_images_but_none_from_elsewhere(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "img").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(OTHER)
    (folder / "img" / "tree.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "trees.md").write_text(TEXT + "\n## What else?\n\n![a](link.png) ![b](../secret.png) ![c](img)\n")
    bring_in(session, *gather([folder]))
    assert address(PNG) in shown(session)
    assert session.scalars(select(Media.size)).all() == [len(PNG)]
    assert session.scalars(select(Card.answer_html).order_by(Card.id.desc())).first() == (
        "<p><em>[a]</em> <em>[b]</em> <em>[c]</em></p>"
    )


def test_every_place_that_names_an_image_is_looked_at_in_a_new_deck(session: Session) -> None:
    choice = "## Which?\n\n- [x] ![a](a.png)\n- [ ] <img src='b.png' alt='b'>\n\n## ![c](c.png) is what?\n\nIt.\n"
    bring_in(session, with_images(TEXT + choice, {name: PNG + name.encode() for name in ("a.png", "b.png", "c.png")}))
    assert set(session.scalars(select(DeckMedia.path))) == {"a.png", "b.png", "c.png"}


def test_a_card_that_moves_to_a_new_deck_has_its_image_there(session: Session) -> None:
    images = {"img/tree.png": PNG}.get
    trees, leaves = TEXT.split("\n## What is a leaf?")
    leaves = f"## What is a leaf?{leaves}"

    def folder(files: Mapping[str, str]) -> Batch:
        found = tuple(SourceFile(name, name, text.encode(), beside=images) for name, text in files.items())
        return Batch(found, folder="wood", shown="wood")

    bring_in(session, folder({"wood.md": TEXT}))
    bring_in(session, folder({"wood.md": leaves, "trees.md": trees}), now=LATER)
    card = session.scalars(select(Card).where(Card.question == "What is a tree?")).one()
    assert address(PNG) in card.answer_html
    decks = select(Deck.slug).join(DeckMedia, DeckMedia.deck_id == Deck.id)
    assert set(session.scalars(decks)) == {"wood", "trees"}


def test_a_card_edited_here_keeps_its_images(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}))
    editor = make_user(session, role="editor")
    card = session.scalars(select(Card).order_by(Card.id)).first()
    assert card is not None
    text = of_stored(card)
    text = type(text)(text.question, "Again: ![A tree](img/tree.png)", text.section, text.tags)
    edit_card(session, guid=card.guid, version=card.version, text=text, author_id=editor.id, now=LATER)
    session.commit()
    assert shown(session).startswith("<p>Again: ")
    assert address(PNG) in shown(session)


def test_a_card_made_here_shows_its_deck_s_images_and_takes_them_along(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}))
    editor = make_user(session, role="editor")
    other = make_deck(session, slug="other")
    first = session.scalars(select(Card).order_by(Card.id)).first()
    assert first is not None
    text = type(of_stored(first))("Which tree?", "![A tree](img/tree.png)")
    made = create_card(session, slug="trees", text=text, author_id=editor.id, now=LATER)
    session.commit()
    move_card(session, guid=made.guid, slug="other", number=1, author_id=editor.id, now=LATER)
    session.commit()
    moved = session.scalars(select(Card).where(Card.guid == made.guid)).one()
    assert moved.deck_id == other.id
    assert address(PNG) in moved.answer_html
    assert media.of_deck(session, other.id).keys() == {"img/tree.png"}


def test_rendering_anew_keeps_images(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}))
    for card in session.scalars(select(Card)):
        card.renderer, card.answer_html = 0, ""
    session.commit()
    assert rerender_outdated(session) == 2
    session.commit()
    assert address(PNG) in shown(session)


def test_a_deck_without_images_is_left_alone(session: Session) -> None:
    deck = make_deck(session, slug="plain")
    make_card(session, deck, answer="No image! [link](x.png)")
    session.commit()
    assert not media.bring(session, slug="plain", beside={"x.png": PNG}.get, now=NOW)


def test_images_go_with_the_last_deck_that_shows_them(session: Session) -> None:
    bring_in(session, with_images(TEXT, {"img/tree.png": PNG}))
    assert media.forget_unused(session) == 0
    deck = session.scalars(select(Deck)).one()
    for row in session.scalars(select(DeckMedia).where(DeckMedia.deck_id == deck.id)).all():
        session.delete(row)
    session.commit()
    assert media.forget_unused(session) == 1
    assert session.scalar(select(func.count()).select_from(Media)) == 0


@pytest.fixture
def unused(postgresql_url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions on a server whose one image no deck shows any more."""
    engine = make_engine(postgresql_url)
    sessions = session_factory(engine)
    with sessions() as session:
        deck = make_deck(session, slug="trees")
        media.store_for_deck(session, deck_id=deck.id, files={"old.png": PNG}, now=NOW)
        session.execute(delete(DeckMedia))
        session.commit()
    yield sessions
    engine.dispose()


def bring_again(session: Session) -> None:
    """Have the one deck show the image again."""
    deck_id = session.scalars(select(Deck.id)).one()
    media.store_for_deck(session, deck_id=deck_id, files={"new.png": PNG}, now=NOW)


def test_an_image_that_is_brought_again_is_not_taken_by_housekeeping(unused: sessionmaker[Session]) -> None:
    with unused() as bringing, unused() as keeping:
        bring_again(bringing)
        assert media.forget_unused(keeping) == 0
        keeping.commit()
        bringing.commit()
        assert list(media.of_deck(bringing, 1)) == ["new.png"]


def test_an_image_that_housekeeping_takes_meanwhile_is_brought_anew(unused: sessionmaker[Session]) -> None:
    with unused() as bringing, unused() as keeping, ThreadPoolExecutor(1) as beside:
        assert media.forget_unused(keeping) == 1
        brought = beside.submit(bring_again, bringing)
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with unused() as watching:
            while not brought.done() and not watching.scalar(waiting):
                watching.rollback()
        keeping.commit()
        brought.result(10)
        bringing.commit()
        assert list(media.of_deck(bringing, 1)) == ["new.png"]


def test_a_followed_repository_brings_its_images(session: Session, engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "img").mkdir(parents=True)
    (folder / "trees.md").write_text(TEXT)
    (folder / "img" / "tree.png").write_bytes(PNG)
    (folder / "img" / "unnamed.png").write_bytes(OTHER)
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "First"]):
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)
    name = sources.add(session, url=str(folder), now=NOW).name
    session.commit()
    sources.sync(session_factory(engine), name=name, now=lambda: LATER, role="command")
    assert address(PNG) in shown(session)
    assert session.scalars(select(Media.size)).all() == [len(PNG)]
