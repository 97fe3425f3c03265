"""The whole portal in a browser: one learner's first day, and every page looked at by axe, in both themes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.config import Settings
from app.content.document import Option
from app.db.base import new_guid
from app.db.models import Card, CardState, Deck, Practice, Source, User
from app.factory import create_app
from app.scheduling.state import Grade
from app.study import service as study
from tests.anki.packages import BASIC, package
from tests.browser.conftest import PHONE, NewPage, enter
from tests.browser.portals import Portal
from tests.builders import LONG_AGO, PASSWORD, choose, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of

TWELVE = 12


def tab_to(page: Page, name: str) -> None:
    """Move the focus by Tab to the link, button or field of this name."""
    wanted = page.get_by_role("link", name=name).or_(page.get_by_label(name)).or_(page.get_by_role("button", name=name))
    for _press in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def heading(page: Page, text: str) -> None:
    """The page is there whose heading says so."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_a_first_day_with_the_keyboard_alone(portal: Portal, page: Page) -> None:
    page.goto("/")
    tab_to(page, "Create an account")
    page.keyboard.press("Enter")
    heading(page, "Create an account")
    tab_to(page, "Email")
    page.keyboard.type(f"{new_guid()}@example.org")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    heading(page, "You have chosen no deck.")
    tab_to(page, "Choose decks")
    page.keyboard.press("Enter")
    heading(page, "Choose what to study")
    tab_to(page, "Generative AI Interview Questions and Answers")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    heading(page, f"{TWELVE} cards today.")
    tab_to(page, "Start studying")
    page.keyboard.press("Enter")
    page.wait_for_url("**/study")  # and its script is there, which reads the keys
    for n in range(TWELVE):
        expect(page.locator("header.session .num")).to_have_text(f"{TWELVE - n} left")
        page.keyboard.press("Space")
        expect(page.locator("#answer")).to_be_focused()
        page.keyboard.press("4" if n == 0 else "3")
    heading(page, "Done for today.")
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.locator("header.session .num")).to_have_text("1 left")
    page.wait_for_load_state()
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_focused()
    page.keyboard.press("3")
    expect(page.get_by_text(f"You answered {TWELVE} cards and cleared everything that was due.")).to_be_visible()
    tab_to(page, "Progress")
    page.keyboard.press("Enter")
    heading(page, "Progress")
    expect(page.locator("dl.facts").first).to_contain_text(f"{TWELVE} of {TWELVE}")
    expect(page.locator("ol.log > li")).to_have_count(TWELVE)
    expect(page.locator("ol.log > li").last).to_contain_text("Easy, new → 1 d")
    assert portal.command("verify").startswith("All agrees")


DECK: dict[str, Any] = {
    "title": "A deck with all there is in a deck",
    "description": f"{'wordsthatarelong' * 4}: choices, code, formulas.",
    "source_url": "https://example.org/deck",
    "author": "Ada Example",
    "licence": "CC BY 4.0",
}
LONG = " + ".join(rf"\frac{{\partial L}}{{\partial w_{{{n}}}}}" for n in range(20))
"""A formula that is wider than a phone, and cannot be broken."""
RICH = (
    f"In words ${LONG}$ and\n\n- as one of a list: ${LONG}$\n\n"
    """It is $$\\int_0^1 p(x \\mid z)\\,dz$$ and

```python
def forward(image, steps):  # a line that is long enough to scroll on a phone, and then some more of it
    return image
```

| Kind | Networks |
| --- | --- |
| GAN | 2 |

- [x] done <https://example.org/an-address-that-cannot-be-broken-anywhere-at-all-and-still-has-to-fit>
"""
)


@pytest.fixture(scope="package")
def places() -> Flask:
    """The portal's addresses."""
    return create_app(Settings(secret_key="x" * 40, database_url="sqlite:////nowhere/portal.db"))


def make_rich(portal: Portal) -> tuple[str, str]:
    """The addresses of a deck with every kind of question, and of one of its cards, with a version before."""
    with portal.session() as session:
        deck = make_deck(session, slug=f"rich-{new_guid()}", **DECK)
        card = make_card(
            session,
            deck,
            question=f"What is $p(x)$, and what ${LONG}$?",
            answer=RICH,
            section=("Maths",),
            tags=("maths",),
        )
        options = (Option("A", "The `generator`", False), Option("B", "The critic", True))
        make_card(session, deck, question="Which one tells?", answer="It is trained to.", options=options)
        make_card(session, deck, question="A draft?", answer="", section=("Maths",))
        make_card(session, deck, question="Gone?", archived_at=LONG_AGO, archived_reason="editor")
        if session.scalar(select(Source.id).limit(1)) is None:
            session.add(Source(name="notes", url="https://example.org/notes", created_at=LONG_AGO))
        return deck.slug, card.guid


