"""The cards that a learner set aside: suspended, buried, flagged, and leeches."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.study import marks
from app.study.marks import MOST_QUERY, Shelf
from app.study.views import answers, marking
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/set-aside")
@access(Access.LEARNER)
def set_aside() -> Response:
    """One list of marked cards, by deck and by words of the question."""
    given = request.args
    shelf = Shelf(given["list"]) if given.get("list") in list(Shelf) else Shelf.SUSPENDED
    query = " ".join(given.get("q", "").replace("\0", "")[:MOST_QUERY].split())
    deck = given.get("deck", "").replace("\0", "")[:100]
    number = min(given.get("page", 1, type=int), 10_000)
    page = marks.marked(session(), require_viewer(), shelf, now=clock.now(), deck=deck, query=query, page=number)
    did = marking.asked(url=url_for(".change_set_aside", list=shelf))
    return shown("study/set_aside.html", area="library", page=page, query=query, deck=deck, marked=did)


@blueprint.post("/set-aside")
@access(Access.LEARNER)
def change_set_aside() -> Response:
    """Bring a card back, or take its flag off; or undo that."""
    posted = answers.posted_mark()
    marking.put(posted, clock.now())
    where: dict[str, Any] = {name: request.args.get(name) for name in ("list", "deck", "q")}
    return redirect(url_for(".set_aside", did=marking.said(posted, "").did, **where), 303)
