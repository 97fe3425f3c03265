"""The page of one card."""

from flask import abort, request
from werkzeug.wrappers import Response

from app.progress.card import card_page
from app.progress.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access, can
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/cards/<guid>")
@access(Access.LEARNER)
def card(guid: str) -> Response:
    """Its text, how it went with whoever looks, and every version of its text."""
    person = require_viewer()
    everything = request.args.get("versions") == "all"
    page = card_page(session(), person, guid, now=clock.now(), everything=everything)
    if page is None:
        abort(404)
    return shown("progress/card.html", area="library", page=page, may_edit=can(person, "edit", page.deck))