@pytest.fixture(scope="module")
def rich(portal: Portal) -> tuple[str, str]:
    """A deck for those that only look at it."""
    return make_rich(portal)


@pytest.fixture(scope="module")
def people(portal: Portal, rich: tuple[str, str]) -> dict[str, User | None]:
    """A visitor, a learner with a history and cards left for today, somebody new, an editor and an administrator."""
    with portal.session() as session:
        learner, newcomer = make_user(session), make_user(session)
        editor, admin = make_user(session, role="editor"), make_user(session, role="admin")
        deck = session.scalars(select(Deck).where(Deck.slug == rich[0])).one()
        shipped = session.scalars(select(Deck).where(Deck.slug == "generative-ai")).one()
        choose(session, learner, deck, shipped)
        cards = session.scalars(select(Card).where(Card.deck_id == shipped.id).order_by(Card.position).limit(6)).all()
        for day in range(40, -1, -4):
            now = datetime.now(UTC) - timedelta(days=day)
            for place, card in enumerate(cards):
                version = session.scalar(
                    select(CardState.version).where(CardState.user_id == learner.id, CardState.card_id == card.id)
                )
                study.answer(
                    session,
                    viewer=viewer_of(learner),
                    card=card.guid,
                    grade=Grade((1, 4, 5, 3, 4, 4)[(place + day) % 6]),
                    key=new_guid(),
                    version=version or 0,
                    elapsed_ms=9000,
                    now=now,
                )
    return {"visitor": None, "learner": learner, "newcomer": newcomer, "editor": editor, "admin": admin}


@pytest.fixture(scope="module")
def setup_link(portal: Portal) -> str:
    """The address at which the portal is set up; to look at it spends nothing."""
    link = re.search(r"/setup/\S+", portal.command("admin", "link"))
    assert link
    return link[0]


def pages(slug: str, guid: str, setup: str) -> dict[str, list[tuple[str, str]]]:
    """Who looks at what: (endpoint, address). Every page of the portal is here."""
    deck = ("study.deck", f"/decks/{slug}?open=all")
    return {
        "visitor": [
            ("study.home", "/"),
            ("study.deck", "/decks/generative-ai"),
            ("study.deck", f"/decks/{slug}?q=network"),
            ("study.deck", f"/decks/{slug}?q=nothing-has-this"),
            deck,
            ("library.search", "/search"),
            ("library.search", "/search?q=network"),
            ("library.search", "/search?q=netwrok"),
            ("study.keys", "/help"),
            ("security.login", "/sign-in"),
            ("security.code", "/sign-in/code"),
            ("security.register", "/register"),
            ("accounts.privacy", "/privacy"),
            ("accounts.forgot", "/reset"),
            ("accounts.reset", "/reset/spent"),
            ("accounts.confirm", "/invitation/spent"),
            ("accounts.confirm_address", "/address/spent"),
            ("study.stop_reminders", "/reminders/stop/none"),
            ("accounts.setup", setup),
            ("accounts.setup", "/setup/spent"),
            ("accounts.deleted", "/account/deleted"),
            ("security.invited", "/register/spent"),
            ("missing", "/nothing-here"),
        ],
        "newcomer": [
            ("study.home", "/"),
            ("study.choose", "/choose"),
            ("study.done", "/study/done"),
            ("progress.overview", "/progress"),
        ],
        "learner": [
            ("study.home", "/"),
            ("study.choose", "/choose"),
            deck,
            ("study.study", "/study"),
            ("study.study", f"/study?deck={slug}"),
            ("study.study", f"/study?deck={slug}&tag=maths"),
            ("study.deck", f"/decks/{slug}?tag=maths"),
            ("study.deck_limits", f"/decks/{slug}/limits"),
            ("study.done", "/study/done"),
            ("progress.overview", "/progress"),
            ("progress.card", f"/cards/{guid}"),
            ("study.settings", "/settings"),
            ("edit.decks", "/edit"),
            ("edit.new_deck", "/edit/decks/new"),
            ("edit.imports", "/edit/import"),
            ("edit.import_history", "/edit/imports"),
            ("study.change_keys", "/settings/keys"),
            ("study.change_reminders", "/settings/reminders"),
            ("study.anki", "/settings/anki"),
            ("study.data", "/settings/data"),
            ("study.read", f"/read?deck={slug}"),
            ("study.set_aside", "/set-aside"),
            ("study.note", f"/cards/{guid}/note"),
            ("library.suggest", f"/cards/{guid}/suggest"),
            ("library.own_suggestions", "/suggestions"),
            ("study.days", "/settings/days"),
            ("study.overdue", "/backlog"),
            ("accounts.security", "/account/security"),
            ("security.change_password", "/account/password"),
            ("accounts.change_email", "/account/email"),
            ("accounts.delete", "/account/delete"),
            ("accounts.prove", "/account/prove"),
            ("accounts.passkeys", "/account/passkeys"),
            ("accounts.organisation", "/account/organisation"),
            ("accounts.second_factor", "/account/second-factor"),
        ],
        "editor": [
            ("edit.decks", "/edit"),
            ("edit.decks", "/edit?q=network"),
            ("edit.bulk", f"/edit/bulk?what=tagged&card={guid}"),
            ("edit.bulk", f"/edit/bulk?what=moved&card={guid}"),
            ("edit.deck", f"/edit/decks/{slug}"),
            ("edit.details", f"/edit/decks/{slug}/details"),
            ("edit.document", f"/edit/decks/{slug}/document"),
            ("edit.new_deck", "/edit/decks/new"),
            ("edit.card", f"/edit/cards/{guid}"),
            ("edit.split_card", f"/edit/cards/{guid}/split"),
            ("edit.join_cards", f"/edit/cards/{guid}/join?number=2"),
            ("edit.new_card", f"/edit/decks/{slug}/cards/new"),
            ("edit.imports", "/edit/import"),
            ("edit.import_history", "/edit/imports"),
            ("edit.questions", "/edit/questions"),
            ("edit.signals", "/edit/signals"),
            ("edit.signals", "/edit/signals?by=drafts"),
            ("edit.suggestions", "/edit/suggestions"),
            ("edit.suggestions", "/edit/suggestions?show=decided"),
            ("edit.sources", "/edit/sources"),
        ],
        "admin": [
            ("edit.sources", "/edit/sources"),
            ("edit.new_source", "/edit/sources/new"),
            ("edit.source", "/edit/sources/notes"),
            ("edit.audit", "/edit/audit"),
            ("edit.people", "/edit/people"),
            ("edit.delete_person", "/edit/people/PERSON/delete"),
            ("edit.portal", "/edit/portal"),
            ("edit.audit", "/edit/audit?q=nothing-is-like-that&kind=people&since=2026-01-01"),
        ],
    }


