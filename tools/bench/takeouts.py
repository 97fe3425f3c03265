"""All of a learner with very many answers, taken out and brought to somebody else: time and memory of the commands."""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.migrate import upgrade
from app.db.models import Card, User
from app.db.session import make_engine, session_factory
from tools.bench.registry import at_most, bench, say
from tools.bench.seeding import give_history, make_deck, make_learner
from tools.bench.servers import SECRET, sqlite

CARDS, FEW, MANY = 5_000, 1, 40
"""Cards, and answers to each of them: 5,000 and 200,000."""
MOST_OUT_MB = 40
MOST_IN_MB = 200
MOST_SECONDS = 60.0
_METER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(code)
"""
"""Runs a command from a small process: what a process has before it becomes another one counts as the other's."""


@bench("takeouts")
def takeouts() -> None:
    """200,000 answers out and in again, beside 5,000: what more memory it takes, and the processor's time."""
    with sqlite() as url, tempfile.TemporaryDirectory() as folder:
        engine = make_engine(url)
        upgrade(engine)
        now = datetime.now(UTC)
        with session_factory(engine)() as session:
            cards = make_deck(session, "bench", CARDS, now)
            for name, answers in (("few", FEW), ("many", MANY)):
                learner = make_learner(session, 1, now)
                give_history(session, learner, cards, answers, now, spread=100, grades=(4, 4, 5, 4, 1))
                _named(session, learner.id, name)
                _named(session, make_learner(session, 1, now).id, f"new-{name}")
            for number, card in enumerate(session.scalars(select(Card))):
                card.question = card.question_text = f"Question {number}?"
            session.commit()
        engine.dispose()
        found: dict[str, list[tuple[float, float]]] = {"export-data": [], "import-data": []}
        for name in ("few", "many"):
            file = str(Path(folder) / f"{name}.zip")
            found["export-data"].append(_measured(url, "export-data", f"{name}@example.org", file))
            found["import-data"].append(_measured(url, "import-data", f"new-{name}@example.org", file))
        say(f"the archive has {Path(folder, 'many.zip').stat().st_size / 1e6:.1f} MB")
    for (what, (little, much)), most in zip(found.items(), (MOST_OUT_MB, MOST_IN_MB), strict=True):
        say(f"{what}: {much[1]:.0f} MB beside {little[1]:.0f} MB")
        at_most(f"{what}, more memory for 200,000 answers, MB", much[1] - little[1], most)
        at_most(f"{what}, seconds of the processor", much[0], MOST_SECONDS)


def _named(session: Session, user_id: int, name: str) -> None:
    session.execute(update(User).where(User.id == user_id).values(email=f"{name}@example.org"))


def _measured(url: str, *command: str) -> tuple[float, float]:
    """Run `reprise admin …`; gives the seconds of the processor and the most megabytes it had."""
    env = os.environ | {"DATABASE_URL": url, "SECRET_KEY": SECRET}
    run = [sys.executable, "-c", _METER, sys.executable, "-m", "app.cli", "admin", *command]
    done = subprocess.run(run, env=env, check=True, capture_output=True, text=True)
    seconds, kilobytes = map(float, done.stdout.split())
    return seconds, kilobytes / 1024
