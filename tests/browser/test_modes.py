"""Sessions beside the daily plan in a real browser, with the keyboard and without scripts; and answers that are typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app.content.document import Option
from app.db.models import CardState, Event, User
from tests.browser.conftest import NewPage, enter, swipe
from tests.browser.portals import Portal
from tests.builders import choose, make_card, make_deck

ANSWER = (
    "- **Mode Collapse**: few kinds of outputs\n- **Compute Costs**: much hardware\n- **Data Quality**: noisy sources"
)


@pytest.fixture
def learner(portal: Portal, make_person: Callable[..., User]) -> User:
    person = make_person()
    with portal.session() as session:
        deck = make_deck(session, slug=f"modes-{person.guid[:8]}", title="Modes")
        make_card(session, deck, question="What is hard?", answer=ANSWER, tags=("hard",))
        make_card(session, deck, question="What is easy?", answer="All the rest.", tags=("hard",))
        for number in (1, 2):
            options = (Option("A", "This one", False), Option("B", "That one", True))
            make_card(session, deck, question=f"Which, {number}?", answer="That one.", options=options)
        choose(session, person, deck)
    return person


def begin(page: Page, mode: str, **fields: str) -> None:
    """Start a session of one's own from the page where it is put together."""
    page.goto("/choose")
    page.get_by_role("radio", name=mode).check()
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Order", exact=True).select_option("deck")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(lambda url: "/choose" not in url)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_session_by_tag_moves_no_schedule(portal: Portal, new_page: NewPage, learner: User, javascript: bool) -> None:
    page = new_page(javascript=javascript)
    enter(page, learner)
    begin(page, "By tag", Tags="hard")
    for question, grade in (("What is hard?", "Again"), ("What is easy?", "Good"), ("What is hard?", "Good")):
        expect(page.locator("#question")).to_have_text(question)
        page.get_by_role("button", name="Show answer").click()
        page.get_by_role("button", name=grade).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You answered 2 cards.")
    with portal.session() as session:
        for model in (Event, CardState):
            assert session.scalar(select(func.count()).where(model.user_id == learner.id)) == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_a_quiz_ends_with_what_was_right(new_page: NewPage, learner: User, javascript: bool) -> None:
    page = new_page(javascript=javascript)
    enter(page, learner)
    begin(page, "Quiz")
    for choice, verdict in (("A", "You chose A. It is B."), ("B", "You chose B. That is right.")):
        page.get_by_role("radio", name=choice, exact=False).and_(page.locator(f"[value={choice}]")).check()
        page.get_by_role("button", name="Show answer").click()
        expect(page.get_by_role("heading", level=2, name=verdict)).to_be_visible()
        if javascript:
            swipe(page, 300, 120)
        else:
            page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 right.")


def test_a_quiz_with_the_keyboard_alone_and_undo(page: Page, learner: User) -> None:
    enter(page, learner)
    begin(page, "Quiz")
    page.keyboard.press("1")
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#left")).to_have_text("1 left")
    page.keyboard.press("u")
    expect(page.locator("#left")).to_have_text("2 left")
    for number in (1, 2):  # a key counts for the card that is seen, so each is waited for
        expect(page.locator("#question")).to_have_text(f"Which, {number}?")
        page.keyboard.press("2")
        page.keyboard.press("Space")
        expect(page.locator("#answer")).to_be_focused()
        page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2 right.")
    page.keyboard.press("u")
    expect(page.locator("#question")).to_have_text("Which, 2?")
    expect(page.locator("#left")).to_have_text("1 left")


def note(page: Page, words: str) -> None:
    page.keyboard.press("n")
    page.get_by_label("Your note").fill(words)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("status")).to_contain_text("Your note is saved.")


