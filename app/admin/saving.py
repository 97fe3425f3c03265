"""Saving a card and, where its editor asks for that, letting its learners see it again soon: one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.content.document import CardText
from app.library import editing, parting, suggestions
from app.library.editing import Conflict, NotThere, Saved
from app.study import joining
from app.study import service as study
from app.web.sessions import Viewer


def join_cards(session: Session, **values: Any) -> Saved:
    """`parting.join_cards`, and what follows from it for those who learn either card."""
    joined = parting.join_cards(session, **values)
    joining.replay_everyone(session, card_ids=joined.replay)
    return joined.saved


def part_card(session: Session, **values: Any) -> Saved:
    """`parting.part_card`, and what follows from it for those who learned either card."""
    parted = parting.part_card(session, **values)
    joining.replay_everyone(session, card_ids=parted.replay)
    return parted.saved


@dataclass(frozen=True, slots=True)
class Outcome:
    """A saved card, and how many learners it is asked again; without that wish nobody's schedule is touched."""

    saved: Saved
    asked: int


def save_card(
    session: Session,
    *,
    guid: str,
    version: int,
    text: CardText,
    ask_again: bool,
    author_id: int,
    now: datetime,
    note: str = "",
) -> Outcome:
    """Save a card's text. Raises `NotThere` or `Conflict`; then nobody is asked."""
    saved = editing.edit_card(session, guid=guid, version=version, text=text, author_id=author_id, now=now, note=note)
    asked = study.ask_again(session, card_id=saved.card_id, now=now) if ask_again else 0
    return Outcome(saved, asked)


def save_amended(session: Session, *, suggestion: str, viewer: Viewer, now: datetime, **values: Any) -> Outcome:
    """Save a card's text as an editor made it out of a suggestion, and accept that.

    Raises what `save_card` and `suggestions.close` raise; then neither is done.
    """
    guid, fit = suggestions.fit_of(session, suggestion, viewer)
    if guid != values["guid"]:
        raise NotThere
    amended = fit is not None and (fit.clash or fit.text != values["text"])
    outcome = save_card(session, author_id=viewer.id, now=now, **values)
    version = outcome.saved.version if outcome.saved.changed else None
    suggestions.close(
        session,
        guid=suggestion,
        viewer=viewer,
        state="accepted",
        now=now,
        version=version,
        amended=amended,
    )
    return outcome


def accept(
    session: Session, *, suggestion: str, viewer: Viewer, version: int, ask_again: bool, note: str, now: datetime
) -> Outcome:
    """Save the text that a suggestion makes of `version` of its card, and accept it.

    Raises `Conflict` where the two collide or the card was saved anew since, `NotThere` and `suggestions.Decided`.
    """
    guid, fit = suggestions.fit_of(session, suggestion, viewer)
    if fit is None or fit.clash:
        raise Conflict
    return save_amended(
        session,
        suggestion=suggestion,
        viewer=viewer,
        now=now,
        guid=guid,
        version=version,
        text=fit.text,
        ask_again=ask_again,
        note=note,
    )
