"""The progress page of a learner with very many answers beside that of one with few."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.migrate import upgrade
from app.db.session import make_engine, session_factory
from app.progress.period import Wanted
from app.progress.report import report
from app.web.sessions import Viewer
from tools.bench.registry import at_most, bench, say
from tools.bench.seeding import Learner, analyse, give_history, make_deck, make_learner
from tools.bench.servers import DATABASES

CARDS = 5_000
FEW, MANY = 2, 40
"""Answers to each card: of 1,000 and of all 5,000 cards."""
GRADES = (4, 4, 5, 4, 1)
ROUNDS = 7
MOST_RATIO = 3.0
PAGES: dict[str, dict[str, Any]] = {
    "a year": {},
    "all time": {"wanted": Wanted(0)},
    "one deck": {"deck": "bench"},
    "one deck, all time": {"deck": "bench", "wanted": Wanted(0)},
}


@bench("progress")
def progress() -> None:
    """All statistics of 200,000 answers against those of 2,000, in turns."""
    for name, database in DATABASES.items():
        with database() as url:
            engine = make_engine(url)
            upgrade(engine)
            now = datetime.now(UTC)
            with session_factory(engine)() as session:
                cards = make_deck(session, "bench", CARDS, now)
                few, many = (make_learner(session, 1, now) for _ in range(2))
                give_history(session, few, cards[:1000], FEW, now, spread=10, grades=GRADES)
                give_history(session, many, cards, MANY, now, spread=100, grades=GRADES)
                session.commit()
                analyse(engine)
                for what, asked in PAGES.items():
                    small, large = _measured(session, few, many, now, asked)
                    say(f"{name}, {what}: {large * 1000:.0f} ms beside {small * 1000:.0f} ms")
                    at_most(f"{name}, {what}: 200,000 answers to 2,000", large / small, MOST_RATIO)
            engine.dispose()


def _measured(
    session: Session, few: Learner, many: Learner, now: datetime, asked: dict[str, Any]
) -> tuple[float, float]:
    """The least time of each, in seconds: the portal's and what the database took."""
    found: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for times, learner in zip(found, (few, many), strict=True):
            times.append(_timed(lambda of=learner: report(session, _viewer(of), now=now, **asked)))
    return min(found[0]), min(found[1])


def _timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _viewer(learner: Learner) -> Viewer:
    return Viewer(
        id=learner.id,
        guid="",
        email="",
        rank=1,
        zone="UTC",
        rollover_hour=4,
        new_per_day=20,
        reviews_per_day=200,
        grade_scale="four",
        type_answer=True,
        shortcuts=True,
        theme="system",
        session_id=0,
        signed_in_at=datetime.now(UTC),
    )
