"""Reading a learner's archive, which is as untrusted as a form: all of it is checked before anything is done with it.

What is not offered is not read: no address, no role, no state of a card. The first thing that cannot be is named with its
document and line, and the archive is refused as a whole.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from sys import intern
from typing import Any

from app.content.document import CardText, ContentError, Option
from app.library import archives
from app.library.archives import Archive
from app.scheduling.state import MAX_INTERVAL, MemoryState
from app.scheduling.steps import UnknownSteps, steps_named
from app.study import keys, notes
from app.study.brought_values import (
    Brought,
    BroughtAnswer,
    BroughtCard,
    BroughtDeck,
    BroughtEvent,
    BroughtMark,
    BroughtNote,
    BroughtPractice,
)
from app.study.export import FORMAT, VERSION
from app.study.fields import Fields, Wrong, record

LARGEST = 150_000_000
"""Bytes of one document, unpacked: more than 200,000 reviews."""
MOST = {"cards": 100_000, "events": 400_000, "marks": 100_000, "practice": 20_000, "other/note": 100_000}
"""Lines of each document."""
MOST_DECKS = 2_000
AHEAD = timedelta(minutes=5)
"""How far another portal's clock may be ahead."""
_ORIGIN = re.compile(r"[0-9a-z]{1,32}:[1-9][0-9]{0,17}")
_AGAIN = "Export it again, and bring the new file."
_AS_GIVEN = "Choose the file that “Your data” of a portal gave you, as it was."


def look_through(filename: str, data: bytes) -> Archive:
    """The archive, looked through without unpacking it. Raises ContentError for what cannot be one of a learner."""
    if not archives.is_zip(filename, data):
        raise ContentError(filename, 1, "It is no zip file.", _AS_GIVEN)
    try:
        archive = archives.look_through(filename, data, largest=LARGEST)
    except ContentError as error:
        raise ContentError(filename, 1, error.problem, _AGAIN) from error  # nobody packed it by hand
    if not {"learner.json", "cards.jsonl", "events.jsonl"} <= set(archive.names):
        raise ContentError(filename, 1, "It is no export of a learner.", _AS_GIVEN)
    return archive


def read(archive: Archive, *, now: datetime) -> Brought:
    """All that the archive brings. Raises ContentError with the document, the line, what is wrong and what to do."""
    reader = _Reader(archive, now)
    brought = reader.learner()
    for card in reader.each("cards", _card):
        if brought.cards.setdefault(card.guid, card) is not card:
            raise reader.wrong("has the same guid as a card before it")
    for card in brought.cards.values():
        if card.joined_to is not None and brought.cards.get(card.joined_to, card).joined_to is not None:
            raise ContentError("cards.jsonl", 1, f"Card {card.guid} is joined to one that is not there.", _AGAIN)
    _events(reader, brought)
    for mark in reader.each("marks", _mark):
        reader.check(mark.card in brought.cards, "is of a card that is not there")
        brought.marks.append(mark)
    for practice in reader.each("practice", _practice):
        reader.check(all(one.card in brought.cards for one in practice.answers), "answers a card that is not there")
        numbers = [one.number for one in practice.answers]
        reader.check(len(set(numbers)) == len(numbers), "has an answer's number twice")
        brought.practice.append(practice)
    for note in reader.each("other/note", _note):
        reader.check(note.card in brought.cards, "is on a card that is not there")
        brought.notes.append(note)
    return brought


def _events(reader: "_Reader", brought: Brought) -> None:
    roots: dict[int, str] = {}
    origins: set[str] = set()
    last = 0
    for event in reader.each("events", _event):
        card = brought.cards.get(event.card)
        if card is None:
            raise reader.wrong("is of a card that is not there")
        reader.check(event.id > last, "stands before an event it comes after")
        reader.check(event.origin not in origins, "is there twice")
        if event.target is not None:
            reader.check(roots.get(event.target) == card.root, "takes back an event that is not there")
        roots[event.id], last = card.root, event.id
        origins.add(event.origin)
        brought.events.append(event)


