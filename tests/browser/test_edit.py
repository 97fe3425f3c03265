"""Editing in a real browser: the correction that a learner sees, two editors at once, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db.base import new_guid
from app.db.models import Card, CardState, Deck, Event, User
from app.scheduling.state import Grade
from app.study import service as study
from tests.browser.conftest import NewPage, enter
from tests.browser.portals import Portal
from tests.builders import choose, make_card, make_deck
from tests.integration.study.people import viewer_of

WRONG, RIGHT = "A GAN has **one** network.", "A GAN has **two** networks."


@pytest.fixture
def editor(make_person: Callable[..., User]) -> User:
    return make_person(role="editor")


@pytest.fixture
def learner(make_person: Callable[..., User]) -> User:
    return make_person()


@pytest.fixture
def deck(portal: Portal, learner: User) -> Deck:
    """A deck with a wrong answer, which a learner has learned."""
    with portal.session() as session:
        deck = make_deck(session, title=f"Networks {new_guid()}")
        card = make_card(session, deck, question="How many networks has a GAN?", answer=WRONG)
        make_card(session, deck, question="And a VAE?", answer="- an encoder\n- a decoder\n- no critic")
        choose(session, learner, deck)
        study.answer(
            session,
            viewer=viewer_of(learner),
            card=card.guid,
            grade=Grade(4),
            key="the-learner-knew-it",
            version=0,
            elapsed_ms=None,
            now=datetime(2026, 3, 1, tzinfo=UTC),
        )
    return deck


def open_card(page: Page, deck: Deck, question: str) -> None:
    """From the list of decks to one card, as an editor goes."""
    page.goto("/")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("link", name=deck.title).click()
    page.get_by_role("link", name=question).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Edit question"))


def schedule(portal: Portal, person: User) -> list[tuple[object, ...]]:
    """All that a learner's history of the deck is."""
    with portal.session() as session:
        columns = (CardState.due, CardState.ease, CardState.interval, CardState.repetitions, CardState.version)
        states = session.execute(select(*columns).where(CardState.user_id == person.id)).all()
        events = session.execute(select(Event.id, Event.kind).where(Event.user_id == person.id)).all()
    return [tuple(row) for row in (*states, *events)]


def test_a_corrected_answer_is_seen_as_it_is_typed_and_then_by_learners(
    portal: Portal, new_page: NewPage, editor: User, learner: User, deck: Deck
) -> None:
    before = schedule(portal, learner)
    page = new_page()
    enter(page, editor)
    open_card(page, deck, "How many networks has a GAN?")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()
    page.get_by_label("Answer", exact=True).fill(RIGHT)
    preview = page.locator(".preview")
    expect(preview).to_contain_text("A GAN has two networks.")
    expect(preview.locator("strong")).to_have_text("two")
    expect(page.get_by_text("Up to date")).to_be_visible()
    page.get_by_label("What changed, and why").fill("It has two")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    expect(page.locator("#history")).to_contain_text("It has two")

    reader = new_page()
    enter(reader, learner)
    reader.goto(f"/decks/{deck.slug}?open=all")
    expect(reader.get_by_text("A GAN has two networks.")).to_be_visible()
    assert schedule(portal, learner) == before

    with portal.session() as session:
        card = session.scalars(select(Card).where(Card.deck_id == deck.id).order_by(Card.position)).first()
        assert card is not None
        assert card.answer_html.strip() in preview.inner_html()


def test_two_editors_at_once_lose_nothing(
    new_page: NewPage, editor: User, make_person: Callable[..., User], deck: Deck
) -> None:
    one, two = new_page(), new_page()
    enter(one, editor)
    enter(two, make_person(role="editor"))
    for page in (one, two):
        open_card(page, deck, "And a VAE?")
    two.get_by_label("Answer", exact=True).fill("- an encoder\n- a decoder\n- no critic at all")
    two.get_by_role("button", name="Save version 2").click()
    expect(two.get_by_text("Saved as version 2.")).to_be_visible()

    one.get_by_label("Answer", exact=True).fill("- one encoder\n- a decoder\n- no critic")
    one.get_by_role("button", name="Save version 2").click()
    expect(one.get_by_role("alert")).to_contain_text("Your text is safe here and has not been saved.")
    expect(one.get_by_label("Answer", exact=True)).to_have_value("- one encoder\n- a decoder\n- no critic")
    one.get_by_role("link", name="Compare with theirs").click()
    expect(one.locator("#compare del").last).to_contain_text("at all")
    one.get_by_role("button", name="Put both together").click()
    expect(one.get_by_text("Both texts are put together")).to_be_visible()
    expect(one.locator(".preview li")).to_have_text(["one encoder", "a decoder", "no critic at all"])
    one.get_by_role("button", name="Save version 3").click()
    expect(one.get_by_text("Saved as version 3.")).to_be_visible()


def test_leaving_with_unsaved_text_asks_first(new_page: NewPage, editor: User, deck: Deck) -> None:
    page = new_page()
    enter(page, editor)
    open_card(page, deck, "And a VAE?")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    page.get_by_label("Tags").press_sequentially("vae")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Tags")).to_have_value("vae")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(deck.title)
    assert len(asked) == 1


def test_the_editor_without_scripts(new_page: NewPage, editor: User, deck: Deck) -> None:
    page = new_page(javascript=False)
    enter(page, editor)
    open_card(page, deck, "How many networks has a GAN?")
    page.get_by_label("Answer", exact=True).fill(RIGHT)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview")).to_contain_text("A GAN has two networks.")
    expect(page.get_by_label("Answer", exact=True)).to_have_value(RIGHT)
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.locator("#history summary", has_text="Version 1").click()
    page.get_by_role("button", name="Restore this version 1").click()
    expect(page.get_by_text("Version 1 is back, as version 3.")).to_be_visible()
    page.get_by_role("button", name="Archive this question").click()
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_text("Restored. Learners see the question again")).to_be_visible()


def test_a_deck_is_made_and_filled_with_the_keyboard_alone(new_page: NewPage, editor: User) -> None:
    page = new_page()
    enter(page, editor)
    page.goto("/edit/decks/new")
    page.get_by_label("Title").press_sequentially("Made by keys")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_have_text("New question")
    page.get_by_label("Section").press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("What is a key?")
    page.keyboard.press("Tab")
    page.keyboard.type("A `button`.")
    expect(page.locator(".preview code")).to_have_text("button")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("The question is added.")).to_be_visible()


def test_while_ticking_one_sees_how_many_and_comes_back_to_what_was_searched_for(
    new_page: NewPage, editor: User, deck: Deck
) -> None:
    page = new_page()
    enter(page, editor)
    page.goto(f"/edit/decks/{deck.slug}?q=a")
    ticks, told = page.locator(".cards input"), page.locator("#bulk output")
    expect(told).to_be_empty()
    ticks.first.focus()
    page.keyboard.press("Space")
    expect(told).to_have_text("1 ticked")
    ticks.last.click(modifiers=["Shift"])
    expect(told).to_have_text("2 ticked")
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add tags to 2 questions")
    page.go_back()
    expect(told).to_have_text("2 ticked")
    ticks.first.uncheck()
    expect(told).to_have_text("1 ticked")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Tags").fill("maths")
    page.get_by_role("button", name="Add tags to 1 question").press("Enter")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("1 question is as it was.")).to_be_visible()
    page.get_by_role("link", name="Back to the list").last.click()
    expect(page.get_by_role("searchbox")).to_have_value("a")
