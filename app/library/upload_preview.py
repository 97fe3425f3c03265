"""An upload as its editor sees it before anything is stored: cards as learners will see them, and what to look at."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.content.document import Card, CardText, Warning
from app.content.heading import parted
from app.content.rendered import Rendered, render_text
from app.library.files import Document, Reader
from app.library.importing import ImportResult, preview_batches
from app.library.media import count_new, picture
from app.library.uploads import Found, wished_batch
from app.library.wishes import Wish

PAGE = 50
"""Cards without warnings on one page."""
MOST_NOTED = 50
"""Cards with warnings that are shown as learners will see them; of the rest, the warnings."""


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card of the preview, by its number among all of them; `rendered` as learners will see it."""

    number: int
    file: str
    line: int
    text: CardText
    rendered: Rendered
    title_html: str
    body_html: str
    draft: bool
    warnings: tuple[Warning, ...] = ()

    @property
    def unanswerable(self) -> bool:
        """A choice without a right option."""
        return bool(self.text.options) and not any(option.right for option in self.text.options)


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """How one document was read: `readings` are the reading taken and its rivals, with the questions each finds."""

    file: str
    title: str
    dialect: str
    questions: int
    drafts: int
    readings: tuple[tuple[str, int], ...]
    author: str
    licence: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything the page shows. `noted` are cards with warnings, `clean` one page of the others.

    `loose` are warnings that belong to no shown card; `plan` what importing would change; where that is nothing,
    `pictures` are the images that are new or others than before.
    """

    documents: tuple[ReadDocument, ...]
    noted: tuple[ShownCard, ...]
    clean: tuple[ShownCard, ...]
    loose: tuple[Warning, ...]
    questions: int
    drafts: int
    noted_total: int
    clean_total: int
    page: int
    pages: int
    plan: ImportResult
    pictures: int = 0

    def count(self, kind: str) -> int:
        """How many cards would be of a kind: added, changed, moved, restored, archived or conflicts."""
        return sum(deck.numbers().get(kind, 0) for deck in self.plan.decks)


@dataclass(frozen=True, slots=True)
class _Placed:
    number: int
    document: Document
    card: Card
    warnings: tuple[Warning, ...]


def preview(session: Session, found: Found, wish: Wish, *, page: int = 1, image: Callable[[str, str], str]) -> Preview:
    """What an upload holds, and what importing it as wished would change. Nothing is written. Raises ContentError.

    `image` gives the address at which the browser finds an image, by its document's file and its path there.
    """
    batch = wished_batch(session, found, wish)
    with Reader() as reader:
        reader.read([batch])
        documents, warnings = reader.batch(batch)
        plan = preview_batches(session, batches=[batch], reader=reader)
    placed, loose = _placed(documents, plan.warnings or warnings)
    noted = [one for one in placed if one.warnings]
    clean = [one for one in placed if not one.warnings]
    pages = max(1, -(-len(clean) // PAGE))
    page = min(max(page, 1), pages)
    loose += [warning for one in noted[MOST_NOTED:] for warning in one.warnings]
    return Preview(
        documents=tuple(_document(one) for one in documents),
        noted=tuple(_shown(one, image) for one in noted[:MOST_NOTED]),
        clean=tuple(_shown(one, image) for one in clean[(page - 1) * PAGE : page * PAGE]),
        loose=tuple(loose),
        questions=len(placed),
        drafts=sum(one.card.draft for one in placed),
        noted_total=len(noted),
        clean_total=len(clean),
        page=page,
        pages=pages,
        plan=plan,
        pictures=0 if plan.changed else _pictures(session, documents, plan),
    )


def _pictures(session: Session, documents: Sequence[Document], plan: ImportResult) -> int:
    beside = {one.file.shown: one.file.beside for one in documents if one.file.beside is not None}
    return sum(
        count_new(session, slug=deck.slug, beside=beside[deck.file]) for deck in plan.decks if deck.file in beside
    )


def _placed(documents: Sequence[Document], warnings: Sequence[Warning]) -> tuple[list[_Placed], list[Warning]]:
    """Every card with the warnings about its lines, and the warnings that stand before the first one of their file."""
    own: defaultdict[tuple[str, int], list[Warning]] = defaultdict(list)
    loose: list[Warning] = []
    lines = {one.file.shown: sorted(card.line for card in one.deck.cards) for one in documents}
    for warning in dict.fromkeys(warnings):
        starts = lines.get(warning.file, [])
        at = bisect_right(starts, warning.line)
        if at:
            own[warning.file, starts[at - 1]].append(warning)
        else:
            loose.append(warning)
    placed: list[_Placed] = []
    for document in documents:
        for card in document.deck.cards:
            told = tuple(own.pop((document.file.shown, card.line), ()))
            placed.append(_Placed(len(placed) + 1, document, card, told))
    return placed, loose


def _document(document: Document) -> ReadDocument:
    deck = document.deck
    return ReadDocument(
        file=document.file.shown,
        title=deck.title,
        dialect=deck.dialect,
        questions=len(deck.cards),
        drafts=sum(card.draft for card in deck.cards),
        readings=deck.readings,
        author=deck.meta.get("author", ""),
        licence=deck.meta.get("licence", "") or deck.meta.get("license", ""),
    )


def _shown(one: _Placed, image: Callable[[str, str], str]) -> ShownCard:
    file = one.document.file

    def here(path: str) -> str | None:
        data = file.beside(path) if file.beside is not None else None
        return image(file.name, path) if data is not None and picture(data) is not None else None

    rendered = render_text(one.card.text, here)
    title, body = parted(rendered.question_html)
    return ShownCard(
        number=one.number,
        file=file.shown,
        line=one.card.line,
        text=one.card.text,
        rendered=rendered,
        title_html=title,
        body_html=body,
        draft=one.card.draft,
        warnings=one.warnings,
    )
