"""What a learner's archive brings, as values that were checked; `docs/export.md` says what each means."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.content.document import CardText
from app.scheduling.state import MemoryState


@dataclass(frozen=True, slots=True)
class BroughtEvent:
    """A line of the log, as `docs/export.md` has it."""

    id: int
    origin: str
    card: str
    kind: str
    grade: int | None
    answered_at: datetime
    received_at: datetime
    zone: str
    rollover_hour: int
    study_day: date
    elapsed_ms: int | None
    device: str
    target: int | None
    due: date | None
    reason: str | None
    seed: MemoryState | None


@dataclass(frozen=True, slots=True)
class BroughtCard:
    """A card; `text` is None where the archive does not say what it asks."""

    guid: str
    deck: str
    kind: str
    text: CardText | None
    joined_to: str | None

    @property
    def root(self) -> str:
        """The card whose log its events belong to."""
        return self.joined_to or self.guid


@dataclass(frozen=True, slots=True)
class BroughtDeck:
    """A deck that was chosen, or was the learner's own."""

    guid: str
    slug: str
    title: str
    description: str
    source_url: str
    author: str
    licence: str
    own: bool
    chosen_at: datetime | None
    new_per_day: int | None
    reviews_per_day: int | None
    folder: str


@dataclass(frozen=True, slots=True)
class BroughtMark:
    """What was said of a card."""

    card: str
    suspended_at: datetime | None
    buried_on: date | None
    flagged_at: datetime | None


@dataclass(frozen=True, slots=True)
class BroughtAnswer:
    """An answer of a practice session; `event` is the id of the review it was, too."""

    number: int
    card: str
    grade: int
    answered_at: datetime
    elapsed_ms: int | None
    event: int | None


@dataclass(frozen=True, slots=True)
class BroughtPractice:
    """A practice session."""

    guid: str
    mode: str
    counts: bool
    started_at: datetime
    cards: tuple[str, ...]
    answers: tuple[BroughtAnswer, ...]


@dataclass(frozen=True, slots=True)
class BroughtNote:
    """What the learner wrote on a card for themselves."""

    card: str
    text: str
    saved_at: datetime


@dataclass(slots=True)
class Brought:
    """All that an archive brings."""

    portal: str
    exported_at: datetime
    settings: dict[str, Any]
    """Columns of an account, of `export.SETTINGS`; for whoever wants them."""
    rests: list[tuple[date, date]]
    decks: dict[str, BroughtDeck]
    cards: dict[str, BroughtCard] = field(default_factory=dict)
    events: list[BroughtEvent] = field(default_factory=list)
    marks: list[BroughtMark] = field(default_factory=list)
    practice: list[BroughtPractice] = field(default_factory=list)
    notes: list[BroughtNote] = field(default_factory=list)
