"""How studying feels: the next card is there at once, nothing that was answered is lost, and everybody is told."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from queue import Queue
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from app.db.models import Event, User
from tests.browser.conftest import NewPage, enter, hold_first, swipe
from tests.browser.portals import Portal
from tests.builders import choose, make_card, make_deck

CARDS = 5
# What is there was painted, or is not to be yet: then no frame comes.
PAINTED = "new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 100); })"


@pytest.fixture
def learner(portal: Portal, make_person: Callable[..., User]) -> User:
    """Somebody with a deck of their own."""
    person = make_person()
    with portal.session() as session:
        deck = make_deck(session)
        for number in range(1, CARDS + 1):
            answer = "- **Generator** makes samples\n- **Discriminator** judges them\n\n" + "Long words. " * 400
            make_card(session, deck, question=f"Question {number}?", answer=answer)
        choose(session, person, deck)
    return person


def reviews(portal: Portal, person: User) -> int:
    with portal.session() as session:
        mine = select(func.count()).where(Event.user_id == person.id, Event.kind == "review", Event.live)
        return session.scalar(mine) or 0


def study(page: Page, learner: User) -> None:
    """Open the study page, and wait until the card after the first one is there."""
    enter(page, learner)
    with page.expect_event("requestfinished", lambda request: "after=" in request.url):
        page.goto("/study")


def answer_held(page: Page) -> list[Route]:
    """Answer the card that is shown; the portal has not got it yet."""
    held = hold_first(page)
    page.keyboard.press("Space")
    with page.expect_request("**/study/answer"):
        page.keyboard.press("3")
    return held


def left(page: Page, number: int) -> None:
    expect(page.locator("#left")).to_have_text(f"{number} left")


def test_the_next_card_is_shown_before_the_portal_has_the_answer(portal: Portal, page: Page, learner: User) -> None:
    study(page, learner)
    held = hold_first(page)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.locator("#question")).to_have_text("Question 2?")
    expect(page.locator("#question")).to_be_focused()
    left(page, CARDS)
    assert reviews(portal, learner) == 0
    # Answered as well before the portal has the first one: it waits for its turn.
    page.keyboard.press("Space")
    page.keyboard.press("3")
    held[0].continue_()
    left(page, CARDS - 2)
    expect(page.locator("#question")).to_have_text("Question 3?")
    assert reviews(portal, learner) == 2


def test_a_lost_answer_waits_in_a_quiet_notice_while_the_next_card_is_read(
    portal: Portal, page: Page, learner: User
) -> None:
    study(page, learner)
    page.route("**/study/answer", lambda route: route.abort())
    page.keyboard.press("Space")
    page.keyboard.press("4")
    expect(page.get_by_role("alert")).to_contain_text("Not saved yet")
    expect(page.locator("#question")).to_have_text("Question 2?")
    expect(page.locator("#question")).to_be_focused()
    page.unroute("**/study/answer")
    page.get_by_role("button", name="Try again").click()
    left(page, CARDS - 1)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#question")).to_be_focused()
    assert reviews(portal, learner) == 1


@pytest.mark.parametrize("before", [0, 1])
def test_undo_waits_for_the_answer_it_takes_back(portal: Portal, page: Page, learner: User, before: int) -> None:
    study(page, learner)
    for answered in range(1, before + 1):
        page.keyboard.press("Space")
        page.keyboard.press("3")
        left(page, CARDS - answered)
    held = answer_held(page)
    expect(page.locator("#question")).to_have_text(f"Question {before + 2}?")
    page.keyboard.press("u")
    held[0].continue_()
    expect(page.locator("#question")).to_have_text(f"Question {before + 1}?")
    left(page, CARDS - before)
    assert reviews(portal, learner) == before


def test_undo_takes_back_what_was_answered_before_it_not_after(portal: Portal, page: Page, learner: User) -> None:
    study(page, learner)
    held = answer_held(page)
    expect(page.locator("#question")).to_have_text("Question 2?")
    page.keyboard.press("u")
    page.keyboard.press("Space")
    page.keyboard.press("1")
    held[0].continue_()
    expect(page.locator("#question")).to_have_text("Question 1?")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()  # of the second card
    left(page, CARDS)
    with portal.session() as session:
        mine = select(Event.grade).where(Event.user_id == learner.id, Event.kind == "review", Event.live)
        assert session.scalars(mine).all() == [1]
    page.keyboard.press("Space")
    page.keyboard.press("3")
    left(page, CARDS - 1)
    assert reviews(portal, learner) == 2


def test_as_many_are_undone_and_redone_as_keys_were_pressed(portal: Portal, page: Page, learner: User) -> None:
    study(page, learner)
    for number in (1, 2):
        page.keyboard.press("Space")
        page.keyboard.press("3")
        left(page, CARDS - number)
    held = answer_held(page)
    for key in "uuur":
        page.keyboard.press(key)
    with page.expect_response("**/study/redo"):  # with two of three taken back it looks the same
        held[0].continue_()
    left(page, CARDS - 1)
    expect(page.locator("#question")).to_have_text("Question 2?")
    assert reviews(portal, learner) == 1


def test_whoever_leaves_while_an_answer_waits_behind_another_is_asked(page: Page, learner: User) -> None:
    study(page, learner)
    held = answer_held(page)
    expect(page.locator("#question")).to_have_text("Question 2?")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.assign('/choose'))")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    held[0].continue_()
    left(page, CARDS - 2)


def test_what_is_refused_is_said_on_a_page_of_its_own_once_the_rest_is_sent(
    portal: Portal, page: Page, learner: User
) -> None:
    study(page, learner)
    held = hold_first(page)
    page.keyboard.press("Space")
    page.evaluate("document.querySelector('#grade [name=version]').value = 'none'")
    with page.expect_request("**/study/answer"):
        page.keyboard.press("3")
    expect(page.locator("#question")).to_have_text("Question 2?")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("This answer could not be understood.")
    assert reviews(portal, learner) == 1


def test_an_undo_of_what_is_refused_takes_back_nothing_else(portal: Portal, page: Page, learner: User) -> None:
    study(page, learner)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    left(page, CARDS - 1)
    held = hold_first(page)
    page.keyboard.press("Space")
    page.evaluate("document.querySelector('#grade [name=version]').value = 'none'")
    with page.expect_request("**/study/answer"):
        page.keyboard.press("3")
    page.keyboard.press("u")
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("This answer could not be understood.")
    assert reviews(portal, learner) == 1


def test_time_stands_still_while_the_tab_is_hidden_and_ends_at_a_minute(
    portal: Portal, page: Page, learner: User
) -> None:
    study(page, learner)
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate("performance.now = ((now) => () => now() + (window.ahead ?? 0))(performance.now.bind(performance))")
    page.evaluate(hide, True)
    page.evaluate("window.ahead = 40000")
    page.evaluate(hide, False)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    left(page, CARDS - 1)
    page.evaluate("window.ahead = 4000000")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    left(page, CARDS - 2)
    with portal.session() as session:
        mine = select(Event.elapsed_ms).where(Event.user_id == learner.id).order_by(Event.id)
        first, second = session.scalars(mine).all()
    assert first is not None
    assert first < 40_000
    assert second == 60_000


def test_what_happens_is_said_and_stands_in_the_order_it_is_read(page: Page, learner: User) -> None:
    study(page, learner)
    said = page.locator("#said")
    assert said.get_attribute("aria-live") == "polite"
    page.keyboard.press("Space")
    expect(said).to_have_text("Answer shown")
    expect(page.get_by_role("region", name="Answer")).to_be_focused()
    tree = page.locator("body").aria_snapshot()
    places = [tree.index(words) for words in ("End session", "Question 1?", "Answer", "Again", "Good", "Easy")]
    assert places == sorted(places)
    page.keyboard.press("3")
    expect(said).to_have_text(f"{CARDS - 1} cards left")


@pytest.mark.parametrize("path", ["/study", "/settings/keys", "/choose", "/read"])
def test_what_can_be_touched_is_large_enough(new_page: NewPage, learner: User, path: str) -> None:
    page = new_page(size=(390, 844), has_touch=True, is_mobile=True)
    enter(page, learner)
    page.goto(path)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main select, main input.key, .dock button, .session .btn")]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.textContent || one.name, one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name)"""
    )
    assert small == []


