"""The progress page."""

from dataclasses import replace

from flask import abort, request
from werkzeug.wrappers import Response

from app.progress.period import RANGES, USUAL, BadPeriod, Wanted
from app.progress.report import AHEAD, NoSuchDeck, report
from app.progress.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import require_viewer

LAST = 2**63 - 1
"""No event has a higher number: no database could hold it."""


@blueprint.get("/progress")
@access(Access.LEARNER)
def overview() -> Response:
    """Everything that answers add up to; deck and days are in the address. Days that are none give the usual ones."""
    wanted, given = _wanted(), request.args.get("ahead", type=int)
    deck, before = request.args.get("deck", "")[:200], request.args.get("before", type=int)
    before = before if before is None else min(before, LAST)
    ahead = given if given in AHEAD else AHEAD[0]
    person, now = require_viewer(), clock.now()
    wrong: BadPeriod | None = None
    try:
        try:
            found = report(session(), person, now=now, deck=deck, wanted=wanted, ahead=ahead, before=before)
        except BadPeriod as error:
            wrong = error
            usual = replace(wanted, start="", end="")
            found = report(session(), person, now=now, deck=deck, wanted=usual, ahead=ahead, before=before)
    except NoSuchDeck:
        abort(404)
    kept = {"deck": deck or None, "range": wanted.months, "from": wanted.start or None, "to": wanted.end or None}
    return shown(
        "progress/overview.html",
        400 if wrong else 200,
        area="progress",
        report=found,
        ranges=RANGES,
        wanted=wanted,
        wrong=wrong,
        ahead=ahead,
        kept=kept | {"ahead": given if given in AHEAD else None},
    )


def _wanted() -> Wanted:
    months = request.args.get("range", default=USUAL, type=int)
    start, end = (request.args.get(name, "").strip()[:20] for name in ("from", "to"))
    return Wanted(months if months in RANGES else USUAL, start, end)
