"""A real Chromium against a real gunicorn, with the deck that ships with the portal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Route, sync_playwright

from app.db.base import new_guid
from app.db.models import User
from tests.browser.portals import CLOCKED, Portal, command, environment_of, running
from tests.builders import PASSWORD, make_user

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = (1280, 800), (390, 844)

NewPage = Callable[..., Page]


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One portal for all browser tests, set up as `make run` does; each test brings its own people and decks."""
    folder = tmp_path_factory.mktemp("portal")
    environment = environment_of(f"sqlite:///{folder}/portal.db", CLOCK=f"{folder}/clock")
    command(environment, "db", "upgrade")
    command(environment, "content", "import", "content/", "--yes")
    with running(environment, arguments=CLOCKED) as portal:
        yield portal


@pytest.fixture(scope="package")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright, started once, and stopped before other tests: its event loop would be taken for theirs."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """The system's Chromium; Playwright's own where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    browser = playwright_driver.chromium.launch(executable_path=found, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def new_page(portal: Portal, browser: Browser) -> Iterator[NewPage]:
    """Makes pages, each a browser of its own: `new_page(javascript=False, theme="dark", size=PHONE)`.

    A script that breaks, or anything the content policy refuses, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or message.text.startswith("Uncaught"):
            complaints.append(message.text)

    def make(
        *,
        javascript: bool = True,
        theme: str = "light",
        size: tuple[int, int] = DESKTOP,
        base: str = "",
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=base or portal.url,
            java_script_enabled=javascript,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", note)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A browser with JavaScript on a laptop, not signed in."""
    return new_page()


@pytest.fixture
def make_person(portal: Portal) -> Callable[..., User]:
    """Makes an account on the portal: `make_person(role="editor")`."""

    def make(**values: Any) -> User:
        with portal.session() as session:
            return make_user(session, email=values.pop("email", f"{new_guid()}@example.org"), **values)

    return make


def enter(page: Page, user: User | str, password: str = PASSWORD) -> None:
    """Sign in as the form of the page does, without drawing it; `test_passkeys` has a person fill it in."""
    web = page.context.request
    token = re.search(r'name="csrf_token" value="([^"]+)"', web.get("/sign-in").text())
    assert token
    email = user if isinstance(user, str) else user.email
    answer = web.post("/sign-in", form={"csrf_token": token[1], "email": email, "password": password}, max_redirects=0)
    assert answer.status == 303, answer.text()


def hold_first(page: Page, address: str = "**/study/answer") -> list[Route]:
    """The first request for an address from now on, held until it is let go; later ones go through."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(address, hold)
    return held


def swipe(page: Page, start: float, end: float) -> None:
    """A finger that goes sideways across the question."""
    finger = page.context.new_cdp_session(page)
    y = 120.0

    def touch(kind: str, points: list[dict[str, Any]]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [{"x": start, "y": y}])
    touch("touchMove", [{"x": end, "y": y}])
    touch("touchEnd", [])
