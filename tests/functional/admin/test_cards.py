"""The editor of one card, as an editor without scripts uses it."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.document import CardText, Option
from app.db.models import Card, CardRevision, CardState, Deck, Event, User
from app.library.forms import MAX_ANSWER, MAX_QUESTION
from app.library.texts import put_base
from app.scheduling.state import Grade
from app.study import service as study
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user
from tests.functional.admin.conftest import hidden, post
from tests.integration.study.people import viewer_of


@pytest.fixture
def card(session: Session) -> Card:
    deck = make_deck(session, slug="ai", title="Generative AI")
    made = make_card(
        session, deck, question="What is a GAN?", answer="Two **networks**.", section=("Models",), tags=("gan",)
    )
    session.commit()
    return made


def filled(**values: str) -> dict[str, str]:
    text = {"question": "What is a GAN?", "answer": "Two **networks**.", "section": "Models", "tags": "gan"}
    return text | values


def stored(session: Session, card: Card) -> Card:
    session.rollback()
    session.expire_all()
    return session.get_one(Card, card.id)


def test_the_page_shows_the_text_beside_what_learners_see(editor: FlaskClient, card: Card) -> None:
    page = editor.get(f"/edit/cards/{card.guid}").text
    assert "Edit question 1" in page
    assert "Two **networks**.</textarea>" in page
    assert "<strong>networks</strong>" in page
    assert "Save version 2" in page
    assert '<option value="Models">' in page


def test_a_save_changes_the_card_and_keeps_a_version(editor: FlaskClient, session: Session, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    answer = post(
        editor, path, filled(answer="A generator\r\nand a *critic*.\r\n\r\n", tags="gan, models", note="Clearer")
    )
    assert (answer.status_code, answer.location) == (303, path)
    now = stored(session, card)
    assert (now.answer, now.tags, now.section) == ("A generator\nand a *critic*.", ["gan", "models"], ["Models"])
    page = editor.get(path).text
    assert "Saved as version 2." in page
    assert "Every learner keeps their schedule." in page
    assert "Clearer" in page
    assert re.search(r"<del><span[^>]*>removed: </span>Two", page)


def test_learners_read_the_new_text_at_once(editor: FlaskClient, learner: FlaskClient, card: Card) -> None:
    post(editor, f"/edit/cards/{card.guid}", filled(answer="A generator and a critic."))
    assert "A generator and a critic." in learner.get("/decks/ai").text


def test_saving_nothing_new_makes_no_version(editor: FlaskClient, session: Session, card: Card) -> None:
    post(editor, f"/edit/cards/{card.guid}", filled())
    assert stored(session, card).version == 1
    assert "nothing is saved" in editor.get(f"/edit/cards/{card.guid}").text


def test_preview_renders_as_a_save_would_and_saves_nothing(editor: FlaskClient, session: Session, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    page = post(editor, f"{path}/preview", filled(answer="A *critic* <script>alert(1)</script>"), form=path)
    assert page.status_code == 200
    assert "<em>critic</em>" in page.text
    assert "<script>alert" not in page.text
    assert "A *critic* &lt;script&gt;" in page.text
    assert "data-unsaved" in page.text
    part = post(editor, f"{path}/preview", filled(answer="A *critic*"), form=path, headers={"X-Fragment": "preview"})
    assert part.text.lstrip().startswith("<h3")
    assert "<textarea" not in part.text
    assert stored(session, card).version == 1


def test_preview_shows_a_new_text_exactly_as_it_will_be_stored(
    editor: FlaskClient, session: Session, card: Card
) -> None:
    path = f"/edit/cards/{card.guid}"
    values = filled(answer="| a | b |\n| - | - |\n| `x` | $y$ |\n\n```python\nx = 1\n```")
    part = post(editor, f"{path}/preview", values, form=path, headers={"X-Fragment": "preview"})
    post(editor, path, values)
    assert stored(session, card).answer_html in part.text


def test_a_draft_is_said_to_be_one(editor: FlaskClient, session: Session, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    part = post(editor, f"{path}/preview", filled(answer=""), form=path, headers={"X-Fragment": "preview"})
    assert "never scheduled" in part.text
    post(editor, path, filled(answer=""))
    assert stored(session, card).draft


def test_a_save_on_an_older_version_loses_neither_text(
    editor: FlaskClient, colleague: FlaskClient, session: Session, card: Card
) -> None:
    path = f"/edit/cards/{card.guid}"
    version = hidden(editor.get(path).text, "version")
    post(colleague, path, filled(answer="Theirs entirely."))

    answer = post(editor, path, filled(answer="Mine entirely.", version=version))

    assert answer.status_code == 409
    page = answer.text
    assert "Your text is safe here and has not been saved." in page
    assert re.search(r"Another editor saved a new version at \d\d:\d\d\.", page)
    assert "Mine entirely.</textarea>" in page
    assert "Theirs" in page
    assert "Save mine anyway, as version 3" in page
    assert stored(session, card).answer == "Theirs entirely."

    carried = {name: hidden(page, name) for name in ("version", "started")}
    both = post(editor, f"{path}/merge", filled(answer="Mine entirely.") | carried, form=path).text
    assert "Theirs entirely.\n\nMine entirely.</textarea>" in both
    assert "both stand one behind the other" in both
    assert stored(session, card).answer == "Theirs entirely."

    saved = post(editor, path, filled(answer="Mine entirely.", version=hidden(page, "version")))
    assert saved.status_code == 303
    assert stored(session, card).answer == "Mine entirely."
    assert session.scalar(select(func.count()).select_from(CardRevision).where(CardRevision.card_id == card.id)) == 3


def test_two_edits_that_do_not_collide_are_put_together(
    editor: FlaskClient, colleague: FlaskClient, session: Session
) -> None:
    card = make_card(session, make_deck(session), question="What?", answer="- one\n- two\n- three")
    session.commit()
    path = f"/edit/cards/{card.guid}"
    mine = {"question": "What?", "answer": "- One\n- two\n- three", "version": "1"}
    post(colleague, path, {"question": "What?", "answer": "- one\n- two\n- three, now"})

    conflict = post(editor, path, mine).text
    assert "Put both together" in conflict
    carried = {name: hidden(conflict, name) for name in ("version", "started")}
    merged = post(editor, f"{path}/merge", mine | carried, form=path).text

    assert "Nothing is saved yet" in merged
    assert "- One\n- two\n- three, now</textarea>" in merged
    assert stored(session, card).answer == "- one\n- two\n- three, now"
    both = {"question": "What?", "answer": "- One\n- two\n- three, now", "version": hidden(merged, "version")}
    assert post(editor, path, both).status_code == 303


def test_options_are_edited_row_by_row(editor: FlaskClient, session: Session, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    rows = {
        "options-0-text": "The generator",
        "options-1-text": "The **critic**",
        "options-1-right": "y",
        "options-3-text": "Neither",
    }
    post(editor, path, filled(**rows))
    now = stored(session, card)
    assert [(one["key"], one["text"], one["right"]) for one in now.options] == [
        ("A", "The generator", False),
        ("B", "The **critic**", True),
        ("C", "Neither", False),
    ]
    assert now.kind == "choice"
    fewer = {"options-0-key": "B", "options-0-text": "The critic", "options-1-key": "C", "options-1-text": "Neither"}
    post(editor, path, filled(**fewer, **{"options-2-text": "Both", "options-2-right": "y"}))
    assert [one["key"] for one in stored(session, card).options] == ["B", "C", "A"]


def test_options_keep_their_keys(editor: FlaskClient, session: Session) -> None:
    options = (Option("1", "one", True), Option("2", "two", False))
    card = make_card(session, make_deck(session), options=options, answer="")
    session.commit()
    page = editor.get(f"/edit/cards/{card.guid}").text
    assert hidden(page, "options-1-key") == "2"
    assert re.search(r'name="options-0-right"[^>]*checked|checked[^>]*name="options-0-right"', page)
    assert "Right answer</span>" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"question": " \n "}, "Enter a question."),
        ({"question": "x" * (MAX_QUESTION + 1)}, "Enter at most 10000 characters; these are 10001."),
        ({"answer": "x" * (MAX_ANSWER + 1)}, "Enter at most 100000 characters"),
        ({"answer": "a\0b"}, "control character"),
        ({"tags": ",".join(f"t{n}" for n in range(40))}, "Enter at most 30 tags."),
        ({"tags": "x" * 61}, "A tag has at most 60 characters."),
        ({"section": " › ".join("abcdefg")}, "A section has at most 6 levels."),
        ({"options-0-text": "only one"}, "Enter at least two options, or none."),
        ({"options-0-text": "x" * 2001, "options-1-text": "y"}, "Enter at most 2000 characters"),
        ({"note": "x" * 501}, "Enter at most 500 characters"),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field_and_the_rest_is_kept(
    editor: FlaskClient, session: Session, card: Card, values: dict[str, str], said: str
) -> None:
    answer = post(editor, f"/edit/cards/{card.guid}", filled(**{"answer": "Typed for an hour."} | values))
    assert answer.status_code == 422
    assert said in answer.text
    assert "answer" in values or "Typed for an hour." in answer.text
    assert stored(session, card).version == 1


def test_what_is_not_offered_is_not_taken(editor: FlaskClient, session: Session, card: Card) -> None:
    extra = {"deck_id": "999", "position": "7", "archived_at": "2026-01-01", "guid": "x", "draft": "1", "kind": "cloze"}
    post(editor, f"/edit/cards/{card.guid}", filled(answer="New.", **extra))
    now = stored(session, card)
    assert (now.deck_id, now.position, now.archived_at, now.guid, now.draft, now.kind) == (
        card.deck_id,
        0,
        None,
        card.guid,
        False,
        "basic",
    )
    assert now.answer == "New."


def test_without_the_form_token_nothing_is_changed_and_the_text_comes_back(
    editor: FlaskClient, session: Session, card: Card
) -> None:
    answer = editor.post(f"/edit/cards/{card.guid}", data=filled(answer="Typed.", version="1", started="1"))
    assert answer.status_code == 400
    assert "Typed." in answer.text
    assert '<input type="hidden" name="started" value="1">' in answer.text
    assert stored(session, card).version == 1


def learned(session: Session, user: User, card: Card) -> None:
    """The learner has answered the card once, long ago."""
    study.answer(
        session,
        viewer=viewer_of(user),
        card=card.guid,
        grade=Grade(4),
        key="a-key-of-the-learner",
        version=0,
        elapsed_ms=None,
        now=LONG_AGO + timedelta(days=100),
    )
    session.commit()


def test_an_edit_touches_no_schedule_unless_learners_are_to_be_asked(
    editor: FlaskClient, session: Session, card: Card
) -> None:
    user = make_user(session)
    choose(session, user, session.get_one(Deck, card.deck_id))
    session.commit()
    learned(session, user, card)
    state = select(CardState.due, CardState.repetitions, CardState.interval, CardState.version, CardState.ease)
    state = state.where(CardState.user_id == user.id)
    before = session.execute(state).one()

    post(editor, f"/edit/cards/{card.guid}", filled(answer="New."))
    session.rollback()
    assert session.execute(state).one() == before

    post(editor, f"/edit/cards/{card.guid}", filled(answer="Newer.", ask_again="y"))
    assert "1 learner who knows it is asked again today." in editor.get(f"/edit/cards/{card.guid}").text
    session.rollback()
    after = session.execute(state).one()
    assert after.due != before.due
    assert (after.repetitions, after.interval, after.ease) == (before.repetitions, before.interval, before.ease)
    kinds = session.scalars(select(Event.kind).where(Event.user_id == user.id).order_by(Event.id))
    assert list(kinds) == ["review", "reschedule"]


def test_archiving_and_restoring(editor: FlaskClient, learner: FlaskClient, session: Session, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    assert post(editor, f"{path}/archive", {"note": "Outdated"}, form=path).location == path
    page = editor.get(path).text
    assert "This question is archived" in page
    assert "Outdated" in page
    assert "What is a GAN?" not in learner.get("/decks/ai").text
    post(editor, f"{path}/restore", {}, form=path)
    assert stored(session, card).archived_at is None
    assert "What is a GAN?" in learner.get("/decks/ai").text


def test_an_older_version_comes_back(editor: FlaskClient, session: Session, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    post(editor, path, filled(answer="Worse."))
    assert post(editor, f"{path}/versions/1", {}, form=path).status_code == 303
    assert stored(session, card).answer == "Two **networks**."
    assert "Back to version 1" in editor.get(path).text
    stale = post(editor, f"{path}/versions/2", {"version": "1"}, form=path)
    assert stale.status_code == 409
    assert stored(session, card).version == 3


def test_only_a_card_made_here_moves(editor: FlaskClient, session: Session, card: Card) -> None:
    other = make_deck(session, slug="other", cards=1)
    session.commit()
    path = f"/edit/cards/{card.guid}"
    bad = post(editor, f"{path}/move", {"deck": "nowhere", "number": "1"}, form=path)
    assert bad.status_code == 422
    assert post(editor, f"{path}/move", {"deck": "other", "number": "1"}, form=path).status_code == 303
    now = stored(session, card)
    assert (now.deck_id, now.position) == (other.id, 0)
    put_base(now, CardText("What is a GAN?", "Two **networks**."))
    session.commit()
    assert "comes from a document" in editor.get(path).text
    assert post(editor, f"{path}/move", {"deck": "ai", "number": "1"}, form=path).status_code == 409


def test_a_card_is_added_to_a_deck(editor: FlaskClient, session: Session, card: Card) -> None:
    path = "/edit/decks/ai/cards/new"
    assert post(editor, path, {"question": ""}).status_code == 422
    preview = post(editor, "/edit/decks/ai/cards/preview", filled(question="New *one*?"), form=path)
    assert "New <em>one</em>?" in preview.text
    answer = post(editor, path, filled(question="New one?", tags="a, A, b"))
    assert answer.status_code == 303
    session.rollback()
    made = session.scalars(select(Card).where(Card.question == "New one?")).one()
    assert answer.location == f"/edit/cards/{made.guid}"
    assert (made.position, made.tags, made.section) == (1, ["a", "b"], ["Models"])
    another = post(editor, path, filled(question="Another?", then="another"))
    assert another.location is not None
    assert another.location.startswith(f"{path}?section=Models&added=")


def test_long_histories_show_the_last_versions_first(editor: FlaskClient, card: Card) -> None:
    path = f"/edit/cards/{card.guid}"
    for number in range(11):
        post(editor, path, filled(answer=f"Answer {number}."))
    page = editor.get(path).text
    assert "Show all 12 versions" in page
    assert "Version 2<" not in page
    assert "Version 2<" in editor.get(f"{path}?versions=all").text


class Tags(HTMLParser):
    """The tags and attributes of a page, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes.update(name for name, _ in attrs)


def test_hostile_text_is_shown_as_text_everywhere(editor: FlaskClient, card: Card) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    path = f"/edit/cards/{card.guid}"
    values = dict.fromkeys(("question", "answer", "section", "tags", "note"), hostile)
    assert post(editor, path, values | {"options-0-text": hostile, "options-1-text": hostile}).status_code == 303
    for page in (path, "/edit/decks/ai", "/edit?q=alert", f"{path}?versions=all"):
        found = Tags()
        found.feed(editor.get(page).text)
        assert "img" not in found.names, page
        assert not any(name.startswith("on") for name in found.attributes), page
        assert found.names.count("script") == (5 if "cards" in page else 2), page  # the portal's own
