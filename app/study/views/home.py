"""The first page."""

from werkzeug.wrappers import Response

from app.study.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.pages import shown


@blueprint.get("/")
@access(Access.ANYONE)
def home() -> Response:
    """To be built."""
    return shown("layouts/base.html", area="library")


@blueprint.get("/help")
@access(Access.ANYONE)
def keys() -> Response:
    """To be built."""
    return shown("layouts/base.html", area="library")