def test_a_note_leads_back_to_what_was_chosen_and_typed(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    begin(page, "Quiz")
    page.keyboard.press("2")
    page.keyboard.press("Space")
    for words in ("Mine.", "Mine, changed."):
        note(page, words)
        expect(page.get_by_role("heading", level=2, name="You chose B. That is right.")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("#left")).to_have_text("1 left")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 right.")
    page.goto("/study")
    for text, comes in (("mode collapse & more", True), ("ä" * 900, False)):
        page.get_by_text("Type your answer first").click()
        page.get_by_label("Your answer").fill(text)
        page.get_by_role("button", name="Show answer").click()
        note(page, text[:5])
        expect(page.locator("blockquote", has_text=text)).to_have_count(int(comes))
        page.get_by_role("button", name="Good").click()
    for number, grade in ((1, "Again"), (2, "Good")):
        expect(page.locator("#question")).to_have_text(f"Which, {number}?")
        page.keyboard.press(str(number))
        page.keyboard.press("Space")
        note(page, "Once more.")
        expect(page.locator("[data-default]")).to_contain_text(grade)
        page.keyboard.press("Space")


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_typed_stands_beside_the_points_of_the_answer(
    new_page: NewPage, learner: User, javascript: bool
) -> None:
    page = new_page(javascript=javascript)
    enter(page, learner)
    page.goto("/study")
    page.get_by_text("Type your answer first").click()
    page.get_by_label("Your answer").fill("mode collapse, hardware. Prompt injection.")
    page.get_by_role("button", name="Show answer").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("1 of 3 points covered, 1 partly, 1 missing")
    points = page.get_by_role("list", name="Points of the answer").get_by_role("listitem")
    for number, words in enumerate(("Covered", "Partly", "Missing")):
        expect(points.nth(number)).to_contain_text(words)
    expect(points.nth(0)).to_contain_text("You wrote: mode collapse")
    expect(page.get_by_text("Not in the answer:")).to_contain_text("“Prompt injection”")
    page.get_by_role("button", name="Good").click()
    expect(page.locator("#left")).to_have_text("3 left")
    page.get_by_text("Type your answer first").click()
    page.get_by_label("Your answer").fill("mode collapse, hardware. Prompt injection.")
    page.get_by_role("button", name="Show answer").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("0 of 1 point covered, 1 missing")


def test_reading_through(page: Page, learner: User) -> None:
    enter(page, learner)
    begin(page, "Read through")
    expect(page.locator("#question")).to_have_text("What is hard?")
    expect(page.get_by_text("few kinds of outputs")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#question")).to_have_text("What is easy?")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#question")).to_have_text("What is hard?")


def test_reading_through_by_keys(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    begin(page, "Read through")
    question = page.locator("#question")
    for key, words in (
        ("ArrowLeft", "What is hard?"),  # there is none before it
        ("Space", "What is easy?"),
        ("ArrowRight", "Which, 1?"),
        ("Enter", "Which, 2?"),
        ("ArrowLeft", "Which, 1?"),
    ):
        page.keyboard.press(key)
        expect(question).to_have_text(words)
    page.set_viewport_size({"width": 390, "height": 500})
    page.keyboard.press("Space")  # shows the rest of the page first
    expect(page.get_by_role("banner")).not_to_be_in_viewport()
    page.keyboard.press("End")
    expect(page.get_by_role("contentinfo")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Space")
    expect(question).to_have_text("Which, 2?")
    page.keyboard.press("ArrowLeft")
    expect(question).to_have_text("Which, 1?")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_text("Add a note").focus()
    page.keyboard.press("Space")  # opens what has focus
    box = page.get_by_label("Your note")
    box.focus()
    page.keyboard.type("a b")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(box).to_have_value("a \nb")
    expect(question).to_have_text("Which, 1?")
    with portal.session() as session:
        session.get_one(User, learner.id).shortcuts = False
    page.goto(page.url)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_role("link", name="Previous").click()
    expect(question).to_have_text("What is easy?")


def test_steps_go_back_and_forward_by_keyboard(new_page: NewPage, learner: User) -> None:
    page = new_page()
    enter(page, learner)
    begin(page, "By tag", Tags="hard")
    left = page.locator("#left")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(left).to_have_text("1 left")
    page.keyboard.press("u")
    expect(left).to_have_text("2 left")
    expect(page.locator("#question")).to_have_text("What is hard?")
    page.keyboard.press("r")
    expect(left).to_have_text("1 left")
    expect(page.locator("#question")).to_have_text("What is easy?")
    expect(page.locator("#question")).to_be_focused()
    expect(page.get_by_role("button", name="Redo")).to_have_count(0)
