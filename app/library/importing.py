"""Importing documents: read, match, plan and render first; then write all of it in one transaction, or nothing.

What was planned is written only where the database still is as it was when the plan was made; else it is planned anew.
A file that is byte for byte the one imported last is neither read nor planned, and nothing waits for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.content.document import Card, CardText, NoQuestions, Warning
from app.content.matching import NewCard
from app.content.plan import plan
from app.db.models import Import
from app.db.session import write
from app.library import media
from app.library.applying import Writing, apply
from app.library.changing import Draft
from app.library.files import Batch, Reader, passed_over
from app.library.opened import rebased, without_phantoms
from app.library.outcome import DeckPlan, deck_plans, numbers, unchanged
from app.library.slugs import of_file
from app.library.stored import CardRow, Portal, StoredDeck, joined_guids, mark, read_cards, read_portal
from app.library.targets import Group, Read, collection_of, group, question_keys
from app.library.texts import Rendered, without_place
from app.library.workers import collecting_seldom

_ADVISORY_LOCK = 0x5245_5052
"""PostgreSQL: imports stand in one line, so that two cannot plan the same new deck."""


class StalePlan(Exception):
    """The decks are no longer what the plan was made on, so it was not applied; look at the new plan first."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did or would do, deck by deck in the order of the files, and what deserves a look.

    `mark` names the state it was planned on: hand it back as `expected` to apply exactly this plan. `guid` names the
    import that was applied, for undoing; it is empty where nothing was written.
    """

    decks: tuple[DeckPlan, ...]
    warnings: tuple[Warning, ...]
    mark: str = ""
    guid: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything is, or would be, different from before."""
        return any(deck.changed for deck in self.decks)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is to be planned, everything the plan depends on, and the mark of that."""

    groups: tuple[Group, ...]
    rows: tuple[dict[str, CardRow], ...]
    idents: tuple[dict[str, str], ...]
    warnings: tuple[Warning, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class _Plan:
    drafts: tuple[Draft, ...]
    decks: tuple[DeckPlan, ...]
    warnings: tuple[Warning, ...]
    mark: str


def preview_batches(session: Session, *, batches: Sequence[Batch], reader: Reader | None = None) -> ImportResult:
    """What `import_batches` would do. Nothing is written, and nobody is kept waiting. Raises ContentError."""
    with own_reader(reader) as found:
        known = _known(session, batches, found)
        if known is not None:
            return known
        planned = _plan(_scope(session, batches, found))
        return ImportResult(planned.decks, planned.warnings, planned.mark)


def import_batches(
    session: Session,
    *,
    batches: Sequence[Batch],
    now: datetime,
    author_id: int | None = None,
    expected: str = "",
    reader: Reader | None = None,
) -> ImportResult:
    """Import every file of `batches`: all of them, or none. Importing the same again changes nothing.

    `expected` is the mark of the plan that a person has seen; `reader` one that has read the files already. Flushes;
    the edge commits. Raises ContentError where a file cannot be read, and StalePlan where `expected` is no longer true.
    """
    with own_reader(reader) as found, collecting_seldom():
        known = _known(session, batches, found)
        if known is not None:
            _bring_images(session, batches, known.decks, now, found)
            return known
        planned = _plan(_scope(session, batches, found, ahead=True))
        if not any(deck.changed for deck in planned.decks):
            return ImportResult(planned.decks, planned.warnings, planned.mark)
        rendered = found.render(_new_texts(planned))
        _lock(session)
        scope = _scope(session, batches, found, lock=True)
        if expected and scope.mark != expected:
            raise StalePlan(
                "The decks were changed since this plan was made. Nothing was written: look at the new plan."
            )
        if scope.mark != planned.mark:
            planned = _plan(scope)
            rendered = found.render(_new_texts(planned))
        result = _write(session, planned, rendered, _label(batches), now, author_id)
        _bring_images(session, batches, result.decks, now, found)
        return result


def own_reader(reader: Reader | None) -> AbstractContextManager[Reader]:
    """The reader that is given, which its owner closes, or one for the time being."""
    return Reader() if reader is None else nullcontext(reader)


def _write(
    session: Session,
    planned: _Plan,
    rendered: Mapping[CardText, Rendered],
    label: str,
    now: datetime,
    author_id: int | None,
) -> ImportResult:
    record = Import(label=label, user_id=author_id, applied_at=now, outcome={}, before={})
    session.add(record)
    session.flush()
    writing = Writing(session, rendered, now, author_id, record)
    for draft in planned.drafts:
        apply(writing, draft)
    record.outcome = numbers(planned.decks)
    record.before = writing.before.values()
    session.flush()
    session.expire_all()
    return ImportResult(planned.decks, planned.warnings, planned.mark, record.guid)


def _bring_images(
    session: Session, batches: Sequence[Batch], decks: Sequence[DeckPlan], now: datetime, reader: Reader
) -> None:
    """Take in the images that documents name and have beside them, also where no document changed."""
    beside = {file.shown: file.beside for batch in batches for file in batch.files}
    for deck in decks:
        found = beside.get(deck.file)
        if found is None:
            continue
        if deck.new and all(card.stored is None for card in deck.cards):
            # All of them were rendered just now, and what they name is known.
            named = reader.images(without_place(card.text) for card in deck.cards)
            if all(found(path) is None for path in named):
                continue
        media.bring(session, slug=deck.slug, beside=found, now=now)


def _label(batches: Sequence[Batch]) -> str:
    names = [batch.folder or batch.files[0].name for batch in batches]
    return ", ".join(names)[:400]


def _lock(session: Session) -> None:
    write(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def _known(session: Session, batches: Sequence[Batch], reader: Reader) -> ImportResult | None:
    """The result where every file is the one that was imported last; None where there is something to plan."""
    portal = read_portal(session, [batch.slug for batch in batches])
    decks: list[DeckPlan] = []
    warnings: list[Warning] = []
    for batch in batches:
        if batch.folder and not batch.slug:
            collection = collection_of(portal, batch)
            here = portal.of(collection.id) if collection is not None else ()
        else:
            only = portal.by_slug(batch.slug or of_file(batch.files[0].name))
            here = (only,) if only is not None and len(batch.files) == 1 else ()
        found = _same(batch, here, reader, warnings)
        if found is None:
            return None
        decks.extend(found)
    return ImportResult(tuple(decks), tuple(warnings))


def _same(batch: Batch, decks: Sequence[StoredDeck], reader: Reader, warnings: list[Warning]) -> list[DeckPlan] | None:
    by_name = {deck.filename: deck for deck in decks if deck.sha256 is not None}
    if not by_name or any(file.opened is not None for file in batch.files):
        return None
    alone = not batch.folder or bool(batch.slug)
    plans = []
    for file in batch.files:
        deck = by_name.pop(decks[0].filename if alone else file.name, None)
        if deck is not None and deck.sha256 == file.sha256 and batch.dialect in ("", deck.dialect):
            plans.append(unchanged(deck, file.shown))
            continue
        if deck is not None:
            return None
        try:
            reader.deck(file, batch.dialect)
        except NoQuestions as error:
            warnings.append(passed_over(file, error))
        else:
            return None
    return None if by_name else plans


def _scope(
    session: Session, batches: Sequence[Batch], reader: Reader, *, lock: bool = False, ahead: bool = False
) -> _Scope:
    portal = read_portal(session, [batch.slug for batch in batches])
    batches = [_as_before(portal, batch) for batch in batches]
    reader.read(batches)
    reads = [Read(batch, *reader.batch(batch)) for batch in batches]

    def questions_of(deck: StoredDeck) -> frozenset[str]:
        cards = (row.card for row in read_cards(session, [deck]).values())
        return question_keys(card.base for card in cards if card.base is not None and card.archived is None)

    groups = group(portal, reads, questions_of)
    if ahead:
        reader.render_ahead(_texts_of_new_decks(groups))
    rows = tuple(rebased(one, read_cards(session, one.decks, one.held, lock=lock)) for one in groups)
    return _Scope(
        groups=groups,
        rows=rows,
        idents=tuple(joined_guids(session, one.decks) for one in groups),
        warnings=tuple(warning for read in reads for warning in read.warnings),
        mark=mark(portal, (row for cards in rows for row in cards.values()), batches),
    )


def _as_before(portal: Portal, batch: Batch) -> Batch:
    """A file whose deck was once read in a way that a person chose is read that way again."""
    if batch.dialect or (batch.folder and not batch.slug) or len(batch.files) != 1:
        return batch
    deck = portal.by_slug(batch.slug or of_file(batch.files[0].name))
    return batch if deck is None or not deck.dialect else replace(batch, dialect=deck.dialect)


def _plan(scope: _Scope) -> _Plan:
    drafts = []
    for one, rows, idents in zip(scope.groups, scope.rows, scope.idents, strict=True):
        new = [
            NewCard(target.slug, place, _by_living_ident(card, idents), target.document.file.shown)
            for target in one.targets
            for place, card in enumerate(target.document.deck.cards)
        ]
        new = without_phantoms(one, rows, new)
        drafts.append(Draft(one, rows, plan([row.card for row in rows.values()], new)))
    warnings = (*scope.warnings, *(warning for draft in drafts for warning in draft.plan.warnings))
    decks = tuple(deck for draft in drafts for deck in deck_plans(draft))
    return _Plan(tuple(drafts), decks, warnings, scope.mark)


def _by_living_ident(card: Card, idents: Mapping[str, str]) -> Card:
    """A question that bears the id of a card that was joined to another one means that other one."""
    living = idents.get(card.ident or "")
    return card if living is None else replace(card, ident=living)


def _texts_of_new_decks(groups: Sequence[Group]) -> Iterator[CardText]:
    """Texts that are new whatever is planned."""
    for one in groups:
        for target in one.targets:
            if target.deck is None:
                yield from (without_place(card.text) for card in target.document.deck.cards)


def _new_texts(planned: _Plan) -> Iterator[CardText]:
    """The texts that will be new to readers."""
    for draft in planned.drafts:
        for card in draft.plan.cards:
            text = without_place(card.text)
            if card.stored is None or text != without_place(card.stored.text):
                yield text
