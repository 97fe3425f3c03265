"""Passkeys in Chromium, with the authenticator that its developer tools make."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from app.db.models import User
from tests.browser.conftest import NewPage
from tests.browser.portals import Portal
from tests.builders import PASSWORD


def authenticator(page: Page) -> None:
    """Give the browser a device that keeps passkeys and checks its owner."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def enter(page: Page, user: User) -> None:
    """Sign in by hand."""
    page.goto("/sign-in")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_passkey_is_added_signs_in_by_itself_and_is_removed(
    portal: Portal, new_page: NewPage, make_person: Callable[..., User]
) -> None:
    user = make_person()
    page = new_page(base=portal.url.replace("127.0.0.1", "localhost"))
    authenticator(page)
    enter(page, user)
    page.goto("/account/passkeys")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()
    page.goto("/account/security")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create an account").first).to_be_visible()
    page.goto("/sign-in?next=/progress")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Progress", level=1)).to_be_visible()
    page.goto("/account/security")
    expect(page.get_by_text(re.compile("Signed in with a passkey"))).to_have_count(2)
    page.goto("/account/passkeys")
    page.get_by_role("button", name="Remove passkey Laptop").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    page.goto("/account/security")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create an account").first).to_be_visible()
    page.goto("/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No account here has this passkey.")).to_be_visible()


def test_a_passkey_proves_who_it_is_before_what_matters(
    portal: Portal, new_page: NewPage, make_person: Callable[..., User]
) -> None:
    page = new_page(base=portal.url.replace("127.0.0.1", "localhost"))
    authenticator(page)
    enter(page, make_person())
    page.goto("/account/passkeys")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Passkey", exact=True)).to_be_visible()
    page.goto("/account/prove?next=/account/email")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Change email", level=1)).to_be_visible()
    expect(page.get_by_label("Current password")).to_have_count(0)
    page.add_init_script("delete window.PublicKeyCredential")  # as in the open, where browsers have none
    page.goto("/account/passkeys")
    expect(page.get_by_text("only where the address begins with https")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()


def test_without_a_device_the_password_is_still_there(portal: Portal, new_page: NewPage) -> None:
    page = new_page(javascript=False)
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