class _Reader:
    """Reads documents, and knows where it is when something is wrong."""

    def __init__(self, archive: Archive, now: datetime) -> None:
        self._archive, self._now = archive, now
        self._file, self._line = "learner.json", 1

    def wrong(self, problem: str) -> ContentError:
        return ContentError(self._file, self._line, f"This line {problem}.", _AGAIN)

    def check(self, holds: bool, problem: str) -> None:
        if not holds:
            raise self.wrong(problem)

    def each(self, name: str, make: Any) -> Iterator[Any]:
        self._file = f"{name}.jsonl"
        for number, line in enumerate(self._archive.lines(self._file), 1):
            self._line = number
            if number > MOST[name]:
                raise ContentError(
                    self._file, number, f"It has more than {MOST[name]:,} lines.", "Ask whoever runs it."
                )
            try:
                yield make(Fields(record(line), self._now + AHEAD))
            except Wrong as error:
                raise self.wrong(str(error)) from error

    def learner(self) -> Brought:
        data = self._archive.read("learner.json") or b""
        try:
            fields = Fields(record(data), self._now + AHEAD)
            if fields.values.get("format") != FORMAT:
                raise ContentError(self._file, 1, "It is no export of a learner.", "Choose the file of “Your data”.")
            if fields.values.get("version") != VERSION:
                raise ContentError(
                    self._file,
                    1,
                    "It was written in another version of the format.",
                    "Bring this portal up to date, or export again from one that is.",
                )
            rests = [(one.day("first"), one.day("last")) for one in fields.list("rests", most=5_000)]
            decks = [_deck(one) for one in fields.list("decks", most=MOST_DECKS)]
            if any(last < first for first, last in rests):
                raise Wrong("has a holiday that ends before it begins")
            return Brought(
                portal=fields.inner("source").text("portal", most=80),
                exported_at=fields.instant("exported_at"),
                settings=_settings(fields.inner("settings")),
                rests=rests,
                decks={deck.guid: deck for deck in decks},
            )
        except Wrong as error:
            raise ContentError(self._file, 1, f"It {error}.", _AGAIN) from error


def _settings(fields: Fields) -> dict[str, Any]:
    """What may be set of an account; days of a holiday come with the others, and only as far as they make sense."""
    found: dict[str, Any] = {
        "zone": fields.zone("zone"),
        "rollover_hour": fields.number("rollover_hour", 0, 23),
        "new_per_day": fields.number("new_per_day", 0, 999),
        "reviews_per_day": fields.number("reviews_per_day", 0, 9999),
        "learning_steps": fields.text("learning_steps", most=64),
        "easy_days": fields.text("easy_days", most=7),
    }
    for name in ("balance", "type_answer", "shortcuts", "swipes", "suspend_leeches"):
        found[name] = fields.truth(name)
    for name, most in (("goal_cards", 9999), ("goal_minutes", 999)):
        if name in fields.values:
            found[name] = fields.number_or_none(name, 1, most)
    for name, words in _WORDS.items():
        found[name] = fields.word(name, words)
    try:
        steps_named(found["learning_steps"])
    except UnknownSteps as error:
        raise Wrong("has learning steps that are none") from error
    if not re.fullmatch("[0-2]{7}", found["easy_days"]):
        raise Wrong("has easy days that are none")
    wanted = fields.values.get("keys")
    if isinstance(wanted, dict) and all(isinstance(key, str) for key in wanted.values()):
        known = {act: key for act, key in wanted.items() if act in keys.ORIGINAL}
        found["keys"] = {} if keys.clashes(keys.keymap(known)) else known
    return found


_WORDS = {
    "new_order": ("mixed", "first", "last"),
    "review_order": ("overdue", "random", "relative"),
    "grade_scale": ("four", "six"),
    "theme": ("system", "light", "dark"),
    "reading_size": ("small", "normal", "large", "largest"),
    "measure": ("narrow", "normal", "wide"),
}


def _card(fields: Fields) -> BroughtCard:
    text = None
    if fields.values.get("question") is not None:
        text = CardText(
            fields.text("question", most=200_000),
            fields.text("answer", most=500_000),
            fields.texts("section", most=20),
            fields.texts("tags", most=100),
            tuple(
                Option(one.text("key", most=8), one.text("text", most=20_000), one.truth("right"))
                for one in fields.list("options", most=40)
            ),
        )
    return BroughtCard(
        fields.guid("guid"),
        fields.guid("deck"),
        fields.word("kind", ("basic", "choice", "cloze")),
        text,
        fields.guid_or_none("joined_to"),
    )


