"""The next card of a learner with a very long history, beside that of one who has just begun."""

import statistics
import time
from datetime import UTC, datetime

from app.content.document import CardText
from app.db.migrate import upgrade
from app.db.session import make_engine, session_factory
from tools.bench.load import Connection
from tools.bench.registry import at_most, bench, say
from tools.bench.seeding import Learner, analyse, give_history, make_deck, make_learner, repeat_history
from tools.bench.servers import DATABASES, serving
from tools.bench.study import Tab

FEW, MANY = 100, 100_000
REVIEWS = 10
SPREAD = 10
ROUNDS = 60
MOST_RATIO = 2.0


@bench("history")
def history() -> None:
    """An answer with its next card: 100,000 cards and 1,000,000 reviews against 100 cards, in turns."""
    for name, database in DATABASES.items():
        with database() as url:
            start = time.perf_counter()
            learners = _seeded(url)
            say(f"{name}: {MANY:,} cards and {MANY * REVIEWS:,} reviews written in {time.perf_counter() - start:.0f} s")
            with serving(url) as port:
                few, many = _measured(port, learners)
        say(f"{name}: {few * 1000:.1f} ms with {FEW:,} cards, {many * 1000:.1f} ms with {MANY:,}")
        at_most(f"{name}, next card of a long history, in times", many / few, MOST_RATIO)


def _seeded(url: str) -> list[Learner]:
    """Two learners, each of a deck of their own whose cards are all due: one of few, one of many."""
    engine = make_engine(url)
    upgrade(engine)
    now = datetime.now(UTC)
    plain = CardText("What is a *queue*?", "First in, first out.", (), ("queue",), ())
    people = []
    with session_factory(engine)() as session:
        for deck_id, (slug, cards) in enumerate((("few", FEW), ("many", MANY)), start=1):
            ids = make_deck(session, slug, cards + 20, now, plain)
            person = make_learner(session, deck_id, now, reviews_per_day=FEW)
            give_history(session, person, ids[:SPREAD], REVIEWS, now, spread=SPREAD)
            repeat_history(session, person, deck_id, cards, REVIEWS, spread=SPREAD)
            session.commit()
            people.append(person)
    analyse(engine)
    engine.dispose()
    return people


def _measured(port: int, learners: list[Learner]) -> tuple[float, float]:
    """The median seconds of an answer for each learner; the first answers are left out."""
    connections = [Tab(port, iter([learner])).connection for learner in learners]
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for connection, taken in zip(connections, times, strict=True):
            taken.append(_one(connection))
    few, many = (statistics.median(taken[5:]) for taken in times)
    return few, many


def _one(connection: Connection) -> float:
    connection.send()
    while (response := connection.receive()) is None:
        pass
    taken = time.perf_counter() - connection.sent_at
    if not 200 <= response[0] < 300:
        raise RuntimeError(f"The portal answered {response[0]}.")
    connection.request = connection.on_response(*response)
    return taken
