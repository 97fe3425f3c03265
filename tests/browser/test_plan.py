"""A document that is imported again, in a real browser: the plan, the decision, the learner's history, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db.base import new_guid
from app.db.models import Card, CardState, Deck, User
from app.library.editing import edit_card
from app.library.files import Batch, SourceFile
from app.library.importing import import_batches
from app.library.texts import of_stored
from app.scheduling.state import Grade
from app.study import service as study
from tests.browser.conftest import DESKTOP, PHONE, NewPage, enter
from tests.browser.portals import Portal
from tests.builders import choose
from tests.integration.study.people import viewer_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LOCK, GANS, GONE = "What is the interpreter lock?", "How many networks has a GAN?", "How do you print in Python 2?"
FIRST = f"""# {{title}}

## {LOCK}

One thread runs bytecode at a time.

## {GANS}

A GAN has one network.

## {GONE}

With a statement.
"""
SECOND = f"""# {{title}}

## {GANS}

A GAN has exactly two networks.

## {LOCK}

One thread runs bytecode at a time, except in free-threaded builds.

## What is a decorator?

A callable that takes a function and returns another one.
"""
OURS, BOTH = "A GAN has two networks: one makes, one judges.", "A GAN has exactly two networks: one makes, one judges."


@pytest.fixture
def editor(make_person: Callable[..., User]) -> User:
    return make_person(role="editor")


@pytest.fixture
def learner(make_person: Callable[..., User]) -> User:
    return make_person()


@pytest.fixture
def deck(portal: Portal, editor: User, learner: User) -> Deck:
    """An imported deck: one answer was corrected here, and a learner has learned another card."""
    name = f"python-{new_guid()}"
    with portal.session() as session:
        file = SourceFile(f"{name}.md", f"{name}.md", FIRST.format(title=name).encode())
        import_batches(session, batches=[Batch((file,), shown=file.name)], now=NOW)
        deck = session.scalars(select(Deck).where(Deck.slug == name)).one()
        cards = {card.question: card for card in session.scalars(select(Card).where(Card.deck_id == deck.id))}
        edit_card(
            session,
            guid=cards[GANS].guid,
            version=1,
            text=replace(of_stored(cards[GANS]), answer=OURS),
            author_id=editor.id,
            now=NOW,
        )
        choose(session, learner, deck)
        study.answer(
            session,
            viewer=viewer_of(learner),
            card=cards[LOCK].guid,
            grade=Grade(5),
            key="the-learner-knew-it",
            version=0,
            elapsed_ms=None,
            now=NOW,
        )
    return deck


def to_the_plan(page: Page, deck: Deck) -> None:
    """Choose the changed document and ask what it changes, as an editor does."""
    page.goto("/edit")
    page.get_by_role("link", name="Import", exact=True).click()
    content = SECOND.format(title=deck.title).encode()
    page.get_by_label("Choose a file").set_input_files(
        {"name": f"{deck.slug}.md", "mimeType": "text/markdown", "buffer": content}
    )
    page.get_by_role("button", name="Read and preview").click()
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review before applying")


def answers(portal: Portal, deck: Deck) -> dict[str, str]:
    """What readers of a deck read now."""
    with portal.session() as session:
        living = select(Card).where(Card.deck_id == deck.id, Card.archived_at.is_(None)).order_by(Card.position)
        return {card.question: card.answer for card in session.scalars(living)}


def schedule(portal: Portal, learner: User) -> list[tuple[object, ...]]:
    """What a learner has learned, and when it is due."""
    with portal.session() as session:
        columns = (Card.question, CardState.due, CardState.ease, CardState.interval, CardState.version)
        rows = session.execute(
            select(*columns).join(Card, Card.id == CardState.card_id).where(CardState.user_id == learner.id)
        )
        return [tuple(row) for row in rows]


def test_a_changed_document_is_seen_decided_applied_and_taken_back(
    portal: Portal, new_page: NewPage, editor: User, learner: User, deck: Deck
) -> None:
    before, learned = answers(portal, deck), schedule(portal, learner)
    page = new_page(javascript=False)
    enter(page, editor)
    to_the_plan(page, deck)
    conflict = page.get_by_role("group", name=GANS)
    expect(conflict.locator("ins").first).to_contain_text("exactly two networks")
    expect(conflict.locator("ins").last).to_contain_text("one judges")
    expect(page.locator("#changed")).to_contain_text("except in free-threaded builds")
    expect(page.locator("#archived")).to_contain_text(GONE)
    assert answers(portal, deck) == before

    conflict.get_by_label("Put both together").check()
    conflict.get_by_label("Answer").fill(BOTH)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 card is added.")
    after = answers(portal, deck)
    assert list(after) == [GANS, LOCK, "What is a decorator?"]
    assert (after[GANS], after[LOCK]) == (BOTH, "One thread runs bytecode at a time, except in free-threaded builds.")
    assert schedule(portal, learner) == learned

    reader = new_page()
    enter(reader, learner)
    reader.goto(f"/decks/{deck.slug}?open=all")
    expect(reader.get_by_text("except in free-threaded builds")).to_be_visible()
    expect(reader.locator(".q", has_text=LOCK).locator(".state")).not_to_have_text("New")

    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("The import is taken back.")).to_be_visible()
    assert answers(portal, deck) == before
    assert schedule(portal, learner) == learned


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_the_plan_fits_its_window(
    new_page: NewPage, editor: User, deck: Deck, size: tuple[int, int], theme: str
) -> None:
    page = new_page(size=size, theme=theme)
    enter(page, editor)
    to_the_plan(page, deck)
    for details in page.locator(".plan details, details.fold").all():
        details.evaluate("one => one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
