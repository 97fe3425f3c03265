"""Importing: from bytes to stored, highlighted, sanitised HTML on SQLite, by speed, growth and memory."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.db.migrate import upgrade
from app.db.session import make_engine, session_factory
from app.library.files import Batch, Reader, gather
from app.library.importing import import_batches
from app.library.workers import Workers
from tools.bench.documents import interviews, made, made_of_size
from tools.bench.registry import at_least, at_most, bench

CARDS_A_SECOND = 1000
TEN_TIMES = 12
MEGABYTES = 300
RUNS = 3
SMALL = 250
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@bench("import")
def importing() -> None:
    """Importing: speed, growth and memory, from bytes to stored and highlighted HTML on SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = interviews() or [_write(folder / "made.md", made(2000))]
        batches = gather(paths)
        seconds, cards = min(_timed(folder / f"speed-{number}.db", batches) for number in range(RUNS))
        at_least(f"cards a second, {cards} of {len(paths)} documents", cards / seconds, CARDS_A_SECOND)
        small, large = (_cpu(folder, count) for count in (SMALL, 10 * SMALL))
        at_most("work for ten times the input, in times", large / small, TEN_TIMES)
        big = _write(folder / "big.md", made_of_size(5_000_000))
        at_most("memory for a file of 5 MB, in MB", _megabytes(big, folder / "big.db"), MEGABYTES)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _session(database: Path) -> Session:
    engine = make_engine(f"sqlite:///{database}")
    upgrade(engine)
    return session_factory(engine)()


def _timed(database: Path, batches: Sequence[Batch]) -> tuple[float, int]:
    """Seconds of one import into an empty database, and its cards."""
    with _session(database) as session:
        start = time.perf_counter()
        result = import_batches(session, batches=batches, now=NOW)
        session.commit()
        return time.perf_counter() - start, sum(len(deck.cards) for deck in result.decks)


def _cpu(folder: Path, cards: int) -> float:
    """Seconds of the processor for a made document, in this process alone; the best of some runs."""
    path = _write(folder / f"made-{cards}.md", made(cards))
    return min(_cpu_once(folder / f"growth-{cards}-{number}.db", path) for number in range(RUNS))


def _cpu_once(database: Path, path: Path) -> float:
    with _session(database) as session, Reader(Workers(most=1)) as reader:
        start = time.process_time()
        import_batches(session, batches=gather([path]), now=NOW, reader=reader)
        session.commit()
        return time.process_time() - start


def _megabytes(path: Path, database: Path) -> float:
    """The most memory that one process has while it imports a file."""
    command = [sys.executable, "-m", "tools.bench.importing", str(path), str(database)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _import_alone(path: Path, database: Path) -> None:
    with _session(database) as session:
        import_batches(session, batches=gather([path]), now=NOW)
        session.commit()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(str(own / 1024))


if __name__ == "__main__":
    _import_alone(Path(sys.argv[1]), Path(sys.argv[2]))
