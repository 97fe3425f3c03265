"""What an archive brings beside the log: marks, choices, practice, notes and holidays, each where there is none here."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content import render
from app.db.models import Card, CardMark, Deck, DeckChoice, Note, Practice, PracticeAnswer, Rest
from app.study.bringing_match import chunks
from app.study.brought_values import Brought, BroughtNote
from app.study.export_cards import readable_by, reads_all


def write_marks(session: Session, user_id: int, brought: Brought, roots: Mapping[str, int | None]) -> None:
    """What was said of cards, where nothing is said here."""
    there = {mark.card_id: mark for mark in session.scalars(select(CardMark).where(CardMark.user_id == user_id))}
    for mark in brought.marks:
        card_id = roots[mark.card]
        if card_id is None:
            continue
        kept = there.get(card_id)
        if kept is None:
            kept = there[card_id] = CardMark(user_id=user_id, card_id=card_id)
            session.add(kept)
        kept.suspended_at = kept.suspended_at or mark.suspended_at
        kept.buried_on = kept.buried_on or mark.buried_on
        kept.flagged_at = kept.flagged_at or mark.flagged_at
    session.flush()


def choose(session: Session, user_id: int, brought: Brought, targets: Mapping[str, int], now: datetime) -> None:
    """Study here what was studied there: the deck in which most of its cards were found, or that has its guid."""
    open_decks = readable_by(user_id, reads_all(session, user_id)) & Deck.archived_at.is_(None)
    chosen = {guid: deck for guid, deck in brought.decks.items() if deck.chosen_at is not None}
    homes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    decks: dict[int, int] = {}
    for some in chunks(list(set(targets.values()))):
        rows = select(Card.id, Card.deck_id).join(Deck, Deck.id == Card.deck_id).where(open_decks, Card.id.in_(some))
        decks.update({row.id: row.deck_id for row in session.execute(rows)})
    for guid, number in targets.items():
        deck_guid = brought.cards[guid].deck
        if deck_guid in chosen and number in decks:
            homes[deck_guid][decks[number]] += 1
    for names in chunks([guid for guid in chosen if guid not in homes]):
        for guid, number in session.execute(select(Deck.guid, Deck.id).where(open_decks, Deck.guid.in_(names))):
            homes[guid][number] += 1
    there = set(session.scalars(select(DeckChoice.deck_id).where(DeckChoice.user_id == user_id)))
    for guid, found in homes.items():
        deck_id, deck = found.most_common(1)[0][0], chosen[guid]
        if deck_id not in there:
            there.add(deck_id)
            limits = {"new_per_day": deck.new_per_day, "reviews_per_day": deck.reviews_per_day}
            session.add(DeckChoice(user_id=user_id, deck_id=deck_id, chosen_at=now, **limits))
    session.flush()


def write_practice(
    session: Session, user_id: int, brought: Brought, roots: Mapping[str, int | None], ids: Mapping[int, int]
) -> int:
    """Practice sessions that are not there, under names that follow from theirs and the account's; gives how many."""
    mine = select(Practice.guid).where(Practice.user_id == user_id)
    there = set(session.scalars(mine))
    count = 0
    for practice in brought.practice:
        name = hashlib.sha256(f"{user_id}:{practice.guid}".encode()).hexdigest()[:24]
        if practice.guid in there or name in there:
            continue
        cards = [number for guid in practice.cards if (number := roots.get(guid)) is not None]
        row = Practice(guid=name, user_id=user_id, mode=practice.mode, counts=practice.counts, cards=cards)
        row.started_at = practice.started_at
        session.add(row)
        session.flush()
        for answer in practice.answers:
            card_id = roots[answer.card]
            if card_id is not None:
                session.add(
                    PracticeAnswer(
                        practice_id=row.id,
                        number=answer.number,
                        card_id=card_id,
                        grade=answer.grade,
                        answered_at=answer.answered_at,
                        elapsed_ms=answer.elapsed_ms,
                        idempotency_key=f"brought-{answer.number}",
                        event_id=None if answer.event is None else ids.get(answer.event),
                    )
                )
        there.add(name)
        count += 1
    session.flush()
    return count


def write_notes(
    session: Session, user_id: int, notes: Sequence[tuple[BroughtNote, str]], roots: Mapping[str, int | None]
) -> None:
    """Notes with their HTML, on cards that have none here."""
    there = set(session.scalars(select(Note.card_id).where(Note.user_id == user_id)))
    for note, html in notes:
        card_id = roots[note.card]
        if card_id is not None and card_id not in there:
            there.add(card_id)
            row = Note(user_id=user_id, card_id=card_id, text=note.text, text_html=html, version=1)
            row.renderer, row.saved_at = render.RENDERER_VERSION, note.saved_at
            session.add(row)
    session.flush()


def write_rests(session: Session, user_id: int, brought: Brought) -> None:
    """Holidays that are not there."""
    there = set(session.scalars(select(Rest.first).where(Rest.user_id == user_id)))
    for first, last in brought.rests:
        if first not in there:
            there.add(first)
            session.add(Rest(user_id=user_id, first=first, last=last))
    session.flush()
