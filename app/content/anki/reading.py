"""A package from Anki as decks of cards that can be stored here, with what is remembered of them; and what cannot come over."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from urllib.parse import unquote

from app.content.anki import templates
from app.content.anki.collection import AnkiCard, AnkiCollection, Answer, Note, NoteKind, read_collection
from app.content.anki.container import Container, open_package
from app.content.anki.markdown import TooLong, to_markdown
from app.content.anki.templates import Given, Side
from app.content.anki.writing import FIELDS, MODEL_ID
from app.content.document import CardText, ContentError, Option

ENDINGS = (".apkg", ".colpkg")
MAX_REMARKS = 200
MAX_TEXT = 20_000_000
"""Characters of HTML that all cards of a package may have."""
MAX_TITLE = 200
MAX_TAG = 100
_SOUND = re.compile(r"\[sound:([^\]\n]{1,200})\]")
_SPEECH = re.compile(r"\[anki:tts[^\]]{0,300}\].*?\[/anki:tts\]", re.DOTALL)
_IMAGE = re.compile(r"<img\b[^<>]*?\bsrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s<>\"']+))", re.IGNORECASE)
_ABROAD = re.compile(r"(?:https?:)?//|data:", re.IGNORECASE)
_ACTS = re.compile(r"<(video|audio|object|embed|iframe|canvas|svg)\b", re.IGNORECASE)
_RULE = re.compile(r"\s*<hr\b[^<>]*\bid\s*=\s*[\"']?answer[^<>]*>\s*", re.IGNORECASE)
_LISTED = re.compile(r'<ol class="keys">(.*?)</ol>', re.DOTALL)
_OPTION = re.compile(r"<li><b>(.{1,8}?)</b> (.*?)</li>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that does not come over: of which note (its id in Anki; 0: of the package), and what."""

    note: int
    what: str


@dataclass(frozen=True, slots=True)
class Brought:
    """One card. `guid` and `ord` name it in Anki; `images` are the files its text names."""

    guid: str
    ord: int
    note: int
    text: CardText
    cloze: bool
    images: Sequence[str]
    state: AnkiCard
    answers: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class BroughtDeck:
    """A deck at the top of Anki's list; those within it are sections of its cards."""

    title: str
    cards: Sequence[Brought]


@dataclass(frozen=True, slots=True)
class Package:
    """All that a package brings. `left_out` counts the remarks that are not among `remarks`."""

    name: str
    began: int
    offset: int | None
    decks: Sequence[BroughtDeck]
    remarks: Sequence[Remark]
    left_out: int
    files: Container = field(repr=False)

    @property
    def cards(self) -> int:
        """How many cards it brings."""
        return sum(len(deck.cards) for deck in self.decks)

    @property
    def answers(self) -> int:
        """How many answers its log has for them."""
        return sum(len(card.answers) for deck in self.decks for card in deck.cards)


def is_package(filename: str) -> bool:
    """Whether a file is called as Anki calls its packages."""
    return filename.lower().endswith(ENDINGS)


def read_package(name: str, data: bytes, *, most: int | None = None) -> Package:
    """Read a package of at most `most` cards. Raises ContentError where it cannot be, or no card of it could come over."""
    files = open_package(name, data)
    collection = read_collection(name, files.collection)
    files.collection = b""
    if most is not None and len(collection.cards) > most:
        problem = f"It has {len(collection.cards):,} cards; your own decks may have {most:,} in all."
        raise ContentError(name, 1, problem, "Export fewer decks at once.")
    reading = _Reading(name, collection, files)
    decks = reading.decks()
    if not any(deck.cards for deck in decks):
        why = f" Note {reading.remarks[0].note}: {reading.remarks[0].what}" if reading.remarks else ""
        raise ContentError(name, 1, f"There is no card in it that can come over.{why}", "Export decks with cards.")
    left = max(len(reading.remarks) - MAX_REMARKS, 0)
    return Package(name, collection.began, collection.offset, decks, reading.remarks[:MAX_REMARKS], left, files)


