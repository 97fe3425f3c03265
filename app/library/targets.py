"""Which deck each file of an import belongs to, and which decks are planned together."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.content.document import CardText, ContentError, Warning
from app.content.matching import normal
from app.library import slugs
from app.library.files import Batch, Document
from app.library.stored import Portal, StoredCollection, StoredDeck


@dataclass(frozen=True, slots=True)
class Target:
    """A document and the deck it goes to: `deck` is None for a new one, which will be called `slug`, and maybe `private`."""

    document: Document
    deck: StoredDeck | None
    slug: str
    filename: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Decks that are planned together, because a question may move between them: those of one collection, or one deck.

    `others` are the collection's decks that no file was read for: cards of `held` ones keep their place, those of the
    rest have lost their file. `collection` is None, and `new_collection` names one to make, by slug and title.
    """

    targets: tuple[Target, ...]
    others: tuple[StoredDeck, ...] = ()
    held: frozenset[int] = frozenset()
    collection: StoredCollection | None = None
    new_collection: tuple[str, str] | None = None

    @property
    def decks(self) -> tuple[StoredDeck, ...]:
        """Every deck that is there already."""
        return (*(target.deck for target in self.targets if target.deck is not None), *self.others)

    @property
    def gone(self) -> tuple[StoredDeck, ...]:
        """Decks whose file has left the folder."""
        return tuple(deck for deck in self.others if deck.id not in self.held and deck.sha256 is not None)


@dataclass(frozen=True, slots=True)
class Read:
    """A batch and what was read in it."""

    batch: Batch
    documents: tuple[Document, ...]
    warnings: tuple[Warning, ...] = ()


QuestionsOf = Callable[[StoredDeck], frozenset[str]]
"""The questions a deck's document last had, in the form `question_keys` gives; asked only where a file is missing."""


def group(portal: Portal, reads: Sequence[Read], questions_of: QuestionsOf) -> tuple[Group, ...]:
    """Give every document its deck. Raises ContentError where two documents would become one."""
    taken = {deck.slug for deck in portal.decks} | portal.hidden
    claimed: dict[str, Document] = {}
    groups: list[Group] = []
    alone: dict[int, list[Target]] = {}
    for read in reads:
        if read.batch.folder and not read.batch.slug:
            found = _folder(
                portal, read, questions_of, taken, {group.collection.id for group in groups if group.collection}
            )
            groups.append(found)
            targets = found.targets
        else:
            targets = tuple(_single(portal, document, read.batch) for document in read.documents)
            for target in targets:
                if target.deck is not None and target.deck.collection_id is not None:
                    alone.setdefault(target.deck.collection_id, []).append(target)
                else:
                    groups.append(Group((target,)))
        for target in targets:
            _claim(claimed, target)
            taken.add(target.slug)
    return (*groups, *(_together(portal, collection_id, found) for collection_id, found in alone.items()))


def collection_of(portal: Portal, batch: Batch) -> StoredCollection | None:
    """The collection a folder was imported into before: of those that bear its name, the one with the same files."""
    by_id = {one.id: one for one in portal.collections}
    if batch.collection_id is not None:
        return by_id[batch.collection_id]
    names = {file.name for file in batch.files}
    best: StoredCollection | None = None
    most = 0.0
    for one in portal.collections:
        if not re.fullmatch(rf"{re.escape(slugs.slugify(batch.folder))}(-\d+)?", one.slug):
            continue
        there = {deck.filename for deck in portal.of(one.id) if deck.filename is not None}
        share = len(names & there) / min(len(names), len(there)) if there else 0.5
        if share >= 0.5 and share > most:
            best, most = one, share
    return best


def _claim(claimed: dict[str, Document], target: Target) -> None:
    if target.slug in claimed:
        raise ContentError(
            target.document.file.shown,
            1,
            f"It would become the deck “{target.slug}”, as {claimed[target.slug].file.shown} does.",
            "Name each file once, or import one of them by itself with --deck and another name.",
        )
    claimed[target.slug] = target.document


def _single(portal: Portal, document: Document, batch: Batch) -> Target:
    slug = batch.slug or slugs.free(slugs.of_file(document.file.name), portal.hidden)
    deck = portal.by_slug(slug)
    filename = document.file.name if deck is None or deck.filename is None else deck.filename
    return Target(document, deck, slug, filename, batch.private)


