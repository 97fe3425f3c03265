"""How studying feels: from the key to the painted answer or next card, in Chromium with its processor slowed down."""

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from playwright.sync_api import Page, sync_playwright

from app.db.migrate import upgrade
from app.db.session import make_engine, session_factory
from tools.bench.registry import at_most, bench, say
from tools.bench.seeding import Learner, give_history, make_deck, make_learner
from tools.bench.servers import serving, sqlite
from tools.bench.study import signed

SLOWER = 4
CARDS = 30
MOST_MS = 50.0
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
# A frame's callbacks run before it is painted, and a message that they post is handled after that.
_WATCH = """() => {
  window.painted = [];
  window.shifted = 0;
  addEventListener("keydown", (event) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => painted.push([event.key, performance.now() - event.timeStamp]);
    port2.postMessage("");
  }), true);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) shifted += one.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


@bench("feel")
def feel() -> None:
    """Answer cards with the keyboard alone, each as soon as the portal has the one before."""
    with sqlite() as url:
        learner = _seeded(url)
        with serving(url) as port, _page(port, learner) as page:
            page.evaluate(_WATCH)
            for number in range(1, CARDS + 1):
                left = page.locator("#left").inner_text()
                page.keyboard.press("Space")
                page.wait_for_function("n => painted.length === n", arg=2 * number - 1)
                page.keyboard.press("3")
                page.wait_for_function("n => painted.length === n", arg=2 * number)
                page.wait_for_function("left => document.querySelector('#left').textContent !== left", arg=left)
            painted, shifted = page.evaluate("[painted, shifted]")
    for what, key in (("answer", " "), ("next card", "3")):
        times = sorted(float(ms) for pressed, ms in painted if pressed == key)
        say(f"key to painted {what}, slowest of {len(times)}: {times[-1]:.0f} ms")
        at_most(f"key to painted {what} in ms, median, {SLOWER} times slower", statistics.median(times), MOST_MS)
    at_most("layout shift", float(shifted), 0)


def _seeded(url: str) -> Learner:
    engine = make_engine(url)
    upgrade(engine)
    now = datetime.now(UTC)
    with session_factory(engine)() as session:
        cards = make_deck(session, "bench", CARDS + 20, now)
        learner = make_learner(session, 1, now)
        give_history(session, learner, cards, 3, now, spread=10)
        session.commit()
    engine.dispose()
    return learner


@contextmanager
def _page(port: int, learner: Learner) -> Iterator[Page]:
    """The study page of somebody who is signed in, once the card after the first one is there."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        # What waits in a page evaluates its condition again and again, which the portal's policy refuses.
        context = browser.new_context(base_url=f"http://127.0.0.1:{port}", bypass_csp=True)
        context.add_cookies([{"name": "reprise", "value": signed(learner), "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto("/study", wait_until="networkidle")
        yield page
        browser.close()