FILES = {
    "static",
    "study.calendar",
    "study.export_anki",
    "study.download_data",
    "style_sheet",
    "health.live",
    "health.ready",
    "library.media",
    "edit.audit_csv",
    "security.oidc",
    "security.oidc_back",
    "edit.export",
    "edit.upload_image",
}
"""What is read and no page."""
IMPORT = {
    "study.brought_data",
    "edit.upload",
    "edit.upload_state",
    "edit.upload_text",
    "edit.plan",
    "edit.applied_import",
}
"""The pages of one import, which the test below makes."""
BULK = {"edit.bulk_done"}
"""The page of a change of many questions, which a test below makes."""
FROM_ANKI = {"study.anki_package", "study.anki_state"}
"""The pages of a package from Anki, which a test below brings in."""
PRACTICE = {"study.practise", "study.practised"}
"""The pages of a session of one's own, which a test below starts."""


def test_every_page_is_in_the_walk(places: Flask) -> None:
    reads = {rule.endpoint for rule in places.url_map.iter_rules() if "GET" in (rule.methods or ())}
    walked = {endpoint for some in pages("", "", "").values() for endpoint, _address in some} - {"missing"}
    assert walked | IMPORT | BULK | FROM_ANKI | PRACTICE == reads - FILES


AXE = Axe().axe_script
FOUND = """() => axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.map(
  one => `${one.id} at ${one.nodes.map(node => node.target.join(", ")).join("; ")}`))"""
"""What axe finds, and not all that it found well: told to Python, that took longer than the search."""


def complaints(page: Page) -> Iterator[str]:
    """What axe finds on this page in either theme, and whether the page scrolls sideways."""
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        yield from (f"{page.url} ({theme}): {one}" for one in page.evaluate(FOUND))
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield f"{page.url} scrolls sideways at {page.viewport_size}"