def _together(portal: Portal, collection_id: int, targets: list[Target]) -> Group:
    """Files named alone whose decks are in one collection: the others' cards are held."""
    ids = {target.deck.id for target in targets if target.deck is not None}
    others = tuple(deck for deck in portal.of(collection_id) if deck.id not in ids)
    held = frozenset(deck.id for deck in others)
    collection = next(one for one in portal.collections if one.id == collection_id)
    return Group(tuple(targets), others, held, collection)


def _folder(portal: Portal, read: Read, questions_of: QuestionsOf, taken: set[str], used: set[int]) -> Group:
    collection = collection_of(portal, read.batch)
    if collection is not None and collection.id in used:
        raise ContentError(read.batch.shown, 1, "The folder is named twice.", "Name it once.")
    here = portal.of(collection.id) if collection is not None else ()
    found = _known(read.documents, here)
    names = {file.name for file in read.batch.files}
    lost = [deck for deck in here if deck.sha256 is not None and deck.filename not in names]
    for document, deck in _renamed([one for one in read.documents if one.file.name not in found], lost, questions_of):
        found[document.file.name] = deck
    title = read.batch.folder
    slug = collection.slug if collection is not None else slugs.free(slugs.slugify(title), _slugs(portal.collections))
    claimed = {deck.slug for deck in found.values()}
    targets = []
    for document in read.documents:
        name = document.file.name
        if name not in found:
            target = _new(portal, document, collection, slug, taken, claimed)
            claimed.add(target.slug)
        else:
            target = Target(document, found[name], found[name].slug, name)
        targets.append(target)
    ids = {target.deck.id for target in targets if target.deck is not None}
    others = tuple(deck for deck in here if deck.id not in ids)
    held = frozenset(deck.id for deck in others if deck.filename in names)
    return Group(tuple(targets), others, held, collection, None if collection is not None else (slug, title[:200]))


def _slugs(collections: Iterable[StoredCollection]) -> set[str]:
    return {one.slug for one in collections}


def _known(documents: Iterable[Document], decks: Iterable[StoredDeck]) -> dict[str, StoredDeck]:
    by_name = {deck.filename: deck for deck in decks if deck.filename is not None}
    return {one.file.name: by_name[one.file.name] for one in documents if one.file.name in by_name}


def _renamed(
    documents: Sequence[Document], lost: Sequence[StoredDeck], questions_of: QuestionsOf
) -> Iterator[tuple[Document, StoredDeck]]:
    """Files that bear a new name but have most questions of a deck that lost its file: the deck follows them."""
    pairs = []
    known = [(deck, questions_of(deck)) for deck in lost] if documents else []
    for place, document in enumerate(documents):
        asked = question_keys(card.text for card in document.deck.cards)
        for deck, base in known:
            share = len(asked & base) / max(min(len(asked), len(base)), 1)
            if share > 0.5:
                pairs.append((-share, place, deck.id))
    by_id = {deck.id: deck for deck in lost}
    used: set[int] = set()
    for _, place, deck_id in sorted(pairs):
        if place not in used and deck_id in by_id:
            used.add(place)
            yield documents[place], by_id.pop(deck_id)


def _new(
    portal: Portal,
    document: Document,
    collection: StoredCollection | None,
    collection_slug: str,
    taken: set[str],
    claimed: set[str],
) -> Target:
    """A file's own deck: one of its name that stands alone or lost its document is taken over, else a new one is made."""
    for slug in slugs.candidates(document.file.name, collection_slug):
        deck = portal.by_slug(slug)
        if slug in claimed:
            continue
        if deck is not None and _may_take(deck, document, collection):
            return Target(document, deck, slug, document.file.name)
        if deck is None and slug not in taken:
            return Target(document, None, slug, document.file.name)
    raise AssertionError("unreachable")


def _may_take(deck: StoredDeck, document: Document, collection: StoredCollection | None) -> bool:
    if deck.collection_id is None:
        return deck.filename is None or PurePosixPath(deck.filename).name == PurePosixPath(document.file.name).name
    return collection is not None and deck.collection_id == collection.id and deck.filename is None


def question_keys(texts: Iterable[CardText]) -> frozenset[str]:
    """Questions in the form in which a renamed file's deck is found again."""
    return frozenset(normal(text.question) for text in texts)
