"""The editor's own hands: keys that write Markdown, images, and text that outlives a closed window."""

from __future__ import annotations

import base64
import re
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


def png(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4), colour).save(out, "PNG")
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

    typed = page.get_by_label("Answer", exact=True)
    typed.fill("Typed on version 1, and refused.")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("Your text is safe here")
    later.goto(card)
    later.get_by_role("button", name="Bring it back").click()
    expect(later.get_by_label("Answer", exact=True)).to_have_value("Typed on version 1, and refused.")


def test_a_document_and_a_suggestion_that_were_not_sent_are_offered_back(
    portal: Portal, page: Page, new_page: NewPage, make_person: Callable[..., User], card: str
) -> None:
    learner = new_page()
    enter(learner, make_person())
    learner.goto(f"/cards/{card.rpartition('/')[2]}/suggest")
    page.get_by_role("link", name="Deck ").first.click()
    page.get_by_role("link", name="Edit as one document").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit the deck as one document")
    for one, field in ((page, "Markdown"), (learner, "Answer")):
        one.get_by_label(field, exact=True).press("ControlOrMeta+End")
        one.keyboard.type("three")
        one.evaluate("dispatchEvent(new Event('pagehide'))")
        later = one.context.new_page()
        later.goto(one.url)
        later.get_by_role("button", name="Bring it back").click()
        expect(later.get_by_label(field, exact=True)).to_have_value(re.compile("three$"))
        later.keyboard.press("Control+s")
        later.wait_for_url(re.compile("/plan|/suggestions"))
    again = learner.context.new_page()
    again.goto(learner.url)
    expect(again.get_by_label("Answer", exact=True)).to_be_visible()
    expect(again.get_by_role("button", name="Bring it back")).to_be_hidden()


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

    page.evaluate(
        """images => {
            const dataTransfer = new DataTransfer();
            for (const [name, data] of images) {
                const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
                dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
            }
            document.activeElement.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [(f"{colour}.png", base64.b64encode(png(colour)).decode()) for colour in ("blue", "green")],
    )
    for colour in ("blue", "green"):
        expect(box).to_contain_text(f"{colour}.png")
        page.keyboard.type(colour.title())
        page.keyboard.press("Enter")
    expect(page.get_by_label("Answer", exact=True)).to_have_value(
        re.compile(r"\n\n!\[Blue\]\(images/blue\.png\)\n\n!\[Green\]\(images/green\.png\)$")
    )

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


UPSTREAM = """# Nets {name}

## How many networks has a GAN?

One network.

## And a VAE?

- an encoder
- a decoder
"""


def test_an_editors_whole_day(portal: Portal, new_page: NewPage, make_person: Callable[..., User]) -> None:
    """Import, an edit with an image, a colleague and a learner on the same card, one document, and yesterday's text back."""
    page, colleague, learner = new_page(), new_page(), new_page()
    enter(page, make_person(role="editor"))
    enter(colleague, make_person(role="editor"))
    enter(learner, make_person())
    name = new_guid()
    page.goto("/edit/import")
    page.get_by_label("Text", exact=True).fill(UPSTREAM.format(name=name))
    page.get_by_role("button", name="Preview the text").click()
    page.get_by_role("button", name=re.compile("^Import")).click()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    page.goto("/edit")
    page.get_by_role("link", name=f"Nets {name}").click()
    page.get_by_role("link", name="How many networks has a GAN?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit question 1")
    colleague.goto(page.url)
    page.get_by_label("Answer", exact=True).press("ControlOrMeta+a")
    page.keyboard.type("Two networks:\n\n- a generator\na critic")
    page.locator("summary", has_text="Add an image").click()
    page.get_by_label("PNG, JPEG, WebP or GIF").set_input_files(
        {"name": "nets.png", "mimeType": "image/png", "buffer": png()}
    )
    page.keyboard.type("Both nets")
    page.keyboard.press("Enter")
    expect(page.locator(".preview").get_by_role("img", name="Both nets")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()

    colleague.get_by_label("Tags").fill("gan")
    colleague.get_by_role("button", name="Save version 2").click()
    expect(colleague.get_by_role("alert")).to_contain_text("Your text is safe here")
    colleague.get_by_role("button", name="Put both together").click()
    expect(colleague.locator(".preview").get_by_role("img", name="Both nets")).to_be_visible()
    colleague.get_by_role("button", name="Save version 3").click()
    expect(colleague.get_by_text("Saved as version 3.")).to_be_visible()

    there = colleague.get_by_role("link", name="Read it in its deck").get_attribute("href")
    learner.goto(there or "")
    learner.get_by_role("link", name="Suggest a correction to question 1").click()
    wanted = learner.get_by_label("Answer", exact=True)
    wanted.fill(wanted.input_value().replace("- a generator", "- a generator net"))
    expect(learner.locator(".preview ins")).to_contain_text("net")
    learner.get_by_label("Why, and how do you know?").fill("Both are nets.")
    learner.keyboard.press("Control+s")
    expect(learner.get_by_role("heading", level=1)).to_have_text("Your suggestions")
    expect(learner.get_by_text("Waiting, sent")).to_be_visible()
    page.goto("/edit")
    page.get_by_role("link", name=re.compile("Suggestions")).click()
    expect(page.get_by_text("Both are nets.")).to_be_visible()
    page.get_by_role("button", name="Accept as version 4").click()
    expect(page.get_by_text("Accepted as version 4.")).to_be_visible()
    learner.reload()
    expect(learner.get_by_text("Accepted, version 4")).to_be_visible()
    expect(learner.get_by_text("You are credited in the history of the card.")).to_be_visible()

    page.goto("/edit")
    page.get_by_role("link", name=f"Nets {name}").click()
    page.get_by_role("link", name="Edit as one document").click()
    document = page.get_by_label("Markdown", exact=True)
    expect(document).to_have_value(re.compile(r"- a critic\n\n!\[Both nets\]\(images/nets\.png\)"))
    document.fill(document.input_value().replace("## And a VAE?", "## And what has a VAE?"))
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review before applying")
    page.get_by_role("button", name="Apply 1 change").click()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    page.goto(colleague.url)
    expect(page.locator("#history summary", has_text="Version 4")).to_contain_text("suggested by learner")
    page.locator("#history summary", has_text="Version 1").click()
    page.get_by_role("button", name="Restore this version 1").click()
    expect(page.get_by_text("Version 1 is back, as version 5.")).to_be_visible()
    page.get_by_role("link", name="Read it in its deck").click()
    expect(page.get_by_text("One network.")).to_be_visible()
    expect(page.get_by_text("And what has a VAE?")).to_be_visible()
    assert portal.command("verify").startswith("All agrees")
