"""From a plan to rows: which columns of which card an import changes. Nothing is read or written here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.content.document import CardKind, CardText
from app.content.plan import ImportPlan, PlannedCard
from app.library.stored import CardRow
from app.library.targets import Group
from app.library.texts import base_columns, is_draft, text_columns, without_place


@dataclass(frozen=True, slots=True)
class Draft:
    """What is planned for one group of decks, and the cards it was planned on, by guid."""

    group: Group
    rows: Mapping[str, CardRow]
    plan: ImportPlan

    @property
    def edited(self) -> bool:
        """Whether an editor wrote it here: then it is no word of the source, and what was imported last stays that."""
        return any(target.document.file.opened is not None for target in self.group.targets)


@dataclass(frozen=True, slots=True)
class Change:
    """A stored card and the columns that will differ; `action` names its new revision and is empty without one.

    `text` is what is to be rendered anew, if anything is.
    """

    row: CardRow
    columns: Mapping[str, Any]
    action: str
    text: CardText | None = None


def changes(draft: Draft, deck_ids: Mapping[str, int], now: datetime) -> list[Change]:
    """All that the plan changes in stored cards; `deck_ids` names each deck by its slug, 0 for one not made yet."""
    places = positions(draft)
    reason = "editor" if draft.edited else "source"
    found = [
        _kept(draft, planned, draft.rows[planned.stored.guid], deck_ids[planned.new.deck], places[id(planned.new)])
        for planned in draft.plan.cards
        if planned.stored is not None
    ]
    found += [
        Change(draft.rows[card.guid], {"archived_at": now, "archived_reason": reason}, "archived")
        for card in draft.plan.archived
    ]
    found += [
        Change(row, {"position": place}, "")
        for key, place in places.items()
        if isinstance(key, str) and (row := draft.rows[key]).columns["position"] != place
    ]
    return [change for change in found if change.columns]


def positions(draft: Draft) -> dict[int | str, int]:
    """Each question's place in its deck, by the identity of the plan's `NewCard`, and by guid that of the cards made here.

    A card made in the portal stays behind the card it stood behind.
    """
    own = _own_cards(draft)
    ordered: defaultdict[str, list[int | str]] = defaultdict(list)
    places: dict[int | str, int] = {}
    for slug in {target.slug for target in draft.group.targets}:
        ordered[slug].extend(own.get((slug, None), ()))
    for planned in draft.plan.cards:
        deck = planned.new.deck
        if planned.stored is not None and planned.stored.archived == "editor":
            places[id(planned.new)] = planned.stored.position
        else:
            ordered[deck].append(id(planned.new))
        if planned.stored is not None:
            ordered[deck].extend(own.get((deck, planned.stored.guid), ()))
    return places | {key: place for keys in ordered.values() for place, key in enumerate(keys)}


def draft_and_kind(text: CardText, planned: PlannedCard, row: CardRow | None) -> dict[str, Any]:
    """The columns that say what can be done with a card whose text will be `text`."""
    theirs = planned.new.card
    if row is None or without_place(text) == without_place(theirs.text):
        return {"draft": theirs.draft, "kind": theirs.kind.value}
    if (text.question, text.options) == (theirs.question, theirs.options):
        kind = theirs.kind.value
    elif text.options:
        kind = CardKind.CHOICE.value
    else:
        kind = CardKind.BASIC.value if row.columns["kind"] == CardKind.CHOICE.value else row.columns["kind"]
    unchanged = without_place(text) == without_place(row.card.text)
    return {"draft": row.columns["draft"] if unchanged else is_draft(text), "kind": kind}


def _own_cards(draft: Draft) -> dict[tuple[str, str | None], list[int | str]]:
    """Cards made here that are in the read decks, by deck and the guid of the document's card they stand behind."""
    kept = {planned.stored.guid: planned.new.deck for planned in draft.plan.cards if planned.stored is not None}
    decks = {target.slug for target in draft.group.targets if target.deck is not None}
    own: defaultdict[tuple[str, str | None], list[int | str]] = defaultdict(list)
    last: dict[str, str] = {}
    for row in sorted(_living(draft.rows.values(), decks), key=lambda row: (row.card.position, row.id)):
        card = row.card
        if kept.get(card.guid) == card.deck:
            last[card.deck] = card.guid
        elif card.base is None and card.guid not in kept:
            own[card.deck, last.get(card.deck)].append(card.guid)
    return own


def _living(rows: Iterable[CardRow], decks: set[str]) -> Iterator[CardRow]:
    return (row for row in rows if row.card.archived is None and row.card.deck in decks)


def _kept(draft: Draft, planned: PlannedCard, row: CardRow, deck_id: int, position: int) -> Change:
    text, was = planned.text, row.card.text
    columns: dict[str, Any] = {"deck_id": deck_id, "position": position, "source_line": planned.new.card.line}
    columns |= text_columns(text) | draft_and_kind(text, planned, row)
    if planned.base is not None and not draft.edited:
        columns |= base_columns(planned.base)
    if planned.restored:
        columns |= {"archived_at": None, "archived_reason": None}
    columns = {name: value for name, value in columns.items() if value != row.columns[name]}
    anew = without_place(text) != without_place(was)
    if planned.restored:
        action = "restored"
    elif anew:
        action = "edited" if draft.edited else "imported"
    else:
        action = "moved" if "deck_id" in columns or "section" in columns else ""
    return Change(row, columns, action, text if anew else None)
