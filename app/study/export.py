"""All that is a learner's as one archive: documents of JSON lines with a versioned schema, a CSV of reviews, own decks.

What is in it, and what each field means, is written in `docs/export.md` and in `export.schema.json` beside this module.
Every document is written line by line, so that a long history needs no more memory than a short one.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from sqlalchemy import LargeBinary, Table, select
from sqlalchemy.orm import Session

from app.db.base import Base
from app.db.models import (
    Deck,
    DeckChoice,
    DeckMedia,
    Media,
    Portal,
    Reminder,
    Rest,
    Role,
    User,
    UserRole,
)
from app.library import exporting
from app.study import export_log
from app.study.export_cards import Cards
from app.study.export_log import BATCH, said

FORMAT, VERSION = "reprise-learner", 1

SETTINGS = (
    "zone",
    "rollover_hour",
    "new_per_day",
    "reviews_per_day",
    "no_new_before",
    "new_order",
    "review_order",
    "learning_steps",
    "balance",
    "easy_days",
    "holiday_from",
    "holiday_to",
    "grade_scale",
    "type_answer",
    "shortcuts",
    "keys",
    "swipes",
    "theme",
    "reading_size",
    "measure",
    "suspend_leeches",
    "goal_cards",
    "goal_minutes",
)
"""The columns of an account that say how somebody studies."""

NOT_SETTINGS = {
    "id": "a number of this portal's",
    "guid": "stands in `source`",
    "email": "stands in `account`",
    "created_at": "stands in `account`",
    "password": "a secret",
    "fs_uniquifier": "a secret",
    "active": "this portal's decision",
    "password_changed_at": "of this portal's account",
    "deletion_asked_at": "of this portal's account",
    "erased_at": "of this portal's account",
    "extra_on": "over with the day",
    "extra_new": "over with the day",
    "extra_reviews": "over with the day",
}
"""The other columns of an account, each with the reason why it is no setting to take along."""

WRITTEN = frozenset({"event", "card_state", "card_mark", "deck_choice", "practice", "reminder", "rest"})
"""The tables that have documents of their own; `card_state` stands with the cards, and follows from the events."""

LEFT_OUT = {
    "user_role": "rights hold in this portal only",
    "login_session": "signed-in browsers, shown on the page of sessions",
    "account_link": "opens doors",
    "second_factor": "a secret",
    "recovery_code": "a secret",
    "passkey": "opens doors of this portal only",
    "identity": "opens doors of this portal only",
    "mail": "what is on its way; emptied when sent",
    "study_hour": "sums that follow from the events",
    "deck_hour": "sums that follow from the events",
    "deck_studied": "says of which cards those sums are",
    "reminder_sent": "that a reminder went out, kept so that no second one does",
    "upload": "files of an import that was not finished",
    "takeout": "these archives themselves",
    "bulk_change": "what takes back an editor's change of decks; belongs to those decks",
}
"""Tables whose rows belong to one account and do not come along, each with its reason.

A table that is in neither list is written by itself, into `other/`, so that one that is added later is not forgotten.
"""

Told = Callable[[int, int, str], None]
"""Is told how much is done, of how much, and of what."""


@dataclass(frozen=True, slots=True)
class Written:
    """How much went into an archive."""

    events: int
    cards: int


def write_archive(
    session: Session, user_id: int, out: IO[bytes], *, now: datetime, told: Told | None = None
) -> Written:
    """Write all that is a learner's to `out` as a zip archive.

    Reads only, and sees one state of the database: for that it begins a transaction of its own on `session`.
    """
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    user = session.get_one(User, user_id)
    cards = Cards.of(session, user_id, others=[table for table in others() if "card_id" in table.c])
    counts: dict[str, int] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        writer = _Writer(archive, now, told or (lambda *_: None), cards.events, counts)
        writer.lines("cards", cards.records(session))
        writer.lines("events", export_log.events(session, user, cards.guids))
        writer.lines("marks", export_log.marks(session, user_id, cards.guids))
        writer.lines("practice", export_log.sessions(session, user_id, cards.guids))
        writer.lines("other/practice_taken_back", export_log.taken_back(session, user_id, cards.guids))
        for table in others():
            writer.lines(f"other/{table.name}", _rows_of(session, table, user_id, cards.guids))
        with writer.text("reviews.csv") as text:
            export_log.write_reviews(session, user_id, cards, text)
        decks = list(_decks(session, user))
        for deck in decks:
            if deck["own"]:
                deck["file"] = _write_deck(session, writer, deck)
        with writer.text("learner.json") as text:
            json.dump(_learner(session, user, decks, counts, now), text, ensure_ascii=False, indent=1)
        with writer.text("README.txt") as text:
            text.write(_README)
    return Written(counts["events"], counts["cards"])


class _Writer:
    """Puts documents into the archive, one after the other."""

    def __init__(
        self, archive: zipfile.ZipFile, now: datetime, told: Told, events: int, counts: dict[str, int]
    ) -> None:
        self._archive, self._now, self._told, self._events, self._counts = archive, now, told, events, counts

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        entry = zipfile.ZipInfo(name, self._now.timetuple()[:6])
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self._archive.open(entry, "w", force_zip64=True) as file:
            yield file

    @contextmanager
    def text(self, name: str) -> Iterator[IO[str]]:
        with self.file(name) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
            yield text

    def lines(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """One document of JSON lines; one that a table of other parts has left empty is left out."""
        count = 0
        with self.text(f"{name}.jsonl") as text:
            for record in records:
                text.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
                if name == "events" and count % (5 * BATCH) == 0:
                    self._told(count, self._events, name)
        self._counts[name] = count


def others() -> list[Table]:
    """The tables of one account's rows that are written as they are."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if table.name not in WRITTEN and table.name not in LEFT_OUT and _owner(table) is not None
    ]


