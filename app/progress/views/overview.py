"""The progress page."""

from flask import abort, request
from werkzeug.wrappers import Response

from app.progress.report import RANGES, NoSuchDeck, report
from app.progress.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/progress")
@access(Access.LEARNER)
def overview() -> Response:
    """Reviews, retention, days studied, and where each deck stands; deck and range are in the address."""
    months = request.args.get("range", default=12, type=int)
    try:
        found = report(
            session(),
            require_viewer(),
            now=clock.now(),
            deck=request.args.get("deck", "")[:200],
            months=months if months in RANGES else 12,
            before=request.args.get("before", type=int),
        )
    except NoSuchDeck:
        abort(404)
    return shown("progress/overview.html", report=found, ranges=RANGES, area="progress")
