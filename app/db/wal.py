"""SQLite's journal, brought into the database beside the requests.

By itself SQLite does that in the commit that makes the journal a thousand pages long: whoever is in line then waits for
all of it to reach the disk. Here a thread does it, at first beside the writers and then, in line, with what little came
meanwhile, so that the journal begins anew.

Of several processes only one does. Before its version 3.51.3 SQLite loses commits where all of a journal was brought in, it
is brought in again at once, and a commit begins it anew at that very moment (https://sqlite.org/wal.html#walresetbug). One
process that waits for commits of its own in between never does that.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from app import processors
from app.db import turns

COMMITS = 100
"""After so many commits the journal is brought in."""
MOST_PAGES = 16_000
"""A journal of so many pages is brought in by the commit that makes it so long, should nobody else have done it."""


class Journal:
    """The journal of one database file. What is given to `alone` is done while nobody writes, if that comes soon."""

    def __init__(self, database: str, alone: Callable[[Callable[[], object]], None]) -> None:
        self._address = f"{Path(database).as_uri()}?mode=rw"
        self._alone = alone
        self._commits = 0
        self._busy = threading.Lock()
        self._lock = f"{database}.journal.lock"
        self._held: int | None = None

    def grown(self) -> None:
        """A writer has left the line. Never waits."""
        self._commits += 1
        if self._commits >= COMMITS and self._busy.acquire(blocking=False):
            self._commits = 0
            try:
                if self._keeps():
                    with processors.on_all_of_them():
                        threading.Thread(target=self._bring_in, name="journal", daemon=True).start()
                    return
            except (RuntimeError, OSError):
                pass  # the system gives no thread or file now; whoever has just committed must not be told that
            self._busy.release()

    def _keeps(self) -> bool:
        """Whether this process is the one that brings the journal in, as long as it lives.

        One that becomes it now waits for more commits: the one before may just have brought all of it in.
        """
        if self._held is None:
            self._held = turns.taken(self._lock)
            return False
        return True

    def _bring_in(self) -> None:
        try:
            with closing(sqlite3.connect(self._address, uri=True, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=FULL")

                def bring_in() -> None:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

                bring_in()
                self._alone(bring_in)
        except sqlite3.Error:
            pass  # the disk is full or the file gone: the next commit says so
        finally:
            self._busy.release()