def _deck(fields: Fields) -> BroughtDeck:
    chosen = None if fields.values.get("chosen") is None else fields.inner("chosen")
    file = fields.text_or_none("file", most=400)
    return BroughtDeck(
        guid=fields.guid("guid"),
        slug=fields.text("slug", most=100),
        title=" ".join(fields.text("title", most=200).split()) or "Deck",
        description=fields.text("description", most=20_000),
        source_url=fields.text("source_url", most=2_000),
        author=fields.text("author", most=200),
        licence=fields.text("licence", most=200),
        own=fields.truth("own"),
        chosen_at=None if chosen is None else chosen.instant("at"),
        new_per_day=None if chosen is None else chosen.number_or_none("new_per_day", 0, 999),
        reviews_per_day=None if chosen is None else chosen.number_or_none("reviews_per_day", 0, 9999),
        folder=(file or "").rpartition("/")[0],
    )


def _event(fields: Fields) -> BroughtEvent:
    kind = fields.word("kind", ("review", "void", "reschedule", "seed"))
    answered, received, day = fields.instant("answered_at"), fields.instant("received_at"), fields.day("study_day")
    if abs((day - answered.date()).days) > 2:
        raise Wrong("has a study day far from when it happened")
    origin = fields.text("origin", most=52)
    if not _ORIGIN.fullmatch(origin):
        raise Wrong("has an origin that is none")
    grade = fields.number_or_none("grade", 0, 5)
    target, due = fields.number_or_none("target", 1, 2**62), fields.day_or_none("due")
    needs = {"review": grade, "void": target, "reschedule": due}
    if (kind in needs and needs[kind] is None) or (kind == "review") != (grade is not None):
        raise Wrong(f"lacks what a {kind} needs")
    if (kind == "void") != (target is not None):
        raise Wrong("takes back an event, but is no void")
    seed = None if kind != "seed" or fields.values.get("seed") is None else _seed(fields.inner("seed"))
    return BroughtEvent(
        id=fields.number("id", 1, 2**62),
        origin=origin,
        card=intern(fields.guid("card")),
        kind=intern(kind),
        grade=grade,
        answered_at=answered,
        received_at=answered if received == answered else received,
        zone=intern(fields.zone("zone")),
        rollover_hour=fields.number("rollover_hour", 0, 23),
        study_day=_one(day),
        elapsed_ms=fields.number_or_none("elapsed_ms", 0, 86_400_000),
        device=intern(fields.text("device", most=64)),
        target=target,
        due=due if kind in ("review", "reschedule") else None,
        reason=fields.text_or_none("reason", most=32),
        seed=seed,
    )


@lru_cache(10_000)
def _one(day: date) -> date:
    """The same day is kept once, as names are (`intern`): a history has many answers of few days and cards."""
    return day


def _seed(fields: Fields) -> MemoryState:
    try:
        return MemoryState(
            fields.number("ease", 130, 100_000),
            fields.number("repetitions", 0, 1_000_000),
            fields.number("interval", 0, MAX_INTERVAL),
            fields.day_or_none("due"),
            fields.number("lapses", 0, 1_000_000),
        )
    except ValueError as error:
        raise Wrong("starts a card from a state that cannot be") from error


def _mark(fields: Fields) -> BroughtMark:
    return BroughtMark(
        fields.guid("card"),
        fields.instant_or_none("suspended_at"),
        fields.day_or_none("buried_on"),
        fields.instant_or_none("flagged_at"),
    )


def _note(fields: Fields) -> BroughtNote:
    text = fields.text("text", most=notes.MOST)
    if not text.strip():
        raise Wrong("is a note without words")
    return BroughtNote(fields.guid("card"), text, fields.instant("saved_at"))


def _practice(fields: Fields) -> BroughtPractice:
    answers = tuple(
        BroughtAnswer(
            one.number("number", 1, 1_000_000),
            one.guid("card"),
            one.number("grade", 0, 5),
            one.instant("answered_at"),
            one.number_or_none("elapsed_ms", 0, 86_400_000),
            one.number_or_none("event", 1, 2**62),
        )
        for one in fields.list("answers", most=20_000)
    )
    return BroughtPractice(
        fields.guid("guid"),
        fields.word("mode", ("tag", "forgotten", "ahead", "quiz")),
        fields.truth("counts"),
        fields.instant("started_at"),
        fields.texts("cards", most=20_000, longest=32),
        answers,
    )
