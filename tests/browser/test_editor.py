"""The editor's own hands: keys that write Markdown, images, and text that outlives a closed window."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.db.base import new_guid
from app.db.models import User
from tests.browser.conftest import NewPage, enter
from tests.browser.portals import Portal
from tests.builders import make_card, make_deck


@pytest.fixture
def card(portal: Portal) -> str:
    """The address of a card to edit."""
    with portal.session() as session:
        return "/edit/cards/" + make_card(session, make_deck(session), question="What?", answer="- one\n- two").guid


@pytest.fixture
def page(new_page: NewPage, make_person: Callable[..., User], card: str) -> Page:
    """An editor's browser at that card."""
    page = new_page()
    enter(page, make_person(role="editor"))
    page.goto(card)
    return page


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    return out.getvalue()


def test_keys_write_markdown_and_never_trap_the_focus(page: Page) -> None:
    answer = page.get_by_label("Answer", exact=True)
    answer.fill("")
    steps = (
        ("a net", ("ControlOrMeta+a", "ControlOrMeta+b"), "**a net**"),
        ("", ("ControlOrMeta+b",), "a net"),
        ("", ("ControlOrMeta+k",), "[a net](https://)"),
        ("example.org", (), "[a net](example.org)"),
        ("", ("ControlOrMeta+a", "Delete"), ""),
        ("- one", ("Enter",), "- one\n- "),
        ("two", ("Enter", "Tab"), "- one\n- two\n  - "),
        ("three", ("Enter", "Shift+Tab"), "- one\n- two\n  - three\n- "),
        ("", ("Enter",), "- one\n- two\n  - three\n"),
        ("", ("ControlOrMeta+a", "Delete"), ""),
        ("9. nine", ("Enter",), "9. nine\n10. "),
        ("x", ("ControlOrMeta+a", "ControlOrMeta+e"), "```\n9. nine\n10. x\n```"),
        ("", ("ControlOrMeta+z",), "9. nine\n10. x"),
    )
    for typed, keys, expected in steps:
        page.keyboard.type(typed)
        for key in keys:
            page.keyboard.press(key)
        expect(answer).to_have_value(expected)
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(answer).not_to_be_focused()
    expect(answer).to_have_value("9. nine\n10. x")
    answer.focus()
    answer.fill("no list")
    page.keyboard.press("Tab")
    expect(answer).not_to_be_focused()


def test_text_that_was_not_saved_is_offered_back_until_it_is(page: Page, card: str) -> None:
    answer = page.get_by_label("Answer", exact=True)
    answer.fill("Typed, then the battery died.")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    later = page.context.new_page()
    later.goto(card)
    offer = later.get_by_role("heading", name="There is text that was not saved")
    expect(offer).to_be_visible()
    expect(later.get_by_label("Answer", exact=True)).to_have_value("- one\n- two")
    later.get_by_role("button", name="Bring it back").click()
    expect(offer).to_be_hidden()
    expect(later.get_by_label("Answer", exact=True)).to_have_value("Typed, then the battery died.")
    expect(later.locator(".preview")).to_contain_text("the battery died")
    later.get_by_role("button", name="Save version 2").click()
    expect(later.get_by_text("Saved as version 2.")).to_be_visible()
    later.goto(card)
    expect(offer).to_be_hidden()
    assert later.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


def test_an_image_is_pasted_described_and_shown(page: Page) -> None:
    page.get_by_label("Answer", exact=True).press("ControlOrMeta+a")
    page.keyboard.type("Look:")
    page.evaluate(
        """data => {
            const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([bytes], "Two nets.png", { type: "image/png" }));
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        base64.b64encode(png()).decode(),
    )
    box = page.get_by_role("dialog", name="Add an image")
    expect(box).to_be_visible()
    page.keyboard.type("Two nets")
    page.keyboard.press("Enter")
    expect(box).to_be_hidden()
    expect(page.get_by_label("Answer", exact=True)).to_have_value("Look:\n\n![Two nets](images/two-nets.png)")
    expect(page.get_by_label("Answer", exact=True)).to_be_focused()
    shown = page.locator(".preview").get_by_role("img", name="Two nets")
    expect(shown).to_be_visible()
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 4

    page.locator("summary", has_text="Add an image").click()
    page.get_by_label("PNG, JPEG, WebP or GIF").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no image"}
    )
    page.keyboard.press("Enter")
    expect(box.get_by_role("alert")).to_contain_text("no image that can be shown")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_without_scripts_an_image_is_added_by_the_form(
    new_page: NewPage, make_person: Callable[..., User], card: str
) -> None:
    page = new_page(javascript=False)
    enter(page, make_person(role="editor"))
    page.goto(card)
    page.locator("summary", has_text="Add an image").click()
    page.get_by_label("PNG, JPEG, WebP or GIF").set_input_files(
        {"name": f"{new_guid()}.png", "mimeType": "image/png", "buffer": png()}
    )
    page.locator("#alt").fill("A red square")
    page.get_by_role("button", name="Add it to the answer").click()
    expect(page.locator(".preview").get_by_role("img", name="A red square")).to_be_visible()
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
