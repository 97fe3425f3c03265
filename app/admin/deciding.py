"""Acting on an editor's decisions, and taking imports back: the library changes cards, study follows with histories.

Each is one transaction: a card never lives on without the histories that are its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from app.db.session import write
from app.library import deciding, pending, undoing
from app.library.deciding import LATER, TAKES, Choice, Decision
from app.library.importing import ImportResult
from app.library.pending import Decided, NoSuchQuestion
from app.library.undoing import Undone
from app.library.wishes import Wish
from app.study import joining
from app.study import service as study


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of decisions: how many took effect, and the names of those that did not.

    `gone` were decided by somebody else before, `other` are about texts that were changed since they were seen.
    """

    done: int
    gone: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def decide(session: Session, *, decisions: Mapping[str, Decision], now: datetime, by_id: int | None = None) -> Outcome:
    """Settle open questions, each by its name; those to be decided later stay as they are. Flushes."""
    wanted = {guid: decision for guid, decision in decisions.items() if decision.take != LATER}
    write(session)
    choices = {choice.key: choice for choice in deciding.left_open(session, guids=wanted.keys())}
    gone = [guid for guid in wanted if guid not in choices]
    other = [key for key, choice in choices.items() if not _fits(choice, wanted[key])]
    done: list[Decided] = []
    for key, choice in choices.items():
        if key in other:
            continue
        try:
            done.append(_settle(session, key, choice, wanted[key], now, by_id))
        except NoSuchQuestion:
            gone.append(key)
    joining.replay_everyone(session, card_ids={card for one in done for card in one.replay})
    return Outcome(len(done), tuple(gone), tuple(other))


def after_import(session: Session, result: ImportResult, wish: Wish, user_id: int, now: datetime) -> None:
    """Do what was decided on a plan, now that it is applied: settle what it left open, and ask learners again.

    A decision that is about other texts than those of the applied plan is left open.
    """
    if not result.guid:
        return
    settled = _for_questions(session, deciding.on_plan(result.decks), read_decisions(wish.decided))
    decide(session, decisions=settled, now=now, by_id=user_id)
    edited = {card.stored.guid for deck in result.decks for card in deck.edited if card.stored is not None}
    wanted = edited & set(wish.decided.get("ask_again", ()))
    for card_id in deciding.card_ids(session, wanted).values():
        study.ask_again(session, card_id=card_id, now=now)


def _for_questions(session: Session, planned: list[Choice], decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """Decisions on a plan's choices as those on the questions that applying it has left open, by the questions' names."""
    fitting = [one for one in planned if one.key in decisions and _fits(one, decisions[one.key])]
    asked = {(one.kind, one.card, one.theirs): one for one in deciding.left_open(session)} if fitting else {}
    found: dict[str, Decision] = {}
    for one in fitting:
        question = asked.get((one.kind, one.card, one.theirs))
        if question is not None:
            found[question.key] = replace(decisions[one.key], seen=question.seen)
    return found


def noted(decisions: Mapping[str, Decision], ask_again: Collection[str]) -> dict[str, Any]:
    """What was decided on a plan, as `Wish.decided` keeps it."""
    chosen = {key: decision.values() for key, decision in decisions.items() if decision.take != LATER}
    return {"decisions": chosen, "ask_again": sorted(ask_again)}


def read_decisions(decided: Mapping[str, Any]) -> dict[str, Decision]:
    """The decisions that `Wish.decided` keeps."""
    return {key: Decision(**values) for key, values in decided.get("decisions", {}).items()}


def take_back(session: Session, *, guid: str, now: datetime, by_id: int | None = None) -> Undone:
    """Undo an import; histories that it joined are two again. Raises NoSuchImport, LaterImport and JoinedSince."""
    undone = undoing.undo_import(session, guid=guid, now=now, by_id=by_id)
    joining.replay_everyone(session, card_ids=undone.replay)
    return undone


def _fits(choice: Choice, decision: Decision) -> bool:
    return decision.take in TAKES[choice.kind] and decision.seen == choice.seen


def _settle(
    session: Session, guid: str, choice: Choice, decision: Decision, now: datetime, by_id: int | None
) -> Decided:
    if choice.kind == "match":
        return pending.confirm(session, guid=guid, same=decision.take == "same", now=now, by_id=by_id)
    take = cast(pending.Take, decision.take)
    text = choice.text(decision) if take == "merged" else None
    return pending.resolve(session, guid=guid, take=take, text=text, now=now, by_id=by_id)