def _owner(table: Table) -> Any:
    """The column that says whose a row is: with that account it goes."""
    for key in table.foreign_keys:
        if key.column.table.name == User.__tablename__ and key.ondelete == "CASCADE":
            return key.parent
    return None


def _rows_of(session: Session, table: Table, user_id: int, guids: dict[int, str]) -> Iterator[dict[str, Any]]:
    """The rows of a table that has no document of its own: names for numbers, nothing rendered, no bytes."""
    owner = _owner(table)
    kept = [
        column
        for column in table.columns
        if not column.foreign_keys
        and not isinstance(column.type, LargeBinary)
        and not column.name.endswith("html")
        and column.name != "id"
    ]
    card = [table.c.card_id] if "card_id" in table.c else []
    mine = select(*kept, *card).where(owner == user_id).order_by(*table.primary_key.columns)
    for row in session.execute(mine.execution_options(yield_per=BATCH)).mappings():
        record = {column.name: said(row[column]) for column in kept}
        yield ({"card": guids[row[card[0]]]} if card else {}) | record


def _decks(session: Session, user: User) -> Iterator[dict[str, Any]]:
    """The decks that were chosen, and the account's own."""
    own = (Deck.visibility == "private") & (Deck.owner_id == user.id)
    rows = (
        select(Deck, DeckChoice, own.label("own"))
        .outerjoin(DeckChoice, (DeckChoice.deck_id == Deck.id) & (DeckChoice.user_id == user.id))
        .where(own | DeckChoice.user_id.is_not(None))
        .order_by(Deck.id)
    )
    for deck, choice, is_own in session.execute(rows).all():
        chosen = None
        if choice is not None:
            chosen = {
                "at": said(choice.chosen_at),
                "new_per_day": choice.new_per_day,
                "reviews_per_day": choice.reviews_per_day,
            }
        yield {
            "guid": deck.guid,
            "slug": deck.slug,
            "title": deck.title,
            "description": deck.description if is_own else "",
            "source_url": deck.source_url,
            "author": deck.author,
            "licence": deck.licence,
            "archived": deck.archived_at is not None,
            "own": bool(is_own),
            "chosen": chosen,
            "file": None,
        }


def _write_deck(session: Session, writer: _Writer, deck: dict[str, Any]) -> str:
    """A deck of one's own as Markdown with its images beside it; gives the document's name in the archive."""
    exported = exporting.export_deck(session, deck["slug"], idents=True)
    folder = f"decks/{deck['guid']}"
    name = f"{folder}/{exported.filename if exported else 'deck.md'}"
    with writer.file(name) as file:
        file.write(exported.data if exported else b"")
    paths = (
        select(DeckMedia.path, DeckMedia.media_id)
        .join(Deck, Deck.id == DeckMedia.deck_id)
        .where(Deck.guid == deck["guid"])
        .order_by(DeckMedia.path)
    )
    for path, media_id in session.execute(paths).all():
        if _plain(path) and f"{folder}/{path}" != name:
            content = session.scalars(select(Media.content).where(Media.id == media_id)).one()
            with writer.file(f"{folder}/{path}") as file:
                file.write(content)
    return name


def _plain(path: str) -> bool:
    """Whether an image's path stays inside the folder it is unpacked to."""
    return "\\" not in path and ":" not in path and not any(part in ("", ".", "..") for part in path.split("/"))


def _learner(
    session: Session, user: User, decks: list[dict[str, Any]], counts: dict[str, int], now: datetime
) -> dict[str, Any]:
    reminder = session.get(Reminder, user.id)
    rests = session.scalars(select(Rest).where(Rest.user_id == user.id).order_by(Rest.first)).all()
    role = select(Role.name).join(UserRole, UserRole.role_id == Role.id).where(UserRole.user_id == user.id)
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": said(now),
        "source": {"portal": session.scalar(select(Portal.name)) or "Reprise", "account": user.guid},
        "account": {
            "email": user.email,
            "created_at": said(user.created_at),
            "roles": sorted(session.scalars(role)),
        },
        "settings": {name: said(getattr(user, name)) for name in SETTINGS},
        "reminders": reminder and {"daily": reminder.daily, "weekly": reminder.weekly, "hour": reminder.hour},
        "rests": [{"first": said(rest.first), "last": said(rest.last)} for rest in rests],
        "decks": decks,
        "counts": counts,
    }


_README = """Everything a Reprise portal keeps of you.

learner.json    your settings, the decks you study, holidays, reminders
cards.jsonl     the cards you have answered or marked, with their text and your schedule, one a line
events.jsonl    everything that happened between you and a card, one a line, also what you took back
reviews.csv     your answers, for a spreadsheet
marks.jsonl     cards you suspended, buried or flagged
practice.jsonl  practice sessions and their answers
other/          what else is yours, one file for each kind
decks/          your own decks as Markdown, with their images

Another Reprise portal reads this file: Settings, Your data, Bring data.
No password and no other secret is in it, but your mail address and your own decks are.
"""
