"""A deck to read and search."""

from werkzeug.wrappers import Response

from app.study.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.pages import shown


@blueprint.get("/decks/<slug>")
@access(Access.ANYONE)
def deck(slug: str) -> Response:
    """To be built."""
    return shown("layouts/base.html", area="library")