def test_the_bar_stays_in_one_row_also_with_both_undo_and_redo(new_page: NewPage, learner: User) -> None:
    page = new_page(size=(390, 844))
    study(page, learner)
    for number in (1, 2):
        page.keyboard.press("Space")
        page.keyboard.press("3")
        left(page, CARDS - number)
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Redo")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        tops = """[...document.querySelectorAll("#end, [data-act=redo], [data-act=undo], .session .menu")]
          .map((one) => Math.round(one.getBoundingClientRect().top))"""
        places = page.evaluate(tops)
        assert len(places) == 4
        assert len({*places}) == 1, (width, places)


@pytest.mark.parametrize("path", ["/study", "/study?show=answer", "/settings/keys", "/choose", "/read"])
def test_twice_as_large_nothing_scrolls_sideways_and_the_dock_leaves_room(
    new_page: NewPage, learner: User, path: str
) -> None:
    page = new_page(size=(640, 400), device_scale_factor=2)
    enter(page, learner)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dock = page.locator(".dock")
    if dock.count():
        box = dock.bounding_box()
        assert box
        assert box["height"] < 200


@pytest.mark.parametrize(
    ("scale", "size", "text"),
    [("four", (390, 844), 200), ("six", (412, 800), 200), ("four", (320, 568), 200), ("six", (640, 400), 100)],
)
def test_large_text_and_low_windows_leave_half_for_the_answer_and_every_grade_whole(
    portal: Portal, new_page: NewPage, learner: User, scale: str, size: tuple[int, int], text: int
) -> None:
    with portal.session() as session:
        session.merge(learner).grade_scale = scale
    page = new_page(size=size)
    study(page, learner)
    page.evaluate("size => (document.documentElement.style.fontSize = size)", f"{text}%")
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_focused()
    page.evaluate("scrollTo(0, 300)")
    docked = page.evaluate("innerHeight - document.querySelector('.dock').getBoundingClientRect().top")
    stuck = page.evaluate("Math.max(0, document.querySelector('.session').getBoundingClientRect().bottom)")
    assert max(docked, 0) + stuck <= size[1] / 2
    for grade in page.locator(".grade").all():
        grade.focus()
        expect(grade).to_be_in_viewport(ratio=1)
        assert grade.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/", "/study", "/study?tag={}"])
def test_a_long_tag_breaks_on_a_phone(
    portal: Portal, new_page: NewPage, make_person: Callable[..., User], path: str
) -> None:
    person, tag = make_person(), "x" * 76
    with portal.session() as session:
        deck = make_deck(session)
        make_card(session, deck, tags=(tag,))
        choose(session, person, deck)
    page = new_page(size=(320, 568))
    enter(page, person)
    page.goto(path.format(tag))
    if path != "/":
        page.keyboard.press("Space")
    expect(page.get_by_role("link", name=tag)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_moves_where_a_page_comes_in_piece_by_piece(portal: Portal, page: Page, learner: User) -> None:
    study(page, learner)
    page.keyboard.press("Space")
    page.keyboard.press("3")
    left(page, CARDS - 1)
    html = page.context.request.get("/study").body()
    page.add_init_script(
        "window.moved = []; new PerformanceObserver((list) => moved.push(...list.getEntries().map((one) => one.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    with slowly(html, portal.url) as (url, next_piece):
        page.goto(url, wait_until="commit")
        next_piece()
        page.locator("link[rel=stylesheet]").wait_for(state="attached")
        page.locator("link[rel=stylesheet]").evaluate(
            "one => one.sheet ? 0 : new Promise((done) => (one.onload = done))"
        )
        while next_piece():
            page.evaluate(PAINTED)
        page.wait_for_load_state()
        page.evaluate(PAINTED)
        assert page.evaluate("moved") == []


@contextmanager
def slowly(html: bytes, portal: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    """The address of a page that sends a piece whenever it is told to (False: it was the last); the rest is the portal's."""
    cuts = [0, *(found.end() for found in re.finditer(rb"</(?:summary|header|details|h1)>", html))]
    pieces = [html[start:end] for start, end in pairwise([*cuts, len(html)])]
    wanted: Queue[bytes] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/slow":
                with urlopen(portal + self.path) as found:
                    self.answer(found.headers["Content-Type"], [found.read()])
            else:
                self.answer("text/html; charset=utf-8", (wanted.get(timeout=20) for _ in pieces))

        def answer(self, kind: str, parts: Iterable[bytes]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            for part in parts:
                self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    def next_piece() -> bool:
        wanted.put(pieces[(sent := next(count))])
        return sent < len(pieces) - 1

    count = itertools.count()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/slow", next_piece
    finally:
        server.shutdown()
        server.server_close()


def test_with_reduced_motion_nothing_moves(new_page: NewPage, learner: User) -> None:
    page = new_page(reduced_motion="reduce")
    study(page, learner)
    page.keyboard.press("Space")
    moving = """[...document.querySelectorAll("*")].filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0
      || getComputedStyle(one).animationName !== "none").length"""
    assert page.evaluate(moving) == 0


def test_a_swipe_shows_and_grades_unless_it_is_turned_off(portal: Portal, new_page: NewPage, learner: User) -> None:
    page = new_page(size=(390, 844), has_touch=True)
    study(page, learner)
    swipe(page, 120, 300)
    expect(page.locator("#answer")).to_be_visible()
    swipe(page, 300, 120)
    left(page, CARDS)
    expect(page.locator("#question")).to_have_text("Question 2?")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    for key, question in (("u", 1), ("r", 2), ("u", 1)):  # the card's fourth version: numbers that are grades too
        page.keyboard.press(key)
        expect(page.locator("#question")).to_have_text(f"Question {question}?")
    swipe(page, 120, 300)
    swipe(page, 120, 300)
    left(page, CARDS - 1)
    expect(page.locator("#question")).to_have_text("Question 2?")
    swipe(page, 200, 230)
    expect(page.locator("#answer")).to_have_count(0)
    swipe(page, 5, 300)
    expect(page.locator("#answer")).to_have_count(0)
    with portal.session() as session:
        session.merge(learner).swipes = False
    page.goto("/study")
    swipe(page, 120, 300)
    expect(page.locator("#answer")).to_have_count(0)


def test_a_finger_that_moves_an_enlarged_page_grades_nothing(new_page: NewPage, learner: User) -> None:
    page = new_page(size=(390, 844), has_touch=True, is_mobile=True)
    study(page, learner)
    zoom = page.context.new_cdp_session(page)
    zoom.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    assert page.evaluate("visualViewport.scale") == 2
    swipe(page, 120, 300)
    expect(page.locator("#answer")).to_have_count(0)
    zoom.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 1})
    swipe(page, 120, 300)
    expect(page.locator("#answer")).to_be_visible()
