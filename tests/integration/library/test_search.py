"""Search, the same on both databases: what is found, in which order, by whom, and that the index follows the cards."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from app.content import terms
from app.db import migrate, search_index
from app.db.models import Card, CardRevision
from app.library import edit_queries, finding, search
from app.web.sessions import Viewer
from tests.builders import LONG_AGO, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of


def titles(session: Session, query: str, viewer: Viewer | None = None) -> list[str]:
    """The questions found, best first."""
    found = finding.results(session, viewer, query)
    return ["".join(piece.text for piece in hit.title) for hit in found.hits]


def test_questions_and_tags_come_before_answers_and_short_before_long(session: Session) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="In passing?", answer="Much is said here, " * 20 + "also of gradients.")
    make_card(session, deck, question="What are gradients?", answer="Slopes.")
    make_card(session, deck, question="Shortly?", answer="By gradients.")
    make_card(session, deck, question="Other?", answer="Nothing.")
    assert titles(session, "gradients") == ["What are gradients?", "Shortly?", "In passing?"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("RESUME", {"Résumé of C++?"}),
        ("résumé", {"Résumé of C++?"}),
        ("c++", {"Résumé of C++?"}),
        ("c#", {"What is C#?"}),
        ("grad", {"What is a gradient?"}),
        ("gradi slope", set()),
        ("slope gradi", {"What is a gradient?"}),
        ('"steepest slope"', {"What is a gradient?"}),
        ('"slope steepest"', set()),
        ("node.js", {"Where does it run?"}),
        ("京", {"東京?"}),
        ("東京", {"東京?"}),
        ("maths", {"What is a gradient?"}),
    ],
)
def test_words_prefixes_phrases_accents_and_signs(session: Session, query: str, expected: set[str]) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="What is a gradient?", answer="The steepest slope.", tags=("maths",))
    make_card(session, deck, question="Résumé of C++?", answer="It is long.")
    make_card(session, deck, question="What is C#?", answer="Another one.")
    make_card(session, deck, question="Where does it run?", answer="In Node.js, too.")
    make_card(session, deck, question="東京?", answer="都.")
    assert set(titles(session, query)) == expected


TEXTS = (
    "AND OR NOT NEAR",
    "A cat's \\ 'quoted' \"word\" * ^ : -",
    "search_title:cat | cat & dog <-> !",
    "İstanbul Ångström Ⅷ ﬁn",
    "1e5 0x1f 2.5 v2",
    "हिन्दी and ไทย and 東京",
)
FRAGMENTS = [*"\"'*^:()-+{}&|!<>\\%_;\0 ", "<->", "AND", "NEAR(", "cat", "dog", "or", *" ".join(TEXTS).split()]


@bounded(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(string.printable, max_size=3)), max_size=6))
def test_any_query_finds_what_its_words_say_and_nothing_is_syntax(session: Session, pieces: list[str]) -> None:
    """What the database finds is what the terms alone say, whatever is typed."""
    if session.scalar(select(Card.id).limit(1)) is None:
        deck = make_deck(session)
        for one in TEXTS:
            make_card(session, deck, question="?", answer=f"    {one}")
    query = " ".join(pieces)
    how = search.found(session, query)
    stored = session.execute(select(Card.id, Card.search_text)).all()
    if how is None:
        assert not terms.asked(query)
        return
    expected = {card.id for card in stored if terms.answers(terms.asked(query), card.search_text)}
    assert set(session.scalars(how.narrow(select(Card.id)))) == expected


def test_only_what_the_reader_may_see_is_found(session: Session) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "open": {},
        "inside": {"visibility": "members"},
        "gone": {"archived_at": LONG_AGO},
        "theirs": {"visibility": "private", "owner_id": make_user(session).id},
    }
    archived: dict[str, Any] = {"archived_at": LONG_AGO, "archived_reason": "editor"}
    for slug, values in kinds.items():
        deck = make_deck(session, slug=slug, title=f"Secret {slug}", **values)
        make_card(session, deck, question=f"A secret {slug}?")
        make_card(session, deck, question=f"A secret put away in {slug}?", **archived)
    make_card(session, deck, question="A secret?")
    learner = viewer_of(make_user(session))
    editor = viewer_of(make_user(session, role="editor"), rank=2)
    assert titles(session, "secret") == ["A secret open?"]
    assert sorted(titles(session, "secret", learner)) == ["A secret inside?", "A secret open?"]
    assert sorted(titles(session, "secret", editor)) == ["A secret inside?", "A secret open?"]
    assert finding.results(session, None, "secret").decks == (("open", "Secret open"),)
    assert [near.deck_slug for near in finding.results(session, None, "secrte").near] == ["open"]


def test_what_is_mistyped_gets_the_nearest_questions(session: Session) -> None:
    deck = make_deck(session, title="Learning")
    make_card(session, deck, question="What is a transformer?")
    make_card(session, deck, question="What is a convolution?")
    for mistyped in ("tranformer", "rtansformer"):
        found = finding.results(session, None, mistyped)
        assert (found.hits, found.total) == ((), 0)
        assert [near.question_text for near in found.near] == ["What is a transformer?"]
    assert finding.results(session, None, "xylophone quartz").near == ()
    editor, own = viewer_of(make_user(session, role="editor"), rank=2), viewer_of(make_user(session))
    make_card(session, make_deck(session), question="A transformer elsewhere?")
    (near,) = edit_queries.cards(session, editor, query="tranformer", deck_id=deck.id).near
    assert near.question_text == "What is a transformer?"
    assert edit_queries.cards(session, own, query="tranformer").near == ()


def test_the_excerpt_marks_what_was_found_and_pages_do_not_overlap(session: Session) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="Which?", answer="Before it, **Résumés** <b>count</b>.")
    (hit,) = finding.results(session, None, "resume").hits
    assert [piece.text for piece in hit.excerpt if piece.hit] == ["Résumés"]
    for number in range(45):
        make_card(session, deck, question=f"Many {number}?")
    pages = [finding.results(session, None, "many", page=page) for page in (1, 2, 3)]
    assert [len(found.hits) for found in pages] == [20, 20, 5]
    assert {found.total for found in pages} == {45}
    assert len({hit.guid for found in pages for hit in found.hits}) == 45
    assert finding.results(session, None, "many", page=99).page == 1


def test_editors_find_archived_cards_and_drafts(session: Session) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="Kept words?")
    make_card(session, deck, question="Lost words?", archived_at=LONG_AGO, archived_reason="editor")
    make_card(session, deck, question="Drafted words?", answer="")
    editor = viewer_of(make_user(session, role="editor"), rank=2)
    found = {
        show: edit_queries.cards(session, editor, query="words", show=show) for show in ("all", "drafts", "archived")
    }
    assert {show: {line.question_text for line in one.lines} for show, one in found.items()} == {
        "all": {"Kept words?", "Drafted words?"},
        "drafts": {"Drafted words?"},
        "archived": {"Lost words?"},
    }


def test_the_index_follows_every_way_a_card_is_written(session: Session) -> None:
    """Rows added by the mapper or in bulk, changed, deleted, or rolled back: the database itself keeps the index."""
    deck = make_deck(session)
    card = make_card(session, deck, question="First words?")
    session.execute(update(Card).values(search_title="other", search_text="other things"))
    assert (titles(session, "first"), titles(session, "other")) == ([], ["First words?"])
    with session.begin_nested() as inner:
        session.execute(update(Card).values(search_text="third"))
        inner.rollback()
    assert titles(session, "third") == []
    session.execute(delete(CardRevision))
    session.execute(delete(Card).where(Card.id == card.id))
    assert titles(session, "other") == []
    assert search_index.differences(session.connection()) == 0


def test_an_upgrade_makes_the_index_that_is_missing_or_lost_its_triggers(engine: Engine, session: Session) -> None:
    make_card(session, make_deck(session), question="Here before?")
    session.commit()
    with engine.begin() as connection:
        of_card = "" if engine.dialect.name == "sqlite" else " ON card"
        connection.execute(text(f"DROP TRIGGER card_search_update{of_card}"))
        connection.execute(text("UPDATE card SET search_text = 'silently changed'"))
        assert search_index.differences(connection) != 0
    migrate.upgrade(engine)
    with engine.begin() as connection:
        assert search_index.differences(connection) == 0
        assert not search_index.ensure(connection), "what is there is left alone"
    assert titles(session, "silently") == ["Here before?"]
