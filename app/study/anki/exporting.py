"""Decks and a learner's memory of them as an Anki package."""

import re
from collections import defaultdict
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import Session, aliased

from app.content import render
from app.content.anki.writing import Days, Memory, Pack, Press, Sheet, package
from app.content.render.decorate import MEDIA
from app.db.models import Card, CardMark, CardState, Collection, Deck, DeckChoice, DeckMedia, Event, Media
from app.library import media, slugs
from app.scheduling.study_day import study_day
from app.web.access import can, readable
from app.web.sessions import Viewer

_IMAGE = re.compile(rf'(?<=src="){MEDIA}(?=[0-9a-f]{{64}}\.)')
_NAME = re.compile(r'(?<=src=")[0-9a-f]{64}\.[a-z]+(?=")')
_PAGE_ONLY = re.compile(r' (?:tabindex|role|aria-label|loading|scope)="[^"]*"')
_BUTTONS = (1, 1, 1, 2, 3, 4)
"""Anki's button for each grade: what was not recalled is Again, then Hard, Good and Easy."""


class NothingToExport(Exception):
    """No deck was named that this person may study."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A package, what it should be called, and what is in it."""

    filename: str
    data: bytes = field(repr=False)
    decks: int
    cards: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Offered:
    """A deck that may be exported, and whether the learner studies it."""

    slug: str
    title: str
    chosen: bool


def offered(session: Session, viewer: Viewer) -> list[Offered]:
    """The decks that a learner may take to Anki, those they study first."""
    mine = and_(DeckChoice.deck_id == Deck.id, DeckChoice.user_id == viewer.id)
    chosen = DeckChoice.chosen_at.is_not(None)
    found = select(Deck.slug, Deck.title, chosen.label("chosen")).outerjoin(DeckChoice, mine).where(readable(viewer))
    rows = session.execute(found.order_by(DeckChoice.chosen_at.is_(None), Deck.title, Deck.id))
    return [Offered(row.slug, row.title, bool(row.chosen)) for row in rows]


def export(
    session: Session, *, viewer: Viewer | None, named: Several[str], now: datetime, progress: bool = True
) -> Exported:
    """The decks with these slugs, in one package; with `progress` also what the learner remembers and answered.

    `viewer` None is the operator, who may take every deck and has no progress. Raises `NothingToExport`.
    """
    decks = _decks(session, viewer, named)
    if not decks:
        raise NothingToExport
    learner = viewer if progress else None
    ids = [deck.id for deck in decks]
    presses = _presses(session, learner, ids)
    rows = _cards(session, learner, ids)
    pictures = {deck.id: media.of_deck(session, deck.id) for deck in decks}
    packs = _packs(decks, rows, presses, pictures)
    files = _files(session, ids, packs)
    zone, hour = (viewer.zone, viewer.rollover_hour) if viewer else ("UTC", 4)
    data = package(packs, media=files, days=_days(rows, presses, zone, hour, now), now=now)
    name = slugs.slugify(decks[0].title) if len(decks) == 1 else "reprise"
    reviews = sum(map(len, presses.values()))
    return Exported(f"{name}.apkg", data, len(decks), len(rows), reviews)


def _decks(session: Session, viewer: Viewer | None, named: Several[str]) -> Sequence[Any]:
    columns = (Deck.id, Deck.guid, Deck.title, Deck.slug, Deck.description, Deck.visibility, Deck.owner_id)
    found = select(*columns, Deck.archived_at, Collection.title.label("collection"))
    found = found.outerjoin(Collection, Collection.id == Deck.collection_id).order_by(Deck.title, Deck.id)
    rows = session.execute(found.where(Deck.slug.in_([slug for slug in named if "\0" not in slug]))).all()
    return [row for row in rows if viewer is None or can(viewer, "study", row)]


def _cards(session: Session, learner: Viewer | None, decks: Sequence[int]) -> Sequence[Any]:
    """The cards that are asked, with the learner's state and marks of each."""
    me = learner.id if learner else -1
    columns = (
        *(Card.id, Card.guid, Card.deck_id, Card.section, Card.question, Card.answer, Card.options, Card.tags),
        *(Card.question_html, Card.answer_html, Card.options_html, Card.created_at, Card.updated_at),
        *(CardState.due, CardState.interval, CardState.ease, CardState.reviews, CardState.lapses),
        *(CardMark.suspended_at, CardMark.flagged_at),
    )
    found = (
        select(*columns)
        .outerjoin(CardState, and_(CardState.card_id == Card.id, CardState.user_id == me))
        .outerjoin(CardMark, and_(CardMark.card_id == Card.id, CardMark.user_id == me))
        .where(Card.deck_id.in_(decks), Card.archived_at.is_(None), Card.merged_into_id.is_(None), ~Card.draft)
    )
    return session.execute(found.order_by(Card.deck_id, Card.position, Card.id)).all()


