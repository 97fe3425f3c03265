"""Studying in a real browser: the keyboard alone, no scripts at all, double presses, and a network that goes away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from app.content.document import Option
from app.db.models import Deck, Event, Note, User
from tests.browser.conftest import PHONE, NewPage, enter
from tests.browser.portals import Portal
from tests.builders import choose, make_card, make_deck

TWELVE = 12


@pytest.fixture
def learner(portal: Portal, make_person: Callable[..., User]) -> User:
    """Somebody who studies the deck that ships with the portal, all of it today."""
    person = make_person()
    with portal.session() as session:
        shipped = session.scalars(select(Deck).where(Deck.slug == "generative-ai")).one()
        choose(session, person, shipped)
    return person


def reviews(portal: Portal, person: User) -> int:
    with portal.session() as session:
        mine = select(func.count()).where(Event.user_id == person.id, Event.kind == "review", Event.live)
        return session.scalar(mine) or 0


def left(page: Page) -> int:
    return int(page.locator("header.session .num").inner_text().split()[0])


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id")
    return found


def test_twelve_cards_with_the_keyboard_alone_undo_and_summary(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study?deck=generative-ai")
    asked = []
    for n in range(TWELVE):
        expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - n} left")
        asked.append(page.locator("#question").inner_text())
        page.keyboard.press("Space" if n % 2 else "Enter")
        expect(page.locator("#answer")).to_be_focused()
        page.keyboard.press(("Space", "3", "4")[n % 3])
        if n < TWELVE - 1:
            expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - n - 1} left")
            expect(page.locator("#question")).to_be_focused()
        if n == 5:
            page.keyboard.press("u")
            expect(page.locator("#question")).to_have_text(asked[-1])
            page.keyboard.press("r")
            expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - n - 1} left")
    assert len(set(asked)) == TWELVE
    expect(page.get_by_role("heading", level=1)).to_have_text("Done for today.")
    assert reviews(portal, learner) == TWELVE
    page.keyboard.press("u")
    expect(page.locator("#question")).to_have_text(asked[-1])
    assert reviews(portal, learner) == TWELVE - 1
    page.keyboard.press("Space")
    page.keyboard.press("2")
    expect(page.get_by_text("Again today")).to_be_visible()
    expect(page.locator("#question")).to_have_text(asked[-1])
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Done for today.")
    expect(page.locator(".staff .note")).to_have_count(TWELVE)
    assert portal.command("verify").startswith("All agrees")


def test_the_same_without_scripts(portal: Portal, new_page: NewPage, learner: User) -> None:
    page = new_page(javascript=False, size=PHONE)
    enter(page, learner)
    page.goto("/study?deck=generative-ai")
    for n in range(TWELVE):
        assert left(page) == TWELVE - n
        page.get_by_role("button", name="Show answer").click()
        expect(page.locator("#answer")).to_be_visible()
        page.get_by_role("button", name="Good").click()
        if n == 0:
            page.get_by_role("button", name="Undo").click()
            assert left(page) == TWELVE
            page.get_by_role("button", name="Redo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Done for today.")
    assert reviews(portal, learner) == TWELVE
    page.get_by_role("button", name="Undo the last answer").click()
    assert left(page) == 1
    assert reviews(portal, learner) == TWELVE - 1


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_click_counts_once(portal: Portal, new_page: NewPage, learner: User, javascript: bool) -> None:
    page = new_page(javascript=javascript)
    enter(page, learner)
    page.goto("/study")
    page.get_by_role("button", name="Show answer").click()
    page.get_by_role("button", name="Good").dblclick()
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    expect(page.get_by_role("button", name="Show answer")).to_be_visible()
    assert reviews(portal, learner) == 1


def test_a_second_tab_is_told_that_the_card_was_answered(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study")
    other = page.context.new_page()
    other.goto("/study")
    asked = other.locator("#question").inner_text()
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    other.keyboard.press("Space")
    with other.expect_response("**/study/answer") as reply:
        other.keyboard.press("2")
    assert reply.value.status == 409
    expect(other.get_by_role("status")).to_contain_text("answered elsewhere")
    expect(other.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    expect(other.locator("#question")).not_to_have_text(asked)
    assert reviews(portal, learner) == 1
    other.keyboard.press("Space")
    other.keyboard.press("3")
    expect(other.locator("header.session .num")).to_have_text(f"{TWELVE - 2} left")
    assert reviews(portal, learner) == 2


def test_an_answer_is_undone_after_midnight_and_given_anew_on_the_new_day(
    portal: Portal, make_person: Callable[..., User], page: Page
) -> None:
    person = make_person(rollover_hour=0, new_per_day=3)
    with portal.session() as session:
        choose(session, person, make_deck(session, cards=5))
    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    number = page.locator("header.session .num")
    with portal.at(midnight - timedelta(minutes=2)):
        enter(page, person)
        page.goto("/study")
        page.keyboard.press("Space")
        page.keyboard.press("3")
        expect(number).to_have_text("2 left")
    with portal.at(midnight + timedelta(minutes=2)):
        page.keyboard.press("u")
        expect(page.locator("#question")).to_have_text("Question 1?")
        expect(page.locator("#question")).to_be_focused()
        expect(number).to_have_text("3 left")
        page.keyboard.press("Space")
        page.keyboard.press("4")
        expect(number).to_have_text("2 left")
    with portal.session() as session:
        mine = select(Event.kind, Event.live, Event.study_day, Event.due_after).where(Event.user_id == person.id)
        found = session.execute(mine.order_by(Event.id)).all()
    day = midnight.date()
    before = day - timedelta(days=1)
    assert [row[:3] for row in found] == [("review", False, before), ("void", True, day), ("review", True, day)]
    assert found[2].due_after == day + timedelta(days=1)
    assert portal.command("verify").startswith("All agrees")


def test_thirty_steps_back_and_forward_with_the_keys(
    portal: Portal, make_person: Callable[..., User], page: Page
) -> None:
    person = make_person(new_per_day=99)
    with portal.session() as session:
        choose(session, person, make_deck(session, cards=31))
    number = page.locator("header.session .num")
    enter(page, person)
    page.goto("/study")
    for n in range(30):
        page.keyboard.press("Space")
        page.keyboard.press("3")
        expect(number).to_have_text(f"{30 - n} left")
    for n in range(30):
        page.keyboard.press("u")
        expect(number).to_have_text(f"{n + 2} left")
    expect(page.locator("#question")).to_have_text("Question 1?")
    assert reviews(portal, person) == 0
    page.reload()
    for n in range(30):
        page.keyboard.press("r")
        expect(number).to_have_text(f"{30 - n} left")
    expect(page.get_by_role("button", name="Redo")).to_have_count(0)
    assert reviews(portal, person) == 30


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_click_on_a_little_more_is_a_little_more_once(
    portal: Portal, make_person: Callable[..., User], new_page: NewPage, javascript: bool
) -> None:
    person = make_person(new_per_day=0)
    with portal.session() as session:
        choose(session, person, make_deck(session, cards=25))
    page = new_page(javascript=javascript, size=PHONE)
    enter(page, person)
    page.goto("/")
    page.get_by_role("button", name="Study 10 more new cards").dblclick()
    expect(page.locator("header.session .num")).to_have_text("10 left")
    with portal.session() as session:
        assert session.scalar(select(User.extra_new).where(User.id == person.id)) == 10


def test_an_answer_waits_for_the_network_and_is_sent_once(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study")
    page.context.set_offline(True)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("Not saved yet")
    page.context.set_offline(False)
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    assert reviews(portal, learner) == 1


def test_an_answer_whose_reply_was_lost_is_not_counted_again(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/study/answer", lose, times=1)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    assert reviews(portal, learner) == 1


@pytest.mark.parametrize("status", [408, 429, 502])
def test_an_answer_that_a_proxy_sends_back_waits_to_be_sent_again(
    portal: Portal, page: Page, learner: User, status: int
) -> None:
    enter(page, learner)
    page.goto("/study")
    page.route("**/study/answer", lambda route: route.fulfill(status=status, body="<h1>Slow down</h1>"), times=1)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("Not saved yet")
    expect(page.locator("#question")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    assert reviews(portal, learner) == 1


def test_an_expired_form_is_sent_with_a_new_token(portal: Portal, page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study")
    page.keyboard.press("Space")
    page.evaluate("document.querySelector('#grade [name=csrf_token]').value = 'old'")
    page.keyboard.press("3")
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 1} left")
    assert reviews(portal, learner) == 1


@pytest.mark.parametrize("studies", [True, False])
def test_answers_wait_for_who_gave_them_to_sign_in_again(
    portal: Portal, make_person: Callable[..., User], page: Page, learner: User, studies: bool
) -> None:
    """Nobody else sends them, whether there is something for them to study or not."""
    enter(page, learner)
    page.goto("/study", wait_until="networkidle")
    page.context.clear_cookies()
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_contain_text("you are signed out")
    page.keyboard.press("Space")
    with page.expect_response("**/sign-in"):
        page.keyboard.press("4")
    other = make_person()
    if studies:
        with portal.session() as session:
            choose(session, other, session.scalars(select(Deck).where(Deck.slug == "generative-ai")).one())
    enter(page, other)
    with page.expect_response(lambda reply: reply.url.endswith("/study" if studies else "/study/done")):
        page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("you are signed out")
    expect(page.locator("#question")).to_be_visible()
    assert reviews(portal, other) == 0
    page.context.clear_cookies()
    enter(page, learner)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 2} left")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert reviews(portal, learner) == 2
    page.keyboard.press("Space")
    page.keyboard.press("n")
    page.get_by_label("Your note").fill("Mine.")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("status")).to_contain_text("Your note is saved.")
    page.wait_for_load_state()  # no key does anything before
    page.keyboard.press("3")
    expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - 3} left")


@pytest.mark.parametrize("online", [True, False])
def test_a_note_that_was_typed_is_saved_with_the_grade(
    portal: Portal, make_person: Callable[..., User], page: Page, online: bool
) -> None:
    """Also where the network goes away meanwhile; the same note typed again is no newer one."""
    person = make_person()
    with portal.session() as session:
        choose(session, person, make_deck(session, cards=3))
    enter(page, person)
    page.goto("/study")
    for number, words in ((1, "First of mine."), (2, "Second of mine.")):
        expect(page.locator("#question")).to_have_text(f"Question {number}?")
        page.context.set_offline(not online)
        page.keyboard.press("Space")
        page.keyboard.press("n")
        page.get_by_label("Your note").fill(words)
        page.get_by_role("button", name="Good").click()
        if not online:
            expect(page.get_by_role("alert")).to_be_visible()
            with page.expect_response("**/study/answer"):
                page.context.set_offline(False)
    expect(page.locator("#question")).to_have_text("Question 3?")
    expect(page.locator("header.session .num")).to_have_text("1 left")
    expect(page.get_by_role("alert")).to_have_count(0)
    with portal.session() as session:
        mine = select(Note.text, Note.version).where(Note.user_id == person.id).order_by(Note.card_id)
        assert [*session.execute(mine)] == [("First of mine.", 1), ("Second of mine.", 1)]
    assert reviews(portal, person) == 2


def test_a_note_that_is_refused_keeps_neither_the_grade_nor_its_undo_from_being_done(
    portal: Portal, make_person: Callable[..., User], page: Page
) -> None:
    person = make_person()
    with portal.session() as session:
        deck = make_deck(session)
        choose(session, person, deck)
        card = make_card(session, deck)
        make_card(session, deck)
    enter(page, person)
    page.goto("/study")
    page.keyboard.press("Space")
    page.keyboard.press("n")
    page.get_by_label("Your note").fill("Mine.")
    with portal.session() as session:
        values = {
            "text": "Of another window.",
            "text_html": "<p>Of another window.</p>",
            "renderer": 1,
            "version": 1,
            "saved_at": datetime.now(UTC),
        }
        session.add(Note(user_id=person.id, card_id=card.id, **values))
    page.locator("#question").click()
    page.keyboard.press("3")
    page.keyboard.press("u")
    expect(page.get_by_label("Your note")).to_have_value("Mine.")
    expect(page.get_by_text("Of another window.")).to_be_visible()
    with portal.session() as session:
        mine = select(Event.kind).where(Event.user_id == person.id).order_by(Event.id)
        assert [*session.scalars(mine)] == ["review", "void"]


def test_keys_rest_while_typing_and_what_was_typed_stands_beside_the_answer(page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study")
    page.get_by_text("Type your answer first").click()
    box = page.get_by_label("Your answer")
    box.press_sequentially("1 2 u ?")
    expect(box).to_have_value("1 2 u ?")
    expect(page.locator("#answer")).to_have_count(0)
    page.get_by_role("button", name="Show answer").click()
    expect(page.locator("#answer .hand")).to_have_text("1 2 u ?")


def test_keys_can_be_turned_off(make_person: Callable[..., User], portal: Portal, page: Page) -> None:
    person = make_person(shortcuts=False)
    with portal.session() as session:
        choose(session, person, session.scalars(select(Deck).where(Deck.slug == "generative-ai")).one())
    enter(page, person)
    page.goto("/study")
    page.keyboard.press("Space")
    page.keyboard.press("?")
    expect(page.get_by_role("button", name="Show answer")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_list_of_keys_opens_closes_and_escape_ends_the_session(page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/study")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{TWELVE} cards are left for today.")


def test_after_a_wrong_choice_space_means_again(portal: Portal, make_person: Callable[..., User], page: Page) -> None:
    person = make_person()
    with portal.session() as session:
        quiz = make_deck(session)
        options = (Option("A", "The generator", False), Option("B", "The discriminator", True))
        make_card(session, quiz, question="Which one tells?", answer="It is trained to.", options=options)
        choose(session, person, quiz)
    enter(page, person)
    page.goto("/study")
    page.keyboard.press("1")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=2, name="You chose A. It is B.")).to_be_visible()
    expect(page.get_by_text("Your choice, wrong")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_text("Again today")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=2, name="You chose B. That is right.")).to_be_visible()
    expect(page.get_by_text("Your choice, wrong")).to_be_hidden()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Done for today.")