@pytest.mark.parametrize("person", ["visitor", "newcomer", "learner", "editor", "admin"])
def test_axe_finds_nothing_on_any_page_in_either_theme(
    new_page: NewPage, rich: tuple[str, str], people: dict[str, User | None], setup_link: str, person: str
) -> None:
    page = new_page(size=PHONE, reduced_motion="reduce")
    user = people[person]
    if user is not None:
        enter(page, user)
    wrong: list[str] = []
    for endpoint, address in pages(*rich, setup_link)[person]:
        answer = page.goto(address.replace("PERSON", people["newcomer"].guid if people["newcomer"] else ""))
        assert answer
        missing = endpoint in ("missing", "study.stop_reminders")
        assert answer.status == (404 if missing else 410 if "spent" in address else 200)
        wrong.extend(complaints(page))
        if endpoint == "study.study":
            page.get_by_role("button", name="Show answer").click()
            wrong.extend(complaints(page))
    assert not wrong


def test_axe_finds_nothing_on_the_pages_of_a_package_from_anki(
    new_page: NewPage, make_person: Callable[..., User], tmp_path: Path
) -> None:
    fields = ("What is it?", "It is [sound:this.mp3] this.")
    (tmp_path / "mine.apkg").write_bytes(package({"Mine": [("g1", BASIC, fields)]}))
    page = new_page(size=PHONE, reduced_motion="reduce")
    enter(page, make_person())
    page.goto("/settings/anki")
    page.get_by_label("Choose a package").set_input_files(tmp_path / "mine.apkg")
    page.get_by_role("button", name="Read and preview").click()
    heading(page, "Review before importing")
    expect(page.get_by_text("The sound “this.mp3” stays out")).to_be_visible()
    found = list(complaints(page))
    page.get_by_role("button", name="Import", exact=True).click()
    heading(page, "1 card is added.")
    found.extend(complaints(page))
    page.get_by_role("link", name="Open Mine").click()
    heading(page, "Mine")
    assert not found


def test_axe_finds_nothing_on_the_pages_of_an_import(
    portal: Portal, new_page: NewPage, make_person: Callable[..., User]
) -> None:
    slug, _card = make_rich(portal)
    page = new_page(size=PHONE, reduced_motion="reduce")
    enter(page, make_person(role="editor"))
    page.goto("/edit/import")
    page.get_by_label("Text", exact=True).fill("## Which one tells?\n\nThe critic does.\n\n## What is new?\n\nThis.\n")
    page.get_by_label("Goes to").select_option(slug)
    page.get_by_role("button", name="Preview the text").click()
    found = list(complaints(page))
    page.get_by_role("link", name="Edit the text").click()
    found.extend(complaints(page))
    page.go_back()
    page.get_by_role("button", name="See what changes").click()
    heading(page, "Review before applying")
    found.extend(complaints(page))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    found.extend(complaints(page))
    assert not found


def test_many_questions_are_tagged_and_undone_with_the_keyboard(
    portal: Portal, new_page: NewPage, make_person: Callable[..., User]
) -> None:
    page = new_page(size=PHONE, reduced_motion="reduce")
    enter(page, make_person(role="editor"))
    page.goto(f"/edit/decks/{make_rich(portal)[0]}")
    for question in ("p(x)", "A draft?"):
        page.get_by_role("checkbox", name=question).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Go on").press("Enter")
    heading(page, "Add tags to 2 questions")
    tab_to(page, "Tags")
    page.keyboard.type("slopes")
    page.keyboard.press("Enter")
    heading(page, "2 questions have other tags.")
    found = list(complaints(page))
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 questions are as they were.")).to_be_visible()
    assert not [*found, *complaints(page)]


def test_headings_never_skip_a_level(portal: Portal, page: Page, rich: tuple[str, str]) -> None:
    page.goto(f"/decks/{rich[0]}?open=all")
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_axe_finds_nothing_in_a_session_of_ones_own(
    portal: Portal, new_page: NewPage, rich: tuple[str, str], people: dict[str, User | None]
) -> None:
    user = people["learner"]
    assert user is not None
    with portal.session() as session:
        deck = session.scalars(select(Deck.id).where(Deck.slug == rich[0])).one()
        cards = session.scalars(
            select(Card.id).where(Card.deck_id == deck, Card.draft.is_(False)).order_by(Card.id)
        ).all()
        practice = Practice(user_id=user.id, mode="tag", counts=False, cards=list(cards)[:2], started_at=LONG_AGO)
        session.add(practice)
        session.flush()
        guid = practice.guid
    page = new_page(size=PHONE, reduced_motion="reduce")
    enter(page, user)
    wrong: list[str] = []
    for address in (f"/practice/{guid}", f"/practice/{guid}?show=answer&card={rich[1]}", f"/practice/{guid}/done"):
        answer = page.goto(address)
        assert answer
        assert answer.status == 200, address
        wrong.extend(complaints(page))
    assert not wrong