def _presses(session: Session, learner: Viewer | None, decks: Sequence[int]) -> Mapping[int, list[Press]]:
    """The live answers of a learner, by card; those to cards that were joined count for the one that lives on."""
    found: dict[int, list[Press]] = defaultdict(list)
    if learner is None:
        return found
    root = aliased(Card)
    columns = (
        Event.grade,
        Event.answered_at,
        Event.counted,
        Event.elapsed_ms,
        Event.interval_before,
        Event.interval_after,
    )
    rows = session.execute(
        select(*columns, Event.ease_after, root.id.label("root_id"))
        .join(Card, Card.id == Event.card_id)
        .join(root, root.id == func.coalesce(Card.merged_into_id, Card.id))
        .where(Event.user_id == learner.id, Event.kind == literal("review"), Event.live, root.deck_id.in_(decks))
        .order_by(Event.answered_at, Event.id)
        .execution_options(yield_per=2000)
    )
    for row in rows:
        press = Press(
            row.answered_at,
            _BUTTONS[row.grade],
            min(row.interval_after or 0, 36_500),
            min(row.interval_before or 0, 36_500),
            row.ease_after or 0,
            row.elapsed_ms or 0,
            not row.counted,
        )
        found[row.root_id].append(press)
    return found


def _packs(
    decks: Sequence[Any],
    rows: Sequence[Any],
    presses: Mapping[int, list[Press]],
    pictures: Mapping[int, Mapping[str, str]],
) -> list[Pack]:
    sheets: dict[int, list[Sheet]] = defaultdict(list)
    for row in rows:
        sheets[row.deck_id].append(_sheet(row, presses.get(row.id, []), pictures[row.deck_id]))
    names: set[str] = set()
    packs = []
    for deck in decks:
        title = deck.title.replace("::", ":")
        name = f"{deck.collection.replace('::', ':')}::{title}" if deck.collection else title
        name = f"{name} ({deck.slug})" if name.casefold() in names else name
        names.add(name.casefold())
        packs.append(Pack(deck.guid, name, deck.description, sheets[deck.id]))
    return packs


def _sheet(row: Any, presses: Sequence[Press], images: Mapping[str, str]) -> Sheet:
    keys = [str(option["key"]) for option in row.options]
    options = [_html(option["text"], html, images) for option, html in zip(row.options, row.options_html, strict=True)]
    right = [place for place, option in enumerate(row.options) if option["right"]]
    answer = _html(row.answer, row.answer_html, images)
    if right:
        answer = _listed(keys, options, right) + answer
    return Sheet(
        guid=row.guid,
        question=_html(row.question, row.question_html, images),
        options=_listed(keys, options, range(len(options))) if options else "",
        answer=answer,
        section=" › ".join(row.section).replace("&", "&amp;").replace("<", "&lt;"),
        tags=row.tags,
        created_at=row.created_at,
        updated_at=row.updated_at,
        memory=None if row.due is None else Memory(row.due, row.interval, row.ease, row.reviews, row.lapses),
        presses=presses,
        suspended=row.suspended_at is not None,
        flagged=row.flagged_at is not None,
    )


def _listed(keys: Sequence[str], options: Sequence[str], places: Sequence[int]) -> str:
    items = "".join(f"<li><b>{keys[place]}</b> {options[place]}</li>" for place in places)
    return f'<ol class="keys">{items}</ol>'


def _html(text: str, html: str, images: Mapping[str, str]) -> str:
    """The HTML of a text for Anki: images by their file names, formulas as LaTeX."""
    if "<math" in html:
        html = render.render_elsewhere(text, images=images.get)
    return _PAGE_ONLY.sub("", _IMAGE.sub("", html))


def _files(session: Session, decks: Sequence[int], packs: Sequence[Pack]) -> dict[str, bytes]:
    """The images that the packages name."""
    named = {
        name
        for pack in packs
        for sheet in pack.sheets
        for side in (sheet.question, sheet.options, sheet.answer)
        for name in _NAME.findall(side)
    }
    if not named:
        return {}
    found = select(Media.sha256, Media.mime, Media.content).where(
        Media.id.in_(select(DeckMedia.media_id).where(DeckMedia.deck_id.in_(decks)))
    )
    files = {f"{row.sha256}.{media.ENDINGS[row.mime]}": row.content for row in session.execute(found)}
    return {name: data for name, data in files.items() if name in named}


def _days(
    rows: Sequence[Any], presses: Mapping[int, list[Press]], zone: str, rollover_hour: int, now: datetime
) -> Days:
    """The first of all days that the package speaks of, and how far the learner's clock was from UTC then."""
    days: list[date] = [study_day(now, zone, rollover_hour), *(row.due for row in rows if row.due is not None)]
    firsts = [each[0].at for each in presses.values() if each]
    if firsts:
        days.append(study_day(min(firsts), zone, rollover_hour))
    first = min(days)
    noon = datetime(first.year, first.month, first.day, 12, tzinfo=ZoneInfo(zone))
    offset = noon.utcoffset()
    return Days(first, int(offset.total_seconds() // 60) if offset else 0, rollover_hour)