class _Reading:
    """Reads a collection once."""

    def __init__(self, name: str, collection: AnkiCollection, files: Container) -> None:
        self._name = name
        self._collection = collection
        self._files = files
        self._notes = {note.id: note for note in collection.notes}
        self.remarks: list[Remark] = []
        self._said: set[tuple[int, str]] = set()
        self._read = 0

    def decks(self) -> list[BroughtDeck]:
        answers: dict[int, list[Answer]] = defaultdict(list)
        for answer in self._collection.answers:
            answers[answer.card].append(answer)
        found: dict[str, list[Brought]] = {}
        seen: set[tuple[str, int]] = set()
        for path, card in sorted(self._placed(), key=lambda one: (one[0], one[1].note, one[1].ord)):
            made = self._card(card, path[1:])
            if made is not None and (made.guid, made.ord) not in seen:
                seen.add((made.guid, made.ord))
                log = sorted(answers.get(card.id, ()), key=lambda answer: answer.at)
                found.setdefault(path[0], []).append(replace(made, answers=log))
        return [BroughtDeck(title, cards) for title, cards in found.items()]

    def _placed(self) -> Iterator[tuple[tuple[str, ...], AnkiCard]]:
        own = self._name.rpartition(".")[0] or "Anki"
        for card in self._collection.cards:
            names = self._collection.decks.get(card.deck, ())
            path = tuple(part for name in names if (part := " ".join(name.split())[:MAX_TITLE]))[:8]
            if not path or path == ("Default",):
                path = (" ".join(own.split())[:MAX_TITLE] or "Anki",)
            yield path, card

    def _card(self, card: AnkiCard, section: tuple[str, ...]) -> Brought | None:
        note = self._notes.get(card.note)
        kind = self._collection.kinds.get(note.kind) if note else None
        if note is None or kind is None or not kind.templates:
            self._remark(card.note, "Its note or its kind of note is missing.")
            return None
        try:
            made = self._text(note, kind, card.ord, section)
        except TooLong:
            self._remark(note.id, "It is too long.")
            return None
        if made is None:
            return None
        text, images = made
        return Brought(note.guid, card.ord, note.id, text, kind.cloze, images, card)

    def _text(
        self, note: Note, kind: NoteKind, ord_: int, section: tuple[str, ...]
    ) -> tuple[CardText, Sequence[str]] | None:
        values = dict(zip(kind.fields, note.fields, strict=False))
        if kind.id == MODEL_ID and set(FIELDS) <= set(values):
            return self._own(note, values)
        if any("image-occlusion:" in value for value in note.fields):
            self._remark(note.id, "It hides parts of an image, which is not possible here.")
            return None
        if not kind.cloze and not 0 <= ord_ < len(kind.templates):
            self._remark(note.id, "Its template is missing.")
            return None
        template = kind.templates[0 if kind.cloze else ord_]
        names = {
            "Tags": " ".join(note.tags),
            "Type": kind.name,
            "Card": template.name,
            "Deck": "::".join(section),
            "Subdeck": section[-1] if section else "",
        }
        side = Side()
        given = Given(names | values, ord_ + 1 if kind.cloze else 0, None)
        question = templates.render(template.question, given, side)
        answer = templates.render(template.answer, replace(given, front=""), side)
        answer = _RULE.sub("", answer, count=1) if _RULE.match(answer) else _RULE.sub("<hr>", answer)
        for one in sorted(side.unknown):
            self._remark(0, f"The filter “{one[:60]}” of “{kind.name}” is not known; its fields are shown as they are.")
        front, back = self._side(note, question), self._side(note, answer)
        if not front[0]:
            self._remark(note.id, "Its question is empty, or made by a script.")
            return None
        text = CardText(front[0], back[0], section, _tags(note))
        return text, _distinct(front[1] + back[1])

    def _own(self, note: Note, values: Mapping[str, str]) -> tuple[CardText, Sequence[str]] | None:
        """A note that was made here: its options are options again, and its section is one."""
        question, answer = self._side(note, values["Question"]), values["Answer"]
        options: tuple[Option, ...] = ()
        images = list(question[1])
        if values["Options"].strip():
            right: set[str] = set()
            if match := _LISTED.match(answer):
                right, answer = {key for key, _html in _OPTION.findall(match[1])}, answer[match.end() :]
            made = []
            for key, html in _OPTION.findall(values["Options"]):
                text, named = self._side(note, html)
                images += named
                made.append(Option(unescape(key), text, key in right))
            options = tuple(made)
        back = self._side(note, answer)
        if not question[0]:
            self._remark(note.id, "Its question is empty.")
            return None
        section = tuple(part for part in unescape(values["Section"]).split(" › ") if part.strip())
        return CardText(question[0], back[0], section, _tags(note), options), _distinct([*images, *back[1]])

    def _side(self, note: Note, html: str) -> tuple[str, list[str]]:
        """The Markdown of a side, and the images it names that are there. Says what is lost."""
        self._read += len(html)
        if self._read > MAX_TEXT:
            problem = f"Its cards have more than {MAX_TEXT:,} characters together."
            raise ContentError(self._name, 1, problem, "Export fewer decks at once.")
        for sound in _SOUND.findall(html):
            self._remark(note.id, f"The sound “{unescape(sound)[:80]}” stays out: cards have no sound here.")
        html = _SOUND.sub("", html)
        if _SPEECH.search(html):
            self._remark(note.id, "Spoken text stays out: cards have no sound here.")
            html = _SPEECH.sub("", html)
        if (match := _ACTS.search(html)) is not None:
            self._remark(note.id, f"What is in <{match[1].lower()}> stays out.")
        images = []
        for parts in _IMAGE.findall(html):
            source = unescape(next(filter(None, parts), ""))
            filename = source if source in self._files else unquote(source)
            if filename in self._files:
                images.append(filename)
            elif source and not _ABROAD.match(source):
                self._remark(note.id, f"The image “{source[:80]}” is not in the package.")
        return to_markdown(html), images

    def _remark(self, note: int, what: str) -> None:
        if (note, what) not in self._said and len(self._said) < 100 * MAX_REMARKS:
            self._said.add((note, what))
            self.remarks.append(Remark(note, what))


def _tags(note: Note) -> tuple[str, ...]:
    """Tags as they are here: words; Anki's own of leeches and marks are none of the learner's."""
    own = (tag.replace("::", "/").replace("_", " ").strip()[:MAX_TAG] for tag in note.tags)
    return tuple(dict.fromkeys(tag for tag in own if tag and tag.lower() not in ("leech", "marked")))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
