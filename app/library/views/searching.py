"""Search over everything that a reader may see."""

from flask import current_app, request
from werkzeug.wrappers import Response

from app.content.terms import MAX_QUERY
from app.library.finding import results
from app.library.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import render
from app.web.sessions import viewer


@blueprint.get("/search")
@access(Access.ANYONE)
def search() -> Response:
    """What the address asks for, so that it can be shared and bookmarked."""
    query = " ".join(request.args.get("q", "")[:MAX_QUERY].replace("\0", " ").split())
    page = request.args.get("page", 1, type=int)
    found = results(session(), viewer(), query, page=page)
    html = render("library/search.html", "library/_results.html", area="library", query=query, found=found)
    return current_app.make_response(html)
