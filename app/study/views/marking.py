"""What a session says of a mark that was put on a card or taken off, and the way back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import abort, request, url_for
from flask_babel import gettext as _

from app.study import marks
from app.study.marks import Mark
from app.study.scopes import EVERYTHING, Scope
from app.study.service import UnknownCard
from app.study.views import answers
from app.study.views.answers import MOST_BACK, PostedMark
from app.web.database import transact
from app.web.sessions import require_viewer

_DONE = re.compile(r"(?:(.+)\.)?(un)?(bury|suspend|flag)-([0-9a-z]{1,32})")


@dataclass(frozen=True, slots=True)
class Said:
    """A notice: `back` is what the form of its “Undo” does to `card`, posted to `url`; "" where there is nothing to undo.

    `quick` tells scripts what becomes of the card that is shown. `did` says the same in an address, `marks` what can be taken
    back, `before` what can be after that; each the last one last.
    """

    said: str
    back: str
    quick: str
    url: str
    card: str
    scope: Mapping[str, str]
    did: str
    marks: str
    before: str

    @property
    def undo(self) -> str:
        """`back` where the key for undo presses it; "" where the mark was taken back: else that key goes to and fro for ever."""
        return self.back if self.back.startswith("un") else ""


def said(posted: PostedMark, url: str) -> Said:
    """What is said of this mark, and the way back: of a mark that was taken back, to the one before it."""
    words = {
        (Mark.BURY, True): _("Buried."),
        (Mark.BURY, False): _("Brought back."),
        (Mark.SUSPEND, True): _("Suspended."),
        (Mark.SUSPEND, False): _("Brought back."),
        (Mark.FLAG, True): _("Flagged."),
        (Mark.FLAG, False): _("Flag removed."),
    }
    this = posted.what, posted.card
    before = [one for one in posted.before if one != this][1 - MOST_BACK :]
    left = [*before, this] if posted.on else before
    what, card = left[-1] if left else this
    back = f"un{what}" if left else "flag" if what is Mark.FLAG else ""
    do = posted.what if posted.on else f"un{posted.what}"
    return Said(
        said=str(words[posted.what, posted.on]),
        back=back,
        quick="stay" if what is Mark.FLAG else "",
        url=url,
        card=card,
        scope=posted.scope.address,
        did=".".join(filter(None, (_named(before), f"{do}-{posted.card}"))),
        marks=_named(left),
        before=_named(left[:-1]),
    )


def _named(those: Sequence[tuple[Mark, str]]) -> str:
    return ".".join(f"{what}-{card}" for what, card in those)


def asked(scope: Scope = EVERYTHING, url: str = "") -> Said | None:
    """What the address of this page says was done just now; None where it says nothing."""
    found = _DONE.fullmatch(request.args.get("did", ""))
    if found is None:
        return None
    before = answers.marks_in(found[1] or "")
    return said(PostedMark(found[4], Mark(found[3]), not found[2], scope, before=before), url or url_for("study.mark"))


def put(posted: PostedMark, now: datetime) -> None:
    """Do it. A card that is not there, or not for this person, is 404."""
    work = partial(marks.mark, viewer=require_viewer(), card=posted.card, what=posted.what, on=posted.on, now=now)
    try:
        transact(work)
    except UnknownCard:
        abort(404)
