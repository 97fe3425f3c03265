"""Keys as a learner set them, in a real browser: on the study page, outside of it, and in the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db.models import User
from tests.browser.conftest import enter
from tests.browser.portals import Portal
from tests.builders import choose, make_deck


@pytest.fixture
def learner(portal: Portal, make_person: Callable[..., User]) -> User:
    person = make_person()
    with portal.session() as session:
        choose(session, person, make_deck(session, cards=3))
    return person


def test_a_key_is_changed_in_the_settings_and_acts_while_studying(page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/settings")
    page.get_by_role("link", name="Change keys").click()
    page.get_by_label("Flag").fill("u")
    page.get_by_role("button", name="Save keys").click()
    expect(page.get_by_label("Flag")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("row", name="Flag")).to_contain_text("U already does this: Undo the last grade.")
    page.get_by_label("Flag").fill("f")
    page.get_by_label("Undo the last grade").fill("z")
    page.get_by_label("Good").fill("j")
    page.get_by_role("button", name="Save keys").click()
    expect(page.get_by_role("status")).to_have_text("Your keys are saved.")
    page.goto("/study")
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect(page.locator("#answer")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#left")).to_have_text("2 left")
    page.keyboard.press("u")
    expect(page.locator("#left")).to_have_text("2 left")
    page.keyboard.press("z")
    expect(page.locator("#left")).to_have_text("3 left")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("row", name="Undo the last grade")).to_contain_text("Z")


def test_outside_a_session_keys_lead_to_pages_and_rest_in_boxes(page: Page, learner: User) -> None:
    enter(page, learner)
    page.goto("/settings")
    page.get_by_label("New cards a day").press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.locator("h1").click()
    page.keyboard.press("p")
    page.wait_for_url("**/progress")
    page.keyboard.press("l")
    page.wait_for_url(lambda url: url.endswith("/"))
    page.keyboard.press("?")
    page.wait_for_url("**/help")
    expect(page.get_by_role("row", name="Undo the last grade")).to_contain_text("U")
