"""Which key does what: the keys a portal starts with, those a learner chose instead, and what cannot be chosen."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.models import User
from app.db.session import write

ORIGINAL: Mapping[str, str] = MappingProxyType(
    {
        "again": "1",
        "hard": "2",
        "good": "3",
        "easy": "4",
        "undo": "u",
        "redo": "r",
        "bury": "-",
        "suspend": "@",
        "flag": "f",
        "note": "n",
        "search": "/",
        "library": "l",
        "progress": "p",
        "edit": "e",
    }
)
"""Every key that can be changed, by what it does. Space, Enter, ?, Esc and whatever goes with Ctrl stay as they are."""
GRADES = ("again", "hard", "good", "easy")
LIST = "?"
_SIX = "012345"


class Refused(StrEnum):
    """Why a key cannot be what is asked of it."""

    NO_KEY = "no key"
    """Not one letter, digit or sign."""
    LIST = "list"
    """It opens the list of keys, always."""
    DIGIT = "digit"
    """It is a grade where grades go from 0 to 5."""


def keymap(chosen: Mapping[str, str]) -> dict[str, str]:
    """What does what for a learner: the key of each of `ORIGINAL`. What is not known there is left out."""
    return {act: chosen.get(act, key) for act, key in ORIGINAL.items()}


def by_key(chosen: Mapping[str, str], scale: str) -> dict[str, str]:
    """The same by key; on the scale of six grades, the digits are the grades."""
    acts = {key: act for act, key in keymap(chosen).items() if scale == "four" or act not in GRADES}
    return acts if scale == "four" else acts | {digit: f"grade-{digit}" for digit in _SIX}


def clashes(wanted: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with `wanted`, at the row of each key: a `Refused`, or what else the key does already.

    Of two rows that want the same key, the one that has changed is wrong; where both have, the later one.
    """
    found: dict[str, str] = {}
    owners: dict[str, str] = {}
    for act in sorted(wanted, key=lambda act: (wanted[act] != ORIGINAL[act], list(ORIGINAL).index(act))):
        key = wanted[act]
        if reason := _refused(act, key):
            found[act] = reason
        elif key in owners:
            found[act] = owners[key]
        else:
            owners[key] = act
    return found


def _refused(act: str, key: str) -> Refused | None:
    if len(key) != 1 or key.isspace() or not key.isprintable():
        return Refused.NO_KEY
    if key == LIST:
        return Refused.LIST
    return Refused.DIGIT if key in _SIX and act not in GRADES else None


def save(session: Session, *, user_id: int, wanted: Mapping[str, str], shortcuts: bool) -> None:
    """Let a learner study with these keys. Raises ValueError where `clashes` finds any."""
    if wanted.keys() - ORIGINAL.keys() or clashes(keymap(wanted)):
        raise ValueError("These keys get in each other's way.")
    kept = {act: key for act, key in wanted.items() if key != ORIGINAL[act]}
    write(session)
    session.execute(update(User).where(User.id == user_id).values(keys=kept, shortcuts=shortcuts))
