"""What readers see of decks and cards."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.content.document import Option
from app.db.models import Collection
from app.library import queries
from app.web.sessions import Viewer
from tests.builders import make_card, make_deck
from tests.integration.study.people import make_learner

THEN = datetime(2026, 3, 1, tzinfo=UTC)


def _slugs(session: Session, viewer: Viewer | None) -> list[str]:
    return [deck.slug for deck in queries.readable_decks(session, viewer)]


def test_a_deck_is_there_only_for_those_who_may_read_it(session: Session) -> None:
    for visibility in ("public", "members", "group"):
        make_deck(session, slug=visibility, visibility=visibility)
    make_deck(session, slug="old", archived_at=THEN)
    learner = make_learner(session)
    editor = replace(learner, rank=2)
    assert _slugs(session, None) == ["public"]
    assert _slugs(session, learner) == ["members", "public"]
    assert _slugs(session, editor) == ["group", "members", "public"]
    for slug, may_read in (
        ("public", (True, True, True)),
        ("members", (False, True, True)),
        ("group", (False, False, True)),
        ("old", (False, False, True)),
        ("nowhere", (False, False, False)),
        ("no\0where", (False, False, False)),
    ):
        found = tuple(queries.deck_by_slug(session, slug, viewer) is not None for viewer in (None, learner, editor))
        assert found == may_read, slug


def test_a_deck_counts_what_can_be_read_and_names_its_collection(session: Session) -> None:
    notes = Collection(slug="notes", title="Notes", created_at=THEN)
    session.add(notes)
    session.flush()
    deck = make_deck(session, slug="python", collection_id=notes.id)
    make_card(session, deck, question="Ready?")
    make_card(session, deck, question="Draft?", answer="")
    make_card(session, deck, question="Gone?", archived_at=THEN, archived_reason="editor")
    alone = make_deck(session, slug="alone")
    row, empty = queries.deck_by_id(session, deck.id), queries.deck_by_id(session, alone.id)
    assert (row.questions, row.drafts, row.ready, row.collection) == (2, 1, 1, "Notes")
    assert (empty.questions, empty.drafts, empty.ready, empty.collection) == (0, 0, 0, None)


def test_a_deck_reads_in_its_order_without_what_is_archived(session: Session) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="One?", section=("A",), tags=("x",))
    make_card(session, deck, question="Gone?", archived_at=THEN, archived_reason="source")
    make_card(session, deck, question="Three?", answer="")
    lines = queries.deck_lines(session, deck.id)
    assert [(line.number, line.question_text, line.section, line.tags, line.draft) for line in lines] == [
        (1, "One?", ("A",), ("x",), False),
        (3, "Three?", (), (), True),
    ]


def test_search_finds_every_word_in_question_answer_options_and_tags(session: Session) -> None:
    deck = make_deck(session)
    asked = make_card(session, deck, question="What is *latent* space?", answer="A place.")
    answered = make_card(session, deck, question="What is a VAE?", answer="It has a LATENT\nspace.")
    tagged = make_card(session, deck, question="Which?", answer="That.", tags=("latent",))
    chosen = make_card(session, deck, question="Which one?", answer="", options=(Option("A", "100% latent_x", True),))
    make_card(session, deck, question="Other?", answer="latency")
    make_card(session, make_deck(session), question="A latent space elsewhere?")
    found = queries.mentioning(session, deck.id, "Latent")
    assert found == {asked.id, answered.id, tagged.id, chosen.id}
    assert queries.mentioning(session, deck.id, "space latent") == {asked.id, answered.id}
    assert queries.mentioning(session, deck.id, "100%") == {chosen.id}, "a sign of LIKE is an ordinary letter"
    assert queries.mentioning(session, deck.id, "latent_x") == {chosen.id}
    assert queries.mentioning(session, deck.id, "latent\0space") == {asked.id, answered.id}


def test_a_visitor_tries_the_first_plain_card_with_an_answer(session: Session) -> None:
    deck = make_deck(session)
    make_card(session, deck, question="Draft?", answer="")
    make_card(session, deck, question="Choice?", options=(Option("A", "Yes", True),))
    make_card(session, deck, question="Plain?", answer="Yes.")
    card = queries.first_card(session, deck.id)
    assert card is not None
    assert card.question_text == "Plain?"
    assert queries.first_card(session, make_deck(session).id) is None


def test_a_card_is_shown_only_where_its_deck_may_be_read(session: Session) -> None:
    members = make_deck(session, visibility="members")
    card = make_card(session, members)
    gone = make_card(session, members, archived_at=THEN, archived_reason="editor")
    learner = make_learner(session)
    assert queries.card_by_guid(session, card.guid, None) is None
    shown = queries.card_by_guid(session, card.guid, learner)
    assert shown is not None
    assert (shown[0].guid, shown[1].id) == (card.guid, members.id)
    assert queries.card_by_guid(session, gone.guid, learner) is None
    assert queries.card_by_guid(session, gone.guid, replace(learner, rank=2)) is not None
    assert queries.card_by_guid(session, "nothing", learner) is None
