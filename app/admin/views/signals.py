"""How cards do with their learners, for editors."""

from flask import request
from werkzeug.wrappers import Response

from app.admin.views.blueprint import blueprint, page_number
from app.progress import signals as found
from app.progress.signals import DAYS, LEAST_LEARNERS, LEAST_REVIEWS, OFTEN, SIGNALS, Signal
from app.scheduling.study_day import study_day
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/signals")
@access(Access.EDITOR)
def signals() -> Response:
    """The cards that want an editor, by one signal: of a deck or of all."""
    person = require_viewer()
    asked = request.args.get("by", "")
    by: Signal = next((one for one in SIGNALS if one == asked), "missed")
    deck = request.args.get("deck", "")[:100].replace("\0", "")
    today = study_day(clock.now(), person.zone, person.rollover_hour)
    return shown(
        "admin/signals.html",
        area="edit",
        by=by,
        deck=deck,
        found=found.signals(session(), person, by, today=today, deck=deck, page=page_number()),
        decks=found.decks(session(), person),
        days=DAYS,
        least_reviews=LEAST_REVIEWS,
        least_learners=LEAST_LEARNERS,
        often=OFTEN,
    )
