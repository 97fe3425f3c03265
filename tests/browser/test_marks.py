"""Setting cards aside and spreading a backlog in a real browser, by keys and by thumb."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from app.db.models import Card, CardMark, CardState, User
from tests.browser.conftest import PHONE, NewPage, enter, hold_first
from tests.browser.portals import Portal
from tests.builders import choose, make_deck
from tests.integration.study.people import give, viewer_of


def studying(portal: Portal, person: User, cards: int) -> None:
    with portal.session() as session:
        choose(session, person, make_deck(session, cards=cards))


def begin(portal: Portal, page: Page, person: User, cards: int) -> tuple[Locator, Locator]:
    """Study so many cards, once the second one is there, too; gives how many are left, and the question."""
    studying(portal, person, cards)
    enter(page, person)
    with page.expect_event("requestfinished", lambda request: "after=" in request.url):
        page.goto("/study")
    return page.locator("#left"), page.locator("#question")


def test_keys_flag_bury_and_suspend_and_undo_takes_that_back(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    person = make_person()
    left, question = begin(portal, page, person, 4)
    said = page.locator("#taking [role=status]")
    page.keyboard.press("Space")
    page.keyboard.press("f")
    expect(said).to_have_text("Flagged.")
    expect(page.locator("#answer")).to_be_visible()
    page.keyboard.press("-")
    expect(said).to_have_text("Buried.")
    expect(left).to_have_text("3 left")
    expect(question).to_have_text("Question 2?")
    expect(question).to_be_focused()
    page.keyboard.press("u")
    expect(question).to_have_text("Question 1?")
    expect(left).to_have_text("4 left")
    page.keyboard.press("-")
    expect(question).to_have_text("Question 2?")
    page.keyboard.press("@")
    expect(question).to_have_text("Question 3?")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(question).to_have_text("Question 4?")
    expect(left).to_have_text("1 left")
    page.keyboard.press("@")
    expect(page.get_by_role("status")).to_contain_text("Suspended.")
    expect(page.get_by_role("button", name="Undo the last answer")).to_be_visible()
    page.keyboard.press("u")
    expect(question).to_have_text("Question 4?")
    with portal.session() as session:
        marks = select(CardMark.buried_on, CardMark.suspended_at, CardMark.flagged_at)
        rows = session.execute(marks.where(CardMark.user_id == person.id).order_by(CardMark.card_id)).all()
    assert [tuple(value is not None for value in row) for row in rows] == [
        (True, False, True),
        (False, True, False),
        (False, False, False),
    ]


def test_undo_goes_back_through_marks_to_the_answer_before(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    left, question = begin(portal, page, make_person(), 5)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(question).to_have_text("Question 2?")
    for number, key in ((2, "-"), (3, "@"), (4, "-")):
        page.keyboard.press(key)
        expect(question).to_have_text(f"Question {number + 1}?")
        expect(left).to_have_text(f"{5 - number} left")
    for number in (4, 3, 2, 1):
        page.keyboard.press("u")
        expect(question).to_have_text(f"Question {number}?")
        expect(left).to_have_text(f"{6 - number} left")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_marks_pressed_without_a_wait_are_taken_back_as_well(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    left, question = begin(portal, page, make_person(), 6)
    held = hold_first(page, "**/study/mark")
    page.keyboard.press("-")
    expect(question).to_have_text("Question 2?")
    page.keyboard.press("@")  # before the reply to the first one
    held[0].continue_()
    expect(left).to_have_text("4 left")
    for number in (2, 1):
        page.keyboard.press("u")
        expect(question).to_have_text(f"Question {number}?")
    expect(left).to_have_text("6 left")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_flag_put_on_and_taken_off_before_the_reply_keeps_the_mark_before_it(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    left, question = begin(portal, page, make_person(), 4)
    held = hold_first(page, "**/study/mark")
    page.keyboard.press("-")
    expect(question).to_have_text("Question 2?")
    page.keyboard.press("f")
    page.keyboard.press("f")
    held[0].continue_()
    expect(page.locator("#taking [role=status]")).to_have_text("Flag removed.")
    page.keyboard.press("u")
    expect(question).to_have_text("Question 1?")
    expect(left).to_have_text("4 left")


def test_a_mark_before_an_answer_is_not_taken_back_before_that(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    left, question = begin(portal, page, make_person(), 5)
    page.keyboard.press("-")
    expect(left).to_have_text("4 left")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.keyboard.press("-")  # before the reply to the answer
    expect(left).to_have_text("2 left")
    for number in (3, 2):
        page.keyboard.press("u")
        expect(question).to_have_text(f"Question {number}?")
    expect(left).to_have_text("4 left")


def test_the_flag_key_puts_the_flag_on_and_takes_it_off(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    person = make_person()
    studying(portal, person, 3)
    enter(page, person)
    page.goto("/study")
    said, flagged = page.locator("#taking [role=status]"), page.locator("p.meta").get_by_text("Flagged")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.locator("#left")).to_have_text("2 left")
    for words in ("Flagged.", "Flag removed.", "Flagged."):
        page.keyboard.press("f")
        expect(said).to_have_text(words)
        expect(flagged).to_be_visible(visible=words == "Flagged.")
    page.keyboard.press("u")
    expect(said).to_have_text("Flag removed.")
    expect(flagged).to_be_hidden()
    page.keyboard.press("u")
    expect(page.locator("#left")).to_have_text("3 left")
    expect(page.locator("#question")).to_have_text("Question 1?")


def test_a_flag_that_is_taken_back_before_the_portal_knows_of_it_leaves_the_card(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    person = make_person()
    studying(portal, person, 3)
    enter(page, person)
    page.goto("/study", wait_until="networkidle")
    page.keyboard.press("Space")
    with page.expect_response(lambda reply: "unflag" in (reply.request.post_data or "")):
        page.keyboard.press("f")
        page.keyboard.press("u")
    expect(page.locator("#taking [role=status]")).to_have_text("Flag removed.")
    expect(page.locator("p.meta").get_by_text("Flagged")).to_be_hidden()
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("#question")).to_have_text("Question 1?")
    page.keyboard.press("3")
    expect(page.locator("#left")).to_have_text("2 left")


def test_after_a_mark_the_next_card_is_there_before_the_portal_answers(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    person = make_person()
    studying(portal, person, 4)
    enter(page, person)
    page.goto("/study", wait_until="networkidle")
    said, question = page.locator("#taking [role=status]"), page.locator("#question")
    for key, words in (("f", "Flagged."), ("-", "Buried.")):
        page.keyboard.press(key)
        expect(said).to_have_text(words)
    expect(question).to_have_text("Question 2?")
    page.context.set_offline(True)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(question).to_have_text("Question 3?")
    page.context.set_offline(False)
    expect(page.locator("#left")).to_have_text("2 left")


def test_who_opens_the_box_for_their_answer_writes_in_it(
    portal: Portal, page: Page, make_person: Callable[..., User]
) -> None:
    person = make_person()
    studying(portal, person, 2)
    enter(page, person)
    page.goto("/study")
    page.get_by_text("Type your answer first").click()
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("f-@1")
    expect(page.get_by_label("Your answer")).to_have_value("f-@1")
    expect(page.locator("#left")).to_have_text("2 left")
    page.get_by_role("button", name="Show answer").click()
    page.keyboard.press("n")
    expect(page.get_by_label("Your note")).to_be_focused()
    page.keyboard.type("n3")
    expect(page.get_by_label("Your note")).to_have_value("n3")


def test_a_backlog_is_drawn_spread_and_undone_without_scripts(
    portal: Portal, new_page: NewPage, make_person: Callable[..., User]
) -> None:
    person = make_person(reviews_per_day=5)
    studying(portal, person, 12)
    with portal.session() as session:
        mine = session.scalars(select(Card).order_by(Card.id.desc()).limit(12)).all()
        for card in mine:
            give(session, viewer_of(person), card, now=datetime.now(UTC) - timedelta(days=30))
    page = new_page(javascript=False, size=PHONE)
    enter(page, person)
    page.goto("/")
    page.get_by_role("link", name="Spread them over some days").click()
    page.get_by_label("Over so many days").fill("4")
    page.get_by_role("button", name="Draw again").click()
    expect(page.get_by_role("heading", name="Over 4 days")).to_be_visible()
    page.get_by_role("button", name="Use this plan").click()
    expect(page.get_by_role("status")).to_contain_text("12 cards got a new day.")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 cards today.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("12 cards have their days back.")
    with portal.session() as session:
        assert len(set(session.scalars(select(CardState.due).where(CardState.user_id == person.id)))) == 1
    assert portal.command("verify").startswith("All agrees")
