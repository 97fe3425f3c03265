"""Making, changing and archiving decks by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Deck, User
from app.library import deck_editing, edit_queries, history
from app.library.deck_editing import DeckFields
from app.library.editing import Conflict, NotThere
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of

NOW = LONG_AGO + timedelta(days=30)
FIELDS = DeckFields("Systèmes distribués", "About them.", "members", "https://example.org/x", "Ada", "CC BY 4.0")


@pytest.fixture
def editor(session: Session) -> User:
    return make_user(session, role="editor")


def of(session: Session, slug: str) -> Deck:
    return session.scalars(select(Deck).where(Deck.slug == slug)).one()


def test_a_deck_is_made_of_nothing_with_an_address_of_its_own(session: Session, editor: User) -> None:
    slugs = [deck_editing.create_deck(session, fields=FIELDS, author_id=editor.id, now=NOW).slug for _ in range(3)]
    assert slugs == ["systèmes-distribués", "systèmes-distribués-2", "systèmes-distribués-3"]
    deck = of(session, slugs[0])
    assert (deck.version, deck.owner_id, deck.visibility, deck.collection_id) == (1, editor.id, "members", None)
    assert history.deck_history(session, deck.id, editor.id).total == 1


@pytest.mark.parametrize(("title", "slug"), [("New", "new-deck"), ("???", "deck"), ("x" * 200, "x" * 100)])
def test_an_address_never_collides_with_the_portals_own(session: Session, editor: User, title: str, slug: str) -> None:
    made = deck_editing.create_deck(session, fields=DeckFields(title), author_id=editor.id, now=NOW)
    assert made.slug == slug


def test_a_new_title_keeps_the_address(session: Session, editor: User) -> None:
    deck_editing.create_deck(session, fields=DeckFields("Old"), author_id=editor.id, now=NOW)
    saved = deck_editing.edit_deck(
        session, slug="old", version=1, fields=FIELDS, author_id=editor.id, now=NOW, note="Better"
    )
    assert (saved.slug, saved.version, of(session, "old").title) == ("old", 2, FIELDS.title)
    newest = history.deck_history(session, of(session, "old").id, editor.id).versions[0]
    assert {change.field for change in newest.changes} == {
        "title",
        "description",
        "visibility",
        "source_url",
        "author",
        "licence",
    }


def test_a_save_on_an_older_version_is_refused(session: Session, editor: User) -> None:
    deck_editing.create_deck(session, fields=DeckFields("Old"), author_id=editor.id, now=NOW)
    values = {"slug": "old", "version": 1, "author_id": editor.id, "now": NOW}
    deck_editing.edit_deck(session, fields=DeckFields("Theirs"), **values)  # type: ignore[arg-type]

    assert not deck_editing.edit_deck(session, fields=DeckFields("Theirs"), **values).changed  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        deck_editing.edit_deck(session, fields=DeckFields("Ours"), **values)  # type: ignore[arg-type]


def test_an_older_version_comes_back(session: Session, editor: User) -> None:
    deck_editing.create_deck(session, fields=FIELDS, author_id=editor.id, now=NOW)
    slug = "systèmes-distribués"
    other = replace(FIELDS, title="Other", visibility="public")
    deck_editing.edit_deck(session, slug=slug, version=1, fields=other, author_id=editor.id, now=NOW)

    saved = deck_editing.revert_deck(session, slug=slug, version=2, number=1, author_id=editor.id, now=NOW)

    assert saved.version == 3
    assert deck_editing.fields_of(of(session, slug)) == FIELDS
    with pytest.raises(NotThere):
        deck_editing.revert_deck(session, slug=slug, version=3, number=7, author_id=editor.id, now=NOW)


def test_archiving_a_deck_can_be_undone_and_both_are_versions(session: Session, editor: User) -> None:
    make_deck(session, cards=1, slug="some")
    session.commit()
    deck_editing.archive_deck(session, slug="some", author_id=editor.id, now=NOW, note="Outdated")
    assert of(session, "some").archived_at == NOW
    assert not deck_editing.archive_deck(session, slug="some", author_id=editor.id, now=NOW).changed
    deck_editing.restore_deck(session, slug="some", author_id=editor.id, now=NOW)
    restored = of(session, "some")
    assert (restored.archived_at, restored.version) == (None, 3)
    assert not deck_editing.restore_deck(session, slug="some", author_id=editor.id, now=NOW).changed


def test_there_is_no_such_deck(session: Session, editor: User) -> None:
    for slug in ("nothing", "a\0b"):
        with pytest.raises(NotThere):
            deck_editing.archive_deck(session, slug=slug, author_id=editor.id, now=NOW)


def test_the_list_counts_cards_and_learners_and_has_archived_decks_last(session: Session, editor: User) -> None:
    gone = make_deck(session, cards=1, title="A gone one", archived_at=NOW)
    deck = make_deck(session, cards=2, title="B")
    make_card(session, deck, answer="")
    make_card(session, deck, archived_at=NOW, archived_reason="source")
    choose(session, editor, deck)
    empty = make_deck(session, title="C")
    session.commit()

    lines = edit_queries.decks(session, viewer_of(editor, rank=2))

    assert [line.slug for line in lines] == [deck.slug, empty.slug, gone.slug]
    assert [(one.questions, one.drafts, one.archived, one.learners) for one in lines] == [
        (3, 1, 1, 1),
        (0, 0, 0, 0),
        (1, 0, 0, 0),
    ]
